"""Questions about payments."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session, aliased

from shop.base.asking import Question
from shop.base.db import reading
from shop.orders.models import Order
from shop.payments.models import Attempt, PaymentNotice, Taken
from shop.payments.refund_key_models import STRANGE
from shop.payments.states import OPEN, AttemptState, Verdict


class AttemptView(Struct, frozen=True):
    """One attempt as the money timeline shows it."""

    out_trade_no: str
    state: AttemptState
    amount_minor: int
    currency: str
    created_at: datetime
    prepay_at: datetime | None
    time_expire: datetime
    transaction_id: str | None
    paid_at: datetime | None
    payer_minor: int | None
    payer_currency: str | None
    checks: int
    checked_at: datetime | None


class NoticeView(Struct, frozen=True):
    """`order_number` is None when the notice names a number we do not know."""

    received_at: datetime
    event_type: str
    out_trade_no: str
    transaction_id: str | None
    amount_minor: int | None
    currency: str | None
    verdict: Verdict
    order_number: str | None
    id: int


def attempts_of(order_id: int) -> list[AttemptView]:
    """The order's attempts, oldest first."""
    with reading() as session:
        rows = session.scalars(select(Attempt).where(Attempt.order_id == order_id).order_by(Attempt.id)).all()
    return [
        AttemptView(
            a.out_trade_no, AttemptState(a.state), a.amount_minor, a.amount_currency, a.created_at, a.prepay_at, a.time_expire,
            a.transaction_id, a.paid_at, a.payer_minor, a.payer_currency, a.checks, a.checked_at,
        )
        for a in rows
    ]  # fmt: skip


_NOTICES: Any = select(PaymentNotice, Order.number).outerjoin(Order, Order.id == PaymentNotice.order_id)


def _notice(notice: PaymentNotice, number: str | None) -> NoticeView:
    return NoticeView(
        notice.received_at, notice.event_type, notice.out_trade_no, notice.transaction_id, notice.amount_minor,
        notice.amount_currency, Verdict(notice.verdict), number, notice.id,
    )  # fmt: skip


def notices_of(order_id: int) -> list[NoticeView]:
    """What WeChat said about the order, oldest first."""
    with reading() as session:
        rows = session.execute(_NOTICES.where(PaymentNotice.order_id == order_id).order_by(PaymentNotice.id)).all()
    return [_notice(*row) for row in rows]


def strange_notices(limit: int = 100) -> list[NoticeView]:
    """Genuine words of WeChat that fit nothing of ours and that nobody has looked into yet, oldest first."""
    with reading() as session:
        rows = session.execute(
            _NOTICES.where(PaymentNotice.id.in_(select(PaymentNotice.id).where(text(STRANGE)))).order_by(PaymentNotice.id).limit(limit)
        ).all()
    return [_notice(*row) for row in rows]


_notices, _attempts, _orders = PaymentNotice.__table__.c, Attempt.__table__.c, Order.__table__.c
_SAID = Question(select(_notices.verdict).where(_notices.notice_id == bindparam("p_notice_id")))


def verdict_on(notice_id: str) -> Verdict | None:
    """The verdict stored for this notice, or None when it has not been heard."""
    with reading() as session:
        row = _SAID.row(session, {"p_notice_id": notice_id})
    return Verdict(row.verdict) if row else None


_other, _taken = aliased(Attempt.__table__), Taken.__table__.c
_LOCKED = Question(
    select(
        _attempts.id, _attempts.order_id, _attempts.state, _attempts.amount_minor, _attempts.amount_currency, _attempts.transaction_id,
        _orders.state.label("order_state"), _orders.collect_until,
        select(_other.c.id)
        .where(_other.c.transaction_id == bindparam("p_transaction_id"), _other.c.out_trade_no != bindparam("p_no"))
        .exists()
        .label("elsewhere"),
        select(_taken.id)
        .where(_taken.transaction_id == bindparam("p_transaction_id"), _taken.out_trade_no == bindparam("p_no"))
        .exists()
        .label("heard"),
    )
    .select_from(Order.__table__)  # locked first, as everybody does who locks both
    .join(Attempt.__table__, _orders.id == _attempts.order_id)
    .where(_attempts.out_trade_no == bindparam("p_no"))
    .with_for_update(of=[Order.__table__, Attempt.__table__])
)  # fmt: skip


def attempt_for_change(session: Session, out_trade_no: str, transaction_id: str | None) -> Any | None:
    """The attempt and its order, both locked until the transaction ends, or None: we know no such number."""
    return _LOCKED.row(session, {"p_no": out_trade_no, "p_transaction_id": transaction_id or ""})


def is_taken(session: Session, transaction_id: str) -> bool:
    """Whether this payment of WeChat's is in our book, whatever it was for."""
    return session.scalar(select(Taken.id).where(Taken.transaction_id == transaction_id)) is not None


class OpenAttempt(Struct, frozen=True):
    id: int
    order_id: int
    out_trade_no: str
    checked_at: datetime | None
    state: str


def open_attempts(order_id: int) -> list[OpenAttempt]:
    """Attempts of the order that somebody might still pay or might have paid without our hearing of it."""
    with reading() as session:
        rows = session.execute(
            select(Attempt.id, Attempt.order_id, Attempt.out_trade_no, Attempt.checked_at, Attempt.state)
            .where(Attempt.order_id == order_id, Attempt.state.in_([s.value for s in OPEN]))
            .order_by(Attempt.id)
        ).all()
    return [OpenAttempt(*row) for row in rows]


def has_open_attempt(session: Session, order_id: int) -> bool:
    """Whether somebody might still pay the order, as the caller's transaction sees it."""
    mine = select(Attempt.id).where(Attempt.order_id == order_id, Attempt.state.in_([s.value for s in OPEN]))
    return session.scalar(mine.limit(1)) is not None


def has_paid(order_id: int, payer_id: int) -> bool:
    """Whether this companion has paid the order."""
    mine = select(Attempt.id).where(Attempt.order_id == order_id, Attempt.payer_id == payer_id, Attempt.state == AttemptState.PAID.value)
    with reading() as session:
        return session.scalar(mine.limit(1)) is not None


def due_for_a_question(now: datetime, limit: int = 50) -> list[OpenAttempt]:
    """Attempts about which WeChat should be asked by now."""
    with reading() as session:
        rows = session.execute(
            select(Attempt.id, Attempt.order_id, Attempt.out_trade_no, Attempt.checked_at, Attempt.state)
            .where(Attempt.next_check_at <= now, Attempt.state.in_([s.value for s in OPEN]))
            .order_by(Attempt.next_check_at)
            .limit(limit)
        ).all()
    return [OpenAttempt(*row) for row in rows]


def overdue_orders(now: datetime, limit: int = 50) -> list[int]:
    """Unpaid orders whose time to pay is over."""
    with reading() as session:
        return list(
            session.scalars(
                select(Order.id)
                .where(Order.state == "awaiting_payment", Order.pay_before < now)
                .order_by(Order.id)
                .limit(limit)
            )
        )
