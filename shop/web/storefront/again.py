"""Once more what an order had: into the basket what is still sold, and a word on what is not."""

from http import HTTPStatus

from flask import Blueprint, redirect, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import queries as catalogue
from shop.orders.queries import NoSuchOrder
from shop.orders.rules import MOST_PER_LINE
from shop.web import guards
from shop.web.storefront import orders
from shop.web.storefront.basket import Basket

blueprint = Blueprint("order_again", __name__)


@blueprint.post("/orders/<number>/again")
def again(number: str) -> Response:
    """Never fewer than the basket has already. Somebody else's order is none. Raises NoSuchOrder."""
    order = orders.order_here(number)
    offers = catalogue.offers([line.sku for line in order.lines], clock.now())
    basket = Basket.of(session)
    for line in order.lines:
        offer = offers.get(line.sku)
        if offer is None or offer.left <= 0:
            continue
        count = min(line.quantity, offer.left, MOST_PER_LINE)
        try:
            basket = basket.set(line.sku, max(count, basket.quantities.get(line.sku, 0)))
        except ShopError:
            continue  # the basket is full; the page says what is missing
    basket.keep(session)
    return redirect(url_for("storefront.basket", again=order.number), HTTPStatus.SEE_OTHER)


def missing_of(number: str | None, basket: Basket) -> list[dict[str, str]]:
    """The names of what an order of the signed-in traveller had and the basket has not, or not as many."""
    if not number or not guards.is_signed_in():
        return []
    try:
        lines = orders.order_here(number).lines
    except NoSuchOrder:
        return []
    return [line.name for line in lines if basket.quantities.get(line.sku, 0) < min(line.quantity, MOST_PER_LINE)]
