"""Schedules that are due, and the files they made on their way to whoever waits for them."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from shop.base.db import changed, reading, transaction
from shop.base.errors import ShopError
from shop.exports import asking, permitting, rules
from shop.exports.asking import Actor
from shop.exports.making import path_of
from shop.exports.models import ExportJob, SavedReport, Schedule
from shop.exports.rules import Span
from shop.exports.saving import Kept
from shop.exports.states import ExportState
from shop.exports.ways import Ways
from shop.people.models import Staff
from shop.reports.registry import named

LOG = structlog.get_logger("shop.exports")
FRANKFURT = ZoneInfo("Europe/Berlin")
AT_A_TIME = 50
MOST_SENDS = 8  # over about two hours
OVER = (ExportState.DONE, ExportState.FAILED, ExportState.REFUSED)


def run_due(now: datetime) -> int:
    """Ask for the exports of every schedule that is due, once each however many runs were missed; answers how many."""
    with reading() as session:
        due = session.scalars(
            select(Schedule.id).where(Schedule.next_run_at <= now).order_by(Schedule.next_run_at).limit(AT_A_TIME)
        ).all()
    return sum(_run(key, now) for key in due)


def _run(schedule_id: int, now: datetime) -> bool:
    """The next run is reckoned before this one is written, in the same transaction: whoever comes second finds nothing due."""
    with transaction() as session:
        plan = session.get(Schedule, schedule_id)
        if plan is None or not plan.active or plan.next_run_at is None or plan.next_run_at > now:
            return False
        due, later = plan.next_run_at, rules.runs_after(plan.rule, plan.starts_on, plan.at, now, 1)
        taken = update(Schedule).where(Schedule.id == schedule_id, Schedule.next_run_at == due).values(
            next_run_at=later[0] if later else None, last_run_at=now, said=None, active=bool(later)
        )  # fmt: skip
        if not changed(session.execute(taken)):
            return False
        try:
            _put(session, plan, due, now)
        except ShopError as refused:  # of the report, not of the schedule: its owner reads it on the page
            session.execute(update(Schedule).where(Schedule.id == schedule_id).values(said=refused.code))
            return False
    return True


def _put(session: Session, plan: Schedule, due: datetime, now: datetime) -> None:
    saved = session.get_one(SavedReport, plan.saved_id)
    owner = session.get_one(Staff, plan.owner_id)
    wish = _kept(saved).wish(_today(now))
    actor = Actor(f"staff:{owner.id}", owner.name)
    asking.put(session, wish.columns(), actor, f"schedule {plan.id} {due:%Y-%m-%dT%H:%M}", now, plan.id)


def _kept(row: SavedReport) -> Kept:
    return Kept(
        row.name,
        row.report,
        row.format,
        row.language,
        Span(row.span),
        row.first_day,
        row.last_day,
        row.day,
        row.header,
        row.filters,
    )


def _today(now: datetime) -> date:
    return now.astimezone(FRANKFURT).date()


class _Parcel(Struct, frozen=True):
    """A finished export and where its schedule sends it."""

    id: int
    token: str
    format: str
    report: str
    language: str
    file_name: str
    state: ExportState
    actor: str
    filters: Mapping[str, str]
    rows: int
    said: str | None
    name: str
    way: str
    target: str
    facts: Mapping[str, Any]


def send_finished(ways: Ways, folder: Path, now: datetime) -> int:
    """Deliver what schedules have made, and tell by mail what failed; answers how many. What cannot be sent is tried again,
    with growing pauses. No connection is held meanwhile."""
    return sum(_send(parcel, ways, folder, now) for parcel in _finished(now))


def _finished(now: datetime) -> list[_Parcel]:
    wanted = (
        select(ExportJob, SavedReport.name, Schedule.way, Schedule.target)
        .join(Schedule, Schedule.id == ExportJob.schedule_id)
        .join(SavedReport, SavedReport.id == Schedule.saved_id)
        .where(
            ExportJob.sent_at.is_(None),
            ExportJob.state.in_([state.value for state in OVER]),
            ExportJob.send_tries < MOST_SENDS,
        )
        .where(or_(ExportJob.lease_until.is_(None), ExportJob.lease_until <= now))
        .order_by(ExportJob.id)
        .limit(AT_A_TIME)
    )
    with reading() as session:
        return [_parcel(row, name, way, target) for row, name, way, target in session.execute(wanted)]


def _parcel(row: ExportJob, name: str, way: str, target: str) -> _Parcel:
    days = f"{row.first_day}" if row.first_day == row.last_day else f"{row.first_day}-to-{row.last_day}"
    facts = {
        "report": row.report, "from": str(row.first_day), "to": str(row.last_day), "day": row.day, "filters": row.filters,
        "made_by": row.actor_name, "made_at": str(row.started_at), "rows": row.rows, "totals": row.totals, "sha256": row.sha256,
    }  # fmt: skip
    return _Parcel(
        row.id, row.token, row.format, row.report, row.language, f"{row.report.replace('_', '-')}-{days}.{row.format}",
        ExportState(row.state), row.actor, row.filters, row.rows, row.said, name, way, target, facts,
    )  # fmt: skip


def _send(parcel: _Parcel, ways: Ways, folder: Path, now: datetime) -> bool:
    if not _claimed(parcel, now):
        return False
    said = None
    try:
        if parcel.state is ExportState.DONE:
            permitting.check_actor(parcel.actor, parcel.report, parcel.filters)
        _deliver(parcel, ways, folder)
    except ShopError as refused:
        said = refused.code
        LOG.warning("export not sent", export=parcel.token, way=parcel.way, reason=said)
    except OSError as fault:
        said = "not_sent"
        LOG.warning("export not sent", export=parcel.token, way=parcel.way, reason=str(fault))
    with transaction() as session:
        if said is None or said == permitting.MayNotExport.code:
            session.execute(update(ExportJob).where(ExportJob.id == parcel.id).values(sent_at=now, lease_until=None))
        plan = select(ExportJob.schedule_id).where(ExportJob.id == parcel.id).scalar_subquery()
        session.execute(update(Schedule).where(Schedule.id == plan).values(said=said or parcel.said))
    return said is None


def _claimed(parcel: _Parcel, now: datetime) -> bool:
    """Whether this worker may send it now. The lease is also the pause before the next try."""
    with transaction() as session:
        tries = session.scalar(select(ExportJob.send_tries).where(ExportJob.id == parcel.id)) or 0
        mine = update(ExportJob).where(
            ExportJob.id == parcel.id, ExportJob.sent_at.is_(None), ExportJob.send_tries == tries,
            or_(ExportJob.lease_until.is_(None), ExportJob.lease_until <= now),
        )  # fmt: skip
        return bool(
            changed(session.execute(mine.values(send_tries=tries + 1, lease_until=now + timedelta(minutes=2**tries))))
        )


def _deliver(parcel: _Parcel, ways: Ways, folder: Path) -> None:
    """Raises OSError and the gateways' refusals."""
    if parcel.way == "mail" or parcel.state is not ExportState.DONE:
        if parcel.way == "mail" and ways.post is not None:
            ways.post.send(parcel.target, *_letter(parcel, ways.public_url))
        return
    path = path_of(folder, parcel.token, parcel.format)
    facts = json.dumps(parcel.facts, ensure_ascii=False, indent=1).encode()
    name = f"{parcel.token[:8]}-{parcel.file_name}"
    if parcel.way == "folder" and ways.folder is not None:
        ways.folder.mkdir(parents=True, exist_ok=True)
        _put_file(ways.folder / f"{name}.json", facts)
        _put_file(ways.folder / name, path.read_bytes() if path.stat().st_size < 1 << 20 else path)
    elif parcel.way == "store" and ways.store is not None:
        ways.store.put(name, path, "application/octet-stream")
        beside = path.with_suffix(".json")
        try:
            beside.write_bytes(facts)
            ways.store.put(f"{name}.json", beside, "application/json")
        finally:
            beside.unlink(missing_ok=True)
    else:
        raise OSError(f"this shop is not set up for {parcel.way}")


