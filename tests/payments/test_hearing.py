"""What WeChat tells us becomes a verdict and, when it settles, a paid order: once, whole, and never ignored."""
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, a_notice, a_payment, a_product, an_attempt, an_order, stock_of
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from shop.base.db import reading, transaction
from shop.base.ids import OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay import PaymentState, PlainAmount, RefundNotice, RefundState
from shop.orders import commands as orders
from shop.orders import events as order_events
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.orders.states import RefundState as OrderRefund
from shop.payments import commands as payments
from shop.payments import events, queries, refund_queries
from shop.payments.models import FROZEN, Attempt, FrozenAttempt, PaymentNotice
from shop.payments.states import AttemptState, Verdict
from shop.pickup.models import Pickup

V = Verdict
LATER = NOW + timedelta(minutes=40)


def _codes(order: OrderView) -> int:
    with reading() as session:
        return len(session.scalars(select(Pickup.id).where(Pickup.order_id == order.id)).all())


def _state(order: OrderView) -> tuple[OrderState, OrderRefund]:
    found = order_by_number(order.number)
    return found.state, found.refund_state


def _expired(lines: dict[str, int]) -> tuple[OrderView, OutTradeNo]:
    order = an_order(lines)
    number = an_attempt(order)
    orders.expire_due(LATER)
    return order, number


def test_a_notice_of_the_right_payment_pays_the_order(app: Flask) -> None:
    sku = a_product()
    order = an_order({sku: 2})
    payment = a_payment(an_attempt(order), order.total)

    verdict = payments.accept(a_notice(payment), NOW)

    paid = order_by_number(order.number)
    attempt = queries.attempts_of(order.id)[0]
    assert verdict is V.SETTLES
    assert (paid.state, paid.paid_at, stock_of(sku)) == (OrderState.PAID, payment.success_time, (10, 0, 2, 0))
    assert (attempt.state, attempt.transaction_id) == (AttemptState.PAID, payment.transaction_id)
    assert (attempt.payer_minor, attempt.payer_currency) == (order.total.minor * 8, "CNY")
    assert [(c.new_state, c.who) for c in paid.history][1:] == [(OrderState.PAID, "wechat")]
    assert _codes(order) == 1
    assert builders.announced(order_events.PAID) == [(order_events.PAID, order.id)]


def test_the_same_notice_again_changes_nothing_and_gets_the_same_verdict(app: Flask) -> None:
    order = an_order()
    notice = a_notice(a_payment(an_attempt(order), order.total))
    payments.accept(notice, NOW)
    before = builders.everything()

    assert [payments.accept(notice, NOW + timedelta(seconds=n)) for n in range(3)] == [V.SETTLES] * 3
    assert builders.everything() == before


def test_another_notice_of_the_same_payment_is_a_repeat_and_is_stored(app: Flask) -> None:
    order = an_order()
    payment = a_payment(an_attempt(order), order.total)

    verdicts = [payments.accept(a_notice(payment), NOW) for _ in range(3)]

    assert verdicts == [V.SETTLES, V.REPEAT, V.REPEAT]
    assert [n.verdict for n in queries.notices_of(order.id)] == verdicts
    assert (_codes(order), len(builders.announced(order_events.PAID))) == (1, 1)


@pytest.mark.parametrize(
    ("change", "verdict", "announces"),
    [
        ({"amount": Money(49_99, Currency.EUR)}, V.WRONG_AMOUNT, True),
        ({"amount": Money(50_00, Currency.CNY)}, V.WRONG_CURRENCY, True),
        ({"amount": None, "amount_said": PlainAmount(minor=5000, currency="USD")}, V.WRONG_CURRENCY, True),
        ({"amount": None, "amount_said": None}, V.WRONG_CURRENCY, True),
        ({"ours": False, "merchant": "1999999999"}, V.FOREIGN_MERCHANT, False),
        ({"state": PaymentState.PAYERROR, "state_said": "PAYERROR"}, V.NOT_A_SUCCESS, False),
        ({"state": PaymentState.UNKNOWN, "state_said": "SOMETHING_NEW"}, V.NOT_A_SUCCESS, False),
    ],
    ids=lambda value: value.value if isinstance(value, Verdict) else None,
)
def test_a_payment_that_does_not_fit_is_stored_and_pays_nothing(
    app: Flask, change: dict[str, Any], verdict: Verdict, announces: bool
) -> None:
    sku = a_product(price=50_00)
    order = an_order({sku: 1})

    said = payments.accept(a_notice(replace(a_payment(an_attempt(order), order.total), **change)), NOW)

    assert said is verdict
    assert (_state(order), _codes(order), stock_of(sku)) == ((OrderState.AWAITING_PAYMENT, OrderRefund.NONE), 0, (10, 1, 0, 0))
    assert [n.verdict for n in queries.notices_of(order.id)] == [verdict]
    assert builders.announced(events.NEEDS_A_PERSON) == ([(events.NEEDS_A_PERSON, order.id)] if announces else [])
    strange = verdict is V.FOREIGN_MERCHANT or (verdict is V.WRONG_CURRENCY and "amount_said" in change and change["amount_said"] is None)
    assert [n.verdict for n in queries.strange_notices()] == ([verdict] if strange else [])


