"""The trip that this visitor has stated, and what follows from it: how goods are sold, where they are collected, until when.

The trip itself is in the visitor's own cookie; what follows from it is kept in the process for as long as a shelf is, so that a
warm page asks the database nothing.
"""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from flask import current_app, g, render_template, request, session
from markupsafe import Markup
from msgspec import Struct

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.fragments import Fragments
from shop.catalogue.queries import Offer
from shop.customs import rules as law
from shop.customs.dated import Rules
from shop.customs.rules import Sale
from shop.customs.states import Treatment
from shop.flights import queries as flights
from shop.flights import rules as flight_rules
from shop.flights.queries import KnownFlight, NoSuchFlight, Place, Point
from shop.trips import points, rules
from shop.trips.points import PointChoice
from shop.trips.rules import Trip
from shop.web.storefront import once
from shop.web.templates import FRANKFURT
from shop.web.wiring import settings

NAME = "trip"
KEPT, BARS = "storefront.trips", "storefront.trip_bars"  # among the application's extensions
TRIP_HERE = Markup("<!--trip-->")  # stands for the bar in a page that is kept for everybody
SEEN = "shop.trip"  # what of a request keeps the trip once it is thought out


class Here(Struct, frozen=True):
    """A trip with all that follows from it. `refusal` is the code why nothing can be ordered for it; then `best` is None."""

    trip: Trip
    departs_at: datetime
    tz: str
    final: Place
    via_area: str
    flight: KnownFlight | None
    sale: Sale
    rules: Rules
    choices: tuple[PointChoice, ...]
    best: PointChoice | None
    refusal: str | None

    @property
    def is_duty_paid(self) -> bool:
        return self.sale.treatment is Treatment.DUTY_PAID


def stated() -> Trip | None:
    """The trip in the cookie."""
    return Trip.unpacked(session.get(NAME)) if NAME in session else None


def keep(trip: Trip) -> None:
    session[NAME] = trip.packed()
    session.permanent = True  # WeChat's browser forgets the others when it is closed
    request.environ.pop(SEEN, None)


def forget() -> None:
    session.pop(NAME, None)
    request.environ.pop(SEEN, None)


def here() -> Here | None:
    """The visitor's trip while it lies ahead; None when none was stated, it is over, or it cannot be one any more."""
    if SEEN not in request.environ:
        request.environ[SEEN] = _here()
    found: Here | None = request.environ[SEEN]
    return found


def _here() -> Here | None:
    trip, now = stated(), clock.now()
    if trip is None:
        return None
    kept: Fragments[Here] = current_app.extensions[KEPT]
    try:
        found = kept.get(trip, settings().page_cache_seconds, lambda: think(trip, now))
    except ShopError:
        return None
    return found if found.departs_at > now else None


def think(trip: Trip, now: datetime) -> Here:
    """What follows from a trip, in four statements. Raises NotFlyingThatDay, NoSuchAirport, DepartureTimeNeeded."""
    known = _known(trip)
    places, every = {place.iata: place for place in once.places()}, once.points()
    lands = known.destination if known is not None else trip.destination
    if trip.final_destination not in places or lands not in places:
        raise flights.NoSuchAirport(fields={"final_destination": ["no_such_airport"]})
    origin = known.origin if known is not None else trip.origin
    at = [point for point in every if point.airport == origin]
    tz = at[0].tz if at else FRANKFURT
    departs_at = known.departs_at if known is not None else _by_hand(trip, ZoneInfo(tz))
    final, book = places[trip.final_destination], once.rules_on(trip.day)
    sale = law.sale(book.territory, final.country, final.iata, trip.residence)
    choices = tuple(points.choice(point, departs_at, now, trip.flight) for point in at)
    best = points.best(choices, known.terminal if known is not None else trip.terminal)
    refusal = _refusal(origin, lands, every, choices) if best is None else None
    return Here(trip, departs_at, tz, final, places[lands].customs_area, known, sale, book, choices, best, refusal)


def _known(trip: Trip) -> KnownFlight | None:
    try:
        return once.known_flight(trip.flight, trip.day)
    except NoSuchFlight:
        return None


def _by_hand(trip: Trip, zone: ZoneInfo) -> datetime:
    if trip.departs_local is None:  # it was in the timetable when the trip was stated
        raise NoSuchFlight(fields={"flight": ["no_such_flight"]})
    return flight_rules.departure(trip.day, trip.departs_local, zone)


def _refusal(origin: str, lands: str, every: list[Point], choices: tuple[PointChoice, ...]) -> str:
    """Why nothing can be ordered: the direction of the flight, else what its first counter says."""
    try:
        rules.check_direction(origin, lands, {point.airport for point in every})
    except ShopError as refused:
        return refused.code
    return next((one.refusal for one in choices if one.refusal is not None), rules.NoCounterThere.code)


def is_duty_paid() -> bool:
    """Whether this visitor's trip is one on which duty is paid. Without a trip prices are duty free."""
    found = here()
    return found is not None and found.is_duty_paid


def as_sold(offer: Offer) -> Offer:
    """A product as it is sold on this visitor's trip. A shelf that is kept for everybody is kept for either way apart."""
    return offer.sold(duty_paid=is_duty_paid())


def until_for(found: Here, goods: tuple[flight_rules.Goods, ...]) -> PointChoice | None:
    """Where and until when these goods can be ordered for a trip; None when that cannot be."""
    now = clock.now()
    choices = [points.choice(one.point, found.departs_at, now, found.trip.flight, goods) for one in found.choices]
    terminal = found.flight.terminal if found.flight is not None else found.trip.terminal
    return points.best(choices, terminal)


def bar() -> Markup:
    """The slim bar that stands on every page: the trip, and until when one can order for it. Kept as long as a shelf is."""
    if "for_everybody" in g:
        return TRIP_HERE
    found = here()
    if found is None:
        return _no_trip(g.lang)
    key = (g.lang, found.trip)
    bars: Fragments[Markup] = current_app.extensions[BARS]
    return bars.get(key, settings().page_cache_seconds, lambda: _bar(found))


@cache
def _no_trip(_lang: str) -> Markup:
    return _bar(None)


def _bar(found: Here | None) -> Markup:
    return Markup(render_template("storefront/_trip_bar.html", here=found))  # noqa: S704 - a template of ours
