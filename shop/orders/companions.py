"""The people a traveller has ordered for: drawn from their own orders, so nothing more is kept of anybody than the orders keep."""

from datetime import date, datetime
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import TravellerId
from shop.flights.models import PickupPoint
from shop.orders.models import Order

LOOKED_AT, MOST = 30, 4


class Companion(Struct, frozen=True):
    """Somebody who may collect: the name as in the passport, country of residence (two letters), and the birth date if it was said."""

    name: str
    residence: str
    birth_date: date | None

    @property
    def key(self) -> str:
        """What a form calls this person by; it says nothing about them."""
        return sha256(f"{self.name}|{self.residence}|{self.birth_date}".encode()).hexdigest()[:12]


class Earlier(Struct, frozen=True):
    """What a traveller need not type again: the people they ordered for, the latest first, and the trip of their last order."""

    people: tuple[Companion, ...] = ()
    flight: str = ""
    day: date | None = None
    final_destination: str = ""
    pickup_point: str = ""
    departs_at: datetime | None = None

    def named(self, name: str) -> Companion | None:
        return next((one for one in self.people if one.name.casefold() == name.casefold()), None)


def earlier(traveller_id: TravellerId, most: int = MOST) -> Earlier:
    """Each name once, in one statement. Orders whose names privacy has taken away are not there."""
    wanted = (
        select(
            Order.traveller_name, Order.residence, Order.birth_date, Order.flight_number, Order.flight_date, Order.final_destination,
            Order.departs_at, PickupPoint.code,
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Order.traveller_id == traveller_id, Order.forgotten_at.is_(None))
        .order_by(Order.id.desc())
        .limit(LOOKED_AT)
    )
    with reading() as session:
        rows = session.execute(wanted).all()
    people: dict[str, Companion] = {}
    for row in rows:
        people.setdefault(row.traveller_name, Companion(row.traveller_name, row.residence, row.birth_date))
    if not rows:
        return Earlier()
    last = rows[0]
    return Earlier(
        tuple(people.values())[:most], last.flight_number, last.flight_date, last.final_destination, last.code, last.departs_at
    )
