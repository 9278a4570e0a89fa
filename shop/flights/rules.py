"""How late one may order and where an order may be collected. No database, no clock: only answers."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.base.errors import Kind, ShopError

FLIGHT_NUMBER = re.compile(r"^([A-Z0-9]{2})0*([1-9][0-9]{0,3})([A-Z]?)$")
DAYS_AHEAD = 180  # how far ahead a trip may lie


class WrongFlightNumber(ShopError):
    kind, code = Kind.INVALID, "wrong_flight_number"


class NotFlyingThatDay(ShopError):
    """The flight is known, but not on that day."""

    kind, code = Kind.REFUSED, "not_flying_that_day"


class TooLate(ShopError):
    """The cut-off of that flight at that pickup point is over."""

    kind, code = Kind.REFUSED, "too_close_to_departure"


class TooFarAhead(ShopError):
    kind, code = Kind.REFUSED, "too_far_ahead"


class PointClosed(ShopError):
    """The pickup point is not open between its opening for that flight and the departure."""

    kind, code = Kind.REFUSED, "pickup_point_closed"


def clean_flight_number(text: str) -> str:
    """`ca 0932` → `CA932`: two characters of the carrier, up to four digits, sometimes a letter. Raises WrongFlightNumber."""
    compact = re.sub(r"[\s\-]", "", text or "").upper()
    found = FLIGHT_NUMBER.match(compact)
    if not found or compact[:2].isdigit():
        raise WrongFlightNumber(fields={"flight": ["wrong_flight_number"]})
    return "".join(found.groups())


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Opening and closing on one day, local time of the airport. Closing at 24:00 is written 23:59."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class PointRules:
    """What of a pickup point decides whether an order can be collected there. `hours[0]` is Monday; None is closed."""

    zone: ZoneInfo
    hours: tuple[OpenDay | None, ...]
    order_lead: timedelta  # the cut-off lies this long before departure
    opens_before: timedelta  # goods can be collected from this long before departure


def departure(day: date, local: time, zone: ZoneInfo) -> datetime:
    """The moment of departure in UTC, from the airport's local day and time."""
    return datetime.combine(day, local, zone).astimezone(UTC)


def check_day(weekdays: str, day: date) -> None:
    """`weekdays` holds ISO weekday digits (`135` is Monday, Wednesday, Friday). Raises NotFlyingThatDay."""
    if str(day.isoweekday()) not in weekdays:
        raise NotFlyingThatDay(fields={"date": ["not_flying_that_day"]})


def collect_between(point: PointRules, departs_at: datetime) -> tuple[datetime, datetime]:
    """From when until when (UTC) an order for a departure can be collected at a point. Raises PointClosed.

    The window of the departure (from `opens_before` until departure) cut with the point's opening hours of that local
    day, or, for a departure before opening, of the evening before.
    """
    earliest = departs_at - point.opens_before
    for days_back in (0, 1):
        day = (departs_at.astimezone(point.zone) - timedelta(days=days_back)).date()
        hours = point.hours[day.weekday()]
        if hours is None:
            continue
        opens, closes = departure(day, hours.opens, point.zone), departure(day, hours.closes, point.zone)
        start, end = max(opens, earliest), min(closes, departs_at)
        if start < end:
            return start, end
    raise PointClosed(fields={"pickup_point": ["pickup_point_closed"]})


def cut_off(point: PointRules, departs_at: datetime) -> datetime:
    """The latest moment (UTC) to order for a departure at a point: before departure, and before the point's last hour."""
    _, end = collect_between(point, departs_at)
    return min(departs_at - point.order_lead, end)


def check_in_time(point: PointRules, departs_at: datetime, now: datetime) -> None:
    """Raises TooLate, TooFarAhead, PointClosed."""
    if departs_at - now > timedelta(days=DAYS_AHEAD):
        raise TooFarAhead(fields={"date": ["too_far_ahead"]})
    last = cut_off(point, departs_at)
    if now > last:
        raise TooLate(fields={"date": ["too_close_to_departure"]}, cut_off=last.isoformat())
