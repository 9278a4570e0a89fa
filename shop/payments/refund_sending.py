"""Refunds on their way: sent under one number until WeChat has said what became of them, and what it says.

A lost answer, a time-out or "too often" mean *unknown*: the same bytes go out again under the same number, never a new
one. Only a refund that WeChat has closed gets a new number.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import reading, transaction
from shop.base.errors import ShopError
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency, Money
from shop.base.outbox import announce
from shop.gateways.pay import (
    PayBusy,
    PayMisconfigured,
    PayUnavailable,
    RefundImpossible,
    RefundNoFunds,
    RefundNotice,
    RefundRequest,
    RefundTooSoon,
    WeChatPay,
)
from shop.gateways.pay import Refund as Told
from shop.gateways.pay import RefundState as Said
from shop.orders.models import Order
from shop.payments import events, queries, refund_queries, refund_rules, refunding, rounds, rules
from shop.payments.models import PaymentNotice, Refund, RefundLine, Taken
from shop.payments.states import TO_SEND, Cause, RefundStage, Verdict

LOG = structlog.get_logger("shop.refunds")
IN_HAND = timedelta(minutes=2)  # nobody else sends a refund that is being sent
STAGES = {
    Said.SUCCESS: RefundStage.SUCCESS,
    Said.PROCESSING: RefundStage.PROCESSING,
    Said.ABNORMAL: RefundStage.ABNORMAL,
    Said.CLOSED: RefundStage.CLOSED,
}


def send_due(pay: WeChatPay, notify_url: str, now: datetime) -> int:
    """Send what is due, one payment's refunds a minute apart; answers how many WeChat has accepted."""
    accepted = in_vain = 0
    for refund_id in refund_queries.due(TO_SEND, now):
        if in_vain == rules.ENOUGH_IN_VAIN:
            break
        with rounds.apart("send a refund", refund=refund_id):
            body = _ready(refund_id, pay, notify_url, now)
            if body is not None:
                went = _send(refund_id, body, pay, now)
                in_vain = in_vain + 1 if went is None else 0
                accepted += bool(went)
    return accepted


def _ready(refund_id: int, pay: WeChatPay, notify_url: str, now: datetime) -> bytes | None:
    """The bytes to send now, written down before they are sent; None when somebody else does, or it is too soon."""
    with transaction() as session:
        payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
        taken = session.scalar(select(Taken).where(Taken.id == payment_id).with_for_update())  # one at a time for each payment
        refund = session.scalar(select(Refund).where(Refund.id == refund_id).with_for_update())
        if taken is None or refund is None or refund.state not in TO_SEND or (refund.next_try_at or now) > now:
            return None
        last = session.scalar(
            select(func.max(Refund.sent_at)).where(Refund.payment_id == taken.id, Refund.id != refund_id)
        )
        if last is not None and now < last + refund_rules.APART:
            refund.next_try_at = last + refund_rules.APART
            return None
        if refund.request is None:
            try:
                refund.request = _request(taken, refund, pay, notify_url).decode()
            except ValueError as no_request:  # its currency is none of this dialect's: WeChat will not take it from us
                _give_up(session, refund, f"cannot be asked for: {no_request}", now)
                return None
        refund.sent_at, refund.tries, refund.next_try_at = now, refund.tries + 1, now + IN_HAND
        return refund.request.encode()


def _request(taken: Taken, refund: Refund, pay: WeChatPay, notify_url: str) -> bytes:
    currency = Currency(taken.amount_currency)
    return pay.prepare_refund(
        RefundRequest(
            out_refund_no=OutRefundNo(refund.out_refund_no),
            out_trade_no=OutTradeNo(taken.out_trade_no),
            transaction_id=taken.transaction_id if taken.transaction_id != taken.out_trade_no else None,
            refund=Money(refund.amount_minor, currency),
            total=Money(taken.amount_minor, currency),
            reason=REASONS[Cause(refund.cause)],
            notify_url=notify_url,
        )
    )


# What WeChat shows the traveller beside the refund (at most 80 characters); it has no other language.
REASONS = {
    Cause.CANCELLED: "订单已取消",
    Cause.LATE_PAYMENT: "付款时商品已售完",
    Cause.PAID_TWICE: "重复付款",
    Cause.WRONG_AMOUNT: "付款金额有误",
    Cause.UNKNOWN_PAYMENT: "无法对应订单的付款",
    Cause.SHORTAGE: "商品缺货",
    Cause.NO_SHOW: "未提货",
    Cause.COUNTER: "柜台退款",
    Cause.GOODWILL: "退款",
}


