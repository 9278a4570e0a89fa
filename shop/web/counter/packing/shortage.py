"""Pieces that cannot be found: read once more with their amount, then their money goes back by itself."""

import uuid
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Currency, Money
from shop.payments import refund_asking, shortages
from shop.payments.refund_rules import Lines
from shop.pickup import packing, packing_parcel_queries
from shop.web.counter import choosing, forms
from shop.web.counter.packing import reading
from shop.web.counter.packing.parcel import Answer, Said, page
from shop.web.errors import STATUS
from shop.web.guards import known_device

blueprint = Blueprint("packing_shortage", __name__, url_prefix="/counter/packing/orders/<number>/shortage")


@blueprint.get("")
@blueprint.get("/start")
def back(number: str) -> Response:
    """Somebody typed the address of an answer: this is its parcel."""
    return redirect(url_for("packing_parcel.show", number=number))


@blueprint.post("")
def ask(number: str) -> Answer:
    """Show what would be refunded, and its amount. Changes nothing."""
    plain = reading.checked_number(number)
    values, errors = forms.read(reading.SHORTAGE, request.form)
    if errors:
        return page(plain, refused=reading.WrongForm(fields=errors)), HTTPStatus.BAD_REQUEST
    position, quantity = values["position"], values["quantity"]
    try:
        packing.check_shortage(plain, position, quantity, reading.packer())
        will = refund_asking.plan(refund_asking.left_of(plain), Lines({position: quantity}), clock.now())
    except ShopError as refused:
        return page(plain, refused=refused), STATUS[refused.kind]
    parcel = packing_parcel_queries.parcel_of(plain, known_device().pickup_point_id)
    return render_template(
        "counter/packing_shortage.html",
        device=known_device(), parcel=parcel, quantity=quantity, ends=will.ends, key=str(uuid.uuid4()),
        line=next(line for line in parcel.lines if line.position == position),
        amount=Money(will.minor, Currency(will.currency)), seen=f"{will.seen.minor}-{will.seen.left}-{int(will.seen.ends)}",
    )  # fmt: skip


@blueprint.post("/start")
def start(number: str) -> Answer:
    """Refund the missing pieces that were read and confirmed. The same page sent again refunds nothing more."""
    plain = reading.checked_number(number)
    values, errors = forms.read(reading.CONFIRMED_SHORTAGE, request.form)
    if errors:
        return page(plain, refused=reading.WrongForm(fields=errors)), HTTPStatus.BAD_REQUEST
    try:
        seen = choosing.seen(values["seen"])
        shortages.refund_missing(
            plain, values["position"], values["quantity"], values["key"], seen, reading.packer(), clock.now()
        )
    except ShopError as refused:
        return page(plain, refused=refused), STATUS[refused.kind]
    left = refund_asking.left_of(plain)
    return page(plain, said=Said("shortage", started=Money(seen.minor, Currency(left.currency)) if left else None))

