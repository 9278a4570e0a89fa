"""A companion pays with their own WeChat: another attempt, the earlier one closed first, and the order paid once."""
import json
from datetime import timedelta

import builders
import pytest
from builders import NOW, a_notice, a_payment, a_product, a_traveller, an_order
from flask import Flask

from shop.base.ids import TravellerId
from shop.gateways.pay import OrderClosed, PaymentState, PayUnavailable
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments import pay_links, queries, refund_queries, refunding
from shop.payments.commands import PayWindowClosed
from shop.payments.states import AttemptState, Verdict

from .conftest import DESK, FakePay

SECRET = builders.SECRET
A = AttemptState


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Two bottles for Alice, waiting for their payment."""
    return an_order({a_product("SP-TWO", on_hand=10): 2}, traveller=a_traveller("oAlice"))


@pytest.fixture
def bob(app: Flask) -> TravellerId:
    return a_traveller("oBob")


def own(order: OrderView, pay: FakePay) -> dict[str, str]:
    return payments.start(order.number, order.traveller_id, DESK, pay, NOW)  # type: ignore[arg-type]


def by(payer: TravellerId, order: OrderView, pay: FakePay) -> dict[str, str]:
    return payments.start(order.number, payer, DESK, pay, NOW, invited=True)  # type: ignore[arg-type]


def states(order: OrderView) -> list[AttemptState]:
    return [one.state for one in queries.attempts_of(order.id)]


def openids(pay: FakePay) -> list[str]:
    return [json.loads(body)["openid"] for body in pay.opened]


def test_a_companion_pays_with_their_own_openid(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    by(bob, order, pay)
    no = queries.attempts_of(order.id)[0].out_trade_no
    payments.accept(a_notice(a_payment(no, order.total)), NOW)

    assert openids(pay) == ["oBob"]
    after = order_by_number(order.number)
    assert (after.state, after.traveller_id) == (OrderState.PAID, order.traveller_id)
    assert queries.has_paid(order.id, bob)
    assert not queries.has_paid(order.id, order.traveller_id)
    assert [one.by_companion for one in refund_queries.payments_of(order.id)] == [True]


def test_without_a_link_nobody_else_can_open_the_payment(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    with pytest.raises(NoSuchOrder):
        payments.start(order.number, bob, DESK, pay, NOW)  # type: ignore[arg-type]

    assert (pay.opened, states(order)) == ([], [])


def test_another_payers_attempt_is_closed_at_wechat_before_a_new_one_is_opened(
    order: OrderView, bob: TravellerId, pay: FakePay
) -> None:
    own(order, pay)
    by(bob, order, pay)
    own(order, pay)

    first, second, _ = queries.attempts_of(order.id)
    assert states(order) == [A.CLOSED, A.CLOSED, A.PREPAID]
    assert pay.closed == [first.out_trade_no, second.out_trade_no]
    assert openids(pay) == ["oAlice", "oBob", "oAlice"]


def test_the_same_companion_twice_is_one_attempt(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    first = by(bob, order, pay)

    assert by(bob, order, pay)["package"] == first["package"]
    assert (len(pay.opened), pay.closed) == (1, [])


def test_the_order_was_paid_meanwhile_so_no_second_payment_is_opened(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    own(order, pay)
    pay.say(queries.attempts_of(order.id)[0].out_trade_no, PaymentState.SUCCESS, order.total)  # and the notice is late

    with pytest.raises(PayWindowClosed):
        by(bob, order, pay)

    assert (openids(pay), states(order)) == (["oAlice"], [A.PAID])
    assert order_by_number(order.number).state is OrderState.PAID


def test_it_is_paid_between_the_question_and_the_closing(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    own(order, pay)
    no = queries.attempts_of(order.id)[0].out_trade_no
    asked: list[str] = []

    def pays(_: str) -> None:  # after the first question
        asked.append(no)
        pay.meanwhile = lambda _: pay.say(no, PaymentState.SUCCESS, order.total)

    pay.meanwhile = pays
    with pytest.raises(PayWindowClosed):
        by(bob, order, pay)

    assert asked == [no]
    assert (openids(pay), states(order)) == (["oAlice"], [A.PAID])


def test_while_wechat_does_not_answer_nothing_is_opened_and_nothing_closed(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    own(order, pay)
    pay.refuses(PayUnavailable("timeout"))

    with pytest.raises(PayUnavailable):
        by(bob, order, pay)

    assert (openids(pay), states(order)) == (["oAlice"], [A.PREPAID])


def test_an_attempt_that_was_taken_over_while_wechat_was_asked_gives_nobody_its_parameters(
    order: OrderView, bob: TravellerId, pay: FakePay
) -> None:
    pay.meanwhile = lambda _: own(order, pay)  # the traveller presses the button while Bob's attempt is being opened

    with pytest.raises(PayWindowClosed):
        by(bob, order, pay)

    assert states(order) == [A.CLOSED, A.PREPAID]
    assert openids(pay) == ["oBob", "oAlice"]


def test_an_error_body_of_a_companions_attempt_is_asked_about(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    pay.refuses(OrderClosed("ORDER_CLOSED", 400))

    with pytest.raises(PayWindowClosed):
        by(bob, order, pay)

    assert len(pay.found) == 1


def test_money_of_both_settles_once_and_the_other_one_goes_back(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    """WeChat's word about money beats everything: even a closed attempt may turn out to be paid."""
    own(order, pay)
    by(bob, order, pay)
    first, second = queries.attempts_of(order.id)

    said = [payments.accept(a_notice(a_payment(one.out_trade_no, order.total)), NOW) for one in (second, first)]

    assert said == [Verdict.SETTLES, Verdict.PAID_TWICE]
    assert [one.by_companion for one in refund_queries.payments_of(order.id)] == [True, False]