def test_after_a_wrong_amount_the_right_one_still_pays(app: Flask) -> None:
    order = an_order()
    number = an_attempt(order)
    payments.accept(a_notice(a_payment(number, Money(1, Currency.EUR))), NOW)

    assert payments.accept(a_notice(a_payment(number, order.total)), NOW) is V.SETTLES


def test_a_payment_for_a_number_we_do_not_know_is_for_a_person(app: Flask) -> None:
    verdict = payments.accept(a_notice(a_payment("T" + "X" * 60, Money(1, Currency.EUR))), NOW)

    assert verdict is V.UNKNOWN_NUMBER
    assert [(one.verdict, one.order_number) for one in refund_queries.odd_payments()] == [(V.UNKNOWN_NUMBER, None)]
    assert builders.announced() == [(events.NEEDS_A_PERSON, 0)]


def test_a_payment_after_the_end_revives_the_order_when_its_stock_is_still_there(app: Flask) -> None:
    sku = a_product(on_hand=2)
    order, number = _expired({sku: 2})

    verdict = payments.accept(a_notice(a_payment(number, order.total)), LATER)

    assert verdict is V.REVIVES
    assert (_state(order), _codes(order), stock_of(sku)) == ((OrderState.PAID, OrderRefund.NONE), 1, (2, 0, 2, 0))
    assert builders.announced(events.REFUND_DUE) == []


def test_a_payment_after_the_end_goes_back_when_somebody_else_has_the_stock(app: Flask) -> None:
    plenty, scarce = a_product(), a_product(on_hand=1)
    order, number = _expired({plenty: 1, scarce: 1})
    an_order({scarce: 1}, now=LATER)

    verdict = payments.accept(a_notice(a_payment(number, order.total)), LATER)

    assert verdict is V.TOO_LATE
    assert (_state(order), _codes(order)) == ((OrderState.EXPIRED, OrderRefund.REQUESTED), 0)
    assert (stock_of(plenty), stock_of(scarce)) == ((10, 0, 0, 0), (1, 1, 0, 0)), "half a revival would hold the first"
    assert builders.announced(events.REFUND_DUE) == [(events.REFUND_DUE, order.id)]


def test_a_payment_after_cancelling_goes_back_even_when_there_is_stock(app: Flask) -> None:
    order = an_order()
    number = an_attempt(order)
    builders.set_order(order.number, state=OrderState.CANCELLED.value)

    verdict = payments.accept(a_notice(a_payment(number, order.total)), NOW)

    assert (verdict, _state(order)) == (V.TOO_LATE, (OrderState.CANCELLED, OrderRefund.REQUESTED))


def test_a_late_payment_that_is_told_again_goes_back_once(app: Flask) -> None:
    sku = a_product(on_hand=1)
    order, number = _expired({sku: 1})
    an_order({sku: 1}, now=LATER)
    payment = a_payment(number, order.total)

    verdicts = [payments.accept(a_notice(payment), LATER) for _ in range(3)]

    assert verdicts == [V.TOO_LATE, V.REPEAT, V.REPEAT]
    assert len(builders.announced(events.REFUND_DUE)) == 1


def test_a_second_attempt_that_was_also_paid_goes_back_and_the_order_stays_paid(app: Flask) -> None:
    order = an_order()
    first, second = an_attempt(order), an_attempt(order)

    verdicts = [payments.accept(a_notice(a_payment(number, order.total)), NOW) for number in (first, second)]

    assert verdicts == [V.SETTLES, V.PAID_TWICE]
    assert (_state(order), _codes(order)) == ((OrderState.PAID, OrderRefund.NONE), 1)
    assert builders.announced(events.REFUND_DUE) == [(events.REFUND_DUE, order.id)]


