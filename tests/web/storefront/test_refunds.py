"""Money that goes back, as its traveller sees it: cancelling a paid order, every state of a refund, and odd payments."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.base import clock
from shop.base.ids import TravellerId
from shop.base.money import Currency, Money
from shop.gateways.pay import PlainAmount, RefundNoFunds, RefundRequest, RefundState
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments import refund_by_hand, refund_sending, refunding
from shop.payments.refund_queries import RefundView, payments_of, refunds_of
from shop.payments.refund_rules import Amount, Lines, What, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause, Verdict
from shop.sandbox import Sandbox
from shop.web.storefront import money_back
from shop.web.wiring import wiring

Page = Callable[[OrderView], str]


@pytest.fixture
def see(signed_in: FlaskClient) -> Page:
    """The order's page in English."""
    return lambda order: signed_in.get(f"/orders/{order.number}?lang=en").text


@pytest.fixture
def two_and_one(traveller: TravellerId, day: date) -> OrderView:
    """A paid order of two pieces at 50 euros and one at 20."""
    torf = builders.a_product("SP-A", price=50_00, name=builders.same("Torf"))
    return builders.a_paid_order({torf: 2, builders.a_product("SP-B", price=20_00): 1}, traveller=traveller, now=clock.now(), date=day)


def ask(order: OrderView, what: What, cause: Cause = Cause.GOODWILL) -> RefundView:
    refunding.ask_refund(order.number, what, Why(cause, "staff:1"), clock.now())
    return refunds_of(order.id)[-1]


def hear(refund: RefundView, state: RefundState, at: datetime | None = None, **more: object) -> None:
    """WeChat says what became of the refund."""
    told = builders.a_told_refund(refund.out_refund_no, state, Money(refund.amount_minor, Currency(refund.currency)), **more)
    assert refund_sending.apply(told, at or clock.now())


def pay(order: OrderView, paid: Money, **more: Any) -> Verdict:
    """WeChat tells of one more payment for the order."""
    payment = replace(builders.a_payment(builders.an_attempt(order, clock.now()), paid), **more)
    return payments.accept(builders.a_notice(payment, now=clock.now()), clock.now())


def text_of(shown: str) -> str:
    return " ".join(shown.split())


# --- cancelling a paid order ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["paid", "packing", "ready"])
def test_a_paid_order_can_be_given_back_and_says_how_long_that_takes(see: Page, paid: OrderView, state: str) -> None:
    builders.set_order(paid.number, state=state)

    shown = text_of(see(paid))

    assert "<summary>Cancel and get the money back</summary>" in shown
    assert f'action="/orders/{paid.number}/cancel-paid"' in shown
    assert "The refund is started now; your bank or wallet usually has it within minutes to 3 working days" in shown
    assert "Yes, cancel and refund €50.00" in shown


def test_giving_back_ends_the_order_and_starts_its_refund(signed_in: FlaskClient, two_and_one: OrderView) -> None:
    answer = signed_in.post(f"/orders/{two_and_one.number}/cancel-paid", data={"csrf_token": "page"})

    assert answer.status_code == 303
    assert answer.location == f"/orders/{two_and_one.number}#refund"
    shown = signed_in.get(f"/orders/{two_and_one.number}?lang=en").text
    assert "state--cancelled" in shown
    assert "Order cancelled" in shown
    assert "It is started." in shown
    assert 'class="price"><small>€</small>120.00' in shown
    assert "cancel-paid" not in shown
    assert f"/orders/{two_and_one.number}/pickup" not in shown
    assert builders.stock_of("SP-A") == (10, 0, 0, 0)
    assert signed_in.get(f"/orders/{two_and_one.number}/pickup").status_code == 404


