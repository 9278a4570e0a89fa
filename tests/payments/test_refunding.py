"""Asking for money back: what it does to the order, its goods and its code, and that it can never be too much."""
from datetime import timedelta

import builders
import pytest
from builders import NOW, a_notice, a_paid_order, a_payment, a_product, an_attempt, an_order, code_of, stock_of
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from shop.base.db import reading, transaction
from shop.base.money import Currency, Money
from shop.catalogue import ledger_queries
from shop.gateways.pay import PlainAmount
from shop.orders import commands as orders
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState, RefundState
from shop.payments import commands as payments
from shop.payments import refund_queries, refunding
from shop.payments.models import Refund, Taken
from shop.payments.refund_rules import (
    Amount,
    CurrencyNotOurs,
    Lines,
    NothingToRefund,
    RefundTooLarge,
    What,
    Whole,
    WrongRefund,
)
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage, Verdict
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name

STAFF = Why(Cause.GOODWILL, "staff:1", "agreed by phone")


def _ask(order: OrderView, what: What, why: Why = STAFF) -> refund_queries.RefundView:
    found = refund_queries.refund_by_id(refunding.ask_refund(order.number, what, why, NOW))
    assert found is not None
    return found


def _scan(order: OrderView) -> Name:
    return pickup.hand_over(Asked(code_of(order), f"scan-{order.number}", NOW), builders.a_device()[0], builders.SECRET, NOW).name


def test_refunding_everything_ends_the_order_and_frees_its_goods(app: Flask) -> None:
    sku = a_product()
    order = a_paid_order({sku: 3})

    refund = _ask(order, Whole(), Why(Cause.CANCELLED, "staff:1"))

    now = order_by_number(order.number)
    assert (refund.amount_minor, refund.state, refund.order_number) == (order.total.minor, RefundStage.REQUESTED, order.number)
    assert (now.state, now.refund_state) == (OrderState.CANCELLED, RefundState.REQUESTED)
    assert stock_of(sku) == (10, 0, 0, 0)
    assert _scan(order) is Name.REFUNDED
    assert refund_queries.refunds_of(order.id)[0].lines == ((1, 3),)


def test_refunding_some_pieces_leaves_the_rest_to_be_collected(app: Flask) -> None:
    first, second = a_product(price=20_00), a_product(price=5_00)
    order = a_paid_order({first: 3, second: 1})
    position = next(line.position for line in order.lines if line.sku == first)

    refund = _ask(order, Lines({position: 2}))

    now = order_by_number(order.number)
    assert (refund.amount_minor, now.state, now.refund_state) == (40_00, OrderState.PAID, RefundState.REQUESTED)
    assert (stock_of(first), stock_of(second)) == ((10, 0, 1, 0), (10, 0, 1, 0))
    assert _scan(order) is Name.COLLECTED
    assert stock_of(first) == (9, 0, 0, 1)


def test_what_is_missing_does_not_come_back_on_sale(app: Flask) -> None:
    first, second = a_product(price=20_00), a_product(price=5_00)
    order = a_paid_order({first: 3, second: 1})
    position = next(line.position for line in order.lines if line.sku == first)

    _ask(order, Lines({position: 1}), Why(Cause.SHORTAGE, "device:1"))

    assert stock_of(first) == (9, 0, 2, 0)


def test_what_is_missing_does_not_come_back_on_sale_when_it_was_the_last_of_the_order_either(app: Flask) -> None:
    first, second, third = (a_product(price=price) for price in (20_00, 5_00, 7_00))
    order = a_paid_order({first: 1, second: 2, third: 1})
    at = {line.sku: line.position for line in order.lines}
    _ask(order, Lines({at[second]: 1}), Why(Cause.SHORTAGE, "device:1"))
    _ask(order, Lines({at[first]: 1}), Why(Cause.GOODWILL, "staff:1"))

    _ask(order, Lines({at[second]: 1, at[third]: 1}), Why(Cause.SHORTAGE, "device:1"))

    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert [stock_of(sku) for sku in (first, second, third)] == [(10, 0, 0, 0), (8, 0, 0, 0), (9, 0, 0, 0)]
    assert ledger_queries.out_of_step() == []


