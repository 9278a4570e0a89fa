"""Links with which somebody chooses their own password, once: new colleagues, within a week, and those who forgot it, within a day."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import StaffId
from shop.people import passwords, rules, sessions
from shop.people.models import Staff
from shop.people.queries import KnownStaff, digest
from shop.people.rights import Grant, Role
from shop.people.staff_models import Invitation
from shop.people.staffing import (
    NameTaken,
    OwnAccount,
    check_may_give,
    check_still_may_give,
    employ,
    grants_of,
    hold,
    in_words,
)


class InvitationOver(ShopError):
    """Unknown, used, withdrawn or too old: all alike to whoever holds the link."""

    kind, code = Kind.NOT_FOUND, "invitation_over"


class InvitationView(Struct, frozen=True):
    """`is_new`: a new colleague; otherwise somebody who is here and chooses another password."""

    id: int
    name: str
    grants: frozenset[Grant]
    made_at: datetime
    expires_at: datetime
    is_new: bool


def invite(me: KnownStaff | None, name: str, grants: Collection[Grant], now: datetime) -> str:
    """Make an invitation and answer the token of its link, which is shown once. None: from a shell.

    Raises NameTaken, MayNotGive.
    """
    token, name = secrets.token_urlsafe(24), name.strip()
    with transaction() as session:
        if me is not None:
            hold(session, me.id)
            check_still_may_give(session, me, grants)
        if session.scalar(select(Staff.id).where(Staff.name == name)) is not None:
            raise NameTaken(name=name)
        made = session.execute(
            insert(Invitation)
            .values(
                token_hash=digest(token), name=name, grants=[[grant.role.value, grant.pickup_point_id] for grant in grants],
                made_by=me.id if me else None, made_at=now, expires_at=now + rules.INVITED_FOR,
            )
            .returning(Invitation.id)
        ).scalar_one()  # fmt: skip
        who, after = f"staff:{me.id}" if me else "system", {"roles": in_words(grants)}
        audit.record(session, who, "staff.invited", f"invitation:{made}", now, after=after)
    return token


def renew_password(me: KnownStaff, staff_id: int, now: datetime) -> str:
    """Somebody forgot their password: answers the token of a link with which they choose another one. An earlier link of theirs
    is void. The old password holds until then, and the second factor stays. Raises NoSuchStaff, MayNotGive, OwnAccount."""
    if me.id == staff_id:
        raise OwnAccount
    token = secrets.token_urlsafe(24)
    with transaction() as session:
        hold(session, me.id, staff_id)
        check_still_may_give(session, me, grants_of(session, staff_id))
        name = session.scalar(select(Staff.name).where(Staff.id == staff_id))
        session.execute(update(Invitation).where(Invitation.for_staff_id == staff_id, *_open(now)).values(withdrawn_at=now))
        session.execute(
            insert(Invitation).values(
                token_hash=digest(token), name=name, grants=[], for_staff_id=staff_id, made_by=me.id, made_at=now,
                expires_at=now + rules.NEW_PASSWORD_WITHIN,
            )
        )  # fmt: skip
        audit.record(session, f"staff:{me.id}", "staff.password_link_made", f"staff:{staff_id}", now)
    return token


def _open(now: datetime) -> tuple[Any, ...]:
    return Invitation.staff_id.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now


def look(token: str, now: datetime) -> InvitationView:
    """The invitation of this link. Raises InvitationOver."""
    with reading() as session:
        row = session.execute(_VIEW.where(Invitation.token_hash == digest(token), *_open(now))).first()
    if row is None:
        raise InvitationOver
    return _view(row)


def waiting(now: datetime) -> list[InvitationView]:
    """The invitations nobody has accepted yet, newest first."""
    with reading() as session:
        new = _VIEW.where(Invitation.for_staff_id.is_(None), *_open(now))
        rows = session.execute(new.order_by(Invitation.id.desc()).limit(100)).all()
    return [_view(row) for row in rows]


def withdraw(me: KnownStaff, invitation_id: int, now: datetime) -> None:
    """The link opens nothing any more. Harmless twice. Raises InvitationOver, MayNotGive."""
    with transaction() as session:
        row = session.execute(_VIEW.where(Invitation.id == invitation_id)).first()
        if row is None:
            raise InvitationOver
        check_may_give(me.grants, _view(row).grants if row.for_staff_id is None else grants_of(session, row.for_staff_id))
        gone = session.execute(update(Invitation).where(Invitation.id == invitation_id, *_open(now)).values(withdrawn_at=now))
        if changed(gone):
            audit.record(session, f"staff:{me.id}", "staff.invitation_withdrawn", f"invitation:{invitation_id}", now)


def accept(token: str, password: str, now: datetime) -> str:
    """Become a member of staff, or get another password; answers the name to sign in with. Of two at once one does.

    Raises InvitationOver, WeakPassword, NameTaken.
    """
    password_hash = passwords.hashed(password, look(token, now).name)
    with transaction() as session:
        wanted = _VIEW.where(Invitation.token_hash == digest(token), *_open(now))
        seen = session.execute(wanted).first()
        if seen is not None and seen.for_staff_id is not None:
            hold(session, seen.for_staff_id)
        row = session.execute(wanted.with_for_update()).first()
        if row is None:
            raise InvitationOver
        invited = _view(row)
        if row.for_staff_id is not None:
            _renew(session, row, password_hash, now)
            return invited.name
        staff_id: StaffId = employ(session, invited.name, password_hash, invited.grants, now)
        session.execute(update(Invitation).where(Invitation.id == row.id).values(staff_id=staff_id))
        after = {"roles": in_words(invited.grants), "invitation": row.id}
        audit.record(session, f"staff:{staff_id}", "staff.invitation_accepted", f"staff:{staff_id}", now, after=after)
    return invited.name


def _renew(session: Session, row: Any, password_hash: str, now: datetime) -> None:
    theirs = (Staff.id == row.for_staff_id, Staff.active)
    if changed(session.execute(update(Staff).where(*theirs).values(password_hash=password_hash))) != 1:
        raise InvitationOver
    session.execute(update(Invitation).where(Invitation.id == row.id).values(staff_id=row.for_staff_id))
    sessions.end_all(session, row.for_staff_id, now)
    audit.record(session, f"staff:{row.for_staff_id}", "staff.password_renewed", f"staff:{row.for_staff_id}", now)


_VIEW: Any = select(
    Invitation.id, Invitation.name, Invitation.grants, Invitation.made_at, Invitation.expires_at, Invitation.for_staff_id
)


def _view(row: Any) -> InvitationView:
    grants = frozenset(Grant(Role(role), point) for role, point in row.grants)
    return InvitationView(row.id, row.name, grants, row.made_at, row.expires_at, row.for_staff_id is None)
