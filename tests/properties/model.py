"""What must be true of stock and money at every moment, asked of the tables themselves."""
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from properties.pretend_pay import PretendPay
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from shop.base.db import reading, transaction
from shop.base.outbox import Announcement, Delivery
from shop.catalogue import ledger_queries
from shop.catalogue.models import Stock, StockHold
from shop.catalogue.states import HoldState
from shop.gateways.pay import RefundState as GatewayRefund
from shop.orders.models import Order, OrderChange, OrderLine
from shop.orders.states import MOVES, PAID_FOR, OrderState, RefundState
from shop.payments.models import Attempt, PaymentNotice, Refund, RefundLine, Taken
from shop.payments.states import GOES_BACK, NEEDS_A_PERSON, AttemptState, RefundStage, Verdict
from shop.pickup.models import Pickup, Scan
from shop.pickup.packing_models import PackedLine, PackedParcel, WaveOrder

HOLD_OF = {  # what an order's state says of its claims on stock
    OrderState.AWAITING_PAYMENT: HoldState.HELD, OrderState.PAID: HoldState.ALLOCATED, OrderState.READY: HoldState.ALLOCATED,
    OrderState.COLLECTED: HoldState.HANDED_OVER, OrderState.CANCELLED: HoldState.RELEASED, OrderState.EXPIRED: HoldState.RELEASED,
    OrderState.NO_SHOW: HoldState.RELEASED,
}  # fmt: skip


def forget_everything(on_hand: dict[int, int]) -> None:
    """No orders, no money, no announcements; stock as it was at first. Products, flights and people stay."""
    with transaction() as session:
        for model in (Delivery, Announcement, PackedLine, PackedParcel, WaveOrder, Scan, Pickup, PaymentNotice):
            session.execute(delete(model))
        _forget_refunds(session)
        for model in (Attempt, StockHold, OrderLine, OrderChange, Order):
            session.execute(delete(model))
        for product_id, count in on_hand.items():
            session.execute(
                update(Stock).where(Stock.product_id == product_id).values(on_hand=count, held=0, allocated=0, handed_over=0)
            )


