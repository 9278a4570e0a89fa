"""A hand-over is taken back: the wrong bag was given, or the traveller changed their mind at the counter."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, null, select, update
from sqlalchemy.orm import Session

from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderNumber
from shop.base.outbox import announce
from shop.catalogue import stock
from shop.catalogue.states import HoldState
from shop.flights.models import PickupPoint
from shop.orders import moves
from shop.orders.models import Order, OrderChange, OrderLine
from shop.orders.states import OrderState, RefundState, check_move
from shop.people.queries import KnownDevice
from shop.people.states import DeviceKind
from shop.pickup import events, packing, rules, taking
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import Name
from shop.pickup.rules import GIVEN, NotYourHandOver, TooLateToUndo

LOG = structlog.get_logger("shop.counter")


class NoSuchScan(ShopError):
    """No scan of this id is known here."""

    kind, code = Kind.NOT_FOUND, "no_such_scan"


class NothingToUndo(ShopError):
    """This scan handed nothing over, or the parcel has been handed over again since, or all its money went back."""

    kind, code = Kind.CONFLICT, "nothing_to_undo"


class Undone(Struct, frozen=True):
    """A hand-over that was taken back at `at`; `state` is what the order is now."""

    number: OrderNumber
    at: datetime
    state: OrderState


def may_undo(scan_id: str, device: KnownDevice, now: datetime) -> bool:
    """Whether `undo` of this scan by this device would be tried now: by who and when, not by what became of the goods. One
    statement."""
    wanted = (
        select(Scan.device_id, Scan.outcome, Scan.received_at, Scan.undone_at, Order.pickup_point_id, PickupPoint.tz)
        .join(Order, Order.id == Scan.order_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Scan.scan_id == scan_id)
    )
    with reading() as session:
        scan = session.execute(wanted).first()
    if scan is None or scan.undone_at is not None or scan.outcome != Name.COLLECTED.value:
        return False
    if device.pickup_point_id not in (None, scan.pickup_point_id):
        return False
    own, supervisor = scan.device_id == device.id, device.kind is DeviceKind.SUPERVISOR
    try:
        rules.check_undo(own=own, supervisor=supervisor, done_at=scan.received_at, now=now, zone=ZoneInfo(scan.tz))
    except (NotYourHandOver, TooLateToUndo):
        return False
    return True


_SOURCE = select(bindparam("p_order_id", type_=BigInteger).label("id")).subquery("source")
_BACK = {state: moves.parts(_SOURCE, state, GIVEN, collected_at=null()) for state in taking.PACKED}


def undo(scan_id: str, device: KnownDevice, now: datetime) -> Undone:
    """Take back what this scan handed over: the order waits again, with its code and its stock. Harmless twice.

    The device that handed over may do it for 15 minutes, a supervisor's of that point for the rest of the day. The audit
    keeps the scan, marked. Pieces that were not given at a partial hand-over stay refunded. Raises NoSuchScan,
    NotYourHandOver, TooLateToUndo, NothingToUndo.
    """
    with transaction() as session:
        scan = session.execute(
            select(Scan.device_id, Scan.order_id, Scan.outcome, Scan.received_at).where(Scan.scan_id == scan_id)
        ).first()
        if scan is None:
            raise NoSuchScan
        if scan.order_id is None or scan.outcome != Name.COLLECTED.value:
            raise NothingToUndo
        # Lock first, look afterwards: refunds, packers and other counters of this order take turns with us.
        session.execute(select(Order.id).where(Order.id == scan.order_id).with_for_update())
        order = _order(session, scan.order_id)
        if device.pickup_point_id not in (None, order.pickup_point_id):
            raise NoSuchScan
        undone_at = session.scalar(select(Scan.undone_at).where(Scan.scan_id == scan_id))
        own, supervisor = scan.device_id == device.id, device.kind is DeviceKind.SUPERVISOR
        if undone_at is None or not own:
            rules.check_undo(own=own, supervisor=supervisor, done_at=scan.received_at, now=now, zone=ZoneInfo(order.tz))
        if undone_at is not None:
            return Undone(OrderNumber(order.number), undone_at, OrderState(order.state))
        if order.scan_id != scan_id or not _anything_left(session, scan.order_id, order):
            raise NothingToUndo
        state = _take_back(session, scan.order_id, order.state, scan_id, device, now)
    LOG.info("hand-over undone", scan_id=scan_id, device=device.id)
    return Undone(OrderNumber(order.number), now, state)


def _order(session: Session, order_id: int) -> Any:
    return session.execute(
        select(Order.number, Order.state, Order.refund_state, Order.pickup_point_id, PickupPoint.tz, Pickup.scan_id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(Pickup, Pickup.order_id == Order.id)
        .where(Order.id == order_id)
    ).one()


def _anything_left(session: Session, order_id: int, order: Any) -> bool:
    """Goods whose money went back altogether are not handed over again: there is nothing to reopen."""
    if order.refund_state == RefundState.REFUNDED.value:
        return False
    left = select(OrderLine.position).where(OrderLine.order_id == order_id, OrderLine.quantity > OrderLine.refunded)
    return session.execute(left.limit(1)).first() is not None


def _take_back(
    session: Session, order_id: int, present: str, scan_id: str, device: KnownDevice, now: datetime
) -> OrderState:
    who = f"device:{device.id}"
    before = session.scalar(
        select(OrderChange.old_state).where(OrderChange.order_id == order_id).order_by(OrderChange.id.desc()).limit(1)
    )
    state = OrderState(str(before))
    check_move(OrderState(present), state)
    for _, change in _BACK[state]:
        session.execute(change, {"p_order_id": order_id, "p_now": now, "p_who": who, "p_why": "hand-over undone"})
    session.execute(
        update(Pickup).where(Pickup.order_id == order_id).values(collected_at=None, collected_by=None, scan_id=None)
    )
    session.execute(update(Scan).where(Scan.scan_id == scan_id).values(undone_at=now, undone_by=device.id))
    stock.move(session, order_id, HoldState.HANDED_OVER, HoldState.ALLOCATED, now)
    _release_refunded(session, order_id, now)
    packing.taken_back(session, order_id, now)
    announce(session, events.UNDONE, now, order_id, scan_id=scan_id, by=who)
    return state


def _release_refunded(session: Session, order_id: int, now: datetime) -> None:
    """Pieces that were refunded after they had been given are not the traveller's any more: on sale again."""
    claims = stock.claimed(session, order_id, HoldState.ALLOCATED)
    lines = session.execute(
        select(OrderLine.product_id, (OrderLine.quantity - OrderLine.refunded).label("left")).where(OrderLine.order_id == order_id)
    )
    for line in lines.all():
        if (surplus := claims.get(line.product_id, 0) - line.left) > 0:
            stock.give_back(session, order_id, line.product_id, surplus, now, missing=False)
