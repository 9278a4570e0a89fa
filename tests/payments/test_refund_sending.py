"""Refunds on their way: one number until WeChat has closed it, whatever is lost, late, twice or too soon."""
import json
from collections import Counter
from datetime import datetime, timedelta

import builders
import pytest
from builders import NOW, a_paid_order, a_product, a_refund_notice
from flask import Flask

from payments.conftest import FakePay
from shop.base.errors import ShopError
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    PayBusy,
    PayRefused,
    PayUnavailable,
    RefundImpossible,
    RefundNoFunds,
    RefundState,
    RefundTooSoon,
)
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.orders.states import RefundState as OrderRefund
from shop.payments import commands as payments
from shop.payments import events, queries, refund_by_hand, refund_queries, refund_rules, refund_sending, refunding
from shop.payments.refund_queries import RefundView
from shop.payments.refund_rules import Amount, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage, Verdict

URL = "https://shop.example/callbacks/wechat-pay/refund"
G, S = RefundStage, RefundState


@pytest.fixture
def order(app: Flask) -> OrderView:
    return a_paid_order({a_product(price=50_00): 2})


@pytest.fixture
def refund(order: OrderView) -> RefundView:
    return _asked(order)


def _asked(order: OrderView, what: refund_rules.What = Whole()) -> RefundView:  # noqa: B008 - frozen
    found = refund_queries.refund_by_id(refunding.ask_refund(order.number, what, Why(Cause.GOODWILL, "staff:1"), NOW))
    assert found is not None
    return found


def _now(refund: RefundView) -> RefundView:
    found = refund_queries.refund_by_id(refund.id)
    assert found is not None
    return found


def _send(pay: FakePay, now: datetime = NOW) -> int:
    return refund_sending.send_due(pay, URL, now)  # type: ignore[arg-type]


def _question(pay: FakePay, now: datetime) -> int:
    return refund_sending.ask_about(pay, now)  # type: ignore[arg-type]


def _refund_state(order: OrderView) -> OrderRefund:
    return order_by_number(order.number).refund_state


