"""The audit as managers read it: the scans of a day, a device or an order, page by page, and one conflict with its scans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.base.ids import OrderNumber
from shop.flights.models import PickupPoint
from shop.orders.models import Order
from shop.people.models import Device, Staff
from shop.pickup.conflicts import ConflictView
from shop.pickup.models import Conflict, Pickup, Scan
from shop.pickup.outcomes import Name
from shop.pickup.reporting import ANYWHERE, seconds_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class ScanView:
    """One scan. `staff` made the device's token (None: somebody at a shell); `scanned_at` is the device's clock, `received_at`
    ours. `seconds` went by from the first look; `missing` pieces were not given. `conflict_id`: somebody has to look into it,
    or has. `number` is None for an unknown code, `tz` is the point's."""

    id: int
    scan_id: str
    number: OrderNumber | None
    outcome: Name
    device_id: int
    device: str
    staff: str | None
    point: str
    tz: str
    scanned_at: datetime
    received_at: datetime
    seconds: float | None
    offline: bool
    forged: bool
    missing: int
    undone_at: datetime | None
    undone_by: str | None
    conflict_id: int | None


@dataclass(frozen=True, slots=True)
class ScanPage:
    """`next` goes into `after` for the scans before these; None: there are none."""

    items: list[ScanView]
    next: int | None


_theirs, _own, _undoer = aliased(PickupPoint), aliased(PickupPoint), aliased(Device)
_SCANS: Any = (
    select(
        Scan.id, Scan.scan_id, Order.number, Scan.outcome, Scan.device_id, Device.name.label("device"), Staff.name.label("staff"),
        func.coalesce(_theirs.code, _own.code, ANYWHERE).label("point"), func.coalesce(_theirs.tz, _own.tz, "UTC").label("tz"),
        Scan.scanned_at, Scan.received_at, Scan.details, Scan.undone_at, _undoer.name.label("undone_by"),
        Conflict.id.label("conflict_id"),
    )
    .join(Device, Device.id == Scan.device_id)
    .outerjoin(Staff, Staff.id == Device.created_by)
    .outerjoin(Order, Order.id == Scan.order_id)
    .outerjoin(_theirs, _theirs.id == Order.pickup_point_id)
    .outerjoin(_own, _own.id == Device.pickup_point_id)
    .outerjoin(_undoer, _undoer.id == Scan.undone_by)
    .outerjoin(Conflict, Conflict.scan_id == Scan.scan_id)
    .order_by(Scan.received_at.desc(), Scan.id.desc())
)  # fmt: skip


def scans(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    point_id: int | None = None,
    device_id: int | None = None,
    number: str | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> ScanPage:
    """Scans, the last received first: received in [since, until), of a point, a device, an order's number. One statement.

    The point is the order's, of an unknown code the device's. `after` is the id of the last scan that was shown.
    """
    wanted = _SCANS
    if since is not None:
        wanted = wanted.where(Scan.received_at >= since)
    if until is not None:
        wanted = wanted.where(Scan.received_at < until)
    if point_id is not None:
        wanted = wanted.where(func.coalesce(_theirs.id, _own.id) == point_id)
    if device_id is not None:
        wanted = wanted.where(Scan.device_id == device_id)
    if number is not None:
        wanted = wanted.where(Order.number == number)
    if after is not None:
        last = aliased(Scan)
        at = select(last.received_at).where(last.id == after).scalar_subquery()
        wanted = wanted.where(Scan.received_at <= at, or_(Scan.received_at < at, Scan.id < after))
    with reading() as session:
        rows = session.execute(wanted.limit(limit + 1)).all()
    shown = [_scan(row) for row in rows[:limit]]
    return ScanPage(shown, shown[-1].id if len(rows) > limit else None)


def _scan(row: Any) -> ScanView:
    details: Mapping[str, Any] = row.details or {}
    given = row.outcome == Name.COLLECTED.value
    return ScanView(
        id=row.id, scan_id=row.scan_id, number=OrderNumber(row.number) if row.number else None, outcome=Name(row.outcome),
        device_id=row.device_id, device=row.device, staff=row.staff, point=row.point, tz=row.tz, scanned_at=row.scanned_at,
        received_at=row.received_at, seconds=seconds_of(details, row.scanned_at, row.received_at) if given else None,
        offline=bool(details.get("offline")), forged=bool(details.get("forged")),
        missing=sum(quantity for _, quantity in details.get("missing") or ()), undone_at=row.undone_at, undone_by=row.undone_by,
        conflict_id=row.conflict_id,
    )  # fmt: skip


def conflict_by_id(conflict_id: int) -> ConflictView | None:
    """One conflict, open or settled; None: there is none. One statement."""
    device, collector = aliased(Device), aliased(Device)
    wanted: Any = (
        select(
            Conflict.id, Scan.scan_id, Order.number, Scan.outcome, device.name.label("device"), Scan.scanned_at,
            collector.name.label("collector"), Pickup.collected_at, Conflict.found_at, Conflict.resolved_at, Conflict.resolved_by,
            Conflict.resolution,
        )
        .join(Scan, Scan.scan_id == Conflict.scan_id)
        .join(device, device.id == Scan.device_id)
        .outerjoin(Order, Order.id == Conflict.order_id)
        .outerjoin(Pickup, Pickup.order_id == Conflict.order_id)
        .outerjoin(collector, collector.id == Pickup.collected_by)
        .where(Conflict.id == conflict_id)
    )  # fmt: skip
    with reading() as session:
        row = session.execute(wanted).first()
    if row is None:
        return None
    return ConflictView(
        row.id, row.scan_id, OrderNumber(row.number) if row.number else None, Name(row.outcome), row.device, row.scanned_at,
        row.collector, row.collected_at, row.found_at, row.resolved_at, row.resolved_by, row.resolution,
    )  # fmt: skip
