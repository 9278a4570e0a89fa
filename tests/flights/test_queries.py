"""The timetable as it is asked."""
from datetime import date

import builders
import pytest
from flask import Flask

from shop.base.db import reading
from shop.flights import queries, rules


def test_a_known_flight_knows_its_moment_place_and_terminal(app: Flask) -> None:
    flight = queries.known_flight("ca 0932", builders.DAY)

    assert (flight.number, flight.destination, flight.terminal) == ("CA932", "PEK", "T1")
    assert flight.departs_at.isoformat() == "2026-11-26T13:05:00+00:00"


@pytest.mark.parametrize(
    ("number", "day", "refusal"),
    [
        ("CA1", builders.DAY, queries.NoSuchFlight),
        ("nonsense", builders.DAY, rules.WrongFlightNumber),
        ("CA966", date(2026, 11, 26), rules.NotFlyingThatDay),
    ],
)
def test_a_flight_that_is_not_there_is_refused(app: Flask, number: str, day: date, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        queries.known_flight(number, day)


def test_a_closed_pickup_point_is_not_offered(app: Flask) -> None:
    builders.set_point(builders.OTHER_POINT, active=False)

    assert [point.code for point in queries.points()] == [builders.POINT]
    with reading() as session, pytest.raises(queries.NoSuchPoint):
        queries.trip_facts(session, builders.OTHER_POINT, "CA932", "PEK")


def test_everything_about_a_planned_trip_is_one_statement(app: Flask, statements: list[str]) -> None:
    with reading() as session:
        statements.clear()
        facts = queries.trip_facts(session, builders.POINT, "CA932", "HKG")

    assert len(statements) == 1
    assert (facts.point.code, facts.destination.customs_area, facts.flight is not None) == (builders.POINT, "HK", True)


def test_a_flight_we_do_not_know_is_no_refusal_but_no_facts(app: Flask) -> None:
    with reading() as session:
        assert queries.trip_facts(session, builders.POINT, "XX1", "PEK").flight is None


def test_an_airport_we_do_not_know_is_refused(app: Flask) -> None:
    with reading() as session, pytest.raises(queries.NoSuchAirport):
        queries.trip_facts(session, builders.POINT, "CA932", "XXX")


def test_putting_the_timetable_twice_changes_nothing(app: Flask) -> None:
    before = builders.everything()

    builders.a_timetable()

    assert builders.everything() == before
