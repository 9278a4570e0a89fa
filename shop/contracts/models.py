"""The tables of withdrawals and of letters."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model

OPEN = "course = 'for_a_person' AND handled_at IS NULL"


class Withdrawal(Model):
    """A declaration as it came. Nothing of it is ever changed but who has looked into it; contact and name go in their time."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        Index("ix_withdrawals_open", "id", postgresql_where=text(OPEN), sqlite_where=text(OPEN)),
        Index("ix_withdrawals_order_number", "order_number", "received_at"),
        Index("ix_withdrawals_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)  # the address of its acknowledgement
    key: Mapped[str] = mapped_column(String(80), unique=True)  # made by the form: sent twice, it is one declaration
    received_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(2))
    order_number: Mapped[str] = mapped_column(String(16))  # as typed
    name: Mapped[str | None] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(200))
    wish: Mapped[str | None] = mapped_column(Text)  # some goods only, or anything else the traveller wants to say
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    proof: Mapped[str] = mapped_column(String(8))
    course: Mapped[str] = mapped_column(String(16))
    order_state: Mapped[str | None] = mapped_column(String(20))  # of the order when it came
    may_until: Mapped[datetime | None]  # when the time to withdraw ends; None: it had not begun
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    told_at: Mapped[datetime | None]  # the acknowledgement went out by mail
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None] = mapped_column(String(60))  # `staff:3`
    handled_note: Mapped[str | None] = mapped_column(String(500))


class Letter(Model):
    """An order's confirmation, asked for by mail."""

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    email: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
