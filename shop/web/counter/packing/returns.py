"""Back to stock: parcels whose order is over are taken off the shelf, scanned and emptied."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup import packing, packing_parcel_queries
from shop.web.counter.packing import reading
from shop.web.errors import STATUS
from shop.web.guards import known_device

blueprint = Blueprint("packing_returns", __name__, url_prefix="/counter/packing/returns")


@blueprint.get("/")
def listed() -> str:
    """The parcels to empty, along the shelf."""
    return _page()


@blueprint.post("/")
def emptied() -> Response | str | tuple[str, int]:
    """The parcel with this label was emptied, and its slot is free. Harmless twice."""
    typed, number = request.form.get("code", "").strip()[:200], None
    try:
        number = reading.number_of(typed)
        packing.back_to_stock(number, reading.packer(), clock.now())
    except ShopError as refused:
        return _page(number=number, refused=refused, typed=typed), STATUS[refused.kind]
    return _page(number=number)


def _page(*, number: str | None = None, refused: ShopError | None = None, typed: str = "") -> str:
    device = known_device()
    errors: Mapping[str, list[str]] = {"code": [refused.code]} if refused else {}
    return render_template(
        "counter/packing_returns.html",
        device=device, parcels=packing_parcel_queries.to_empty(device.pickup_point_id),
        number=number, refused=refused, typed=typed, errors=errors,
    )  # fmt: skip