def _put_file(place: Path, content: bytes | Path) -> None:
    """A whole file or none: it appears under its name when it is complete."""
    unfinished = place.with_name(f".{place.name}.part")
    try:
        if isinstance(content, bytes):
            unfinished.write_bytes(content)
        else:
            with content.open("rb") as source, unfinished.open("wb") as target:
                while piece := source.read(1 << 20):
                    target.write(piece)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


LETTERS = {
    "zh": (
        "报表：{name}",
        "报表“{name}”已生成（{rows} 行）。\n\n登录后下载：{link}\n\n文件保留 7 天。",
        "报表“{name}”未能生成（{said}）。\n\n详情：{link}",
    ),
    "en": (
        "Report: {name}",
        "The report “{name}” has been made ({rows} rows).\n\nSign in to fetch it: {link}\n\nThe file is kept for 7 days.",
        "The report “{name}” could not be made ({said}).\n\nMore: {link}",
    ),
    "de": (
        "Bericht: {name}",
        "Der Bericht „{name}“ ist fertig ({rows} Zeilen).\n\nNach der Anmeldung abzuholen: {link}\n\nDie Datei bleibt 7 Tage.",
        "Der Bericht „{name}“ konnte nicht erstellt werden ({said}).\n\nMehr dazu: {link}",
    ),
}


def _letter(parcel: _Parcel, public_url: str) -> tuple[str, str]:
    """Subject and text. No figure of the report, no file: only a link that asks to sign in."""
    subject, done, failed = LETTERS[parcel.language]
    facts = {
        "name": parcel.name,
        "rows": parcel.rows,
        "said": parcel.said,
        "link": f"{public_url}/manage/exports/{parcel.token}",
    }
    title = named(parcel.report).titles[parcel.language]
    return subject.format(name=f"{parcel.name} ({title})"), (
        done if parcel.state is ExportState.DONE else failed
    ).format(**facts)
