"""Questions about one parcel: what goes into it, where it goes, what its label says; and which are to be emptied.
One statement each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.catalogue.models import Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState, RefundState
from shop.pickup import packing_rules, scan_box
from shop.pickup.packing import ON_THE_SHELF, OVER
from shop.pickup.packing_models import PackedLine, PackedParcel, ShelfSlot, WaveOrder
from shop.pickup.packing_queries import IN_PARCEL, PIECES, WANTED, name_of
from shop.pickup.packing_rules import ParcelState, Slot


class LineView(Struct, frozen=True):
    """A line as a packer sees it; `packed` may be more than `wanted` when pieces were refunded meanwhile."""

    position: int
    sku: str
    ean: str
    name: dict[str, str]
    picture: str | None
    location: str | None
    wanted: int
    packed: int


class ParcelView(Struct, frozen=True):
    """An order as a packer sees it. `parcel` is None before anybody planned it; `slot` is where it lies."""

    number: str
    state: OrderState
    refund_state: RefundState
    parcel: ParcelState | None
    slot: str | None
    point_id: int
    point: str
    tz: str
    initials: str
    flight_number: str
    departs_at: datetime
    due: datetime
    wave_id: int | None
    lines: tuple[LineView, ...]

    @property
    def complete(self) -> bool:
        return any(line.wanted for line in self.lines) and all(line.wanted == line.packed for line in self.lines)


_TRAVEL = (Order.number, Order.traveller_name, Order.flight_number, Order.departs_at, Order.collect_from)


def parcel_of(number: str, point_id: int | None) -> ParcelView:
    """The order to pack, with its lines, as a packer of `point_id` (None: of all points) sees it. Raises NoSuchOrder."""
    wanted = (
        select(
            *_TRAVEL, Order.state, Order.refund_state, Order.pickup_point_id, PackedParcel.state.label("parcel"),
            ShelfSlot.code.label("slot"), PickupPoint.code.label("point"), PickupPoint.tz, WaveOrder.wave_id,
            OrderLine.position, OrderLine.sku, OrderLine.name_zh, OrderLine.name_en, OrderLine.name_de, OrderLine.picture,
            Product.ean, Product.location, WANTED.label("wanted"), func.coalesce(PackedLine.packed, 0).label("packed"),
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(PackedParcel, PackedParcel.order_id == Order.id)
        .outerjoin(PackedLine, (PackedLine.order_id == Order.id) & (PackedLine.position == OrderLine.position))
        .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
        .outerjoin(WaveOrder, WaveOrder.order_id == Order.id)
        .where(Order.number == number.strip().upper()[:16])
        .order_by(OrderLine.position)
    )  # fmt: skip
    with reading() as session:
        rows = session.execute(wanted).all()
    if not rows or point_id not in (None, rows[0].pickup_point_id):
        raise NoSuchOrder
    return _parcel(rows[0], rows)


def _parcel(row: Any, rows: Iterable[Any]) -> ParcelView:
    return ParcelView(
        number=row.number, state=OrderState(row.state), refund_state=RefundState(row.refund_state),
        parcel=ParcelState(row.parcel) if row.parcel else None, slot=row.slot, point_id=row.pickup_point_id, point=row.point,
        tz=row.tz, initials=packing_rules.initials(row.traveller_name), flight_number=row.flight_number,
        departs_at=row.departs_at, due=packing_rules.pack_by(row.collect_from), wave_id=row.wave_id,
        lines=tuple(
            LineView(r.position, r.sku, r.ean, name_of(r), r.picture, r.location, r.wanted, r.packed)
            for r in rows
            if r.wanted or r.packed
        ),
    )  # fmt: skip


_NEIGHBOUR = aliased(Order, name="neighbour")


def shelf_for(number: str) -> list[Slot]:
    """The slots of the order's pickup point, along the shelf: how many other parcels lie there, and how many of them
    leave with its flight. Empty when the point has no shelf."""
    same = (_NEIGHBOUR.flight_number == Order.flight_number) & (_NEIGHBOUR.departs_at == Order.departs_at)
    wanted = (
        select(
            ShelfSlot.code, ShelfSlot.capacity, func.count(PackedParcel.order_id).label("taken"),
            func.count(_NEIGHBOUR.id).label("same_flight"),
        )
        .select_from(Order)
        .join(ShelfSlot, (ShelfSlot.pickup_point_id == Order.pickup_point_id) & ShelfSlot.active)
        .outerjoin(PackedParcel, (PackedParcel.slot_id == ShelfSlot.id) & (PackedParcel.order_id != Order.id))
        .outerjoin(_NEIGHBOUR, (_NEIGHBOUR.id == PackedParcel.order_id) & same)
        .where(Order.number == number)
        .group_by(ShelfSlot.code, ShelfSlot.capacity)
    )  # fmt: skip
    with reading() as session:
        found = [Slot(row.code, row.capacity, row.taken, row.same_flight) for row in session.execute(wanted)]
    return sorted(found, key=lambda slot: packing_rules.in_walking_order(slot.code))


def proposed_slot(number: str) -> str | None:
    """The slot where the order's parcel should go; None: all are full, or there is no shelf."""
    return packing_rules.propose(shelf_for(number))


