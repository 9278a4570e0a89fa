"""The trip first: stating it, what every page makes of it, keeping it, and nobody else's."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.app import create_app
from shop.base import clock
from shop.base.db import db
from shop.base.ids import TravellerId
from shop.base.money import Currency, Money
from shop.flights.delays import SaidDelay
from shop.orders import delaying
from shop.orders.queries import order_by_number, orders_of
from shop.settings import Settings
from shop.trips import commands, queries
from shop.trips.rules import NoSuchTrip, Trip

State = Callable[..., str]


def tidy(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def state(client: FlaskClient, day: date) -> State:
    """State a trip as a visitor does; answers the trip's page in English."""

    def send(**said: str) -> str:
        with client.session_transaction() as session:
            token = session.get("csrf", "")
        form = {"flight": "ca 932", "date": day.isoformat(), "csrf_token": token, **said}
        answer = client.post("/trip?lang=en", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        return tidy(answer.text if answer.status_code != 303 else client.get("/trip?lang=en").text)

    return send


def bar_of(client: FlaskClient, path: str = "/") -> str:
    page = tidy(client.get(path, query_string={"lang": "en"}).text)
    found = re.search(r'<a class="trip-bar[^"]*" href="/trip">.*?</a>', page)
    assert found, "every page has the bar"
    return re.sub(r"<[^>]+>", "", found[0])


def test_flight_and_day_are_enough_and_the_rest_is_proposed(client: FlaskClient, state: State) -> None:
    assert "Which flight?" in bar_of(client)
    assert "Set-Cookie" not in client.get("/trip").headers

    page = state()

    assert "You buy duty free." in page
    assert "CA932 · Air China" in page
    assert '<option value="PEK" selected>' in page
    assert '<option value="CN" selected>' in page
    assert re.search(r"Order until \w{3}, \d+ \w{3} 11:05", page), "three hours before 14:05"
    assert "Counter T1-B42 <span class=\"tag\">Suggested</span>" in page


@pytest.mark.parametrize("path", ["/", "/categories/spirits", "/categories/", "/products/SP-1", "/search", "/basket", "/pickup-points"])
def test_every_page_says_until_when_to_order(client: FlaskClient, state: State, path: str) -> None:
    builders.a_product("SP-1")
    state()

    assert "Order until 11:05 for CA932 · T1-B42" in bar_of(client, path)


def test_a_delay_moves_the_bar(client: FlaskClient, state: State, day: date) -> None:
    state()
    delaying.set_delay(SaidDelay("CA932", day, minutes=60), "staff:1", clock.now())

    assert "Order until 12:05 for CA932" in bar_of(client)


def test_a_flight_that_is_not_in_the_timetable_is_told_by_hand(client: FlaskClient, state: State) -> None:
    page = state(flight="XX12")
    assert "We do not know this flight." in page
    assert 'name="departure_time"' in page
    half = state(flight="XX12", destination="HKG")
    assert 'id="departure_time-error"' in half

    told = state(flight="XX12", destination="HKG", departure_time="18:30", final_destination="PEK", terminal="T3")

    assert "via HKG" in told
    assert 'Counter T3-H07 <span class="tag">Suggested</span>' in told
    assert "Order until 15:30 for XX12 · T3-H07" in bar_of(client)


def test_a_flight_that_arrives_here_is_told_so(state: State) -> None:
    page = state(flight="CA931", destination="FRA", departure_time="09:00", origin="PEK")

    assert "This flight arrives here." in page
    assert "You buy duty free" not in page


def test_another_flight_brings_its_own_destination(client: FlaskClient, state: State) -> None:
    builders.a_timetable()
    from shop.flights import commands as flights

    flights.put_timetable(
        [], [flights.NewFlight(number="LH796", carrier_zh="汉莎", carrier_en="Lufthansa", origin="FRA", destination="HKG", terminal="T1",
                               departs=time(22, 5), weekdays="1234567", minutes=660)], []
    )  # fmt: skip
    state()

    page = state(flight="LH796", final_destination="PEK")

    assert '<option value="HKG" selected>' in page, "PEK was only proposed for the flight before"
    assert '<option value="PEK" selected>' in state(flight="LH796", final_destination="PEK")


def test_a_trip_within_the_eu_pays_duty_and_sells_what_has_such_a_price(client: FlaskClient, state: State, app: Flask) -> None:
    both = builders.a_product("SP-1", price=50_00)
    free_only = builders.a_product("SP-2", price=60_00)
    builders.set_duty_paid(both, 64_90)

    page = state(final_destination="CDG")
    paths = ("/", f"/products/{both}", f"/products/{free_only}")
    shelf, product, other = (tidy(client.get(path, query_string={"lang": "en"}).text) for path in paths)

    assert "Your journey ends in the EU, so you buy with duty and VAT." in page
    assert "with duty and VAT" in bar_of(client)
    assert "<small>€</small>64.90" in shelf
    assert "<small>€</small>50.00" not in shelf
    assert "Sold duty free only" in shelf
    assert "Price with duty and VAT, for your trip." in product
    assert 'id="buy"' not in other


def test_who_lives_in_the_eu_pays_duty_wherever_they_fly(state: State) -> None:
    assert "You live in the EU, so you buy with duty and VAT." in state(residence="DE")


def test_shelves_are_kept_for_those_on_either_kind_of_trip_apart(settings: Settings, app: Flask, day: date, statements: list[str]) -> None:
    builders.set_duty_paid(builders.a_product("SP-1", price=50_00), 64_90)
    made = create_app(replace(settings, page_cache_seconds=60.0))
    free, paid = made.test_client(), made.test_client()
    form, ours = {"flight": "CA932", "date": day.isoformat()}, {"Sec-Fetch-Site": "same-origin"}
    assert paid.post("/trip", data={**form, "residence": "DE"}, headers=ours).status_code == 303

    first = [free.get("/?lang=en").text, paid.get("/?lang=en").text]
    statements.clear()
    warm = [free.get("/?lang=en").text, paid.get("/?lang=en").text]

    assert [("64.90" in page, "50.00" in page) for page in warm] == [(False, True), (True, False)]
    assert warm == first
    assert ["Order until 11:05" in page for page in warm] == [False, True]
    assert statements == [], "a warm page asks nothing, with a trip or without"
    assert "Set-Cookie" not in free.get("/").headers
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "said",
    [
        {"flight": ""}, {"flight": "932"}, {"flight": "\x00'\""}, {"date": ""}, {"date": "tomorrow"}, {"date": "9999-12-31"},
        {"date": "1999-01-01"},
        {"final_destination": "XXX"}, {"final_destination": "'; --"}, {"residence": "CHN"}, {"residence": "1"}, {"departure_time": "25:00"},
        {"flight": "XX1", "destination": "XXX", "departure_time": "10:00"}, {"flight": "XX1", "terminal": "T" * 200},
        {"flight": "XX1", "destination": "PEK", "departure_time": "10:00", "origin": "HKG"}, {"flight": "CA966", "date": "2027-01-05"},
    ],
)  # fmt: skip
def test_what_cannot_be_a_trip_is_shown_again_and_kept_nowhere(client: FlaskClient, state: State, said: dict[str, str]) -> None:
    page = state(**said)

    assert 'role="alert"' in page
    assert 'name="flight"' in page
    assert "Which flight?" in bar_of(client)


