"""Settings that people change: every change is a version that stays. What held before can be seen, and put back.

One table for all kinds of settings. A setting whose value is read while travellers wait (a pickup point's hours) stands in
its room's own row besides, and both are written in one transaction; another one (a message's text) is only here, and the
version that holds on a day is the one with the latest `valid_from` up to it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import JSON, Date, ForeignKey, Index, ScalarSelect, String, UniqueConstraint, desc, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.base.db import Key, Model, reading
from shop.base.errors import Kind, ShopError

Value = dict[str, Any]  # plain values only: it is stored as JSON
HERE = ZoneInfo("Europe/Berlin")  # days of settings are the shop's own


def day_of(now: datetime) -> date:
    """The shop's day at a moment: a setting that holds from a day on does so from its midnight here."""
    return now.astimezone(HERE).date()


class SettingVersion(Model):
    """One change of one setting. `before` is what stood there, as it was found; None when there was nothing."""

    __tablename__ = "setting_versions"
    __table_args__ = (
        UniqueConstraint("kind", "key", "number"),
        Index("ix_setting_versions_valid", "kind", "key", "valid_from", "number"),
        Index("ix_setting_versions_changed_at", "changed_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(48))  # a pickup point's code, a message's kind and language, …
    number: Mapped[int]
    before: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict] = mapped_column(JSON)
    valid_from: Mapped[date] = mapped_column(Date)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))  # `staff:3`, or `system`
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("setting_versions.id"))


class SettingMovedOn(ShopError):
    """Somebody has changed it since the page was made. Nothing was changed."""

    kind, code = Kind.CONFLICT, "setting_moved_on"


class NothingToUndo(ShopError):
    """There is no such change, or there was nothing before it."""

    kind, code = Kind.REFUSED, "nothing_to_undo_here"


class NotTheLastChange(ShopError):
    """Something was changed after it: only the last change of a setting can be taken back."""

    kind, code = Kind.CONFLICT, "not_the_last_change"


class NoChange(ShopError):
    """What is asked for holds already."""

    kind, code = Kind.INVALID, "no_change"


class Setting(Struct, frozen=True):
    """One kind of setting. `read` answers what holds (on a day) and locks it; `check` refuses a value that cannot be, naming
    fields; `write` puts it into the room's own rows. `dated`: it may hold from a later day on."""

    kind: str
    read: Callable[[Session, str, date], Value | None]
    check: Callable[[Session, str, Value], None]
    write: Callable[[Session, str, Value, datetime], None] | None = None
    dated: bool = False


class VersionView(Struct, frozen=True):
    id: int
    kind: str
    key: str
    number: int
    before: Value | None
    after: Value
    valid_from: date
    changed_at: datetime
    changed_by: str
    undoes_id: int | None


