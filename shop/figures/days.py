"""Days and hours of Frankfurt as moments: a day has 23 to 25 hours when the clocks change."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FRANKFURT = ZoneInfo("Europe/Berlin")
ONE_DAY = timedelta(days=1)


def start_of(day: date) -> datetime:
    """The moment `day` begins."""
    return datetime.combine(day, time(), FRANKFURT).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The moment the day after `day` begins."""
    return start_of(day + ONE_DAY)


def day_of(moment: datetime) -> date:
    return moment.astimezone(FRANKFURT).date()


def hour_of(moment: datetime) -> int:
    """What clocks show, 0 to 23; the repeated hour of autumn counts twice."""
    return moment.astimezone(FRANKFURT).hour


def between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def hours(first: date, last: date, hour: int) -> list[tuple[datetime, datetime]]:
    """The stretches of time on these days during which clocks show `hour`."""
    found: list[tuple[datetime, datetime]] = []
    for day in between(first, last):
        start, end = start_of(day), end_of(day)
        while start < end:
            if hour_of(start) == hour:
                if found and found[-1][1] == start:
                    found[-1] = (found[-1][0], start + timedelta(hours=1))
                else:
                    found.append((start, start + timedelta(hours=1)))
            start += timedelta(hours=1)
    return found


def stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """The days as runs without gaps: first and last of each."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] == ONE_DAY:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def edges(days: Sequence[date]) -> list[tuple[date, datetime, datetime]]:
    """Each day with its beginning and its end."""
    return [(day, start_of(day), end_of(day)) for day in days]
