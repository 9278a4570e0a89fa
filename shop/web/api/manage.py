"""What a manager's program may ask: any order."""

from typing import Any

from flask import Response, g

from shop.base import clock
from shop.flights import queries as flights
from shop.orders import queries
from shop.orders.queries import NoSuchOrder
from shop.people.states import DeviceKind
from shop.web import guards
from shop.web.api import answers, schemas
from shop.web.api.reading import Blueprint

TAGS = ["Management"]
WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]

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

    Newest first, without their history. A token that is limited to a pickup point sees only the orders of that point.
    """
    point, mine = asked.get("point"), guards.known_device().pickup_point_id
    if mine is not None:
        own = flights.point_by_id(mine).code
        if point not in (None, own):
            return answers.answer({"items": [], "next": None})
        point = own
    page = queries.orders_for_staff(
        state=asked.get("state"), since=asked.get("since"), until=asked.get("until"), point=point, words=asked.get("q"),
        after=asked.get("after"), limit=asked["limit"],
    )  # fmt: skip
    now, carried = clock.now(), queries.carried(order.id for order in page.items)
    return answers.answer(answers.order_page(page, carried, now))


@blueprint.get("/orders/<number>", tags=TAGS)
@blueprint.arguments(schemas.LanguageQuery(), location="query")
@blueprint.response(200, schemas.Order)
@blueprint.doc(security=WITH_TOKEN)
def order(asked: dict[str, Any], number: str) -> Response:
    """Any order with its history"""
    found = queries.order_by_number(number)
    if guards.known_device().pickup_point_id not in (None, found.point.id):
        raise NoSuchOrder
    carried = queries.carried([found.id])[found.id]
    return answers.answer(answers.order_with_history(found, carried, clock.now()))
