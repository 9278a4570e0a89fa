"""The prices of one product: set one now, plan one, take a planned one back."""

from http import HTTPStatus

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.catalogue import pricing
from shop.catalogue.pricing import NewPrice
from shop.catalogue.states import PriceKind
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, Wrong, blueprint, by_me, product_page
from shop.web.backoffice.forms import read
from shop.web.wiring import settings

MANY = 2**53 - 1


@blueprint.post("/products/<sku>/prices")
def set_price(sku: str) -> Answer | Response:
    """A price from now on, or from a later moment on. Setting what counts already changes nothing."""
    typed = request.form.to_dict()
    values, errors = read(forms.PRICE, typed)
    kind = values.get("kind")
    if not errors and values["amount"] is None and kind == PriceKind.DUTY_FREE:
        errors = {"amount": ["missing"]}
    if errors:
        return product_page(sku, Wrong("price", typed, errors))
    amount = Money(values["amount"], settings().currency) if values["amount"] is not None else None
    wanted = NewPrice(kind=PriceKind(values["kind"]), amount=amount, valid_from=values["valid_from"], reason=values["why"])
    try:
        pricing.set_price(sku, wanted, by_me(), clock.now())
    except ShopError as refused:
        return product_page(sku, Wrong("price", typed, dict(refused.fields), refused))
    return _back(sku, "planned" if values["valid_from"] else "priced")


@blueprint.post(f"/products/<sku>/prices/<int(max={MANY}):price_id>/withdraw")
def withdraw_price(sku: str, price_id: int) -> Answer | Response:
    """Take a planned price back."""
    try:
        pricing.withdraw(sku, price_id, by_me(), clock.now())
    except pricing.NoSuchPlannedPrice as refused:
        return product_page(sku, Wrong("price", {}, {}, refused))
    return _back(sku, "withdrawn")


def _back(sku: str, done: str) -> Response:
    return redirect(url_for("backoffice_catalogue.one", sku=sku, done=done, _anchor="prices"), HTTPStatus.SEE_OTHER)
