"""What several parts of one page ask the timetable and the book of rules for is asked once in a request."""

from collections.abc import Callable, Hashable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from flask import request

from shop.base import clock
from shop.base.versions import day_of
from shop.customs import queries as customs
from shop.customs.dated import Rules
from shop.customs.rules import Rate, Rates
from shop.flights import queries as flights
from shop.flights.queries import KnownFlight, Place, Point
from shop.web.storefront import prices

T = TypeVar("T")
KEPT = "shop.once"  # what of a request keeps the answers


def _once(key: Hashable, ask: Callable[[], T]) -> T:
    """A refusal is not kept: whoever asks again is refused again."""
    kept: dict[Hashable, Any] = request.environ.setdefault(KEPT, {})
    if key not in kept:
        kept[key] = ask()
    answer: T = kept[key]
    return answer


def points() -> list[Point]:
    return _once("points", flights.points)


def places() -> list[Place]:
    return _once("places", flights.places)


def known_flight(number: str, day: date) -> KnownFlight:
    """Raises WrongFlightNumber, NoSuchFlight, NotFlyingThatDay."""
    return _once(("flight", number.upper().replace(" ", ""), day), lambda: flights.known_flight(number, day))


def rules_on(day: date) -> Rules:
    """The rules of the day of a flight, and prices as they are today."""
    today = day_of(clock.now())
    return _once(("rules", day), lambda: customs.rules_on(day, today))


def rates() -> Rates:
    """The rates that the page reads for its prices anyway, as far as they are the ECB's."""
    told = prices.shown()
    if told.rate is None or told.rate_of is None or told.fixed:
        return {}
    return {("EUR", "CNY"): Rate("EUR", "CNY", Decimal(told.rate), told.rate_of)}
