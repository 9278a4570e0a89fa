"""The list of orders and its filters, one order's page, and what needs a person."""
import re
from datetime import timedelta

import builders
import pytest
from flask.testing import FlaskClient

from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments.states import Verdict
from shop.pickup import commands as pickup

LIST = "/manage/orders/"


def numbers(client: FlaskClient, **filters: str) -> list[str]:
    answer = client.get(LIST, query_string=filters)
    assert answer.status_code == 200, answer.text
    return re.findall(r'href="/manage/orders/(D\w+)"', answer.text)


def test_the_list_is_newest_first_and_shows_what_matters(office: FlaskClient) -> None:
    first, second = builders.an_order(), builders.a_paid_order()

    page = office.get(LIST).text

    assert numbers(office) == [second.number, first.number]
    for wanted in ("WANG XIAOMING", "CA932 → PEK", "Counter T1-B42", "€50.00"):
        assert wanted in page


def test_filters_find_by_state_day_point_number_flight_and_name(office: FlaskClient) -> None:
    unpaid = builders.an_order(name="LI NA", flight="CA966", date=builders.DAY + timedelta(days=1))
    paid = builders.a_paid_order()
    elsewhere = builders.an_order(pickup_point=builders.OTHER_POINT)
    yesterday = builders.an_order(now=builders.NOW - timedelta(days=1))

    assert numbers(office, state="paid") == [paid.number]
    assert numbers(office, point=builders.OTHER_POINT) == [elsewhere.number]
    assert numbers(office, q=unpaid.number.lower()) == [unpaid.number]
    assert numbers(office, q="CA966") == [unpaid.number]
    assert numbers(office, q="li n") == [unpaid.number]
    assert numbers(office, **{"from": "2026-11-23", "to": "2026-11-23"}) == [yesterday.number]
    assert len(numbers(office, state="", point="", q="", **{"from": "", "to": ""})) == 4


def test_days_are_frankfurts(office: FlaskClient) -> None:
    late = builders.an_order(now=builders.NOW.replace(day=23, hour=23, minute=30))

    assert numbers(office, **{"from": "2026-11-24", "to": "2026-11-24"}) == [late.number]
    assert numbers(office, to="2026-11-23") == []


def test_older_orders_are_a_page_away_and_the_filters_go_along(office: FlaskClient) -> None:
    made = [builders.an_order(name="LI NA").number for _ in range(51)]
    builders.an_order()

    page = office.get(LIST, query_string={"q": "li na"}).text
    older = re.search(r'rel="next" href="([^"]+)"', page)

    assert older
    assert re.findall(r'href="/manage/orders/(D\w+)"', office.get(older[1].replace("&amp;", "&")).text) == [made[0]]


@pytest.mark.parametrize(
    ("field", "rubbish"),
    [
        ("state", "paid'--"), ("state", "PAID"), ("from", "yesterday"), ("from", "0001-01-01"), ("to", "9999-12-31"), ("to", "2026-02-30"),
        ("point", "T9-Z99"), ("point", "x" * 300), ("q", "x" * 81),
        ("flight_from", "x"), ("least", "1e3"), ("hour", "24"), ("hour", "7"), ("sort", "name"),
        ("refund", "x"), ("before", "x" * 41), ("q", "a\x00b"), ("after", "abc"), ("after", "-1"), ("after", "9" * 40),
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_said_to_and_kept(office: FlaskClient, field: str, rubbish: str) -> None:
    order = builders.an_order()

    answer = office.get(LIST, query_string={field: rubbish})

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert order.number not in answer.text


def test_a_period_that_ends_before_it_begins_is_refused(office: FlaskClient) -> None:
    answer = office.get(LIST, query_string={"from": "2026-11-24", "to": "2026-11-23", "state": "nonsense", "point": "T9"})

    assert answer.status_code == 400
    assert 'id="state-error"' in answer.text, "all that is wrong is said at once"
    assert 'id="point-error"' in answer.text
    assert 'value="2026-11-24"' in answer.text
    assert 'id="to-error"' in answer.text


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "%00", "💥", "<b>"])
def test_odd_search_words_find_nothing_and_break_nothing(office: FlaskClient, text: str) -> None:
    builders.an_order()

    assert numbers(office, q=text) == []


