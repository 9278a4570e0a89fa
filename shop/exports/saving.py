"""Keep reports under a name, and plan when they are made by themselves."""

from collections.abc import Mapping
from datetime import date, datetime, time
from email.utils import parseaddr
from typing import Any

from msgspec import Struct, field
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.base.audit import record
from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.exports import permitting, rules
from shop.exports.asking import Actor, Wish
from shop.exports.models import ExportJob, SavedReport, Schedule
from shop.exports.queries import NoSuchSavedReport, saved_report
from shop.exports.rules import Span

MOST_ADDRESSES = 10
WAYS = ("mail", "folder", "store")


class SavedNameTaken(ShopError):
    kind, code = Kind.CONFLICT, "saved_name_taken"

    def __init__(self) -> None:
        super().__init__(fields={"name": [self.code]})


class NoSuchSchedule(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_schedule"


class WrongTarget(ShopError):
    """Not an address of mail, or a place that this shop is not set up for."""

    kind, code = Kind.INVALID, "wrong_target"

    def __init__(self, field: str, code: str) -> None:
        super().__init__(fields={field: [code]})


class Kept(Struct, frozen=True):
    """A report to be kept. `first` and `last` belong to a fixed span."""

    name: str
    report: str
    format: str
    language: str
    span: Span
    first: date | None = None
    last: date | None = None
    day: str | None = None
    header: str = "words"
    filters: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False

    def wish(self, today: date) -> Wish:
        """What it means today. Raises WrongExportPeriod."""
        first, last = (self.first, self.last) if self.span is Span.FIXED else rules.days_of(self.span, today)
        if first is None or last is None:
            raise rules.WrongExportPeriod(fields={"from": ["missing"]})
        return Wish(self.report, self.format, first, last, self.language, self.day, self.header, self.filters)


class Plan(Struct, frozen=True):
    """When and where. `rule` is an RRULE; `target` are addresses for mail, else empty."""

    rule: str
    at: time
    way: str
    target: str


def staff_of(actor: Actor) -> int:
    """The key of a member of staff. Raises MayNotExport for a device, which keeps nothing."""
    kind, _, number = actor.key.partition(":")
    if kind != "staff":
        raise permitting.MayNotExport
    return int(number)


def save(kept: Kept, actor: Actor, today: date, now: datetime) -> int:
    """Keep a report; answers its key. Raises SavedNameTaken, UnknownReport, WrongFilter, WrongExportPeriod, MayNotExport."""
    columns = kept.wish(today).columns()
    permitting.check_actor(actor.key, kept.report, kept.filters)
    fixed = kept.span is Span.FIXED
    values = {
        **columns, "owner_id": staff_of(actor), "name": kept.name, "shared": kept.shared, "span": kept.span.value, "created_at": now,
        "first_day": kept.first if fixed else None, "last_day": kept.last if fixed else None,
    }  # fmt: skip
    try:
        with transaction() as session:
            saved_id = session.execute(insert(SavedReport).values(values).returning(SavedReport.id)).scalar_one()
            after = {"name": kept.name, "report": kept.report, "shared": kept.shared}
            record(session, actor.key, "saved_report.made", f"saved_report:{saved_id}", now, after=after)
    except IntegrityError:
        raise SavedNameTaken from None
    return saved_id


def forget(saved_id: int, actor: Actor, now: datetime) -> None:
    """Delete a saved report of one's own with its schedules; the files they made stay. Raises NoSuchSavedReport."""
    with transaction() as session:
        mine = select(SavedReport.id).where(SavedReport.id == saved_id, SavedReport.owner_id == staff_of(actor))
        if session.scalar(mine.with_for_update()) is None:
            raise NoSuchSavedReport
        plans = select(Schedule.id).where(Schedule.saved_id == saved_id)
        session.execute(update(ExportJob).where(ExportJob.schedule_id.in_(plans)).values(schedule_id=None))
        session.execute(delete(Schedule).where(Schedule.saved_id == saved_id))
        session.execute(delete(SavedReport).where(SavedReport.id == saved_id))
        record(session, actor.key, "saved_report.deleted", f"saved_report:{saved_id}", now)


def plan(saved_id: int, wanted: Plan, ways: frozenset[str], actor: Actor, today: date, now: datetime) -> int:
    """Have a saved report made by itself; answers the schedule's key. `ways` are those that this shop is set up for.

    Raises NoSuchSavedReport, WrongRule, WrongTarget, MayNotExport.
    """
    me = staff_of(actor)
    saved = saved_report(saved_id, me)
    permitting.check_actor(actor.key, saved.report, saved.filters)
    rule, target = rules.checked_rule(wanted.rule), _target(wanted, ways)
    runs = rules.runs_after(rule, today, wanted.at, now, 1)
    if not runs:
        raise rules.WrongRule
    values: dict[str, Any] = {
        "saved_id": saved_id, "owner_id": me, "rule": rule, "starts_on": today, "at": wanted.at, "way": wanted.way, "target": target,
        "next_run_at": runs[0], "created_at": now,
    }  # fmt: skip
    with transaction() as session:
        key = session.execute(insert(Schedule).values(values).returning(Schedule.id)).scalar_one()
        after = {"saved_report": saved_id, "rule": rule, "at": wanted.at.isoformat("minutes"), "way": wanted.way}
        record(session, actor.key, "schedule.made", f"schedule:{key}", now, after=after)
    return key


def _target(wanted: Plan, ways: frozenset[str]) -> str:
    if wanted.way not in ways:
        raise WrongTarget("way", "way_not_set_up" if wanted.way in WAYS else "wrong_choice")
    if wanted.way != "mail":
        return ""
    addresses = [part.strip() for part in wanted.target.replace(";", ",").split(",") if part.strip()]
    if not addresses:
        raise WrongTarget("target", "missing")
    if len(addresses) > MOST_ADDRESSES or not all(_is_address(address) for address in addresses):
        raise WrongTarget("target", "wrong_address")
    return ", ".join(dict.fromkeys(addresses))


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not any(letter in text for letter in ' <>()[]\\,;:"\r\n')
    return plain and bool(name and at and "." in host.strip(".")) and parseaddr(text)[1] == text


def end_plan(schedule_id: int, actor: Actor, now: datetime) -> None:
    """Stop a schedule of one's own. Raises NoSuchSchedule."""
    with transaction() as session:
        ended = update(Schedule).where(
            Schedule.id == schedule_id, Schedule.owner_id == staff_of(actor), Schedule.active
        )
        if not changed(session.execute(ended.values(active=False, next_run_at=None))):
            raise NoSuchSchedule
        record(session, actor.key, "schedule.ended", f"schedule:{schedule_id}", now)
