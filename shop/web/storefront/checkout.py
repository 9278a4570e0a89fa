"""From the basket to an order: the trip, the counter, the traveller."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.metrics import ORDERS_PLACED, ORDERS_REFUSED
from shop.base.money import Money
from shop.flights import queries as flights
from shop.orders import commands, passport_names
from shop.orders import queries as orders
from shop.orders.companions import Companion, companions
from shop.orders.rules import MOST_LINES, Wanted
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.security import check_form
from shop.web.storefront import campaigns, forms, trips
from shop.web.storefront.basket import Basket
from shop.web.storefront.basket_pages import Row, rows_of, total_of
from shop.web.wiring import settings

blueprint = Blueprint("checkout", __name__)
FIELDS = (
    "flight", "date", "departure_time", "final_destination", "pickup_point", "name", "residence", "birth_date",
)  # fmt: skip
TYPED = "typed"  # in the session: a form that came when nobody was signed in any more
AREAS = ("CN", "HK", "MO", "OTHER", "EU")


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of the form: what stands in its fields, the lines it orders, its key, and what is wrong with it.

    `seen` are the prices that were shown before, by SKU; `in_chinese` the name that was typed in Chinese characters.
    """

    said: Mapping[str, str]
    lines: tuple[Wanted, ...]
    key: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    refused: ShopError | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    in_chinese: str = ""


@blueprint.before_request
def _keep_what_was_typed() -> None:
    """A session that ended in the middle of the form takes nothing away: it is there again after signing in."""
    if request.method != "POST" or guards.is_signed_in():
        return
    check_form()
    session[TYPED] = {name: text for name, text in forms.typed(request.form, FIELDS).items() if text}
    if not Basket.of(session):
        Basket({line.sku: line.quantity for line in forms.lines(request.form)[:MOST_LINES]}).keep(session)


@blueprint.get("/checkout")
def form() -> Response | str:
    """The form, with what is known from the traveller's last order. A basket that cannot be ordered is shown instead."""
    basket = Basket.of(session)
    rows = rows_of(basket)
    if not rows or any(row.problem for row in rows):
        return redirect(url_for("storefront.basket"))
    kept = session.pop(TYPED, None)
    said = _known() | {name: str(text) for name, text in kept.items() if name in FIELDS} if kept else _known()
    return _page(Asked(said, basket.lines(), forms.new_key()))