def _send(refund_id: int, body: bytes, pay: WeChatPay, now: datetime) -> bool | None:
    """Whether WeChat has accepted it; None when there was no answer."""
    try:
        told = pay.refund(body)
    except RefundNoFunds:
        _later(refund_id, now, RefundStage.WAITING_FUNDS, "not_enough")
    except RefundTooSoon as too_soon:
        _later(refund_id, now, None, too_soon.code)
    except (PayUnavailable, PayBusy, PayMisconfigured) as unknown:
        _later(refund_id, now, None, unknown.code)
        return None
    except RefundImpossible as no_way:  # not the last word, an error is unsigned: a person looks, and may have it sent again
        _later(refund_id, now, RefundStage.ABNORMAL, no_way.code)
    except ShopError as refused:
        _later(refund_id, now, None, refused.code)
    else:
        return apply(told, now)
    return False


def _later(refund_id: int, now: datetime, stage: RefundStage | None, said: str) -> None:
    with transaction() as session:
        refund = session.scalar(select(Refund).where(Refund.id == refund_id).with_for_update())
        if refund is None or refund.state not in TO_SEND:  # a notice was quicker than the answer
            return
        stage = stage or RefundStage.REQUESTED
        ladder = refund_rules.FUNDS_AGAIN_AFTER if stage is RefundStage.WAITING_FUNDS else refund_rules.SEND_AGAIN_AFTER
        if stage is RefundStage.ABNORMAL:
            _give_up(session, refund, said, now)
        else:
            refund.state, refund.last_said = stage.value, said[:200]
            refund.next_try_at = now + refund_rules.step(ladder, refund.tries)
    LOG.warning("refund not sent", refund=refund_id, reason=said, stage=stage.value)


def _give_up(session: Session, refund: Refund, said: str, now: datetime) -> None:
    """From here on it is a person's."""
    refund.state, refund.last_said, refund.next_try_at = RefundStage.ABNORMAL.value, said[:200], None
    announce(session, events.REFUND_ABNORMAL, now, refund.order_id or 0, refund_id=refund.id)


def ask_about(pay: WeChatPay, now: datetime) -> int:
    """Ask WeChat about refunds under way; answers how many have gone on."""
    gone_on = 0
    for refund_id in refund_queries.due((RefundStage.PROCESSING,), now):
        with rounds.apart("ask about a refund", refund=refund_id):
            gone_on += _ask_about(refund_id, pay, now)
    return gone_on


def _ask_about(refund_id: int, pay: WeChatPay, now: datetime) -> bool:
    with reading() as session:
        number = session.scalar(select(Refund.out_refund_no).where(Refund.id == refund_id))
    try:
        told = pay.find_refund(OutRefundNo(str(number)))
    except ShopError as no_answer:
        LOG.warning("refund question without answer", refund=refund_id, reason=no_answer.code)
        told = None
    if told is not None and apply(told, now):
        return True
    _ask_again(refund_id, now)
    return False


def _ask_again(refund_id: int, now: datetime) -> None:
    with transaction() as session:
        refund = session.scalar(select(Refund).where(Refund.id == refund_id).with_for_update())
        if refund is not None and refund.state == RefundStage.PROCESSING.value:
            refund.tries, refund.checked_at = refund.tries + 1, now
            refund.next_try_at = now + refund_rules.step(refund_rules.ASK_AFTER, refund.tries)


def any_due(now: datetime) -> bool:
    """Whether a refund is to be sent or asked about by now."""
    return bool(refund_queries.due((*TO_SEND, RefundStage.PROCESSING), now, limit=1))


def apply(told: Told | RefundNotice, now: datetime) -> bool:
    """Do what WeChat's verified word about a refund means; False when it changed nothing (a repeat, or not our refund)."""
    with transaction() as session:
        row = locked(session, told.out_refund_no)
        return row is not None and _is_about(row, told) and _apply(session, row, told, now)


def hear(notice: RefundNotice, now: datetime) -> Verdict:
    """Store a verified refund notice with its verdict and do what it says, in one transaction. Repeats change nothing."""
    if (said := queries.verdict_on(notice.id)) is not None:
        return said
    try:
        with transaction() as session:
            row = locked(session, notice.out_refund_no)
            if not notice.ours:
                verdict = Verdict.FOREIGN_MERCHANT
            else:
                verdict = Verdict.ABOUT_A_REFUND if row is not None and _is_about(row, notice) else Verdict.UNKNOWN_REFUND
            amount = notice.refunded
            session.execute(
                insert(PaymentNotice),
                {
                    "notice_id": notice.id, "event_type": notice.event_type, "received_at": now,
                    "out_trade_no": (notice.out_trade_no or notice.out_refund_no)[:64], "transaction_id": notice.transaction_id,
                    "amount_minor": amount.minor if amount else None, "amount_currency": amount.currency.value if amount else None,
                    "merchant": notice.merchant[:64], "verdict": verdict.value, "success_at": notice.success_time,
                    "order_id": row.order_id if row is not None else None,
                },
            )  # fmt: skip
            if verdict is Verdict.ABOUT_A_REFUND and row is not None:
                _apply(session, row, notice, now)
            elif verdict is Verdict.UNKNOWN_REFUND:
                announce(session, events.NEEDS_A_PERSON, now, 0, verdict=verdict.value, out_refund_no=notice.out_refund_no)
    except IntegrityError:
        if (said := queries.verdict_on(notice.id)) is not None:
            return said
        raise
    return verdict


