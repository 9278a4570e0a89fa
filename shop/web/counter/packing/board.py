"""The due board: what has to be packed in the next hours, and the box that opens a parcel by its label."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup import packing_parcel_queries, packing_queries
from shop.pickup.packing_rules import Light
from shop.web.counter.packing import reading
from shop.web.errors import STATUS
from shop.web.guards import known_device

blueprint = Blueprint("packing", __name__, url_prefix="/counter/packing")


@blueprint.get("/")
def board() -> str:
    """What is due, most urgent first. The page asks again by itself."""
    return _board()


@blueprint.post("/find")
def find() -> Response | tuple[str, int]:
    """The parcel whose label was scanned, or whose number was typed."""
    typed = request.form.get("code", "").strip()[:200]
    try:
        number = reading.number_of(typed)
        packing_parcel_queries.parcel_of(number, known_device().pickup_point_id)
    except ShopError as refused:
        return _board(typed=typed, errors={"code": [refused.code]}), STATUS[refused.kind]
    return redirect(url_for("packing_parcel.show", number=number), 303)


@blueprint.get("/find")
def back() -> Response:
    """Somebody typed the address of an answer: there is nothing to answer."""
    return redirect(url_for("packing.board"))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget the device's token on this browser."""
    session.pop("device_token", None)
    session.pop("csrf", None)
    return redirect(url_for("counter_sign_in.form"), 303)


def _board(*, typed: str = "", errors: Mapping[str, list[str]] | None = None) -> str:
    device, now = known_device(), clock.now()
    due = packing_queries.due(device.pickup_point_id, now)
    counts = {light: sum(1 for one in due if one.light is light) for light in Light}
    to_empty = len(packing_parcel_queries.to_empty(device.pickup_point_id))
    return render_template(
        "counter/packing_board.html",
        device=device, due=due, counts=counts, to_empty=to_empty, now=now, typed=typed, errors=errors or {},
    )  # fmt: skip
