"""A product's card on a shelf, kept as rendered text for as long as it would say the same.

Twenty cards are most of a shelf's work. A card is known by everything it says, so it is never old: when a price or the stock
changes, it is another card.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any

from flask import current_app, g
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup
from msgspec import structs

from shop.catalogue.queries import FEW, Offer
from shop.web.storefront import here, prices

KEPT, PLENTY = 4096, FEW + 1
EAGER, LATER = 4, 9  # pictures of so many places are fetched at once; a place behind them
# What a card says of an offer, besides name and stock (`left` only while it is few). A test holds this against the fields there are.
SAID = ("sku", "brand", "picture", "picture_kind", "price", "reduced_from", "volume_ml", "weight_g", "not_sold")
_said = attrgetter(*SAID)
UNSAID = frozenset({"id", "ean", "category", "text", "alcohol_permille", "duty_paid", "gallery", "brand_code"})


@dataclass(frozen=True, slots=True)
class _Card:
    """A card by all that it says; the offer is there to render it."""

    said: tuple[Any, ...]
    offer: Offer = field(compare=False)
    place: int = field(compare=False)


def cards(offered: list[Offer], first: bool) -> list[Markup]:
    """The cards of a shelf, as its products are sold on the visitor's trip; `first`: these are the first ones of the list."""
    lang, rate, duty_paid = g.lang, prices.shown().rate, here.is_duty_paid()
    made = []
    for place, offer in enumerate(offered):
        as_sold, at = offer.sold(duty_paid=duty_paid), place if first else LATER
        state = as_sold.stock_state
        left = as_sold.left if state == "few" else None
        name = as_sold.name.get(lang) or as_sold.name["zh"]  # as `words` has it
        said = (lang, rate, 0 if at == 0 else 1 if at < EAGER else 2, name, left, state, *_said(as_sold))
        made.append(_rendered(_Card(said, as_sold, at)))
    return made


def said(offers: list[Offer]) -> list[Offer]:
    """The offers as far as a shelf speaks of them: of what there is plenty of it does not say how much."""
    return [offer if offer.left <= FEW else structs.replace(offer, left=PLENTY) for offer in offers]


@lru_cache(maxsize=KEPT)
def _rendered(one: _Card) -> Markup:
    pieces: Any = current_app.jinja_env.get_template("_layout/pieces.html").module
    return Markup(pieces.card(one.offer, one.place))  # noqa: S704 - a macro's own answer


def register(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["shelf_cards"] = cards