def fingerprint(value: Mapping[str, Any] | None) -> str:
    """The same for the same value: values are compared by it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:20]


def newest(kind: str, key: Any, day: Any) -> ScalarSelect[Any]:
    """The value of the version that holds on a day, as a part of another statement."""
    versions = SettingVersion.__table__.c
    return (
        select(versions.after)
        .where(versions.kind == kind, versions.key == key, versions.valid_from <= day)
        .order_by(desc(versions.valid_from), desc(versions.number))
        .limit(1)
        .scalar_subquery()
    )


def holding(session: Session, kind: str, key: str, day: date) -> Value | None:
    """The value that holds on a day; None when nobody has ever set it."""
    found: Value | None = session.execute(select(newest(kind, key, day))).scalar()
    return found


def state_of(session: Session, setting: Setting, key: str, today: date) -> str:
    """What a form carries to say what its reader had in sight: the number of the last change, and what holds today."""
    return _mark(_last(session, setting.kind, key), setting.read(session, key, today))


def _mark(last: Any, value: Value | None) -> str:
    return fingerprint({"number": last.number if last else 0, "value": value})


def write(
    session: Session, setting: Setting, key: str, value: Value, *, seen: str | None, by: str, now: datetime, today: date,
    valid_from: date | None = None, undoes_id: int | None = None,
) -> VersionView:
    """Change a setting in the caller's transaction, which any refusal must end.

    `seen` is the `state_of` that the person had in sight (None: whatever stands there). Raises SettingMovedOn, NoChange, and
    what the setting's own check refuses.
    """
    last = _last(session, setting.kind, key)  # before anything else is read: whoever writes meanwhile takes the next number
    if seen is not None and seen != _mark(last, setting.read(session, key, today)):
        raise SettingMovedOn
    since = valid_from or today
    before = setting.read(session, key, since)
    if fingerprint(before) == fingerprint(value):
        raise NoChange
    setting.check(session, key, value)
    if setting.write is not None:
        setting.write(session, key, value, now)
    row: dict[str, Any] = {
        "kind": setting.kind, "key": key, "number": last.number + 1 if last else 1, "before": before, "after": value,
        "valid_from": since, "changed_at": now, "changed_by": by, "undoes_id": undoes_id,
    }  # fmt: skip
    try:
        made = session.execute(insert(SettingVersion).values(row).returning(SettingVersion.id)).scalar_one()
    except IntegrityError:  # the same setting, by somebody else, at the same moment
        raise SettingMovedOn from None
    return VersionView(id=made, **row)


def undo(session: Session, setting: Setting, version: VersionView, by: str, now: datetime, today: date) -> VersionView:
    """Put back what stood there before a change, as a new change in the caller's transaction.

    Raises NothingToUndo, NotTheLastChange, SettingMovedOn (something else was written past this book), and what the setting's
    own check refuses: the former value may no longer fit.
    """
    since = max(version.valid_from, today)
    if version.before is None:
        raise NothingToUndo
    value = setting.read(session, version.key, today)
    last = _last(session, version.kind, version.key)
    if last is None or last.id != version.id:
        raise NotTheLastChange
    if fingerprint(setting.read(session, version.key, since)) != fingerprint(version.after):
        raise SettingMovedOn
    return write(
        session, setting, version.key, version.before, seen=_mark(last, value), by=by, now=now, today=today, valid_from=since,
        undoes_id=version.id,
    )  # fmt: skip


def _last(session: Session, kind: str, key: str) -> Any:
    return session.execute(
        select(SettingVersion.id, SettingVersion.number)
        .where(SettingVersion.kind == kind, SettingVersion.key == key)
        .order_by(SettingVersion.number.desc())
        .limit(1)
    ).first()


def find(version_id: int) -> VersionView:
    """One change. Raises NothingToUndo."""
    found = _views(SettingVersion.id == version_id, limit=1)
    if not found:
        raise NothingToUndo
    return found[0]


def history(kind: str | None = None, key: str | None = None, limit: int = 50) -> list[VersionView]:
    """The changes of one setting, of a kind, or of all of them; the last one first."""
    return _views(
        *([SettingVersion.kind == kind] if kind is not None else []), *([SettingVersion.key == key] if key is not None else []),
        limit=limit,
    )  # fmt: skip


def _views(*conditions: Any, limit: int) -> list[VersionView]:
    table: Any = SettingVersion.__table__
    with reading() as session:
        rows = session.execute(select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit)).all()
    return [VersionView(**row._mapping) for row in rows]


def lasting(kind: str, day: date) -> dict[str, Value]:
    """What holds of a kind on a day, by key, in one statement."""
    versions: Any = SettingVersion.__table__.c
    with reading() as session:
        rows = session.execute(
            select(versions.key, versions.after)
            .where(versions.kind == kind, versions.valid_from <= day)
            .order_by(versions.valid_from, versions.number)
        ).all()
    return {row.key: row.after for row in rows}


def coming(kind: str, day: date) -> list[VersionView]:
    """The changes of a kind that hold only from after a day on, the soonest first."""
    found = _views(SettingVersion.kind == kind, SettingVersion.valid_from > day, limit=100)
    return sorted(found, key=lambda version: (version.valid_from, version.number))
