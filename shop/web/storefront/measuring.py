"""The allowance meter as a page shows it: what is in the basket and what the traveller has ordered for the same trip already."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

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
from shop.web import guards
from shop.web.storefront.here import Here


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
    meter = declaring.meter_of(rules, final_area, via_area, residence, [*items, *others], age, day_of(now))
    return Shown(meter, bool(others))
