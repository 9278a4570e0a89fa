"""Questions about a shelf. One statement."""

from sqlalchemy import func, select

from shop.base.db import reading
from shop.pickup import packing_rules
from shop.pickup.packing_models import PackedParcel, ShelfSlot
from shop.pickup.packing_rules import Slot


def shelf_of(point_id: int) -> list[Slot]:
    """The slots of a pickup point where something may be put, along the shelf, and how many parcels lie in each."""
    wanted = (
        select(ShelfSlot.code, ShelfSlot.capacity, func.count(PackedParcel.order_id).label("taken"))
        .outerjoin(PackedParcel, PackedParcel.slot_id == ShelfSlot.id)
        .where(ShelfSlot.pickup_point_id == point_id, ShelfSlot.active)
        .group_by(ShelfSlot.code, ShelfSlot.capacity)
    )
    with reading() as session:
        found = [Slot(row.code, row.capacity, row.taken) for row in session.execute(wanted)]
    return sorted(found, key=lambda slot: packing_rules.in_walking_order(slot.code))
