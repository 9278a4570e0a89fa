"""The list of orders, with filters that can be shared as an address."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request, url_for

from shop.base import clock
from shop.flights import queries as flights
from shop.orders.listing import Sort, Turn, WrongPlace
from shop.orders.queries import OrderPage
from shop.orders.states import OrderState, RefundState
from shop.reports import order_list
from shop.reports.order_list import Filters, FoundOrders
from shop.web.backoffice import forms
from shop.web.guards import is_mine, my_points

blueprint = Blueprint("backoffice_orders", __name__, url_prefix="/manage/orders")
PLAIN = ("q", "state", "refund", "point", "from", "to", "flight_from", "flight_to")
RARE = ("paid", "least", "most", "ready", "hour", "sku")
FILTERS = (*PLAIN, *RARE, "attention")
ORDER = ("sort", "direction")


@blueprint.get("/")
def listed() -> tuple[str, int]:
    """Orders, newest first. A filter that makes no sense is said to make none, and nothing is listed."""
    values, errors = forms.read(forms.ORDER_FILTER, request.args)
    points = [point for point in flights.every_point() if is_mine(int(point.id))]
    if values.get("point") and values["point"] not in {point.code for point in points}:
        errors["point"] = ["wrong_choice"]
    found = None
    if not errors:
        try:
            found = _found(values)
        except WrongPlace as refused:
            errors = refused.fields
    return _page(found, errors, points), HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _found(values: dict[str, Any]) -> FoundOrders:
    turn = Turn(
        sort=Sort(values["sort"] or Sort.PLACED), descending=values["direction"] != "up", after=values["after"],
        before=None if values["after"] else values["before"],
    )  # fmt: skip
    return order_list.orders(filters_of(values, my_points()), values["q"], turn, clock.now(), sort_is_given=bool(values["sort"]))


def filters_of(values: dict[str, Any], points: frozenset[int] | None = None) -> Filters:
    """What the form's values ask for, among the orders of these pickup points (None: of all)."""
    return Filters(
        state=values["state"], refund=values["refund"], paid={"yes": True, "no": False}.get(values["paid"]),
        point=values["point"],
        points=points,
        placed_since=forms.start_of(values["first"]) if values["first"] else None,
        placed_until=forms.end_of(values["last"]) if values["last"] else None,
        flight_first=values["flight_first"], flight_last=values["flight_last"], hour=values["hour"],
        least_minor=forms.minor_of(values["least"]) if values["least"] else None,
        most_minor=forms.minor_of(values["most"]) if values["most"] else None,
        ready=values["ready"], sku=values["sku"], attention=values["attention"] == "yes",
    )  # fmt: skip


def _page(found: FoundOrders | None, errors: dict[str, list[str]], points: list[Any]) -> str:
    typed = {name: request.args.get(name, "").strip() for name in (*FILTERS, *ORDER)}
    again = {name: text for name, text in typed.items() if text}
    turn = found.turn if found else Turn()
    return render_template(
        "backoffice/orders.html", page=found.page if found else OrderPage([], None), errors=errors, typed=typed, points=points,
        states=list(OrderState), refund_states=list(RefundState), now=clock.now(), again=again, found=found,
        rare_open=any(typed[name] or errors.get(name) for name in RARE), filtered=any(typed[name] for name in FILTERS),
        is_first=not (request.args.get("after") or request.args.get("before")), heads=_heads(turn, again),
    )  # fmt: skip


def _heads(turn: Turn, again: dict[str, str]) -> dict[str, tuple[str, str]]:
    """For each sort an address that asks for it (the other way round when it is this one already) and what it is now."""
    found = {}
    for sort in Sort:
        here = turn.sort is sort
        direction = "up" if here and turn.descending else "down"
        kept = {name: text for name, text in again.items() if name not in ORDER}
        address = url_for("backoffice_orders.listed", **{**kept, "sort": sort.value, "direction": direction})  # type: ignore[arg-type]
        found[sort.value] = (address, ("descending" if turn.descending else "ascending") if here else "")
    return found
