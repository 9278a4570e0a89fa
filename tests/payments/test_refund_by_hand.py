"""What a person does about money that does not go back by itself: it goes back once, and the books say how."""
from datetime import datetime, timedelta

import builders
import pytest
from builders import NOW, a_notice, a_paid_order, a_payment, a_product, a_refund_notice, an_attempt, an_order
from flask import Flask

from payments.conftest import DESK, FakePay
from shop.base.money import Currency, Money
from shop.gateways.pay import PayRefused, PayUnavailable, PlainAmount, RefundRequest, RefundState
from shop.orders import commands as orders
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import RefundState as OrderRefund
from shop.payments import commands as payments
from shop.payments import (
    events,
    money_queries,
    queries,
    refund_by_hand,
    refund_queries,
    refund_rules,
    refund_sending,
    refunding,
)
from shop.payments.refund_queries import RefundView
from shop.payments.refund_rules import NothingToRefund, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage, Verdict

URL = "https://shop.example/callbacks/wechat-pay/refund"
G, S = RefundStage, RefundState


@pytest.fixture
def order(app: Flask) -> OrderView:
    return a_paid_order({a_product(price=50_00): 2})


@pytest.fixture
def refund(order: OrderView) -> RefundView:
    return _now(refunding.ask_refund(order.number, Whole(), Why(Cause.GOODWILL, "staff:1"), NOW))


def _now(key: int) -> RefundView:
    found = refund_queries.refund_by_id(key)
    assert found is not None
    return found


def _told(refund: RefundView, state: RefundState, total: Money) -> None:
    payments.accept(a_refund_notice(builders.a_told_refund(refund.out_refund_no, state, total)), NOW)


def _send(pay: FakePay, now: datetime = NOW) -> int:
    return refund_sending.send_due(pay, URL, now)  # type: ignore[arg-type]


def _settle(refund: RefundView, pay: FakePay, note: str = "bank transfer") -> bool:
    return refund_by_hand.settle(refund.id, note, "staff:1", pay, NOW)  # type: ignore[arg-type]


def _undeliverable(refund: RefundView, order: OrderView, pay: FakePay) -> None:
    _send(pay)
    _told(refund, S.ABNORMAL, order.total)


# --- settled by hand --------------------------------------------------------------------------------------------------


