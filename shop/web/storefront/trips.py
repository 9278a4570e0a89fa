"""What the timetable says about a trip that is being planned: the flight, and each pickup counter's hours for it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import rules
from shop.flights.queries import KnownFlight, NoSuchFlight, Place, Point
from shop.flights.rules import Goods
from shop.trips.points import PointChoice as PointChoice
from shop.trips.points import choice as choice
from shop.web.storefront import once
from shop.web.templates import FRANKFURT


class TripPlan(Struct, frozen=True):
    """`flight` is None when the timetable does not know it; then `time_needed` says that its time is missing."""

    choices: tuple[PointChoice, ...]
    flight: KnownFlight | None = None
    time_needed: bool = False
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    departs_at: datetime | None = None

    @property
    def best(self) -> str:
        """The code of the counter to suggest: one that is possible, in the flight's terminal if there is one."""
        possible = [choice.point for choice in self.choices if choice.refusal is None]
        here = [point for point in possible if self.flight is not None and point.terminal == self.flight.terminal]
        return next((point.code for point in (*here, *possible)), "")


def today() -> date:
    """The day at the airport, from which flights may be chosen."""
    return clock.now().astimezone(ZoneInfo(FRANKFURT)).date()


def unplanned(points: Iterable[Point]) -> TripPlan:
    """The counters, when no flight is known."""
    return TripPlan(tuple(PointChoice(point) for point in points))


def plan(values: Mapping[str, Any], points: Iterable[Point], now: datetime, goods: Iterable[Goods] = ()) -> TripPlan:
    """The trip of a form's `flight`, `date` and perhaps `departure_time`. Refusals end in `errors`, by field."""
    points, goods = tuple(points), tuple(goods)
    try:
        known = once.known_flight(values["flight"], values["date"])
    except NoSuchFlight as unknown:
        return _by_hand(values, points, now, unknown, goods)
    except ShopError as refused:
        return TripPlan(unplanned(points).choices, errors=refused.fields)
    here = [point for point in points if point.airport == known.origin] or points
    choices = tuple(choice(point, known.departs_at, now, known.number, goods) for point in here)
    return TripPlan(choices, known, errors=_errors(choices), departs_at=known.departs_at)


def _by_hand(values: Mapping[str, Any], points: tuple[Point, ...], now: datetime, unknown: ShopError, goods: Iterable[Goods]) -> TripPlan:
    local: time | None = values.get("departure_time")
    if local is None:
        return TripPlan(unplanned(points).choices, time_needed=True, errors=unknown.fields)
    flight = rules.clean_flight_number(values["flight"])
    departures = {point.code: rules.departure(values["date"], local, ZoneInfo(point.tz)) for point in points}
    choices = tuple(choice(point, departures[point.code], now, flight, goods) for point in points)
    return TripPlan(choices, time_needed=True, errors=_errors(choices), departs_at=next(iter(departures.values()), None))


def _errors(choices: Iterable[PointChoice]) -> dict[str, list[str]]:
    """When no counter is possible, the first one's reason is the trip's."""
    reasons = [choice.refusal for choice in choices]
    return {"date": [str(reasons[0])]} if reasons and None not in reasons else {}


AREAS = ("CN", "HK", "MO", "OTHER", "EU")


def by_area(places: Iterable[Place]) -> list[tuple[str, list[Place]]]:
    """Airports by customs area, in the order in which most travellers look for theirs."""
    known = list(places)
    groups = [(area, [place for place in known if place.customs_area == area]) for area in AREAS]
    return [(area, found) for area, found in groups if found]