@pytest.mark.parametrize("left_behind", [None, "CA932", [], {}, {"flight": "CA932"}, {"flight": 3}, {"flight": "CA932", "day": "x"}])
def test_what_an_older_shop_left_in_the_cookie_is_no_trip(client: FlaskClient, left_behind: object) -> None:
    with client.session_transaction() as session:
        session["trip"] = left_behind

    assert "Which flight?" in bar_of(client)
    assert client.get("/trip").status_code == 200


def test_a_trip_that_is_over_is_said_to_be(client: FlaskClient, state: State) -> None:
    yesterday = (clock.now() - timedelta(days=2)).date()

    page = state(date=yesterday.isoformat())

    assert "is over" in page
    assert "Which flight?" in bar_of(client)


def test_a_trip_can_be_forgotten(client: FlaskClient, state: State) -> None:
    state()

    assert "Which flight do you take?" in state(do="forget")


def test_a_form_from_elsewhere_changes_nothing(client: FlaskClient, day: date) -> None:
    form = {"flight": "CA932", "date": day.isoformat()}

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert client.post("/trip", data=form, headers=headers).status_code == 303

    assert "Which flight?" in bar_of(client)


# --- saved trips ------------------------------------------------------------------------------------------------------


def test_a_signed_in_traveller_finds_the_trip_again(signed_in: FlaskClient, traveller: TravellerId, state: State, day: date) -> None:
    state()
    state(final_destination="HKG")
    state(date=(day + timedelta(days=7)).isoformat())

    kept = queries.saved_of(traveller, clock.now())
    page = tidy(signed_in.get("/trip?lang=en").text)

    assert [(one.trip.flight, one.trip.day, one.trip.final_destination) for one in kept] == [
        ("CA932", day, "HKG"), ("CA932", day + timedelta(days=7), "PEK")
    ]
    assert f'action="/trips/{kept[0].id}/use"' in page
    assert f'action="/trips/{kept[1].id}/use"' not in page, "that one is the present one"
    assert signed_in.post(f"/trips/{kept[0].id}/use", data={"csrf_token": "page"}).status_code == 303
    assert "HKG" in bar_of(signed_in)
    assert signed_in.post(f"/trips/{kept[0].id}/remove", data={"csrf_token": "page"}).status_code == 303
    assert len(queries.saved_of(traveller, clock.now())) == 1


