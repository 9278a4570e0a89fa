"""What must be true of stock and money at every moment, asked of the tables themselves."""
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from sqlalchemy import delete, select, update

from shop.base.db import reading, transaction
from shop.base.outbox import Announcement, Delivery
from shop.catalogue.models import Stock, StockHold
from shop.catalogue.states import HoldState
from shop.orders.models import Order, OrderChange, OrderLine
from shop.orders.states import MOVES, PAID_FOR, OrderState, RefundState
from shop.payments.models import Attempt, PaymentNotice
from shop.payments.states import GOES_BACK, NEEDS_A_PERSON, AttemptState, Verdict
from shop.pickup.models import Pickup, Scan

HOLD_OF = {  # what an order's state says of its claims on stock
    OrderState.AWAITING_PAYMENT: HoldState.HELD, OrderState.PAID: HoldState.ALLOCATED, OrderState.READY: HoldState.ALLOCATED,
    OrderState.COLLECTED: HoldState.HANDED_OVER, OrderState.CANCELLED: HoldState.RELEASED, OrderState.EXPIRED: HoldState.RELEASED,
}  # fmt: skip


def forget_everything(on_hand: dict[int, int]) -> None:
    """No orders, no money, no announcements; stock as it was at first. Products, flights and people stay."""
    with transaction() as session:
        for model in (Delivery, Announcement, Scan, Pickup, PaymentNotice, Attempt, StockHold, OrderLine, OrderChange, Order):
            session.execute(delete(model))
        for product_id, count in on_hand.items():
            session.execute(
                update(Stock).where(Stock.product_id == product_id).values(on_hand=count, held=0, allocated=0, handed_over=0)
            )


def check_stock(at_first: dict[int, int]) -> None:
    """The four numbers of each product against each other and against the claims of the orders."""
    with reading() as session:
        stock = session.scalars(select(Stock)).all()
        claims: dict[int, Counter[str]] = defaultdict(Counter)
        for hold in session.scalars(select(StockHold)):
            claims[hold.product_id][hold.state] += hold.quantity
    for row in stock:
        mine = claims[row.product_id]
        assert row.on_hand + row.handed_over == at_first[row.product_id], "goods appeared or vanished"
        assert (row.held, row.allocated, row.handed_over) == tuple(mine[s] for s in ("held", "allocated", "handed_over"))
        assert min(row.on_hand, row.held, row.allocated, row.handed_over) >= 0
        assert row.held + row.allocated <= row.on_hand, "sold twice"


def check_orders() -> None:
    """Each order's path, its claims, its code and its announcements."""
    with reading() as session:
        orders = session.scalars(select(Order)).all()
        paths: dict[int, list[OrderChange]] = defaultdict(list)
        for change in session.scalars(select(OrderChange).order_by(OrderChange.id)):
            paths[change.order_id].append(change)
        holds: dict[int, set[str]] = defaultdict(set)
        for hold in session.scalars(select(StockHold)):
            holds[hold.reference].add(hold.state)
        codes = Counter(session.scalars(select(Pickup.order_id)))
        announced = Counter(tuple(row) for row in session.execute(select(Announcement.subject, Announcement.name)))
    for order in orders:
        path, state = paths[order.id], OrderState(order.state)
        _check_path(path)
        assert path[-1].new_state == order.state
        assert holds[order.id] == {HOLD_OF[state].value}
        was_paid = any(change.new_state == OrderState.PAID for change in path)
        assert codes[order.id] == (1 if was_paid else 0)
        assert (order.paid_at is not None) == was_paid == (state in PAID_FOR)
        for name, reached in (("orders.paid", OrderState.PAID), ("orders.collected", OrderState.COLLECTED)):
            assert announced[order.id, name] == sum(change.new_state == reached for change in path)


def _check_path(path: Iterable[OrderChange]) -> None:
    steps = list(path)
    assert (steps[0].old_state, steps[0].new_state) == (None, OrderState.AWAITING_PAYMENT)
    for earlier, later in pairwise(steps):
        assert later.old_state == earlier.new_state, "the history has a gap"
        assert later.new_state in MOVES[OrderState(later.old_state or "")]
        assert later.at >= earlier.at


def check_money(taken: dict[str, int], heard: set[str]) -> None:
    """What WeChat Pay took (`taken`: amount by transaction) and told us of (`heard`) is all accounted for, once."""
    with reading() as session:
        attempts = session.scalars(select(Attempt)).all()
        notices = session.scalars(select(PaymentNotice)).all()
        orders = {order.id: order for order in session.scalars(select(Order))}
    paid = [a for a in attempts if a.state == AttemptState.PAID]
    on_attempts = Counter(a.transaction_id for a in paid)
    assert set(on_attempts.values()) <= {1}, "one payment on two attempts"
    verdicts: dict[str, set[Verdict]] = defaultdict(set)
    for notice in notices:
        verdicts[str(notice.transaction_id)].add(Verdict(notice.verdict))
    for transaction_id in heard:
        accounted = on_attempts[transaction_id] == 1 or verdicts[transaction_id] & NEEDS_A_PERSON
        assert accounted, "money was heard of and ignored"
    for attempt in paid:
        assert taken[str(attempt.transaction_id)] == attempt.amount_minor
    back = {a.order_id for a in paid if verdicts[str(a.transaction_id)] & GOES_BACK}
    for order in orders.values():
        settled = [a for a in paid if a.order_id == order.id and not verdicts[str(a.transaction_id)] & GOES_BACK]
        assert len(settled) == (1 if OrderState(order.state) in PAID_FOR else 0)
        assert all(a.amount_minor == order.total_minor for a in settled)
        wanted = RefundState.REQUESTED if order.id in back else RefundState.NONE
        assert order.refund_state == wanted.value, "money that came too late goes back, other money does not"
