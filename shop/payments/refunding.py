"""Money back is asked for here, in one transaction; `refund_sending` sends it and hears what WeChat says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import ShopError
from shop.base.ids import TravellerId, new_out_refund_no
from shop.base.money import Currency
from shop.base.outbox import announce
from shop.catalogue import stock
from shop.catalogue.states import HoldState
from shop.flights.models import PickupPoint
from shop.orders import moves
from shop.orders.models import Order, OrderLine
from shop.orders.queries import NoSuchOrder
from shop.orders.states import NoSuchMove, OrderState, RefundState
from shop.payments import events, refund_rules
from shop.payments.models import Attempt, Refund, RefundLine, Taken
from shop.payments.refund_rules import UNCOLLECTED, CurrencyNotOurs, Lines, NothingToRefund, OrderedLine, What, Whole
from shop.payments.states import GONE_BACK, OPEN, UNDER_WAY, AttemptState, Cause, RefundStage, Verdict
from shop.pickup.models import Pickup

LOG = structlog.get_logger("shop.refunds")
SETTLED = (Verdict.SETTLES.value, Verdict.REVIVES.value)
WRONG = (Verdict.WRONG_AMOUNT.value, Verdict.WRONG_CURRENCY.value)
PEOPLE = ("staff:", "device:")  # who asks, when it is somebody
OWN_CAUSE = {
    Verdict.TOO_LATE: Cause.LATE_PAYMENT,
    Verdict.PAID_TWICE: Cause.PAID_TWICE,
    Verdict.UNKNOWN_NUMBER: Cause.UNKNOWN_PAYMENT,
}


class Why(Struct, frozen=True):
    """Who wants money to go back, and why: `by` is `traveller`, `system`, `device:7` or `staff:3`; `note` is for staff."""

    cause: Cause
    by: str
    note: str | None = None


def ask_refund(number: str, what: What, why: Why, now: datetime) -> int:
    """Write down a refund of an order's payment; answers its key. The worker sends it.

    Refunding everything of an order that nobody has collected ends the order: its code is void, its goods are on sale
    again, but for pieces that go back because they are missing. Raises NoSuchOrder, NothingToRefund, RefundTooLarge,
    WrongRefund, TooManyRefunds, TooOldToRefund.
    """
    with transaction() as session:
        order = session.scalar(select(Order).where(Order.number == number.strip().upper()).with_for_update())
        if order is None:
            raise NoSuchOrder
        return ask(session, order, what, why, now)


def ask(session: Session, order: Order, what: What, why: Why, now: datetime) -> int:
    """`ask_refund` in the caller's transaction, which has the order locked. Raises NothingToRefund, RefundTooLarge,
    WrongRefund, TooManyRefunds, TooOldToRefund, CurrencyNotOurs."""
    taken = session.scalar(
        select(Taken).where(Taken.order_id == order.id, Taken.verdict.in_(SETTLED)).with_for_update()
    )
    if taken is None:
        raise NothingToRefund
    lines, state = lines_of(session, order.id), OrderState(order.state)
    does = refund_rules.effect_of(what, lines, taken.amount_minor - taken.refunded_minor, state)
    short = what.wanted if isinstance(what, Lines) and why.cause is Cause.SHORTAGE else {}
    if state in UNCOLLECTED:
        _give_back(session, order.id, lines, short if does.ends else does.pieces, now, missing=bool(short))
    if does.ends:
        _end(session, order, why, now)
    for position, quantity in does.pieces.items():
        session.execute(
            update(OrderLine)
            .where(OrderLine.order_id == order.id, OrderLine.position == position)
            .values(refunded=OrderLine.refunded + quantity)
        )
    return write(session, taken, order.id, does.minor, why, now, does.pieces)


def _give_back(
    session: Session, order_id: int, lines: list[OrderedLine], pieces: Mapping[int, int], now: datetime, *, missing: bool
) -> None:
    """Take these pieces, by position, out of what the order claims: on sale again, or gone where they are `missing`."""
    wanted = [(line.product_id, pieces[line.position]) for line in lines if pieces.get(line.position)]
    if wanted:
        stock.lock_in_turn(session, order_id)  # all of it, for who ends the order goes on with the others
    for product_id, quantity in wanted:
        stock.give_back(session, order_id, product_id, quantity, now, missing=missing)


def lines_of(session: Session, order_id: int) -> list[OrderedLine]:
    """The order's lines by position, as they are in the caller's transaction."""
    rows = session.execute(
        select(OrderLine.position, OrderLine.product_id, OrderLine.quantity, OrderLine.refunded, OrderLine.unit_price_minor)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    )
    return [OrderedLine(*row) for row in rows]


def _end(session: Session, order: Order, why: Why, now: datetime) -> None:
    """The whole order is off: nobody may collect it, and its goods are free."""
    wanted = OrderState.NO_SHOW if why.cause is Cause.NO_SHOW else OrderState.CANCELLED
    moves.move(session, order.id, wanted, now, who=why.by, why=why.cause.value, start=UNCOLLECTED)
    session.execute(
        update(Pickup).where(Pickup.order_id == order.id, Pickup.collected_at.is_(None)).values(revoked_at=now)
    )
    stock.move(session, order.id, HoldState.ALLOCATED, HoldState.RELEASED, now)


def write(
    session: Session, taken: Taken, order_id: int | None, minor: int, why: Why, now: datetime, pieces: Mapping[int, int] | None = None,
    replaces_id: int | None = None,
) -> int:  # fmt: skip
    """Write a refund down, in the caller's transaction, which has the order and the payment locked. Raises TooOldToRefund,
    TooManyRefunds, CurrencyNotOurs."""
    if taken.amount_currency not in list(Currency):
        raise CurrencyNotOurs(currency=taken.amount_currency)
    parts = session.scalar(select(func.count(Refund.id)).where(Refund.payment_id == taken.id)) or 0
    refund_rules.check_limits(taken.paid_at, parts, now)
    refund_id = insert_refund(session, taken, order_id, minor, why, now, pieces, replaces_id)
    close_attempt(session, taken)
    if order_id is not None:
        add_up(session, order_id, now)
    announce(session, events.REFUND_ASKED, now, order_id or 0, refund_id=refund_id)
    LOG.info("refund asked for", refund=refund_id, cause=why.cause.value, by=why.by, minor=minor)
    return refund_id


def insert_refund(
    session: Session, taken: Taken, order_id: int | None, minor: int, why: Why, now: datetime, pieces: Mapping[int, int] | None = None,
    replaces_id: int | None = None, number: str | None = None,
) -> int:  # fmt: skip
    """The rows of a refund that is to be sent, and nothing that follows from it; answers its key. `number` is the one that
    WeChat knows it by already."""
    refund_id: int = session.execute(
        insert(Refund)
        .values(
            payment_id=taken.id, order_id=order_id, out_refund_no=number or new_out_refund_no(), amount_minor=minor,
            amount_currency=taken.amount_currency, cause=why.cause.value, note=why.note, asked_by=why.by,
            state=RefundStage.REQUESTED.value, requested_at=now, tries=0, next_try_at=now, replaces_id=replaces_id,
        )
        .returning(Refund.id)
    ).scalar_one()  # fmt: skip
    if pieces:
        rows = [{"refund_id": refund_id, "position": p, "quantity": q} for p, q in sorted(pieces.items())]
        session.execute(insert(RefundLine), rows)
    return refund_id


def close_attempt(session: Session, taken: Taken) -> None:
    """The number that took a wrong amount is used up at WeChat: once its money goes back, the order is paid under another."""
    if taken.verdict in WRONG and taken.attempt_id is not None:
        session.execute(
            update(Attempt)
            .where(Attempt.id == taken.attempt_id, Attempt.state.in_([state.value for state in OPEN]))
            .values(
                state=AttemptState.PAID.value, transaction_id=taken.transaction_id, paid_at=taken.paid_at, next_check_at=None
            )
        )


def cancel_paid(number: str, traveller_id: TravellerId, now: datetime) -> OrderState:
    """The traveller gives a paid order back before the flight leaves. Harmless twice. Raises NoSuchOrder, NoSuchMove."""
    with transaction() as session:
        order = session.scalar(
            select(Order).where(Order.number == number, Order.traveller_id == traveller_id).with_for_update()
        )
        if order is None:
            raise NoSuchOrder
        if order.state == OrderState.CANCELLED.value:
            return OrderState.CANCELLED
        if OrderState(order.state) not in UNCOLLECTED or now >= order.departs_at:
            raise NoSuchMove(state=order.state, wanted=OrderState.CANCELLED.value)
        ask(session, order, Whole(), Why(Cause.CANCELLED, "traveller"), now)
    return OrderState.CANCELLED


def refund_payment(payment_id: int, why: Why, now: datetime) -> int:
    """Send all that is left of one payment back, whatever it was for. Raises NothingToRefund, TooOldToRefund, TooManyRefunds."""
    with transaction() as session:
        seen = session.get(Taken, payment_id)
        if seen is None:
            raise NothingToRefund
        if seen.order_id is not None:  # orders are locked before payments, by everybody
            order = session.scalar(select(Order).where(Order.id == seen.order_id).with_for_update())
            if order is not None and seen.verdict in SETTLED:
                refund_id = ask(session, order, Whole(), why, now)
                write_deed(session, why, f"order:{order.number}", refund_id, None, None, now)
                return refund_id
        taken = session.scalars(
            select(Taken).where(Taken.id == payment_id).with_for_update().execution_options(populate_existing=True)
        ).one()
        if taken.refunded_minor >= taken.amount_minor:
            raise NothingToRefund
        left = taken.amount_minor - taken.refunded_minor
        refund_id = write(session, taken, taken.order_id, left, why, now)
        write_deed(session, why, f"payment:{payment_id}", refund_id, left, taken.amount_currency, now)
        return refund_id


def write_deed(
    session: Session, why: Why, thing: str, refund_id: int, minor: int | None, currency: str | None, now: datetime
) -> None:
    """Put a refund that a person asked for into the audit log, at the end of the caller's transaction."""
    if why.by.startswith(PEOPLE):
        after = {"refund": refund_id, "amount": minor, "currency": currency, "cause": why.cause.value}
        audit.record(session, why.by, "order.refunded" if thing.startswith("order:") else "payment.refunded", thing, now, after=after)


