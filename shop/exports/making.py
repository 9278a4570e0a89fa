"""Make the files that were asked for: in a process of its own, one at a time, in one view of the database each.

A process claims an export with a lease and renews it while it writes. When it dies, the lease runs out, and the export
waits again; its half file is never seen under the name of a whole one, and is written over or removed.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import or_, select, update

from shop.base.audit import record
from shop.base.db import changed, reading, transaction
from shop.base.errors import ShopError
from shop.exchange import exporting
from shop.exports import permitting
from shop.exports.kinds import CATALOGUE
from shop.exports.models import ExportJob
from shop.exports.states import ExportState, may_become
from shop.reports.asked import Asked, Day, Header, Who
from shop.reports.files import Made, write_report
from shop.reports.period import Period, frankfurt_days

LOG = structlog.get_logger("shop.exports")
Clock = Callable[[], datetime]
LEASE = timedelta(minutes=3)  # longer than a single statement of a report may be silent
SLOWEST = "150s"
RENEW_SECONDS = 1.0
MOST_TRIES = 3
KEPT = timedelta(days=7)
AT_A_TIME = 200


class Stopped(Exception):
    """Somebody cancelled the export, or another process has it by now."""


class Job(Struct, frozen=True):
    """An export that this process has claimed."""

    id: int
    token: str
    actor: str
    actor_name: str
    format: Any
    tries: int
    run: str | None
    asked: Asked


def path_of(folder: Path, token: str, kind: str) -> Path:
    """Where the file of an export lies."""
    return folder / f"{token}.{kind}"


def any_waiting(now: datetime) -> bool:
    """Whether a process should be started: something waits, or was left by one that died. One statement."""
    left = (ExportJob.state == ExportState.RUNNING.value) & (ExportJob.lease_until < now)
    with reading() as session:
        return (
            session.scalar(select(ExportJob.id).where(or_(ExportJob.state == ExportState.WAITING.value, left)).limit(1))
            is not None
        )


def make_all(folder: Path, clock: Clock) -> int:
    """Make every export that waits; answers how many were finished."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    while (job := claim(clock())) is not None:
        count += make(job, folder, clock)
    return count


def claim(now: datetime) -> Job | None:
    """Take the oldest export that waits, or whose process died. None when there is none; never the same one twice at once."""
    left = (ExportJob.state == ExportState.RUNNING.value) & (ExportJob.lease_until < now)
    free = or_(ExportJob.state == ExportState.WAITING.value, left)
    while True:
        with transaction() as session:
            key = session.scalar(select(ExportJob.id).where(free).order_by(ExportJob.id).limit(1))
            if key is None:
                return None
            taken = update(ExportJob).where(ExportJob.id == key, free).values(
                state=ExportState.RUNNING.value, started_at=now, lease_until=now + LEASE, tries=ExportJob.tries + 1, rows=0, said=None,
                run=secrets.token_hex(8),
            )  # fmt: skip
            if not changed(session.execute(taken)):
                continue
            job = _job(session.get_one(ExportJob, key, populate_existing=True))
        if job.tries <= MOST_TRIES:
            return job
        _end(job, ExportState.FAILED, now, said="gave_up")


def _job(row: ExportJob) -> Job:
    period = Period(*frankfurt_days(row.first_day, row.last_day))
    asked = Asked(row.report, period, row.language, Day(row.day), dict(row.filters), Header(row.header))
    return Job(row.id, row.token, row.actor, row.actor_name, row.format, row.tries, row.run, asked)


def make(job: Job, folder: Path, clock: Clock) -> bool:
    """Make the file of a claimed export; whatever happens, the export says what. Answers whether it is there."""
    path = path_of(folder, job.token, job.format)
    try:
        permitting.check_actor(job.actor, job.asked.report, job.asked.filters)
        rows, totals = _written(job, path, clock)
        facts = {"size": path.stat().st_size, "sha256": _sha256(path)}
    except Stopped:
        return False
    except ShopError as refused:
        _end(job, ExportState.REFUSED, clock(), said=refused.code)
        return False
    except Exception:  # whatever it was, whoever waits is told, and may have it tried again
        LOG.exception("export failed", export=job.token, report=job.asked.report)
        _end(job, ExportState.FAILED, clock(), said="fault")
        return False
    if not _end(job, ExportState.DONE, clock(), rows=rows, totals=totals, **facts):
        path.unlink(missing_ok=True)
        return False
    return True


def _written(job: Job, path: Path, clock: Clock) -> tuple[int, list[dict[str, Any]]]:
    """How many rows the whole file has, and what they add up to."""
    told = _Progress(job, clock)
    if job.asked.report == CATALOGUE.name:
        return exporting.save_catalogue(path, job.format, job.asked.language, clock(), told), []
    made = write_report(path, job.format, job.asked, Who(job.actor_name, clock()), slowest=SLOWEST, told=told)
    return made.rows, _plain(made)


class _Progress:
    """Renews the lease and notes how far it is, about once a second. Raises Stopped when the export is not ours any more."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self._job, self._clock, self._next = job, clock, 0.0

    def __call__(self, rows: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next, until = time.monotonic() + RENEW_SECONDS, self._clock() + LEASE
        with transaction() as session:
            kept = session.execute(update(ExportJob).where(*_ours(self._job)).values(rows=rows, lease_until=until))
            if not changed(kept):
                raise Stopped


def _ours(job: Job) -> tuple[Any, ...]:
    """It is still this run of it that is under way."""
    return (ExportJob.id == job.id, ExportJob.state == ExportState.RUNNING.value, ExportJob.run == job.run)


def _end(job: Job, state: ExportState, now: datetime, **also: Any) -> bool:
    """Note how it ended; False when it was cancelled meanwhile or another process has it."""
    kept = now + KEPT if state is ExportState.DONE else None
    with transaction() as session:
        ended = session.execute(
            update(ExportJob)
            .where(*_ours(job))
            .values(state=state.value, finished_at=now, lease_until=None, expires_at=kept, **also)
        )
        if not changed(ended):
            return False
        after = (
            {"rows": also["rows"], "sha256": also["sha256"]} if state is ExportState.DONE else {"why": also.get("said")}
        )
        record(
            session,
            "system",
            f"export.{state}",
            f"export:{job.token}",
            now,
            after={"report": job.asked.report, "for": job.actor, **after},
        )
    return True


def _plain(made: Made) -> list[dict[str, Any]]:
    return [
        {name: value if isinstance(value, int | str) else str(value) for name, value in row.items()}
        for row in made.totals
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expire(folder: Path, now: datetime) -> int:
    """Remove the files whose time is over, and what processes that died have left; answers how many files."""
    over = may_become(ExportState.EXPIRED)
    with transaction() as session:
        rows = session.execute(
            select(ExportJob.id, ExportJob.token, ExportJob.format)
            .where(ExportJob.expires_at <= now, ExportJob.state.in_([state.value for state in over]))
            .order_by(ExportJob.id).limit(AT_A_TIME)
        ).all()  # fmt: skip
        session.execute(
            update(ExportJob)
            .where(ExportJob.id.in_([row.id for row in rows]))
            .values(state=ExportState.EXPIRED.value, expires_at=None)
        )
    for row in rows:
        path_of(folder, row.token, row.format).unlink(missing_ok=True)
    for half in folder.glob("*.part"):
        if half.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            half.unlink(missing_ok=True)
    return len(rows)
