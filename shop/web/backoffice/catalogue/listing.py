"""The list of products: a search, filters that can be shared as an address, an order, and boxes to choose from."""

from http import HTTPStatus
from typing import Any

from flask import g, render_template, request

from shop.base import clock
from shop.catalogue import office_queries
from shop.catalogue.office_queries import STATES, STOCKS, Asked, ListPage
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, blueprint
from shop.web.backoffice.forms import read

FILTERS = ("q", "category", "brand", "state", "missing", "stock", "sort")
ORDERS = ("shop", "name", "sku", "cheap", "dear", "scarce", "plenty", "newest")


@blueprint.get("/")
def listed() -> Answer:
    """Products, on sale or not. A filter that makes no sense is said to make none, and nothing is listed."""
    return list_page()


def list_page(refused: Any = None, chosen: tuple[str, ...] = (), typed_deed: dict[str, str] | None = None, errors: Any = None) -> Answer:
    """The list, also as the answer to a choice of products that was refused."""
    values, wrong = read(forms.LIST, request.args)
    now = clock.now()
    page = ListPage((), None) if wrong else office_queries.listed(_asked(values), now)
    typed = {name: request.args.get(name, "") for name in FILTERS}
    shown = render_template(
        "backoffice/products.html", page=page, errors={**wrong, **(errors or {})}, typed=typed, now=now,
        categories=office_queries.categories(), brands=office_queries.brands(), states=STATES, stocks=STOCKS,
        orders=ORDERS, again={name: text for name, text in typed.items() if text}, is_first=not values.get("after"),
        refused=refused, chosen=chosen, deed=typed_deed or {}, done=request.args.get("done", type=int),
    )  # fmt: skip
    return shown, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK


def _asked(values: dict[str, Any]) -> Asked:
    sort = values["sort"]
    return Asked(
        words=values["q"], category=values["category"], brand=values["brand"], state=values["state"], missing=values["missing"],
        stock=values["stock"], sort=f"name_{g.lang}" if sort == "name" else sort, after=values["after"],
    )  # fmt: skip