@blueprint.post("/checkout")
def place() -> Response | tuple[str, int]:
    """Place the order; or look up the flight, fill in a companion, leave out what is sold out, when that button was pressed.

    The same form sent twice places one order.
    """
    said = forms.typed(request.form, FIELDS)
    lines, key, seen = forms.lines(request.form), forms.key(request.form), forms.seen_prices(request.form)
    if "fit" in request.form:
        lines = _fitting(lines)
    if not lines:
        return redirect(url_for("storefront.basket"), HTTPStatus.SEE_OTHER)
    asked = Asked(said, lines, key, seen=seen)
    if any(button in request.form for button in ("find", "person", "fit")):
        return _helped(asked)
    values, errors = forms.load(forms.CheckoutForm(), said)
    if passport_names.has_chinese(said["name"]) and "name" not in errors:
        errors = {**errors, "name": ["name_in_latin"]}
        asked = replace(asked, said={**said, "name": passport_names.proposal(said["name"])}, in_chinese=said["name"])
    if errors:
        return _page(replace(asked, errors=errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    came = campaigns.known_touches()
    plan = _plan(values, lines, forms.seen_minor(request.form), came.last.mark if came else None)
    try:
        placed = commands.place(
            plan, guards.traveller(), key, settings().currency,
            timedelta(minutes=settings().pay_within_minutes), clock.now(),
        )  # fmt: skip
    except ShopError as refused:
        ORDERS_REFUSED.labels(refused.code).inc()
        return _page(replace(asked, errors=refused.fields, refused=refused)), STATUS[refused.kind]
    if placed.new:
        ORDERS_PLACED.inc()
        if placed.order is not None:
            campaigns.credit(placed.order.id, came)
    Basket.of(session).without(tuple(line.sku for line in lines)).keep(session)
    return redirect(url_for("my_orders.order", number=placed.number), HTTPStatus.SEE_OTHER)


def _helped(asked: Asked) -> tuple[str, int]:
    """The form again, with what a button has filled in or taken out."""
    if "find" in request.form:
        _, errors = forms.load(forms.TripForm(), asked.said)
        again = replace(asked, said={**asked.said, "pickup_point": ""}, errors=errors)
        return _page(again), HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    chosen = next((one for one in companions(guards.traveller()) if one.key == request.form.get("person")), None)
    if chosen is not None:
        asked = replace(asked, said={**asked.said, **_said_of(chosen)})
    return _page(asked), HTTPStatus.OK


def _said_of(person: Companion) -> dict[str, str]:
    born = person.birth_date.isoformat() if person.birth_date else ""
    return {"name": person.name, "residence": person.residence, "birth_date": born}


def _fitting(lines: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """As many of each as are still there."""
    left = {row.sku: row.offer.left for row in rows_of(Basket({line.sku: line.quantity for line in lines})) if row.offer}
    fitted = (Wanted(line.sku, min(line.quantity, left.get(line.sku, 0))) for line in lines)
    return tuple(line for line in fitted if line.quantity > 0)


def _plan(values: Mapping[str, Any], lines: tuple[Wanted, ...], seen_minor: int | None, campaign: str | None) -> commands.Plan:
    return commands.Plan(
        lines=lines,
        flight=values["flight"],
        date=values["date"],
        final_destination=values["final_destination"].upper(),
        pickup_point=values["pickup_point"],
        name=values["name"],
        residence=values["residence"].upper(),
        departs_local=values.get("departure_time"),
        birth_date=values.get("birth_date"),
        campaign=campaign,
        language=g.lang,
        seen_minor=seen_minor,
    )


def _known() -> dict[str, str]:
    """What need not be typed again: the name and home of the last order, and its trip while that lies ahead."""
    said = dict.fromkeys(FIELDS, "") | {"residence": "CN"}
    last = next(iter(orders.orders_of(guards.traveller(), limit=1).items), None)
    if last is None:
        return said
    said |= {"name": last.traveller_name, "residence": last.residence}
    if last.birth_date is not None:
        said["birth_date"] = last.birth_date.isoformat()
    if last.departs_at > clock.now():
        said |= {
            "flight": last.flight_number, "date": last.flight_date.isoformat(),
            "final_destination": last.final_destination, "pickup_point": last.point.code,
        }  # fmt: skip
    return said


def _page(asked: Asked) -> str:
    points = flights.points()
    trip, wrong = forms.load(forms.CheckoutForm(only=("flight", "date", "departure_time")), asked.said)
    plan = trips.unplanned(points) if wrong else trips.plan(trip, points, clock.now())
    errors = {**plan.errors, **asked.errors} if trip.get("flight") else dict(asked.errors)
    rows = rows_of(Basket({line.sku: line.quantity for line in asked.lines}))
    return render_template(
        "storefront/checkout.html",
        said=_suggested(asked.said, plan),
        errors=errors,
        general=_general(asked.refused, errors),
        plan=plan,
        ask_time=plan.time_needed
        or bool(asked.said["departure_time"] and plan.flight is None)
        or "departure_time" in errors,
        places=_by_area(flights.places()),
        rows=rows,
        lines=asked.lines,
        total=total_of(rows),
        short=any(row.problem for row in rows),
        was=_otherwise(rows, asked.seen),
        companions=[one for one in companions(guards.traveller()) if one.name != asked.said["name"]],
        in_chinese=asked.in_chinese,
        has_alcohol=any(row.offer is not None and row.offer.alcohol_permille for row in rows),
        key=asked.key,
        today=trips.today(),
    )


def _otherwise(rows: tuple[Row, ...], seen: Mapping[str, int]) -> dict[str, Money]:
    """The price that was shown before, of whatever costs something else now."""
    shown = ((row.sku, row.offer.price, seen[row.sku]) for row in rows if row.offer is not None and row.sku in seen)
    return {sku: Money(minor, price.currency) for sku, price, minor in shown if minor != price.minor}


def _suggested(said: Mapping[str, str], plan: trips.TripPlan) -> dict[str, str]:
    """With the flight's own destination and the best counter where the traveller has not chosen."""
    answer = dict(said)
    if plan.flight is not None:
        answer["flight"] = plan.flight.number
        answer["final_destination"] = said["final_destination"] or plan.flight.destination
        answer["pickup_point"] = said["pickup_point"] or plan.best
    return answer


def _general(refused: ShopError | None, errors: Mapping[str, list[str]]) -> ShopError | None:
    """The refusal, when no field of the form says it."""
    if refused is None or any(name in FIELDS for name in errors):
        return None
    return refused


def _by_area(places: list[flights.Place]) -> list[tuple[str, list[flights.Place]]]:
    groups = [(area, [place for place in places if place.customs_area == area]) for area in AREAS]
    return [(area, found) for area, found in groups if found]
