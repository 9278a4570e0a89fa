"""Days in Frankfurt have 23, 24 or 25 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shop.reports.period import Period, WrongPeriod, frankfurt_days, local


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)])
def test_a_day_is_as_long_as_it_is_in_frankfurt(day: date, hours: int) -> None:
    since, until = frankfurt_days(day, day)

    assert until - since == timedelta(hours=hours)


def test_both_days_of_a_period_belong_to_it() -> None:
    assert frankfurt_days(date(2026, 11, 24), date(2026, 11, 25)) == (
        datetime(2026, 11, 23, 23, tzinfo=UTC),
        datetime(2026, 11, 25, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 1, 2), date(2026, 1, 1)), (date.min, date(2026, 1, 1)), (date(2026, 1, 1), date.max)],
)
def test_a_period_that_no_calendar_knows_is_refused(first: date, last: date) -> None:
    with pytest.raises(WrongPeriod):
        frankfurt_days(first, last)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(WrongPeriod):
        Period(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Period(datetime(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC))  # noqa: DTZ001 - the point


def test_clocks_in_frankfurt_show_summer_and_winter_time() -> None:
    assert local(datetime(2026, 7, 1, 12, tzinfo=UTC)) == datetime(2026, 7, 1, 14)  # noqa: DTZ001 - what a clock shows
    assert local(datetime(2026, 12, 1, 12, tzinfo=UTC)) == datetime(2026, 12, 1, 13)  # noqa: DTZ001
