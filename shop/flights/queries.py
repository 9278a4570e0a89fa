"""Questions about flights and pickup points."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy import Date, String, and_, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased

from shop.base import versions
from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import PickupPointId
from shop.flights import rules
from shop.flights.hours import Plan, Week, plan_of, rules_of
from shop.flights.models import Airport, Delay, Flight, PickupPoint
from shop.flights.walking import UNKNOWN, Ways, ways_of

LANGUAGES = ("zh", "en", "de")


class NoSuchPoint(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_pickup_point"


class NoSuchFlight(ShopError):
    """The flight is not in the timetable; the departure time must be given by hand."""

    kind, code = Kind.NOT_FOUND, "no_such_flight"


class NoSuchAirport(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_airport"


class Point(Struct, frozen=True):
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
    no_show_after: timedelta | None = None  # after departure; None: a person decides
    plan: Plan = field(default_factory=Plan)  # weeks that hold later, single days, cut-offs by weekday
    active: bool = True
    ways: Ways = UNKNOWN  # how long one walks there, and when boarding begins

    @property
    def rules(self) -> rules.PointRules:
        return rules_of(ZoneInfo(self.tz), self.hours, self.plan, self.order_lead, self.opens_before)

    def week_of(self, day: date) -> Week:
        """The opening hours of the week plan that holds on a day, by ISO weekday."""
        return self.plan.week_of(self.hours, day)


class KnownFlight(Struct, frozen=True):
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


class Place(Struct, frozen=True):
    """An airport as a destination."""

    iata: str
    city: dict[str, str]
    name: dict[str, str]
    country: str
    customs_area: str


class TripFacts(Struct, frozen=True):
    """All that the timetable and the point say about a planned trip, read in one statement.

    `delayed_to` is when the flight really leaves, if somebody has said that for the day. `via_area` is the customs area where the
    flight lands. `territory` and `allowances` (by key) are settings of those names on the day of the flight, `prices` today's; None where
    nobody has set it. `row` has whatever else the caller wanted to know.
    """

    point: Point
    destination: Place
    flight: Any | None
    delayed_to: datetime | None = None
    prices: Mapping[str, Any] | None = None
    territory: Mapping[str, Any] | None = None
    allowances: Mapping[str, Any] = field(default_factory=dict)
    via_area: str | None = None
    row: Any = None


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
        no_show_after=None if row.no_show_after_hours is None else timedelta(hours=row.no_show_after_hours),
        ways=ways_of(row.ways),
        plan=plan_of(row.plan),
        active=row.active,
    )


def as_place(row: Any) -> Place:
    return Place(row.iata, _words(row, "city"), _words(row, "name"), row.country, row.customs_area)


_points = PickupPoint.__table__.c
_POINTS = select(PickupPoint.__table__).where(PickupPoint.active).order_by(PickupPoint.terminal, PickupPoint.code)


def every_point() -> list[Point]:
    """Every pickup point there is, those that are closed for good too, by terminal."""
    with reading() as session:
        return [as_point(row) for row in session.execute(select(PickupPoint.__table__).order_by(_points.terminal, _points.code))]


def point_by_code(code: str) -> Point:
    """A pickup point, also one that is closed for good. Raises NoSuchPoint."""
    with reading() as session:
        row = session.execute(select(PickupPoint.__table__).where(_points.code == code)).first()
    if row is None:
        raise NoSuchPoint(fields={"pickup_point": ["no_such_pickup_point"]})
    return as_point(row)


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


_flights, _delays = Flight.__table__.c, Delay.__table__.c
_origin = aliased(Airport.__table__, name="origin")
_KNOWN: Any = (
    select(Flight.__table__, Airport.__table__.c.city_zh, Airport.city_en, Airport.city_de, _origin.c.tz)
    .join(Airport, Airport.iata == Flight.destination)
    .join(_origin, _origin.c.iata == Flight.origin)
)


def known_flight(number: str, day: date) -> KnownFlight:
    """The flight `number` (any spelling) on `day`, at the time it really leaves if somebody has said that.

    Raises WrongFlightNumber, NoSuchFlight, NotFlyingThatDay.
    """
    clean = rules.clean_flight_number(number)
    with reading() as session:
        row = session.execute(
            _KNOWN.add_columns(_delays.departs_at.label("delayed_to"))
            .outerjoin(Delay.__table__, and_(_delays.flight_number == _flights.number, _delays.flight_date == day))
            .where(_flights.number == clean)
        ).first()
    if row is None:
        raise NoSuchFlight(fields={"flight": ["no_such_flight"]})
    rules.check_day(row.weekdays, day)
    return _on_a_day(row, day, row.delayed_to)


def flights_to(origin: str, destination: str, days: Iterable[date]) -> list[KnownFlight]:
    """The flights of the timetable between two airports on these days, in the order in which they leave."""
    wanted = set(days)
    with reading() as session:
        rows = session.execute(_KNOWN.where(_flights.origin == origin, _flights.destination == destination)).all()
        late = {
            (delay.flight_number, delay.flight_date): delay.departs_at
            for delay in session.execute(
                select(Delay.__table__).where(
                    _delays.flight_date.in_(wanted), _delays.flight_number.in_([row.number for row in rows])
                )
            )
        }
    found = [
        _on_a_day(row, day, late.get((row.number, day)))
        for row in rows
        for day in wanted
        if str(day.isoweekday()) in row.weekdays
    ]
    return sorted(found, key=lambda flight: (flight.departs_at, flight.number))


def flights_from(origin: str, terminal: str, now: datetime, days: int) -> list[KnownFlight]:
    """The flights of the timetable that leave a terminal from now on within so many days, in order. Delays are not looked at."""
    with reading() as session:
        rows = session.execute(_KNOWN.where(_flights.origin == origin, _flights.terminal == terminal)).all()
    first = now.date()
    found = [
        _on_a_day(row, day, None)
        for row in rows
        for day in (first + timedelta(days=n) for n in range(days + 1))
        if str(day.isoweekday()) in row.weekdays
    ]
    return sorted((one for one in found if one.departs_at > now), key=lambda flight: (flight.departs_at, flight.number))


def _on_a_day(row: Any, day: date, delayed_to: datetime | None) -> KnownFlight:
    zone = ZoneInfo(row.tz)
    departs_at = delayed_to or rules.departure(day, row.departs, zone)
    return KnownFlight(
        number=row.number,
        date=day,
        carrier={"zh": row.carrier_zh, "en": row.carrier_en, "de": row.carrier_en},
        origin=row.origin,
        destination=row.destination,
        destination_city=_words(row, "city"),
        terminal=row.terminal,
        departs_at=departs_at,
        departs_local=departs_at.astimezone(zone).time(),
    )


_final = aliased(Airport.__table__, name="final")
_lands = aliased(Airport.__table__, name="lands")
_TODAY, _DAY = bindparam("p_today", type_=Date), bindparam("p_day", type_=Date)
_RULE = case((and_(_final.c.customs_area == "CN", _lands.c.customs_area.in_(("HK", "MO"))), "CN_VIA_HK"), else_=_final.c.customs_area)
TRIP = (
    select(
        PickupPoint.__table__,
        *(c.label(f"final_{c.key}") for c in _final.c),
        *(_flights[name].label(f"flight_{name}") for name in ("number", "origin", "destination", "terminal", "departs", "weekdays")),
        _delays.departs_at.label("delayed_to"), _lands.c.iata.label("lands_iata"), _lands.c.customs_area.label("via_area"),
        versions.newest("prices", "all", _TODAY).label("prices"), versions.newest("territory", "eu", _DAY).label("territory"),
        versions.newest("allowance", _RULE, _DAY).label("allowance"),
        versions.newest("allowance", "CN_VISITOR", _DAY).label("allowance_visitor"),
    )
    .select_from(PickupPoint.__table__)
    .outerjoin(_final, _final.c.iata == bindparam("p_final"))
    .outerjoin(Flight.__table__, and_(_flights.number == bindparam("p_flight"), _flights.origin == _points.airport))
    .outerjoin(_lands, _lands.c.iata == func.coalesce(_flights.destination, bindparam("p_lands", type_=String)))
    .outerjoin(
        Delay.__table__, and_(_delays.flight_number == bindparam("p_flight"), _delays.flight_date == _DAY)
    )
    .where(_points.code == bindparam("p_point"), _points.active)
)  # fmt: skip
_TRIP = Question(TRIP)


def trip_facts(
    session: Session, point_code: str, flight_number: str, final_destination: str, day: date | None = None, today: date | None = None,
    *, lands: str | None = None, question: Question = _TRIP, more: Mapping[str, Any] | None = None,
) -> TripFacts:  # fmt: skip
    """What a planned trip needs to know, in one statement. `lands` is where a flight lands that the timetable does not know.

    `question` is `TRIP` with what else the caller wants to know, `more` its values. Raises NoSuchPoint, NoSuchAirport.
    """
    values = {
        "p_point": point_code, "p_flight": flight_number, "p_final": final_destination, "p_day": day, "p_today": today, "p_lands": lands,
        **(more or {}),
    }  # fmt: skip
    row = question.row(session, values)
    if row is None:
        raise NoSuchPoint(fields={"pickup_point": ["no_such_pickup_point"]})
    if row.final_iata is None:
        raise NoSuchAirport(fields={"final_destination": ["no_such_airport"]})
    if lands is not None and row.lands_iata is None:
        raise NoSuchAirport(fields={"destination": ["no_such_airport"]})
    place = Place(
        row.final_iata,
        {lang: getattr(row, f"final_city_{lang}") for lang in LANGUAGES},
        {lang: getattr(row, f"final_name_{lang}") for lang in LANGUAGES},
        row.final_country,
        row.final_customs_area,
    )
    over_hk = place.customs_area == "CN" and row.via_area in ("HK", "MO")
    return TripFacts(
        as_point(row), place, row if row.flight_number else None, row.delayed_to, row.prices, row.territory,
        {"CN_VIA_HK" if over_hk else place.customs_area: row.allowance, "CN_VISITOR": row.allowance_visitor}, row.via_area, row,
    )  # fmt: skip
