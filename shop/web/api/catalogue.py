"""What anyone may ask: products, pickup points, flights."""

from datetime import datetime
from typing import Any

from flask import Response

from shop.base import clock
from shop.catalogue import listing, searching
from shop.catalogue import queries as catalogue
from shop.catalogue.listing import Sort, Wanted
from shop.catalogue.queries import NoSuchCategory
from shop.catalogue.searching import Found
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

    In the shop's order; with `q` those that fit best come first, and `instead` says which words were understood as others. An
    unknown category is refused with `no_such_category`.
    """
    category, now = asked.get("category"), clock.now()
    if asked.get("q") or asked.get("brand") or asked.get("sort") or asked.get("in_stock"):
        return _narrowed(asked, now)
    page = catalogue.page(category, asked.get("after"), asked["limit"], now=now)
    if category and not page.items and all(shelf.code != category for shelf in catalogue.shelves()):
        raise NoSuchCategory(category=category)
    return answers.answer({"items": [answers.product(offer) for offer in page.items], "next": page.next, "instead": {}})


def _narrowed(asked: dict[str, Any], now: datetime) -> Response:
    after, limit = asked.get("after") or "", asked["limit"]
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 6 else 0
    wanted = Wanted(
        category=asked.get("category"), brand=asked.get("brand"), in_stock=bool(asked.get("in_stock")),
        sort=Sort(asked.get("sort") or Sort.BEST),
    )  # fmt: skip
    if asked.get("q"):
        found = searching.search(asked["q"], wanted, start, limit, now=now, texts=True)
    else:
        found = Found(listing.products(wanted, start, limit, now=now, texts=True))
    if wanted.category and not found.listed.items and all(shelf.code != wanted.category for shelf in catalogue.shelves()):
        raise NoSuchCategory(category=wanted.category)
    following = found.listed.next
    told = {
        "items": [answers.product(offer) for offer in found.listed.items], "next": None if following is None else str(following),
        "instead": {one.typed: one.shown for one in found.instead},
    }  # fmt: skip
    return answers.answer(told)


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
