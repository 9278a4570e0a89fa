"""How the counters did: hand-overs by the hour, seconds from the first look to the hand-over, what scans were told, conflicts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
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


class Day(Struct, frozen=True):
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


class Person(Struct, frozen=True):
    """What somebody did at one point in the whole period; `staff` is None for scans of which nobody said who made them. The
    figures are those of `Day`."""

    point: str
    staff: str | None
    handed_over: int
    undone: int
    refused: int
    seconds: float | None


class CounterReport(Struct, frozen=True):
    """The scans of a period. `hours` are local hours (date and hour) of each point, with the parcels handed over in them."""

    handed_over: int
    undone: int
    conflicts: int
    seconds: float | None
    outcomes: Mapping[Name, int]
    hours: tuple[tuple[str, date, int, int], ...]
    days: tuple[Day, ...]
    people: tuple[Person, ...]


@dataclass(slots=True)
class _Sum:
    device: str = ""
    handed_over: int = 0
    undone: int = 0
    offline: int = 0
    refused: int = 0
    conflicts: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, row: Any) -> bool:
        """Count a scan; answers whether a parcel went with it, and stayed away."""
        details: Mapping[str, Any] = row.details or {}
        self.device = row.name
        self.conflicts += row.conflict is not None
        self.offline += bool(details.get("offline"))
        gave = row.outcome == Name.COLLECTED.value
        went = gave and row.undone_at is None
        self.refused += not gave
        self.undone += gave and not went
        self.handed_over += went
        if went and (seconds := seconds_of(details, row.scanned_at, row.received_at)) is not None:
            self.seconds.append(seconds)
        return went

    def median(self) -> float | None:
        return median(self.seconds) if self.seconds else None


_theirs, _own = aliased(PickupPoint), aliased(PickupPoint)
place_id: Any = func.coalesce(_theirs.id, _own.id)
place_code: Any = func.coalesce(_theirs.code, _own.code, ANYWHERE)
place_zone: Any = func.coalesce(_theirs.tz, _own.tz, "UTC")


def placed(scans: Any) -> Any:
    """A question about scans with all that says where they were: the point is the order's (place_id, place_code, place_zone), of
    an unknown code the device's. Knows the device, the order and the conflict of each scan too."""
    return (
        scans.join(Device, Device.id == Scan.device_id)
        .outerjoin(Order, Order.id == Scan.order_id)
        .outerjoin(_theirs, _theirs.id == Order.pickup_point_id)
        .outerjoin(_own, _own.id == Device.pickup_point_id)
        .outerjoin(Conflict, Conflict.scan_id == Scan.scan_id)
    )


def counter_report(since: datetime, until: datetime, *, point_id: int | None = None) -> CounterReport:
    """Every scan that was received in [since, until), of one point or of all. One statement; the days are the points' own."""
    columns = (
        Scan.outcome, Scan.scanned_at, Scan.received_at, Scan.undone_at, Scan.details, Scan.device_id, Scan.staff, Device.name,
        place_code.label("point"), place_zone.label("tz"), Conflict.id.label("conflict"),
    )  # fmt: skip
    wanted = placed(select(*columns)).where(Scan.received_at >= since, Scan.received_at < until).order_by(Scan.id)
    if point_id is not None:
        wanted = wanted.where(place_id == point_id)
    with reading() as session:
        return _add_up(session.execute(wanted).all())


def _add_up(rows: Iterable[Any]) -> CounterReport:
    outcomes: Counter[Name] = Counter()
    hours: Counter[tuple[str, date, int]] = Counter()
    days: defaultdict[tuple[str, date, int], _Sum] = defaultdict(_Sum)
    people: defaultdict[tuple[str, str], _Sum] = defaultdict(_Sum)
    whole = _Sum()
    for row in rows:
        happened = row.scanned_at if (row.details or {}).get("offline") else row.received_at
        local = happened.astimezone(ZoneInfo(row.tz))
        outcomes[Name(row.outcome)] += 1
        for one in (whole, people[row.point, row.staff or ""]):
            one.add(row)
        if days[row.point, local.date(), row.device_id].add(row):
            hours[row.point, local.date(), local.hour] += 1
    return CounterReport(
        handed_over=whole.handed_over, undone=whole.undone, conflicts=whole.conflicts, seconds=whole.median(),
        outcomes=dict(outcomes), hours=tuple((*key, count) for key, count in sorted(hours.items())),
        days=tuple(
            Day(*key, day.device, day.handed_over, day.undone, day.offline, day.refused, day.conflicts, day.median())
            for key, day in sorted(days.items())
        ),
        people=tuple(
            Person(point, staff or None, one.handed_over, one.undone, one.refused, one.median())
            for (point, staff), one in sorted(people.items())
        ),
    )  # fmt: skip


def seconds_of(details: Mapping[str, Any] | None, scanned_at: datetime, received_at: datetime) -> float | None:
    """From the first look to the hand-over, by one clock: ours when the shop showed the parcel, the device's when it says both
    moments. None when the page did not say, or what it said cannot be."""
    known = details or {}
    shown_at, looked_at = _moment(known.get("shown_at")), _moment(known.get("looked_at"))
    if shown_at is not None:
        took = received_at - shown_at
    elif looked_at is not None:
        took = (scanned_at if scanned_at > looked_at else received_at) - looked_at
    else:
        return None
    return took.total_seconds() if timedelta() <= took <= LONGEST_VISIT else None


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
