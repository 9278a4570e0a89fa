"""The list of orders with filters that can be shared as an address, and the page of one order."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request

from shop.base import clock
from shop.base.ids import OrderId
from shop.flights import queries as flights
from shop.orders import queries as orders
from shop.orders.states import OrderState
from shop.payments import queries as payments
from shop.payments import reconcile_queries, refund_asking, refund_queries
from shop.pickup import queries as pickup
from shop.web.backoffice import forms
from shop.web.backoffice.refunds import find, may_refund
from shop.web.backoffice.timeline import Entry, timeline
from shop.web.guards import is_mine, my_points

blueprint = Blueprint("backoffice_orders", __name__, url_prefix="/manage/orders")
FILTERS = ("state", "from", "to", "point", "q")


@blueprint.get("/")
def listed() -> tuple[str, int]:
    """Orders, newest first. A filter that makes no sense is said to make none, and nothing is listed."""
    values, errors = forms.read(forms.ORDER_FILTER, request.args)
    points = [point for point in flights.points() if is_mine(int(point.id))]
    if values.get("point") and values["point"] not in {point.code for point in points}:
        errors["point"] = ["wrong_choice"]
    page = orders.OrderPage([], None) if errors else _found(values)
    typed = {name: request.args.get(name, "") for name in FILTERS}
    shown = render_template(
        "backoffice/orders.html", page=page, errors=errors, typed=typed, points=points, states=list(OrderState),
        now=clock.now(), again={name: text for name, text in typed.items() if text}, is_first=not values.get("after"),
    )  # fmt: skip
    return shown, HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _found(values: dict[str, Any]) -> orders.OrderPage:
    return orders.orders_for_staff(
        state=values["state"],
        since=forms.start_of(values["first"]) if values["first"] else None,
        until=forms.end_of(values["last"]) if values["last"] else None,
        point=values["point"],
        points=my_points(),
        words=values["q"],
        after=str(values["after"]) if values["after"] else None,
    )


@blueprint.get("/<number>")
def one(number: str) -> str:
    """One order: its trip, its lines, its history, its money, and a form to send some of it back. Raises NoSuchOrder."""
    order = find(number)
    return render_template(
        "backoffice/order.html", order=order, now=clock.now(), code=_hidden_code(order.id), money=_money(order.id),
        left=refund_asking.left_of(order.number), may_refund=may_refund(int(order.point.id)), causes=forms.CAUSES,
        asked=request.args.get("said") == "refund_asked",
    )  # fmt: skip


def _money(order_id: OrderId) -> list[Entry]:
    """Seven statements, however much happened."""
    return timeline(
        payments.attempts_of(order_id), payments.notices_of(order_id), refund_queries.payments_of(order_id),
        refund_queries.refunds_of(order_id), reconcile_queries.bill_lines_of(order_id),
    )  # fmt: skip


def _hidden_code(order_id: OrderId) -> str | None:
    """Enough of the pickup code to compare with what somebody reads out, too little to collect with."""
    try:
        code = pickup.ticket_of(order_id).code
    except pickup.NoPickupCode:
        return None
    return f"{code[:2]}•••-•••{code[-2:]}"
