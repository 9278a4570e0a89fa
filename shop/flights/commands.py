"""Verbs about the timetable: put airports, flights and pickup points."""

from collections.abc import Iterable, Mapping
from datetime import time

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import transaction
from shop.flights.models import Airport, Flight, PickupPoint

LANGUAGES = ("zh", "en", "de")


class NewAirport(Struct, frozen=True, kw_only=True):
    """Names by language. `customs_area`: CN, HK, MO, EU or OTHER."""

    iata: str
    name: Mapping[str, str]
    city: Mapping[str, str]
    country: str
    tz: str
    customs_area: str


class NewFlight(Struct, frozen=True, kw_only=True):
    """A flight pattern; `weekdays` are ISO digits."""

    number: str
    carrier_zh: str
    carrier_en: str
    origin: str
    destination: str
    terminal: str
    departs: time
    weekdays: str
    minutes: int


class NewPoint(Struct, frozen=True, kw_only=True):
    """A pickup point; `hours` maps ISO weekdays to `["06:00", "21:30"]`."""

    code: str
    airport: str
    terminal: str
    zone: str
    name: Mapping[str, str]
    directions: Mapping[str, str]
    hours: Mapping[str, list[str]]
    tz: str
    order_lead_minutes: int
    opens_before_minutes: int
    hands_over_unpacked: bool = True
    hands_over_early: bool = True
    ways: Mapping[str, object] | None = None  # as `shop.flights.walking.Ways.stored`
    no_show_after_hours: int | None = None  # None: a person decides about parcels nobody came for


def put_timetable(airports: Iterable[NewAirport], flights: Iterable[NewFlight], points: Iterable[NewPoint]) -> None:
    """Create or change airports, flights and pickup points, by their codes, in one go."""
    with transaction() as session:
        known_airports = {a.iata: a for a in session.scalars(select(Airport))}
        for new_airport in airports:
            airport = known_airports.get(new_airport.iata) or Airport(iata=new_airport.iata)
            _words(airport, "name", new_airport.name)
            _words(airport, "city", new_airport.city)
            airport.country, airport.tz, airport.customs_area = (
                new_airport.country,
                new_airport.tz,
                new_airport.customs_area,
            )
            session.add(airport)
        session.flush()
        known_flights = {f.number: f for f in session.scalars(select(Flight))}
        for new_flight in flights:
            flight = known_flights.get(new_flight.number) or Flight(number=new_flight.number)
            for name in (
                "carrier_zh",
                "carrier_en",
                "origin",
                "destination",
                "terminal",
                "departs",
                "weekdays",
                "minutes",
            ):
                setattr(flight, name, getattr(new_flight, name))
            session.add(flight)
        known_points = {p.code: p for p in session.scalars(select(PickupPoint))}
        for new_point in points:
            point = known_points.get(new_point.code) or PickupPoint(code=new_point.code)
            _describe(point, new_point)
            session.add(point)


def _describe(point: PickupPoint, wanted: NewPoint) -> None:
    _words(point, "name", wanted.name)
    _words(point, "directions", wanted.directions)
    for name in (
        "airport",
        "terminal",
        "zone",
        "tz",
        "order_lead_minutes",
        "opens_before_minutes",
        "hands_over_unpacked",
        "hands_over_early",
        "no_show_after_hours",
    ):
        setattr(point, name, getattr(wanted, name))
    point.hours, point.active = dict(wanted.hours), True
    if wanted.ways is not None:
        point.ways = dict(wanted.ways)


def _words(row: object, name: str, words: Mapping[str, str]) -> None:
    for language in LANGUAGES:
        setattr(row, f"{name}_{language}", words[language])
