"""How late one may order and where an order may be collected. No database, no clock: only answers."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field

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


class NotCollectedHere(ShopError):
    """Some of the goods cannot be collected at this pickup point. Facts: `skus`."""

    kind, code = Kind.REFUSED, "not_collected_here"


def clean_flight_number(text: str) -> str:
    """`ca 0932` → `CA932`: two characters of the carrier, up to four digits, sometimes a letter. Raises WrongFlightNumber."""
    compact = re.sub(r"[\s\-]", "", text or "").upper()
    found = FLIGHT_NUMBER.match(compact)
    if not found or compact[:2].isdigit():
        raise WrongFlightNumber(fields={"flight": ["wrong_flight_number"]})
    return "".join(found.groups())


class OpenDay(Struct, frozen=True):
    """Opening and closing on one day, local time of the airport. Closing at 24:00 is written 23:59."""

    opens: time
    closes: time


class Goods(Struct, frozen=True):
    """What of a product decides how late it may be ordered."""

    sku: str
    category: str


class LeadRule(Struct, frozen=True):
    """How long before departure the last order is taken for some goods, flights or weekdays (ISO); what is None is any.

    `lead` None: these goods are not handed over at this point at all.
    """

    lead: timedelta | None
    sku: str | None = None
    category: str | None = None
    flight: str | None = None
    weekday: int | None = None

    @property
    def weight(self) -> tuple[int, bool, bool]:
        """Of two rules that fit the heavier counts: a product before a category, then a flight, then a weekday."""
        return (2 if self.sku else 1 if self.category else 0, self.flight is not None, self.weekday is not None)

    def fits(self, goods: Goods | None, flight: str, weekday: int) -> bool:
        if (self.sku or self.category) and goods is None:
            return False
        return (
            (self.sku is None or (goods is not None and self.sku == goods.sku))
            and (self.category is None or (goods is not None and self.category == goods.category))
            and self.flight in (None, flight)
            and self.weekday in (None, weekday)
        )


OpenDays = OpenDay | tuple[OpenDay, ...] | None  # a day without a break, one with breaks, or a closed one
Week = tuple[OpenDays, ...]


class PointRules(Struct, frozen=True):
    """What of a pickup point decides whether an order can be collected there. `hours[0]` is Monday; None is closed.

    `later` are further weeks with the day from which each holds, in that order; `exceptions` are single days that go before
    any week. `lead_by_weekday` (ISO) goes before `order_lead` for departures of that local day; a fitting one of `lead_rules`
    goes before both, the heaviest of them.
    """

    zone: ZoneInfo
    hours: Week
    order_lead: timedelta  # the cut-off lies this long before departure
    opens_before: timedelta  # goods can be collected from this long before departure
    later: tuple[tuple[date, Week], ...] = ()
    exceptions: Mapping[date, tuple[OpenDay, ...]] = field(default_factory=dict)
    lead_by_weekday: Mapping[int, timedelta] = field(default_factory=dict)
    lead_rules: tuple[LeadRule, ...] = ()

    def open_on(self, day: date) -> tuple[OpenDay, ...]:
        """The hours of one local day, in order; none when it is closed."""
        if day in self.exceptions:
            return self.exceptions[day]
        week = self.hours
        for since, other in self.later:
            week = other if since <= day else week
        spans = week[day.weekday()]
        if spans is None:
            return ()
        return (spans,) if isinstance(spans, OpenDay) else spans

    def lead(self, departs_at: datetime, flight: str = "", goods: Iterable[Goods] = ()) -> timedelta:
        """How long before this departure the last order of these goods is taken: what the slowest of them needs.

        Raises NotCollectedHere.
        """
        weekday = departs_at.astimezone(self.zone).isoweekday()
        leads = {one: self._lead_of(one, flight, weekday) for one in goods}
        if never := sorted(one.sku for one, lead in leads.items() if lead is None):
            raise NotCollectedHere(skus=", ".join(never), fields={"pickup_point": ["not_collected_here"]})
        found = [lead for lead in leads.values() if lead is not None]
        return max(found) if found else self._lead_of(None, flight, weekday) or self.order_lead

    def _lead_of(self, goods: Goods | None, flight: str, weekday: int) -> timedelta | None:
        usual = LeadRule(self.order_lead)
        if weekday in self.lead_by_weekday:
            usual = LeadRule(self.lead_by_weekday[weekday], weekday=weekday)
        fitting = [usual, *(rule for rule in self.lead_rules if rule.fits(goods, flight, weekday))]
        heaviest = max(rule.weight for rule in fitting)
        return [rule for rule in fitting if rule.weight == heaviest][-1].lead


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
    day, or, for a departure before opening, of the evening before. A break inside it stays inside: nobody is served then.
    """
    earliest = departs_at - point.opens_before
    for days_back in (0, 1):
        day = (departs_at.astimezone(point.zone) - timedelta(days=days_back)).date()
        cut = [
            (max(departure(day, hours.opens, point.zone), earliest), min(departure(day, hours.closes, point.zone), departs_at))
            for hours in point.open_on(day)
        ]
        if served := [(start, end) for start, end in cut if start < end]:
            return served[0][0], served[-1][1]
    raise PointClosed(fields={"pickup_point": ["pickup_point_closed"]})


def cut_off(point: PointRules, departs_at: datetime, flight: str = "", goods: Iterable[Goods] = ()) -> datetime:
    """The latest moment (UTC) to order these goods for a departure at a point: before departure, and before the point's last
    hour. Raises PointClosed, NotCollectedHere."""
    _, end = collect_between(point, departs_at)
    return min(departs_at - point.lead(departs_at, flight, goods), end)


def check_in_time(point: PointRules, departs_at: datetime, now: datetime, flight: str = "", goods: Iterable[Goods] = ()) -> None:
    """Raises TooLate, TooFarAhead, PointClosed, NotCollectedHere."""
    if departs_at - now > timedelta(days=DAYS_AHEAD):
        raise TooFarAhead(fields={"date": ["too_far_ahead"]})
    last = cut_off(point, departs_at, flight, goods)
    if now > last:
        raise TooLate(fields={"date": ["too_close_to_departure"]}, cut_off=last.isoformat())