def locked(session: Session, out_refund_no: str) -> Refund | None:
    """The refund (None: we know no such number), with its order, payment and itself locked in the order that everybody keeps to."""
    seen = session.execute(
        select(Refund.id, Refund.order_id, Refund.payment_id).where(Refund.out_refund_no == out_refund_no)
    ).first()
    if seen is None:
        return None
    if seen.order_id is not None:
        session.execute(select(Order.id).where(Order.id == seen.order_id).with_for_update())
    session.execute(select(Taken.id).where(Taken.id == seen.payment_id).with_for_update())
    return session.scalars(select(Refund).where(Refund.id == seen.id).with_for_update()).one()


def _is_about(row: Refund, told: Told | RefundNotice) -> bool:
    """The number alone is not enough: the amount must be the one that was asked for, where WeChat names one."""
    amount = told.refunded
    right = amount is None or (amount.minor, amount.currency.value) == (row.amount_minor, row.amount_currency)
    if not right:
        LOG.error("refund of another amount", refund=row.id, said=str(amount), ours=row.amount_minor)
    return right


def _apply(session: Session, row: Refund, told: Told | RefundNotice, now: datetime) -> bool:
    stage = STAGES.get(told.state)
    if stage is RefundStage.SUCCESS and row.to_shop_at is not None:
        stage = RefundStage.TO_SHOP
    if stage is not None and refund_rules.contradicts(RefundStage(row.state), stage) and row.last_said != told.state_said[:200]:
        row.last_said = told.state_said[:200]
        announce(session, events.NEEDS_A_PERSON, now, row.order_id or 0, verdict="refund_after_hand", refund_id=row.id)
    if stage is None or not refund_rules.may_follow(RefundStage(row.state), stage):
        return False
    payer = told.payer_refund
    row.state, row.refund_id, row.checked_at = stage.value, told.refund_id or row.refund_id, now
    row.last_said = told.state_said[:200]
    if payer is not None:
        row.payer_minor, row.payer_currency = payer.minor, payer.currency[:3]
    row.next_try_at = None
    if stage is RefundStage.PROCESSING:  # from here on it is asked about
        row.tries, row.next_try_at = 0, now + refund_rules.step(refund_rules.ASK_AFTER, 1)
    session.flush()
    if stage is RefundStage.SUCCESS:
        row.done_at = told.success_time or now
        announce(session, events.REFUNDED, now, row.order_id or 0, refund_id=row.id)
    elif stage is RefundStage.ABNORMAL:
        announce(session, events.REFUND_ABNORMAL, now, row.order_id or 0, refund_id=row.id)
    elif stage is RefundStage.CLOSED:
        _replace(session, row, now)
    session.flush()
    if row.order_id is not None:
        refunding.add_up(session, row.order_id, now)
    LOG.info("refund moved on", refund=row.id, stage=stage.value)
    return True


def _replace(session: Session, row: Refund, now: datetime) -> None:
    """WeChat has closed it: the only case in which the money is asked for again under a new number."""
    row.done_at = now
    numbers, earlier = 1, row.replaces_id
    while earlier is not None:
        numbers, earlier = numbers + 1, session.scalar(select(Refund.replaces_id).where(Refund.id == earlier))
    if numbers >= refund_rules.MOST_NUMBERS:
        announce(session, events.NEEDS_A_PERSON, now, row.order_id or 0, verdict="refund_closed", refund_id=row.id)
        return
    taken = session.scalars(select(Taken).where(Taken.id == row.payment_id).execution_options(populate_existing=True)).one()
    pieces = {
        line.position: line.quantity for line in session.scalars(select(RefundLine).where(RefundLine.refund_id == row.id))
    }
    why = refunding.Why(Cause(row.cause), row.asked_by, row.note)
    try:
        refunding.write(session, taken, row.order_id, row.amount_minor, why, now, pieces, row.id)
    except ShopError as refused:  # too old by now, or the 51st: WeChat will not send it, a person has to
        announce(session, events.NEEDS_A_PERSON, now, row.order_id or 0, verdict=refused.code, refund_id=row.id)
