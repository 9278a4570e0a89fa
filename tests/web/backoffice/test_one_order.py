"""One order on one page, and what staff may do about it: each once, each audited, each refusal in words."""
import re
from datetime import date, timedelta

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from shop.base import clock
from shop.base.audit import AuditRow
from shop.base.db import reading, transaction
from shop.orders.models import OrderNote
from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.pickup import commands as pickup


def soon() -> date:
    """A day for which orders can be moved about, by the real clock that the pages ask."""
    return clock.now().date() + timedelta(days=5)


def audited() -> list[tuple[str, str]]:
    with reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(AuditRow.action, AuditRow.thing).order_by(AuditRow.id))]


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


# --- the page ---------------------------------------------------------------------------------------------------------


def test_a_page_shows_pieces_parcel_scans_and_what_was_announced(office: FlaskClient) -> None:
    order = builders.a_paid_order({builders.a_product(): 3})
    device, _ = builders.a_device()
    pickup.hand_over(pickup.Asked(builders.code_of(order), "scan-id-1", builders.NOW), device, builders.SECRET, builders.NOW)

    page = office.get(f"/manage/orders/{order.number}").text

    pieces = re.search(r'data-line="1".*?</tr>', page, re.DOTALL)
    assert pieces
    assert re.findall(r'class="number">(\d+)<', pieces[0]) == ["3", "0", "3", "0"], "asked for, packed, given, refunded"
    assert 'data-told="orders.paid"' in page
    assert 'data-told="orders.collected"' in page
    assert "Handed over" in page
    assert "Nobody has begun to pack it." in page


def test_a_trip_that_changed_is_told_with_both_flights(office: FlaskClient) -> None:
    order = builders.a_paid_order(date=soon(), now=clock.now())

    moved = office.post(f"/manage/orders/{order.number}/trip", data={"flight": "CA932", "date": (soon() + timedelta(days=1)).isoformat()})

    page = office.get(moved.location).text
    assert "The order is moved to this flight." in page
    assert 'id="trips"' in page
    assert "staff" in page


@pytest.mark.parametrize("number", ["DXXXXXXXXX", "x"])
@pytest.mark.parametrize("action", ["notes", "cancel", "trip"])
def test_nothing_can_be_done_about_an_order_that_does_not_exist(office: FlaskClient, number: str, action: str) -> None:
    assert office.post(f"/manage/orders/{number}/{action}", data={}).status_code == 404


# --- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_once_however_often_its_form_is_sent(office: FlaskClient) -> None:
    order = builders.an_order()
    form = {"text": "Comes late,\r\nhold it <b>", "key": key_of(office.get(f"/manage/orders/{order.number}").text)}

    for _ in range(2):
        assert office.post(f"/manage/orders/{order.number}/notes", data=form).status_code == 303

    page = office.get(f"/manage/orders/{order.number}").text
    assert page.count("data-note") == 1
    assert "hold it &lt;b&gt;" in page
    assert audited() == [("order.note_added", f"order:{order.number}")]


@pytest.mark.parametrize("words", ["", "   ", "x" * 1001, "a\x00b"])
def test_a_note_that_cannot_be_is_refused_beside_its_field_and_kept(office: FlaskClient, words: str) -> None:
    order = builders.an_order()

    answer = office.post(f"/manage/orders/{order.number}/notes", data={"text": words, "key": "k" * 12})

    assert answer.status_code == 400
    assert 'id="text-error"' in answer.text
    assert audited() == []


def test_another_note_under_the_same_key_is_refused_and_what_was_typed_is_kept(office: FlaskClient) -> None:
    order = builders.an_order()
    office.post(f"/manage/orders/{order.number}/notes", data={"text": "one", "key": "k" * 12})

    answer = office.post(f"/manage/orders/{order.number}/notes", data={"text": "another", "key": "k" * 12})

    assert answer.status_code == 422
    assert ">another</textarea>" in answer.text
    assert key_of(answer.text) != "k" * 12


def test_the_database_lets_nobody_reword_a_note_but_it_can_be_erased(office: FlaskClient) -> None:
    order = builders.an_order()
    office.post(f"/manage/orders/{order.number}/notes", data={"text": "one", "key": "k" * 12})

    for statement in ("UPDATE order_notes SET text = 'two'", "UPDATE order_notes SET who = 'staff:9'", "DELETE FROM order_notes"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(statement))
    with transaction() as session:
        session.execute(update(OrderNote).values(text=None))

    assert "(erased)" in office.get(f"/manage/orders/{order.number}").text


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_an_unpaid_order_nobody_tried_to_pay_is_cancelled_once(office: FlaskClient) -> None:
    sku = builders.a_product(on_hand=5)
    order = builders.an_order({sku: 2}, now=clock.now(), date=soon())

    answers = [office.post(f"/manage/orders/{order.number}/cancel") for _ in range(2)]

    assert [answer.location.partition("said=")[2] for answer in answers] == ["cancelled", "cancelled"]
    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert builders.stock_of(sku) == (5, 0, 0, 0)
    page = office.get(answers[0].location).text
    assert "The order is cancelled." in page
    assert "cancelled by staff" in page
    assert audited() == [("order.cancelled", f"order:{order.number}")]


def test_an_order_that_wechat_cannot_be_asked_about_is_not_cancelled(office: FlaskClient) -> None:
    order = builders.an_order(now=clock.now(), date=soon())
    builders.an_attempt(order, clock.now())

    answer = office.post(f"/manage/orders/{order.number}/cancel")

    assert answer.status_code == 502
    assert 'role="alert"' in answer.text
    assert order_by_number(order.number).state is OrderState.AWAITING_PAYMENT
    assert audited() == []


