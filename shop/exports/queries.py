"""Questions about exports, saved reports and schedules."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from msgspec import Struct
from sqlalchemy import or_, select

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.exports.models import ExportJob, SavedReport, Schedule
from shop.exports.states import OPEN, ExportState, may_become
from shop.people.models import Staff

MOST = 100


class NoSuchExport(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_export"


class NoSuchSavedReport(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_saved_report"


class ExportView(Struct, frozen=True):
    """An export as its owner sees it."""

    token: str
    report: str
    format: str
    language: str
    header: str
    day: str
    first_day: date
    last_day: date
    filters: Mapping[str, str]
    state: ExportState
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    rows: int
    size: int | None
    sha256: str | None
    totals: Sequence[Mapping[str, Any]] | None
    said: str | None
    tries: int

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def may_be_cancelled(self) -> bool:
        return self.state in may_become(ExportState.CANCELLED)

    @property
    def may_be_retried(self) -> bool:
        return self.state in may_become(ExportState.WAITING) and not self.open

    @property
    def file_name(self) -> str:
        days = f"{self.first_day}" if self.first_day == self.last_day else f"{self.first_day}-to-{self.last_day}"
        return f"{self.report.replace('_', '-')}-{days}.{self.format}"


_VIEW = [
    ExportJob.token, ExportJob.report, ExportJob.format, ExportJob.language, ExportJob.header, ExportJob.day, ExportJob.first_day,
    ExportJob.last_day, ExportJob.filters, ExportJob.state, ExportJob.asked_at, ExportJob.started_at, ExportJob.finished_at,
    ExportJob.expires_at, ExportJob.rows, ExportJob.size, ExportJob.sha256, ExportJob.totals, ExportJob.said, ExportJob.tries,
]  # fmt: skip


def _view(row: Any) -> ExportView:
    return ExportView(**{**row._mapping, "state": ExportState(row.state)})


def exports_of(actor: str) -> list[ExportView]:
    """The latest exports of somebody, newest first. One statement."""
    with reading() as session:
        rows = session.execute(
            select(*_VIEW).where(ExportJob.actor == actor).order_by(ExportJob.id.desc()).limit(MOST)
        ).all()
    return [_view(row) for row in rows]


def export_of(token: str, actor: str) -> ExportView:
    """One export of theirs. Raises NoSuchExport, also for somebody else's."""
    with reading() as session:
        row = session.execute(select(*_VIEW).where(ExportJob.token == token, ExportJob.actor == actor)).first()
    if row is None:
        raise NoSuchExport
    return _view(row)


class ScheduleView(Struct, frozen=True):
    id: int
    rule: str
    starts_on: date
    at: time
    way: str
    target: str
    active: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    said: str | None
    owner_id: int


class SavedView(Struct, frozen=True):
    """A saved report with its schedules. `owner` is a name."""

    id: int
    owner_id: int
    owner: str
    name: str
    shared: bool
    report: str
    format: str
    language: str
    header: str
    day: str
    span: str
    first_day: date | None
    last_day: date | None
    filters: Mapping[str, str]
    schedules: Sequence[ScheduleView] = ()


_SAVED = [
    SavedReport.id, SavedReport.owner_id, Staff.name.label("owner"), SavedReport.name, SavedReport.shared, SavedReport.report,
    SavedReport.format, SavedReport.language, SavedReport.header, SavedReport.day, SavedReport.span, SavedReport.first_day,
    SavedReport.last_day, SavedReport.filters,
]  # fmt: skip
_SCHEDULE = [
    Schedule.id, Schedule.rule, Schedule.starts_on, Schedule.at, Schedule.way, Schedule.target, Schedule.active, Schedule.next_run_at,
    Schedule.last_run_at, Schedule.said, Schedule.owner_id,
]  # fmt: skip


def saved_reports(staff_id: int) -> list[SavedView]:
    """Their own and the shared ones, by name, each with its schedules. Two statements."""
    return _saved(or_(SavedReport.owner_id == staff_id, SavedReport.shared))


def saved_report(saved_id: int, staff_id: int) -> SavedView:
    """One of those. Raises NoSuchSavedReport."""
    found = _saved((SavedReport.id == saved_id) & or_(SavedReport.owner_id == staff_id, SavedReport.shared))
    if not found:
        raise NoSuchSavedReport
    return found[0]


def _saved(where: Any) -> list[SavedView]:
    with reading() as session:
        wanted = select(*_SAVED).join(Staff, Staff.id == SavedReport.owner_id).where(where)
        rows = session.execute(wanted.order_by(SavedReport.name, SavedReport.id).limit(MOST)).all()
        plans: dict[int, list[ScheduleView]] = {}
        of_these: Any = (
            select(Schedule.saved_id, *_SCHEDULE)
            .where(Schedule.saved_id.in_([row.id for row in rows]))
            .order_by(Schedule.id)
        )
        for plan in session.execute(of_these):
            plans.setdefault(plan.saved_id, []).append(ScheduleView(*plan[1:]))
    return [SavedView(**row._mapping, schedules=tuple(plans.get(row.id, ()))) for row in rows]
