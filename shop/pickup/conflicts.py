"""Hand-overs without network that the shop would have refused: written down, shown to a manager, and settled by one."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderNumber
from shop.base.outbox import announce
from shop.orders.models import Order
from shop.people.models import Device
from shop.pickup import events
from shop.pickup.models import UNRESOLVED, Conflict, Pickup, Scan
from shop.pickup.outcomes import Name

MOST = 500


class NoSuchConflict(ShopError):
    """There is no such conflict, or it was settled before."""

    kind, code = Kind.NOT_FOUND, "no_such_conflict"


class ConflictView(Struct, frozen=True):
    """One conflict. `outcome` is what the shop answered; `staff` at `device` gave the goods at `scanned_at` without network;
    the parcel went at `collected_at` to `collected_by`, if it did. `number` is None for an unknown code, `staff` when nobody said."""

    id: int
    scan_id: str
    number: OrderNumber | None
    outcome: Name
    device: str
    staff: str | None
    scanned_at: datetime
    collected_by: str | None
    collected_at: datetime | None
    found_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    point_id: int | None = None  # of the order, or of the device when the code is unknown


def note(session: Session, scan_id: str, order_id: int | None, now: datetime) -> None:
    """Write a conflict down, in the transaction that writes its scan."""
    session.execute(insert(Conflict).values(scan_id=scan_id, order_id=order_id, found_at=now))
    announce(session, events.CONFLICT, now, order_id or 0, scan_id=scan_id)


_device, _collector = aliased(Device), aliased(Device)
_CONFLICTS: Any = (
    select(
        Conflict.id, Scan.scan_id, Order.number, Scan.outcome, _device.name.label("device"), Scan.staff, Scan.scanned_at,
        _collector.name.label("collector"), Pickup.collected_at, Conflict.found_at, Conflict.resolved_at, Conflict.resolved_by,
        Conflict.resolution, func.coalesce(Order.pickup_point_id, _device.pickup_point_id).label("point_id"),
    )
    .join(Scan, Scan.scan_id == Conflict.scan_id)
    .join(_device, _device.id == Scan.device_id)
    .outerjoin(Order, Order.id == Conflict.order_id)
    .outerjoin(Pickup, Pickup.order_id == Conflict.order_id)
    .outerjoin(_collector, _collector.id == Pickup.collected_by)
)  # fmt: skip


def conflicts(*, point_id: int | None = None, resolved: bool = False) -> list[ConflictView]:
    """The open conflicts, oldest first (`resolved`: the settled ones, newest first), of a point or of all. One statement.

    The point is the order's; the conflict of an unknown code belongs to the point of the device.
    """
    wanted = _CONFLICTS.where(Conflict.resolved_at.is_not(None) if resolved else Conflict.resolved_at.is_(None))
    if point_id is not None:
        wanted = wanted.where(
            (Order.pickup_point_id == point_id) | (Order.id.is_(None) & (_device.pickup_point_id == point_id))
        )
    with reading() as session:
        rows = session.execute(wanted.order_by(Conflict.id.desc() if resolved else Conflict.id).limit(MOST)).all()
    return [_view(row) for row in rows]


def conflict_by_id(conflict_id: int) -> ConflictView | None:
    """One conflict, open or settled; None: there is none. One statement."""
    with reading() as session:
        row = session.execute(_CONFLICTS.where(Conflict.id == conflict_id)).first()
    return _view(row) if row else None


def _view(row: Any) -> ConflictView:
    return ConflictView(
        row.id, row.scan_id, OrderNumber(row.number) if row.number else None, Name(row.outcome), row.device, row.staff,
        row.scanned_at, row.collector, row.collected_at, row.found_at, row.resolved_at, row.resolved_by, row.resolution,
        row.point_id,
    )  # fmt: skip


def count_open() -> int:
    """How many conflicts nobody has settled yet. One statement, from the index of the open ones."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Conflict).where(text(UNRESOLVED))) or 0


def resolve_conflict(conflict_id: int, note: str, by: str, now: datetime) -> None:
    """A manager has looked into it; `note` says what came of it. Harmless for the goods and the money: a refund or a count
    of the stock is a decision of its own. Raises NoSuchConflict."""
    with transaction() as session:
        settled = session.execute(
            update(Conflict)
            .where(Conflict.id == conflict_id, Conflict.resolved_at.is_(None))
            .values(resolved_at=now, resolved_by=by, resolution=note.strip()[:200])
        )
        if changed(settled) != 1:
            raise NoSuchConflict
        audit.record(session, by, "conflict.settled", f"conflict:{conflict_id}", now)