class ToEmpty(Struct, frozen=True):
    """A parcel out of which `pieces` have to be taken: all, for the order is over; or some of a parcel that is ready (its
    `state` says so), for they were refunded."""

    number: str
    state: OrderState
    slot: str | None
    flight_number: str
    departs_at: datetime
    tz: str
    pieces: int


def to_empty(point_id: int | None) -> list[ToEmpty]:
    """Parcels on the shelf or on the packing table whose order was cancelled or never collected, and those on the shelf
    with more in them than is still wanted."""
    wanted = (
        select(
            Order.number, Order.state, ShelfSlot.code.label("slot"), Order.flight_number, Order.departs_at, PickupPoint.tz,
            IN_PARCEL.label("packed"), PIECES.label("wanted"),
        )
        .select_from(PackedParcel)
        .join(Order, Order.id == PackedParcel.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
        .where(
            PackedParcel.state.in_(ON_THE_SHELF),
            or_(
                Order.state.in_([state.value for state in sorted(OVER)]),
                (Order.state == OrderState.READY.value) & (IN_PARCEL > PIECES),
            ),
        )
        .order_by(ShelfSlot.code, Order.number)
    )  # fmt: skip
    if point_id is not None:
        wanted = wanted.where(Order.pickup_point_id == point_id)
    with reading() as session:
        rows = session.execute(wanted).all()
    return [
        ToEmpty(
            row.number, OrderState(row.state), row.slot, row.flight_number, row.departs_at, row.tz,
            int(row.packed) - (int(row.wanted) if row.state == OrderState.READY.value else 0),
        )
        for row in rows
    ]  # fmt: skip


# --- labels -----------------------------------------------------------------------------------------------------------


class Label(Struct, frozen=True):
    """What a parcel's label prints: no name in full, for it lies open on a shelf. `scan` is the text of its QR picture."""

    number: str
    initials: str
    flight_number: str
    departs_at: datetime
    tz: str
    point: str
    slot: str | None
    pieces: int
    scan: str


_LABEL = (
    select(
        *_TRAVEL, Order.pickup_point_id, PickupPoint.code.label("point"), PickupPoint.tz, ShelfSlot.code.label("slot"),
        PIECES.label("pieces"),
    )
    .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
    .outerjoin(PackedParcel, PackedParcel.order_id == Order.id)
    .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
    .where(Order.state.in_([OrderState.PAID.value, OrderState.PACKING.value, OrderState.READY.value]))
)  # fmt: skip


def label_of(number: str, point_id: int | None) -> Label:
    """The label of one parcel that is to be packed or waits. Raises NoSuchOrder."""
    with reading() as session:
        row = session.execute(_LABEL.where(Order.number == number.strip().upper()[:16])).first()
    if row is None or point_id not in (None, row.pickup_point_id):
        raise NoSuchOrder
    return _label(row)


def labels(wave_id: int, point_id: int | None = None) -> list[Label]:
    """The labels of a wave, by departure; none for a wave of another point."""
    wanted = _LABEL.join(WaveOrder, WaveOrder.order_id == Order.id).where(WaveOrder.wave_id == wave_id)
    if point_id is not None:
        wanted = wanted.where(Order.pickup_point_id == point_id)
    with reading() as session:
        return [_label(row) for row in session.execute(wanted.order_by(Order.departs_at, Order.number))]


def _label(row: Any) -> Label:
    return Label(
        row.number, packing_rules.initials(row.traveller_name), row.flight_number, row.departs_at, row.tz, row.point, row.slot,
        int(row.pieces), scan_box.label_text(row.number),
    )  # fmt: skip