def test_what_goes_back_goes_back_from_the_companions_payment(order: OrderView, bob: TravellerId, pay: FakePay) -> None:
    by(bob, order, pay)
    no = queries.attempts_of(order.id)[0].out_trade_no
    payments.accept(a_notice(a_payment(no, order.total)), NOW)

    refunding.cancel_paid(order.number, order.traveller_id, NOW)

    paid = refund_queries.payments_of(order.id)[0]
    assert [one.payment_id for one in refund_queries.refunds_of(order.id)] == [paid.id]
    assert (paid.by_companion, paid.refunded_minor) == (True, order.total.minor)


# --- the link ---------------------------------------------------------------------------------------------------------


def test_a_link_leads_to_its_order_and_no_other(order: OrderView) -> None:
    token = pay_links.token_of(order.number, order.pay_before, SECRET)

    assert pay_links.order_behind(token, SECRET).id == order.id


def test_a_link_is_refused_when_a_letter_is_wrong_and_says_nothing_about_why(order: OrderView) -> None:
    token = pay_links.token_of(order.number, order.pay_before, SECRET)
    other = an_order(traveller=a_traveller("oCarol"))
    seal = token.partition("-")[2]
    wrong = [
        token[:-1] + ("0" if token[-1] != "0" else "1"), f"{other.number}-{seal}", f"DNOBODY1-{seal}", seal, order.number, "", "-",
        token.upper(), token + "0", f" {token}", pay_links.token_of(order.number, order.pay_before, "another secret"),
        pay_links.token_of(order.number, order.pay_before + timedelta(minutes=1), SECRET), "订单-" + seal,
        f"{order.number}-{seal[:-1]}\x00",
    ]  # fmt: skip

    for token in wrong:
        with pytest.raises(pay_links.NoSuchPayLink):
            pay_links.order_behind(token, SECRET)


@pytest.mark.parametrize(
    ("name", "short"),
    [("WANG XIAOMING", "W. X."), ("Wang, Xiaoming", "W. X."), ("O'NEIL", "O."), ("–", "–."), ("", ""), ("  ŁUKASZ  ", "Ł.")],
)
def test_a_companion_reads_initials(name: str, short: str) -> None:
    assert pay_links.initials(name) == short