def send_back(_order_id: int, facts: Any, now: datetime) -> None:
    """The reaction to money the shop cannot use (too late, paid twice): all of it goes back. Harmless twice."""
    cause = OWN_CAUSE.get(Verdict(str(facts.get("verdict", ""))), Cause.UNKNOWN_PAYMENT)
    payment_id = facts.get("payment_id")
    if payment_id is None:
        LOG.error("money that cannot be sent back by itself", **facts)
        return
    try:
        refund_payment(int(payment_id), Why(cause, "system"), now)
    except NothingToRefund:
        LOG.info("money is on its way back already", payment=payment_id)


def close_no_shows(now: datetime, limit: int = 50) -> int:
    """End orders whose traveller has flown without them, where the pickup point says after how long; answers how many."""
    with reading() as session:
        points = session.execute(
            select(PickupPoint.id, PickupPoint.no_show_after_hours).where(PickupPoint.no_show_after_hours.is_not(None))
        ).all()
        numbers = [
            number
            for point_id, hours in points
            for number in session.scalars(
                select(Order.number)
                .where(
                    Order.pickup_point_id == point_id,
                    Order.state.in_([s.value for s in UNCOLLECTED]),
                    Order.departs_at < now - timedelta(hours=hours or 0),
                )
                .order_by(Order.id)
                .limit(limit)
            )
        ]
    ended = 0
    for number in numbers:
        try:
            ended += _end_no_show(number, now)
        except ShopError as refused:  # a person has to look
            LOG.warning("no-show not ended", order=number, reason=refused.code)
    return ended


