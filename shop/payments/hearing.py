"""How a payment that WeChat tells us of becomes a verdict, and the verdict a paid order: one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import FromClause, String, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime, changed, transaction
from shop.base.money import Currency, Money
from shop.base.onego import OneGo, Part
from shop.base.outbox import announce, announce_part
from shop.catalogue import stock
from shop.catalogue.states import HoldState
from shop.gateways.pay import Payment, PaymentState
from shop.orders import events as order_events
from shop.orders import moves
from shop.orders.states import OrderState
from shop.payments import events, queries, rules
from shop.payments.models import Attempt, PaymentNotice, Refund, Taken
from shop.payments.states import GOES_BACK, NEEDS_A_PERSON, TOOK_MONEY, AttemptState, Verdict
from shop.pickup import codes
from shop.pickup.models import Pickup

LOG = structlog.get_logger("shop.payments")
QUERY = "QUERY"  # as the type of event of what an answer to our own question told
NOTICES: Any = PaymentNotice.__table__
ATTEMPTS: Any = Attempt.__table__
TAKEN: Any = Taken.__table__
REFUNDS: Any = Refund.__table__
PICKUPS: Any = Pickup.__table__


def hear(payment: Payment, notice_id: str, event_type: str, now: datetime) -> Verdict:
    """Judge what WeChat says of a payment and do what follows. The same `notice_id` gets the same verdict."""
    if (said := queries.verdict_on(notice_id)) is not None:
        return said
    try:
        verdict = _hear(payment, notice_id, event_type, now)
    except IntegrityError:
        if (said := queries.verdict_on(notice_id)) is not None:  # a copy of this notice was quicker
            return said
        raise
    LOG.info("payment heard", verdict=verdict.value, out_trade_no=payment.out_trade_no, event_type=event_type)
    return verdict


def _hear(payment: Payment, notice_id: str, event_type: str, now: datetime) -> Verdict:
    with transaction() as session:
        # Lock first, look afterwards: copies of one notice queue up here, and the second sees what the first has done.
        row = queries.attempt_for_change(session, payment.out_trade_no, payment.transaction_id)
        known = None
        if row is not None:
            owed = Money(row.amount_minor, Currency(row.amount_currency))
            known = rules.Known(AttemptState(row.state), OrderState(row.order_state), owed)
        told = rules.Told(
            success=payment.state in (PaymentState.SUCCESS, PaymentState.REFUND),
            ours=payment.ours,
            amount=payment.amount,
            transaction_known_elsewhere=bool(row is not None and row.elsewhere),
            heard=bool(row.heard) if row is not None else queries.is_taken(session, _transaction(payment)),
            another=row is not None and row.transaction_id not in (None, payment.transaction_id),
        )
        verdict = rules.judge(told, known)
        if (
            verdict is Verdict.TOO_LATE
            and row is not None
            and row.order_state == OrderState.EXPIRED.value
            and now < row.collect_until
            and _stock_is_back(session, row.order_id, now)
        ):
            verdict = Verdict.REVIVES
        if verdict in TOOK_MONEY and told.heard and not _taken_back(session, payment):
            verdict = Verdict.REPEAT
        if verdict is Verdict.FOREIGN_MERCHANT and event_type == QUERY:
            LOG.error("an answer about another merchant: is ours set right?", out_trade_no=payment.out_trade_no, merchant=payment.merchant)
            return verdict  # not kept: the same question is judged anew once the settings are right
        values = _notice_values(payment, notice_id, event_type, now, verdict, row)
        if verdict in (Verdict.SETTLES, Verdict.REVIVES):
            _settle(session, payment, values, now)
        else:
            session.execute(insert(NOTICES), {key.removeprefix("p_"): value for key, value in values.items()})
            _follow_up(session, payment, verdict, row, now)
        return verdict


def _transaction(payment: Payment) -> str:
    """WeChat's own number of the payment. It names one with every success; ours stands in for one that is missing."""
    return (payment.transaction_id or payment.out_trade_no)[:64]


