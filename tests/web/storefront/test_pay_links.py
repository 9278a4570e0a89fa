"""The page behind a pay link: what the order's traveller, a companion and a stranger see of it, before and after the payment."""

from datetime import date, timedelta

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import pay_links, refunding
from shop.sandbox import Sandbox

CSRF = {"csrf_token": "page"}


def link_of(order: OrderView) -> str:
    return f"/orders/pay/{pay_links.token_of(order.number, order.pay_before, builders.SECRET)}"


@pytest.fixture
def api(companion: FlaskClient, unpaid: OrderView) -> str:
    return f"/api/v1/pay-links/{link_of(unpaid).rsplit('/', 1)[1]}"


@pytest.fixture
def li(wechat: Sandbox) -> TravellerId:
    """Another traveller whom WeChat knows."""
    wechat.control.add_traveller("li")
    return builders.a_traveller(wechat.control.travellers()["li"]["openid"])


@pytest.fixture
def companion(client: FlaskClient, li: TravellerId) -> FlaskClient:
    """The companion's browser."""
    browser = client.application.test_client()
    with browser.session_transaction() as session:
        session["traveller"], session["csrf"] = li, "page"
    return browser


def pay(companion: FlaskClient, wechat: Sandbox, api: str) -> None:
    """Pay as the page does."""
    opened = companion.post(f"{api}/payment", json={}, headers={"X-CSRF-Token": "page"})
    assert opened.status_code == 201, opened.text
    assert wechat.control.launch(opened.json["jsapi"], "pay")["err_msg"] == "get_brand_wcpay_request:ok"
    companion.post(f"{api}/payment/check", json={}, headers={"X-CSRF-Token": "page"})


def test_the_order_leads_to_its_link_and_the_link_is_copied_shown_and_sent(signed_in: FlaskClient, unpaid: OrderView) -> None:
    link = link_of(unpaid)

    assert f'href="{link}"' in signed_in.get(f"/orders/{unpaid.number}").text
    page = signed_in.get(f"{link}?lang=en").text
    picture = signed_in.get(f"{link}/code.svg")

    assert f'value="http://localhost{link}"' in page
    assert 'data-copy="pay-link"' in page
    assert "send this page to your companion" in page
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/svg+xml", "private, max-age=600")


def test_a_companion_sees_what_is_paid_for_and_no_more_of_the_traveller_than_initials(
    companion: FlaskClient, unpaid: OrderView
) -> None:
    answer = companion.get(f"{link_of(unpaid)}?lang=en")

    assert answer.status_code == 200
    for shown in (unpaid.lines[0].name["en"], "W. X.", unpaid.point.name["en"], "Please pay by"):
        assert shown in answer.text
    for hidden in (unpaid.traveller_name, "XIAOMING", unpaid.flight_number, "pickup.png", f'href="/orders/{unpaid.number}'):
        assert hidden not in answer.text, hidden


def test_a_companion_pays_and_sees_that_but_neither_order_nor_code(
    companion: FlaskClient, signed_in: FlaskClient, unpaid: OrderView, api: str, wechat: Sandbox
) -> None:
    pay(companion, wechat, api)

    assert order_by_number(unpaid.number).state is OrderState.PAID
    assert "data-paid-for" in companion.get(link_of(unpaid)).text
    for path in ("", "/pickup", "/pickup.png", "/receipt", "/trip"):
        assert companion.get(f"/orders/{unpaid.number}{path}").status_code == 404
    assert 'id="by-companion"' in signed_in.get(f"/orders/{unpaid.number}").text
    assert signed_in.get(f"/orders/{unpaid.number}/pickup").status_code == 200
    assert signed_in.get(link_of(unpaid)).location == f"/orders/{unpaid.number}"
    assert wechat.control.orders()[-1]["openid"] == wechat.control.travellers()["li"]["openid"]


