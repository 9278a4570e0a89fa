"""The people a traveller has ordered for: drawn from their own orders, so nothing more is kept of anybody than the orders keep."""

from datetime import date
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import TravellerId
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


def companions(traveller_id: TravellerId, most: int = MOST) -> list[Companion]:
    """The latest people first, each name once, in one statement. Names that privacy has taken away are not there."""
    wanted = (
        select(Order.traveller_name, Order.residence, Order.birth_date)
        .where(Order.traveller_id == traveller_id, Order.forgotten_at.is_(None))
        .order_by(Order.id.desc())
        .limit(LOOKED_AT)
    )
    with reading() as session:
        rows = session.execute(wanted).all()
    people: dict[str, Companion] = {}
    for row in rows:
        people.setdefault(row.traveller_name, Companion(row.traveller_name, row.residence, row.birth_date))
    return list(people.values())[:most]
