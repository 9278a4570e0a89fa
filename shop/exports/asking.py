"""Ask for an export, cancel it, have it tried again; and note that somebody looked at a report that is logged."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shop.base.audit import record
from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.exports import permitting, rules
from shop.exports.models import ExportJob
from shop.exports.queries import NoSuchExport
from shop.exports.states import OPEN, ExportState, NoSuchExportMove, may_become
from shop.reports.asked import FILE_KINDS, Asked, Day, Header, WrongFilter
from shop.reports.period import Period, frankfurt_days
from shop.reports.registry import named, report_of

AT_ONCE = 5  # of one person or program


class TooManyExports(ShopError):
    """Some exports of theirs still wait: first come those."""

    kind, code = Kind.TOO_OFTEN, "too_many_exports"


class ExportKeyReused(ShopError):
    """The key was used for another export."""

    kind, code = Kind.REFUSED, "idempotency_key_reused"


class Actor(Struct, frozen=True):
    """Who asks: `staff:3` or `device:7`, and what they are called in the file."""

    key: str
    name: str


class Wish(Struct, frozen=True):
    """A report as a file. Both days belong to the period."""

    report: str
    format: str
    first: date
    last: date
    language: str = "en"
    day: str | None = None  # None: the first that the report goes by
    header: str = Header.WORDS.value
    filters: Mapping[str, str] = field(default_factory=dict)

    def asked(self) -> Asked:
        """Raises UnknownReport, WrongFilter, WrongExportPeriod."""
        days = named(self.report).days
        rules.check_days(self.first, self.last)
        try:
            day, header = Day(self.day or (days[0] if days else Day.ORDERED)), Header(self.header)
        except ValueError:
            raise WrongFilter(fields={"day": ["wrong_choice"]}) from None
        if self.format not in FILE_KINDS:
            raise WrongFilter(fields={"format": ["wrong_choice"]})
        asked = Asked(
            self.report, Period(*frankfurt_days(self.first, self.last)), self.language, day, dict(self.filters), header
        )
        report_of(asked)
        return asked

    def columns(self) -> dict[str, Any]:
        """As a row keeps it."""
        asked = self.asked()
        return {
            "report": self.report, "format": self.format, "language": self.language, "header": asked.header.value, "day": asked.day.value,
            "first_day": self.first, "last_day": self.last, "filters": dict(sorted(self.filters.items())),
        }  # fmt: skip


def ask(wish: Wish, actor: Actor, key: str, now: datetime) -> str:
    """Have a report made in the background, once for each `key` of this actor; answers the export's token.

    Raises UnknownReport, WrongFilter, WrongExportPeriod, MayNotExport, TooManyExports, ExportKeyReused.
    """
    columns = wish.columns()
    permitting.check_actor(actor.key, wish.report, wish.filters)
    return ask_for(columns, actor, key, now)


def ask_for(columns: Mapping[str, Any], actor: Actor, key: str, now: datetime) -> str:
    """The same, for whoever has looked at wish and rights. Raises TooManyExports, ExportKeyReused."""
    with transaction() as session:
        _in_turn(session, actor)
        return put(session, columns, actor, key, now)


def put(
    session: Session, columns: Mapping[str, Any], actor: Actor, key: str, now: datetime, schedule_id: int | None = None
) -> str:
    """Write a wish down in the caller's transaction; answers its token. Raises TooManyExports, ExportKeyReused."""
    digest = hashlib.sha256(json.dumps(columns, sort_keys=True, default=str).encode()).hexdigest()
    known = session.execute(
        select(ExportJob.token, ExportJob.request_hash).where(ExportJob.actor == actor.key, ExportJob.key == key)
    ).first()
    if known is not None:
        if known.request_hash != digest:
            raise ExportKeyReused
        return str(known.token)
    waiting = session.scalar(
        select(func.count())
        .select_from(ExportJob)
        .where(ExportJob.actor == actor.key, ExportJob.state.in_([state.value for state in OPEN]))
    )
    if schedule_id is None and (waiting or 0) >= AT_ONCE:
        raise TooManyExports(most=AT_ONCE)
    token = secrets.token_urlsafe(16)
    made = {
        "token": token,
        "actor": actor.key,
        "actor_name": actor.name,
        "key": key,
        "request_hash": digest,
        "asked_at": now,
    }
    session.execute(insert(ExportJob).values({**made, **columns, "schedule_id": schedule_id}))
    said = {
        "report": columns["report"],
        "format": columns["format"],
        "from": str(columns["first_day"]),
        "to": str(columns["last_day"]),
    }
    record(session, actor.key, "export.asked", f"export:{token}", now, after={**said, "filters": columns["filters"]})
    return token


def _in_turn(session: Session, actor: Actor) -> None:
    """Two wishes of one actor are written one after the other: PostgreSQL would count neither for the other."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"export {actor.key}"))))


def cancel(token: str, actor: Actor, now: datetime) -> None:
    """Stop an export; what is half made disappears. Raises NoSuchExport, NoSuchExportMove."""
    _move(token, actor, ExportState.CANCELLED, now, finished_at=now, lease_until=None)


def retry(token: str, actor: Actor, now: datetime) -> None:
    """Have it made again, as the database is then. Raises NoSuchExport, NoSuchExportMove."""
    again = {"rows": 0, "tries": 0, "said": None, "finished_at": None, "expires_at": None, "size": None, "totals": None}
    _move(token, actor, ExportState.WAITING, now, **again)


def _move(token: str, actor: Actor, wanted: ExportState, now: datetime, **also: Any) -> None:
    mine = (ExportJob.token == token, ExportJob.actor == actor.key)
    start = may_become(wanted) - ({ExportState.RUNNING} if wanted is ExportState.WAITING else set())
    with transaction() as session:
        moved = session.execute(
            update(ExportJob)
            .where(*mine, ExportJob.state.in_([state.value for state in start]))
            .values(state=wanted.value, **also)
        )
        if not changed(moved):
            if session.scalar(select(ExportJob.id).where(*mine)) is None:
                raise NoSuchExport
            raise NoSuchExportMove
        record(
            session,
            actor.key,
            f"export.{'cancelled' if wanted is ExportState.CANCELLED else 'retried'}",
            f"export:{token}",
            now,
        )


def note_look(asked: Asked, actor: Actor, how: str, now: datetime) -> None:
    """Write into the audit log that somebody looks at a report that is logged; of others nothing is written."""
    if not named(asked.report).logged:
        return
    first, last = asked.period.days
    with transaction() as session:
        said = {"how": how, "from": str(first), "to": str(last), "filters": dict(asked.filters)}
        record(session, actor.key, "report.seen", f"report:{asked.report}", now, after=said)


def note_fetched(token: str, actor: Actor, now: datetime) -> None:
    """Write into the audit log that an export's file was fetched."""
    with transaction() as session:
        record(session, actor.key, "export.fetched", f"export:{token}", now)
