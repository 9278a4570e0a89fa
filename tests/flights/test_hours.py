"""Opening hours as a manager types them: breaks, single days, weeks that hold later, and cut-offs by weekday."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.flights import hours, rules
from shop.flights.hours import Plan, WrongHours
from shop.flights.rules import OpenDay, PointClosed, PointRules

FRANKFURT = ZoneInfo("Europe/Berlin")
WEEK = {day: ["06:00", "12:00", "13:00", "21:30"] for day in "12345"}
MONDAY = date(2026, 11, 30)


def decided(plan: Plan = hours.NOTHING, lead: int = 180, before: int = 240) -> PointRules:
    return hours.rules_of(FRANKFURT, WEEK, plan, timedelta(minutes=lead), timedelta(minutes=before))


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=FRANKFURT).astimezone(UTC)


def window(point: PointRules, leaves: str) -> tuple[str, str]:
    start, end = rules.collect_between(point, at(leaves))
    return (start.astimezone(FRANKFURT).strftime("%d %H:%M"), end.astimezone(FRANKFURT).strftime("%d %H:%M"))


@pytest.mark.parametrize(
    ("typed", "times"),
    [
        ("06:00-21:30", ["06:00", "21:30"]),
        (" 6:00 – 21:30 ", ["06:00", "21:30"]),
        ("06:00-12:00, 13:00-24:00", ["06:00", "12:00", "13:00", "23:59"]),
        ("06:00至12:00；13:00至21:30", ["06:00", "12:00", "13:00", "21:30"]),
        ("", []),
        ("Closed", []),
        ("休息", []),
    ],
)
def test_a_day_is_read_in_every_way_people_write_it(typed: str, times: list[str]) -> None:
    assert hours.read_day(typed) == times


@given(st.text(max_size=40))
def test_any_text_is_a_day_that_reads_the_same_again_or_refused(text: str) -> None:
    try:
        times = hours.read_day(text)
    except WrongHours:
        return

    assert hours.read_day(hours.words_of(times)) == times
    assert times == sorted(set(times)), "in order, and nothing twice"
    assert len(times) % 2 == 0


def test_a_break_is_not_a_time_to_begin_or_end() -> None:
    point = decided()

    assert window(point, "2026-11-30 16:30") == ("30 13:00", "30 16:30"), "the window would begin in the break"
    assert window(point, "2026-11-30 12:30") == ("30 08:30", "30 12:00"), "the flight leaves in the break"
    assert window(point, "2026-11-30 15:00") == ("30 11:00", "30 15:00"), "a break inside stays inside"


def test_a_single_day_goes_before_every_week() -> None:
    plan = Plan(later=((MONDAY, {"1": ["07:00", "09:00"]}),), exceptions={MONDAY: ["10:00", "11:00"], date(2026, 12, 1): []})
    point = decided(plan)

    assert point.open_on(MONDAY) == (OpenDay(time(10), time(11)),)
    assert point.open_on(date(2026, 12, 1)) == ()
    assert point.open_on(MONDAY + timedelta(days=7)) == (OpenDay(time(7), time(9)),)
    assert len(point.open_on(MONDAY - timedelta(days=7))) == 2
    with pytest.raises(PointClosed):
        rules.collect_between(point, at("2026-12-02 05:00"))


def test_the_cut_off_of_a_weekday_goes_by_the_local_day_of_departure() -> None:
    point = decided(Plan(leads={"1": 600}))

    assert point.lead(at("2026-11-30 00:30")) == timedelta(hours=10), "a Monday here, though still Sunday in UTC"
    assert point.lead(at("2026-12-01 00:30")) == timedelta(hours=3)
    assert rules.cut_off(point, at("2026-11-30 16:00")) == at("2026-11-30 06:00")


spans = st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=6, unique=True).filter(lambda found: len(found) % 2 == 0).map(sorted)


weeks = st.dictionaries(st.sampled_from("1234567"), spans, min_size=1)


@given(weeks, st.integers(0, 14 * 24 * 60), st.integers(0, 600), st.integers(30, 2880))
def test_a_window_lies_before_the_departure_begins_and_ends_while_somebody_is_there(
    week: dict[str, list[int]], minutes: int, lead: int, before: int
) -> None:
    times = {day: [f"{m // 60:02}:{m % 60:02}" for m in found] for day, found in week.items()}
    point = hours.rules_of(FRANKFURT, times, hours.NOTHING, timedelta(minutes=lead), timedelta(minutes=before))
    leaves = at("2026-10-20 00:00") + timedelta(minutes=minutes)
    try:
        start, end = rules.collect_between(point, leaves)
    except PointClosed:
        return

    assert leaves - timedelta(minutes=before) <= start < end <= leaves
    assert rules.cut_off(point, leaves) <= end
    for moment in (start, end):
        local = moment.astimezone(FRANKFURT)
        clock = local.time().replace(second=0)
        assert any(one.opens <= clock <= one.closes for one in point.open_on(local.date())), local


def test_what_is_stored_comes_back_the_same() -> None:
    plan = Plan(later=((MONDAY, WEEK),), exceptions={MONDAY: []}, leads={"6": 240})

    assert hours.plan_of(plan.stored()) == plan
    assert hours.plan_of(None) == hours.NOTHING
    assert hours.NOTHING.stored() is None
