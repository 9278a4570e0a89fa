"""One parcel: products are scanned into it, it gets a slot on the shelf, and then the traveller may come."""

import uuid
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from msgspec import Struct
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.orders.states import OrderState
from shop.pickup import packing, packing_parcel_queries, packing_rules
from shop.pickup.packing import Counted
from shop.pickup.packing_parcel_queries import LineView, ParcelView
from shop.web.counter import forms
from shop.web.counter.packing import reading
from shop.web.counter.packing.waves import label_page
from shop.web.errors import STATUS
from shop.web.guards import known_device

blueprint = Blueprint("packing_parcel", __name__, url_prefix="/counter/packing/orders")
ON_THE_TABLE = frozenset({OrderState.PAID, OrderState.PACKING, OrderState.READY})
Answer = str | Response | tuple[str, int]


class Said(Struct, frozen=True):
    """What the page answers a step with: `what` was done, or why it was refused."""

    what: str = ""
    counted: Counted | None = None
    refused: ShopError | None = None
    started: Money | None = None


@blueprint.get("/<number>")
def show(number: str) -> str:
    """The order as it lies on the packing table. Raises NoSuchOrder."""
    return page(number)


@blueprint.post("/<number>/pieces")
def piece(number: str) -> Answer:
    """One product into the parcel, or out of it. The same `scan_id` counts once; the label of a parcel opens that parcel."""
    if (other := reading.label_in(request.form.get("ean", ""))) is not None:
        return redirect(url_for("packing_parcel.show", number=other), HTTPStatus.SEE_OTHER)
    values, errors = forms.read(reading.PIECE, request.form)
    if errors:
        return page(number, refused=_wrong(errors)), HTTPStatus.BAD_REQUEST
    step = packing.unpack if values["out"] else packing.scan_product
    ean, what = reading.ean_of(values["ean"]), "out" if values["out"] else "in"
    return _do(
        number,
        lambda plain: Said(what, step(plain, ean, reading.packer(), clock.now(), values["scan_id"])),
    )


@blueprint.post("/<number>/count")
def count(number: str) -> Answer:
    """How many pieces of a line lie in the parcel, for what cannot be scanned. Harmless twice."""
    values, errors = forms.read(reading.COUNT, request.form)
    if errors:
        return page(number, refused=_wrong(errors)), HTTPStatus.BAD_REQUEST
    return _do(
        number,
        lambda plain: Said(
            "counted",
            packing.count_by_hand(plain, values["position"], values["packed"], reading.packer(), clock.now()),
        ),
    )


@blueprint.post("/<number>/ready")
def finish(number: str) -> Answer:
    """The parcel is complete and lies in its slot, which the order's page says. Harmless twice."""
    values, errors = forms.read(reading.FINISH, request.form)
    if errors:
        return page(number, refused=_wrong(errors)), HTTPStatus.BAD_REQUEST

    def ready(plain: str) -> Said:
        packing.finish(
            plain, reading.packer(), clock.now(), slot=values["slot"] or None, by_hand=bool(values["by_hand"])
        )
        return Said("ready")

    return _do(number, ready)


@blueprint.post("/<number>/slot")
def slot(number: str) -> Answer:
    """The parcel lies in another slot now. Harmless twice."""
    values, errors = forms.read(reading.SLOT, request.form)
    if errors:
        return page(number, refused=_wrong(errors)), HTTPStatus.BAD_REQUEST

    def moved(plain: str) -> Said:
        packing.put_on_shelf(plain, values["slot"], reading.packer(), clock.now())
        return Said("slot")

    return _do(number, moved)


@blueprint.post("/<number>/reopen")
def reopen(number: str) -> Answer:
    """A parcel that was ready is packed once more. Harmless twice."""

    def opened(plain: str) -> Said:
        packing.reopen(plain, reading.packer(), clock.now())
        return Said("reopened")

    return _do(number, opened)


@blueprint.get("/<number>/label")
def label(number: str) -> str:
    """The parcel's label, to print. Raises NoSuchOrder, also for an order that is gone."""
    plain = reading.checked_number(number)
    return label_page([packing_parcel_queries.label_of(plain, known_device().pickup_point_id)], number=plain)


@blueprint.get("/<number>/pieces")
@blueprint.get("/<number>/count")
@blueprint.get("/<number>/ready")
@blueprint.get("/<number>/slot")
@blueprint.get("/<number>/reopen")
def back(number: str) -> Response:
    """Somebody typed the address of an answer: this is its parcel."""
    return redirect(url_for("packing_parcel.show", number=number))


def page(number: str, *, said: Said | None = None, refused: ShopError | None = None) -> str:
    """The parcel's page, with what has just been done or refused. Raises NoSuchOrder."""
    plain = reading.checked_number(number)
    device, now = known_device(), clock.now()
    parcel = packing_parcel_queries.parcel_of(plain, device.pickup_point_id)
    shelf = packing_parcel_queries.shelf_for(plain) if parcel.state in ON_THE_TABLE else []
    said = said or Said(refused=refused)
    return render_template(
        "counter/packing_parcel.html",
        device=device, parcel=parcel, shelf=shelf, proposed=parcel.slot or packing_rules.propose(shelf),
        light=packing_rules.light(parcel.due, now), minutes=packing_rules.minutes_left(parcel.due, now),
        said=said, line=_line_of(parcel, said), on_the_table=parcel.state in ON_THE_TABLE, scan_id=str(uuid.uuid4()),
    )  # fmt: skip


def _do(number: str, step: Callable[[str], Said]) -> Answer:
    """The parcel after this step, or as it stands with the reason why the step was refused."""
    plain = reading.checked_number(number)
    try:
        said = step(plain)
    except ShopError as refused:
        return page(plain, refused=refused), STATUS[refused.kind]
    return page(plain, said=said)


def _wrong(errors: dict[str, list[str]]) -> ShopError:
    return reading.WrongForm(fields=errors)


def _line_of(parcel: ParcelView, said: Said) -> LineView | None:
    """The line that was counted, or that was refused."""
    sku = said.counted.sku if said.counted else said.refused.facts.get("sku") if said.refused else None
    return next((line for line in parcel.lines if line.sku == sku), None)
