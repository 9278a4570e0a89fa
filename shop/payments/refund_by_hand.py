"""What a person does about a refund that does not go on by itself: hurry it, or settle it in another way.

Money that was settled by hand counts as paid back: WeChat is asked for it no more, whatever it says later.
"""

from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.ids import OutRefundNo
from shop.base.outbox import announce
from shop.gateways.pay import Refund as Told
from shop.gateways.pay import RefundState, WeChatPay
from shop.orders.models import Order
from shop.payments import events, refund_sending, refunding
from shop.payments.models import Refund, RefundLine, Taken
from shop.payments.refund_rules import STUCK_AFTER, NothingToRefund
from shop.payments.refunding import SETTLED, Why
from shop.payments.states import BY_A_PERSON, TO_SEND, UNDER_WAY, Cause, RefundStage

LOG = structlog.get_logger("shop.refunds")


def try_now(refund_id: int, now: datetime, by: str = "system") -> bool:
    """Have a waiting refund sent, or an accepted one asked about, at once; False when there is nothing to try."""
    with transaction() as session:
        refund = session.scalar(select(Refund).where(Refund.id == refund_id).with_for_update())
        if refund is None or refund.state not in [stage.value for stage in UNDER_WAY if stage is not RefundStage.TO_SHOP]:
            return False
        if refund.state == RefundStage.ABNORMAL.value:
            # WeChat has accepted it, and an operator has sent it on there; or it never took it: send it again.
            refund.state = (RefundStage.PROCESSING if refund.refund_id else RefundStage.REQUESTED).value
        refund.next_try_at = now
        audit.record(session, by, "refund.tried_again", f"refund:{refund_id}", now)
        return True


def goes_to_shop(refund_id: int, by: str, now: datetime) -> bool:
    """Note, before WeChat is asked, that it shall pay an undeliverable refund to the shop's own account: from then on its
    "success" does not mean that the traveller has the money. False when the refund is not one WeChat could not deliver."""
    with transaction() as session:
        refund = session.scalar(select(Refund).where(Refund.id == refund_id).with_for_update())
        if refund is None or refund.state != RefundStage.ABNORMAL.value or refund.refund_id is None:
            return False
        refund.to_shop_at = refund.to_shop_at or now
        audit.record(session, by, "refund.sent_to_card", f"refund:{refund_id}", now)
        return True


def settle(refund_id: int, note: str, by: str, pay: WeChatPay, now: datetime) -> bool:
    """A person has settled what WeChat could not deliver or refuses again and again; `note` says how.

    False when the refund is not such a one (any more). One that was sent is asked about first, and believed when WeChat
    knows it after all. Raises what the gateway raises when there is no answer.
    """
    with reading() as session:
        seen = session.execute(select(Refund.state, Refund.tries, Refund.out_refund_no).where(Refund.id == refund_id)).first()
    if seen is None:
        return False
    if seen.state in TO_SEND:
        if seen.tries < STUCK_AFTER:
            return False
        told = pay.find_refund(OutRefundNo(seen.out_refund_no))
        if told is not None and told.state is not RefundState.CLOSED:
            refund_sending.apply(told, now)
            return False
    with transaction() as session:
        refund = refund_sending.locked(session, seen.out_refund_no)
        if refund is None or refund.state not in (*BY_A_PERSON, *TO_SEND):
            return False
        _settled(refund, note, by, now)
        _tell(session, refund, now)
    return True


def settle_closed(refund_id: int, note: str, by: str, now: datetime) -> bool:
    """As `settle`, for one that WeChat has closed for the last time: what was paid by hand stands beside it."""
    with transaction() as session:
        closed = _closed(session, refund_id)
        if closed is None:
            return False
        taken = session.scalars(select(Taken).where(Taken.id == closed.payment_id).execution_options(populate_existing=True)).one()
        if taken.refunded_minor + closed.amount_minor > taken.amount_minor:
            return False
        pieces = {
            line.position: line.quantity for line in session.scalars(select(RefundLine).where(RefundLine.refund_id == closed.id))
        }
        why = Why(Cause(closed.cause), closed.asked_by, closed.note)
        key = refunding.insert_refund(session, taken, closed.order_id, closed.amount_minor, why, now, pieces, closed.id)
        _settle_new(session, key, note, by, now)
    return True


