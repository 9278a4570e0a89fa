"""One form sent by impatient fingers, two managers at once: a refund that was asked for once is made once."""
import builders
import pytest
from flask import Flask
from races.together import copies, together

from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.payments import refund_asking, refund_queries
from shop.payments.refund_asking import KeyReused, Once, RefundChanged
from shop.payments.refund_rules import Amount, What, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause

pytestmark = pytest.mark.postgresql
WHY = Why(Cause.GOODWILL, "staff:1")


def ask(number: str, what: What, key: str, by: str = "staff:1") -> int:
    """As a program does it, that has not looked at the order before."""
    return refund_asking.ask_once(number, what, WHY, Once(by, key, f"{number} {what}"), builders.NOW)


def test_one_form_sent_8_times_at_once_makes_one_refund(app: Flask) -> None:
    order = builders.a_paid_order({builders.a_product(price=10_00): 3})

    answers = copies(app, 8, lambda _: ask(order.number, Amount(1_00), "one-key"))

    assert len(set(answers)) == 1
    assert [refund.id for refund in refund_queries.refunds_of(order.id)] == answers[:1]


def test_8_managers_who_saw_the_same_page_do_not_refund_8_times(app: Flask) -> None:
    order = builders.a_paid_order({builders.a_product(price=10_00): 3})
    left = refund_asking.left_of(order.number)
    seen = refund_asking.plan(left, Amount(5_00), builders.NOW).seen

    def confirm(n: int) -> int:
        once = Once(f"staff:{n}", "k", "five")
        return refund_asking.ask_once(order.number, Amount(5_00), WHY, once, builders.NOW, seen=seen)

    answers = copies(app, 8, confirm)

    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, RefundChanged) for answer in answers) == 7
    assert len(refund_queries.refunds_of(order.id)) == 1


def test_one_key_for_two_orders_at_once_serves_one_of_them(app: Flask) -> None:
    orders = [builders.a_paid_order({builders.a_product(price=10_00): 3}) for _ in range(2)]

    answers = together(app, [lambda o=order: ask(o.number, Whole(), "one-key") for order in orders])  # type: ignore[misc]

    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, KeyReused) for answer in answers) == 1
    states = sorted(order_by_number(order.number).state for order in orders)
    assert states == [OrderState.CANCELLED, OrderState.PAID]


def test_the_same_key_of_two_people_is_two_keys(app: Flask) -> None:
    order = builders.a_paid_order({builders.a_product(price=10_00): 3})

    answers = copies(app, 4, lambda n: ask(order.number, Amount(1_00), "one-key", by=f"device:{n}"))

    assert len(set(answers)) == 4
    left = refund_asking.left_of(order.number)
    assert left
    assert left.minor == 26_00