def test_when_the_last_money_of_an_order_goes_back_for_what_is_missing_only_that_is_gone(app: Flask) -> None:
    first, second = a_product(price=20_00), a_product(price=5_00)
    order = a_paid_order({first: 1, second: 1})
    at = {line.sku: line.position for line in order.lines}
    _ask(order, Amount(20_00))

    _ask(order, Lines({at[second]: 1}), Why(Cause.SHORTAGE, "device:1"))

    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert (stock_of(first), stock_of(second)) == ((10, 0, 0, 0), (9, 0, 0, 0))


def test_refunding_the_last_pieces_ends_the_order_too(app: Flask) -> None:
    sku = a_product()
    order = a_paid_order({sku: 2})

    _ask(order, Lines({1: 1}))
    _ask(order, Lines({1: 1}))

    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert stock_of(sku) == (10, 0, 0, 0)


def test_a_sum_of_no_line_leaves_order_and_goods_alone(app: Flask) -> None:
    sku = a_product()
    order = a_paid_order({sku: 2})

    _ask(order, Amount(7_50))

    assert order_by_number(order.number).state is OrderState.PAID
    assert stock_of(sku) == (10, 0, 2, 0)
    assert _scan(order) is Name.COLLECTED


def test_a_collected_order_can_be_paid_back_and_stays_collected(app: Flask) -> None:
    sku = a_product()
    order = a_paid_order({sku: 2})
    _scan(order)

    _ask(order, Whole())

    assert order_by_number(order.number).state is OrderState.COLLECTED
    assert stock_of(sku) == (8, 0, 0, 2)


def test_never_more_than_came_in(app: Flask) -> None:
    order = a_paid_order({a_product(price=50_00): 2})
    _ask(order, Amount(60_00))

    with pytest.raises(RefundTooLarge) as refused:
        _ask(order, Amount(40_01))
    assert refused.value.facts == {"left": 40_00}
    _ask(order, Amount(40_00))
    with pytest.raises(NothingToRefund):
        _ask(order, Amount(1))
    assert len(refund_queries.refunds_of(order.id)) == 2


def test_the_database_itself_forbids_more_than_came_in(app: Flask) -> None:
    order = a_paid_order({a_product(price=50_00): 1})
    refund = _ask(order, Amount(30_00))
    with reading() as session:
        row = dict(session.execute(select(Refund.__table__).where(Refund.id == refund.id)).mappings().one())
    more = {**row, "id": None, "out_refund_no": "Rmore", "amount_minor": 20_01}
    del more["id"]

    for wrong in (
        insert(Refund).values(**more),
        insert(Refund).values(**{**more, "amount_minor": 0}),
        update(Refund).where(Refund.id == refund.id).values(amount_minor=1),
        update(Refund).where(Refund.id == refund.id).values(out_refund_no="Rother"),
        delete(Refund).where(Refund.id == refund.id),
        update(Taken).values(refunded_minor=50_01),
    ):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(wrong)
    with transaction() as session:
        session.execute(insert(Refund).values(**{**more, "amount_minor": 20_00}))
    assert refund_queries.payments_of(order.id)[0].left_minor == 0


def test_only_a_refund_that_wechat_closed_frees_its_amount(app: Flask) -> None:
    order = a_paid_order({a_product(price=50_00): 1})
    refund = _ask(order, Amount(30_00))
    left = []

    for state in ("waiting_funds", "processing", "abnormal", "closed"):
        with transaction() as session:
            session.execute(update(Refund).where(Refund.id == refund.id).values(state=state))
        left.append(refund_queries.payments_of(order.id)[0].left_minor)

    assert left == [20_00, 20_00, 20_00, 50_00]
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(update(Refund).where(Refund.id == refund.id).values(state="requested"))