def test_a_paid_order_is_cancelled_by_refunding_all_of_it(office: FlaskClient) -> None:
    order = builders.a_paid_order(now=clock.now(), date=soon())
    page = office.get(f"/manage/orders/{order.number}").text
    assert "Cancel the order and refund it …" in page
    assert office.post(f"/manage/orders/{order.number}/cancel").status_code == 409, "not by the way for unpaid ones"

    check = office.post(f"/manage/orders/{order.number}/refund", data={"what": "whole", "cause": "cancelled", "step": "check"})
    confirm = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', check.text))
    for _ in range(2):
        assert office.post(f"/manage/orders/{order.number}/refund", data={**confirm, "step": "confirm"}).status_code == 303

    assert order_by_number(order.number).state is OrderState.CANCELLED
    assert audited() == [("order.refunded", f"order:{order.number}")]


def test_an_order_that_was_paid_meanwhile_is_not_cancelled(office: FlaskClient) -> None:
    order = builders.an_order(now=clock.now(), date=soon())
    payment = builders.a_payment(builders.an_attempt(order, clock.now()), order.total)
    payments.accept(builders.a_notice(payment), clock.now())

    answer = office.post(f"/manage/orders/{order.number}/cancel")

    assert answer.status_code == 409
    assert "The order has moved on meanwhile." in answer.text


# --- another flight ---------------------------------------------------------------------------------------------------


def test_an_order_is_moved_once_on_the_travellers_behalf(office: FlaskClient) -> None:
    order = builders.a_paid_order(now=clock.now(), date=soon())
    form = {"flight": "ca 932", "date": (soon() + timedelta(days=2)).isoformat(), "final_destination": "HKG", "pickup_point": ""}
    assert 'value="CA932"' in office.get(f"/manage/orders/{order.number}/trip").text

    said = [office.post(f"/manage/orders/{order.number}/trip", data=form).location for _ in range(2)]

    assert ["said=moved" in said[0], "said=same_trip" in said[1]] == [True, True]
    moved = order_by_number(order.number)
    assert (moved.flight_date, moved.final_destination) == (soon() + timedelta(days=2), "HKG")
    assert audited() == [("order.moved", f"order:{order.number}")]
    assert builders.announced("orders.moved") == [("orders.moved", order.id)]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"flight": "", "date": "2026-12-01"}, "flight"), ({"flight": "X", "date": "2027-12-01"}, "flight"),
        ({"flight": "CA932", "date": "x"}, "date"),
        ({"flight": "ZZ9", "date": "far"}, "departure_time"),
        ({"flight": "CA932", "date": "soon", "final_destination": "CDG"}, "final_destination"),
        ({"flight": "CA932", "date": "soon", "departure_time": "25:00"}, "departure_time"),
        ({"flight": "CA932", "date": "soon", "pickup_point": "T9"}, "pickup_point"),
    ],
)  # fmt: skip
def test_a_trip_that_cannot_be_is_refused_beside_its_field_and_what_was_typed_is_kept(
    office: FlaskClient, form: dict[str, str], field: str
) -> None:
    order = builders.a_paid_order(now=clock.now(), date=soon())
    form = {**form, "date": {"far": soon().isoformat(), "soon": soon().isoformat()}.get(form["date"], form["date"])}

    answer = office.post(f"/manage/orders/{order.number}/trip", data=form)

    assert answer.status_code in (400, 404, 422)
    assert f'id="{field}-error"' in answer.text
    if form["flight"]:
        assert f'value="{form["flight"]}"' in answer.text
    assert order_by_number(order.number).flight_date == soon()
    assert audited() == []


def test_an_order_that_was_handed_over_is_not_moved(office: FlaskClient) -> None:
    order = builders.a_paid_order(now=clock.now(), date=soon())
    builders.set_order(order.number, state="collected")

    assert office.get(f"/manage/orders/{order.number}/trip").status_code == 302
    answer = office.post(f"/manage/orders/{order.number}/trip", data={"flight": "CA932", "date": soon().isoformat()})

    assert answer.status_code == 409
    assert "The order has moved on meanwhile." in answer.text


# --- the dashboard ----------------------------------------------------------------------------------------------------


def test_the_dashboard_counts_what_was_ordered_today_and_links_to_it(office: FlaskClient) -> None:
    order = builders.a_paid_order(now=clock.now(), date=soon())

    page = office.get("/manage/?days=1").text

    card = re.search(r'data-figure="paid".*?href="([^"]+)">(\d+)<', page, re.DOTALL)
    assert card
    assert card[2] == "1"
    assert order.number in office.get(card[1].replace("&amp;", "&")).text
    assert "50.00 EUR" in page


@pytest.mark.parametrize(
    ("asked", "field"),
    [("days=8", "days"), ("days=x", "days"), ("from=x", "from"), ("from=2026-02-02&to=2026-02-01", "to"),
     ("from=2025-01-01&to=2026-12-31", "to")],
)
def test_a_period_that_makes_no_sense_is_said_to_make_none(office: FlaskClient, asked: str, field: str) -> None:
    answer = office.get(f"/manage/?{asked}")

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize("asked", ["days=90", "from=2026-01-01&to=2026-12-31", "from=2099-12-01", "to=2001-01-01", "from=2000-01-01"])
def test_any_period_that_can_be_has_a_dashboard(office: FlaskClient, asked: str) -> None:
    assert office.get(f"/manage/?{asked}").status_code == 200