def test_somebody_elses_trip_does_not_exist(signed_in: FlaskClient, traveller: TravellerId, day: date) -> None:
    other, now = builders.a_traveller(), clock.now()
    trip = Trip("CA932", day, "FRA", "PEK", "PEK", "CN", "T1")
    commands.save(other, trip, now + timedelta(days=3), now)
    theirs = queries.saved_of(other, now)[0].id

    for path in (f"/trips/{theirs}/use", f"/trips/{theirs}/remove", "/trips/999999/use", f"/trips/{2**53 - 1}/remove"):
        assert signed_in.post(path, data={"csrf_token": "page"}).status_code == 404
    with pytest.raises(NoSuchTrip):
        queries.saved(traveller, theirs)
    assert len(queries.saved_of(other, now)) == 1
    assert "HKG" not in bar_of(signed_in)


def test_saved_trips_need_somebody_who_is_signed_in(client: FlaskClient) -> None:
    answer = client.post("/trips/1/use", headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_at_most_twenty_trips_are_kept(traveller: TravellerId, day: date) -> None:
    now = clock.now()
    for n in range(23):
        commands.save(traveller, Trip("CA932", day + timedelta(days=n), "FRA", "PEK", "PEK", "CN"), now + timedelta(days=3 + n), now)

    assert len(queries.saved_of(traveller, now)) == queries.MOST_KEPT


# --- basket and checkout ----------------------------------------------------------------------------------------------


def put_in(client: FlaskClient, basket: dict[str, int]) -> None:
    with client.session_transaction() as session:
        session["basket"] = basket


def level_in(page: str) -> str:
    found = re.search(r"allowance__level--(\w+)", page)
    return found[1] if found else ""


def test_the_meter_in_the_basket_turns_with_the_fourth_bottle(client: FlaskClient, state: State) -> None:
    gin = builders.a_product("SP-1", alcohol=400, volume_ml=500)
    state()
    levels = []
    for bottles in (1, 3, 4):
        put_in(client, {gin: bottles})
        page = tidy(client.get("/basket?lang=en").text)
        levels.append(level_in(page))

    assert levels == ["fine", "near", "over"]
    assert "2,000 ml / 1,500 ml" in page
    assert "More alcohol above 12 % vol than you may bring without declaring it." in page
    assert "read on 21 Nov 2026" in page
    assert "1 EUR = 7.4326 CNY, reference rate of 30 Oct 2026." in page
    assert 'href="/checkout"' in page, "a warning does not stop"


def test_a_rule_that_stops_takes_the_way_on_away_and_refuses_the_order(
    signed_in: FlaskClient, traveller: TravellerId, state: State, checkout_form: dict[str, str]
) -> None:
    gin = builders.a_product("SP-1", alcohol=400, volume_ml=500)
    builders.set_allowance("CN", stops=True)
    state()
    put_in(signed_in, {gin: 4})

    page = tidy(signed_in.get("/basket?lang=en").text)
    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "adult": "yes", "line": f"{gin}:4"})

    assert level_in(page) == "stop"
    assert 'href="/checkout"' not in page
    assert answer.status_code == 422
    assert "more than customs at your destination allow" in answer.text
    assert orders_of(traveller).items == []


def test_orders_of_the_same_trip_are_counted(signed_in: FlaskClient, traveller: TravellerId, state: State, day: date) -> None:
    gin = builders.a_product("SP-1", alcohol=400, volume_ml=500)
    builders.a_paid_order({gin: 2}, traveller=traveller, now=clock.now(), date=day)
    builders.an_order({gin: 1}, traveller=traveller, now=clock.now(), date=day)
    state()
    put_in(signed_in, {gin: 1})

    page = tidy(signed_in.get("/basket?lang=en").text)
    trip = tidy(signed_in.get("/trip?lang=en").text)

    assert (level_in(page), level_in(trip)) == ("over", "over")
    assert "Your other orders for this trip are counted as well." in page