def test_giving_back_twice_refunds_once(signed_in: FlaskClient, paid: OrderView) -> None:
    answers = [signed_in.post(f"/orders/{paid.number}/cancel-paid", data={"csrf_token": "page"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(refunds_of(paid.id)) == 1


def test_the_order_waits_for_wechat_and_then_says_that_it_is_paid_back(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox, see: Page
) -> None:
    """The whole way through WeChat Pay, whose notices get lost."""
    desk = payments.PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")
    payments.start(unpaid.number, unpaid.traveller_id, desk, wiring().pay, clock.now())
    wechat.control.pay(wechat.control.orders()[-1]["out_trade_no"], notify=False)
    signed_in.post(f"/orders/{unpaid.number}/check", data={"csrf_token": "page"})
    signed_in.post(f"/orders/{unpaid.number}/cancel-paid", data={"csrf_token": "page"})
    wechat.control.top_up(unpaid.total.minor)

    refund_sending.send_due(wiring().pay, "http://localhost/callbacks/wechat-pay/refund", clock.now())
    (refund,) = refunds_of(unpaid.id)
    assert 'data-refund="processing"' in see(unpaid)
    wechat.control.end_refund(refund.out_refund_no, "SUCCESS", notify=False)
    refund_sending.ask_about(wiring().pay, clock.now() + timedelta(minutes=5))

    shown = see(unpaid)
    assert 'data-refund="success"' in shown
    assert "Paid back on" in shown
    assert "CN¥" in shown
    assert "Refunded" in shown


@pytest.mark.parametrize("change", [{"state": "collected"}, {"state": "partly_collected"}, {"state": "no_show"}, {"departs_at": None}])
def test_what_is_collected_or_has_flown_is_not_given_back(
    signed_in: FlaskClient, paid: OrderView, see: Page, change: dict[str, object]
) -> None:
    if "departs_at" in change:
        change = {"departs_at": clock.now() - timedelta(seconds=1)}
    builders.set_order(paid.number, **change)

    assert "cancel-paid" not in see(paid)
    answer = signed_in.post(f"/orders/{paid.number}/cancel-paid?lang=en", data={"csrf_token": "page"})

    assert answer.status_code == 409
    assert "The order has moved on meanwhile" in answer.text
    assert refunds_of(paid.id) == []


def test_an_unpaid_order_is_not_given_back(signed_in: FlaskClient, unpaid: OrderView) -> None:
    answer = signed_in.post(f"/orders/{unpaid.number}/cancel-paid", data={"csrf_token": "page"})

    assert answer.status_code == 409
    assert order_by_number(unpaid.number).state is OrderState.AWAITING_PAYMENT


def test_nobody_gives_back_somebody_elses_order_or_with_a_forged_form(signed_in: FlaskClient, paid: OrderView, day: date) -> None:
    foreign = builders.a_paid_order(now=clock.now(), date=day)

    assert signed_in.post(f"/orders/{foreign.number}/cancel-paid", data={"csrf_token": "page"}).status_code == 404
    assert signed_in.post(f"/orders/{paid.number}/cancel-paid", data={"csrf_token": "guessed"}).status_code == 403
    assert signed_in.post("/orders/%00/cancel-paid", data={"csrf_token": "page"}).status_code == 404
    assert refunds_of(foreign.id) == refunds_of(paid.id) == []


def test_what_went_back_already_is_not_promised_again(see: Page, paid: OrderView) -> None:
    ask(paid, Amount(15_00))

    assert "Yes, cancel and refund €35.00" in see(paid)


# --- the states of a refund -------------------------------------------------------------------------------------------


def test_a_refund_of_some_pieces_says_which(see: Page, two_and_one: OrderView) -> None:
    ask(two_and_one, Lines({1: 1}), Cause.SHORTAGE)

    shown = text_of(see(two_and_one))

    assert "Not available when packing" in shown
    assert '<span>Torf</span><span class="number">× 1</span>' in shown
    assert "€50.00 × 2, 1 refunded" in shown
    assert "€20.00 × 1</div>" in shown
    assert "Refund under way" in shown


def test_a_refund_of_everything_does_not_list_every_piece(see: Page, two_and_one: OrderView) -> None:
    ask(two_and_one, Whole())

    assert "<span>Torf</span>" not in see(two_and_one)


def test_a_sum_for_no_goods_in_particular_names_none(see: Page, two_and_one: OrderView) -> None:
    ask(two_and_one, Amount(5_00))

    shown = see(two_and_one)
    assert "Agreed with our staff" in shown
    assert "<span>Torf</span>" not in shown
    assert "refunded</div>" not in shown


def test_a_refund_that_waits_for_funds_says_that_nothing_is_to_be_done(see: Page, paid: OrderView) -> None:
    class NoFunds:
        def prepare_refund(self, asked: RefundRequest) -> bytes:
            return asked.out_refund_no.encode()

        def refund(self, body: bytes) -> None:
            raise RefundNoFunds

    ask(paid, Whole())
    refund_sending.send_due(NoFunds(), "http://localhost/", clock.now())  # type: ignore[arg-type]

    shown = see(paid)
    assert 'data-refund="waiting_funds"' in shown
    assert "waiting at WeChat Pay, usually for 12 to 48 hours. We keep trying" in shown


def test_a_refund_that_is_done_says_when_and_how_much_in_yuan(see: Page, paid: OrderView) -> None:
    at = datetime.fromisoformat("2026-11-25T10:30:00+00:00")
    hear(ask(paid, Whole()), RefundState.SUCCESS, success_time=at, payer_refund=PlainAmount(minor=391_25, currency="CNY"))

    shown = see(paid)

    assert "Paid back on Wed, 25 Nov 11:30." in shown
    assert '<span>In your currency</span><span class="row__price">CN¥391.25</span>' in shown
    assert 'class="state state--refund">Refunded' in shown


def test_yuan_are_said_once_when_the_shop_settles_in_them(see: Page, paid: OrderView) -> None:
    hear(ask(paid, Whole()), RefundState.SUCCESS, payer_refund=PlainAmount(minor=50_00, currency="EUR"))

    assert "In your currency" not in see(paid)


def test_a_refund_that_cannot_be_delivered_is_said_so_until_somebody_has_settled_it(see: Page, paid: OrderView) -> None:
    refund = ask(paid, Whole())
    hear(refund, RefundState.PROCESSING)
    hear(refund, RefundState.ABNORMAL)
    assert "could not deliver the money. We are looking into it." in see(paid)

    refund_by_hand.settle(refund.id, "bank transfer to the traveller's secret account", "staff:1", wiring().pay, clock.now())

    shown = see(paid)
    assert "Settled by our staff on" in shown
    assert "We are looking into it" not in shown
    assert "secret account" not in shown


def test_a_refund_that_got_a_new_number_is_one_refund_to_its_traveller(see: Page, paid: OrderView) -> None:
    hear(ask(paid, Whole()), RefundState.CLOSED)
    assert len(refunds_of(paid.id)) == 2

    shown = see(paid)

    assert shown.count("data-refund=") == 1
    assert 'data-refund="requested"' in shown


def test_a_refund_that_was_closed_for_good_is_being_looked_into(see: Page, paid: OrderView) -> None:
    ask(paid, Whole())
    for number in range(3):
        hear(refunds_of(paid.id)[number], RefundState.CLOSED)

    shown = see(paid)

    assert shown.count("data-refund=") == 1
    assert "could not deliver the money. We are looking into it." in shown


def test_two_equal_refunds_are_two(see: Page, two_and_one: OrderView) -> None:
    for _ in range(2):
        ask(two_and_one, Amount(5_00))

    assert see(two_and_one).count('data-refund="requested"') == 2
    assert len(money_back.without_replaced(refunds_of(two_and_one.id))) == 2


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words_for_the_traveller(see: Page, two_and_one: OrderView, cause: Cause) -> None:
    ask(two_and_one, Amount(1_00), cause)

    assert f"<span>{cause.value}</span>" not in see(two_and_one)
    assert see(two_and_one).count("data-refund=") == 1


# --- payments that were not as they should be ------------------------------------------------------------------------


def test_a_late_payment_is_told_to_be_on_its_way_back(see: Page, signed_in: FlaskClient, unpaid: OrderView) -> None:
    builders.set_order(unpaid.number, state="cancelled")
    assert pay(unpaid, unpaid.total) is Verdict.TOO_LATE

    before = see(unpaid)
    refunding.refund_payment(payments_of(unpaid.id)[0].id, Why(Cause.LATE_PAYMENT, "system"), clock.now())
    after = see(unpaid)

    for shown in (before, after):
        assert "Your payment of €50.00 arrived when this order had already ended. You get all of it back." in shown
    assert "data-refund" not in before
    assert "Paid after the order had ended" in after


def test_a_second_payment_is_told_to_be_on_its_way_back(see: Page, paid: OrderView) -> None:
    assert pay(paid, paid.total) is Verdict.PAID_TWICE

    shown = see(paid)

    assert "We received a second payment of €50.00 for this order. You get all of it back." in shown
    assert "state--paid" in shown
    assert "Yes, cancel and refund €50.00" in shown


def test_a_wrong_amount_is_told_and_not_asked_for_again(see: Page, unpaid: OrderView) -> None:
    assert pay(unpaid, Money(49_00, Currency.EUR)) is Verdict.WRONG_AMOUNT

    shown = see(unpaid)

    assert "We received €49.00 instead of €50.00. Our staff are looking at it" in shown
    assert 'id="pay"' not in shown
    assert "Please pay by" not in shown


def test_a_wrong_amount_that_went_back_may_be_paid_rightly(see: Page, unpaid: OrderView) -> None:
    pay(unpaid, Money(49_00, Currency.EUR))
    refunding.refund_payment(payments_of(unpaid.id)[0].id, Why(Cause.WRONG_AMOUNT, "staff:1"), clock.now())

    shown = see(unpaid)

    assert "We received €49.00 instead of €50.00. You get all of it back." in shown
    assert "Another amount was paid" in shown
    assert 'id="pay"' in shown


def test_a_payment_in_a_strange_currency_is_told_without_a_sum(see: Page, unpaid: OrderView) -> None:
    verdict = pay(unpaid, unpaid.total, amount=None, amount_said=PlainAmount(minor=5000, currency="JPY"))

    assert verdict is Verdict.WRONG_CURRENCY
    assert "We received a payment in JPY instead of €50.00." in see(unpaid)


# --- the list, and what it all costs ----------------------------------------------------------------------------------


def test_the_list_of_orders_says_that_money_goes_back(signed_in: FlaskClient, paid: OrderView) -> None:
    refund = ask(paid, Whole())
    assert "Refund under way" in signed_in.get("/orders/?lang=en").text

    hear(refund, RefundState.SUCCESS)

    assert "Refunded" in signed_in.get("/orders/").text


def test_the_money_costs_few_statements_however_many_refunds_there_are(
    signed_in: FlaskClient, two_and_one: OrderView, statements: list[str]
) -> None:
    def asked() -> int:
        statements.clear()
        assert signed_in.get(f"/orders/{two_and_one.number}").status_code == 200
        return len(statements)

    without = asked()
    ask(two_and_one, Lines({1: 1}))
    with_one = asked()
    for _ in range(5):
        ask(two_and_one, Amount(1_00))

    # one of them for what is kept of scans, one for how prices are shown, one for following the account, two for what customs allow,
    # three for the next flights
    assert without <= 16
    assert with_one <= 16
    assert asked() == with_one
