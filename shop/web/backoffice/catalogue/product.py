"""One product: its page, saving what is said of it, and making a new one."""

from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.catalogue import editing, office_queries
from shop.catalogue.editing import ChangedMeanwhile, FirstBooks, ProductData
from shop.catalogue.queries import LANGUAGES
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, Wrong, blueprint, by_me, product_page
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS
from shop.web.wiring import settings


@blueprint.get("/products/<sku>")
def one(sku: str) -> Answer:
    """Everything about one product. Raises NoSuchProduct."""
    return product_page(sku)


@blueprint.post("/products/<sku>")
def save(sku: str) -> Answer | Response:
    """Save what is said of it. Who comes second is shown what the first has saved, beside what was typed."""
    typed = _typed()
    values, errors = read(forms.PRODUCT, typed)
    if errors:
        return product_page(sku, Wrong("said", typed, errors))
    try:
        editing.change(sku, data_of(values), values["version"] or 0, by_me(), clock.now())
    except ChangedMeanwhile as refused:
        stored = forms.typed_of(office_queries.product(sku, clock.now()).values)
        differs = {name: stored[name] for name in stored if name in typed and stored[name] != typed[name]}
        return product_page(sku, Wrong("said", {**typed, "version": str(refused.facts["version"])}, {}, refused, differs))
    except ShopError as refused:
        return product_page(sku, Wrong("said", typed, dict(refused.fields), refused))
    return redirect(url_for("backoffice_catalogue.one", sku=sku, done="saved"), HTTPStatus.SEE_OTHER)


@blueprint.get("/new")
def new() -> Answer:
    """An empty form."""
    return _new_page({}, {}, None)


@blueprint.post("/new")
def make() -> Answer | Response:
    """A new product, with its first prices and what stands here of it."""
    typed = _typed()
    values, errors = read(forms.NEW_PRODUCT, typed)
    if errors:
        return _new_page(typed, errors, None)
    currency = settings().currency
    paid = Money(values["duty_paid"], currency) if values["duty_paid"] else None
    first = FirstBooks(price=Money(values["price"], currency), duty_paid=paid, on_hand=values["on_hand"])
    sku = values["sku"].upper()
    try:
        editing.create(sku, data_of(values), first, currency, by_me(), clock.now())
    except ShopError as refused:
        return _new_page(typed, dict(refused.fields), refused)
    return redirect(url_for("backoffice_catalogue.one", sku=sku, done="made"), HTTPStatus.SEE_OTHER)


def data_of(values: dict[str, Any]) -> ProductData:
    """A form's values as the room wants them."""
    texts = {part: {lang: values[f"{part}_{lang}"].replace("\r\n", "\n") for lang in LANGUAGES} for part in ("name", "text")}
    return ProductData(
        ean=values["ean"], category=values["category"], brand=values["brand"], rank=values["rank"], volume_ml=values["volume_ml"],
        alcohol_permille=values["alcohol"], weight_g=values["weight_g"], location=values["location"], active=values["active"] == "yes",
        publish_from=values["publish_from"], publish_until=values["publish_until"], name=texts["name"], text=texts["text"],
    )  # fmt: skip


def _typed() -> dict[str, str]:
    """What was sent, with the box that was not ticked and the line breaks of a browser made our own."""
    return {"active": "", **{name: text.replace("\r\n", "\n") for name, text in request.form.items()}}


def _new_page(typed: dict[str, str], errors: dict[str, list[str]], refused: ShopError | None) -> Answer:
    status = STATUS[refused.kind] if refused else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    shown = render_template(
        "backoffice/product_new.html", typed=typed, errors=errors, refused=None if errors else refused,
        categories=office_queries.categories(), brands=office_queries.brands(), currency=settings().currency, stored={},
    )  # fmt: skip
    return shown, int(status)
