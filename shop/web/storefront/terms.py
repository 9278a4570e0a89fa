"""What a checkout's trip makes of the goods: at which prices they are sold, and how far they are within what customs allow."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from shop.customs import rules as law
from shop.customs.states import Treatment
from shop.flights.queries import Place
from shop.web.storefront import measuring, once, trips
from shop.web.storefront.basket_pages import Row, sold_rows


class Terms(Struct, frozen=True):
    """What a form's trip makes of the goods: their prices, and how far they are within what customs allow."""

    rows: tuple[Row, ...]
    duty_paid: bool = False
    shown: measuring.Shown | None = None


def terms_of(
    said: Mapping[str, str], trip: Mapping[str, Any], plan: trips.TripPlan, places: Sequence[Place], rows: tuple[Row, ...]
) -> Terms:
    """What the trip that stands in a form (`said`, of which `trip` could be read) makes of these lines."""
    known = {place.iata: place for place in places}
    final = known.get(said["final_destination"].upper())
    if final is None or "date" not in trip:
        return Terms(rows)
    book = once.rules_on(trip["date"])
    sale = law.sale(book.territory, final.country, final.iata, said["residence"].upper())
    duty_paid = sale.treatment is Treatment.DUTY_PAID
    sold = sold_rows(rows, duty_paid=duty_paid)
    lands = plan.flight.destination if plan.flight is not None else said["lands"]
    via = known[lands].customs_area if lands in known else None
    person = measuring.Person(said["name"] or None, trip.get("birth_date"))
    items = measuring.items_of((row.offer, row.quantity) for row in sold)
    shown = measuring.measure(
        book, final.customs_area, via, said["residence"].upper(), plan.departs_at, trip["date"], items, person
    )
    return Terms(sold, duty_paid, shown)
