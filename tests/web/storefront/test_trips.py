"""Another flight in two taps, what the order's page says of a trip, and “I am on my way”."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.flights import commands as flights
from shop.flights.delays import SaidDelay
from shop.orders import delaying
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.orders.trip_queries import on_their_way

Page = Callable[..., str]


@pytest.fixture
def see(signed_in: FlaskClient) -> Page:
    """A page below the order's address, in English, its blanks tidied."""

    def look(order: OrderView, path: str = "", **args: str) -> str:
        answer = signed_in.get(f"/orders/{order.number}{path}", query_string={"lang": "en", **args})
        assert answer.status_code == 200
        return " ".join(answer.text.split())

    return look


@pytest.fixture
def today_order(traveller: TravellerId) -> OrderView:
    """A paid order whose flight leaves today, at a counter that never closes."""
    builders.set_point(builders.POINT, hours={day: ["00:00", "23:59"] for day in "1234567"})
    order = builders.a_paid_order(traveller=traveller, now=clock.now(), date=(clock.now() + timedelta(days=3)).date())
    now = clock.now()
    builders.set_order(order.number, departs_at=now + timedelta(minutes=90), collect_from=now - timedelta(minutes=1))
    return order_by_number(order.number)


def form_of(page: str) -> dict[str, str]:
    """What the browser would send with the button “Move to this flight”."""
    form = page[page.index('id="move"') : page.index("</form>", page.index('id="move"'))]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    point = re.search(r'name="pickup_point" value="([^"]+)" required checked', form)
    place = re.search(r'<option value="(\w+)" selected', form)
    assert point, "no counter is suggested"
    assert place, "no destination is suggested"
    return {**hidden, "pickup_point": point[1], "final_destination": place[1]}


# --- two taps ---------------------------------------------------------------------------------------------------------


def test_two_taps_move_an_order_to_the_next_flight(signed_in: FlaskClient, see: Page, paid: OrderView) -> None:
    assert f'href="/orders/{paid.number}/trip"' in see(paid)

    choices = re.findall(r'href="/orders/\w+/trip\?flight=(\w+)&amp;date=([0-9-]+)"', see(paid, "/trip"))
    next_day = paid.flight_date + timedelta(days=1)
    assert ("CA932", next_day.isoformat()) in choices
    assert ("CA932", paid.flight_date.isoformat()) not in choices
    chosen = see(paid, "/trip", flight="CA932", date=next_day.isoformat())
    answer = signed_in.post(f"/orders/{paid.number}/trip", data=form_of(chosen))

    assert (answer.status_code, answer.location) == (303, f"/orders/{paid.number}#trip")
    after = order_by_number(paid.number)
    assert (after.flight_date, after.state, after.point.code) == (next_day, OrderState.PAID, builders.POINT)
    assert "Moved from CA932" in see(paid)


def test_the_counter_of_the_new_terminal_is_suggested(see: Page, paid: OrderView, day: date) -> None:
    new = flights.NewFlight(
        number="MU220", carrier_zh="东航", carrier_en="China Eastern", origin="FRA", destination="PEK", terminal="T3", departs=time(13, 0),
        weekdays="1234567", minutes=600,
    )  # fmt: skip
    flights.put_timetable([], [new], [])

    page = see(paid, "/trip", flight="MU220", date=day.isoformat())

    assert form_of(page)["pickup_point"] == builders.OTHER_POINT


def test_a_packed_parcel_offers_its_own_counter_only_and_warns_of_another_terminal(
    signed_in: FlaskClient, see: Page, paid: OrderView, day: date
) -> None:
    test_flight = flights.NewFlight(
        number="MU220", carrier_zh="东航", carrier_en="China Eastern", origin="FRA", destination="PEK", terminal="T3", departs=time(13, 0),
        weekdays="1234567", minutes=600,
    )  # fmt: skip
    flights.put_timetable([], [test_flight], [])
    builders.set_order(paid.number, state="ready")

    page = see(paid, "/trip", flight="MU220", date=day.isoformat())
    sent = form_of(page)
    answer = signed_in.post(f"/orders/{paid.number}/trip?lang=en", data={**sent, "pickup_point": builders.OTHER_POINT})

    assert sent["pickup_point"] == builders.POINT
    assert f'value="{builders.OTHER_POINT}"' not in page
    assert "in another terminal than your new flight" in page
    assert answer.status_code == 422
    assert "it cannot be changed any more" in answer.text
    assert order_by_number(paid.number).flight_number == "CA932"


def test_a_flight_that_cannot_be_reached_any_more_offers_to_cancel_with_the_money_back(see: Page, paid: OrderView) -> None:
    yesterday = (clock.now() - timedelta(days=1)).date()

    page = see(paid, "/trip", flight="CA932", date=yesterday.isoformat())

    assert "It is too late to order for this flight at this counter." in page
    assert 'id="move"' not in page
    assert f'action="/orders/{paid.number}/cancel-paid"' in page
    assert '<details class="panel" open>' in page
    assert "Yes, cancel and refund €50.00" in page


def test_a_cut_off_that_passes_between_the_taps_refuses_and_changes_nothing(
    signed_in: FlaskClient, see: Page, paid: OrderView
) -> None:
    next_day = paid.flight_date + timedelta(days=1)
    sent = form_of(see(paid, "/trip", flight="CA932", date=next_day.isoformat()))
    builders.set_point(builders.POINT, order_lead_minutes=60 * 24 * 30)

    answer = signed_in.post(f"/orders/{paid.number}/trip?lang=en", data=sent)

    assert answer.status_code == 422
    assert "It is too late to order for this flight" in answer.text
    assert f'action="/orders/{paid.number}/cancel-paid"' in answer.text
    assert order_by_number(paid.number).flight_date == paid.flight_date


