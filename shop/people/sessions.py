"""Where staff are signed in: rows on our side, so that a sign-in can be seen, and ended at once."""

import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.ids import StaffId
from shop.people import rules
from shop.people.models import Staff
from shop.people.queries import KnownStaff, digest
from shop.people.rights import Grant, Role
from shop.people.staff_models import StaffRole, StaffSession


class Visit(Struct, frozen=True):
    """Where somebody comes from: the browser's words about itself, the address, and the token of the last session in which
    somebody was in all the way there (it may be over)."""

    browser: str = ""
    address: str = ""
    before: str = ""


class SessionView(Struct, frozen=True):
    id: int
    browser: str
    address: str
    made_at: datetime
    seen_at: datetime


_KNOWN: Any = (
    select(
        StaffSession.id, StaffSession.staff_id, StaffSession.seen_at, StaffSession.passed_at, Staff.name, Staff.totp_since,
        StaffRole.role, StaffRole.pickup_point_id,
    )
    .join(Staff, Staff.id == StaffSession.staff_id)
    .outerjoin(StaffRole, StaffRole.staff_id == StaffSession.staff_id)
    .where(StaffSession.ended_at.is_(None), Staff.active)
)  # fmt: skip


def _alive(now: datetime) -> tuple[Any, ...]:
    in_time = or_(StaffSession.passed_at.is_not(None), StaffSession.made_at > now - rules.HALF_IN)
    return StaffSession.seen_at > now - rules.IDLE, StaffSession.made_at > now - rules.AT_MOST, in_time


def start(session: Session, staff_id: int, passed: bool, visit: Visit, now: datetime) -> str:
    """Sign somebody in; answers the token that goes into the browser's cookie. In the caller's transaction."""
    token = secrets.token_urlsafe(32)
    session.execute(
        insert(StaffSession).values(
            staff_id=staff_id, token_hash=digest(token), made_at=now, passed_at=now if passed else None, seen_at=now,
            browser=visit.browser[:200], address=visit.address[:45],
        )
    )  # fmt: skip
    return token


def known(token: str, now: datetime) -> KnownStaff | None:
    """Who is signed in with this token: nobody after an hour without a page, or twelve hours, or an end, or a quarter of an
    hour without the second factor. One statement; once a minute a second one writes down that they are there."""
    with reading() as session:
        rows = session.execute(_KNOWN.where(StaffSession.token_hash == digest(token), *_alive(now))).all()
    if not rows:
        return None
    first = rows[0]
    if now - first.seen_at >= rules.SEEN_EVERY:
        with transaction() as session:
            session.execute(update(StaffSession).where(StaffSession.id == first.id).values(seen_at=now))
    grants = frozenset(Grant(Role(row.role), row.pickup_point_id) for row in rows if row.role)
    return KnownStaff(
        StaffId(first.staff_id), first.name, grants, first.id, first.totp_since is not None, first.passed_at is not None
    )


def open_sessions(staff_id: StaffId, now: datetime) -> list[SessionView]:
    """Where somebody is signed in, the last used first."""
    with reading() as session:
        rows = session.execute(
            select(
                StaffSession.id, StaffSession.browser, StaffSession.address, StaffSession.made_at, StaffSession.seen_at
            )
            .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None), *_alive(now))
            .order_by(StaffSession.seen_at.desc())
            .limit(100)
        ).all()  # fmt: skip
    return [SessionView(*row) for row in rows]


def is_in_elsewhere(session: Session, me: KnownStaff, now: datetime) -> bool:
    """Whether another browser of theirs is in all the way. In the caller's transaction."""
    others = (StaffSession.staff_id == me.id, StaffSession.id != me.session_id, StaffSession.passed_at.is_not(None))
    wanted = select(StaffSession.id).where(*others, StaffSession.ended_at.is_(None), *_alive(now)).limit(1)
    return session.scalar(wanted) is not None


def is_known_browser(token: str, name: str) -> bool:
    """Whether the browser that shows this token of an earlier session was then in all the way under this name. One statement."""
    was = (StaffSession.token_hash == digest(token), StaffSession.passed_at.is_not(None), Staff.name == name.strip())
    with reading() as session:
        return session.scalar(select(StaffSession.id).join(Staff, Staff.id == StaffSession.staff_id).where(*was)) is not None


def end(staff_id: StaffId, session_id: int, now: datetime) -> bool:
    """Sign out of one browser. False: somebody else's, or none. Harmless twice."""
    with transaction() as session:
        mine = (StaffSession.id == session_id, StaffSession.staff_id == staff_id)
        session.execute(update(StaffSession).where(*mine, StaffSession.ended_at.is_(None)).values(ended_at=now))
        return session.scalar(select(StaffSession.id).where(*mine)) is not None


def end_everywhere(staff_id: StaffId, now: datetime, but: int | None = None) -> int:
    """Sign somebody out of every browser (`but` this one); answers of how many."""
    with transaction() as session:
        count = end_all(session, staff_id, now, but)
        audit.record(session, f"staff:{staff_id}", "staff.signed_out_everywhere", f"staff:{staff_id}", now, after={"ended": count})
        return count


def end_all(session: Session, staff_id: int, now: datetime, but: int | None = None) -> int:
    """The same in the caller's transaction, which writes down why."""
    theirs = [StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None)]
    if but is not None:
        theirs.append(StaffSession.id != but)
    return changed(session.execute(update(StaffSession).where(*theirs).values(ended_at=now)))
