"""Verbs about settings: change one, take the last change back, restore an earlier version, put up a new counter."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit, versions
from shop.base.db import transaction
from shop.base.errors import Kind
from shop.base.versions import Value, VersionView, day_of
from shop.flights.models import Airport, PickupPoint
from shop.policies import rules
from shop.policies.points import PLACE, place_columns
from shop.policies.queries import setting
from shop.policies.rules import WrongSetting

LOG = structlog.get_logger("shop.settings")
USUAL_LEAD, USUAL_OPENS_BEFORE = 180, 240  # minutes, until somebody says otherwise


class CodeTaken(WrongSetting):
    kind, code = Kind.CONFLICT, "point_code_taken"


def change(
    kind: str, key: str, value: Value, *, seen: str | None, by: str, now: datetime, valid_from: date | None = None
) -> VersionView:
    """Change a setting, for everybody at once or (a dated one) from a day on.

    Raises NoSuchSetting, NoSuchPoint, WrongSetting, SettingMovedOn (it is not what `seen` says any more), NoChange.
    """
    one, day = setting(kind), day_of(now)
    rules.check_from(valid_from, day)
    since = valid_from if one.dated else None
    with transaction() as session:
        made = versions.write(session, one, key, value, seen=seen, by=by, now=now, today=day, valid_from=since)
        _record(session, made, "setting.changed", now)
    LOG.info("setting changed", kind=kind, key=key, number=made.number, by=by)
    return made


def undo(version_id: int, *, by: str, now: datetime) -> VersionView:
    """Put back what held before a change, as a new change.

    Raises NothingToUndo, NotTheLastChange, SettingMovedOn, and WrongSetting when the former value does not fit any more.
    """
    version = versions.find(version_id)
    with transaction() as session:
        made = versions.undo(session, setting(version.kind), version, by, now, day_of(now))
        _record(session, made, "setting.put_back", now)
    LOG.info("setting put back", kind=version.kind, key=version.key, number=made.number, by=by)
    return made


def restore(version_id: int, *, seen: str | None, by: str, now: datetime) -> VersionView:
    """Have what held after an earlier change hold again from today on, as a new change. `seen` as in `change`.

    Raises NothingToUndo (no such change), SettingMovedOn, NoChange, and WrongSetting when that value does not fit any more.
    """
    version, day = versions.find(version_id), day_of(now)
    with transaction() as session:
        one = setting(version.kind)
        made = versions.write(session, one, version.key, version.after, seen=seen, by=by, now=now, today=day)
        _record(session, made, "setting.restored", now)
    LOG.info("setting restored", kind=version.kind, key=version.key, number=made.number, earlier=version.number, by=by)
    return made


def create_point(code: str, airport: str, place: Value, *, by: str, now: datetime) -> None:
    """Put up a counter. It is closed and takes no orders until it has been given hours and opened. Raises WrongSetting,
    CodeTaken."""
    errors: dict[str, list[str]] = {}
    if not rules.POINT_CODE.fullmatch(code):
        errors["code"] = ["wrong_point_code"]
    try:
        rules.check_place(place)
    except WrongSetting as refused:
        errors |= refused.fields
    try:
        with transaction() as session:
            tz = session.scalar(select(Airport.tz).where(Airport.iata == airport))
            if tz is None:
                errors["airport"] = ["wrong_choice"]
            if errors or tz is None:
                raise WrongSetting(fields=errors)
            session.execute(insert(PickupPoint).values(_new_point(code, airport, tz, place)))
            book = versions.Setting(PLACE.kind, lambda *_: None, PLACE.check)
            made = versions.write(session, book, code, place, seen=None, by=by, now=now, today=day_of(now))
            _record(session, made, "setting.point_made", now)
    except IntegrityError:
        raise CodeTaken(fields={"code": ["point_code_taken"]}) from None
    LOG.info("pickup point made", point=code, by=by)


def _record(session: Session, made: VersionView, action: str, now: datetime) -> None:
    """The audit log gets what differs; the whole values stand in the book of versions."""
    before = made.before or {}
    differs = [name for name, value in made.after.items() if before.get(name) != value]
    thing = f"setting:{made.kind}:{made.key}"
    old = {name: before.get(name) for name in differs} if made.before is not None else None
    new = {**{name: made.after[name] for name in differs}, "from": made.valid_from.isoformat()}
    audit.record(session, made.changed_by, action, thing, now, old, new)


def _new_point(code: str, airport: str, tz: str, place: Value) -> Mapping[str, Any]:
    return {
        "code": code, "airport": airport, "tz": tz, **place_columns(place), "hours": {}, "plan": None, "active": False,
        "order_lead_minutes": USUAL_LEAD, "opens_before_minutes": USUAL_OPENS_BEFORE, "no_show_after_hours": None,
        "hands_over_unpacked": True, "hands_over_early": True,
    }  # fmt: skip
