"""How a traveller is told of an order: a code to follow the account, and an address for mail, which is confirmed by a letter."""

from http import HTTPStatus

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.gateways.official_account import AccountError
from shop.messaging import addresses, follow_codes
from shop.messaging.addresses import AddressView
from shop.pickup import codes
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront.browse import further as anybody
from shop.web.storefront.orders import order_here
from shop.web.wiring import settings, wiring

blueprint = Blueprint("reaching", __name__)
KEPT_SECONDS = 24 * 3600


@blueprint.get("/orders/<number>/follow.png")
def follow_code(number: str) -> Response:
    """The code that leads from an order to the account. 502 while WeChat gives none: the page works without it."""
    order = order_here(number)
    try:
        content = follow_codes.content(order.id, order.number, wiring().account, settings().secret_key, clock.now())
    except AccountError:
        return Response(status=HTTPStatus.BAD_GATEWAY)
    answer = Response(codes.picture_png(content), mimetype="image/png")
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return answer


def mail_is_possible() -> bool:
    """Whether the shop has a mail server at all."""
    return wiring().ways.post is not None


@blueprint.get("/account/mail")
def mail() -> str:
    """The address that messages go to, or a form for one."""
    return _page(addresses.address_of(guards.traveller()), "", None)


@blueprint.post("/account/mail")
def give_or_take() -> AnyResponse | tuple[str, int]:
    """Give an address, or (`step` is `forget`) take it back."""
    mine = guards.traveller()
    if request.form.get("step") == "forget":
        addresses.take_back(mine)
        return redirect(url_for("reaching.mail"), HTTPStatus.SEE_OTHER)
    typed = request.form.get("email", "")
    try:
        addresses.give(mine, typed, g.lang, clock.now())
    except ShopError as refused:
        return _page(addresses.address_of(mine), typed[:300], refused), STATUS[refused.kind]
    return redirect(url_for("reaching.mail"), HTTPStatus.SEE_OTHER)


def _page(present: AddressView | None, typed: str, refused: ShopError | None) -> str:
    return render_template("storefront/mail.html", present=present, typed=typed, refused=refused, possible=mail_is_possible())


@anybody.get("/mail/<key>")
def look(key: str) -> str:
    """Where a letter leads: anybody who reads it can say yes, in any browser; looking alone changes nothing. Raises WrongMailLink."""
    return render_template("storefront/mail_confirm.html", view=addresses.to_confirm(key, clock.now()), key=key)


@anybody.post("/mail/<key>")
def say_yes(key: str) -> AnyResponse:
    """Raises WrongMailLink."""
    addresses.confirm(key, clock.now())
    return redirect(url_for("storefront.look", key=key), HTTPStatus.SEE_OTHER)
