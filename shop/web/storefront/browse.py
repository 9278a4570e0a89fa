"""Looking around: home, categories, one product, the pickup counters; search and brands are in `finding`. No page here sets a cookie."""

import re
from collections.abc import Hashable
from typing import Any, cast

from flask import Blueprint, current_app, g, render_template, request, session
from flask.blueprints import BlueprintSetupState
from msgspec import Struct

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.fragments import Fragments, Known, NowAndThen, Unchanged
from shop.catalogue import queries as catalogue
from shop.catalogue import wishing
from shop.catalogue.listing import Label
from shop.flights.rules import Goods
from shop.orders.commands import expire_due
from shop.orders.rules import MOST_PER_LINE
from shop.trips.points import PointChoice
from shop.web import assets, guards
from shop.web.storefront import campaigns, cards, favourites, forms, here, once, prices, showing, trips
from shop.web.storefront.basket import SKU
from shop.web.wiring import settings

blueprint = Blueprint("storefront", __name__)
further = Blueprint("storefront", __name__)  # the same door's pages in modules that are imported when somebody wants something of theirs
CODE = re.compile(r"[0-9a-z_-]{1,32}")
blueprint.after_request(campaigns.note)
PAGES = 128  # shelves that are kept as they were written last
SWEEP_EVERY = 10.0  # seconds between two looks for unpaid orders whose time is over, per process


class Shelf(Struct, frozen=True):
    """A rendered page of products, the same for everybody but for what belongs between its parts: the trip, the badge.

    In UTF-8, as it leaves: Chinese takes less room so, and needs no work at every request.
    """

    parts: tuple[bytes, ...]


class Kept(Struct, frozen=True):
    """What this door keeps in the process."""

    shelves: Fragments[Shelf]
    written: Unchanged[Shelf]
    categories: Known[list[catalogue.Shelf]]
    brands: Fragments[list[Label]]
    sweep: NowAndThen


def kept() -> Kept:
    return cast(Kept, current_app.extensions["storefront"])


@blueprint.record
def _register(state: BlueprintSetupState) -> None:
    state.app.extensions["storefront"] = Kept(Fragments(), Unchanged(PAGES), Known(), Fragments(), NowAndThen(SWEEP_EVERY))
    state.app.extensions[here.KEPT], state.app.extensions[here.BARS] = Fragments(), Fragments()
    state.app.jinja_env.globals["trip_bar"], state.app.jinja_env.filters["as_sold"] = here.bar, here.as_sold
    showing.register(state)
    cards.register(state)


@blueprint.after_request
def _vary(answer: Any) -> Any:
    """A cache in between must know that the page depends on the language."""
    answer.vary.update(("Accept-Language", "Cookie"))
    return answer


def _shelf(category: str | None) -> bytes:
    """The page of a category (None: of everything) from where the visitor has got to. Raises NoSuchCategory."""
    after = forms.cursor(request.args.get("after"))
    duty_paid = here.is_duty_paid()

    def make() -> Shelf:
        if kept().sweep.due():  # so that stock comes free when no worker is awake
            expire_due(clock.now(), limit=20)
        return _make_shelf(key, category, after)

    key = (g.lang, category, after, settings().currency, duty_paid)
    page = kept().shelves.get(key, settings().page_cache_seconds, make)
    top, middle, bottom = page.parts
    return b"".join((top, here.bar().encode(), middle, showing.badge().encode(), bottom))


def _make_shelf(key: Hashable, category: str | None, after: str | None) -> Shelf:
    """The page as the database has it now: read, and written when it would say something else than the last time."""
    shelves = kept().categories.get("", catalogue.shelves)
    name = next((shelf.name for shelf in shelves if shelf.code == category), None)
    if category is not None and name is None:
        raise catalogue.NoSuchCategory
    page = catalogue.page(category, after=after, now=clock.now(), texts=False)
    said = (cards.said(page.items), page.next, shelves, prices.shown(), assets.built_at())

    def write() -> Shelf:
        g.for_everybody = {"after": after} if after else {}  # all of the address that the page depends on
        try:
            html = render_template(
                "storefront/category.html" if category else "storefront/home.html",
                shelves=shelves, category=category, name=name, page=page, first=after is None,
            )  # fmt: skip
        finally:
            del g.for_everybody
        top, _, rest = html.partition(here.TRIP_HERE)
        middle, _, bottom = rest.partition(showing.BADGE_HERE)
        return Shelf((top.encode(), middle.encode(), bottom.encode()))

    return kept().written.get(key, said, write)


@blueprint.get("/")
def home() -> bytes:
    """Everything there is, by rank."""
    return _shelf(None)


@blueprint.get("/categories/<code>")
def category(code: str) -> bytes:
    if not CODE.fullmatch(code):
        raise catalogue.NoSuchCategory
    return _shelf(code)


@blueprint.get("/categories/")
def categories() -> str:
    return render_template("storefront/categories.html", shelves=catalogue.shelves())



def product_page(sku: str, *, quantity: str = "1", refused: ShopError | None = None) -> str:
    """The page of one product, also as the answer to a form that was refused. Raises NoSuchProduct."""
    if not SKU.fullmatch(sku):
        raise catalogue.NoSuchProduct
    offer = catalogue.offer(sku, clock.now()).sold(duty_paid=here.is_duty_paid())
    if refused:
        g.here = f"/products/{offer.sku}"
    added = "added" in request.args and refused is None
    waits = offer.stock_state == "sold_out" and guards.is_signed_in() and sku in wishing.waited_for(guards.traveller()).still
    return render_template(
        "storefront/product.html", offer=offer, quantity=quantity, refused=refused, added=added, most=MOST_PER_LINE, waits=waits,
        marked=sku in favourites.of(session), trip=here.here(), until=_until(offer),
    )  # fmt: skip


def _until(offer: catalogue.Offer) -> PointChoice | None:
    """Where and until when this product can be ordered for the visitor's trip."""
    trip = here.here()
    return here.until_for(trip, (Goods(offer.sku, offer.category),)) if trip is not None else None


@blueprint.get("/products/<sku>")
def product(sku: str) -> str:
    return product_page(sku)


@blueprint.get("/pickup-points")
def points() -> tuple[str, int] | str:
    """Where orders are collected; with a flight and a day also until when one may order and from when one may collect."""
    said = forms.typed(request.args, ("flight", "date"))
    if not request.args and (found := here.here()) is not None and found.flight is not None:
        said = {"flight": found.trip.flight, "date": found.trip.day.isoformat()}
    all_points = once.points()
    if not (said["flight"] or said["date"]):
        plan = trips.unplanned(all_points)
        return render_template("storefront/points.html", plan=plan, said=said, errors={}, today=trips.today())
    values, errors = forms.load(forms.TripForm(), said)
    plan = trips.plan(values, all_points, clock.now()) if not errors else trips.unplanned(all_points)
    page = render_template(
        "storefront/points.html", plan=plan, said=said, errors=errors or plan.errors, today=trips.today()
    )
    return (page, 422) if errors or plan.errors else page
