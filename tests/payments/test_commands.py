"""Opening a payment, asking WeChat, cancelling and closing: whatever breaks in between, money and goods agree."""
import json
from datetime import datetime, timedelta

import builders
import pytest
from builders import NOW, a_notice, a_payment, a_product, a_traveller, an_order, stock_of
from flask import Flask
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import TravellerId
from shop.gateways.pay import AlreadyPaid, OrderClosed, PayBusy, PaymentState, PayRefused, PayUnavailable
from shop.orders import commands as orders
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState
from shop.payments import commands as payments
from shop.payments import queries
from shop.payments.commands import PayWindowClosed
from shop.payments.models import Attempt
from shop.payments.queries import AttemptView
from shop.payments.states import AttemptState

from .conftest import DESK, FakePay

S = OrderState
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def traveller(app: Flask) -> TravellerId:
    return a_traveller("oAlice")


@pytest.fixture
def order(traveller: TravellerId) -> OrderView:
    """Two bottles of ten, waiting for their payment."""
    return an_order({a_product("SP-TWO", on_hand=10): 2}, traveller=traveller)


def _start(order: OrderView, pay: FakePay, now: datetime = NOW) -> dict[str, str]:
    return payments.start(order.number, order.traveller_id, DESK, pay, now)  # type: ignore[arg-type]


def _check(order: OrderView, pay: FakePay, now: datetime) -> OrderState:
    return payments.check(order.number, order.traveller_id, pay, now)  # type: ignore[arg-type]


def _cancel(order: OrderView, pay: FakePay, now: datetime = NOW) -> OrderState:
    return payments.cancel(order.number, order.traveller_id, pay, now)  # type: ignore[arg-type]


def _ask(pay: FakePay, now: datetime) -> int:
    return payments.ask_about_waiting(pay, now)  # type: ignore[arg-type]


def _expire(pay: FakePay, now: datetime) -> int:
    return payments.expire_overdue(pay, now)  # type: ignore[arg-type]


def _attempts(order: OrderView) -> list[AttemptView]:
    return queries.attempts_of(order.id)


def _state(order: OrderView) -> OrderState:
    return order_by_number(order.number).state


def _paid_at_wechat(order: OrderView, pay: FakePay, transaction_id: str = "") -> None:
    """The traveller has paid, and no notice comes."""
    pay.say(_attempts(order)[-1].out_trade_no, PaymentState.SUCCESS, order.total, transaction_id)


# --- start ------------------------------------------------------------------------------------------------------------


def test_a_payment_is_opened_with_what_the_order_costs(order: OrderView, pay: FakePay) -> None:
    parameters = _start(order, pay)

    asked = json.loads(pay.opened[0])
    assert parameters["package"] == "prepay_id=wx1"
    assert (asked["total"], asked["currency"], asked["openid"]) == (order.total.minor, "EUR", "oAlice")
    assert (asked["time_expire"], asked["notify_url"]) == (order.pay_before.isoformat(), DESK.notify_url)
    assert order.number in asked["description"]
    assert [(a.state, a.prepay_at) for a in _attempts(order)] == [(AttemptState.PREPAID, NOW)]


def test_the_attempt_is_written_down_before_wechat_is_called(order: OrderView, pay: FakePay) -> None:
    seen: list[AttemptView] = []
    pay.meanwhile = lambda no: seen.extend(_attempts(order))

    _start(order, pay)

    assert [(a.state, a.amount_minor) for a in seen] == [(AttemptState.CREATED, order.total.minor)]
    assert seen[0].out_trade_no == json.loads(pay.opened[0])["out_trade_no"]


@pytest.mark.parametrize(
    "fault", [PayUnavailable("timeout"), SystemExit(), PayRefused("PARAM_ERROR", 400)], ids=["no answer", "crash", "refused"]
)
def test_after_a_fault_the_same_bytes_are_sent_again(order: OrderView, pay: FakePay, fault: BaseException) -> None:
    pay.refuses(fault)
    with pytest.raises(type(fault)):
        _start(order, pay)

    parameters = _start(order, pay, NOW + MINUTE)

    assert parameters["package"] == "prepay_id=wx2"
    assert pay.opened[0] == pay.opened[1]
    assert len(_attempts(order)) == 1


