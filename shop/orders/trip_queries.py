"""Questions about trips that changed, and about travellers who are coming."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import OrderId, OrderNumber
from shop.flights.models import PickupPoint
from shop.orders.models import Order, TripChange
from shop.orders.states import OrderState

BACKWARDS = timedelta(hours=12)  # who said so earlier than this, and did not come, is not on the way any more
TO_COLLECT = (OrderState.PAID.value, OrderState.PACKING.value, OrderState.READY.value)


class TripChangeView(Struct, frozen=True):
    """One change of an order's trip. `why` is `moved` (by the traveller) or `delayed`; points are their codes."""

    at: datetime
    who: str
    why: str
    old_flight: str
    new_flight: str
    old_departs_at: datetime
    new_departs_at: datetime
    old_final_destination: str
    new_final_destination: str
    old_point: str
    new_point: str


def trip_changes(order_id: OrderId) -> tuple[TripChangeView, ...]:
    """The changes of an order's trip, oldest first, in one statement."""
    codes = PickupPoint.__table__.alias("old_point"), PickupPoint.__table__.alias("new_point")
    names = TripChangeView.__struct_fields__
    columns = [TripChange.__table__.c[name] for name in names if name not in ("old_point", "new_point")]
    with reading() as session:
        rows = session.execute(
            select(*columns, codes[0].c.code.label("old_point"), codes[1].c.code.label("new_point"))
            .join(codes[0], codes[0].c.id == TripChange.old_point_id)
            .join(codes[1], codes[1].c.id == TripChange.new_point_id)
            .where(TripChange.order_id == order_id)
            .order_by(TripChange.id)
        ).all()
    return tuple(TripChangeView(**row._mapping) for row in rows)


class Coming(Struct, frozen=True):
    """A traveller on the way to the counter. `state` says whether the parcel is ready."""

    order_id: OrderId
    number: OrderNumber
    state: OrderState
    traveller_name: str
    flight_number: str
    departs_at: datetime
    collect_until: datetime
    on_my_way_at: datetime
    point: str
    tz: str


def on_their_way(point_id: int | None, now: datetime, limit: int = 50) -> list[Coming]:
    """Whoever said to be on the way to this pickup point (None: to any) and has not collected, the first to say so first.

    These parcels belong on top of the counter's list. Nobody stays on it for more than twelve hours, or past the
    departure.
    """
    wanted = (
        select(
            Order.id, Order.number, Order.state, Order.traveller_name, Order.flight_number, Order.departs_at, Order.collect_until,
            Order.on_my_way_at, PickupPoint.code, PickupPoint.tz,
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Order.on_my_way_at > now - BACKWARDS, Order.on_my_way_at <= now, Order.departs_at > now, Order.state.in_(TO_COLLECT))
        .order_by(Order.on_my_way_at, Order.id)
        .limit(limit)
    )  # fmt: skip
    if point_id is not None:
        wanted = wanted.where(Order.pickup_point_id == point_id)
    with reading() as session:
        rows = session.execute(wanted).all()
    return [
        Coming(
            OrderId(row.id), OrderNumber(row.number), OrderState(row.state), row.traveller_name, row.flight_number, row.departs_at,
            row.collect_until, row.on_my_way_at, row.code, row.tz,
        )
        for row in rows
    ]  # fmt: skip