def test_the_companion_is_told_that_the_money_comes_back(
    companion: FlaskClient, signed_in: FlaskClient, unpaid: OrderView, api: str, wechat: Sandbox
) -> None:
    pay(companion, wechat, api)
    assert "to the companion who paid" in signed_in.get(f"/orders/{unpaid.number}?lang=en").text

    refunding.cancel_paid(unpaid.number, unpaid.traveller_id, clock.now())

    assert "The money goes back to your WeChat." in companion.get(f"{link_of(unpaid)}?lang=en").text


def test_whoever_comes_after_the_payment_sees_only_that_it_is_paid(
    signed_in: FlaskClient, companion: FlaskClient, paid: OrderView
) -> None:
    answer = companion.get(f"{link_of(paid)}?lang=en")

    assert answer.status_code == 410
    assert "This order is paid already." in answer.text
    assert paid.lines[0].name["en"] not in answer.text
    assert "W. X." not in answer.text


def test_a_link_ends_with_the_orders_time_to_pay(
    companion: FlaskClient, traveller: TravellerId, day: date, wechat: Sandbox
) -> None:
    late = builders.an_order(traveller=traveller, now=clock.now() - timedelta(hours=1), date=day)

    answer = companion.get(f"{link_of(late)}?lang=en")
    api = f"/api/v1/pay-links/{link_of(late).rsplit('/', 1)[1]}"
    opened = companion.post(f"{api}/payment", json={}, headers={"X-CSRF-Token": "page"})

    assert (answer.status_code, "its time to pay is over" in answer.text) == (410, True)
    assert late.lines[0].name["en"] not in answer.text
    assert (opened.status_code, opened.get_json(force=True)["code"]) == (409, "not_payable")
    assert companion.get(api).json == {"number": late.number, "state": "expired"}


def test_a_wrong_link_is_404_for_everybody_on_every_address(companion: FlaskClient, signed_in: FlaskClient, unpaid: OrderView) -> None:
    wrong = link_of(unpaid)[:-6] + "000000"
    token = wrong.rsplit("/", 1)[1]

    for browser in (companion, signed_in):
        assert [browser.get(f"{wrong}{path}").status_code for path in ("", "/code.svg")] == [404, 404]
        assert browser.post(f"{wrong}/check", data=CSRF).status_code == 404
        assert browser.get(f"/api/v1/pay-links/{token}").status_code == 404
        for call in ("payment", "payment/check"):
            answer = browser.post(f"/api/v1/pay-links/{token}/{call}", json={}, headers={"X-CSRF-Token": "page"})
            assert (answer.status_code, answer.get_json(force=True)["code"]) == (404, "no_such_pay_link")


def test_who_is_not_signed_in_is_sent_to_wechat_and_comes_back_to_the_link(client: FlaskClient, unpaid: OrderView, wechat: Sandbox) -> None:
    stranger = client.application.test_client()
    token = link_of(unpaid).rsplit("/", 1)[1]

    answer = stranger.get(link_of(unpaid))

    assert answer.location == f"/sign-in?next={link_of(unpaid)}"
    assert stranger.get(f"/api/v1/pay-links/{token}").status_code == 401


def test_without_javascript_i_have_paid_asks_wechat(
    companion: FlaskClient, unpaid: OrderView, api: str, wechat: Sandbox
) -> None:
    opened = companion.post(f"{api}/payment", json={}, headers={"X-CSRF-Token": "page"})
    wechat.control.pay(wechat.control.orders()[-1]["out_trade_no"], notify=False)

    answer = companion.post(f"{link_of(unpaid)}/check", data=CSRF)

    assert opened.status_code == 201
    assert (answer.status_code, answer.location) == (303, f"{link_of(unpaid)}?asked=1")
    assert order_by_number(unpaid.number).state is OrderState.PAID
    assert companion.post(f"{link_of(unpaid)}/check").status_code == 403  # without its token


def test_the_page_costs_few_statements(companion: FlaskClient, unpaid: OrderView, statements: list[str]) -> None:
    statements.clear()

    companion.get(link_of(unpaid))

    assert len(statements) <= 5  # the order, its lines, history, payments, how prices are shown
