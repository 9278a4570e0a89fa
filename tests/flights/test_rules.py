"""How late one may order, and when an order can be collected."""
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.base.errors import ShopError
from shop.flights import rules
from shop.flights.rules import OpenDay, PointClosed, PointRules, TooFarAhead, TooLate

FRANKFURT = ZoneInfo("Europe/Berlin")
DAILY = OpenDay(time(6, 0), time(21, 30))


def _point(hours: tuple[OpenDay | None, ...] = (DAILY,) * 7, lead: int = 180, opens_before: int = 240) -> PointRules:
    return PointRules(FRANKFURT, hours, timedelta(minutes=lead), timedelta(minutes=opens_before))


def _leaves(local: str) -> datetime:
    """The moment of a departure, from the day and time on the airport's clock."""
    return datetime.fromisoformat(local).replace(tzinfo=FRANKFURT).astimezone(UTC)


def _local(moment: datetime) -> str:
    return moment.astimezone(FRANKFURT).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("CA932",    "CA932"),
        ("ca 932",   "CA932"),
        ("CA0932",   "CA932"),
        ("CA-0932",  "CA932"),
        ("3U8888",   "3U8888"),
        ("lh720a",   "LH720A"),
        ("C3 1",     "C31"),
    ],
)  # fmt: skip
def test_a_flight_number_has_one_spelling(typed: str, number: str) -> None:
    assert rules.clean_flight_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", " ", "CA", "932", "12345", "CA0", "CA00000", "CAA932", "CA93222", "CA932AB", "中国932", "CA９３２", "CA932\x00"],
)
def test_what_is_no_flight_number_is_refused(typed: str) -> None:
    with pytest.raises(rules.WrongFlightNumber) as refused:
        rules.clean_flight_number(typed)

    assert refused.value.fields == {"flight": ["wrong_flight_number"]}


@given(st.text(max_size=20))
def test_any_text_is_a_flight_number_or_refused_and_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        clean = rules.clean_flight_number(text)
    except rules.WrongFlightNumber:
        return
    assert rules.clean_flight_number(clean) == clean
    assert 3 <= len(clean) <= 8, "fits the column"


@pytest.mark.parametrize(
    ("weekdays", "day", "flies"),
    [
        ("135",     date(2026, 11, 23), True),    # Monday
        ("135",     date(2026, 11, 24), False),   # Tuesday
        ("7",       date(2026, 11, 29), True),    # Sunday
        ("1234567", date(2026, 11, 29), True),
        ("",        date(2026, 11, 29), False),
    ],
)  # fmt: skip
def test_a_flight_flies_on_its_weekdays(weekdays: str, day: date, flies: bool) -> None:
    if flies:
        rules.check_day(weekdays, day)
    else:
        with pytest.raises(rules.NotFlyingThatDay):
            rules.check_day(weekdays, day)


@pytest.mark.parametrize(
    ("day", "local", "utc"),
    [
        (date(2026, 11, 26), time(14, 5),  "2026-11-26T13:05"),
        (date(2026, 7, 1),   time(14, 5),  "2026-07-01T12:05"),   # summer time
        (date(2026, 7, 1),   time(0, 30),  "2026-06-30T22:30"),
        (date(2026, 3, 29),  time(1, 59),  "2026-03-29T00:59"),   # the last minute before the clocks go forward
        (date(2026, 3, 29),  time(3, 0),   "2026-03-29T01:00"),
        (date(2026, 10, 25), time(14, 5),  "2026-10-25T13:05"),   # the day they go back
    ],
)  # fmt: skip
def test_a_departure_is_meant_in_the_airports_own_time(day: date, local: time, utc: str) -> None:
    assert rules.departure(day, local, FRANKFURT) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


CLOSED_SUNDAY = (DAILY,) * 6 + (None,)
ALL_DAY = (OpenDay(time(0, 0), time(23, 59)),) * 7
LATE = (OpenDay(time(6, 0), time(23, 59)),) * 7


