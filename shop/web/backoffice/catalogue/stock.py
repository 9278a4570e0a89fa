"""The stock of one product: book a movement, and look through its ledger."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import ledger, ledger_queries, office_queries
from shop.catalogue.ledger import Booking
from shop.catalogue.states import MovementReason
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, Wrong, blueprint, by_me, product_page
from shop.web.backoffice.forms import read


@blueprint.post("/products/<sku>/stock")
def book(sku: str) -> Answer | Response:
    """A movement with its reason. The same form sent twice is booked once."""
    typed = request.form.to_dict()
    values, errors = read(forms.MOVEMENT, typed)
    if errors:
        return product_page(sku, Wrong("stock", typed, errors))
    wanted = Booking(
        reason=MovementReason(values["movement"]), number=values["number"], note=values["note"], request_key=values["key"]
    )
    try:
        ledger.book(sku, wanted, by_me(), clock.now())
    except ledger.BookedOtherwise as refused:
        del typed["key"]  # the page gets a fresh one: sent again, it is booked
        return product_page(sku, Wrong("stock", typed, {}, refused))
    except ShopError as refused:
        return product_page(sku, Wrong("stock", typed, {}, refused))
    here = url_for("backoffice_catalogue.one", sku=sku, done="booked", _anchor="stock")
    return redirect(here, HTTPStatus.SEE_OTHER)


@blueprint.get("/products/<sku>/stock")
def movements(sku: str) -> str:
    """The whole ledger, youngest first. Raises NoSuchProduct."""
    product = office_queries.product(sku, clock.now())
    before = request.args.get("before", type=int)
    behind = before if before is not None and 0 < before < 2**53 else None
    return render_template("backoffice/ledger.html", product=product, page=ledger_queries.entries(product.id, behind), first=behind is None)


