"""The tables of exports, saved reports and schedules."""

from datetime import date, datetime, time

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.exports.states import ExportState

UNFINISHED = "state IN ('waiting', 'running')"


class ExportJob(Model):
    """One file of one report. `filters` and `totals` are small plain values; `rows` is how many are written so far.

    `lease_until` belongs to the process that makes it: when that dies, another one begins again.
    """

    __tablename__ = "export_jobs"
    __table_args__ = (
        UniqueConstraint("actor", "key"),
        Index("ix_export_jobs_actor_id", "actor", "id"),
        Index("ix_export_jobs_open", "id", postgresql_where=text(UNFINISHED), sqlite_where=text(UNFINISHED)),
        Index("ix_export_jobs_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)  # its name in addresses
    actor: Mapped[str] = mapped_column(String(60))  # `staff:3`, `device:7`
    actor_name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(80))  # made up by whoever asks, once for each wish
    request_hash: Mapped[str] = mapped_column(String(64))
    report: Mapped[str] = mapped_column(String(32))
    format: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(2))
    header: Mapped[str] = mapped_column(String(12))
    day: Mapped[str] = mapped_column(String(12))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    filters: Mapped[dict] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default=ExportState.WAITING.value)
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    run: Mapped[str | None] = mapped_column(String(16))  # of the process that makes it: another run, another name
    tries: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    totals: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    said: Mapped[str | None] = mapped_column(String(200))  # why it failed or was refused
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id"), index=True)
    sent_at: Mapped[datetime | None]  # delivered by its schedule
    send_tries: Mapped[int] = mapped_column(default=0)


class SavedReport(Model):
    """A report with its filters under a name, for its owner or (`shared`) for everybody who may see the report."""

    __tablename__ = "saved_reports"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    name: Mapped[str] = mapped_column(String(80))
    shared: Mapped[bool] = mapped_column(default=False)
    report: Mapped[str] = mapped_column(String(32))
    format: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(2))
    header: Mapped[str] = mapped_column(String(12))
    day: Mapped[str] = mapped_column(String(12))
    span: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date | None] = mapped_column(Date)  # of a fixed span
    last_day: Mapped[date | None] = mapped_column(Date)
    filters: Mapped[dict] = mapped_column(JSON)
    created_at: Mapped[datetime]


class Schedule(Model):
    """When a saved report is made by itself: RRULE `rule` from `starts_on` on, at `at` on Frankfurt's clocks. `way` says where it
    goes: `mail` (a link, to the addresses in `target`), `folder` or `store`."""

    __tablename__ = "schedules"
    __table_args__ = (Index("ix_schedules_next_run_at", "next_run_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    saved_id: Mapped[int] = mapped_column(ForeignKey("saved_reports.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    rule: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date] = mapped_column(Date)
    at: Mapped[time] = mapped_column(Time)
    way: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(300))
    active: Mapped[bool] = mapped_column(default=True)
    next_run_at: Mapped[datetime | None]
    last_run_at: Mapped[datetime | None]
    said: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