def _end_no_show(number: str, now: datetime) -> bool:
    """False: it was collected, or moved to another flight, or its flight is late, since it was found."""
    with transaction() as session:
        order = session.scalar(select(Order).where(Order.number == number).with_for_update())
        if order is None or OrderState(order.state) not in UNCOLLECTED:
            return False
        hours = session.scalar(select(PickupPoint.no_show_after_hours).where(PickupPoint.id == order.pickup_point_id))
        if hours is None or order.departs_at >= now - timedelta(hours=hours):
            return False
        ask(session, order, Whole(), Why(Cause.NO_SHOW, "system"), now)
        return True


def add_up(session: Session, order_id: int, now: datetime) -> None:
    """The order's refund state, from its refunds: of the payment that settled it, or of all when none did."""
    own = Taken.order_id == order_id
    settled = session.scalar(select(Taken.id).where(own, Taken.verdict.in_(SETTLED)))
    mine = Taken.id == settled if settled is not None else own
    came_in = session.scalar(select(func.sum(Taken.amount_minor)).where(mine)) or 0
    rows = session.execute(
        select(Refund.state, func.sum(Refund.amount_minor)).join(Taken, Taken.id == Refund.payment_id).where(mine).group_by(Refund.state)
    )
    sums = {RefundStage(state): int(minor) for state, minor in rows}
    back = sum(sums.get(stage, 0) for stage in GONE_BACK)
    if any(sums.get(stage) for stage in UNDER_WAY):
        state = RefundState.REQUESTED
    elif back:
        state = RefundState.REFUNDED if back >= came_in else RefundState.PARTLY_REFUNDED
    else:
        state = RefundState.NONE
    session.execute(
        update(Order).where(Order.id == order_id).values(refund_state=state.value, changed_at=now)
    )
