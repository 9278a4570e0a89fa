"""Questions about privacy: whose order it is, what stands against erasing somebody, what was forgotten lately."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select

from shop.base.audit import AuditRow
from shop.base.db import reading
from shop.base.ids import OrderNumber, TravellerId
from shop.orders.models import Order
from shop.people.models import Traveller
from shop.pickup.evidence import IS_THERE
from shop.pickup.models import Scan
from shop.privacy import rules
from shop.privacy.erasing import open_orders
from shop.privacy.forgetting import FORGOTTEN

ORDERS: Any = Order.__table__
TRAVELLERS: Any = Traveller.__table__


class Account(Struct, frozen=True):
    """What there is of a traveller. `open` are the orders that stand against erasing; `evidence` when the last evidence was
    taken, None without any."""

    id: TravellerId
    first_seen_at: datetime
    last_seen_at: datetime
    orders: int
    last_flight: datetime | None
    open: tuple[OrderNumber, ...]
    evidence: datetime | None


class Forgotten(Struct, frozen=True):
    """A portion of what was forgotten: the rule, when, how many rows."""

    rule: str
    at: datetime
    rows: int


def account(traveller_id: int) -> Account:
    """Three statements. Raises NoSuchTraveller, also for one who was erased."""
    wanted = (
        select(
            TRAVELLERS.c.id, TRAVELLERS.c.first_seen_at, TRAVELLERS.c.last_seen_at, func.count(ORDERS.c.id).label("orders"),
            func.max(ORDERS.c.departs_at).label("last_flight"),
        )
        .outerjoin(ORDERS, ORDERS.c.traveller_id == TRAVELLERS.c.id)
        .where(TRAVELLERS.c.id == traveller_id, TRAVELLERS.c.erased_at.is_(None))
        .group_by(TRAVELLERS.c.id, TRAVELLERS.c.first_seen_at, TRAVELLERS.c.last_seen_at)
    )  # fmt: skip
    with reading() as session:
        row = session.execute(wanted).first()
        if row is None:
            raise rules.NoSuchTraveller
        blocking = session.scalars(open_orders(traveller_id).order_by(ORDERS.c.id)).all()
        evidence = session.scalar(
            select(func.max(Scan.received_at)).join(Order, Order.id == Scan.order_id).where(Order.traveller_id == traveller_id, IS_THERE)
        )
    return Account(
        TravellerId(row.id), row.first_seen_at, row.last_seen_at, row.orders, row.last_flight,
        tuple(OrderNumber(number) for number in blocking), evidence,
    )  # fmt: skip


def traveller_of(number: str) -> TravellerId:
    """Whose order it is. Raises NoSuchTraveller: no such order, or its traveller was erased."""
    with reading() as session:
        found = session.scalar(
            select(Order.traveller_id)
            .join(Traveller, Traveller.id == Order.traveller_id)
            .where(Order.number == number, Traveller.erased_at.is_(None))
        )
    if found is None:
        raise rules.NoSuchTraveller(fields={"order": ["no_such_traveller"]})
    return TravellerId(found)


def forgotten(limit: int = 20) -> list[Forgotten]:
    """The last portions that were forgotten, as the audit log has them."""
    with reading() as session:
        rows = session.execute(
            select(AuditRow.thing, AuditRow.at, AuditRow.after)
            .where(AuditRow.action == FORGOTTEN)
            .order_by(AuditRow.id.desc())
            .limit(limit)
        ).all()
    return [Forgotten(row.thing.partition(":")[2], row.at, (row.after or {}).get("rows", 0)) for row in rows]
