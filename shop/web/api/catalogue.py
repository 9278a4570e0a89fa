"""What anyone may ask: products, pickup points, flights."""

from typing import Any

from flask import Response

from shop.base import clock
from shop.catalogue import queries as catalogue
from shop.catalogue.queries import NoSuchCategory
from shop.flights import queries as flights
from shop.trips.points import choice
from shop.web.api import answers, schemas
from shop.web.api.reading import Blueprint

TAGS = ["Catalogue"]
blueprint = Blueprint("catalogue", __name__)


@blueprint.after_request
def may_be_asked_again(response: Response) -> Response:
    """Prices and stock change; the language may come from a cookie or a header."""
    response.headers.setdefault("Cache-Control", "no-cache")
    response.vary.update(("Accept-Language", "Cookie"))
    return response


@blueprint.get("/products", tags=TAGS)
@blueprint.arguments(schemas.ProductsQuery(), location="query")
@blueprint.response(200, schemas.ProductPage)
def products(asked: dict[str, Any]) -> Response:
    """Products on offer

    In the shop's order. An unknown category is refused with `no_such_category`.
    """
    category = asked.get("category")
    page = catalogue.page(category, asked.get("q"), asked.get("after"), asked["limit"], now=clock.now())
    if category and not page.items and all(shelf.code != category for shelf in catalogue.shelves()):
        raise NoSuchCategory(category=category)
    return answers.answer({"items": [answers.product(offer) for offer in page.items], "next": page.next})


@blueprint.get("/products/<sku>", tags=TAGS)
@blueprint.arguments(schemas.LanguageQuery(), location="query")
@blueprint.response(200, schemas.Product)
def product(asked: dict[str, Any], sku: str) -> Response:
    """One product

    Refused with `no_such_product` when it is not on offer.
    """
    return answers.answer(answers.product(catalogue.offer(sku, clock.now())))


@blueprint.get("/pickup-points", tags=TAGS)
@blueprint.arguments(schemas.LanguageQuery(), location="query")
@blueprint.response(200, schemas.PickupPointList)
def pickup_points(asked: dict[str, Any]) -> Response:
    """Where orders can be collected

    With opening hours, and how long before a departure one can order and collect.
    """
    return answers.answer({"items": [answers.point(point) for point in flights.points()], "next": None})


@blueprint.get("/flights", tags=TAGS)
@blueprint.arguments(schemas.FlightQuery(), location="query")
@blueprint.response(200, schemas.Flight)
def flight(asked: dict[str, Any]) -> Response:
    """The known flight

    Refused with `no_such_flight` when the timetable does not have it (an order then says its time itself), and with
    `not_flying_that_day`. Until when one can order for it is that of goods in general; some may need longer.
    """
    known, now = flights.known_flight(asked["number"], asked["date"]), clock.now()
    here = [point for point in flights.points() if point.airport == known.origin]
    return answers.answer(answers.flight(known, [choice(point, known.departs_at, now, known.number) for point in here]))
