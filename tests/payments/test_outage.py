"""When WeChat is away, the worker does not spend its day asking: a few in vain are enough for one round."""
from datetime import timedelta

import builders
import pytest
from builders import NOW, an_attempt, an_order
from flask import Flask
from sqlalchemy import update

from payments.conftest import FakePay
from shop.base.db import transaction
from shop.gateways.pay import PayUnavailable
from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments import refund_sending, refunding, rules
from shop.payments.models import Attempt
from shop.payments.refund_rules import Amount
from shop.payments.refunding import Why
from shop.payments.states import Cause

LATER = NOW + timedelta(minutes=31)
MANY = rules.ENOUGH_IN_VAIN + 4


@pytest.fixture
def waiting(app: Flask) -> list[str]:
    """More unpaid orders whose time is over, each with an attempt, than are asked about in vain."""
    sku = builders.a_product(on_hand=MANY)
    found = []
    for _ in range(MANY):
        order = an_order({sku: 1})
        an_attempt(order)
        found.append(order.number)
    with transaction() as session:
        session.execute(update(Attempt).values(next_check_at=NOW))
    return found


def test_a_round_of_ending_orders_gives_up_after_a_few_in_vain_and_ends_them_all_when_wechat_is_back(
    waiting: list[str], pay: FakePay
) -> None:
    pay.refuses(*[PayUnavailable("timeout")] * MANY)

    assert payments.expire_overdue(pay, LATER) == 0  # type: ignore[arg-type]
    assert len(pay.found) == rules.ENOUGH_IN_VAIN
    pay.refusals.clear()
    assert payments.expire_overdue(pay, LATER) == MANY  # type: ignore[arg-type]
    assert {order_by_number(number).state for number in waiting} == {OrderState.EXPIRED}  # type: ignore[arg-type]


def test_one_answer_among_failures_keeps_a_round_going(waiting: list[str], pay: FakePay) -> None:
    class Every2nd(list[BaseException]):
        def __bool__(self) -> bool:
            return len(pay.found) % 2 == 1

        def pop(self, *_: object) -> BaseException:  # type: ignore[override]
            return PayUnavailable("timeout")

    pay.refusals = Every2nd()

    assert payments.expire_overdue(pay, LATER) > 0  # type: ignore[arg-type]
    assert len(pay.found) >= MANY


def test_a_round_of_questions_gives_up_after_a_few_in_vain(waiting: list[str], pay: FakePay) -> None:
    pay.refuses(*[PayUnavailable("timeout")] * MANY)

    payments.ask_about_waiting(pay, NOW)  # type: ignore[arg-type]

    assert len(pay.found) == rules.ENOUGH_IN_VAIN


def test_a_round_of_refunds_gives_up_after_a_few_in_vain(app: Flask, pay: FakePay) -> None:
    for _ in range(MANY):
        refunding.ask_refund(builders.a_paid_order().number, Amount(1_00), Why(Cause.GOODWILL, "staff:1"), NOW)
    pay.refuses(*[PayUnavailable("timeout")] * MANY)

    assert refund_sending.send_due(pay, "https://shop.example/r", NOW) == 0  # type: ignore[arg-type]
    assert len(pay.refunded) == rules.ENOUGH_IN_VAIN