def _closed(session: Session, refund_id: int) -> Refund | None:
    """The closed refund that nothing has replaced, locked with its order and payment."""
    number = session.scalar(select(Refund.out_refund_no).where(Refund.id == refund_id))
    refund = refund_sending.locked(session, number) if number else None
    if refund is None or refund.state != RefundStage.CLOSED.value:
        return None
    replaced = session.scalar(select(Refund.id).where(Refund.replaces_id == refund.id))
    return None if replaced is not None else refund


def settle_payment(payment_id: int, why: Why, note: str, now: datetime) -> int:
    """All that is left of a payment which pays for no order has gone back by other ways; answers the refund's key.

    For currencies the shop does not settle in, and whatever is too old for WeChat. Raises NothingToRefund.
    """
    with transaction() as session:
        seen = session.get(Taken, payment_id)
        if seen is None or seen.verdict in SETTLED:
            raise NothingToRefund
        if seen.order_id is not None:  # orders are locked before payments, by everybody
            session.execute(select(Order.id).where(Order.id == seen.order_id).with_for_update())
        taken = session.scalars(
            select(Taken).where(Taken.id == payment_id).with_for_update().execution_options(populate_existing=True)
        ).one()
        left = taken.amount_minor - taken.refunded_minor
        if left <= 0:
            raise NothingToRefund
        key = refunding.insert_refund(session, taken, taken.order_id, left, why, now)
        refunding.close_attempt(session, taken)
        _settle_new(session, key, note, why.by, now)
        return key


def book(payment_id: int, told: Told, by: str, now: datetime) -> bool:
    """Write down a refund that was made on WeChat's own pages, as WeChat tells of it. False when it is not of this payment,
    not paid, known already, or more than is left."""
    with transaction() as session:
        seen = session.get(Taken, payment_id)
        if seen is None or told.refunded is None or told.state not in (RefundState.SUCCESS, RefundState.PROCESSING):
            return False
        if seen.order_id is not None:  # orders are locked before payments, by everybody
            session.execute(select(Order.id).where(Order.id == seen.order_id).with_for_update())
        taken = session.scalars(
            select(Taken).where(Taken.id == payment_id).with_for_update().execution_options(populate_existing=True)
        ).one()
        known = session.scalar(select(Refund.id).where(Refund.out_refund_no == told.out_refund_no))
        named = taken.transaction_id == told.transaction_id or taken.out_trade_no == told.out_trade_no
        fits = told.refunded.currency.value == taken.amount_currency and taken.refunded_minor + told.refunded.minor <= taken.amount_minor
        if known is not None or not named or not fits:
            return False
        why = Why(Cause.GOODWILL, by, "made on WeChat's merchant platform")
        key = refunding.insert_refund(session, taken, taken.order_id, told.refunded.minor, why, now, number=told.out_refund_no)
        session.execute(update(Refund).where(Refund.id == key).values(next_try_at=None, sent_at=told.success_time or now))
        audit.record(session, by, "refund.booked", f"refund:{key}", now, after={"minor": told.refunded.minor})
    return refund_sending.apply(told, now)


def _settle_new(session: Session, refund_id: int, note: str, by: str, now: datetime) -> None:
    refund = session.scalars(select(Refund).where(Refund.id == refund_id)).one()
    _settled(refund, note, by, now)
    _tell(session, refund, now)


def _settled(refund: Refund, note: str, by: str, now: datetime) -> None:
    refund.state, refund.done_at, refund.next_try_at = RefundStage.BY_HAND.value, now, None
    refund.handled_at, refund.handled_by, refund.handled_note = now, by, note[:200]


def _tell(session: Session, refund: Refund, now: datetime) -> None:
    session.flush()
    if refund.order_id is not None:
        refunding.add_up(session, refund.order_id, now)
    announce(session, events.REFUNDED, now, refund.order_id or 0, refund_id=refund.id)
    audit.record(session, str(refund.handled_by), "refund.handled", f"refund:{refund.id}", now)
    LOG.info("refund settled by hand", refund=refund.id, by=refund.handled_by)
