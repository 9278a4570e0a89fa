"""The audit as managers read it: the scans of a day, a device, a person or an order, page by page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.base.ids import OrderNumber
from shop.orders.models import Order
from shop.people.models import Device, Staff
from shop.pickup.models import Conflict, Scan
from shop.pickup.outcomes import Name
from shop.pickup.reporting import place_code, place_id, place_zone, placed, seconds_of

PAGE = 50


class ScanView(Struct, frozen=True):
    """One scan. `staff` was at the counter (None: nobody said), `set_up_by` made the device's token (None: somebody at a
    shell); `scanned_at` is the device's clock, `received_at` ours. `seconds` went by from the first look; `missing` pieces
    were not given. `conflict_id`: somebody has to look into it, or has. `number` is None for an unknown code, `tz` is the
    point's."""

    id: int
    scan_id: str
    number: OrderNumber | None
    outcome: Name
    device_id: int
    device: str
    staff: str | None
    set_up_by: str | None
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


class ScanPage(Struct, frozen=True):
    """`next` goes into `after` for the scans before these; None: there are none."""

    items: list[ScanView]
    next: int | None


_undoer = aliased(Device)
_SCANS: Any = (
    placed(
        select(
            Scan.id, Scan.scan_id, Order.number, Scan.outcome, Scan.device_id, Device.name.label("device"), Scan.staff,
            Staff.name.label("set_up_by"), place_code.label("point"), place_zone.label("tz"), Scan.scanned_at, Scan.received_at,
            Scan.details, Scan.undone_at, _undoer.name.label("undone_by"), Conflict.id.label("conflict_id"),
        )
    )
    .outerjoin(Staff, Staff.id == Device.created_by)
    .outerjoin(_undoer, _undoer.id == Scan.undone_by)
    .order_by(Scan.received_at.desc(), Scan.id.desc())
)  # fmt: skip


def scans(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    point_id: int | None = None,
    device_id: int | None = None,
    staff: str | None = None,
    number: str | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> ScanPage:
    """Scans, the last received first: received in [since, until), of a point, a device, a person, an order's number. One
    statement.

    The point is the order's, of an unknown code the device's. `staff` is a `shifts.short_name`;
    `after` the id of the last scan that was shown.
    """
    wanted = _SCANS
    if since is not None:
        wanted = wanted.where(Scan.received_at >= since)
    if until is not None:
        wanted = wanted.where(Scan.received_at < until)
    if point_id is not None:
        wanted = wanted.where(place_id == point_id)
    if device_id is not None:
        wanted = wanted.where(Scan.device_id == device_id)
    if staff is not None:
        wanted = wanted.where(Scan.staff == staff)
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
    seconds = seconds_of(details, row.scanned_at, row.received_at) if given else None
    return ScanView(
        id=row.id, scan_id=row.scan_id, number=OrderNumber(row.number) if row.number else None, outcome=Name(row.outcome),
        device_id=row.device_id, device=row.device, staff=row.staff, set_up_by=row.set_up_by, point=row.point, tz=row.tz,
        scanned_at=row.scanned_at, received_at=row.received_at, seconds=seconds, offline=bool(details.get("offline")),
        forged=bool(details.get("forged")), missing=sum(quantity for _, quantity in details.get("missing") or ()),
        undone_at=row.undone_at, undone_by=row.undone_by, conflict_id=row.conflict_id,
    )  # fmt: skip