def test_one_payment_cannot_settle_two_orders(app: Flask) -> None:
    sku = a_product(price=50_00)
    one, two = an_order({sku: 1}), an_order({sku: 1})
    payments.accept(a_notice(a_payment(an_attempt(one), one.total, transaction_id="4200-same")), NOW)

    verdict = payments.accept(a_notice(a_payment(an_attempt(two), two.total, transaction_id="4200-same")), NOW)

    assert verdict is V.REUSED_TRANSACTION
    assert (_state(one)[0], _state(two)[0]) == (OrderState.PAID, OrderState.AWAITING_PAYMENT)


def test_a_payment_that_wechat_has_already_refunded_was_a_payment(app: Flask) -> None:
    order = an_order()

    verdict = payments.accept(a_notice(a_payment(an_attempt(order), order.total, state=PaymentState.REFUND)), NOW)

    assert verdict is V.SETTLES


def test_a_notice_about_a_refund_nobody_asked_for_is_stored_once_and_put_before_a_person(app: Flask) -> None:
    notice = RefundNotice(
        id="r-1", event_type="REFUND.SUCCESS", created=NOW, received=NOW, out_refund_no="R1", out_trade_no=None, transaction_id="4200",
        refund_id="50", state=RefundState.SUCCESS, state_said="SUCCESS", refunded=None, total=None, success_time=NOW,
        sender="1900000001", merchant="1900000109", ours=True,
    )  # fmt: skip

    assert [payments.accept(notice, NOW) for _ in range(2)] == [V.UNKNOWN_REFUND] * 2
    assert builders.announced(events.NEEDS_A_PERSON) == [(events.NEEDS_A_PERSON, 0)]
    with reading() as session:
        assert session.scalars(select(PaymentNotice.out_trade_no)).all() == ["R1"]


def test_what_was_asked_of_wechat_never_changes(app: Flask) -> None:
    number = an_attempt(an_order())

    def cheapen() -> None:
        with transaction() as session:
            session.scalars(select(Attempt).where(Attempt.out_trade_no == number)).one().amount_minor = 1

    with pytest.raises(FrozenAttempt):
        cheapen()


OTHERWISE: dict[str, Any] = {
    "order_id": 1, "out_trade_no": "TOTHER", "amount_minor": 1, "amount_currency": "CNY", "request": "{\"total\": 1}", "time_expire": LATER,
    "created_at": LATER,
}  # fmt: skip


@pytest.mark.parametrize("name", FROZEN)
def test_the_database_itself_keeps_an_attempt_as_it_was_asked(app: Flask, name: str) -> None:
    an_order()
    number = an_attempt(an_order())
    before = builders.everything()

    def change() -> None:
        with transaction() as session:
            session.execute(update(Attempt).where(Attempt.out_trade_no == number).values({name: OTHERWISE[name]}))

    with pytest.raises(DBAPIError, match="never changes"):
        change()
    assert builders.everything() == before


@pytest.mark.parametrize("lines", [1, 8])
def test_a_notice_takes_few_statements_however_long_the_order(app: Flask, statements: list[str], lines: int) -> None:
    order = an_order({a_product(): 1 for _ in range(lines)})
    notice = a_notice(a_payment(an_attempt(order), order.total))
    statements.clear()

    assert payments.accept(notice, NOW) is V.SETTLES

    assert len(statements) <= {"postgresql": 6, "sqlite": 12}[builders.engine_name()]


def test_a_copy_of_a_notice_takes_one_question(app: Flask, statements: list[str]) -> None:
    order = an_order()
    notice = a_notice(a_payment(an_attempt(order), order.total))
    payments.accept(notice, NOW)
    statements.clear()

    payments.accept(notice, NOW)

    assert len(statements) == 1


def test_an_order_whose_attempt_was_marked_closed_is_paid_all_the_same(app: Flask) -> None:
    order = an_order()
    number = an_attempt(order)
    with transaction() as session:
        session.execute(update(Attempt).where(Attempt.out_trade_no == number).values(state=AttemptState.CLOSED.value))

    assert payments.accept(a_notice(a_payment(number, order.total)), NOW) is V.SETTLES
