"""What stands beside a price: about how many yuan it is, what a litre costs, what it cost before, and the note on VAT.

Written texts are kept: a shop has few prices and shows them often, and to write one takes as long as to read a row.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import g, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from markupsafe import Markup
from msgspec import Struct

from shop.base import clock
from shop.base.fragments import Known
from shop.base.money import Currency, Money
from shop.base.versions import day_of
from shop.catalogue.queries import Offer
from shop.policies import queries as policies
from shop.policies.queries import ShownPrices
from shop.policies.rules import in_cny

SHOWN = "shop.prices"  # what of a request keeps how prices are shown, by day
KEPT = 4096
DECIDED: Known[ShownPrices] = Known(most=8)


class Beside(Struct, frozen=True):
    """`rate_of` None: no day is known of a rate the shop has fixed; `fixed`: it has. `vat` and `vat_reduced` are the rates of
    German VAT that are not in the price, None where nothing is said of them; `minimum` is the smallest order."""

    yuan: str | None
    rate_of: date | None
    fixed: bool
    vat: str | None
    vat_reduced: str | None
    minimum: Money | None

    def below(self, value: Money) -> Money | None:
        """What is missing of the smallest order; None when it is reached, or there is none."""
        return self.minimum - value if self.minimum is not None and value < self.minimum else None


def shown(at: datetime | None = None) -> ShownPrices:
    """What a manager has decided to show on the day of a moment (now, unless it is given), in one statement a page."""
    kept: dict[date, ShownPrices] = request.environ.setdefault(SHOWN, {})
    day = day_of(at or clock.now())
    if day not in kept:
        kept[day] = DECIDED.get(day, lambda: policies.shown_prices(day))
    return kept[day]


def price(value: Money) -> Markup:
    """The amount in the visitor's way of writing, its currency sign small."""
    return _price(value, g.locale)


@lru_cache(maxsize=KEPT)
def _price(value: Money, locale: str) -> Markup:
    text = format_currency(Decimal(value.minor) / 100, value.currency.value, locale=locale)
    sign = get_currency_symbol(value.currency.value, locale=locale)
    before, _, after = text.partition(sign)
    return Markup("{}<small>{}</small>{}").format(before, sign, after)


def yuan(value: Money, at: datetime | None = None) -> str:
    """About how many whole yuan, `1,299`; empty where nothing is shown."""
    rate = shown(at).rate
    return _yuan(value.minor, rate, g.locale) if rate is not None and value.currency is Currency.EUR else ""


@lru_cache(maxsize=KEPT)
def _yuan(minor: int, rate: str, locale: str) -> str:
    return str(format_decimal(in_cny(minor, rate), locale=locale))


def beside(value: Money, at: datetime | None = None) -> Beside:
    """All that is said beside a price or a sum of a moment (now, unless it is given)."""
    told = shown(at)
    about = yuan(value, at)
    return Beside(
        yuan=about or None,
        rate_of=told.rate_of if about else None,
        fixed=told.fixed,
        vat=_rate(told.vat_standard, g.locale) if told.vat_note else None,
        vat_reduced=_rate(told.vat_reduced, g.locale) if told.vat_note else None,
        minimum=Money(told.minimum_minor, value.currency) if told.minimum_minor is not None else None,
    )


@lru_cache(maxsize=64)
def _rate(text: str, locale: str) -> str:
    return str(format_decimal(Decimal(text), locale=locale))


def base_price(offer: Offer) -> str:
    """`€71.43 per litre`, `€32.00 per kilogram`; empty for what has no base price."""
    return _base_price(offer.price, offer.volume_ml, offer.weight_g, g.locale)


@lru_cache(maxsize=KEPT)
def _base_price(value: Money, volume_ml: int | None, weight_g: int | None, locale: str) -> str:
    found = Offer.base_price_of(value, volume_ml, weight_g)
    if found is None:
        return ""
    amount = format_currency(Decimal(found[0].minor) / 100, found[0].currency.value, locale=locale)
    if found[1] == "l":
        return str(gettext("%(price)s per litre", price=amount))
    return str(gettext("%(price)s per kilogram", price=amount))


def register(state: BlueprintSetupState) -> None:
    """Give the templates these words."""
    state.app.jinja_env.filters.update({"price": price, "yuan": yuan, "beside": beside, "base_price": base_price})
