"""A product's card on a shelf, kept as rendered text for as long as it would say the same.

Twenty cards are most of a shelf's work. A card is known by everything it says, so it is never old: when a price or the stock
changes, it is another card.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app, g
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup
from msgspec import structs

from shop.catalogue.queries import FEW, Offer
from shop.web.storefront import here, prices
from shop.web.templates import words

KEPT, PLENTY = 4096, FEW + 1
# What a card says of an offer; `left` only while it is few. A test holds this against the fields there are.
SAID = (
    "sku", "brand", "picture", "picture_kind", "price", "reduced_from", "volume_ml", "weight_g", "not_sold", "stock_state",
)  # fmt: skip
UNSAID = frozenset({"id", "ean", "category", "text", "alcohol_permille", "duty_paid", "gallery", "brand_code"})


@dataclass(frozen=True, slots=True)
class _Card:
    """A card by all that it says; the offer is there to render it."""

    said: tuple[Any, ...]
    offer: Offer = field(compare=False)
    place: int = field(compare=False)


def card(offered: Offer, place: int) -> Markup:
    """The card of an offer at this place of the shelf (from 0), as it is sold on the visitor's trip."""
    offer = here.as_sold(offered)
    state = offer.stock_state
    said = (
        g.lang, prices.shown().rate, 0 if place == 0 else 1 if place < 4 else 2, words(offer.name),
        offer.left if state == "few" else None, *(getattr(offer, name) for name in SAID),
    )  # fmt: skip
    return _rendered(_Card(said, offer, place))


def said(offers: list[Offer]) -> list[Offer]:
    """The offers as far as a shelf speaks of them: of what there is plenty of it does not say how much."""
    return [offer if offer.left <= FEW else structs.replace(offer, left=PLENTY) for offer in offers]


@lru_cache(maxsize=KEPT)
def _rendered(one: _Card) -> Markup:
    pieces: Any = current_app.jinja_env.get_template("_layout/pieces.html").module
    return Markup(pieces.card(one.offer, one.place))  # noqa: S704 - a macro's own answer


def register(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["shelf_card"] = card
