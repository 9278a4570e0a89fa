"""The pickup code of a paid order: the page to show at the counter, and its QR picture."""

from flask import Blueprint, Response, render_template

from shop.base import clock
from shop.pickup import codes, queries
from shop.web.storefront import leaving
from shop.web.storefront.orders import TABS, order_here
from shop.web.wiring import settings

blueprint = Blueprint("my_pickup", __name__)


@blueprint.get("/orders/<number>/pickup")
def page(number: str) -> str:
    """QR picture, typed code, counter and hours. Raises NoSuchOrder, NoPickupCode."""
    order = order_here(number)
    ticket = queries.ticket_of(order.id)
    now = clock.now()
    state = order.state_at(now)
    return render_template(
        "storefront/pickup.html",
        order=order,
        state=state,
        way=leaving.way(order, now) if state in TABS["to_collect"] else None,
        ticket=ticket,
        code=codes.shown(ticket.code),
    )


@blueprint.get("/orders/<number>/pickup.png")
def png(number: str) -> Response:
    return _picture(codes.picture_png(_token(number)), "image/png")


@blueprint.get("/orders/<number>/pickup.svg")
def svg(number: str) -> Response:
    return _picture(codes.picture_svg(_token(number)), "image/svg+xml")


def _token(number: str) -> str:
    return codes.token_of(queries.ticket_of(order_here(number).id).code, settings().secret_key)


def _picture(data: bytes, kind: str) -> Response:
    """The traveller's browser may keep it (the network is poor behind security), nobody in between may."""
    answer = Response(data, mimetype=kind)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