@pytest.mark.parametrize("what", [Lines({1: 3}), Lines({7: 1}), Lines({}), Amount(0), Amount(-1)])
def test_nonsense_is_refused_and_nothing_is_written(app: Flask, what: What) -> None:
    order = a_paid_order({a_product(): 2})
    before = builders.everything()

    with pytest.raises(WrongRefund):
        _ask(order, what)

    assert builders.everything() == before


def test_an_unpaid_or_unknown_order_has_nothing_to_refund(app: Flask) -> None:
    with pytest.raises(NothingToRefund):
        _ask(an_order(), Whole())
    with pytest.raises(NoSuchOrder):
        refunding.ask_refund("DNONE", Whole(), STAFF, NOW)


# --- by the traveller, by nobody ---------------------------------------------------------------------------------------


def test_a_traveller_can_give_a_paid_order_back_until_the_flight_leaves(app: Flask) -> None:
    sku = a_product()
    order = a_paid_order({sku: 1})

    states = [refunding.cancel_paid(order.number, order.traveller_id, NOW) for _ in range(2)]

    assert states == [OrderState.CANCELLED] * 2
    assert [refund.cause for refund in refund_queries.refunds_of(order.id)] == [Cause.CANCELLED]
    late = a_paid_order({sku: 1})
    with pytest.raises(NoSuchMove):
        refunding.cancel_paid(late.number, late.traveller_id, late.departs_at)
    with pytest.raises(NoSuchOrder):
        refunding.cancel_paid(late.number, builders.a_traveller(), NOW)
    _scan(late)
    with pytest.raises(NoSuchMove):
        refunding.cancel_paid(late.number, late.traveller_id, NOW)


def test_cancelling_as_unpaid_never_cancels_a_paid_order(app: Flask) -> None:
    order = a_paid_order()

    with pytest.raises(NoSuchMove):
        payments.cancel(order.number, order.traveller_id, None, NOW)  # type: ignore[arg-type]


def test_who_does_not_come_is_paid_back_where_the_point_says_so(app: Flask) -> None:
    sku = a_product()
    order, collected = a_paid_order({sku: 1}), a_paid_order({sku: 2})
    _scan(collected)
    after = order.departs_at + timedelta(hours=24)

    assert refunding.close_no_shows(after + timedelta(days=9)) == 0, "the point does not say so"
    builders.set_point(builders.POINT, no_show_after_hours=24)
    assert [refunding.close_no_shows(moment) for moment in (after, after + timedelta(seconds=1), after + timedelta(days=1))] == [0, 1, 0]

    now = order_by_number(order.number)
    assert (now.state, now.refund_state, stock_of(sku)) == (OrderState.NO_SHOW, RefundState.REQUESTED, (8, 0, 0, 2))
    assert [refund.cause for refund in refund_queries.refunds_of(order.id)] == [Cause.NO_SHOW]
    assert order_by_number(collected.number).state is OrderState.COLLECTED


# --- money of no order, late money, double money -----------------------------------------------------------------------


def _reacts(now: object = NOW) -> None:
    """What the worker does with what was announced."""
    from shop.base.outbox import Announcement
    from shop.payments import events

    with reading() as session:
        heard = session.execute(
            select(Announcement.subject, Announcement.facts).where(Announcement.name == events.REFUND_DUE)
        ).all()
    for subject, facts in heard:
        refunding.send_back(subject, facts, NOW)