def _forget_refunds(session: Session) -> None:
    """The database lets nobody delete a refund: its guards are put aside for the moment."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    guards = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all() if sqlite else []
    for guard in guards:
        session.execute(text(f"DROP TRIGGER {guard.name}"))
    if not sqlite:
        session.execute(text("ALTER TABLE refunds DISABLE TRIGGER USER"))
    for model in (RefundLine, Refund, Taken):
        session.execute(delete(model))
    if not sqlite:
        session.execute(text("ALTER TABLE refunds ENABLE TRIGGER USER"))
    for guard in guards:
        session.execute(text(guard.sql))


def check_refunds(pay: PretendPay | None) -> None:
    """The sums that the database keeps against the refunds themselves, what travellers really got (where `pay` can be asked),
    and what the orders say."""
    told = {back.no: back.state for back in pay.refunds.values()} if pay else {}
    with reading() as session:
        taken = {one.id: one for one in session.scalars(select(Taken))}
        refunds = session.scalars(select(Refund)).all()
        lines = session.scalars(select(OrderLine)).all()
        pieces: Counter[tuple[int, int]] = Counter()
        closed = {one.id for one in refunds if one.state == RefundStage.CLOSED}
        again = {one.replaces_id for one in refunds}
        of = {one.id: one.order_id for one in refunds}
        for line in session.scalars(select(RefundLine)):
            if line.refund_id not in closed & again:  # its pieces went on to the refund that replaces it
                pieces[int(of[line.refund_id] or 0), line.position] += line.quantity
    back: Counter[int] = Counter()
    for refund in refunds:
        if refund.state != RefundStage.CLOSED:
            back[refund.payment_id] += refund.amount_minor
    for one in taken.values():
        assert one.refunded_minor == back[one.id] <= one.amount_minor
    got = Counter({one.id: 0 for one in taken.values()})
    for refund in refunds:
        paid_by_wechat = told.get(refund.out_refund_no) is GatewayRefund.SUCCESS
        by_hand = refund.state == RefundStage.BY_HAND
        assert not (paid_by_wechat and by_hand), "the traveller has it twice"
        got[refund.payment_id] += refund.amount_minor * (paid_by_wechat + by_hand)
    assert all(got[one.id] <= one.amount_minor for one in taken.values()), "more went back than came in"
    assert {(line.order_id, line.position): line.refunded for line in lines if line.refunded} == {k: n for k, n in pieces.items() if n}


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
    assert ledger_queries.out_of_step() == [], "stock was changed past its ledger"


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
        claims = holds[order.id] if order.refund_state == RefundState.NONE else holds[order.id] - {HoldState.RELEASED.value}
        assert claims == {HOLD_OF[state].value} or (HOLD_OF[state] is HoldState.RELEASED and not claims)
        was_paid = any(change.new_state == OrderState.PAID for change in path)
        assert codes[order.id] == (1 if was_paid else 0)
        assert (order.paid_at is not None) == was_paid
        assert was_paid == (state in PAID_FOR) or (was_paid and state is OrderState.CANCELLED)
        for name, reached in (("orders.paid", OrderState.PAID), ("orders.collected", OrderState.COLLECTED)):
            assert announced[order.id, name] == sum(change.new_state == reached for change in path)


def _check_path(path: Iterable[OrderChange]) -> None:
    steps = list(path)
    assert (steps[0].old_state, steps[0].new_state) == (None, OrderState.AWAITING_PAYMENT)
    for earlier, later in pairwise(steps):
        assert later.old_state == earlier.new_state, "the history has a gap"
        assert later.new_state in MOVES[OrderState(later.old_state or "")]
        assert later.at >= earlier.at


def check_money(taken: dict[str, int], heard: set[str], pay: PretendPay | None = None) -> None:
    """What WeChat Pay took (`taken`: amount by transaction) and told us of (`heard`) is all accounted for, once."""
    with reading() as session:
        attempts = session.scalars(select(Attempt)).all()
        book = session.scalars(select(Taken)).all()
        orders = {order.id: order for order in session.scalars(select(Order))}
        paths: dict[int, set[str]] = defaultdict(set)
        for change in session.scalars(select(OrderChange)):
            paths[change.order_id].add(change.new_state)
    on_attempts = Counter(a.transaction_id for a in attempts if a.state == AttemptState.PAID)
    assert set(on_attempts.values()) <= {1}, "one payment on two attempts"
    written = {one.transaction_id: one for one in book}
    assert heard <= set(written), "money was heard of and ignored"
    for one in book:
        if Verdict(one.verdict) not in NEEDS_A_PERSON:
            assert taken[one.transaction_id] == one.amount_minor
    for order in orders.values():
        settled = [one for one in book if one.order_id == order.id and Verdict(one.verdict) in (Verdict.SETTLES, Verdict.REVIVES)]
        assert len(settled) == (1 if OrderState.PAID in paths[order.id] else 0)
        assert all(one.amount_minor == order.total_minor for one in settled)
    check_refunds(pay)


def check_nothing_is_kept(pay: PretendPay) -> None:
    """At the end of the day: money whose order is gone is on its way back, and WeChat's sums are ours."""
    with reading() as session:
        book = session.scalars(select(Taken)).all()
        refunds = session.scalars(select(Refund)).all()
        orders = {order.id: order for order in session.scalars(select(Order))}
    for one in book:
        order = orders[int(one.order_id or 0)]
        if Verdict(one.verdict) in GOES_BACK or order.state == OrderState.CANCELLED:
            assert one.refunded_minor == one.amount_minor, "the goods are gone and the money is not on its way back"
    assert {(r.out_refund_no, r.amount_minor) for r in refunds if r.state == RefundStage.SUCCESS} == {
        (back.no, back.amount.minor) for back in pay.refunds.values() if back.state is GatewayRefund.SUCCESS
    }
    assert not [r for r in refunds if r.state in (RefundStage.REQUESTED, RefundStage.PROCESSING, RefundStage.WAITING_FUNDS)]
