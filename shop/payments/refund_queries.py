"""Questions about payments that were taken and refunds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import or_, select

from shop.base.db import reading
from shop.orders.models import Order
from shop.payments import refund_rules
from shop.payments.models import Attempt, Refund, RefundLine, Taken
from shop.payments.states import BY_A_PERSON, TO_SEND, UNDER_WAY, Cause, RefundStage, Verdict


class TakenView(Struct, frozen=True):
    """One payment that WeChat took. Amounts are minor units of `currency`, which may be one the shop does not know."""

    id: int
    transaction_id: str
    out_trade_no: str
    order_number: str | None
    amount_minor: int
    currency: str
    refunded_minor: int
    paid_at: datetime
    heard_at: datetime
    verdict: Verdict
    payer_minor: int | None
    payer_currency: str | None
    exchange_rate: int | None
    by_companion: bool = False  # somebody else than the order's traveller has paid it

    @property
    def left_minor(self) -> int:
        return self.amount_minor - self.refunded_minor


class RefundView(Struct, frozen=True):
    """One refund. `lines` are (position, quantity) of the order's lines, empty for a sum of no line in particular."""

    id: int
    out_refund_no: str
    order_number: str | None
    amount_minor: int
    currency: str
    cause: Cause
    note: str | None
    asked_by: str
    state: RefundStage
    requested_at: datetime
    sent_at: datetime | None
    tries: int
    next_try_at: datetime | None
    done_at: datetime | None
    refund_id: str | None
    payer_minor: int | None
    payer_currency: str | None
    last_said: str | None
    handled_at: datetime | None
    handled_by: str | None
    handled_note: str | None
    payment_id: int
    paid_verdict: Verdict  # what the payment was that it sends back
    lines: tuple[tuple[int, int], ...] = ()


_REFUNDS: Any = (
    select(Refund, Order.number, Taken.verdict).join(Taken, Taken.id == Refund.payment_id).outerjoin(Order, Order.id == Refund.order_id)
)
_TAKEN: Any = (
    select(Taken, Order.number, Attempt.payer_id.is_not(None))
    .outerjoin(Order, Order.id == Taken.order_id)
    .outerjoin(Attempt, Attempt.id == Taken.attempt_id)
)


def _refund(row: Refund, number: str | None, verdict: str, lines: Sequence[tuple[int, int]] = ()) -> RefundView:
    return RefundView(
        row.id, row.out_refund_no, number, row.amount_minor, row.amount_currency, Cause(row.cause), row.note, row.asked_by,
        RefundStage(row.state), row.requested_at, row.sent_at, row.tries, row.next_try_at, row.done_at, row.refund_id,
        row.payer_minor, row.payer_currency, row.last_said, row.handled_at, row.handled_by, row.handled_note,
        row.payment_id, Verdict(verdict), tuple(lines),
    )  # fmt: skip


def _taken(row: Taken, number: str | None, by_companion: bool) -> TakenView:
    return TakenView(
        row.id, row.transaction_id, row.out_trade_no, number, row.amount_minor, row.amount_currency, row.refunded_minor,
        row.paid_at, row.heard_at, Verdict(row.verdict), row.payer_minor, row.payer_currency, row.exchange_rate,
        by_companion,
    )  # fmt: skip


def payments_of(order_id: int) -> list[TakenView]:
    """What WeChat took for the order, oldest first."""
    with reading() as session:
        rows = session.execute(_TAKEN.where(Taken.order_id == order_id).order_by(Taken.id)).all()
    return [_taken(*row) for row in rows]


def refunds_of(order_id: int) -> list[RefundView]:
    """The order's refunds, oldest first, with their lines: two statements."""
    with reading() as session:
        rows: Any = session.execute(_REFUNDS.where(Refund.order_id == order_id).order_by(Refund.id)).all()
        lines: dict[int, list[tuple[int, int]]] = {}
        if rows:
            ids = [row[0].id for row in rows]
            for line in session.scalars(select(RefundLine).where(RefundLine.refund_id.in_(ids)).order_by(RefundLine.position)):
                lines.setdefault(line.refund_id, []).append((line.position, line.quantity))
    return [_refund(refund, number, verdict, lines.get(refund.id, ())) for refund, number, verdict in rows]


def refund_by_id(refund_id: int) -> RefundView | None:
    """One refund without its lines, or None."""
    with reading() as session:
        row = session.execute(_REFUNDS.where(Refund.id == refund_id)).first()
    return _refund(*row) if row else None


def refunds_where(condition: Any, limit: int) -> list[RefundView]:
    """Refunds that meet a condition on their table, oldest first, without their lines."""
    with reading() as session:
        rows = session.execute(_REFUNDS.where(condition).order_by(Refund.requested_at, Refund.id).limit(limit)).all()
    return [_refund(*row) for row in rows]


def waiting_for_funds(limit: int = 100) -> list[RefundView]:
    """Refunds that WeChat pays once there is money of the day, oldest first."""
    return refunds_where(Refund.state == RefundStage.WAITING_FUNDS.value, limit)


def under_way(limit: int = 100) -> list[RefundView]:
    """Refunds that have not ended, oldest first."""
    return refunds_where(Refund.state.in_([s.value for s in UNDER_WAY]), limit)


def for_a_person(limit: int = 100) -> list[RefundView]:
    """Refunds that WeChat cannot deliver, has paid to the shop, or refuses again and again."""
    stuck = Refund.state.in_([s.value for s in TO_SEND]) & (Refund.tries >= refund_rules.STUCK_AFTER)
    stuck &= Refund.state != RefundStage.WAITING_FUNDS.value
    return refunds_where(or_(Refund.state.in_([s.value for s in BY_A_PERSON]), stuck), limit)


def odd_payments(limit: int = 100) -> list[TakenView]:
    """Money that no rule can settle and that has not gone back yet, newest first."""
    odd = [v.value for v in (Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.UNKNOWN_NUMBER)]
    with reading() as session:
        rows = session.execute(
            _TAKEN.where(Taken.verdict.in_(odd), Taken.refunded_minor < Taken.amount_minor).order_by(Taken.id.desc()).limit(limit)
        ).all()
    return [_taken(*row) for row in rows]


def due(stages: Sequence[RefundStage], now: datetime, limit: int = 50) -> list[int]:
    """Refunds in these stages that are to be tried or asked about by now."""
    with reading() as session:
        return list(
            session.scalars(
                select(Refund.id)
                .where(Refund.next_try_at <= now, Refund.state.in_([s.value for s in stages]))
                .order_by(Refund.next_try_at, Refund.id)
                .limit(limit)
            )
        )
