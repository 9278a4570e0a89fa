"""Who did what to which thing, before and after: written with the deed, chained by hashes, never changed again.

Each row carries the SHA-256 over the hash of the row before it and over its own fields, so a row that is changed, taken out
or put in between breaks the chain from there on. `audit_head` is one row: how long the chain is and its last hash. Writers
take it in turns (it is locked until the transaction ends), so the chain never forks, and rows cut off at the end are
missed. Triggers refuse UPDATE, DELETE and TRUNCATE. Somebody who may drop triggers can still write a whole new chain:
against that, note the head elsewhere (`python -m shop audit verify` prints it) and hand it back with `--expect`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import JSON, Index, String, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.base.db import Key, Model, reading

START = "0" * 64  # the hash before the first row
AT_A_TIME = 1000  # rows of a look through the chain
Words = Mapping[str, Any]


class AuditRow(Model):
    """One deed. `actor` like `staff:3` or `system`, `action` like `product.price_set`, `thing` like `product:SP-0001`."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_actor", "actor", "id"),
        Index("ix_audit_log_action", "action", "id"),
        Index("ix_audit_log_thing", "thing", "id"),
        Index("ix_audit_log_at", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(64))
    thing: Mapped[str] = mapped_column(String(100))
    before: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """The end of the chain; one row, whose `id` is 1."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    length: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


# One statement that makes the row if there is none, waits for whoever has it, and answers what they left.
_TAKE = text(
    "INSERT INTO audit_head (id, length, hash) VALUES (1, 0, :start) "
    "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING length, hash"
)


class Chain(Struct, frozen=True):
    """What a look through the chain found. `broken` is the number of the first row that is not as it was written."""

    length: int
    hash: str
    broken: int | None = None

    @property
    def whole(self) -> bool:
        return self.broken is None


class Deed(Struct, frozen=True):
    """What `record_all` writes down; as in `record`."""

    actor: str
    action: str
    thing: str
    before: Words | None = None
    after: Words | None = None


def record(
    session: Session,
    actor: str,
    action: str,
    thing: str,
    now: datetime,
    before: Words | None = None,
    after: Words | None = None,
) -> None:
    """Write a deed down in the caller's transaction: it is on record exactly if it happened.

    `before` and `after` are small plain values (what JSON can say) without personal data. Other writers wait from here to
    the end of the transaction, so this is the last thing a command does in it, after every lock it needs.
    """
    record_all(session, now, [Deed(actor, action, thing, before, after)])


def record_all(session: Session, now: datetime, deeds: Sequence[Deed]) -> None:
    """Write many deeds of one command down, in this order: three statements, however many they are. See `record`."""
    if not deeds:
        return
    plain = [(deed, _plain(deed.before), _plain(deed.after)) for deed in deeds]
    length, previous = session.execute(_TAKE, {"start": START}).one()
    rows = []
    for number, (deed, old, new) in enumerate(plain, start=length + 1):
        fields = {
            "id": number, "at": now, "actor": deed.actor, "action": deed.action, "thing": deed.thing, "before": old, "after": new,
        }  # fmt: skip
        own = _hash(previous, **fields)
        rows.append({**fields, "previous_hash": previous, "hash": own})
        previous = own
    session.execute(insert(AuditRow), rows)
    session.execute(update(AuditHead).where(AuditHead.id == 1).values(length=length + len(rows), hash=previous))


def _plain(words: Words | None) -> dict[str, Any] | None:
    """As the database will give it back: otherwise the hash of what is read would not be that of what was written."""
    plain: dict[str, Any] | None = None if words is None else json.loads(json.dumps(words, allow_nan=False))
    return plain


def _hash(previous: str, **fields: Any) -> str:
    """SHA-256 over the previous hash and the canonical form: sorted keys, no blanks, the moment in UTC with microseconds."""
    fields["at"] = fields["at"].astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def verify(expected: tuple[int, str] | None = None) -> Chain:
    """Look through the whole chain; memory stays bounded. `expected` is an earlier length and hash that must still be in it.

    What is written meanwhile is not looked at. A chain that is shorter than its head says is broken at the first row missed,
    one that is longer at the first row too many.
    """
    with reading() as session:
        longest = session.scalar(select(func.max(AuditRow.id))) or 0  # before the head: later rows have a later head
        length, last = session.execute(select(AuditHead.length, AuditHead.hash)).one_or_none() or (0, START)
        seen, previous, met = 0, START, expected is None or expected == (0, START)
        for row in _rows(session, length):
            if row.id != seen + 1 or row.previous_hash != previous or not is_as_written(row):
                return Chain(length, last, seen + 1)
            seen, previous = row.id, row.hash
            met = met or (row.id, row.hash) == expected
    if seen < length or longest > length:
        return Chain(length, last, seen + 1)
    if previous != last:
        return Chain(length, last, length)
    if expected and not met:
        return Chain(length, last, max(min(expected[0], length), 1))
    return Chain(length, last)


def _rows(session: Session, until: int) -> Iterator[Any]:
    after = 0
    while after < until:
        wanted = select(AuditRow.__table__).where(AuditRow.id > after, AuditRow.id <= until)
        rows = session.execute(wanted.order_by(AuditRow.id).limit(AT_A_TIME)).all()
        yield from rows
        if len(rows) < AT_A_TIME:
            return
        after = rows[-1].id


def is_as_written(row: Any) -> bool:
    """Whether the row's own hash fits what it says; that it hangs on the row before it is not looked at."""
    return bool(row.hash == _hash(row.previous_hash, **_fields(row)))


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "at", "actor", "action", "thing", "before", "after")}
