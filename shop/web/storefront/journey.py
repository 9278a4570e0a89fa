"""The trip first: flight number and day, everything else is proposed. What may be bought, where it is collected, until when."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from msgspec import Struct, field
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.flights.queries import NoSuchFlight, Point
from shop.flights.rules import clean_flight_number
from shop.orders import queries as orders
from shop.trips import commands
from shop.trips import queries as saved_trips
from shop.trips.rules import Trip, check_direction
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.security import ForgedForm
from shop.web.storefront import browse, forms, here, measuring, once, trips
from shop.web.storefront.basket import Basket
from shop.web.storefront.basket_pages import rows_of
from shop.web.wiring import settings

blueprint = Blueprint("trip", __name__)
mine = Blueprint("my_trips", __name__)
FIELDS = (
    "flight", "date", "origin", "destination", "departure_time", "terminal", "final_destination", "residence",
)  # fmt: skip
WRONG_FORM = HTTPStatus.UNPROCESSABLE_ENTITY
FIRST_HOME = "CN"


class Asked(Struct, frozen=True):
    """One view of the form: what stands in its fields, what is wrong, whether the flight has to be told by hand, and
    whether somebody else has proposed it."""

    said: Mapping[str, str]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    by_hand: bool = False
    invited: bool = False


@browse.further.get("/trip", endpoint="trip")
def show() -> str:
    """The visitor's trip with all that follows from it, or the form that asks for it.

    With a flight and a date in the address somebody has sent a link: it is proposed, nothing is kept yet.
    """
    trip, sent = here.stated(), forms.typed(request.args, ("flight", "date", "final_destination"))
    if sent["flight"] and sent["date"] and (trip is None or (trip.flight, trip.day.isoformat()) != (sent["flight"], sent["date"])):
        return _page(Asked(dict.fromkeys(FIELDS, "") | sent, invited=True))
    return _page(Asked(_said_of(trip) if trip is not None else dict.fromkeys(FIELDS, "")))


def _said_of(trip: Trip) -> dict[str, str]:
    return {
        "flight": trip.flight, "date": trip.day.isoformat(), "origin": trip.origin, "destination": trip.destination,
        "departure_time": trip.departs_local.strftime("%H:%M") if trip.departs_local else "", "terminal": trip.terminal,
        "final_destination": trip.final_destination, "residence": trip.residence,
    }  # fmt: skip


@blueprint.post("/trip")
def state() -> Response | tuple[str, int]:
    """Keep the trip for this visit, and for the next one of who is signed in. `do=forget` takes it out."""
    if request.form.get("do") == "forget":
        here.forget()
        return _to_trip()
    said = forms.typed(request.form, FIELDS)
    values, errors = forms.load(forms.JourneyForm(), said)
    if errors:
        return _page(Asked(said, errors, by_hand=_is_by_hand(said))), WRONG_FORM
    try:
        trip = _trip_of(values)
        found = here.think(trip, clock.now())
    except NoSuchFlight as unknown:
        return _page(Asked(said, unknown.fields, by_hand=True)), WRONG_FORM
    except ShopError as refused:
        return _page(Asked(said, refused.fields, by_hand=_is_by_hand(said))), STATUS[refused.kind]
    _keep(found)
    return _to_trip()


def _keep(found: here.Here) -> None:
    here.keep(found.trip)
    if guards.is_signed_in():
        commands.save(guards.traveller(), found.trip, found.departs_at, clock.now())


def _to_trip() -> Response:
    return redirect(url_for("storefront.trip"), HTTPStatus.SEE_OTHER)


def _is_by_hand(said: Mapping[str, str]) -> bool:
    return bool(said["departure_time"] or said["destination"])


def _trip_of(values: Mapping[str, Any]) -> Trip:
    """The trip in a form's values, completed from the timetable.

    Raises NoSuchFlight (unknown, and its time or destination is missing: `fields` says which), NoSuchAirport, WrongFlightNumber,
    NotFlyingThatDay, ArrivesHere, NoCounterThere.
    """
    flight = clean_flight_number(values["flight"])
    places, points = {place.iata: place for place in once.places()}, once.points()
    residence = (values.get("residence") or _home()).upper()
    final = _wanted_final(values, flight)
    try:
        known = once.known_flight(flight, values["date"])
    except NoSuchFlight:
        trip = _told(values, flight, final, residence, points)
    else:
        trip = Trip(flight, values["date"], known.origin, known.destination, final or known.destination, residence, known.terminal)
    for name in ("destination", "final_destination"):
        if getattr(trip, name) not in places:
            raise flights.NoSuchAirport(fields={name: ["no_such_airport"]})
    check_direction(trip.origin, trip.destination, {point.airport for point in points})
    return trip


def _wanted_final(values: Mapping[str, Any], flight: str) -> str:
    """Where the journey ends, if somebody has said so: what was proposed for another flight is not repeated for a new one."""
    before, final = here.stated(), (values.get("final_destination") or "").upper()
    proposed = before is not None and before.flight != flight and before.final_destination == before.destination == final
    return "" if proposed else final


def _told(values: Mapping[str, Any], flight: str, final: str, residence: str, points: list[Point]) -> Trip:
    """A flight that the timetable does not know, as it was told. Raises NoSuchFlight."""
    lands, local = (values.get("destination") or "").upper(), values.get("departure_time")
    if not lands or local is None:
        missing = {name: ["missing"] for name, given in (("destination", lands), ("departure_time", local)) if not given}
        asked_before = bool(lands or local)
        raise NoSuchFlight(fields={"flight": ["no_such_flight"], **(missing if asked_before else {})})
    origin = (values.get("origin") or next((point.airport for point in points), "")).upper()
    terminal = (values.get("terminal") or "").upper()
    return Trip(flight, values["date"], origin, lands, final or lands, residence, terminal, local)


def _home() -> str:
    """Where the visitor said to live last, else where most do."""
    trip = here.stated()
    if trip is not None:
        return trip.residence
    last = next(iter(orders.orders_of(guards.traveller(), limit=1).items), None) if guards.is_signed_in() else None
    return last.residence if last is not None else FIRST_HOME


def _page(asked: Asked) -> str:
    if request.method == "POST":
        g.here = url_for("storefront.trip")
    found, now = here.here(), clock.now()
    rows = rows_of(Basket.of(session), duty_paid=here.is_duty_paid()) if found is not None else ()
    items = measuring.items_of((row.offer, row.quantity) for row in rows)
    places = once.places()
    return render_template(
        "storefront/journey.html",
        said={**asked.said, "residence": asked.said["residence"] or _home()},
        errors=asked.errors,
        by_hand=asked.by_hand or (found is not None and found.flight is None),
        trip=found,
        invited=asked.invited,
        share=_link_to(found) if found is not None else "",
        over=found is None and here.stated() is not None and not asked.errors,
        shown=measuring.of_trip(found, items),
        saved=_saved(found, now),
        places=trips.by_area(places),
        cities={place.iata: place.city for place in places},
        terminals=sorted({point.terminal for point in once.points()}),
        today=trips.today(),
    )


def _link_to(found: here.Here) -> str:
    """The address that proposes this trip to somebody else: flight, day and final destination, nothing about a person."""
    trip = found.trip
    path = url_for("storefront.trip", flight=trip.flight, date=trip.day.isoformat(), final_destination=trip.final_destination)
    return f"{settings().public_url}{path}"


def _saved(found: here.Here | None, now: datetime) -> list[saved_trips.Saved]:
    """The traveller's other trips that lie ahead."""
    if not guards.is_signed_in():
        return []
    present = (found.trip.flight, found.trip.day) if found is not None else None
    return [one for one in saved_trips.saved_of(guards.traveller(), now) if (one.trip.flight, one.trip.day) != present]


@mine.post("/trips/<int(max=9007199254740991):trip_id>/use")
def use(trip_id: int) -> Response:
    """Take a saved trip for this visit. Somebody else's does not exist."""
    here.keep(saved_trips.saved(guards.traveller(), trip_id).trip)
    return _to_trip()


@mine.post("/trips/<int(max=9007199254740991):trip_id>/remove")
def remove(trip_id: int) -> Response:
    """Forget a saved trip. Somebody else's does not exist."""
    commands.remove(guards.traveller(), trip_id)
    return _to_trip()


@blueprint.errorhandler(ForgedForm)
def _old_page(_refused: ForgedForm) -> Response:
    """Nearly always a page from before the session: ask again."""
    return _to_trip()
