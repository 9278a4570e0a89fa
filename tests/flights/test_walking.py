"""When to set out: every way in which boarding, walking and opening hours can meet, as a table."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.flights.rules import OpenDay, OpenDays, PointRules, collect_between
from shop.flights.walking import UNKNOWN, Call, Ways, leave, ways_of

ZONE = ZoneInfo("Europe/Berlin")
FAR = Ways({"B": 6, "Z": 22}, boarding=45, serving=5)
ALL_DAY, BREAK = OpenDay(time(6), time(21, 30)), (OpenDay(time(6), time(12)), OpenDay(time(13), time(21, 30)))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 26, hour, minute, tzinfo=ZONE).astimezone(UTC)


def point(hours: OpenDays) -> PointRules:
    return PointRules(ZONE, (hours,) * 7, timedelta(hours=3), timedelta(hours=4))


@pytest.mark.parametrize(
    ("departs", "hours", "ways", "by", "why"),
    [
        (at(14, 5), ALL_DAY, FAR, at(12, 31), "boarding 13:20, back 22, served 5, there 22"),
        (at(14, 5), ALL_DAY, Ways({"B": 6}, 45, 5), at(13, 3), "a counter that is near"),
        (at(14, 5), ALL_DAY, Ways({"B": 6}, 0, 0), at(13, 53), "boarding at the departure, nobody before one"),
        (at(22, 30), ALL_DAY, FAR, at(20, 56), "boarding comes before closing"),
        (at(23, 30), ALL_DAY, FAR, at(21, 3), "closing 21:30 comes before boarding"),
        (at(14, 5), BREAK, FAR, at(11, 33), "12:53 there would be in the break: served by 12:00"),
        (at(15, 5), BREAK, FAR, at(13, 31), "13:53 there is after the break"),
        (at(6, 50), ALL_DAY, FAR, at(5, 16), "before it opens: nobody can make it, and the page says so"),
    ],
)
def test_the_last_moment_to_leave(departs: datetime, hours: OpenDays, ways: Ways, by: datetime, why: str) -> None:
    start, end = collect_between(point(hours), departs)

    found = leave(point(hours), ways, start, end, departs)

    assert found is not None
    assert found.by == by, why
    assert found.until == end
    assert found.at_gate == departs - timedelta(minutes=ways.boarding)


@pytest.mark.parametrize(
    ("now", "call"),
    [
        (at(9, 42), Call.TOO_EARLY), (at(9, 43), Call.TIME), (at(12, 0), Call.TIME), (at(12, 1), Call.NOW), (at(12, 31), Call.NOW),
        (at(12, 32), Call.LATE), (at(14, 4), Call.LATE), (at(14, 5), Call.OVER),
    ],
)  # fmt: skip
def test_what_to_do_at_a_moment(now: datetime, call: Call) -> None:
    start, end = collect_between(point(ALL_DAY), at(14, 5))
    found = leave(point(ALL_DAY), FAR, start, end, at(14, 5))

    assert found is not None
    assert found.call(now, at(14, 5)) is call


def test_where_nobody_has_said_how_far_it_is_no_time_is_told() -> None:
    assert ways_of(None) == UNKNOWN
    assert leave(point(ALL_DAY), UNKNOWN, at(10), at(14), at(14, 5)) is None


def test_ways_come_back_from_the_database_as_they_went_in() -> None:
    assert ways_of(FAR.stored()) == FAR


@given(
    walk=st.integers(1, 60), boarding=st.integers(0, 90), serving=st.integers(0, 15), minutes=st.integers(10 * 60, 23 * 60 + 50),
    hours=st.sampled_from([ALL_DAY, BREAK]),
)  # fmt: skip
def test_whoever_leaves_by_then_is_served_in_open_hours_and_back_at_the_gate_in_time(
    walk: int, boarding: int, serving: int, minutes: int, hours: OpenDays
) -> None:
    departs = at(0) + timedelta(minutes=minutes)
    start, end = collect_between(point(hours), departs)
    found = leave(point(hours), Ways({"X": walk}, boarding, serving), start, end, departs)

    assert found is not None
    there = found.by + timedelta(minutes=walk)
    done = there + timedelta(minutes=serving)
    assert done + timedelta(minutes=walk) <= departs - timedelta(minutes=boarding)
    assert done <= end
    if there >= start:
        day, spans = departs.astimezone(ZONE).date(), (hours,) if isinstance(hours, OpenDay) else hours or ()
        open_then = [(datetime.combine(day, one.opens, ZONE), datetime.combine(day, one.closes, ZONE)) for one in spans]
        assert any(opens <= there and done <= closes for opens, closes in open_then)
