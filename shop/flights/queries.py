"""Questions about flights and pickup points."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import PickupPointId
from shop.flights import rules
from shop.flights.models import Airport, Flight, PickupPoint

LANGUAGES = ("zh", "en", "de")


class NoSuchPoint(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_pickup_point"


class NoSuchFlight(ShopError):
    """The flight is not in the timetable; the departure time must be given by hand."""

    kind, code = Kind.NOT_FOUND, "no_such_flight"


class NoSuchAirport(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_airport"


@dataclass(frozen=True, slots=True)
class Point:
    """A pickup point as pages and the API show it; texts by language."""

    id: PickupPointId
    code: str
    airport: str
    terminal: str
    zone: str
    name: dict[str, str]
    directions: dict[str, str]
    hours: dict[str, list[str]]
    tz: str
    order_lead: timedelta
    opens_before: timedelta
    hands_over_unpacked: bool
    hands_over_early: bool

    @property
    def rules(self) -> rules.PointRules:
        return rules.PointRules(ZoneInfo(self.tz), _hours(self.hours), self.order_lead, self.opens_before)


@dataclass(frozen=True, slots=True)
class KnownFlight:
    """One flight on one day. `departs_at` is UTC."""

    number: str
    date: date
    carrier: dict[str, str]
    origin: str
    destination: str
    destination_city: dict[str, str]
    terminal: str
    departs_at: datetime
    departs_local: time


@dataclass(frozen=True, slots=True)
class Place:
    """An airport as a destination."""

    iata: str
    city: dict[str, str]
    name: dict[str, str]
    country: str
    customs_area: str


@dataclass(frozen=True, slots=True)
class TripFacts:
    """All that the timetable and the point say about a planned trip, read in one statement."""

    point: Point
    destination: Place
    flight: Any | None


def _hours(hours: dict[str, list[str]]) -> tuple[rules.OpenDay | None, ...]:
    days: list[rules.OpenDay | None] = []
    for weekday in "1234567":
        span = hours.get(weekday)
        days.append(rules.OpenDay(time.fromisoformat(span[0]), time.fromisoformat(span[1])) if span else None)
    return tuple(days)


def _words(row: Any, name: str) -> dict[str, str]:
    return {language: getattr(row, f"{name}_{language}") for language in LANGUAGES}


def as_point(row: Any) -> Point:
    """A Point from a row of `pickup_points`."""
    return Point(
        id=PickupPointId(row.id),
        code=row.code,
        airport=row.airport,
        terminal=row.terminal,
        zone=row.zone,
        name=_words(row, "name"),
        directions=_words(row, "directions"),
        hours=row.hours,
        tz=row.tz,
        order_lead=timedelta(minutes=row.order_lead_minutes),
        opens_before=timedelta(minutes=row.opens_before_minutes),
        hands_over_unpacked=row.hands_over_unpacked,
        hands_over_early=row.hands_over_early,
    )


def as_place(row: Any) -> Place:
    return Place(row.iata, _words(row, "city"), _words(row, "name"), row.country, row.customs_area)


_POINTS = select(PickupPoint.__table__).where(PickupPoint.active).order_by(PickupPoint.terminal, PickupPoint.code)


def points() -> list[Point]:
    """Every pickup point where one can collect now, by terminal."""
    with reading() as session:
        return [as_point(row) for row in session.execute(_POINTS)]


def point_by_id(point_id: int) -> Point:
    """Raises NoSuchPoint."""
    with reading() as session:
        row = session.execute(select(PickupPoint.__table__).where(PickupPoint.id == point_id)).first()
    if row is None:
        raise NoSuchPoint(fields={"pickup_point": ["no_such_pickup_point"]})
    return as_point(row)


_PLACES = select(Airport.__table__).order_by(Airport.customs_area, Airport.iata)


def places() -> list[Place]:
    """Every airport one may fly to in the end."""
    with reading() as session:
        return [as_place(row) for row in session.execute(_PLACES)]


def known_flight(number: str, day: date) -> KnownFlight:
    """The flight `number` (any spelling) on `day`. Raises WrongFlightNumber, NoSuchFlight, NotFlyingThatDay."""
    clean = rules.clean_flight_number(number)
    with reading() as session:
        row = session.execute(
            select(Flight.__table__, Airport.__table__.c.city_zh, Airport.city_en, Airport.city_de)
            .join(Airport, Airport.iata == Flight.destination)
            .where(Flight.number == clean)
        ).first()
        tz = session.scalar(select(Airport.tz).where(Airport.iata == row.origin)) if row else None
    if row is None or tz is None:
        raise NoSuchFlight(fields={"flight": ["no_such_flight"]})
    rules.check_day(row.weekdays, day)
    return KnownFlight(
        number=row.number,
        date=day,
        carrier={"zh": row.carrier_zh, "en": row.carrier_en, "de": row.carrier_en},
        origin=row.origin,
        destination=row.destination,
        destination_city=_words(row, "city"),
        terminal=row.terminal,
        departs_at=rules.departure(day, row.departs, ZoneInfo(tz)),
        departs_local=row.departs,
    )


_points, _flights = PickupPoint.__table__.c, Flight.__table__.c
_final = aliased(Airport.__table__, name="final")
_TRIP = Question(
    select(
        PickupPoint.__table__,
        *(c.label(f"final_{c.key}") for c in _final.c),
        *(_flights[name].label(f"flight_{name}") for name in ("number", "origin", "destination", "terminal", "departs", "weekdays")),
    )
    .select_from(PickupPoint.__table__)
    .outerjoin(_final, _final.c.iata == bindparam("p_final"))
    .outerjoin(Flight.__table__, and_(_flights.number == bindparam("p_flight"), _flights.origin == _points.airport))
    .where(_points.code == bindparam("p_point"), _points.active)
)


def trip_facts(session: Session, point_code: str, flight_number: str, final_destination: str) -> TripFacts:
    """What a planned trip needs to know, in one statement. Raises NoSuchPoint, NoSuchAirport."""
    row = _TRIP.row(session, {"p_point": point_code, "p_flight": flight_number, "p_final": final_destination})
    if row is None:
        raise NoSuchPoint(fields={"pickup_point": ["no_such_pickup_point"]})
    if row.final_iata is None:
        raise NoSuchAirport(fields={"final_destination": ["no_such_airport"]})
    place = Place(
        row.final_iata,
        {lang: getattr(row, f"final_city_{lang}") for lang in LANGUAGES},
        {lang: getattr(row, f"final_name_{lang}") for lang in LANGUAGES},
        row.final_country,
        row.final_customs_area,
    )
    return TripFacts(as_point(row), place, row if row.flight_number else None)
