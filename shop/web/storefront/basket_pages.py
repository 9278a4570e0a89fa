"""The basket's page, and putting things in, changing how many, taking them out."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money, none_of
from shop.catalogue import queries as catalogue
from shop.catalogue.queries import Offer
from shop.catalogue.stock import OutOfStock
from shop.orders.rules import MOST_PER_LINE, WrongQuantity
from shop.web.errors import STATUS
from shop.web.security import ForgedForm
from shop.web.storefront import again, browse, forms
from shop.web.storefront.basket import SKU, Basket
from shop.web.wiring import settings

blueprint = Blueprint("basket", __name__)
WRONG_FORM = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the basket. `offer` is None when the product is gone; `problem` is the code of what is in the way."""

    sku: str
    quantity: int
    offer: Offer | None
    problem: str | None

    @property
    def total(self) -> Money | None:
        return self.offer.price * self.quantity if self.offer is not None else None


def rows_of(basket: Basket) -> tuple[Row, ...]:
    """The basket's lines as they stand now, in one statement."""
    offers = catalogue.offers(basket.quantities, clock.now())
    return tuple(_row(sku, quantity, offers.get(sku)) for sku, quantity in basket.quantities.items())


def _row(sku: str, quantity: int, offer: Offer | None) -> Row:
    problem = None
    if offer is None:
        problem = catalogue.NoSuchProduct.code
    elif offer.left < quantity:
        problem = OutOfStock.code
    return Row(sku, quantity, offer, problem)


def total_of(rows: tuple[Row, ...]) -> Money:
    """The sum of what is still offered."""
    answer = none_of(settings().currency)
    for row in rows:
        answer = answer + row.total if row.total is not None else answer
    return answer


def basket_page(*, wrong: dict[str, tuple[str, str]] | None = None, old_page: bool = False) -> str:
    """The page. `wrong` has, by SKU, the quantity that was typed and the code of what is wrong with it."""
    basket = Basket.of(session)
    rows = rows_of(basket)
    ready = bool(rows) and not any(row.problem for row in rows)
    return render_template(
        "storefront/basket.html", rows=rows, total=total_of(rows), ready=ready, wrong=wrong or {}, most=MOST_PER_LINE,
        old_page=old_page, missing=again.missing_of(request.args.get("again"), basket),
    )  # fmt: skip


@browse.blueprint.get("/basket", endpoint="basket")
def show() -> str:
    return basket_page(old_page="old" in request.args)


@blueprint.post("/basket")
def change() -> Response | tuple[str, int]:
    """`do` says what: `add` (from a product's page), `set` a quantity, `remove`."""
    sku = request.form.get("sku", "")
    if not SKU.fullmatch(sku):
        raise catalogue.NoSuchProduct
    match request.form.get("do"):
        case "add":
            return _add(sku)
        case "set":
            return _set(sku)
        case "remove":
            Basket.of(session).without((sku,)).keep(session)
            return _to_basket()
    raise catalogue.NoSuchProduct


def _to_basket() -> Response:
    return redirect(url_for("storefront.basket"), HTTPStatus.SEE_OTHER)


def _add(sku: str) -> Response | tuple[str, int]:
    values, errors = forms.load(forms.AddForm(), request.form)
    typed = forms.clean(request.form.get("quantity"), 20)
    try:
        if errors:
            return browse.product_page(sku, quantity=typed, refused=WrongQuantity()), WRONG_FORM
        offer = catalogue.offer(sku, clock.now())
        basket = Basket.of(session).add(offer.sku, values["quantity"])
        if offer.left < basket.quantities[offer.sku]:
            raise OutOfStock(sku=sku)
    except catalogue.NoSuchProduct:
        raise
    except ShopError as refused:
        return browse.product_page(sku, quantity=typed, refused=refused), STATUS[refused.kind]
    basket.keep(session)
    if request.form.get("then") == "basket":
        return _to_basket()
    return redirect(url_for("storefront.product", sku=offer.sku, added=1), HTTPStatus.SEE_OTHER)


def _set(sku: str) -> Response | tuple[str, int]:
    values, errors = forms.load(forms.ChangeForm(), request.form)
    basket = Basket.of(session)
    if sku not in basket.quantities:
        return _to_basket()  # another page has taken it out
    if errors:
        g.here = url_for("storefront.basket")
        typed = forms.clean(request.form.get("quantity"), 20)
        return basket_page(wrong={sku: (typed, WrongQuantity.code)}), WRONG_FORM
    basket.set(sku, values["quantity"]).keep(session)
    return _to_basket()


@blueprint.errorhandler(ForgedForm)
def _old_page(refused: ForgedForm) -> Response:
    """Nearly always a page from before the session: show the basket as it is, with a word that nothing was changed."""
    return redirect(url_for("storefront.basket", old=1), HTTPStatus.SEE_OTHER)