@pytest.mark.parametrize(
    ("leaves", "point", "start", "end", "why"),
    [
        ("2026-11-26 14:05", _point(), "2026-11-26 10:05", "2026-11-26 14:05", "inside the opening hours"),
        ("2026-11-26 07:00", _point(), "2026-11-26 06:00", "2026-11-26 07:00", "the point opens less than four hours before"),
        ("2026-11-26 22:30", _point(), "2026-11-26 18:30", "2026-11-26 21:30", "the point closes before the departure"),
        ("2026-11-26 00:40", _point(), "2026-11-25 20:40", "2026-11-25 21:30", "just after midnight: the evening before"),
        ("2026-11-26 01:10", _point(), "2026-11-25 21:10", "2026-11-25 21:30", "twenty minutes of the evening before"),
        ("2026-11-26 00:40", _point(LATE), "2026-11-25 20:40", "2026-11-25 23:59", "open until midnight"),
        ("2026-11-29 00:40", _point(CLOSED_SUNDAY), "2026-11-28 20:40", "2026-11-28 21:30", "closed that day, open the evening before"),
        ("2026-03-29 08:00", _point(), "2026-03-29 06:00", "2026-03-29 08:00", "the night the clocks go forward"),
        ("2026-10-25 05:00", _point(ALL_DAY), "2026-10-25 02:00", "2026-10-25 05:00", "back: 240 real minutes"),
    ],
)  # fmt: skip
def test_an_order_is_collected_before_departure_while_the_point_is_open(
    leaves: str, point: PointRules, start: str, end: str, why: str
) -> None:
    first, last = rules.collect_between(point, _leaves(leaves))

    assert (_local(first), _local(last)) == (start, end), why


@pytest.mark.parametrize(
    ("leaves", "hours", "why"),
    [
        ("2026-11-26 05:30", (DAILY,) * 7, "between closing and opening, more than four hours after closing"),
        ("2026-11-29 14:05", CLOSED_SUNDAY, "closed that day"),
        ("2026-11-26 06:00", (DAILY,) * 7, "leaves at the moment of opening"),
        ("2026-11-26 14:05", (None,) * 7, "never open"),
    ],
)
def test_a_point_that_is_closed_for_a_departure_is_refused(leaves: str, hours: tuple[OpenDay | None, ...], why: str) -> None:
    with pytest.raises(PointClosed) as refused:
        rules.collect_between(_point(hours), _leaves(leaves))

    assert refused.value.code == "pickup_point_closed", why


@pytest.mark.parametrize(
    ("leaves", "lead", "cut_off"),
    [
        ("2026-11-26 14:05", 180, "2026-11-26 11:05"),
        ("2026-11-26 14:05",  30, "2026-11-26 13:35"),
        ("2026-11-26 23:00",  30, "2026-11-26 21:30"),   # the point closes first
        ("2026-11-26 00:40", 180, "2026-11-25 21:30"),   # likewise, the evening before
        ("2026-11-26 07:00", 180, "2026-11-26 04:00"),
    ],
)  # fmt: skip
def test_the_cut_off_lies_before_departure_and_before_closing(leaves: str, lead: int, cut_off: str) -> None:
    assert _local(rules.cut_off(_point(lead=lead), _leaves(leaves))) == cut_off


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        ("2026-11-26 11:05:00", None),
        ("2026-11-26 11:05:01", TooLate),
        ("2026-11-26 15:00:00", TooLate),
        ("2026-05-30 15:05:00", None),          # 180 days before (summer time: one hour later on the clock)
        ("2026-05-30 15:04:59", TooFarAhead),
    ],
)  # fmt: skip
def test_an_order_is_neither_too_late_nor_too_early(now: str, refusal: type[ShopError] | None) -> None:
    if refusal is None:
        rules.check_in_time(_point(), _leaves("2026-11-26 14:05"), _leaves(now))
    else:
        with pytest.raises(refusal):
            rules.check_in_time(_point(), _leaves("2026-11-26 14:05"), _leaves(now))


def test_who_is_too_late_is_told_the_cut_off() -> None:
    with pytest.raises(TooLate) as refused:
        rules.check_in_time(_point(), _leaves("2026-11-26 14:05"), _leaves("2026-11-26 13:00"))

    assert refused.value.facts == {"cut_off": "2026-11-26T10:05:00+00:00"}


MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
DAYS = st.one_of(st.none(), st.tuples(TIMES, TIMES).filter(lambda s: s[0] < s[1]).map(lambda s: OpenDay(*s)))


@given(MOMENTS, st.lists(DAYS, min_size=7, max_size=7), st.integers(0, 600), st.integers(1, 1000))
def test_a_window_is_never_empty_and_never_after_departure(
    leaves: datetime, hours: list[OpenDay | None], lead: int, opens_before: int
) -> None:
    point = _point(tuple(hours), lead, opens_before)
    try:
        start, end = rules.collect_between(point, leaves)
    except PointClosed:
        return

    assert leaves - point.opens_before <= start < end <= leaves
    assert rules.cut_off(point, leaves) <= end
