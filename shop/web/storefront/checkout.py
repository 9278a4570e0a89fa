"""From the basket to an order: the trip, the counter, the traveller."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from msgspec import Struct, field
from msgspec.structs import replace
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.metrics import ORDERS_PLACED, ORDERS_REFUSED
from shop.base.money import Money
from shop.flights.rules import Goods
from shop.orders import commands, passport_names
from shop.orders import queries as orders
from shop.orders.companions import Companion, Earlier, earlier
from shop.orders.rules import MOST_LINES, NotDutyFree, Wanted
from shop.trips.rules import Trip
from shop.web import guards, touches
from shop.web.errors import STATUS
from shop.web.security import check_form
from shop.web.storefront import forms, here, once, trips
from shop.web.storefront.basket import Basket
from shop.web.storefront.basket_pages import Row, rows_of, sold_rows, total_of
from shop.web.storefront.party import Party
from shop.web.storefront.terms import terms_of
from shop.web.wiring import settings

blueprint = Blueprint("checkout", __name__)
FIELDS = (
    "flight", "date", "departure_time", "final_destination", "pickup_point", "name", "residence", "birth_date",
    "lands", "adult",
)  # fmt: skip
TYPED = "typed"  # in the session: a form that came when nobody was signed in any more


class Asked(Struct, frozen=True):
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
    rows = rows_of(basket, duty_paid=False)
    if not rows or any(row.problem for row in sold_rows(rows, duty_paid=here.is_duty_paid())):
        return redirect(url_for("storefront.basket"))
    kept = session.pop(TYPED, None)
    people = earlier(guards.traveller())
    known = _known(people) | _of_the_party(people)
    said = known | {name: str(text) for name, text in kept.items() if name in FIELDS} if kept else known
    return _page(Asked(said, basket.lines(), forms.new_key()), rows, people)


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
    came = touches.known_touches()
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
            touches.credit(placed.order.id, came)
    Basket.of(session).without(tuple(line.sku for line in lines)).keep(session)
    _remember(placed.number)
    return redirect(_onward(placed.number), HTTPStatus.SEE_OTHER)


def _onward(number: str) -> str:
    """To the order; of several travellers to the next one's basket, and after the last to where all are paid."""
    party, basket = Party.of(session), Basket.of(session)
    if len(party.names) < 2:
        return url_for("my_orders.order", number=number)
    waits = party.next_waiting()
    if basket or waits is None:
        return url_for("storefront.basket", placed=1) if basket else url_for("my_orders.together")
    party, basket = party.shown(waits, basket)
    party.keep(session)
    basket.keep(session)
    return url_for("storefront.basket", placed=1)


def _remember(number: str) -> None:
    """The trip of an order is the trip of this visit from now on."""
    placed = orders.order_of(number, guards.traveller())
    stated, said = here.stated(), (placed.flight_number, placed.flight_date, placed.final_destination)
    if stated is not None and (stated.flight, stated.day, stated.final_destination) == said:
        return
    local = placed.departs_at.astimezone(ZoneInfo(placed.point.tz)).time()
    here.keep(Trip(said[0], said[1], placed.origin, placed.destination, said[2], placed.residence, placed.terminal, local))


def _helped(asked: Asked) -> tuple[str, int]:
    """The form again, with what a button has filled in or taken out."""
    if "find" in request.form:
        _, errors = forms.load(forms.TripForm(), asked.said)
        again = replace(asked, said={**asked.said, "pickup_point": ""}, errors=errors)
        return _page(again), HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    people = earlier(guards.traveller())
    chosen = next((one for one in people.people if one.key == request.form.get("person")), None)
    if chosen is not None:
        asked = replace(asked, said={**asked.said, **_said_of(chosen)})
    return _page(asked, people=people), HTTPStatus.OK


def _said_of(person: Companion) -> dict[str, str]:
    born = person.birth_date.isoformat() if person.birth_date else ""
    return {"name": person.name, "residence": person.residence, "birth_date": born}


