"""The basket's page, and putting things in, changing how many, taking them out."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from msgspec import Struct
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money, none_of
from shop.catalogue import queries as catalogue
from shop.catalogue.queries import Offer
from shop.catalogue.stock import OutOfStock
from shop.orders.rules import MOST_PER_LINE, NotDutyFree, WrongQuantity
from shop.web.errors import STATUS
from shop.web.security import ForgedForm
from shop.web.storefront import again, browse, forms, here, measuring
from shop.web.storefront.basket import SKU, Basket
from shop.web.storefront.party import Party
from shop.web.wiring import settings

blueprint = Blueprint("basket", __name__)
WRONG_FORM = HTTPStatus.UNPROCESSABLE_ENTITY


class Row(Struct, frozen=True):
    """One line of the basket. `offer` is None when the product is gone; `problem` is the code of what is in the way."""

    sku: str
    quantity: int
    offer: Offer | None
    problem: str | None

    @property
    def total(self) -> Money | None:
        return self.offer.price * self.quantity if self.offer is not None and not self.offer.not_sold else None


def rows_of(basket: Basket, *, duty_paid: bool) -> tuple[Row, ...]:
    """The basket's lines as they stand now, on a trip on which the duty is paid or not; in one statement."""
    offers = {sku: offer.sold(duty_paid=duty_paid) for sku, offer in catalogue.offers(basket.quantities, clock.now()).items()}
    return tuple(_row(sku, quantity, offers.get(sku)) for sku, quantity in basket.quantities.items())


def _row(sku: str, quantity: int, offer: Offer | None) -> Row:
    problem = None
    if offer is None:
        problem = catalogue.NoSuchProduct.code
    elif offer.not_sold:
        problem = NotDutyFree.code
    elif offer.left < quantity:
        problem = OutOfStock.code
    return Row(sku, quantity, offer, problem)


def sold_rows(rows: tuple[Row, ...], *, duty_paid: bool) -> tuple[Row, ...]:
    """The same lines as they are sold on a trip."""
    return tuple(_row(row.sku, row.quantity, row.offer.sold(duty_paid=duty_paid) if row.offer is not None else None) for row in rows)


def total_of(rows: tuple[Row, ...]) -> Money:
    """The sum of what is still offered."""
    answer = none_of(settings().currency)
    for row in rows:
        answer = answer + row.total if row.total is not None else answer
    return answer


def basket_page(
    *, wrong: dict[str, tuple[str, str]] | None = None, old_page: bool = False, typed: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
) -> str:  # fmt: skip
    """The page. `wrong` has, by SKU, the quantity that was typed and the code of what is wrong with it; `typed` and `errors` are
    of the form that asks for another traveller."""
    trip, basket, travellers = here.here(), Basket.of(session), Party.of(session)
    rows = rows_of(basket, duty_paid=here.is_duty_paid())
    person = measuring.Person(travellers.name)
    shown = measuring.of_trip(trip, measuring.items_of((row.offer, row.quantity) for row in rows), person) if rows else None
    ready = bool(rows) and not any(row.problem for row in rows) and not (shown and shown.stops)
    return render_template(
        "storefront/basket.html", rows=rows, total=total_of(rows), ready=ready, wrong=wrong or {}, most=MOST_PER_LINE,
        old_page=old_page, trip=trip, shown=shown, party=travellers, placed="placed" in request.args,
        missing=again.missing_of(request.args.get("again"), basket),
        counts=[travellers.count(n, basket) for n in range(len(travellers.names))], typed=typed or {}, errors=errors or {},
    )  # fmt: skip


@browse.further.get("/basket", endpoint="basket")
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


@blueprint.post("/basket/people")
def people() -> Response | tuple[str, int]:
    """`do` says what: `add` a traveller with a basket of their own, `show` somebody's basket, `remove` somebody with theirs."""
    party, basket = Party.of(session), Basket.of(session)
    place = request.form.get("person", "")
    number = int(place) if place.isascii() and place.isdecimal() and len(place) < 3 else -1
    match request.form.get("do"):
        case "add":
            typed = forms.typed(request.form, ("own", "name"))
            try:
                party = party.with_another(typed["own"], typed["name"])
            except ShopError as refused:
                g.here = url_for("storefront.basket")
                return basket_page(typed=typed, errors=refused.fields), STATUS[refused.kind]
            party, basket = party.shown(len(party.names) - 1, basket)
        case "show":
            party, basket = party.shown(number, basket)
        case "remove":
            party, basket = party.without(number, basket)
    party.keep(session)
    basket.keep(session)
    return _to_basket()


@blueprint.errorhandler(ForgedForm)
def _old_page(refused: ForgedForm) -> Response:
    """Nearly always a page from before the session: show the basket as it is, with a word that nothing was changed."""
    return redirect(url_for("storefront.basket", old=1), HTTPStatus.SEE_OTHER)
