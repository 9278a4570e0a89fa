"""Another flight in two taps, and “I am on my way”: what a traveller changes about an order that is not handed over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, url_for
from msgspec import Struct, field
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights.queries import Point
from shop.orders import moving
from shop.orders.moving import NewTrip
from shop.orders.queries import OrderView
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import forms, money_back, once, trips
from shop.web.storefront.next_flights import next_flights, points_of
from shop.web.storefront.orders import TABS, order_here, order_page

blueprint = Blueprint("my_trip", __name__)
FIELDS = ("flight", "date", "departure_time", "final_destination", "pickup_point")


class Asked(Struct, frozen=True):
    """One view of the page: what stands in its fields, and what is wrong with it."""

    said: Mapping[str, str]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    refused: ShopError | None = None


@blueprint.get("/orders/<number>/trip")
def form(number: str) -> Response | str:
    """Flights to choose from; with a `flight` and a `date`, what moving there would mean, and the button that does it."""
    order = order_here(number)
    if not moving.may_move(order.state, order.hold_until, clock.now()):
        return redirect(url_for("my_orders.order", number=order.number))
    return _page(order, Asked(forms.typed(request.args, FIELDS)))


@blueprint.post("/orders/<number>/trip")
def move(number: str) -> Response | tuple[str, int]:
    """Move the order. The same form sent twice moves it once."""
    order = order_here(number)
    said = forms.typed(request.form, FIELDS)
    values, errors = forms.load(forms.CheckoutForm(only=FIELDS), said)
    if errors:
        return _page(order, Asked(said, errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    wanted = NewTrip(
        flight=values["flight"],
        date=values["date"],
        final_destination=values["final_destination"].upper(),
        departs_local=values.get("departure_time"),
        pickup_point=values["pickup_point"],
    )
    try:
        moving.move_trip(order.number, guards.traveller(), wanted, clock.now())
    except ShopError as refused:
        order = order_here(number)
        if not moving.may_move(order.state, order.hold_until, clock.now()):
            return order_page(order, refused), STATUS[refused.kind]
        return _page(order, Asked(said, refused.fields, refused)), STATUS[refused.kind]
    return redirect(url_for("my_orders.order", number=order.number, _anchor="trip"), HTTPStatus.SEE_OTHER)


@blueprint.post("/orders/<number>/on-my-way")
def on_my_way(number: str) -> Response | tuple[str, int]:
    """The counter puts the parcel on top of its list."""
    order = order_here(number)
    try:
        moving.on_my_way(order.number, guards.traveller(), clock.now())
    except ShopError as refused:
        return order_page(order_here(number), refused), STATUS[refused.kind]
    return redirect(url_for("my_orders.order", number=order.number, _anchor="pickup"), HTTPStatus.SEE_OTHER)


def _page(order: OrderView, asked: Asked) -> str:
    now = clock.now()
    if request.method == "POST":
        g.here = url_for("my_trip.form", number=order.number)
    packed = moving.stays_at_its_point(order.state)
    points = points_of(order)
    plan, errors = _plan(asked, [point for point in points if point.code == order.point.code] if packed else points, now)
    money = money_back.of(order)
    return render_template(
        "storefront/trip.html",
        order=order,
        said=_suggested(order, asked.said, plan, packed=packed),
        errors=errors,
        refused=asked.refused if asked.refused and not set(asked.refused.fields) & set(FIELDS) else None,
        plan=plan,
        packed=packed,
        possible=plan is not None and any(choice.refusal is None and choice.cut_off for choice in plan.choices),
        other_terminal=packed and plan is not None and plan.flight is not None and plan.flight.terminal != order.point.terminal,
        choices=next_flights(order, points, now),
        gives_back=money.left if order.state in TABS["to_collect"] and now < order.departs_at else None,
        places=once.places(),
        today=trips.today(),
    )


def _plan(asked: Asked, points: Sequence[Point], now: datetime) -> tuple[trips.TripPlan | None, dict[str, list[str]]]:
    """What the timetable says of the flight asked for; None when none was, or it cannot be read."""
    if not (asked.said["flight"] or asked.said["date"]):
        return None, dict(asked.errors)
    values, wrong = forms.load(forms.CheckoutForm(only=("flight", "date", "departure_time")), asked.said)
    if wrong:
        return None, {**wrong, **asked.errors}
    plan = trips.plan(values, points, now)
    return plan, {**plan.errors, **asked.errors}


def _suggested(order: OrderView, said: Mapping[str, str], plan: trips.TripPlan | None, *, packed: bool) -> dict[str, str]:
    """With what follows from the flight where the traveller has not chosen: the present counter if it serves the terminal."""
    answer = dict(said)
    known = plan.flight if plan is not None else None
    direct = order.final_destination == order.destination
    answer["final_destination"] = said["final_destination"] or (known.destination if known and direct else order.final_destination)
    possible = [choice.point.code for choice in plan.choices if choice.refusal is None] if plan is not None else []
    stays = packed or known is None or order.point.terminal == known.terminal
    present = order.point.code if stays and order.point.code in possible else ""
    answer["pickup_point"] = said["pickup_point"] or present or (plan.best if plan is not None else "")
    if known is not None:
        answer["flight"] = known.number
    return answer
