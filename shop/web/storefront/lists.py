"""What a visitor has marked or looked at: favourites, products they wait for, and what they have seen last."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import queries as catalogue
from shop.catalogue import wishing
from shop.catalogue.queries import Offer
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.security import ForgedForm
from shop.web.storefront import browse, favourites
from shop.web.storefront.basket import SKU

blueprint = Blueprint("favourites", __name__)
wishes = Blueprint("wishes", __name__)
MOST_SEEN = 12  # as many as frontend/src/shop/seen.js keeps


def _offers(skus: tuple[str, ...]) -> list[Offer]:
    """What of these is on sale, in this order, in one statement."""
    found = catalogue.offers(skus, clock.now())
    return [found[sku] for sku in skus if sku in found]


@browse.further.get("/favourites", endpoint="favourites")
def show() -> str:
    """The visitor's favourites, and for a signed-in traveller what they wait for."""
    marked = favourites.of(session)
    waited = wishing.waited_for(guards.traveller()) if guards.is_signed_in() else wishing.Waited()
    found = {offer.sku: offer for offer in _offers((*marked, *waited.still, *waited.back))}
    return render_template(
        "storefront/favourites.html", offers=[found[sku] for sku in marked if sku in found], gone=sum(sku not in found for sku in marked),
        waiting=[found[sku] for sku in waited.still if sku in found],
        back_again=[found[sku] for sku in waited.back if sku in found and found[sku].left > 0],
    )  # fmt: skip


@browse.further.get("/recently-seen")
def recently_seen() -> str:
    """The products whose SKUs the visitor's own browser remembers and asks for (`?sku=A,B`): the shop keeps no list of them."""
    said = [sku for sku in request.args.get("sku", "")[:600].split(",") if SKU.fullmatch(sku)]
    return render_template("storefront/seen.html", offers=_offers(tuple(dict.fromkeys(said))[:MOST_SEEN]))


@blueprint.post("/favourites")
def change() -> Response | tuple[str, int]:
    """`do` says what: `add` or `remove`."""
    sku = request.form.get("sku", "")
    if not SKU.fullmatch(sku):
        raise catalogue.NoSuchProduct
    try:
        if request.form.get("do") == "add":
            favourites.add(session, catalogue.offer(sku, clock.now()).sku)
        else:
            favourites.remove(session, sku)
    except favourites.FavouritesFull as refused:
        return browse.product_page(sku, refused=refused), STATUS[refused.kind]
    if request.form.get("back") == "list":
        return redirect(url_for("storefront.favourites"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("storefront.product", sku=sku), HTTPStatus.SEE_OTHER)


@blueprint.errorhandler(ForgedForm)
def _old_page(_refused: ForgedForm) -> Response:
    """Nearly always a page from before the session: show the list as it is."""
    return redirect(url_for("storefront.favourites"), HTTPStatus.SEE_OTHER)


@wishes.post("/products/<sku>/tell-me")
def tell_me(sku: str) -> Response | tuple[str, int]:
    """Be told when it is back, or (`do` is `stop`) not any more."""
    if not SKU.fullmatch(sku):
        raise catalogue.NoSuchProduct
    try:
        if request.form.get("do") == "stop":
            wishing.unwish(guards.traveller(), sku)
        else:
            wishing.wish(guards.traveller(), sku, clock.now())
    except catalogue.NoSuchProduct:
        raise
    except ShopError as refused:
        return browse.product_page(sku, refused=refused), STATUS[refused.kind]
    return redirect(url_for("storefront.product", sku=sku, _anchor="tell-me"), HTTPStatus.SEE_OTHER)