def _fitting(lines: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """As many of each as are still there."""
    left = {row.sku: row.offer.left for row in rows_of(_chosen(lines), duty_paid=False) if row.offer}
    fitted = (Wanted(line.sku, min(line.quantity, left.get(line.sku, 0))) for line in lines)
    return tuple(line for line in fitted if line.quantity > 0)


def _chosen(lines: tuple[Wanted, ...]) -> Basket:
    return Basket({line.sku: line.quantity for line in lines})


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
        adult=values.get("adult") == "yes",
        campaign=campaign,
        language=g.lang,
        seen_minor=seen_minor,
        destination=values["lands"].upper() if values.get("lands") else None,
    )


def _known(people: Earlier) -> dict[str, str]:
    """What need not be typed again: the name and home of the last order, and its trip while that lies ahead."""
    said = dict.fromkeys(FIELDS, "") | {"residence": "CN"}
    found = here.here()
    if not people.people:
        return said | _stated(found)
    said |= _said_of(people.people[0])
    if people.departs_at is not None and people.day is not None and people.departs_at > clock.now() and found is None:
        said |= {
            "flight": people.flight, "date": people.day.isoformat(), "final_destination": people.final_destination,
            "pickup_point": people.pickup_point,
        }  # fmt: skip
    return said | _stated(found)


def _of_the_party(people: Earlier) -> dict[str, str]:
    """Of several travellers the one whose basket this is, with what their earlier orders say of them."""
    name = Party.of(session).name
    if name is None:
        return {}
    known = people.named(name)
    return _said_of(known) if known is not None else {"name": name, "birth_date": ""}


def _stated(found: here.Here | None) -> dict[str, str]:
    """The fields that the visitor's trip fills in."""
    if found is None:
        return {}
    trip = found.trip
    return {
        "flight": trip.flight, "date": trip.day.isoformat(), "final_destination": trip.final_destination, "residence": trip.residence,
        "departure_time": trip.departs_local.strftime("%H:%M") if trip.departs_local is not None and found.flight is None else "",
        "lands": trip.destination if found.flight is None and trip.destination != trip.final_destination else "",
    }  # fmt: skip


def _page(asked: Asked, rows: tuple[Row, ...] | None = None, people: Earlier | None = None) -> str:
    """`rows` and `people` where they were read already."""
    points, places = once.points(), once.places()
    trip, wrong = forms.load(forms.CheckoutForm(only=("flight", "date", "departure_time", "birth_date")), asked.said)
    rows = rows if rows is not None else rows_of(_chosen(asked.lines), duty_paid=False)
    people = people or earlier(guards.traveller())
    goods = [Goods(row.sku, row.offer.category) for row in rows if row.offer is not None]
    unusable = set(wrong) - {"birth_date"}
    plan = trips.unplanned(points) if unusable else trips.plan(trip, points, clock.now(), goods)
    said = _suggested(asked.said, plan)
    terms = terms_of(said, trip, plan, places, rows)
    errors = {**plan.errors, **asked.errors} if trip.get("flight") else dict(asked.errors)
    return render_template(
        "storefront/checkout.html",
        said=said,
        errors=errors,
        general=_general(asked.refused, errors),
        plan=plan,
        ask_time=plan.time_needed
        or bool(asked.said["departure_time"] and plan.flight is None)
        or "departure_time" in errors,
        places=trips.by_area(places),
        rows=terms.rows,
        lines=asked.lines,
        total=total_of(terms.rows),
        duty_paid=terms.duty_paid,
        shown=terms.shown,
        short=any(row.problem and row.problem != NotDutyFree.code for row in terms.rows),
        was=_otherwise(terms.rows, asked.seen),
        companions=[one for one in people.people if one.name != asked.said["name"]],
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
        answer["flight"], answer["lands"] = plan.flight.number, ""
        answer["final_destination"] = said["final_destination"] or plan.flight.destination
        answer["pickup_point"] = said["pickup_point"] or plan.best
    return answer


def _general(refused: ShopError | None, errors: Mapping[str, list[str]]) -> ShopError | None:
    """The refusal, when no field of the form says it."""
    if refused is None or any(name in FIELDS for name in errors):
        return None
    return refused