def test_a_prepay_id_that_still_lives_is_used_again_without_a_call(order: OrderView, pay: FakePay) -> None:
    first = _start(order, pay)

    again = _start(order, pay, NOW + 10 * MINUTE)

    assert again["package"] == first["package"]
    assert again["timeStamp"] != first["timeStamp"]
    assert len(pay.opened) == 1


def test_a_prepay_id_that_has_died_is_renewed_with_the_same_bytes(traveller: TravellerId, pay: FakePay) -> None:
    placed = orders.place(
        builders.a_plan({a_product(): 1}), traveller, "key-1", builders.Currency.EUR, timedelta(hours=6), NOW
    )
    order = order_by_number(placed.number)
    _start(order, pay)

    renewed = _start(order, pay, NOW + timedelta(hours=2))

    assert renewed["package"] == "prepay_id=wx2"
    assert pay.opened[0] == pay.opened[1]


@pytest.mark.parametrize(
    ("before_the_end", "opens"),
    [(2 * MINUTE, True), (61 * SECOND, True), (60 * SECOND, False), (timedelta(), False), (-MINUTE, False)],
)
def test_a_payment_is_not_opened_when_its_time_is_nearly_over(
    order: OrderView, pay: FakePay, before_the_end: timedelta, opens: bool
) -> None:
    now = order.pay_before - before_the_end
    if opens:
        assert _start(order, pay, now)["package"] == "prepay_id=wx1"
        return
    with pytest.raises(PayWindowClosed):
        _start(order, pay, now)
    assert (pay.opened, _attempts(order)) == ([], [])


@pytest.mark.parametrize("state", [state for state in OrderState if state is not S.AWAITING_PAYMENT])
def test_only_an_order_that_waits_can_be_paid(order: OrderView, pay: FakePay, state: OrderState) -> None:
    builders.set_order(order.number, state=state.value)

    with pytest.raises(PayWindowClosed):
        _start(order, pay)
    assert pay.opened == []


def test_nobody_opens_a_payment_for_somebody_elses_order(order: OrderView, pay: FakePay) -> None:
    with pytest.raises(NoSuchOrder):
        payments.start(order.number, a_traveller(), DESK, pay, NOW)  # type: ignore[arg-type]


def test_when_wechat_says_it_is_paid_the_shop_asks_and_believes_the_answer(order: OrderView, pay: FakePay) -> None:
    pay.refuses(PayUnavailable("timeout"))
    with pytest.raises(PayUnavailable):
        _start(order, pay)
    _paid_at_wechat(order, pay)
    pay.refuses(AlreadyPaid())

    with pytest.raises(PayWindowClosed):
        _start(order, pay, NOW + MINUTE)

    assert _state(order) is S.PAID


def test_an_unsigned_word_that_it_is_paid_pays_nothing(order: OrderView, pay: FakePay) -> None:
    pay.refuses(AlreadyPaid())

    with pytest.raises(PayWindowClosed):
        _start(order, pay)

    assert _state(order) is S.AWAITING_PAYMENT


def test_an_attempt_that_wechat_has_closed_is_followed_by_another_one(order: OrderView, pay: FakePay) -> None:
    pay.refuses(PayUnavailable("timeout"))
    with pytest.raises(PayUnavailable):
        _start(order, pay)
    pay.say(_attempts(order)[0].out_trade_no, PaymentState.CLOSED, order.total)
    pay.refuses(OrderClosed())
    with pytest.raises(PayWindowClosed):
        _start(order, pay, NOW + MINUTE)

    _start(order, pay, NOW + 2 * MINUTE)

    assert [a.state for a in _attempts(order)] == [AttemptState.CLOSED, AttemptState.PREPAID]
    assert len({json.loads(body)["out_trade_no"] for body in pay.opened}) == 2


