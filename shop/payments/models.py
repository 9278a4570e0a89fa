"""The tables of attempts, notices, payments and refunds. Money is append-only: what was asked of WeChat never changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, event, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.payments.states import AttemptState, RefundStage

OPEN_ATTEMPT = "next_check_at IS NOT NULL"
BY_ANOTHER = "payer_id IS NOT NULL"
FROZEN = ("order_id", "out_trade_no", "amount_minor", "amount_currency", "request", "time_expire", "created_at")


class Attempt(Model):
    """One `out_trade_no`. `request` is the exact body sent to WeChat Pay, repeated byte by byte when it is sent again.

    WeChat Pay binds it to the openid of whoever pays: another payer is another attempt.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "ix_attempts_next_check_at",
            "next_check_at",
            postgresql_where=text(OPEN_ATTEMPT),
            sqlite_where=text(OPEN_ATTEMPT),
        ),
        Index("ix_attempts_created_at", "created_at", postgresql_using="brin"),
        Index("ix_attempts_payer_id", "payer_id", postgresql_where=text(BY_ANOTHER), sqlite_where=text(BY_ANOTHER)),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    out_trade_no: Mapped[str] = mapped_column(String(32), unique=True)
    amount_minor: Mapped[int]
    amount_currency: Mapped[str] = mapped_column(String(3))
    request: Mapped[str] = mapped_column(Text)
    time_expire: Mapped[datetime]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default=AttemptState.CREATED.value)
    prepay_id: Mapped[str | None] = mapped_column(String(128))
    prepay_at: Mapped[datetime | None]
    transaction_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    paid_at: Mapped[datetime | None]
    payer_minor: Mapped[int | None]  # what the traveller paid, in their own money
    payer_currency: Mapped[str | None] = mapped_column(String(3))
    exchange_rate: Mapped[int | None]  # × 10⁸
    checks: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("travellers.id"))  # a companion; None: the order's own traveller


class PaymentNotice(Model):
    """What WeChat said and what it meant to us, written in one transaction. Refused (401) notices are not stored."""

    __tablename__ = "payment_notices"
    __table_args__ = (
        Index("ix_payment_notices_order_id", "order_id"),
        Index("ix_payment_notices_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[str] = mapped_column(String(80), unique=True)  # WeChat's; `query:…` for what a query told
    event_type: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime]
    out_trade_no: Mapped[str] = mapped_column(String(64))
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    amount_minor: Mapped[int | None]
    amount_currency: Mapped[str | None] = mapped_column(String(8))
    success_at: Mapped[datetime | None]
    merchant: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(24))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    handled_at: Mapped[datetime | None]  # a person has looked into one that fits nothing
    handled_by: Mapped[str | None] = mapped_column(String(60))
    handled_note: Mapped[str | None] = mapped_column(String(200))


class Taken(Model):
    """One payment that WeChat took from a traveller, whatever it was for. Written once.

    `refunded_minor` is the sum of its refunds that are not closed. Triggers of the database keep it, and a CHECK
    forbids more than came in (migration 0008).
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= amount_minor", name="never_more_than_came_in"),
        {"postgresql_with": {"fillfactor": 90}},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String(64), unique=True)
    out_trade_no: Mapped[str] = mapped_column(String(64))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    amount_minor: Mapped[int]
    amount_currency: Mapped[str] = mapped_column(String(8))
    paid_at: Mapped[datetime] = mapped_column(index=True)
    heard_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(24))
    payer_minor: Mapped[int | None]
    payer_currency: Mapped[str | None] = mapped_column(String(3))
    exchange_rate: Mapped[int | None]
    refunded_minor: Mapped[int] = mapped_column(server_default="0")


class Refund(Model):
    """Money on its way back. Its number is written before WeChat is called and kept until WeChat closes it.

    `request` is the exact body, repeated byte by byte. `handled_*` say how a person has settled one that WeChat could not
    deliver; `to_shop_at` that WeChat was asked to pay it to the shop's own account.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="of_something"),
        Index(
            "ix_refunds_next_try_at",
            "next_try_at",
            postgresql_where=text("next_try_at IS NOT NULL"),
            sqlite_where=text("next_try_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    out_refund_no: Mapped[str] = mapped_column(String(64), unique=True)
    amount_minor: Mapped[int]
    amount_currency: Mapped[str] = mapped_column(String(8))
    cause: Mapped[str] = mapped_column(String(24))
    note: Mapped[str | None] = mapped_column(String(200))
    asked_by: Mapped[str] = mapped_column(String(60))  # `traveller`, `system`, `device:7`, `staff:3`
    state: Mapped[str] = mapped_column(String(16), default=RefundStage.REQUESTED.value)
    request: Mapped[str | None] = mapped_column(Text)
    requested_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    refund_id: Mapped[str | None] = mapped_column(String(64))
    done_at: Mapped[datetime | None]
    payer_minor: Mapped[int | None]
    payer_currency: Mapped[str | None] = mapped_column(String(3))
    last_said: Mapped[str | None] = mapped_column(String(200))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"), unique=True)
    to_shop_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None] = mapped_column(String(60))
    handled_note: Mapped[str | None] = mapped_column(String(200))


class RefundLine(Model):
    """How many pieces of which line of the order a refund is for."""

    __tablename__ = "refund_lines"

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class FrozenAttempt(RuntimeError):
    """Somebody tried to change what was asked of WeChat; a change needs a new attempt."""


@event.listens_for(Attempt, "before_update")
def _refuse_changes(_mapper: object, _connection: object, attempt: Attempt) -> None:
    state: Any = inspect(attempt)
    changed = [name for name in FROZEN if state.attrs[name].history.has_changes()]
    if changed:
        raise FrozenAttempt(", ".join(changed))
