"""The tables of the chat."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class ChatEntry(Model):
    """One line of a conversation. `mark` is the same for a push that WeChat sends again, and for an answer to the same entry.

    `at` is when it was said, by WeChat's clock for theirs. `key` is a menu key, a scene, or WeChat's number of a result.
    """

    __tablename__ = "chat_entries"
    __table_args__ = (
        UniqueConstraint("mark"),
        Index("ix_chat_entries_follower_id", "follower_id", "id"),
        Index("ix_chat_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("followers.id"))
    mark: Mapped[str] = mapped_column(String(64))
    way: Mapped[str] = mapped_column(String(3))
    kind: Mapped[str] = mapped_column(String(32))
    event: Mapped[str] = mapped_column(String(64), default="")
    key: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(String(12))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("chat_answers.id"))
    outcome: Mapped[str | None] = mapped_column(String(12))
    said: Mapped[str | None] = mapped_column(String(64))  # WeChat's refusal, as our code


class ChatAnswer(Model):
    """An answer that marketing keeps. With a `topic` it only adds keywords to what the shop answers itself."""

    __tablename__ = "chat_answers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    topic: Mapped[str | None] = mapped_column(String(12))
    keywords: Mapped[list] = mapped_column(JSON)
    texts: Mapped[dict] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))


class ServiceHours(Model):
    """When one of us reads along, by ISO weekday; the newest row holds. Every change is a row of its own."""

    __tablename__ = "chat_service_hours"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    hours: Mapped[dict] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))


class AccountMenu(Model):
    """A menu as it was saved; every change is a row of its own. `published_at`: when WeChat took it, last."""

    __tablename__ = "account_menus"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    content: Mapped[dict] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(60))
