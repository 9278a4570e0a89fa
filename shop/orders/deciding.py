"""Whether and how a wish can be an order: duty free or duty paid, at which prices, within what customs allows, in time."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Date, bindparam

from shop.base.money import Currency, Money
from shop.catalogue import rates as exchange
from shop.catalogue.queries import Offer
from shop.customs import rules as law
from shop.customs.dated import Rules, territory_of
from shop.customs.rules import Item, Meter, Rate, Rates, Sale
from shop.customs.states import Treatment
from shop.flights.queries import TripFacts
from shop.flights.rules import Goods
from shop.orders import rules
from shop.orders.declaring import meter_of

_TODAY = bindparam("p_today", type_=Date)
CNY_RATE = (exchange.newest_per_euro("CNY", _TODAY).label("cny_per_euro"), exchange.newest_per_euro("CNY", _TODAY, "day").label("cny_day"))


class Decided(Struct, frozen=True):
    """`prices` by SKU; `meter` is None within the EU."""

    sale: Sale
    prices: Mapping[str, Money]
    total: Money
    meter: Meter | None


def rules_of(facts: TripFacts) -> Rules:
    """The rules that were read together with a trip."""
    return Rules(facts.allowances, territory_of(facts.territory), facts.prices or {})


def sale_of(facts: TripFacts, residence: str) -> Sale:
    """How goods are sold on this trip."""
    return law.sale(territory_of(facts.territory), facts.destination.country, facts.destination.iata, residence)


def goods_of(offers: Mapping[str, Offer]) -> tuple[Goods, ...]:
    """What of the products decides until when they can be ordered."""
    return tuple(Goods(offer.sku, offer.category) for offer in offers.values())


def rates_in(row: Any, today: date) -> Rates:
    """The rate of the yuan, as `CNY_RATE` has read it together with a trip; or the one that the shop came with."""
    kept = (row.cny_day, {"CNY": row.cny_per_euro}) if row.cny_day else None
    found = exchange.newer(kept, ["CNY"], today)
    return {("EUR", "CNY"): Rate("EUR", "CNY", Decimal(found[1]["CNY"]), found[0])} if found else {}


def decide(
    facts: TripFacts, offers: Mapping[str, Offer], quantities: Mapping[str, int], residence: str, age: int | None,
    others: Sequence[Item], currency: Currency, today: date,
) -> Decided:  # fmt: skip
    """Prices and meter of a wish; `others` are the goods of the traveller's other orders of the trip.

    Raises NotDutyFree (duty is to be paid, and something has no such price), BelowMinimum (of a duty-free sale). A rule that
    stops is in the meter: `law.check`.
    """
    sale = sale_of(facts, residence)
    prices = prices_of(sale, offers)
    total = rules.total(prices, quantities, currency)
    if sale.treatment is Treatment.DUTY_FREE:
        rules.check_minimum(total, (facts.prices or {}).get("minimum_minor"))
    items = [
        Item(count, prices[sku], offers[sku].alcohol_permille, offers[sku].volume_ml, offers[sku].category)
        for sku, count in quantities.items()
    ]
    goods, rates = [*items, *others], rates_in(facts.row, today)
    meter = meter_of(rules_of(facts), facts.destination.customs_area, facts.via_area, residence, goods, age, today, rates)
    return Decided(sale, prices, total, meter)


def prices_of(sale: Sale, offers: Mapping[str, Offer]) -> dict[str, Money]:
    """What each product costs on a trip. Raises NotDutyFree: it is sold duty free only."""
    if sale.treatment is Treatment.DUTY_FREE:
        return {sku: offer.price for sku, offer in offers.items()}
    without = sorted(sku for sku, offer in offers.items() if offer.duty_paid is None)
    if without:
        raise rules.NotDutyFree(skus=", ".join(without), fields={sale.because or "final_destination": ["not_duty_free"]})
    return {sku: offer.duty_paid for sku, offer in offers.items() if offer.duty_paid is not None}


def stops(meter: Meter | None) -> bool:
    """Whether a rule of the meter's can stop an order, so that orders of one traveller must come one after another."""
    return meter is not None and any(one.stops for one in meter.allowances)
