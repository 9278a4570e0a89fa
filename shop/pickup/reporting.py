"""How the counters did: hand-overs by the hour, seconds from the first look to the hand-over, what scans were told, conflicts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.flights.models import PickupPoint
from shop.orders.models import Order
from shop.people.models import Device
from shop.pickup.models import Conflict, Scan
from shop.pickup.outcomes import Name

LONGEST_VISIT = timedelta(minutes=30)  # a page that was left open is no traveller who waited
ANYWHERE = "-"  # an unknown code at a device that serves every point


@dataclass(frozen=True, slots=True)
class Day:
    """One device at one point on one local day. `seconds` is the median from the first look to the hand-over, None without any;
    `handed_over` leaves out what was `undone`."""

    point: str
    day: date
    device_id: int
    device: str
    handed_over: int
    undone: int
    offline: int
    refused: int
    conflicts: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class CounterReport:
    """The scans of a period. `hours` are local hours (date and hour) of each point, with the parcels handed over in them."""

    handed_over: int
    undone: int
    conflicts: int
    seconds: float | None
    outcomes: Mapping[Name, int]
    hours: tuple[tuple[str, date, int, int], ...]
    days: tuple[Day, ...]


@dataclass(slots=True)
class _Sum:
    device: str = ""
    handed_over: int = 0
    undone: int = 0
    offline: int = 0
    refused: int = 0
    conflicts: int = 0
    seconds: list[float] = field(default_factory=list)


def counter_report(since: datetime, until: datetime, *, point_id: int | None = None) -> CounterReport:
    """Every scan that was received in [since, until), of one point or of all. One statement; the days are the points' own."""
    theirs, own = aliased(PickupPoint), aliased(PickupPoint)
    point = func.coalesce(theirs.id, own.id)
    wanted: Any = (
        select(
            Scan.outcome, Scan.scanned_at, Scan.received_at, Scan.undone_at, Scan.details, Scan.device_id, Device.name,
            func.coalesce(theirs.code, own.code, ANYWHERE).label("point"), func.coalesce(theirs.tz, own.tz, "UTC").label("tz"),
            Conflict.id.label("conflict"),
        )
        .join(Device, Device.id == Scan.device_id)
        .outerjoin(Order, Order.id == Scan.order_id)
        .outerjoin(theirs, theirs.id == Order.pickup_point_id)
        .outerjoin(own, own.id == Device.pickup_point_id)
        .outerjoin(Conflict, Conflict.scan_id == Scan.scan_id)
        .where(Scan.received_at >= since, Scan.received_at < until)
        .order_by(Scan.id)
    )  # fmt: skip
    if point_id is not None:
        wanted = wanted.where(point == point_id)
    with reading() as session:
        return _add_up(session.execute(wanted).all())


def _add_up(rows: Iterable[Any]) -> CounterReport:
    outcomes: Counter[Name] = Counter()
    hours: Counter[tuple[str, date, int]] = Counter()
    days: dict[tuple[str, date, int], _Sum] = {}
    for row in rows:
        happened = row.scanned_at if (row.details or {}).get("offline") else row.received_at
        local = happened.astimezone(ZoneInfo(row.tz))
        day = days.setdefault((row.point, local.date(), row.device_id), _Sum())
        day.device = row.name
        outcomes[Name(row.outcome)] += 1
        day.conflicts += row.conflict is not None
        day.offline += bool((row.details or {}).get("offline"))
        if row.outcome != Name.COLLECTED.value:
            day.refused += 1
        elif row.undone_at is not None:
            day.undone += 1
        else:
            day.handed_over += 1
            hours[row.point, local.date(), local.hour] += 1
            if (seconds := seconds_of(row.details, row.scanned_at, row.received_at)) is not None:
                day.seconds.append(seconds)
    every = [seconds for day in days.values() for seconds in day.seconds]
    return CounterReport(
        handed_over=sum(day.handed_over for day in days.values()), undone=sum(day.undone for day in days.values()),
        conflicts=sum(day.conflicts for day in days.values()), seconds=median(every) if every else None, outcomes=dict(outcomes),
        hours=tuple((*key, count) for key, count in sorted(hours.items())),
        days=tuple(
            Day(
                *key, day.device, day.handed_over, day.undone, day.offline, day.refused, day.conflicts,
                median(day.seconds) if day.seconds else None,
            )
            for key, day in sorted(days.items())
        ),
    )  # fmt: skip


def seconds_of(details: Mapping[str, Any] | None, scanned_at: datetime, received_at: datetime) -> float | None:
    """From the first look to the hand-over, by one clock: the device's when it says both, else ours. None when the page did
    not say, or what it said cannot be."""
    try:
        looked_at = datetime.fromisoformat(str((details or {}).get("looked_at")))
    except ValueError:
        return None
    if looked_at.tzinfo is None:
        return None
    took = (scanned_at if scanned_at > looked_at else received_at) - looked_at
    return took.total_seconds() if timedelta() <= took <= LONGEST_VISIT else None