def test_a_payment_that_was_heard_meanwhile_is_not_made_unpaid_by_the_answer(order: OrderView, pay: FakePay) -> None:
    pay.meanwhile = lambda no: payments.accept(a_notice(a_payment(no, order.total)), NOW)

    with pytest.raises(PayWindowClosed):
        _start(order, pay)

    assert [a.state for a in _attempts(order)] == [AttemptState.PAID]
    assert _state(order) is S.PAID


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_traveller_who_comes_back_from_paying_is_believed_when_wechat_confirms(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    assert _check(order, pay, NOW + SECOND) is S.AWAITING_PAYMENT
    _paid_at_wechat(order, pay)

    assert _check(order, pay, NOW + 3 * SECOND) is S.PAID
    assert stock_of("SP-TWO") == (10, 0, 2, 0)


def test_impatience_does_not_reach_wechat_more_than_once_a_second(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)

    for tenth in range(10):
        _check(order, pay, NOW + tenth * SECOND / 10)

    assert len(pay.found) == 1


def test_a_paid_order_is_not_asked_about(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _paid_at_wechat(order, pay)
    _check(order, pay, NOW + SECOND)
    pay.found.clear()

    assert _check(order, pay, NOW + MINUTE) is S.PAID
    assert pay.found == []


@pytest.mark.parametrize(
    "fault", [PayUnavailable("timeout"), PayRefused("SIGN_ERROR", 401), PayBusy()], ids=lambda fault: fault.code
)
def test_when_wechat_cannot_be_asked_the_answer_is_what_we_know(order: OrderView, pay: FakePay, fault: Exception) -> None:
    _start(order, pay)
    pay.refuses(fault)

    assert _check(order, pay, NOW + SECOND) is S.AWAITING_PAYMENT


def test_what_a_question_has_told_is_not_told_again_by_the_notice(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _paid_at_wechat(order, pay, "4200-one")
    _check(order, pay, NOW + SECOND)

    payments.accept(a_notice(pay.known[_attempts(order)[0].out_trade_no]), NOW + MINUTE)

    assert [n.verdict.value for n in queries.notices_of(order.id)] == ["settles", "repeat"]
    assert stock_of("SP-TWO") == (10, 0, 2, 0)


def test_a_payment_whose_notice_never_comes_is_found_by_asking(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    assert (payments.any_question_due(NOW), _ask(pay, NOW)) == (False, 0)
    _paid_at_wechat(order, pay)

    assert payments.any_question_due(NOW + 5 * SECOND) is True
    assert [_ask(pay, NOW + 5 * SECOND), _ask(pay, NOW + 10 * MINUTE)] == [1, 0]
    assert _state(order) is S.PAID
    assert payments.any_question_due(NOW + 10 * MINUTE) is False


def test_an_unpaid_attempt_is_asked_about_less_and_less_often(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)

    for second in range(0, 30 * 60, 5):
        _ask(pay, NOW + second * SECOND)

    assert len(pay.found) == 6


def test_a_payment_is_found_although_wechat_was_away_when_the_time_ended(order: OrderView, pay: FakePay) -> None:
    """No notice, no answer until the hold is over: the question is repeated, and the money finds its order."""
    _start(order, pay)
    _paid_at_wechat(order, pay)
    now = NOW
    while now < order.hold_until + 2 * MINUTE:
        pay.refusals = [PayUnavailable("connection")]
        _ask(pay, now)
        now += 10 * SECOND
    orders.expire_due(now)
    pay.refusals.clear()
    assert _state(order) is S.EXPIRED

    assert _ask(pay, now + 15 * MINUTE) == 1
    assert _state(order) is S.PAID


# --- cancelling and closing -------------------------------------------------------------------------------------------


def test_cancelling_asks_closes_and_asks_again_before_the_stock_is_free(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    number = _attempts(order)[0].out_trade_no

    assert _cancel(order, pay) is S.CANCELLED

    assert (pay.found, pay.closed) == ([number, number], [number])
    assert stock_of("SP-TWO") == (10, 0, 0, 0)
    assert [a.state for a in _attempts(order)] == [AttemptState.CLOSED]
    assert order_by_number(order.number).history[-1].who == "traveller"


def test_an_order_nobody_tried_to_pay_is_cancelled_without_a_call(order: OrderView, pay: FakePay) -> None:
    assert _cancel(order, pay) is S.CANCELLED
    assert (pay.found, pay.closed) == ([], [])


def test_cancelling_twice_is_harmless(order: OrderView, pay: FakePay) -> None:
    _cancel(order, pay)
    before = builders.everything()

    assert _cancel(order, pay, NOW + MINUTE) is S.CANCELLED
    assert builders.everything() == before


def test_an_order_that_was_paid_before_the_question_is_paid_and_not_cancelled(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _paid_at_wechat(order, pay)

    assert _cancel(order, pay) is S.PAID
    assert (pay.closed, stock_of("SP-TWO")) == ([], (10, 0, 2, 0))


@pytest.mark.parametrize("refusal", [None, AlreadyPaid()], ids=["close says nothing", "close says paid"])
def test_a_payment_that_slips_in_between_question_and_close_wins(order: OrderView, pay: FakePay, refusal: BaseException | None) -> None:
    _start(order, pay)

    def then_pays(_no: str) -> None:
        def pays(_no: str) -> None:
            _paid_at_wechat(order, pay)
            pay.refusals += [refusal] if refusal else []

        pay.meanwhile = pays

    pay.meanwhile = then_pays

    assert _cancel(order, pay) is S.PAID
    assert stock_of("SP-TWO") == (10, 0, 2, 0)


@pytest.mark.parametrize("state", [PaymentState.USERPAYING, PaymentState.NOTPAY, PaymentState.UNKNOWN])
def test_as_long_as_somebody_could_still_pay_nothing_is_cancelled(
    order: OrderView, pay: FakePay, state: PaymentState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _start(order, pay)
    pay.say(_attempts(order)[0].out_trade_no, state, order.total)
    monkeypatch.setattr(pay, "close", lambda no: None)

    with pytest.raises(PayUnavailable):
        _cancel(order, pay)

    assert (_state(order), stock_of("SP-TWO")) == (S.AWAITING_PAYMENT, (10, 2, 0, 0))


def test_when_wechat_cannot_be_asked_nothing_is_cancelled(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    before = builders.everything()
    pay.refuses(PayUnavailable("timeout"))

    with pytest.raises(PayUnavailable):
        _cancel(order, pay)

    assert builders.everything() == before


def test_a_paid_order_is_not_cancelled_by_its_traveller(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _paid_at_wechat(order, pay)
    _check(order, pay, NOW + SECOND)

    with pytest.raises(NoSuchMove):
        _cancel(order, pay)


def test_nobody_cancels_somebody_elses_order(order: OrderView, pay: FakePay) -> None:
    with pytest.raises(NoSuchOrder):
        payments.cancel(order.number, a_traveller(), pay, NOW)  # type: ignore[arg-type]
    assert _state(order) is S.AWAITING_PAYMENT


def test_an_overdue_order_ends_with_wechats_word_that_nobody_paid(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    over = order.pay_before + SECOND

    assert [_expire(pay, order.pay_before), _expire(pay, over), _expire(pay, over)] == [0, 1, 0]
    assert (_state(order), stock_of("SP-TWO"), len(pay.closed)) == (S.EXPIRED, (10, 0, 0, 0), 1)


def test_an_overdue_order_that_was_paid_in_the_last_second_is_paid(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _paid_at_wechat(order, pay)

    assert _expire(pay, order.pay_before + SECOND) == 0
    assert (_state(order), stock_of("SP-TWO")) == (S.PAID, (10, 0, 2, 0))


def test_one_order_that_cannot_be_asked_about_does_not_hold_up_the_others(order: OrderView, pay: FakePay) -> None:
    other = an_order(traveller=a_traveller())
    _start(order, pay)
    _start(other, pay)
    pay.refuses(PayUnavailable("timeout"))

    assert _expire(pay, order.pay_before + SECOND) == 1
    assert {_state(order), _state(other)} == {S.AWAITING_PAYMENT, S.EXPIRED}


def test_a_closed_attempt_is_not_asked_about_any_more(order: OrderView, pay: FakePay) -> None:
    _start(order, pay)
    _cancel(order, pay)
    pay.found.clear()

    assert _ask(pay, NOW + timedelta(hours=1)) == 0
    assert pay.found == []
    with reading() as session:
        assert session.scalars(select(Attempt.next_check_at)).all() == [None]
