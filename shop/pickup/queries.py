"""Questions about pickup codes and scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, PickupCode
from shop.base.money import Currency, Money
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
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


_pickups, _orders, _lines, _points = (model.__table__.c for model in (Pickup, Order, OrderLine, PickupPoint))
FOUND = (  # a row for each line
    select(
        _pickups.order_id, _pickups.code, _pickups.revoked_at, _pickups.collected_at, _pickups.scan_id,
        _orders.number, _orders.state, _orders.refund_state, _orders.total_minor, _orders.total_currency,
        _orders.traveller_name, _orders.flight_number, _orders.departs_at, _orders.final_destination, _orders.collect_from,
        _points.id.label("point_id"), _points.code.label("point"), _points.tz, _points.hands_over_unpacked, _points.hands_over_early,
        Device.__table__.c.name.label("device"), Scan.__table__.c.outcome, Scan.__table__.c.order_id.label("said_of"),
        _lines.sku, _lines.name_zh, _lines.name_en, _lines.name_de, _lines.picture, (_lines.quantity - _lines.refunded).label("quantity"),
    )
    .select_from(Pickup.__table__)
    .join(Order.__table__, _orders.id == _pickups.order_id)
    .join(OrderLine.__table__, _lines.order_id == _orders.id)
    .join(PickupPoint.__table__, _points.id == _orders.pickup_point_id)
    .outerjoin(Device.__table__, Device.__table__.c.id == _pickups.collected_by)
    .outerjoin(Scan.__table__, Scan.__table__.c.scan_id == bindparam("p_scan_id"))
    .where(_pickups.code == bindparam("p_code"))
    .order_by(_lines.position)
)  # fmt: skip
_FOUND = Question(FOUND)


def find(session: Session, code: PickupCode, scan_id: str, point_id: int | None) -> Found | None:
    """The parcel of `code` as a device of `point_id` (None: every point) sees it, or None: no such code."""
    return found(_FOUND.rows(session, {"p_code": code, "p_scan_id": scan_id}), point_id)


def found(rows: Sequence[Any], point_id: int | None) -> Found | None:
    """What the rows of `FOUND` say."""
    if not rows:
        return None
    row = rows[0]
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
    return Found(
        OrderId(row.order_id), facts, _parcel(row, rows), row.collected_at, row.device or "", row.scan_id, row.outcome, row.said_of
    )


def _parcel(row: Any, lines: Sequence[Any]) -> Parcel:
    return Parcel(
        number=row.number, code=row.code, traveller_name=row.traveller_name, flight_number=row.flight_number,
        departs_at=row.departs_at, tz=row.tz, final_destination=row.final_destination,
        total=Money(row.total_minor, Currency(row.total_currency)), point=row.point,
        lines=tuple(
            ParcelLine(line.sku, {"zh": line.name_zh, "en": line.name_en, "de": line.name_de}, line.picture, line.quantity)
            for line in lines
            if line.quantity
        ),
    )  # fmt: skip


def said_before(session: Session, scan_id: str) -> str | None:
    """The outcome this scan id was told when it came the first time, or None."""
    return session.scalar(select(Scan.outcome).where(Scan.scan_id == scan_id))
