"""The tables of messages, and of what there is to reach a traveller with."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.messaging.states import MessageState

OPEN = "state IN ('planned', 'sending')"


class Message(Model):
    """One thing told to one traveller, once. `about` is `order:12`, or `traveller:5` where there is no order; with moment and
    occasion it is unique, so nothing is told twice.

    `client_msg_id` is what WeChat knows a template message by for ten minutes. `text` is what was sent, with the pickup code
    hidden, and goes after a while; `facts` are keys of what it is about.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("moment", "about", "occasion"),
        Index("ix_messages_order_id", "order_id"),
        Index("ix_messages_traveller_id", "traveller_id", "id"),
        Index("ix_messages_planned_at", "planned_at"),
        Index("ix_messages_due_at", "due_at", postgresql_where=text(OPEN), sqlite_where=text(OPEN)),
        Index("ix_messages_msgid", "msgid", postgresql_where=text("msgid IS NOT NULL"), sqlite_where=text("msgid IS NOT NULL")),
        Index("ix_messages_to_forget", "planned_at", postgresql_where=text("text IS NOT NULL"), sqlite_where=text("text IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    moment: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(32))
    occasion: Mapped[str] = mapped_column(String(64))
    traveller_id: Mapped[int] = mapped_column(ForeignKey("travellers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    language: Mapped[str] = mapped_column(String(2))
    facts: Mapped[dict | None] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default=MessageState.PLANNED.value)
    channel: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(20))
    tried: Mapped[dict | None] = mapped_column(JSON)  # channels that were refused, and why
    only: Mapped[str | None] = mapped_column(String(20))  # the one channel that may be used
    asked_by: Mapped[str] = mapped_column(String(60))  # `system`, or `staff:3` for one that is sent again
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]  # when it may go out; while it is being sent, when its sender is given up
    tries: Mapped[int] = mapped_column(default=0)
    client_msg_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    first_sent_at: Mapped[datetime | None]  # the first call to WeChat under this `client_msg_id`
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    msgid: Mapped[str | None] = mapped_column(String(32))
    template_id: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))


class MailAddress(Model):
    """An address that a traveller gave. Nothing but one letter asking goes there before `confirmed_at`."""

    __tablename__ = "mail_addresses"

    traveller_id: Mapped[int] = mapped_column(ForeignKey("travellers.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)  # in the letter's link
    address: Mapped[str] = mapped_column(String(254))  # empty: taken back
    language: Mapped[str] = mapped_column(String(2))
    given_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    letters: Mapped[int] = mapped_column(default=0)  # that asked for a confirmation, ever


class FollowCode(Model):
    """What a QR code says that leads from an order to the account, as WeChat gave it; it works until `ends_at`."""

    __tablename__ = "follow_codes"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    content: Mapped[str] = mapped_column(String(400))
    ends_at: Mapped[datetime]
