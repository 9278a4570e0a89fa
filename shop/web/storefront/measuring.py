"""The allowance meter as a page shows it: what is in the basket and what the traveller has ordered for the same trip already."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from shop.base import clock
from shop.base.db import reading
from shop.base.versions import day_of
from shop.catalogue.queries import Offer
from shop.customs import rules as law
from shop.customs.dated import Rules
from shop.customs.rules import Item, Meter
from shop.customs.states import Level
from shop.orders import declaring
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.web import guards
from shop.web.storefront import once
from shop.web.storefront.here import Here

S = OrderState
COUNTS = frozenset({S.AWAITING_PAYMENT, S.PAID, S.PACKING, S.READY, S.COLLECTED, S.PARTLY_COLLECTED})
AFTER_DEPARTURE = timedelta(days=2)  # by then everybody has been through customs


class Shown(Struct, frozen=True):
    """A meter; `others`: goods of other orders are counted, too."""

    meter: Meter | None
    others: bool = False

    @property
    def stops(self) -> bool:
        return self.meter is not None and self.meter.level is Level.STOP


class Person(Struct, frozen=True):
    """Whoever collects, as far as it is known; without a name all orders of the account are one person's."""

    name: str | None = None
    birth_date: date | None = None


def items_of(chosen: Iterable[tuple[Offer | None, int]]) -> list[Item]:
    """What of a basket can be bought, as customs see it."""
    return [
        Item(count, offer.price, offer.alcohol_permille, offer.volume_ml, offer.category)
        for offer, count in chosen
        if offer is not None and not offer.not_sold
    ]


def of_trip(here: Here | None, items: Sequence[Item], person: Person | None = None) -> Shown | None:
    """The meter of the visitor's trip; None without a trip."""
    if here is None:
        return None
    return measure(
        here.rules, here.final.customs_area, here.via_area, here.trip.residence, here.departs_at, here.trip.day, items, person
    )


def measure(
    rules: Rules, final_area: str, via_area: str | None, residence: str, departs_at: datetime | None, day: date, items: Sequence[Item],
    person: Person | None = None,
) -> Shown:  # fmt: skip
    """The meter of any trip: of goods, and of the signed-in traveller's orders that leave about then."""
    now, who = clock.now(), person or Person()
    others: list[Item] = []
    if departs_at is not None and guards.is_signed_in():
        with reading() as asked:
            others = declaring.brought_by(declaring.brought(asked, guards.traveller(), departs_at, now), who.name)
    age = law.age_on(who.birth_date, day)
    meter = declaring.meter_of(rules, final_area, via_area, residence, [*items, *others], age, day_of(now), once.rates())
    return Shown(meter, bool(others))


def of_order(order: OrderView, state: OrderState, now: datetime) -> Shown | None:
    """The meter of an order's traveller over all orders of its trip; None for an order that is over, and once the journey is."""
    if state not in COUNTS or now > order.departs_at + AFTER_DEPARTURE:
        return None
    areas = {place.iata: place.customs_area for place in once.places()}
    if areas.get(order.final_destination) in law.NO_RULES:
        return None
    with reading() as asked:
        found = declaring.brought(asked, order.traveller_id, order.departs_at, now)
    mine = declaring.brought_by(found, order.traveller_name)
    if not any(one.order_id == order.id for one in found):  # all of it was refunded
        return None
    meter = declaring.meter_of(
        once.rules_on(order.flight_date), areas.get(order.final_destination, "OTHER"), areas.get(order.destination), order.residence,
        mine, law.age_on(order.birth_date, order.flight_date), day_of(now), once.rates(),
    )  # fmt: skip
    return Shown(meter, len(mine) > sum(one.order_id == order.id for one in found))
