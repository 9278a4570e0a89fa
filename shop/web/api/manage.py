"""What a manager's program may ask: any order, and that money of it goes back."""

import json
from typing import Any

from flask import Response, g

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.metrics import REFUNDS_ASKED, REFUNDS_REFUSED
from shop.flights import queries as flights
from shop.orders import queries
from shop.orders.listing import Sort, Turn
from shop.orders.queries import NoSuchOrder, OrderView
from shop.payments import refund_asking, refund_queries
from shop.payments.refund_asking import Once
from shop.payments.refund_rules import Amount, Lines, What, Whole, WrongRefund
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.states import DeviceKind
from shop.reports import order_list
from shop.reports.order_list import Filters
from shop.web import guards
from shop.web.api import answers, schemas
from shop.web.api.reading import Blueprint, idempotency_key, key_parameter

TAGS = ["Management"]
WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]
REFUND_KEY = key_parameter("refund", "and body give the same refund")

blueprint = Blueprint("manage", __name__, url_prefix="/manage")


@blueprint.before_request
def only_managers() -> None:
    g.device = guards.bearer(DeviceKind.MANAGER)


@blueprint.after_request
def private(response: Response) -> Response:
    """Names of travellers are not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/orders", tags=TAGS)
@blueprint.arguments(schemas.ManageQuery(), location="query")
@blueprint.response(200, schemas.OrderPage)
@blueprint.doc(security=WITH_TOKEN)
def orders(asked: dict[str, Any]) -> Response:
    """Orders of all travellers

    Without their history, the newest first unless `sort` says otherwise. All filters must hold. A token that is limited to a
    pickup point sees only the orders of that point.
    """
    point, mine = asked.get("point"), guards.known_device().pickup_point_id
    if mine is not None:
        own = flights.point_by_id(mine).code
        if point not in (None, own):
            return answers.answer({"items": [], "next": None})
        point = own
    now = clock.now()
    turn = Turn(sort=Sort(asked.get("sort", Sort.PLACED)), after=asked.get("after"), limit=asked["limit"])
    page = order_list.orders(_filters(asked, point), asked.get("q"), turn, now).page
    carried = queries.carried(order.id for order in page.items)
    return answers.answer(answers.order_page(page, carried, now))


def _filters(asked: dict[str, Any], point: str | None) -> Filters:
    return Filters(
        state=asked.get("state"), refund=asked.get("refund"), paid={"yes": True, "no": False}.get(asked.get("paid", "")),
        point=point, placed_since=asked.get("since"), placed_until=asked.get("until"), flight_first=asked.get("flight_first"),
        flight_last=asked.get("flight_last"), least_minor=asked.get("least"), most_minor=asked.get("most"),
        attention=asked.get("attention") == "yes",
    )  # fmt: skip


@blueprint.get("/orders/<number>", tags=TAGS)
@blueprint.arguments(schemas.LanguageQuery(), location="query")
@blueprint.response(200, schemas.ManagedOrder)
@blueprint.doc(security=WITH_TOKEN)
def order(asked: dict[str, Any], number: str) -> Response:
    """Any order with its history and its refunds"""
    found = _find(number)
    carried = queries.carried([found.id])[found.id]
    refunds = [answers.refund(refund, _skus(found)) for refund in refund_queries.refunds_of(found.id)]
    return answers.answer({**answers.order_with_history(found, carried, clock.now()), "refunds": refunds})


def _find(number: str) -> OrderView:
    """The order, if this token's pickup point may see it. Raises NoSuchOrder."""
    found = queries.order_by_number(number)
    if guards.known_device().pickup_point_id not in (None, found.point.id):
        raise NoSuchOrder
    return found


@blueprint.post("/orders/<number>/refunds", tags=TAGS)
@blueprint.arguments(schemas.RefundBody())
@blueprint.response(202, schemas.Refund, description="Written down, now or by an earlier request with the same key")
@blueprint.doc(security=WITH_TOKEN, parameters=[REFUND_KEY])
def refund(body: dict[str, Any], number: str) -> Response:
    """Send money back

    Of `lines`, or an `amount`, or with neither everything that is left. It is sent to WeChat Pay after this answer; see
    `refunds` of the order for what became of it. When nothing is left of an order that nobody has collected, it is
    cancelled. Refusals: `nothing_to_refund`, `refund_too_large`, `wrong_refund`, `too_many_refunds`,
    `too_old_to_refund`, `order_state_changed`, `idempotency_key_missing`, `idempotency_key_reused`.
    """
    found, me = _find(number), f"device:{guards.known_device().id}"
    once = Once(me, idempotency_key(), f"{found.number} {json.dumps(body, sort_keys=True)}")
    why = Why(Cause(body["reason"]), me, body.get("note"))
    try:
        refund_id = refund_asking.ask_once(found.number, _what(body, found), why, once, clock.now())
    except ShopError as refused:
        REFUNDS_REFUSED.labels(refused.code).inc()
        raise
    REFUNDS_ASKED.labels("api").inc()
    (made,) = (each for each in refund_queries.refunds_of(found.id) if each.id == refund_id)
    return answers.answer(answers.refund(made, _skus(found)), 202)


def _skus(found: OrderView) -> dict[int, str]:
    return {line.position: line.sku for line in found.lines}


def _what(body: dict[str, Any], found: OrderView) -> What:
    """What is to go back. Raises WrongRefund for what this order does not have."""
    if amount := body.get("amount"):
        if amount["currency"] != found.total.currency.value:
            raise WrongRefund(fields={"amount.currency": ["wrong_refund"]})
        return Amount(amount["amount"])
    if "lines" not in body:
        return Whole()
    positions, wanted = {line.sku: line.position for line in found.lines}, dict[int, int]()
    for n, line in enumerate(body["lines"]):
        position = line["position"] if "position" in line else positions.get(line["sku"])
        if position is None:
            raise WrongRefund(fields={f"lines.{n}.sku": ["wrong_refund"]})
        wanted[position] = wanted.get(position, 0) + line["quantity"]
    return Lines(wanted)