def test_an_unpaid_order_whose_time_is_over_is_shown_as_expired(office: FlaskClient) -> None:
    builders.an_order(now=builders.NOW - timedelta(days=400), date=builders.DAY - timedelta(days=399))

    assert "state--expired" in office.get(LIST).text


def test_an_orders_page_shows_trip_lines_history_and_money_but_not_the_whole_code(office: FlaskClient) -> None:
    order = builders.a_paid_order({builders.a_product(price=19_99): 3})
    code = builders.code_of(order)

    page = office.get(f"/manage/orders/{order.number}").text

    for wanted in (order.number, "WANG XIAOMING", "FRA → PEK", "€59.97", "WeChat Pay", "settles the order", "479.76 CNY"):
        assert wanted in page
    assert f"{code[:2]}•••-•••{code[-2:]}" in page
    assert code not in page.replace("-", "")


def test_an_orders_page_tells_who_handed_over(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    device, _ = builders.a_device()
    pickup.hand_over(pickup.Asked(builders.code_of(order), "scan-id-1", builders.NOW), device, builders.SECRET, builders.NOW)

    page = office.get(f"/manage/orders/{order.number}").text

    assert f"device {device.id}" in page
    assert "state--collected" in page


def test_an_order_nobody_tried_to_pay_has_a_page_too(office: FlaskClient) -> None:
    order = builders.an_order()

    page = office.get(f"/manage/orders/{order.number.lower()}").text

    assert "Nobody has tried to pay yet." in page


@pytest.mark.parametrize("number", ["D23456789A", "x", "%00", "口口", "D" * 400, "a'b"])
def test_an_order_that_does_not_exist_is_not_found(office: FlaskClient, number: str) -> None:
    assert office.get(f"/manage/orders/{number}").status_code == 404


def test_every_state_an_order_can_be_in_can_be_shown(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    for state in OrderState:
        builders.set_order(order.number, state=state.value, refund_state="partly_refunded")

        assert office.get(f"/manage/orders/{order.number}").status_code == 200, state
        assert office.get(LIST).status_code == 200, state


def test_payments_that_need_a_person_are_counted_on_the_first_page_and_named_on_the_money_page(office: FlaskClient) -> None:
    assert "Nothing waits for a decision." in office.get("/manage/").text
    order = builders.an_order()
    payment = builders.a_payment(builders.an_attempt(order), order.total * 2)

    payments.accept(builders.a_notice(payment), builders.NOW)

    page = office.get("/manage/").text
    assert "1 payment with a wrong amount, currency or number." in page
    assert 'href="/manage/money/#odd"' in page
    there = office.get("/manage/money/").text
    assert "wrong amount" in there
    assert order.number in there
    assert "100.00 EUR" in there


def test_money_for_a_number_nobody_knows_needs_a_person_too(office: FlaskClient) -> None:
    payment = builders.a_payment("T23456789ABCDEFGHJKMNPQR", builders.an_order().total)

    payments.accept(builders.a_notice(payment), builders.NOW)

    assert "1 payment with a wrong amount, currency or number." in office.get("/manage/").text
    assert "unknown payment number" in office.get("/manage/money/").text


def test_money_that_goes_back_by_itself_needs_nobody(office: FlaskClient) -> None:
    order = builders.an_order()
    payment = builders.a_payment(builders.an_attempt(order), order.total)
    builders.set_order(order.number, state="cancelled")

    assert payments.accept(builders.a_notice(payment), builders.NOW) is Verdict.TOO_LATE

    assert "Nothing waits for a decision." in office.get("/manage/").text


def test_the_first_page_asks_as_often_however_much_waits(office: FlaskClient, statements: list[str]) -> None:
    counts = []
    for _ in range(3):
        statements.clear()
        office.get("/manage/")
        counts.append(len(statements))
        order = builders.an_order()
        payments.accept(builders.a_notice(builders.a_payment(builders.an_attempt(order), order.total * 2)), builders.NOW)

    assert len(set(counts)) == 1, counts
    assert counts[0] <= 15, "who is signed in, what waits of the money, how many conflicts, and the figures"


def test_choosing_a_language_keeps_the_filters(office: FlaskClient) -> None:
    page = office.get(LIST, query_string={"state": "paid", "q": "a&b"}).text

    assert 'href="?state=paid&amp;q=a%26b&amp;lang=de"' in page
