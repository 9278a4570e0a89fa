"""The traveller and a companion press the button at the same moment: whoever of them pays, the order is paid once."""
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask import Flask
from properties.pretend_pay import PretendPay
from races.together import copies, together
from sqlalchemy import text

from shop.base.db import db
from shop.base.ids import TravellerId, new_out_trade_no
from shop.base.money import Currency
from shop.gateways.pay import PaymentState, PayUnavailable, PrepayRequest
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments import queries
from shop.payments.commands import PayDesk, PayWindowClosed
from shop.payments.states import AttemptState, Verdict

pytestmark = pytest.mark.postgresql
DESK = PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")
ROUNDS = 8


def took(order: OrderView) -> int:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM payments WHERE order_id = :id"), {"id": order.id}) or 0


def pays(pay: PretendPay, order: OrderView, payer: TravellerId) -> Verdict | str:
    """Press the button and pay with what it gave; the notice comes at once."""
    try:
        prepay = payments.start(order.number, payer, DESK, pay, builders.NOW, invited=True)["package"].removeprefix("prepay_id=")
    except (PayWindowClosed, PayUnavailable) as refused:
        return refused.code
    no = next(one.no for one in pay.orders.values() if prepay in one.prepays)
    if not pay.pay(no, builders.NOW):
        return "closed meanwhile"
    return payments.accept(builders.a_notice(pay.orders[no].told()), builders.NOW)


def test_two_payers_at_once_pay_an_order_once(app: Flask, pay: PretendPay) -> None:
    bob = builders.a_traveller("oBob")
    for n in range(ROUNDS):
        order = builders.an_order()
        payers = [order.traveller_id, bob]
        if n % 2:  # one of them has had the sheet open for a while
            payments.start(order.number, payers[n // 2 % 2], DESK, pay, builders.NOW, invited=True)

        answers = copies(app, 2, lambda k, o=order, p=payers: pays(pay, o, p[k]))

        heard = [answer for answer in answers if isinstance(answer, Verdict)]
        assert heard in ([Verdict.SETTLES], [Verdict.REPEAT]), answers  # a repeat: the other one's question has settled it
        numbers = {one.out_trade_no for one in queries.attempts_of(order.id)}
        assert [pay.orders[no].state for no in numbers if no in pay.orders].count(PaymentState.SUCCESS) == 1
        assert (order_by_number(order.number).state, took(order)) == (OrderState.PAID, 1)


def test_six_companions_at_once_leave_one_attempt_that_can_be_paid(app: Flask, pay: PretendPay) -> None:
    order = builders.an_order()
    payers = [builders.a_traveller(f"oCompanion{n}") for n in range(6)]

    def press(k: int) -> Any:
        return payments.start(order.number, payers[k], DESK, pay, builders.NOW, invited=True)

    answers = copies(app, 6, press)

    assert any(isinstance(answer, dict) for answer in answers)
    assert all(isinstance(answer, dict | PayWindowClosed | PayUnavailable) for answer in answers), answers
    given = {answer["package"].removeprefix("prepay_id=") for answer in answers if isinstance(answer, dict)}
    payable = [one for one in pay.orders.values() if one.state is PaymentState.NOTPAY and given & set(one.prepays)]
    assert len(payable) <= 1
    assert [one.state for one in queries.attempts_of(order.id)].count(AttemptState.PREPAID) <= 1


def test_cancelling_against_a_companion_who_pays_ends_in_one_of_the_two(app: Flask, pay: PretendPay) -> None:
    bob = builders.a_traveller("oBob")
    for _ in range(ROUNDS):
        order = builders.an_order()
        cancel: Callable[[], Any] = lambda o=order: payments.cancel(o.number, o.traveller_id, pay, builders.NOW)  # noqa: E731

        together(app, [cancel, lambda o=order: pays(pay, o, bob)])

        state = order_by_number(order.number).state
        assert (state, took(order)) in ((OrderState.PAID, 1), (OrderState.CANCELLED, 0))


def test_control_without_closing_the_other_ones_attempt_money_comes_in_twice(app: Flask, pay: PretendPay) -> None:
    order = builders.an_order()

    def careless(k: int) -> Verdict:
        """An attempt for whoever asks, and nobody else's closed."""
        no = new_out_trade_no()
        body = pay.prepare(
            PrepayRequest(
                out_trade_no=no, description="Duty free", amount=order.total, openid=f"oPayer{k}", notify_url=DESK.notify_url,
                time_expire=order.pay_before,
            )
        )
        with db.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO attempts (order_id, out_trade_no, amount_minor, amount_currency, request, time_expire, created_at, state,"
                    " checks) VALUES (:o, :no, :m, :c, :r, :t, :n, 'prepaid', 0)"
                ),
                {"o": order.id, "no": no, "m": order.total.minor, "c": Currency.EUR.value, "r": body.decode(), "t": order.pay_before,
                 "n": builders.NOW},
            )
        pay.open_jsapi(body)
        pay.pay(no, builders.NOW)
        return payments.accept(builders.a_notice(pay.orders[no].told()), builders.NOW)

    answers = copies(app, 2, careless)

    assert sorted(answers) == [Verdict.PAID_TWICE, Verdict.SETTLES]
    assert took(order) == 2
