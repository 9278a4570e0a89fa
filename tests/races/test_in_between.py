"""Races with one certain course, on both databases: something happens just between two steps of something else."""
import builders
import pytest
from flask import Flask
from properties.pretend_pay import PretendPay

from shop.base.db import transaction
from shop.gateways.pay import PayUnavailable
from shop.orders import moves
from shop.orders.queries import order_by_number
from shop.orders.states import NoSuchMove, OrderState
from shop.payments import commands as payments
from shop.payments import queries
from shop.payments.commands import PayDesk, PayWindowClosed
from shop.payments.states import Verdict
from shop.pickup import commands as pickup
from shop.pickup import packing
from shop.pickup.commands import Asked

DESK = PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")


def test_an_order_cancelled_while_its_payment_is_being_opened_gives_nobody_the_means_to_pay(
    app: Flask, pay: PretendPay
) -> None:
    sku = builders.a_product(on_hand=1)
    order = builders.an_order({sku: 1})

    def cancel() -> None:
        payments.cancel(order.number, order.traveller_id, pay, builders.NOW)

    pay.before_open = cancel
    with pytest.raises(PayWindowClosed):
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)

    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert builders.stock_of(sku) == (1, 0, 0, 0)


def test_an_attempt_that_wechat_learns_of_just_after_it_said_it_knows_none_is_closed_before_the_order_ends(
    app: Flask, pay: PretendPay
) -> None:
    order = builders.an_order()
    pay.before_open = _cut_the_line
    with pytest.raises(PayUnavailable):
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)
    pay.before_open = lambda: None

    def press_again() -> None:
        pay.after_find = lambda: None
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)

    pay.after_find = press_again
    state = payments.cancel(order.number, order.traveller_id, pay, builders.NOW)

    [attempt] = queries.attempts_of(order.id)
    assert state is OrderState.CANCELLED
    assert not pay.pay(attempt.out_trade_no, builders.NOW), "the page has the means to pay a cancelled order"


def _cut_the_line() -> None:
    raise PayUnavailable("no_connection")


def test_an_order_paid_between_the_question_and_the_closing_is_paid_and_not_cancelled(app: Flask, pay: PretendPay) -> None:
    sku = builders.a_product(on_hand=1)
    order = builders.an_order({sku: 1})
    payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)
    [attempt] = queries.attempts_of(order.id)

    def press_pay() -> None:
        pay.pay(attempt.out_trade_no, builders.NOW)

    pay.before_close = press_pay
    state = payments.cancel(order.number, order.traveller_id, pay, builders.NOW)

    assert state is OrderState.PAID
    assert builders.stock_of(sku) == (1, 0, 1, 0)


def test_an_order_paid_a_moment_before_it_is_let_go_stays_paid_with_its_stock(app: Flask) -> None:
    sku = builders.a_product(on_hand=1)
    order = builders.a_paid_order({sku: 1})

    with pytest.raises(NoSuchMove), transaction() as session:
        moves.let_go(session, order.id, OrderState.CANCELLED, builders.NOW, who="traveller", why="changed my mind")

    assert order_by_number(order.number).state is OrderState.PAID
    assert builders.stock_of(sku) == (1, 0, 1, 0)


def test_a_parcel_handed_over_a_moment_before_it_is_packed_stays_collected(app: Flask) -> None:
    order = builders.a_paid_order()
    device, _ = builders.a_device()
    pickup.hand_over(Asked(builders.code_of(order), "scan-before-packing", builders.NOW), device, builders.SECRET, builders.NOW)

    with pytest.raises(NoSuchMove):
        packing.finish(order.number, packing.Packer.with_device(device), builders.NOW, by_hand=True)

    assert order_by_number(order.number).state is OrderState.COLLECTED


def test_a_payment_whose_opening_was_cut_off_is_opened_again_under_the_same_number(app: Flask, pay: PretendPay) -> None:
    order = builders.an_order()

    def cut_the_line() -> None:
        raise PayUnavailable("connection")

    pay.after_open = cut_the_line
    with pytest.raises(PayUnavailable):
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)
    pay.after_open = lambda: None
    parameters = payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)

    assert len(pay.orders) == len(queries.attempts_of(order.id)) == 1
    assert parameters["package"] == f"prepay_id={pay.orders[queries.attempts_of(order.id)[0].out_trade_no].prepays[-1]}"


def test_a_payment_heard_while_its_opening_is_repeated_settles_the_order(app: Flask, pay: PretendPay) -> None:
    order = builders.an_order()
    verdicts = []

    def cut_the_line() -> None:
        raise PayUnavailable("connection")

    def pay_and_tell() -> None:
        [attempt] = queries.attempts_of(order.id)
        pay.pay(attempt.out_trade_no, builders.NOW)
        told = pay.orders[attempt.out_trade_no].told()
        verdicts.append(payments.accept(builders.a_notice(told), builders.NOW))

    pay.after_open = cut_the_line
    with pytest.raises(PayUnavailable):
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)
    pay.after_open, pay.before_open = lambda: None, pay_and_tell
    with pytest.raises(PayWindowClosed):
        payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)

    assert verdicts == [Verdict.SETTLES]
    assert order_by_number(order.number).state is OrderState.PAID
