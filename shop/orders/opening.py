"""Orders whose counter opens at other times: when they can be collected follows, as far as there is still a time for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime, reading
from shop.base.ids import OrderNumber
from shop.flights import rules
from shop.flights.queries import Point
from shop.orders.models import Order
from shop.orders.states import OrderState

ORDERS: Any = Order.__table__
OPEN = tuple(state.value for state in (OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.PACKING, OrderState.READY))
PAID_AND_OPEN = OPEN[1:]
EXAMPLES = 10


class Follows(Struct, frozen=True):
    """An order whose time to collect becomes another one. `new` is None when the counter is closed before its departure: then
    it keeps the time it was promised, and somebody has to talk to the traveller."""

    id: int
    number: OrderNumber
    old: tuple[datetime, datetime]
    new: tuple[datetime, datetime] | None


class Some(Struct, frozen=True):
    """So many orders, and the first of them."""

    count: int
    numbers: tuple[OrderNumber, ...]


def would_follow(point: Point, now: datetime) -> list[Follows]:
    """The open orders to which other rules of their point make a difference, as they would with the rules of `point`."""
    with reading() as session:
        return _following(_open_orders(session, point, now, lock=False), point)


def follow(session: Session, point: Point, now: datetime) -> int:
    """Give the open orders of a point the times that its rules say now, in the caller's transaction; answers how many."""
    moved = [one for one in _following(_open_orders(session, point, now, lock=True), point) if one.new is not None]
    if moved:
        session.connection().execute(
            update(ORDERS)
            .where(ORDERS.c.id == bindparam("p_id"))
            .values(
                collect_from=bindparam("p_from", type_=UtcDateTime), collect_until=bindparam("p_until", type_=UtcDateTime),
                changed_at=now,
            ),
            [{"p_id": one.id, "p_from": one.new[0], "p_until": one.new[1]} for one in moved if one.new],
        )  # fmt: skip
    return len(moved)


def _open_orders(session: Session, point: Point, now: datetime, *, lock: bool) -> Sequence[Any]:
    wanted = (
        select(ORDERS.c.id, ORDERS.c.number, ORDERS.c.departs_at, ORDERS.c.collect_from, ORDERS.c.collect_until)
        .where(ORDERS.c.pickup_point_id == point.id, ORDERS.c.collect_until > now, ORDERS.c.departs_at > now, ORDERS.c.state.in_(OPEN))
        .order_by(ORDERS.c.id)
    )
    return session.execute(wanted.with_for_update() if lock else wanted).all()


def _following(rows: Sequence[Any], point: Point) -> list[Follows]:
    found, decided = [], point.rules
    for row in rows:
        old = (row.collect_from, row.collect_until)
        new: tuple[datetime, datetime] | None
        try:
            new = rules.collect_between(decided, row.departs_at)
        except rules.PointClosed:
            new = None
        if new != old:
            found.append(Follows(row.id, OrderNumber(row.number), old, new))
    return found


def still_to_come(point_id: int, now: datetime) -> Some:
    """The open orders that are to be collected at a point."""
    here = (ORDERS.c.pickup_point_id == point_id, ORDERS.c.collect_until > now)  # as the index has them
    return _some(*here, ORDERS.c.state.in_(OPEN), ORDERS.c.departs_at > now)


def left_behind(point_id: int, before: datetime) -> Some:
    """The paid orders of a point that nobody has collected although their flight left before this moment."""
    return _some(ORDERS.c.pickup_point_id == point_id, ORDERS.c.state.in_(PAID_AND_OPEN), ORDERS.c.departs_at < before)


def _some(*conditions: Any) -> Some:
    with reading() as session:
        rows = session.execute(
            select(ORDERS.c.number, func.count().over().label("how_many")).where(*conditions).order_by(ORDERS.c.id).limit(EXAMPLES)
        ).all()
    return Some(rows[0].how_many if rows else 0, tuple(OrderNumber(row.number) for row in rows))
