"""A companion pays: the page behind an order's pay link. To the order's own traveller it is the link to send on, to everybody else
the page on which they pay with their own WeChat."""

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.orders.queries import OrderView
from shop.payments import commands as payments
from shop.payments import pay_links
from shop.payments import queries as payment_queries
from shop.pickup import codes
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import money_back
from shop.web.wiring import settings, wiring

blueprint = Blueprint("pay_links", __name__)


def token_of(order: OrderView) -> str:
    """What the link of a traveller's own order ends with."""
    return pay_links.token_of(order.number, order.pay_before, settings().secret_key)


def _order(token: str) -> OrderView:
    return pay_links.order_behind(token, settings().secret_key)


def _address(token: str) -> str:
    return f"{settings().public_url}{url_for('pay_links.page', token=token)}"


@blueprint.get("/orders/pay/<token>")
def page(token: str) -> AnyResponse | tuple[str, int] | str:
    """What is to be paid, or what has become of it. Raises NoSuchPayLink."""
    return _page(_order(token), token)


def _page(order: OrderView, token: str, refused: ShopError | None = None) -> AnyResponse | tuple[str, int] | str:
    now, visitor = clock.now(), guards.traveller()
    payable = order.can_be_paid(now) and not money_back.of(order).needs_a_person
    if visitor == order.traveller_id:
        if not payable:
            return redirect(url_for("my_orders.order", number=order.number))
        return render_template("storefront/pay_link_send.html", order=order, token=token, address=_address(token))
    has_paid = not payable and payment_queries.has_paid(order.id, visitor)
    answer = render_template(
        "storefront/pay_link.html", order=order, token=token, payable=payable, has_paid=has_paid, refused=refused,
        initials=pay_links.initials(order.traveller_name), state=order.state_at(now),
    )  # fmt: skip
    if refused is not None:
        return answer, STATUS[refused.kind]
    return answer if payable or has_paid else (answer, HTTPStatus.GONE)


@blueprint.get("/orders/pay/<token>/code.svg")
def code(token: str) -> Response:
    """The link as a picture, for a companion who stands beside. Raises NoSuchPayLink."""
    _order(token)
    answer = Response(codes.picture_svg(_address(token)), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.post("/orders/pay/<token>/check")
def check(token: str) -> AnyResponse | tuple[str, int] | str:
    """“I have paid”: ask WeChat, whose word counts. Raises NoSuchPayLink."""
    order = _order(token)
    try:
        payments.check_for_companion(order.number, wiring().pay, clock.now())
    except ShopError as refused:
        return _page(_order(token), token, refused)
    return redirect(url_for("pay_links.page", token=token, asked=1), HTTPStatus.SEE_OTHER)