def test_an_unknown_flight_is_asked_for_its_time(signed_in: FlaskClient, see: Page, paid: OrderView, day: date) -> None:
    asked = see(paid, "/trip", flight="XX12", date=day.isoformat())
    assert 'name="departure_time"' in asked
    assert 'id="move"' not in asked

    sent = form_of(see(paid, "/trip", flight="XX12", date=day.isoformat(), departure_time="15:30"))
    signed_in.post(f"/orders/{paid.number}/trip", data=sent)

    after = order_by_number(paid.number)
    assert (after.flight_number, after.final_destination) == ("XX12", "PEK")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"flight": "", "date": ""}, 422), ({"flight": "CA932", "date": "tomorrow"}, 422), ({"flight": "\x00'", "date": "2027-01-01"}, 422),
        ({"final_destination": "CDG"}, 422), ({"pickup_point": "nowhere"}, 404), ({"departure_time": "25:00"}, 422),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_used_is_shown_again(
    signed_in: FlaskClient, see: Page, paid: OrderView, said: dict[str, str], status: int
) -> None:
    next_day = paid.flight_date + timedelta(days=1)
    sent = form_of(see(paid, "/trip", flight="CA932", date=next_day.isoformat()))

    answer = signed_in.post(f"/orders/{paid.number}/trip?lang=en", data={**sent, **said})

    assert answer.status_code in (status, 400)
    assert 'role="alert"' in answer.text
    assert order_by_number(paid.number).flight_date == paid.flight_date


@pytest.mark.parametrize("args", [{"flight": "932"}, {"date": "x"}, {"flight": "CA932"}, {"flight": "CA932", "date": "9999-12-31"}])
def test_rubbish_in_the_address_is_a_page_without_a_button(see: Page, paid: OrderView, args: dict[str, str]) -> None:
    assert 'id="move"' not in see(paid, "/trip", **args)


@pytest.mark.parametrize("state", ["collected", "partly_collected", "cancelled", "no_show"])
def test_what_is_handed_over_or_over_offers_no_other_flight(
    signed_in: FlaskClient, see: Page, paid: OrderView, state: str
) -> None:
    sent = form_of(see(paid, "/trip", flight="CA932", date=(paid.flight_date + timedelta(days=1)).isoformat()))
    builders.set_order(paid.number, state=state)

    page, asked = see(paid), signed_in.get(f"/orders/{paid.number}/trip")
    sent_late = signed_in.post(f"/orders/{paid.number}/trip?lang=en", data=sent)

    assert f"/orders/{paid.number}/trip" not in page
    assert (asked.status_code, asked.location) == (302, f"/orders/{paid.number}")
    assert sent_late.status_code == 409
    assert "The order has moved on meanwhile" in sent_late.text


def test_nobody_else_sees_or_moves_the_order(signed_in: FlaskClient, day: date) -> None:
    other = builders.a_paid_order(now=clock.now(), date=day)

    assert signed_in.get(f"/orders/{other.number}/trip").status_code == 404
    for path in ("trip", "on-my-way"):
        assert signed_in.post(f"/orders/{other.number}/{path}", data={"csrf_token": "page"}).status_code == 404
        assert signed_in.post(f"/orders/{other.number}/{path}").status_code in (400, 403)


# --- the order's page -------------------------------------------------------------------------------------------------


def test_a_delay_is_told_on_the_orders_page(see: Page, paid: OrderView) -> None:
    delaying.set_delay(SaidDelay("CA932", paid.flight_date, minutes=65), "staff:1", clock.now())

    page = see(paid)

    assert re.search(r"CA932 now leaves at [^.]*15:10 instead of [^.]*14:05", page)
    assert "Your goods are kept for you" in page


def test_the_page_says_when_a_parcel_becomes_a_no_show_if_the_counter_has_such_a_rule(see: Page, paid: OrderView) -> None:
    assert "the order ends and is refunded" not in see(paid)

    builders.set_point(builders.POINT, no_show_after_hours=4)

    assert re.search(r"Not collected by [^.]*18:05: the order ends and is refunded", see(paid))


def test_a_no_show_is_told_what_becomes_of_the_money(see: Page, paid: OrderView) -> None:
    builders.set_order(paid.number, state="no_show")

    assert "The order has ended, and its money goes back." in see(paid)


# --- on my way --------------------------------------------------------------------------------------------------------


def test_on_the_day_one_tap_tells_the_counter(signed_in: FlaskClient, see: Page, today_order: OrderView) -> None:
    assert f'action="/orders/{today_order.number}/on-my-way"' in see(today_order)

    answer = signed_in.post(f"/orders/{today_order.number}/on-my-way", data={"csrf_token": "page"})

    assert (answer.status_code, answer.location) == (303, f"/orders/{today_order.number}#pickup")
    page = see(today_order)
    assert re.search(r"The counter knows since \d\d:\d\d that you are coming", page)
    assert "/on-my-way" not in page
    assert [one.number for one in on_their_way(None, clock.now())] == [today_order.number]


def test_before_the_day_nobody_is_on_the_way(signed_in: FlaskClient, see: Page, paid: OrderView) -> None:
    assert "/on-my-way" not in see(paid)

    answer = signed_in.post(f"/orders/{paid.number}/on-my-way?lang=en", data={"csrf_token": "page"})

    assert answer.status_code == 422
    assert "Please tell us on the day on which you collect." in answer.text
    assert on_their_way(None, clock.now()) == []
