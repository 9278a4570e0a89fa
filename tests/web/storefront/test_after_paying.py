"""The order's page after paying: the way, receipts, and the truth while WeChat is silent."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import builders
import pytest
from contracts.pdf_text import text_of
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.sandbox import Sandbox

WAYS = {"walks": {"B": 6, "Z": 22}, "boarding": 45, "serving": 5}


@pytest.fixture
def ways() -> None:
    builders.set_point(builders.POINT, ways=WAYS)


def a_zone_in_which_it_is_noon() -> ZoneInfo:
    """So that no day ends in the middle of a test that needs the real clock."""
    return ZoneInfo(f"Etc/GMT{clock.now().hour - 12:+d}")


@pytest.mark.parametrize(
    ("hours", "call", "words"),
    [(8, "too_early", "Leave by"), (3, "time", "Leave by"), (1.8, "now", "Leave now"), (1, "late", "Too late to be sure")],
)
def test_on_the_day_it_says_when_to_leave(signed_in: FlaskClient, paid: OrderView, hours: float, call: str, words: str) -> None:
    now, noon = clock.now(), a_zone_in_which_it_is_noon()
    builders.set_point(builders.POINT, ways=WAYS, hours={day: ["00:00", "23:59"] for day in "1234567"}, tz=noon.key)
    departs = now + timedelta(hours=hours)
    builders.set_order(paid.number, departs_at=departs, collect_from=departs - timedelta(hours=4), collect_until=departs)

    page = signed_in.get(f"/orders/{paid.number}?lang=en").text

    assert f'data-leave="{call}"' in page
    assert words in page
    by = (departs - timedelta(minutes=94)).astimezone(noon)
    assert call == "late" or f"{by:%H:%M}" in page


def test_days_before_it_says_it_without_hurry(signed_in: FlaskClient, paid: OrderView, ways: None) -> None:
    page = signed_in.get(f"/orders/{paid.number}?lang=en").text

    assert "data-leave-by" in page
    assert "12:31" in page
    assert "Gates B: 6 minutes" in page
    assert "Gates Z: 22 minutes" in page
    assert "data-leave=" not in page
    assert "10:05 – 14:05" in page


def test_without_walking_times_no_time_is_made_up(signed_in: FlaskClient, paid: OrderView) -> None:
    page = signed_in.get(f"/orders/{paid.number}?lang=en").text

    assert "data-leave" not in page
    assert "Turn right" in page


def test_the_pickup_page_has_number_code_counter_and_time_together(signed_in: FlaskClient, paid: OrderView, ways: None) -> None:
    page = signed_in.get(f"/orders/{paid.number}/pickup?lang=en").text
    card = page[page.index('class="pickup-card"') : page.index("</section>")]

    code = builders.code_of(paid)
    for words in (paid.number, f"{code[:5]}-{code[5:]}", "Counter T1-B42", "10:05 – 14:05", paid.flight_number, paid.traveller_name):
        assert words in card, words


def test_while_wechat_is_silent_the_page_says_so_and_what_happens_next(
    signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox
) -> None:
    assert "data-unheard" not in signed_in.get(f"/orders/{unpaid.number}").text, "nobody has begun to pay"
    wechat.control.next_notice(lose=True)
    started = signed_in.post(f"/api/v1/orders/{unpaid.number}/payment", headers={"X-CSRF-Token": "page", "Idempotency-Key": "pay-it-now"})
    wechat.control.launch(started.json["jsapi"], "pay")

    page = signed_in.get(f"/orders/{unpaid.number}?lang=en").text

    assert "We have not heard from WeChat Pay yet" in page
    assert "please do not pay again" in page
    signed_in.post(f"/orders/{unpaid.number}/check", data={"csrf_token": "page"})
    after = signed_in.get(f"/orders/{unpaid.number}?lang=en").text
    assert "data-unheard" not in after
    assert "state--paid" in after


def test_while_wechat_fails_the_page_still_says_what_happens_next(signed_in: FlaskClient, unpaid: OrderView, wechat: Sandbox) -> None:
    builders.an_attempt(unpaid, clock.now())
    wechat.control.fault("status", status=500, count=0, path="/v3/")

    answer = signed_in.post(f"/orders/{unpaid.number}/check?lang=en", data={"csrf_token": "page"}, follow_redirects=True)

    assert "data-unheard" in answer.text
    assert order_by_number(unpaid.number).state is OrderState.AWAITING_PAYMENT


def test_an_order_that_expired_while_wechat_is_silent_says_what_a_late_payment_does(signed_in: FlaskClient, unpaid: OrderView) -> None:
    builders.an_attempt(unpaid, clock.now())
    builders.set_order(unpaid.number, state="expired")

    page = signed_in.get(f"/orders/{unpaid.number}?lang=en").text

    assert "data-unheard" in page
    assert "steps__end" in page


def test_what_was_bought_is_ordered_again_from_its_page(signed_in: FlaskClient, paid: OrderView) -> None:
    assert f'action="/orders/{paid.number}/again"' in signed_in.get(f"/orders/{paid.number}").text

    answer = signed_in.post(f"/orders/{paid.number}/again", data={"csrf_token": "page"}, follow_redirects=True)

    assert paid.lines[0].sku in answer.text


def test_a_receipt_as_page_and_as_pdf_say_the_same(signed_in: FlaskClient, paid: OrderView) -> None:
    page, file = signed_in.get(f"/orders/{paid.number}/receipt?lang=en"), signed_in.get(f"/orders/{paid.number}/receipt.pdf")

    assert (file.mimetype, file.headers["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert f"receipt-{paid.number}.pdf" in file.headers["Content-Disposition"]
    text = text_of(file.data)
    for words in (paid.number, "50.00 EUR", "订单确认及收据", "Bestellbestätigung und Beleg", "WANG XIAOMING"):
        assert words in text, words
        assert words in page.text, words


def test_somebody_elses_receipt_does_not_exist(signed_in: FlaskClient) -> None:
    foreign = builders.a_paid_order()

    for path in ("receipt", "receipt.pdf"):
        assert signed_in.get(f"/orders/{foreign.number}/{path}").status_code == 404
    data = {"csrf_token": "page", "email": "me@example.com"}
    assert signed_in.post(f"/orders/{foreign.number}/receipt/send", data=data).status_code == 404


def test_a_wrong_address_is_explained_beside_it(signed_in: FlaskClient, paid: OrderView) -> None:
    answer = signed_in.post(f"/orders/{paid.number}/receipt/send?lang=en", data={"csrf_token": "page", "email": "nowhere"})

    assert answer.status_code == 400
    assert not builders.announced("letter.asked")


def test_a_receipt_costs_few_statements(signed_in: FlaskClient, paid: OrderView, statements: list[str]) -> None:
    statements.clear()

    signed_in.get(f"/orders/{paid.number}/receipt.pdf")

    assert len(statements) <= 6


@pytest.mark.parametrize(
    ("typed", "status", "confirmed"),
    [({}, 400, None), ({"adult": "yes"}, 303, True), ({"birth_date": "1990-05-01"}, 303, False), ({"adult": "no"}, 422, None)],
)
def test_alcohol_needs_a_confirmed_age_that_is_kept_on_the_order(
    signed_in: FlaskClient, checkout_form: dict[str, str], typed: dict[str, str], status: int, confirmed: bool | None
) -> None:
    sku = builders.a_product(alcohol=400)

    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "line": f"{sku}:1", **typed})

    assert answer.status_code == status
    if confirmed is None:
        assert 'id="adult-error"' in answer.text
        assert "18 or older" in answer.text
    else:
        order = order_by_number(answer.location.rpartition("/")[2])
        assert (order.adult_confirmed_at is not None) is confirmed


def test_what_holds_no_alcohol_asks_no_age(signed_in: FlaskClient, checkout_form: dict[str, str]) -> None:
    sku = builders.a_product()

    answer = signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:1", "adult": "yes"})

    assert order_by_number(answer.location.rpartition("/")[2]).adult_confirmed_at is None