def test_macau_has_no_figures_and_says_so(client: FlaskClient, state: State) -> None:
    from shop.flights import commands as flights

    words = {"name": builders.same("MFM"), "city": builders.same("MFM")}
    flights.put_timetable([flights.NewAirport(iata="MFM", country="MO", tz="Asia/Macau", customs_area="MO", **words)], [], [])

    page = state(final_destination="MFM")

    assert level_in(page) == "check"
    assert "We have read no official figures for Macau." in page


def test_the_checkout_is_filled_in_and_copies_the_duty_paid_price(
    signed_in: FlaskClient, traveller: TravellerId, state: State, checkout_form: dict[str, str]
) -> None:
    sku = builders.a_product("SP-1", price=50_00)
    builders.set_duty_paid(sku, 64_90)
    state(residence="DE")
    put_in(signed_in, {sku: 2})

    page = signed_in.get("/checkout?lang=en").text
    sent = {**checkout_form, "line": f"{sku}:2", "residence": "DE", "total": "12980"}
    stale = signed_in.post("/checkout?lang=en", data={**sent, "total": "10000"})
    answer = signed_in.post("/checkout?lang=en", data=sent)

    assert 'value="CA932"' in page
    assert '<option value="DE" selected>' in page
    assert 'name="total" value="12980"' in page
    assert stale.status_code == 409
    assert answer.status_code == 303
    order = order_by_number(answer.location.rsplit("/", 1)[1])
    assert (order.total, order.treatment) == (Money(129_80, Currency.EUR), "duty_paid")
    assert [line.unit_price.minor for line in order.lines] == [64_90]


def test_goods_without_a_duty_paid_price_are_marked_in_the_basket_and_refused(
    signed_in: FlaskClient, state: State, checkout_form: dict[str, str]
) -> None:
    sku = builders.a_product("SP-1", price=50_00)
    state(final_destination="CDG")
    put_in(signed_in, {sku: 1})

    page = tidy(signed_in.get("/basket?lang=en").text)
    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "line": f"{sku}:1", "final_destination": "CDG"})

    assert "Sold duty free only" in page
    assert 'href="/checkout"' not in page
    assert answer.status_code == 422
    assert 'id="final_destination-error"' in answer.text


def test_a_smallest_sum_counts_for_duty_free_orders_only(
    signed_in: FlaskClient, state: State, checkout_form: dict[str, str]
) -> None:
    sku = builders.a_product("SP-1", price=30_00)
    builders.set_duty_paid(sku, 36_00)
    builders.set_prices(minimum_minor=50_01)
    state()
    put_in(signed_in, {sku: 1})
    form = {**checkout_form, "line": f"{sku}:1"}

    page = tidy(signed_in.get("/basket?lang=en").text)
    free = signed_in.post("/checkout?lang=en", data=form)
    paid = signed_in.post("/checkout?lang=en", data={**form, "residence": "DE"})

    assert "€20.01 to go." in page
    assert (free.status_code, paid.status_code) == (422, 303)


def test_the_trip_of_an_order_becomes_the_trip_of_the_visit(signed_in: FlaskClient, checkout_form: dict[str, str]) -> None:
    sku = builders.a_product("SP-1")

    assert signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:1"}).status_code == 303

    assert "for CA932" in bar_of(signed_in)


@pytest.mark.parametrize(("path", "most"), [("/basket", 9), ("/trip", 11), ("/checkout", 16), ("/products/SP-1", 7)])
def test_pages_with_a_trip_cost_few_statements_however_much_is_in_the_basket(
    signed_in: FlaskClient, state: State, traveller: TravellerId, day: date, statements: list[str], path: str, most: int
) -> None:
    skus = [builders.a_product(f"SP-{n}", on_hand=20) for n in range(1, 9)]
    for _ in range(3):
        builders.an_order({skus[0]: 1, skus[1]: 1}, traveller=traveller, now=clock.now(), date=day)
    state()
    put_in(signed_in, dict.fromkeys(skus, 1))
    statements.clear()

    assert signed_in.get(path).status_code == 200

    assert len(statements) <= most, statements
