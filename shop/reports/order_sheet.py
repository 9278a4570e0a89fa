"""What the page of one order shows beside the order itself: its goods, its parcel, its hand-over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, case, func, select

from shop.base.db import reading
from shop.base.ids import OrderId
from shop.catalogue.models import StockHold
from shop.catalogue.states import HoldState
from shop.orders.models import OrderLine
from shop.pickup.models import Scan
from shop.pickup.outcomes import Name
from shop.pickup.packing_models import PackedLine, PackedParcel, ShelfSlot, WaveOrder
from shop.pickup.packing_rules import ParcelState


class Goods(Struct, frozen=True):
    """One line in pieces: asked for, in the parcel, gone with the traveller, paid back or on the way."""

    position: int
    asked: int
    packed: int
    given: int
    refunded: int


class ParcelFacts(Struct, frozen=True):
    """`state` is None before anybody planned it; `told_at` is when it was first said to be ready."""

    state: ParcelState | None
    slot: str | None
    wave_id: int | None
    packed_at: datetime | None
    packed_by: str | None
    told_at: datetime | None


class HandOver(Struct, frozen=True):
    """The checks that staff made at the hand-over that stands: name to one word that was kept of it (`seen`, a serial number)."""

    at: datetime
    checks: Mapping[str, str]


class Sheet(Struct, frozen=True):
    goods: tuple[Goods, ...]
    parcel: ParcelFacts
    hand_over: HandOver | None


def sheet(order_id: OrderId) -> Sheet:
    """All of it, in two statements."""
    with reading() as session:
        rows = session.execute(_GOODS.where(OrderLine.order_id == order_id)).all()
        scan = session.execute(_HAND_OVER.where(Scan.order_id == order_id)).first()
    goods = tuple(Goods(row.position, row.quantity, row.packed, row.given, row.refunded) for row in rows)
    first = rows[0]
    parcel = ParcelFacts(
        ParcelState(first.state) if first.state else None, first.slot, first.wave_id, first.packed_at, first.packed_by, first.told_at
    )
    return Sheet(goods, parcel, _hand_over(scan))


# Of a product an order has one claim; two lines of it would show the claim of both.
_GOODS: Any = (
    select(
        OrderLine.position, OrderLine.quantity, OrderLine.refunded, func.coalesce(PackedLine.packed, 0).label("packed"),
        case((StockHold.state == HoldState.HANDED_OVER.value, StockHold.quantity), else_=0).label("given"),
        PackedParcel.state, ShelfSlot.code.label("slot"), WaveOrder.wave_id, PackedParcel.packed_at, PackedParcel.packed_by,
        PackedParcel.told_at,
    )
    .outerjoin(PackedParcel, PackedParcel.order_id == OrderLine.order_id)
    .outerjoin(PackedLine, and_(PackedLine.order_id == OrderLine.order_id, PackedLine.position == OrderLine.position))
    .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
    .outerjoin(WaveOrder, WaveOrder.order_id == OrderLine.order_id)
    .outerjoin(StockHold, and_(StockHold.reference == OrderLine.order_id, StockHold.product_id == OrderLine.product_id))
    .order_by(OrderLine.position)
)  # fmt: skip
_HAND_OVER: Any = (
    select(Scan.scanned_at, Scan.details)
    .where(Scan.outcome == Name.COLLECTED.value, Scan.undone_at.is_(None))
    .order_by(Scan.id.desc())
    .limit(1)
)


def _hand_over(scan: Any) -> HandOver | None:
    if scan is None:
        return None
    details = scan.details or {}
    found = dict.fromkeys(details.get("checked") or (), "")
    # What was read from a document is evidence: it has a right and a page of its own.
    found |= {name: kept if isinstance(kept, str) else "" for name, kept in (details.get("checks") or {}).items()}
    return HandOver(scan.scanned_at, found)
