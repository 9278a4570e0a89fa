"""Questions about pickup codes and scans."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, PickupCode
from shop.base.money import Currency, Money
from shop.flights.models import PickupPoint
from shop.orders.models import Order
from shop.orders.queries import lines_of
from shop.orders.states import OrderState, RefundState
from shop.people.models import Device
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import Parcel, ParcelLine
from shop.pickup.rules import Facts


class NoPickupCode(ShopError):
    """The order has no code (yet): it is not paid, or it was cancelled."""

    kind, code = Kind.NOT_FOUND, "no_pickup_code"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the traveller has in hand."""

    code: PickupCode
    issued_at: datetime
    collected_at: datetime | None


def ticket_of(order_id: OrderId) -> Ticket:
    """The order's code. Raises NoPickupCode."""
    with reading() as session:
        row = session.execute(
            select(Pickup.code, Pickup.issued_at, Pickup.collected_at).where(
                Pickup.order_id == order_id, Pickup.revoked_at.is_(None)
            )
        ).first()
    if row is None:
        raise NoPickupCode
    return Ticket(PickupCode(row.code), row.issued_at, row.collected_at)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a scan needs to know about a code, in one statement. `said` is what this scan id was told before, and
    `said_of` of which order."""

    order_id: OrderId
    facts: Facts
    parcel: Parcel
    collected_at: datetime | None
    collected_by: str
    scan_id: str | None
    said: str | None
    said_of: int | None


_FOUND: Any = (
    select(
        Pickup.order_id, Pickup.code, Pickup.revoked_at, Pickup.collected_at, Pickup.scan_id,
        Order.number, Order.state, Order.refund_state, Order.total_minor, Order.total_currency,
        Order.traveller_name, Order.flight_number, Order.departs_at, Order.final_destination, Order.collect_from,
        PickupPoint.id.label("point_id"), PickupPoint.code.label("point"), PickupPoint.tz,
        PickupPoint.hands_over_unpacked, PickupPoint.hands_over_early,
        Device.name.label("device"), Scan.outcome, Scan.order_id.label("said_of"),
    )
    .join(Order, Order.id == Pickup.order_id)
    .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
    .outerjoin(Device, Device.id == Pickup.collected_by)
    .outerjoin(Scan, Scan.scan_id == bindparam("p_scan_id"))
    .where(Pickup.code == bindparam("p_code"))
)  # fmt: skip


def find(session: Session, code: PickupCode, scan_id: str, point_id: int | None) -> Found | None:
    """The parcel of `code` as a device of `point_id` (None: every point) sees it, or None: no such code."""
    row = session.execute(_FOUND, {"p_code": code, "p_scan_id": scan_id}).first()
    if row is None:
        return None
    facts = Facts(
        state=OrderState(row.state),
        refund_state=RefundState(row.refund_state),
        revoked=row.revoked_at is not None,
        collected=row.collected_at is not None,
        here=point_id is None or point_id == row.point_id,
        unpacked=row.hands_over_unpacked,
        early=row.hands_over_early,
        collect_from=row.collect_from,
    )
    parcel = as_parcel(row)
    return Found(OrderId(row.order_id), facts, parcel, row.collected_at, row.device or "", row.scan_id, row.outcome, row.said_of)


def as_parcel(row: Any, lines: tuple[ParcelLine, ...] = ()) -> Parcel:
    """A Parcel from a row that has its columns."""
    return Parcel(
        number=row.number, code=row.code, traveller_name=row.traveller_name, flight_number=row.flight_number,
        departs_at=row.departs_at, tz=row.tz, final_destination=row.final_destination,
        total=Money(row.total_minor, Currency(row.total_currency)), point=row.point, lines=lines,
    )  # fmt: skip


def parcel_lines(session: Session, order_id: int, currency: Currency) -> tuple[ParcelLine, ...]:
    """What lies in the parcel, in one statement."""
    return tuple(ParcelLine(v.sku, v.name, v.picture, v.quantity) for v in lines_of(session, order_id, currency))


def said_before(session: Session, scan_id: str) -> str | None:
    """The outcome this scan id was told when it came the first time, or None."""
    return session.scalar(select(Scan.outcome).where(Scan.scan_id == scan_id))
