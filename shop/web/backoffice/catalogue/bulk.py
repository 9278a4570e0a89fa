"""Many products at once: chosen in the list, looked at on a page that says what will happen, and then done to all or none."""

from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import bulk, office_queries, rules
from shop.catalogue.bulk import Deed, Outlook, Percent, Publish, ToCategory
from shop.web import guards
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, blueprint, by_me
from shop.web.backoffice.catalogue.listing import FILTERS, list_page
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS
from shop.web.wiring import settings

KEPT = ("deed", "to_category", "percent", "valid_from", "why")


@blueprint.post("/bulk")
def many() -> Answer | Response:
    """`step` is `check` (say what would happen) or `confirm` (do that, and nothing else)."""
    typed, skus = request.form.to_dict(), _chosen()
    values, errors = read(forms.BULK, typed)
    errors = {**errors, **_missing(values)}
    if errors:
        return list_page(None, skus, typed, errors)[0], HTTPStatus.UNPROCESSABLE_ENTITY
    deed, now = _deed(values), clock.now()
    if isinstance(deed, Percent) and not guards.opens("backoffice_catalogue.set_price", "POST"):
        raise guards.MayNot
    try:
        if typed.get("step") != "confirm" or not values["mark"]:
            return _check(typed, skus, deed, bulk.preview(skus, deed, now), None)
        count = bulk.apply(skus, deed, values["mark"], by_me(), now)
    except (bulk.BulkChanged, bulk.BulkImpossible) as refused:
        return _check(typed, skus, deed, bulk.preview(skus, deed, clock.now()), refused)
    except ShopError as refused:
        return list_page(refused, skus, typed, dict(refused.fields))[0], int(STATUS[refused.kind])
    here = url_for("backoffice_catalogue.listed", **{**again(), "done": str(count)})
    return redirect(here, HTTPStatus.SEE_OTHER)


def again() -> dict[str, Any]:
    """The filters of the list from which the products were chosen."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def _chosen() -> tuple[str, ...]:
    """Every SKU once, in the order in which they came."""
    return tuple(dict.fromkeys(sku for sku in request.form.getlist("sku") if rules.SKU.fullmatch(sku)))


def _missing(values: dict[str, Any]) -> dict[str, list[str]]:
    needed = {"category": "to_category", "percent": "percent"}.get(values.get("deed", ""))
    return {needed: ["missing"]} if needed and needed in values and values[needed] is None else {}


def _deed(values: dict[str, Any]) -> Deed:
    match values["deed"]:
        case "category":
            return ToCategory(values["to_category"])
        case "percent":
            return Percent(values["percent"], values["valid_from"], values["why"])
        case deed:
            return Publish(deed == "publish")


def _check(typed: dict[str, str], skus: tuple[str, ...], deed: Deed, outlook: Outlook, refused: ShopError | None) -> Answer:
    kept = {name: text for name, text in typed.items() if name in KEPT and text}
    shown = render_template(
        "backoffice/bulk_check.html", outlook=outlook, kept=kept, skus=skus, deed=deed, refused=refused, again=again(),
        kind=type(deed).__name__,
        categories={one.code: one.name for one in office_queries.categories()}, currency=settings().currency,
    )  # fmt: skip
    return shown, int(STATUS[refused.kind]) if refused else int(HTTPStatus.OK)
