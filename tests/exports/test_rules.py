"""Which days a saved report means, and when a schedule is due."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.exports.rules import (
    FRANKFURT,
    Span,
    WrongExportPeriod,
    WrongRule,
    check_days,
    checked_rule,
    days_of,
    runs_after,
)
from shop.exports.states import MOVES, OPEN, ExportState, may_become

START = date(2026, 1, 1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "at", "after", "runs"),
    [
        (
            "FREQ=DAILY",
            time(6, 30),
            "2026-03-28T12:00",
            ["2026-03-29T04:30", "2026-03-30T04:30"],
        ),  # the clocks go forward on the 29th
        (
            "FREQ=DAILY",
            time(2, 30),
            "2026-03-28T12:00",
            ["2026-03-29T01:30", "2026-03-30T00:30"],
        ),  # left out: an hour later
        (
            "FREQ=DAILY",
            time(2, 30),
            "2026-10-24T12:00",
            ["2026-10-25T00:30", "2026-10-26T01:30"],
        ),  # comes twice: the first
        ("FREQ=WEEKLY;BYDAY=MO", time(7), "2026-11-24T00:00", ["2026-11-30T06:00", "2026-12-07T06:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1", time(0), "2026-11-24T00:00", ["2026-11-30T23:00", "2026-12-31T23:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", time(12), "2026-01-15T00:00", ["2026-01-31T11:00", "2026-02-28T11:00"]),
        ("FREQ=MONTHLY;BYDAY=1MO", time(12), "2026-01-15T00:00", ["2026-02-02T11:00", "2026-03-02T11:00"]),
        ("FREQ=DAILY;UNTIL=20260103", time(12), "2026-01-02T00:00", ["2026-01-02T11:00", "2026-01-03T11:00"]),
        ("FREQ=DAILY;COUNT=2", time(12), "2026-01-01T12:00", ["2026-01-02T11:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", time(12), "2026-01-01T12:00", ["2028-02-29T11:00"]),
    ],
)
def test_a_rule_runs_on_frankfurts_clocks(rule: str, at: time, after: str, runs: list[str]) -> None:
    found = runs_after(rule, START, at, utc(after), 2)

    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in found] == runs


def test_a_run_is_later_than_now_even_where_an_hour_comes_twice() -> None:
    first = utc("2026-10-25T00:30")  # 2:30 for the first time

    assert runs_after("FREQ=DAILY", START, time(2, 30), first, 1) == [utc("2026-10-26T01:30")]
    assert runs_after("FREQ=DAILY", START, time(2, 30), first - timedelta(seconds=1), 1) == [first]


@pytest.mark.parametrize(
    "rule",
    [
        "", "every day", "FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYDAY=", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;UNTIL=tomorrow",
        "DTSTART:20260101\nRRULE:FREQ=DAILY", "FREQ=DAILY\nEXDATE:20260101", "X" * 201, "FREQ=MONTHLY;BYMONTHDAY=x",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_days_is_refused(rule: str) -> None:
    with pytest.raises(WrongRule) as refusal:
        runs_after(rule, START, time(12), utc("2026-01-01T00:00"), 1)

    assert refusal.value.fields == {"rule": ["wrong_rule"]}


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=6MO", "FREQ=DAILY;UNTIL=20200101"]
)
def test_a_rule_that_never_happens_has_no_runs_and_is_soon_known(rule: str) -> None:
    assert runs_after(rule, START, time(12), utc("2026-01-01T00:00"), 1) == []


def test_a_rule_may_be_written_as_a_calendar_writes_it() -> None:
    assert checked_rule(" rrule:freq=weekly; byday=mo,th; ") == "FREQ=WEEKLY;BYDAY=MO,TH"


@given(st.text(alphabet="FREQ=DAILYWEKMONTHUX;BVPOS123,-+ :\n", max_size=60))
def test_whatever_is_typed_is_a_rule_or_refused(text: str) -> None:
    try:
        runs = runs_after(text, START, time(2, 30), utc("2026-03-20T00:00"), 3)
    except WrongRule:
        return
    assert runs == sorted(set(runs))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.times())  # noqa: DTZ001 - hypothesis adds no zone
def test_a_daily_rule_runs_once_a_day(after: datetime, at: time) -> None:
    runs = runs_after("FREQ=DAILY", START, at.replace(microsecond=0), after.replace(tzinfo=UTC), 5)

    days = [moment.astimezone(FRANKFURT).date() for moment in runs]
    assert all(later - earlier == timedelta(days=1) for earlier, later in zip(days, days[1:], strict=False))


@pytest.mark.parametrize(
    ("span", "days"),
    [
        (Span.YESTERDAY, ("2026-02-28", "2026-02-28")), (Span.LAST_7_DAYS, ("2026-02-22", "2026-02-28")),
        (Span.LAST_WEEK, ("2026-02-16", "2026-02-22")), (Span.THIS_MONTH, ("2026-03-01", "2026-03-01")),
        (Span.LAST_MONTH, ("2026-02-01", "2026-02-28")),
    ],
)  # fmt: skip
def test_a_span_is_reckoned_from_the_day_it_is_made(span: Span, days: tuple[str, str]) -> None:
    assert days_of(span, date(2026, 3, 1)) == tuple(map(date.fromisoformat, days))


@pytest.mark.parametrize("last", ["2025-12-31", "2036-01-01"])
def test_a_period_of_nothing_or_of_ten_years_is_refused(last: str) -> None:
    with pytest.raises(WrongExportPeriod):
        check_days(START, date.fromisoformat(last))


def test_every_state_of_an_export_can_be_reached_and_has_a_row() -> None:
    reached = {ExportState.WAITING, *(state for moves in MOVES.values() for state in moves)}

    assert set(MOVES) == reached == set(ExportState)
    assert {state for state in ExportState if not MOVES[state]} == {ExportState.REFUSED}
    assert may_become(ExportState.CANCELLED) == OPEN