def _taken_back(session: Session, payment: Payment) -> bool:
    """Strike out what was written of this payment when its amount was wrong; now it is right. Not when a person has
    begun to send it back meanwhile."""
    wrong = [verdict.value for verdict in (Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY)]
    struck = session.execute(
        delete(TAKEN)
        .where(TAKEN.c.transaction_id == _transaction(payment), TAKEN.c.verdict.in_(wrong))
        .where(~select(REFUNDS.c.id).where(REFUNDS.c.payment_id == TAKEN.c.id).exists())
    )
    return changed(struck) == 1


def _notice_values(
    payment: Payment, notice_id: str, event_type: str, now: datetime, verdict: Verdict, row: Any | None
) -> dict[str, Any]:
    said = payment.amount_said
    return {
        "p_notice_id": notice_id, "p_event_type": event_type, "p_received_at": now,
        "p_out_trade_no": payment.out_trade_no[:64], "p_transaction_id": payment.transaction_id,
        "p_amount_minor": said.minor if said else None, "p_amount_currency": said.currency[:8] if said else None,
        "p_success_at": payment.success_time, "p_merchant": payment.merchant[:64], "p_verdict": verdict.value,
        "p_attempt_id": row.id if row is not None else None, "p_order_id": row.order_id if row is not None else None,
    }  # fmt: skip


def _settle(session: Session, payment: Payment, values: dict[str, Any], now: datetime) -> None:
    payer = payment.payer_total
    went = _SETTLE.run(
        session,
        {
            **values, "p_transaction": _transaction(payment), "p_now": now,
            "p_paid_at": payment.success_time or now, "p_code": codes.new_code(),
            "p_payer_minor": payer.minor if payer else None, "p_payer_currency": payer.currency[:3] if payer else None,
            "p_rate": payment.exchange_rate, "p_who": "wechat",
            "p_why": "paid" if values["p_verdict"] == Verdict.SETTLES.value else "paid late, stock was still there",
        },
    )  # fmt: skip
    if went.counts.get("moved") != 1 or went.counts.get("attempt") != 1:
        raise RuntimeError(
            f"a settled payment moved {dict(went.counts)}"
        )  # locked above, so never; rolls back, WeChat repeats


# The columns of a payment that was taken, and the values of a heard notice they come from.
_TAKEN_VALUES = (
    ("transaction_id", "transaction"), ("out_trade_no", "out_trade_no"), ("attempt_id", "attempt_id"), ("order_id", "order_id"),
    ("amount_minor", "amount_minor"), ("amount_currency", "amount_currency"), ("paid_at", "paid_at"), ("heard_at", "now"),
    ("verdict", "verdict"), ("payer_minor", "payer_minor"), ("payer_currency", "payer_currency"), ("exchange_rate", "rate"),
)  # fmt: skip


