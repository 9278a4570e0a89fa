"""What staff do about one order: write a note, cancel it while it is unpaid, move it to another flight. Each is audited."""

from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.orders import moving, noting
from shop.orders.moving import NewTrip
from shop.orders.queries import OrderView
from shop.orders.states import NoSuchMove, OrderState
from shop.payments import commands as payments
from shop.web.backoffice import forms
from shop.web.backoffice.one_order import Refused, page
from shop.web.backoffice.orders import blueprint
from shop.web.backoffice.refunds import by_me, find
from shop.web.errors import STATUS
from shop.web.guards import is_mine
from shop.web.wiring import wiring

TRIP = ("flight", "date", "departure_time", "final_destination", "pickup_point")
Page = tuple[str, int]


def _back(order: OrderView, said: str, anchor: str | None = None) -> Response:
    here = url_for("backoffice_orders.one", number=order.number, said=said, _anchor=anchor)
    return redirect(here, HTTPStatus.SEE_OTHER)


@blueprint.post("/<number>/notes")
def note(number: str) -> Response | Page:
    """Write a note. The same form sent twice is one note."""
    order = find(number)
    typed = {name: request.form.get(name, "") for name in ("text", "key")}
    values, errors = forms.read(forms.ORDER_NOTE, request.form)
    if errors:
        return page(order, Refused(typed, errors)), HTTPStatus.BAD_REQUEST
    try:
        noting.add_note(order.number, values["text"], by_me(), values["key"], clock.now())
    except ShopError as refused:
        return page(order, Refused({"text": typed["text"]}, {}, refused)), STATUS[refused.kind]
    return _back(order, "noted", "notes")


@blueprint.post("/<number>/cancel")
def cancel(number: str) -> Response | Page:
    """Cancel an unpaid order: WeChat is asked first, so that nobody can pay it any more. A second time changes nothing.

    A paid one is cancelled by refunding all of it.
    """
    order = find(number)
    try:
        state = payments.cancel_for_staff(order.number, by_me(), wiring().pay, clock.now())
    except ShopError as refused:
        return page(find(number), Refused(why=refused)), STATUS[refused.kind]
    return _back(order, "cancelled" if state in (OrderState.CANCELLED, OrderState.EXPIRED) else "paid_meanwhile")


@blueprint.get("/<number>/trip")
def trip(number: str) -> Response | str:
    """A form for another flight, filled in with the present one."""
    order = find(number)
    if not moving.may_move(order.state, order.hold_until, clock.now()):
        return redirect(url_for("backoffice_orders.one", number=order.number))
    present = {"flight": order.flight_number, "date": order.flight_date.isoformat(), "final_destination": order.final_destination}
    return _trip(order, {**present, "pickup_point": order.point.code}, {}, None)


@blueprint.post("/<number>/trip")
def move(number: str) -> Response | Page:
    """Move the order on the traveller's behalf. The same form sent twice moves it once."""
    order = find(number)
    typed = {name: request.form.get(name, "").strip() for name in TRIP}
    values, errors = forms.read(forms.TRIP, request.form)
    if values.get("pickup_point") and values["pickup_point"] not in {point.code for point in _points(order)}:
        errors["pickup_point"] = ["wrong_choice"]
    if errors:
        return _trip(order, typed, errors, None), HTTPStatus.BAD_REQUEST
    try:
        moved = moving.move_trip(order.number, None, _wanted(values), clock.now(), by=by_me())
    except NoSuchMove as refused:
        return page(find(number), Refused(why=refused)), STATUS[refused.kind]
    except ShopError as refused:
        return _trip(order, typed, refused.fields, refused), STATUS[refused.kind]
    return _back(order, "moved" if moved else "same_trip", "trip")


def _wanted(values: dict[str, Any]) -> NewTrip:
    destination = values["final_destination"]
    return NewTrip(
        flight=values["flight"], date=values["date"], departs_local=values["departure_time"],
        final_destination=destination.upper() if destination else None, pickup_point=values["pickup_point"],
    )  # fmt: skip


def _trip(order: OrderView, typed: dict[str, str], errors: dict[str, list[str]], refused: ShopError | None) -> str:
    points = _points(order)
    packed = moving.stays_at_its_point(order.state)
    shown = [name for name in TRIP if name in errors]
    return render_template(
        "backoffice/order_trip.html", order=order, typed=typed, errors=errors, refused=None if shown else refused, now=clock.now(),
        points=[point for point in points if point.code == order.point.code] if packed else points, packed=packed,
        places=flights.places(), time_needed=bool(typed.get("departure_time") or errors.get("departure_time")),
    )  # fmt: skip


def _points(order: OrderView) -> list[Point]:
    """Where this order may be moved to by whoever is signed in."""
    return [point for point in flights.points() if point.airport == order.origin and is_mine(int(point.id))]
