"""What somebody says of a delay becomes a moment, or a refusal; a file is used whole or not at all."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import builders
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from shop.base.db import reading, transaction
from shop.base.errors import ShopError
from shop.flights import delays, queries, rules
from shop.flights.delays import SaidDelay, WrongDelay, WrongFile
from shop.flights.queries import NoSuchFlight

DAY = builders.DAY
USUAL = datetime(2026, 11, 26, 13, 5, tzinfo=UTC)  # CA932, 14:05 in Frankfurt


def leaves_at(tz: str | None = None, **said: object) -> datetime:
    with reading() as session:
        return delays.leaves_at(session, SaidDelay(**{"flight": "ca 0932", "date": DAY, **said}), tz)[1]  # type: ignore[arg-type]


def test_a_new_time_is_local_and_may_be_of_the_next_day(app: Flask) -> None:
    assert leaves_at(local=time(23, 40)) == datetime(2026, 11, 26, 22, 40, tzinfo=UTC)
    assert leaves_at(local=time(1, 10), on=DAY + timedelta(days=1)) == datetime(2026, 11, 27, 0, 10, tzinfo=UTC)
    assert leaves_at(minutes=95) == USUAL + timedelta(minutes=95)
    assert leaves_at(minutes=-30) == USUAL - timedelta(minutes=30)
    assert leaves_at(minutes=0) == USUAL


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({}, WrongDelay),
        ({"local": time(15, 0), "minutes": 55}, WrongDelay),
        ({"minutes": 99999}, WrongDelay),
        ({"local": time(15, 0), "on": date(2026, 12, 26)}, WrongDelay),
        ({"local": time(15, 0), "on": date(2026, 11, 24)}, WrongDelay),
        ({"flight": "932", "minutes": 10}, rules.WrongFlightNumber),
        ({"flight": "CA966", "minutes": 10}, rules.NotFlyingThatDay),
        ({"flight": "XX12", "minutes": 10}, NoSuchFlight),
        ({"flight": "XX12", "local": time(15, 0)}, NoSuchFlight),
    ],
)
def test_what_cannot_be_is_refused(app: Flask, said: dict[str, object], refusal: type[ShopError]) -> None:
    with pytest.raises(refusal):
        leaves_at(**said)


def test_a_flight_that_only_orders_know_needs_a_clock_time(app: Flask) -> None:
    assert leaves_at("Europe/Berlin", flight="XX12", local=time(15, 0)) == datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    with pytest.raises(NoSuchFlight):
        leaves_at("Europe/Berlin", flight="XX12", minutes=10)


def test_what_is_said_last_counts_and_the_timetable_tells_it(app: Flask) -> None:
    for n, minutes in enumerate((60, 90)):
        with transaction() as session:
            delays.write(session, "CA932", DAY, USUAL + timedelta(minutes=minutes), f"staff:{n}", builders.NOW + timedelta(minutes=n))

    (delay,) = delays.listed(DAY)
    assert (delay.departs_at, delay.said_by) == (USUAL + timedelta(minutes=90), "staff:1")
    assert delays.listed(DAY + timedelta(days=1)) == []
    known = queries.known_flight("CA932", DAY)
    assert (known.departs_at, known.departs_local) == (USUAL + timedelta(minutes=90), time(15, 35))
    assert queries.known_flight("CA932", DAY + timedelta(days=1)).departs_local == time(14, 5)


def test_the_flights_of_a_route_come_in_the_order_in_which_they_really_leave(app: Flask) -> None:
    with transaction() as session:
        delays.write(session, "CA932", date(2026, 11, 27), datetime(2026, 11, 27, 15, 0, tzinfo=UTC), "staff:1", builders.NOW)

    found = queries.flights_to("FRA", "PEK", [date(2026, 11, 26), date(2026, 11, 27)])

    assert [(flight.number, flight.date.day) for flight in found] == [("CA932", 26), ("CA966", 27), ("CA932", 27)]
    assert queries.flights_to("FRA", "HKG", [DAY]) == []


def test_a_parcel_can_be_fetched_while_its_point_is_open_before_the_departure() -> None:
    week = (*(rules.OpenDay(time(6), time(21, 30)),) * 6, None)  # closed on Sundays
    point = rules.PointRules(ZoneInfo("Europe/Berlin"), week, timedelta(hours=3), timedelta(hours=4))

    def until(text: str) -> str:
        return delays.still_open(point, datetime.fromisoformat(text))[1].astimezone(point.zone).strftime("%a %H:%M")

    assert until("2026-11-26T20:00+01:00") == "Thu 20:00"
    assert until("2026-11-26T23:00+01:00") == "Thu 21:30"
    assert until("2026-11-27T02:00+01:00") == "Thu 21:30"
    assert until("2026-11-30T05:00+01:00") == "Sat 21:30"
    never = rules.PointRules(point.zone, (None,) * 7, point.order_lead, point.opens_before)
    assert delays.still_open(never, USUAL) == (USUAL, USUAL)


# --- a file -----------------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_either_separator_and_with_or_without_header() -> None:
    wanted = [
        SaidDelay("CA932", DAY, local=time(23, 40)),
        SaidDelay("CA966", DAY, local=time(1, 10), on=DAY + timedelta(days=1)),
        SaidDelay("LH720", DAY, minutes=95),
    ]
    text = "Flight,Date,Departs\nCA932,2026-11-26,23:40\n\nca 0966,2026-11-26,2026-11-27T1:10\nLH720, 2026-11-26 ,+95\n"

    assert [said for _, said in delays.read_file(text)] == wanted
    assert [said for _, said in delays.read_file("\ufeff" + text.replace(",", ";").replace("\n", "\r\n"))] == wanted
    assert [line for line, _ in delays.read_file(text)] == [2, 4, 5]
    assert [said for _, said in delays.read_file("\n".join(text.splitlines()[1:]))] == wanted


def test_everything_that_is_wrong_with_a_file_is_said_by_line() -> None:
    text = (
        "CA932,2026-11-26,23:40\n932,2026-11-26,23:40\nCA932,26.11.2026,23:40\nCA932,2026-11-26,25:40\nCA932,2026-11-26\n"
        "CA932,2026-02-30,+5"
    )

    with pytest.raises(WrongFile) as refused:
        delays.read_file(text)

    assert delays.lines_of(refused.value) == {
        2: ["wrong_flight_number"], 3: ["wrong_date"], 4: ["wrong_time"], 5: ["wrong_columns"], 6: ["wrong_date"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty_file"), ("flight,date,departs\n", "empty_file"), ("CA932,2026-11-26,+1\n" * 2001, "too_many_rows")],
    ids=["nothing", "only a header", "endless"],
)
def test_an_empty_or_endless_file_is_refused_as_a_whole(text: str, code: str) -> None:
    with pytest.raises(WrongFile) as refused:
        delays.read_file(text)

    assert delays.lines_of(refused.value) == {0: [code]}


@given(st.text(max_size=400))
def test_whatever_is_in_a_file_it_is_read_or_refused(text: str) -> None:
    lines: object = None
    try:
        lines = delays.read_file(text)
    except WrongFile as refused:
        lines = delays.lines_of(refused)

    assert lines, "neither read nor refused with a reason"
