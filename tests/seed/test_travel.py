"""Flights, airports, carriers and pickup points of the seed fit together."""
from datetime import time
from typing import Literal
from zoneinfo import ZoneInfo

from seed.each import for_each

from shop.pickup.packing_rules import check_capacity, clean_slot
from shop.seed import Airport, Flight, PickupPoint, load

SEED = load()
LANGUAGES: tuple[Literal["zh", "en", "de"], ...] = ("zh", "en", "de")
AIRPORTS = {airport["iata"]: airport for airport in SEED.airports}
by_airport = for_each(SEED.airports, "iata")
by_flight = for_each(SEED.flights, "number")
by_point = for_each(SEED.pickup_points, "code")


def test_there_are_enough_routes_airports_and_pickup_points() -> None:
    assert len(SEED.flights) >= 40
    assert len(AIRPORTS) == len(SEED.airports) >= 45
    assert len({flight["number"] for flight in SEED.flights}) == len(SEED.flights)
    assert len({point["code"] for point in SEED.pickup_points}) == len(SEED.pickup_points) >= 4
    assert {point["terminal"] for point in SEED.pickup_points} == {"T1", "T3"}


def test_the_main_destinations_are_served() -> None:
    served = {flight["to"] for flight in SEED.flights}

    assert served >= {"PEK", "PVG", "CAN", "HKG", "TFU", "SZX", "TPE", "ICN", "SIN", "BKK", "DXB"}


def test_every_airport_is_used_or_a_final_destination_in_greater_china_or_its_neighbours() -> None:
    onward = {end for flight in SEED.flights for end in flight["onward"]}
    used = {"FRA"} | onward | {flight["to"] for flight in SEED.flights}

    assert all(AIRPORTS[code]["country"] in {"CN", "JP"} for code in set(AIRPORTS) - used)


@by_flight
def test_a_flight_refers_to_what_exists(flight: Flight) -> None:
    carriers = {carrier["code"] for carrier in SEED.carriers}

    assert flight["carrier"] in carriers
    assert flight["number"].startswith(flight["carrier"])
    assert flight["number"][2:].isdigit()
    assert flight["origin"] == "FRA"
    assert flight["to"] in AIRPORTS
    assert set(flight["onward"]) <= set(AIRPORTS) - {flight["to"], "FRA"}
    assert flight["terminal"] in {point["terminal"] for point in SEED.pickup_points}


@by_flight
def test_a_flight_leaves_at_a_time_on_days_and_lasts_a_while(flight: Flight) -> None:
    assert time.fromisoformat(flight["departs"]).strftime("%H:%M") == flight["departs"]
    assert flight["weekdays"] == sorted(set(flight["weekdays"]))
    assert set(flight["weekdays"]) <= set(range(1, 8))
    assert flight["weekdays"]
    assert 45 <= flight["minutes"] <= 900


def test_every_carrier_flies_and_has_a_chinese_name() -> None:
    assert {carrier["code"] for carrier in SEED.carriers} == {flight["carrier"] for flight in SEED.flights}
    assert all(carrier["name"]["zh"] != carrier["name"]["en"] for carrier in SEED.carriers)


@by_airport
def test_an_airport_is_complete(airport: Airport) -> None:
    assert len(airport["iata"]) == 3
    assert airport["iata"].isupper()
    assert len(airport["country"]) == 2
    assert ZoneInfo(airport["tz"]).key == airport["tz"]
    assert all(airport[field][language] for field in ("city", "name") for language in LANGUAGES)
    assert len({airport["name"][language] for language in LANGUAGES}) == 3


@by_airport
def test_the_customs_area_of_an_airport_follows_its_country(airport: Airport) -> None:
    own = {"CN": "CN", "HK": "HK", "MO": "MO"}
    expected = own.get(airport["country"], "EU" if airport["eu"] else "OTHER")

    assert airport["customs_area"] == ("OTHER" if airport["iata"] == "LPA" else expected)


@by_point
def test_a_pickup_point_says_where_it_is_in_three_languages(point: PickupPoint) -> None:
    assert point["code"].startswith(f"{point['terminal']}-{point['zone']}")
    assert point["airport"] in AIRPORTS
    assert point["tz"] == AIRPORTS[point["airport"]]["tz"]
    assert all(len({point[field][language] for language in LANGUAGES}) == 3 for field in ("name", "directions"))
    assert all(point["code"].split("-")[1] in point["name"][language] for language in LANGUAGES)
    assert min(len(point["directions"][language]) for language in LANGUAGES) > 40
    assert point["airside"] is True


@by_point
def test_a_pickup_point_is_open_every_day_and_takes_orders_before_it_hands_over(point: PickupPoint) -> None:
    assert [hours["weekday"] for hours in point["hours"]] == list(range(1, 8))
    assert all(time.fromisoformat(hours["opens"]) < time.fromisoformat(hours["closes"]) for hours in point["hours"])
    assert 60 <= point["order_lead_minutes"] <= 24 * 60
    assert 60 <= point["pickup_opens_minutes_before"] <= 24 * 60


@by_point
def test_a_pickup_point_has_a_shelf_that_the_packers_can_use(point: PickupPoint) -> None:
    slots = [f"{row['row']}{n}" for row in point["shelf"] for n in range(1, row["slots"] + 1)]

    assert len(set(slots)) == len(slots) >= 6
    assert [clean_slot(slot) for slot in slots] == slots
    assert all(check_capacity(row["capacity"]) <= 12 for row in point["shelf"])
