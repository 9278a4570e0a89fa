"""What happened, written down in the same transaction that made it happen; the worker reads it from here."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    FromClause,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.base.db import Key, Model, UtcDateTime
from shop.base.onego import Part

WAITING = "done_at IS NULL AND given_up_at IS NULL"


class Announcement(Model):
    """One thing that happened. `spread_at` is set once every reaction to it has its own delivery."""

    __tablename__ = "announcements"
    __table_args__ = (
        Index(
            "ix_announcements_waiting",
            "id",
            postgresql_where=text("spread_at IS NULL"),
            sqlite_where=text("spread_at IS NULL"),
        ),
        Index("ix_announcements_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    subject: Mapped[int]
    facts: Mapped[dict | None] = mapped_column(JSON)
    at: Mapped[datetime]
    spread_at: Mapped[datetime | None]


class Delivery(Model):
    """One reaction to one announcement: tried until it is done, with growing pauses, by one worker at a time."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("announcement_id", "reaction"),
        Index("ix_deliveries_due", "due_at", postgresql_where=text(WAITING), sqlite_where=text(WAITING)),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"))
    reaction: Mapped[str] = mapped_column(String(96))
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))


def announce(session: Session, name: str, at: datetime, subject: int, **facts: object) -> None:
    """Write `name` down, to be heard after the commit. `subject` is the key of what it is about; `facts` are plain values."""
    session.execute(insert(Announcement).values({"name": name, "subject": subject, "facts": facts or None, "at": at}))


def announce_part(source: FromClause, name: str) -> Part:
    """A change for a chain (`shop.base.onego`): announce `name` about `source.id`; value `p_now`."""
    table: Any = Announcement.__table__
    return (
        "announced",
        insert(table).from_select(
            ["name", "subject", "at"], select(literal(name), source.c.id, bindparam("p_now", type_=UtcDateTime))
        ),
    )
