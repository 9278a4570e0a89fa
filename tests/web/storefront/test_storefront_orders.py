"""A traveller's orders: the list, one order, asking WeChat, cancelling; and that they are nobody else's."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.commands import Asked
from shop.sandbox import Sandbox
from shop.web.wiring import wiring


def open_payment(order: OrderView) -> dict[str, str]:
    """What the pay button asks the API for: an attempt that WeChat Pay knows."""
    desk = payments.PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")
    return payments.start(order.number, order.traveller_id, desk, wiring().pay, clock.now())


def pay_silently(wechat: Sandbox, order: OrderView) -> None:
    """Pay at WeChat, whose notice gets lost."""
    open_payment(order)
    wechat.control.pay(wechat.control.orders()[-1]["out_trade_no"], notify=False)


def test_a_visitor_is_sent_to_sign_in_from_every_page_of_a_traveller(client: FlaskClient, unpaid: OrderView) -> None:
    for path in ("/orders/", f"/orders/{unpaid.number}", f"/orders/{unpaid.number}/pickup", "/checkout"):
        answer = client.get(path)

        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in?next=")


def test_an_order_to_pay_has_its_deadline_and_its_pay_button(signed_in: FlaskClient, unpaid: OrderView) -> None:
    page = signed_in.get(f"/orders/{unpaid.number}?lang=en").text

    assert 'class="state state--awaiting_payment">Awaiting payment' in page
    assert "minutes left" in page
    assert f'data-payment-url="/api/v1/orders/{unpaid.number}/payment"' in page
    assert f'data-check-url="/api/v1/orders/{unpaid.number}/payment/check"' in page
    assert 'data-csrf="page"' in page
    assert 'aria-current="step">Awaiting payment' in page
    assert "<noscript>" in page
    assert "data-fresh" in page
    assert "Turn right" in page


def test_a_paid_order_leads_to_its_pickup_code(signed_in: FlaskClient, paid: OrderView) -> None:
    page = signed_in.get(f"/orders/{paid.number}?lang=zh").text

    assert 'class="state state--paid">备货中' in page
    assert f'href="/orders/{paid.number}/pickup"' in page
    assert "data-pay " not in page
    assert f'action="/orders/{paid.number}/cancel"' not in page


def test_an_order_page_costs_few_statements(signed_in: FlaskClient, unpaid: OrderView, statements: list[str]) -> None:
    statements.clear()

    signed_in.get(f"/orders/{unpaid.number}")

    # the order, its lines, history, cities, payments, what was asked of WeChat, how prices are shown, rules and goods of the trip
    assert len(statements) <= 9


@pytest.mark.parametrize(
    ("language", "refund"), [("zh", "退款中"), ("en", "Refund under way"), ("de", "Erstattung läuft")]
)
def test_every_state_has_its_page_in_every_language(
    signed_in: FlaskClient, paid: OrderView, language: str, refund: str
) -> None:
    for state in OrderState:
        builders.set_order(paid.number, state=state.value, refund_state="requested")

        answer = signed_in.get(f"/orders/{paid.number}?lang={language}")

        assert answer.status_code == 200
        assert f"state--{state.value}" in answer.text
        assert refund in answer.text


def test_an_order_past_its_time_is_shown_as_expired_although_nobody_has_swept(
    signed_in: FlaskClient, traveller: TravellerId, day: date
) -> None:
    order = builders.an_order(traveller=traveller, now=clock.now() - timedelta(hours=1), date=day)

    page = signed_in.get(f"/orders/{order.number}").text

    assert order.state is OrderState.AWAITING_PAYMENT
    assert "state--expired" in page
    assert 'id="pay"' not in page


def test_somebody_elses_order_does_not_exist(signed_in: FlaskClient, day: date) -> None:
    foreign = builders.a_paid_order(now=clock.now(), date=day)

    for path in ("", "/pickup", "/pickup.png", "/pickup.svg"):
        answer = signed_in.get(f"/orders/{foreign.number}{path}")
        assert answer.status_code == 404
        assert foreign.traveller_name not in answer.text if path in ("", "/pickup") else answer.mimetype == "text/html"
    for verb in ("check", "cancel"):
        assert signed_in.post(f"/orders/{foreign.number}/{verb}", data={"csrf_token": "page"}).status_code == 404
    assert order_by_number(foreign.number).state is OrderState.PAID


def test_a_number_that_cannot_be_is_not_found(signed_in: FlaskClient) -> None:
    for number in ("NOPE", "%00", "D" * 60, "a%20b", "..%2F", "订单"):
        assert signed_in.get(f"/orders/{number}").status_code == 404, number


def test_the_number_may_be_typed_in_small_letters(signed_in: FlaskClient, unpaid: OrderView) -> None:
    assert signed_in.get(f"/orders/{unpaid.number.lower()}").status_code == 200


def test_i_have_paid_asks_wechat_and_believes_its_answer(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox
) -> None:
    pay_silently(wechat, unpaid)

    answer = signed_in.post(f"/orders/{unpaid.number}/check", data={"csrf_token": "page"})

    assert answer.status_code == 303
    assert order_by_number(unpaid.number).state is OrderState.PAID
    assert "state--paid" in signed_in.get(answer.location).text


def test_i_have_paid_without_a_payment_says_so(signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox) -> None:
    open_payment(unpaid)

    answer = signed_in.post(f"/orders/{unpaid.number}/check", data={"csrf_token": "page"})

    assert answer.location == f"/orders/{unpaid.number}?asked=1"
    assert "WeChat Pay has no payment for this order yet" in signed_in.get(answer.location + "&lang=en").text


def test_cancelling_frees_the_goods_and_closes_the_payment(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox
) -> None:
    open_payment(unpaid)

    answer = signed_in.post(f"/orders/{unpaid.number}/cancel", data={"csrf_token": "page"})

    assert answer.status_code == 303
    assert "state--cancelled" in signed_in.get(answer.location).text
    assert builders.stock_of(unpaid.lines[0].sku) == (10, 0, 0, 0)
    assert wechat.control.orders()[-1]["trade_state"] == "CLOSED"


def test_cancelling_what_was_paid_meanwhile_keeps_the_order(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox
) -> None:
    pay_silently(wechat, unpaid)

    signed_in.post(f"/orders/{unpaid.number}/cancel", data={"csrf_token": "page"})

    assert order_by_number(unpaid.number).state is OrderState.PAID


def test_cancelling_a_paid_order_is_refused_on_its_page(signed_in: FlaskClient, paid: OrderView) -> None:
    answer = signed_in.post(f"/orders/{paid.number}/cancel?lang=en", data={"csrf_token": "page"})

    assert answer.status_code == 409
    assert "The order has moved on meanwhile" in answer.text
    assert f'href="/orders/{paid.number}?lang=de"' in answer.text


def test_cancelling_while_wechat_is_silent_changes_nothing(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox
) -> None:
    builders.an_attempt(unpaid, clock.now())
    wechat.control.fault("status", status=500, count=0, path="/v3/")

    answer = signed_in.post(f"/orders/{unpaid.number}/cancel?lang=en", data={"csrf_token": "page"})

    assert answer.status_code == 502
    assert "WeChat Pay does not answer" in answer.text
    assert order_by_number(unpaid.number).state is OrderState.AWAITING_PAYMENT


def test_my_orders_are_sorted_into_tabs(
    signed_in: FlaskClient, unpaid: OrderView, paid: OrderView, traveller: TravellerId, day: date
) -> None:
    done = builders.a_paid_order(traveller=traveller, now=clock.now(), date=day)
    builders.set_order(done.number, state="collected")
    orders = {"to_pay": unpaid, "to_collect": paid, "collected": done}

    for tab, order in orders.items():
        page = signed_in.get(f"/orders/?tab={tab}").text
        assert [o.number in page for o in orders.values()] == [o is order for o in orders.values()]
    everything = signed_in.get("/orders/?tab=rubbish").text
    assert all(order.number in everything for order in orders.values())


def test_a_traveller_without_orders_is_led_to_the_shop(signed_in: FlaskClient) -> None:
    assert 'class="empty"' in signed_in.get("/orders/?after=rubbish").text


def test_many_orders_are_paged(signed_in: FlaskClient, traveller: TravellerId, day: date) -> None:
    sku = builders.a_product(on_hand=50)
    for _ in range(22):
        builders.an_order({sku: 1}, traveller=traveller, now=clock.now(), date=day)

    first = signed_in.get("/orders/?tab=to_pay").text
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    assert first.count('class="order-card"') == 20
    assert signed_in.get(f"/orders/{following}").text.count('class="order-card"') == 2


def test_what_is_kept_of_a_hand_over_has_a_deletion_date_that_the_traveller_sees(signed_in: FlaskClient, paid: OrderView) -> None:
    before = signed_in.get(f"/orders/{paid.number}?lang=en").text
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=frozenset({"residence"})))
    device, _ = builders.a_device()
    asked = Asked(builders.code_of(paid), "scan-0001", clock.now(), checks={"identity": {"residence": "CN"}})
    pickup.hand_over(asked, device, builders.SECRET, clock.now())

    page = signed_in.get(f"/orders/{paid.number}?lang=en").text

    year = clock.now().astimezone(ZoneInfo("Europe/Berlin")).year + 9
    assert 'id="evidence"' not in before
    assert f"Kept of the hand-over for the tax office: residence. It is deleted on 1 Jan {year}." in page