def test_late_money_for_goods_that_are_gone_goes_back_by_itself_once(app: Flask) -> None:
    sku = a_product(on_hand=1)
    order = an_order({sku: 1})
    number = an_attempt(order)
    orders.expire_due(NOW + timedelta(minutes=40))
    a_paid_order({sku: 1})

    verdict = payments.accept(a_notice(a_payment(number, order.total)), NOW)
    _reacts()
    _reacts()

    refunds = refund_queries.refunds_of(order.id)
    assert verdict is Verdict.TOO_LATE
    assert [(refund.cause, refund.amount_minor) for refund in refunds] == [(Cause.LATE_PAYMENT, order.total.minor)]
    assert order_by_number(order.number).refund_state is RefundState.REQUESTED


def test_the_second_payment_of_an_order_goes_back_and_the_order_stays(app: Flask) -> None:
    order = an_order()
    first, second = an_attempt(order), an_attempt(order)
    payments.accept(a_notice(a_payment(first, order.total)), NOW)

    verdict = payments.accept(a_notice(a_payment(second, order.total)), NOW)
    _reacts()

    now = order_by_number(order.number)
    assert verdict is Verdict.PAID_TWICE
    assert (now.state, now.refund_state) == (OrderState.PAID, RefundState.NONE)
    assert [refund.cause for refund in refund_queries.refunds_of(order.id)] == [Cause.PAID_TWICE]
    assert [taken.left_minor for taken in refund_queries.payments_of(order.id)] == [order.total.minor, 0]
    assert _scan(order) is Name.COLLECTED


def test_money_for_an_unknown_number_is_written_down_and_can_be_sent_back(app: Flask) -> None:
    payment = a_payment("TNOBODYKNOWS", Money(12_34, Currency.EUR))

    verdicts = [payments.accept(a_notice(payment), NOW) for _ in range(2)]
    taken = refund_queries.odd_payments()
    refunding.refund_payment(taken[0].id, Why(Cause.UNKNOWN_PAYMENT, "staff:1"), NOW)

    assert verdicts == [Verdict.UNKNOWN_NUMBER, Verdict.REPEAT]
    assert [(one.transaction_id, one.amount_minor, one.order_number) for one in taken] == [(payment.transaction_id, 12_34, None)]
    assert refund_queries.odd_payments() == []
    with pytest.raises(NothingToRefund):
        refunding.refund_payment(taken[0].id, STAFF, NOW)


def test_money_in_a_currency_of_others_is_a_persons(app: Flask) -> None:
    order = an_order()
    payment = a_payment(an_attempt(order), order.total, amount_said=PlainAmount(minor=999, currency="USD"))
    payments.accept(a_notice(builders.replace(payment, amount=None)), NOW)

    with pytest.raises(CurrencyNotOurs):
        refunding.refund_payment(refund_queries.odd_payments()[0].id, STAFF, NOW)


def test_a_wrong_amount_is_written_down_once_and_the_right_one_still_settles(app: Flask) -> None:
    order = an_order()
    wrong = a_payment(an_attempt(order), order.total + Money(1, Currency.EUR))
    right = builders.replace(wrong, amount=order.total, amount_said=PlainAmount(minor=order.total.minor, currency="EUR"))

    verdicts = [payments.accept(a_notice(payment), NOW) for payment in (wrong, wrong, right, wrong)]

    assert verdicts == [Verdict.WRONG_AMOUNT, Verdict.REPEAT, Verdict.SETTLES, Verdict.REPEAT]
    assert [(one.verdict, one.amount_minor) for one in refund_queries.payments_of(order.id)] == [(Verdict.SETTLES, order.total.minor)]


def test_a_wrong_amount_that_is_going_back_does_not_settle_any_more(app: Flask) -> None:
    order = an_order()
    wrong = a_payment(an_attempt(order), order.total + Money(1, Currency.EUR))
    payments.accept(a_notice(wrong), NOW)
    refunding.refund_payment(refund_queries.odd_payments()[0].id, Why(Cause.WRONG_AMOUNT, "staff:1"), NOW)

    assert payments.accept(a_notice(builders.replace(wrong, amount=order.total)), NOW) is Verdict.REPEAT
    assert order_by_number(order.number).state is OrderState.AWAITING_PAYMENT