def test_a_refund_is_sent_accepted_asked_about_and_done(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    assert _send(pay) == 1
    assert (_now(refund).state, _refund_state(order)) == (G.PROCESSING, OrderRefund.REQUESTED)
    assert _question(pay, NOW + timedelta(seconds=9)) == 0
    pay.say_refund(refund.out_refund_no, S.SUCCESS, order.total)

    assert _question(pay, NOW + timedelta(seconds=11)) == 1

    done = _now(refund)
    assert (done.state, done.done_at, done.next_try_at) == (G.SUCCESS, NOW, None)
    assert (done.payer_minor, done.payer_currency, done.refund_id) == (order.total.minor * 8, "CNY", f"5030{refund.out_refund_no[-8:]}")
    assert _refund_state(order) is OrderRefund.REFUNDED
    assert builders.announced(events.REFUNDED) == [(events.REFUNDED, order.id)]


def test_what_is_asked_of_wechat(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    _send(pay)

    asked = json.loads(pay.refunded[0])
    assert (asked["out_refund_no"], asked["refund"], asked["total"], asked["notify_url"]) == (
        refund.out_refund_no, order.total.minor, order.total.minor, URL,
    )  # fmt: skip
    assert asked["transaction_id"] == refund_queries.payments_of(order.id)[0].transaction_id
    assert asked["reason"]


@pytest.mark.parametrize("error", [PayUnavailable("timeout"), PayBusy(), RefundTooSoon(), PayRefused("INVALID_REQUEST", 400)])
def test_an_unknown_outcome_is_repeated_with_the_same_number_and_the_same_bytes(
    order: OrderView, refund: RefundView, pay: FakePay, error: ShopError
) -> None:
    pay.refuses(error, error)
    moment = NOW
    for _ in range(3):
        _send(pay, moment)
        moment = _now(refund).next_try_at or moment

    assert len(pay.refunded) == 3
    assert len(set(pay.refunded)) == 1
    assert (_now(refund).state, len(refund_queries.refunds_of(order.id))) == (G.PROCESSING, 1)


def test_a_refund_waits_for_funds_as_long_as_it_takes(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.refuses(*[RefundNoFunds()] * 48)
    moment, tries = NOW, 0
    while _now(refund).state in (G.REQUESTED, G.WAITING_FUNDS):
        _send(pay, moment)
        tries += 1
        if _now(refund).state is G.WAITING_FUNDS:
            assert [one.id for one in refund_queries.waiting_for_funds()] == [refund.id]
        moment = _now(refund).next_try_at or moment

    assert (tries, len(set(pay.refunded)), _now(refund).state) == (49, 1, G.PROCESSING)
    assert timedelta(days=1) < moment - NOW < timedelta(days=3)
    assert refund_queries.for_a_person() == []


def test_two_refunds_of_one_payment_go_a_minute_apart(order: OrderView, pay: FakePay) -> None:
    first, second = _asked(order, Amount(1_00)), _asked(order, Amount(2_00))

    sent = [_send(pay, NOW + timedelta(seconds=s)) for s in (0, 30, 60, 61)]

    assert sent == [1, 0, 0, 1]
    assert [json.loads(body)["out_refund_no"] for body in pay.refunded] == [first.out_refund_no, second.out_refund_no]


def test_refunds_of_different_payments_do_not_wait_for_each_other(app: Flask, pay: FakePay) -> None:
    for _ in range(3):
        _asked(a_paid_order(), Amount(1_00))

    assert _send(pay) == 3


def test_nobody_sends_what_somebody_else_is_sending(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.meanwhile = lambda _no: _send(pay)

    _send(pay)

    assert len(pay.refunded) == 1


def test_an_answer_that_came_after_the_notice_changes_nothing(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    notice = a_refund_notice(builders.a_told_refund(refund.out_refund_no, S.SUCCESS, order.total))
    pay.meanwhile = lambda _no: payments.accept(notice, NOW)
    pay.refuses(PayUnavailable("timeout"))

    _send(pay)

    assert (_now(refund).state, _now(refund).next_try_at) == (G.SUCCESS, None)


@pytest.mark.parametrize(
    ("state", "stage", "announced"),
    [(S.SUCCESS, G.SUCCESS, events.REFUNDED), (S.ABNORMAL, G.ABNORMAL, events.REFUND_ABNORMAL)],
)
def test_a_notice_moves_a_refund_on_once(
    order: OrderView, refund: RefundView, pay: FakePay, state: RefundState, stage: RefundStage, announced: str
) -> None:
    _send(pay)
    notice = a_refund_notice(builders.a_told_refund(refund.out_refund_no, state, order.total))

    verdicts = [payments.accept(notice, NOW) for _ in range(3)]

    assert verdicts == [Verdict.ABOUT_A_REFUND] * 3
    assert (_now(refund).state, builders.announced(announced)) == (stage, [(announced, order.id)])
    assert len([one for one in queries.notices_of(order.id) if one.verdict is Verdict.ABOUT_A_REFUND]) == 1


def test_words_out_of_order_do_not_take_a_refund_back(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    for state in (S.SUCCESS, S.PROCESSING, S.ABNORMAL, S.CLOSED, S.UNKNOWN):
        payments.accept(a_refund_notice(builders.a_told_refund(refund.out_refund_no, state, order.total)), NOW)

    assert _now(refund).state is G.SUCCESS
    assert len(refund_queries.refunds_of(order.id)) == 1


def test_a_notice_of_another_amount_or_merchant_moves_nothing(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    other = builders.a_told_refund(refund.out_refund_no, S.SUCCESS, order.total + Money(1, Currency.EUR))
    right = builders.a_told_refund(refund.out_refund_no, S.SUCCESS, order.total)

    assert payments.accept(a_refund_notice(other), NOW) is Verdict.UNKNOWN_REFUND
    assert payments.accept(a_refund_notice(right, ours=False), NOW) is Verdict.FOREIGN_MERCHANT
    assert _now(refund).state is G.REQUESTED


def test_only_a_closed_refund_gets_a_new_number_and_a_person_looks_after_the_third(
    order: OrderView, refund: RefundView, pay: FakePay
) -> None:
    for _ in range(4):
        for one in refund_queries.refunds_of(order.id):
            payments.accept(a_refund_notice(builders.a_told_refund(one.out_refund_no, S.CLOSED, order.total)), NOW)

    refunds = refund_queries.refunds_of(order.id)
    assert [one.state for one in refunds] == [G.CLOSED] * 3
    assert len({one.out_refund_no for one in refunds}) == 3
    assert Counter(name for name, _ in builders.announced())[events.NEEDS_A_PERSON] == 1
    assert refund_queries.payments_of(order.id)[0].left_minor == order.total.minor


def test_what_wechat_cannot_deliver_is_a_persons(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.refuses(RefundImpossible("USER_ACCOUNT_ABNORMAL"))
    _send(pay)

    assert [(one.id, one.last_said) for one in refund_queries.for_a_person()] == [(refund.id, "refund_impossible")]
    assert refund_by_hand.try_now(refund.id, NOW + timedelta(minutes=2))
    assert _send(pay, NOW + timedelta(minutes=2)) == 1
    payments.accept(a_refund_notice(builders.a_told_refund(refund.out_refund_no, S.ABNORMAL, order.total)), NOW)
    assert refund_by_hand.settle(refund.id, "paid by bank transfer", "staff:1", pay, NOW)  # type: ignore[arg-type]
    assert refund_queries.for_a_person() == []
    assert (_now(refund).state, _now(refund).handled_note) == (G.BY_HAND, "paid by bank transfer")


def test_what_is_refused_again_and_again_is_a_persons(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.refuses(*[PayRefused("PARAM_ERROR", 400)] * refund_rules.STUCK_AFTER)
    moment = NOW
    for _ in range(refund_rules.STUCK_AFTER):
        _send(pay, moment)
        moment = _now(refund).next_try_at or moment

    assert [one.id for one in refund_queries.for_a_person()] == [refund.id]


def test_a_person_can_hurry_what_waits_but_not_what_has_ended(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    pay.refuses(RefundNoFunds())
    _send(pay)
    assert refund_by_hand.try_now(refund.id, NOW + timedelta(seconds=5))
    assert _send(pay, NOW + timedelta(seconds=5)) == 1
    pay.say_refund(refund.out_refund_no, S.SUCCESS, order.total)
    assert _question(pay, NOW + timedelta(hours=1)) == 1

    assert not refund_by_hand.try_now(refund.id, NOW)
    assert not refund_by_hand.settle(refund.id, "x", "staff:1", pay, NOW)  # type: ignore[arg-type]
    assert not refund_by_hand.try_now(10**6, NOW)


def test_partly_refunded_is_what_the_order_is_when_a_part_has_gone_back(order: OrderView, pay: FakePay) -> None:
    part = _asked(order, Amount(1_00))
    payments.accept(a_refund_notice(builders.a_told_refund(part.out_refund_no, S.SUCCESS, Money(1_00, Currency.EUR))), NOW)

    assert _refund_state(order) is OrderRefund.PARTLY_REFUNDED
    assert order_by_number(order.number).state is OrderState.PAID


def test_a_question_without_answer_is_asked_again_later(order: OrderView, refund: RefundView, pay: FakePay) -> None:
    _send(pay)
    pay.refuses(PayUnavailable("timeout"))
    assert _question(pay, NOW + timedelta(seconds=11)) == 0
    pay.refunds.clear()
    assert _question(pay, _now(refund).next_try_at or NOW) == 0

    assert _now(refund).state is G.PROCESSING
    assert (_now(refund).next_try_at or NOW) > NOW + timedelta(seconds=60)