def test_what_was_settled_by_hand_has_gone_back_and_the_order_says_so(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    _undeliverable(refund, order, pay)

    assert _settle(refund, pay)

    assert _now(refund.id).state is G.BY_HAND
    assert order_by_number(order.number).refund_state is OrderRefund.REFUNDED
    assert builders.announced(events.REFUNDED) == [(events.REFUNDED, order.id)]
    assert refund_queries.for_a_person() == []


@pytest.mark.parametrize("said", [S.CLOSED, S.SUCCESS, S.PROCESSING, S.ABNORMAL])
def test_nothing_that_wechat_says_afterwards_pays_the_traveller_twice(
    order: OrderView, refund: RefundView, pay: FakePay, said: RefundState
) -> None:
    _undeliverable(refund, order, pay)
    _settle(refund, pay)

    _told(refund, said, order.total)

    assert [(one.state, one.out_refund_no) for one in refund_queries.refunds_of(order.id)] == [(G.BY_HAND, refund.out_refund_no)]
    assert refund_queries.payments_of(order.id)[0].left_minor == 0
    assert not refund_by_hand.try_now(refund.id, NOW)
    assert len(pay.refunded) == 1


@pytest.mark.parametrize(("said", "rings"), [(S.SUCCESS, 1), (S.PROCESSING, 1), (S.CLOSED, 0), (S.ABNORMAL, 0)])
def test_money_that_wechat_sends_all_the_same_is_put_before_a_person_once(
    order: OrderView, refund: RefundView, pay: FakePay, said: RefundState, rings: int
) -> None:
    _undeliverable(refund, order, pay)
    _settle(refund, pay)

    for _ in range(2):
        _told(refund, said, order.total)

    assert len(builders.announced(events.NEEDS_A_PERSON)) == rings


def test_what_is_refused_again_and_again_can_be_settled_once_wechat_knows_nothing_of_it(
    order: OrderView, refund: RefundView, pay: FakePay
) -> None:
    pay.refuses(*[PayRefused("PARAM_ERROR", 400)] * refund_rules.STUCK_AFTER)
    moment = NOW
    for _ in range(refund_rules.STUCK_AFTER):
        assert not _settle(refund, pay), "it may still go by itself"
        _send(pay, moment)
        moment = _now(refund.id).next_try_at or moment

    pay.refuses(PayUnavailable("timeout"))
    with pytest.raises(PayUnavailable):
        _settle(refund, pay)
    assert _settle(refund, pay)
    assert _now(refund.id).state is G.BY_HAND


def test_what_wechat_has_taken_on_after_all_is_not_paid_by_hand_as_well(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.refuses(*[PayUnavailable("timeout")] * refund_rules.STUCK_AFTER)
    moment = NOW
    for _ in range(refund_rules.STUCK_AFTER):
        _send(pay, moment)
        moment = _now(refund.id).next_try_at or moment
    pay.say_refund(refund.out_refund_no, S.PROCESSING, order.total)

    assert not _settle(refund, pay)
    assert _now(refund.id).state is G.PROCESSING


def test_what_wechat_closed_for_the_last_time_is_settled_beside_it(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    for _ in range(refund_rules.MOST_NUMBERS):
        for one in refund_queries.refunds_of(order.id):
            _told(one, S.CLOSED, order.total)
    [given_up] = money_queries.given_up()

    assert refund_by_hand.settle_closed(given_up.id, "cash at the counter", "staff:1", NOW)

    assert money_queries.given_up() == []
    assert [one.state for one in refund_queries.refunds_of(order.id)] == [G.CLOSED] * 3 + [G.BY_HAND]
    assert order_by_number(order.number).refund_state is OrderRefund.REFUNDED
    assert refund_queries.payments_of(order.id)[0].left_minor == 0
    assert not refund_by_hand.settle_closed(given_up.id, "again", "staff:1", NOW)


def test_a_refund_that_went_by_itself_cannot_be_settled_by_hand(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    _send(pay)
    _told(refund, S.SUCCESS, order.total)

    assert not _settle(refund, pay)
    assert not refund_by_hand.settle_closed(refund.id, "x", "staff:1", NOW)


# --- to the shop's own account ----------------------------------------------------------------------------------------


def test_money_that_wechat_pays_to_the_shop_is_not_with_the_traveller_yet(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    _undeliverable(refund, order, pay)
    assert refund_by_hand.goes_to_shop(refund.id, "staff:1", NOW)

    _told(refund, S.PROCESSING, order.total)
    _told(refund, S.SUCCESS, order.total)

    assert _now(refund.id).state is G.TO_SHOP
    assert [one.id for one in refund_queries.for_a_person()] == [refund.id]
    assert order_by_number(order.number).refund_state is OrderRefund.REQUESTED
    assert builders.announced(events.REFUNDED) == []
    assert not refund_by_hand.try_now(refund.id, NOW)
    assert _settle(refund, pay)
    assert order_by_number(order.number).refund_state is OrderRefund.REFUNDED


def test_only_what_cannot_be_delivered_goes_to_the_shop(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    assert not refund_by_hand.goes_to_shop(refund.id, "staff:1", NOW)
    assert not refund_by_hand.goes_to_shop(10**6, "staff:1", NOW)


# --- odd payments -----------------------------------------------------------------------------------------------------


def test_money_of_a_foreign_currency_is_settled_by_hand_once(app: Flask) -> None:
    order = an_order()
    payment = a_payment(an_attempt(order), order.total, amount_said=PlainAmount(minor=999, currency="USD"))
    payments.accept(a_notice(builders.replace(payment, amount=None)), NOW)
    [odd] = refund_queries.odd_payments()

    refund_by_hand.settle_payment(odd.id, Why(Cause.WRONG_AMOUNT, "staff:1"), "on the merchant platform", NOW)

    assert refund_queries.odd_payments() == []
    assert [(one.state, one.amount_minor, one.currency) for one in refund_queries.refunds_of(order.id)] == [(G.BY_HAND, 999, "USD")]
    with pytest.raises(NothingToRefund):
        refund_by_hand.settle_payment(odd.id, Why(Cause.WRONG_AMOUNT, "staff:1"), "again", NOW)


def test_money_that_pays_an_order_goes_back_through_the_order_only(order: OrderView) -> None:
    with pytest.raises(NothingToRefund):
        refund_by_hand.settle_payment(refund_queries.payments_of(order.id)[0].id, Why(Cause.GOODWILL, "staff:1"), "x", NOW)


def test_after_a_wrong_amount_goes_back_the_order_is_paid_under_a_new_number(app: Flask, pay: FakePay) -> None:
    order = an_order()
    payments.start(order.number, order.traveller_id, DESK, pay, NOW)  # type: ignore[arg-type]
    first = queries.attempts_of(order.id)[0].out_trade_no
    payments.accept(a_notice(a_payment(first, order.total + Money(1, Currency.EUR))), NOW)
    refunding.refund_payment(refund_queries.odd_payments()[0].id, Why(Cause.WRONG_AMOUNT, "staff:1"), NOW)

    told = payments.start(order.number, order.traveller_id, DESK, pay, NOW)  # type: ignore[arg-type]

    second = queries.attempts_of(order.id)[1].out_trade_no
    assert told["package"] == "prepay_id=wx2"
    assert second != first
    assert payments.accept(a_notice(a_payment(second, order.total)), NOW) is Verdict.SETTLES


# --- what must not stop the others ------------------------------------------------------------------------------------


def test_a_refund_that_cannot_be_put_into_words_is_a_persons_and_keeps_nobody_waiting(app: Flask, pay: FakePay) -> None:
    first, second = a_paid_order(), a_paid_order()
    keys = [refunding.ask_refund(one.number, Whole(), Why(Cause.GOODWILL, "staff:1"), NOW) for one in (first, second)]
    without_words, speaks = _now(keys[0]).out_refund_no, pay.prepare_refund

    def prepare(asked: RefundRequest) -> bytes:
        if asked.out_refund_no == without_words:
            raise ValueError("this dialect pays no EUR")
        return speaks(asked)

    pay.prepare_refund = prepare  # type: ignore[method-assign]

    assert _send(pay) == 1

    assert [_now(key).state for key in keys] == [G.ABNORMAL, G.PROCESSING]
    assert [one.id for one in refund_queries.for_a_person()] == [keys[0]]


def test_a_fault_in_one_question_keeps_no_other_waiting(app: Flask, pay: FakePay) -> None:
    orders_ = [a_paid_order(), a_paid_order()]
    keys = [refunding.ask_refund(one.number, Whole(), Why(Cause.GOODWILL, "staff:1"), NOW) for one in orders_]
    _send(pay)
    for key, one in zip(keys, orders_, strict=True):
        pay.say_refund(_now(key).out_refund_no, S.SUCCESS, one.total)
    pay.refuses(RuntimeError("a fault of ours"))

    assert refund_sending.ask_about(pay, NOW + timedelta(minutes=1)) == 1  # type: ignore[arg-type]


# --- late, cancelled, foreign -----------------------------------------------------------------------------------------


def test_a_payment_after_the_counter_has_closed_for_the_flight_goes_back(app: Flask) -> None:
    order = an_order()
    number = an_attempt(order)
    orders.expire_due(NOW + timedelta(minutes=40))

    verdict = payments.accept(a_notice(a_payment(number, order.total)), order.collect_until)

    assert verdict is Verdict.TOO_LATE


def test_a_cancelled_order_has_no_attempt_that_somebody_opened_meanwhile(app: Flask, pay: FakePay) -> None:
    order = an_order()
    payments.start(order.number, order.traveller_id, DESK, pay, NOW)  # type: ignore[arg-type]
    asked = 0

    def opens_another(_no: str) -> None:
        nonlocal asked
        asked += 1
        an_attempt(order)

    pay.meanwhile = opens_another
    payments.cancel(order.number, order.traveller_id, pay, NOW)  # type: ignore[arg-type]

    assert asked == 1
    assert [one.state.value for one in queries.attempts_of(order.id)] == ["closed", "closed"]


def test_an_answer_about_another_merchant_is_judged_anew_once_the_settings_are_right(app: Flask, pay: FakePay) -> None:
    order = an_order()
    payments.start(order.number, order.traveller_id, DESK, pay, NOW)  # type: ignore[arg-type]
    number = queries.attempts_of(order.id)[0].out_trade_no
    ours = a_payment(number, order.total)
    pay.known[number] = builders.replace(ours, ours=False, merchant="1999999999")
    payments.check(order.number, order.traveller_id, pay, NOW)  # type: ignore[arg-type]
    pay.known[number] = ours

    payments.check(order.number, order.traveller_id, pay, NOW + timedelta(seconds=5))  # type: ignore[arg-type]

    assert order_by_number(order.number).state.value == "paid"


def test_a_strange_notice_waits_until_somebody_has_looked_into_it(app: Flask) -> None:
    payments.accept(a_refund_notice(builders.a_told_refund("RNOBODYASKED", S.SUCCESS, Money(5_00, Currency.EUR))), NOW)
    [strange] = queries.strange_notices()
    assert money_queries.standing(NOW).notices == {Verdict.UNKNOWN_REFUND: 1}

    assert payments.look_into(strange.id, "made on the platform by the accountant", "staff:1", NOW)

    assert queries.strange_notices() == []
    assert not payments.look_into(strange.id, "again", "staff:1", NOW)