def _settling() -> OneGo:
    columns = [
        "notice_id", "event_type", "received_at", "out_trade_no", "transaction_id", "amount_minor", "amount_currency",
        "success_at", "merchant", "verdict", "attempt_id", "order_id",
    ]  # fmt: skip
    first = (
        insert(NOTICES)
        .values({name: bindparam(f"p_{name}", type_=NOTICES.c[name].type) for name in columns})
        .returning(NOTICES.c.order_id.label("id"))
    )

    def then(source: FromClause) -> Sequence[Part]:
        attempt = (
            update(ATTEMPTS)
            .where(
                ATTEMPTS.c.id == bindparam("p_attempt_id", type_=ATTEMPTS.c.id.type),
                ATTEMPTS.c.state != AttemptState.PAID.value,
            )
            .values(
                state=AttemptState.PAID.value,
                transaction_id=bindparam("p_transaction_id", type_=String),
                paid_at=bindparam("p_paid_at", type_=UtcDateTime),
                payer_minor=bindparam("p_payer_minor", type_=ATTEMPTS.c.payer_minor.type),
                payer_currency=bindparam("p_payer_currency", type_=String),
                exchange_rate=bindparam("p_rate", type_=ATTEMPTS.c.exchange_rate.type),
                next_check_at=None,
            )
        )
        code = insert(PICKUPS).from_select(
            ["order_id", "code", "issued_at"],
            select(source.c.id, bindparam("p_code", type_=String), bindparam("p_now", type_=UtcDateTime)),
        )
        taken = insert(TAKEN).from_select(
            [name for name, _ in _TAKEN_VALUES],
            select(*(source.c.id if name == "order_id" else bindparam(f"p_{p}", type_=TAKEN.c[name].type) for name, p in _TAKEN_VALUES)),
        )
        return [
            ("taken", taken),
            ("attempt", attempt),
            *moves.parts(source, OrderState.PAID, paid_at=bindparam("p_paid_at", type_=UtcDateTime)),
            ("code", code),
            announce_part(source, order_events.PAID),
            *stock.move_parts(source, HoldState.HELD, HoldState.ALLOCATED),
        ]

    return OneGo(first, then)


_SETTLE = _settling()


def _stock_is_back(session: Session, order_id: int, now: datetime) -> bool:
    """Claim the stock of an expired order again; False when somebody else has it by now."""
    try:
        with session.begin_nested():
            stock.hold_again(session, order_id, now)
    except stock.OutOfStock:
        return False
    return True


def _follow_up(session: Session, payment: Payment, verdict: Verdict, row: Any | None, now: datetime) -> None:
    """What a verdict other than "settles" asks for: money that has to go back, or a person."""
    order_id = row.order_id if row is not None else None
    payment_id = _write_down(session, payment, verdict, row, now) if verdict in TOOK_MONEY else None
    if verdict in GOES_BACK and row is not None:
        if row.state != AttemptState.PAID.value:
            _mark_paid(session, payment, row, now)
        if verdict is Verdict.TOO_LATE:
            moves.mark_refund_due(session, row.order_id, now)
        announce(session, events.REFUND_DUE, now, row.order_id, payment_id=payment_id, verdict=verdict.value)
    elif verdict in NEEDS_A_PERSON:
        announce(session, events.NEEDS_A_PERSON, now, order_id or 0, payment_id=payment_id, verdict=verdict.value)


def _write_down(session: Session, payment: Payment, verdict: Verdict, row: Any | None, now: datetime) -> int | None:
    """Odd money, as a payment of its own; None when WeChat named no amount that could be written down."""
    said, payer = payment.amount_said, payment.payer_total
    if said is None or said.minor < 1:
        return None
    taken = {
        "transaction_id": _transaction(payment), "out_trade_no": payment.out_trade_no[:64],
        "attempt_id": row.id if row is not None else None, "order_id": row.order_id if row is not None else None,
        "amount_minor": said.minor, "amount_currency": said.currency[:8], "paid_at": payment.success_time or now, "heard_at": now,
        "verdict": verdict.value, "payer_minor": payer.minor if payer else None,
        "payer_currency": payer.currency[:3] if payer else None, "exchange_rate": payment.exchange_rate,
    }  # fmt: skip
    return session.execute(insert(TAKEN).values(taken).returning(TAKEN.c.id)).scalar_one()


def _mark_paid(session: Session, payment: Payment, row: Any, now: datetime) -> None:
    payer = payment.payer_total
    session.execute(
        update(ATTEMPTS)
        .where(ATTEMPTS.c.id == row.id)
        .values(
            state=AttemptState.PAID.value, transaction_id=payment.transaction_id, paid_at=payment.success_time or now,
            payer_minor=payer.minor if payer else None, payer_currency=payer.currency[:3] if payer else None,
            exchange_rate=payment.exchange_rate, next_check_at=None,
        )
    )  # fmt: skip
