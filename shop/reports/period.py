"""The days of a report are days in Frankfurt; the database knows moments in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.errors import Kind, ShopError

FRANKFURT = ZoneInfo("Europe/Berlin")


class WrongPeriod(ShopError):
    """The period ends before it begins, or lies outside the calendar."""

    kind, code = Kind.INVALID, "wrong_period"


class Period(Struct, frozen=True):
    """From `since` up to, but without, `until`. Raises WrongPeriod, and ValueError when one does not say its zone."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("a period is between two moments, each with its zone")
        if self.until < self.since:
            raise WrongPeriod

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last Frankfurt day that the period touches."""
        first = self.since.astimezone(FRANKFURT).date()
        last = (self.until - timedelta(microseconds=1)).astimezone(FRANKFURT).date()
        return first, max(first, last)


def frankfurt_days(first: date, last: date) -> tuple[datetime, datetime]:
    """The UTC moments between which the days `first` to `last`, both included, lie in Frankfurt. Raises WrongPeriod.

    A day has 23 or 25 hours when the clocks change.
    """
    if last < first:
        raise WrongPeriod(fields={"to": ["wrong_period"]})
    try:
        since = datetime.combine(first, time(), FRANKFURT).astimezone(UTC)
        until = datetime.combine(last + timedelta(days=1), time(), FRANKFURT).astimezone(UTC)
    except OverflowError:
        raise WrongPeriod from None
    return since, until


def local(moment: datetime | None) -> datetime | None:
    """What clocks in Frankfurt show at `moment`, as a naive datetime: files know no zones.

    In the repeated hour of autumn two moments look alike; rows keep the order in which things happened.
    """
    return None if moment is None else moment.astimezone(FRANKFURT).replace(tzinfo=None)
