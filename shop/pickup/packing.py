"""Verbs of packing: waves, pieces into a parcel, the parcel onto the shelf, ready, and back to stock.

Every verb locks the order's row first and looks afterwards: packers, refunds, flight changes and hand-overs of one
order take turns. A shortage is not a verb of its own here: `check_shortage`, then the door asks payments for the refund
of the line, which is one transaction and leaves nothing half done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import FromClause, bindparam, func, insert, literal, select, update
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime, changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.onego import Part
from shop.base.outbox import announce
from shop.catalogue.models import Product
from shop.orders import moves
from shop.orders.models import Order, OrderLine
from shop.orders.queries import NoSuchOrder
from shop.orders.states import NoSuchMove, OrderState, RefundState
from shop.people.queries import KnownDevice
from shop.pickup import events, packing_rules
from shop.pickup.packing_models import PackedLine, PackedParcel, ShelfSlot
from shop.pickup.packing_rules import LineToPack, ParcelState, check_parcel_move

LOG = structlog.get_logger("shop.packing")
PARCELS: Any = PackedParcel.__table__
REMEMBERED = 60  # ids of scans that a parcel remembers
OVER = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.NO_SHOW})
ON_THE_SHELF = (ParcelState.PACKING.value, ParcelState.READY.value)


class NoSuchSlot(ShopError):
    """The order's pickup point has no such slot, or nothing is put there any more."""

    kind, code = Kind.NOT_FOUND, "no_such_slot"


class SlotFull(ShopError):
    """Somebody has put the last parcel there that it takes."""

    kind, code = Kind.CONFLICT, "slot_full"


class SlotNeeded(ShopError):
    """The point has a shelf: a parcel is ready when it lies there."""

    kind, code = Kind.REFUSED, "slot_needed"


class StillWanted(ShopError):
    """The order is alive: its parcel stays where it is."""

    kind, code = Kind.CONFLICT, "still_wanted"


class NoParcel(ShopError):
    """Nobody has begun to pack this order: there is nothing to take off the shelf."""

    kind, code = Kind.NOT_FOUND, "no_parcel"


class Packer(Struct, frozen=True):
    """Who packs: `device:7` or `staff:3`; and for which pickup point (None: for all of them)."""

    who: str
    point_id: int | None

    @classmethod
    def with_device(cls, device: KnownDevice) -> "Packer":
        return cls(f"device:{device.id}", device.pickup_point_id)


class Counted(Struct, frozen=True):
    """What a packer is told after a piece: of this line, and how many of the whole parcel are still missing."""

    position: int
    sku: str
    packed: int
    wanted: int
    missing: int


# --- one order's parcel -----------------------------------------------------------------------------------------------


def start_packing(number: str, packer: Packer, now: datetime) -> None:
    """Somebody packs this order now. Harmless twice. Raises NoSuchOrder, NoSuchMove (unpaid, ready, gone, refunded)."""
    with transaction() as session:
        _begin(session, _lock(session, number, packer), packer, now)


def scan_product(number: str, ean: str, packer: Packer, now: datetime, scan_id: str = "") -> Counted:
    """Put one piece into the parcel; the first one starts the packing. The same `scan_id` counts once.

    Raises WrongArticle, TooMany, NoSuchOrder, NoSuchMove.
    """
    return _count(number, ean, 1, packer, now, scan_id)


def unpack(number: str, ean: str, packer: Packer, now: datetime, scan_id: str = "") -> Counted:
    """Take one piece out again. The same `scan_id` counts once. Raises WrongArticle, NothingPacked, NoSuchOrder, NoSuchMove."""
    return _count(number, ean, -1, packer, now, scan_id)


def count_by_hand(number: str, position: int, packed: int, packer: Packer, now: datetime) -> Counted:
    """Say how many pieces of a line lie in the parcel: for what cannot be scanned. Harmless twice.

    Raises WrongArticle, TooMany, NothingPacked (below zero), NoSuchOrder, NoSuchMove.
    """
    with transaction() as session:
        order = _lock(session, number, packer)
        _begin(session, order, packer, now)
        lines = _lines(session, order.id)
        line = packing_rules.line_at(lines, position)
        _set_count(session, order.id, {position: packing_rules.check_count(line, packed)})
        return _counted(line, packed, lines)


def put_on_shelf(number: str, slot: str, packer: Packer, now: datetime) -> str:
    """The parcel lies in this slot now; answers its code. Harmless twice; it leaves the slot it was in.

    Raises NoSuchSlot, SlotFull, WrongSlot, NoSuchOrder, NoSuchMove (nobody packs it).
    """
    with transaction() as session:
        order = _lock(session, number, packer)
        if order.state not in (OrderState.PACKING.value, OrderState.READY.value):
            raise NoSuchMove(state=order.state, wanted=OrderState.READY.value)
        _parcel(session, order.id, now)
        return _shelve(session, order, slot, now)


def finish(number: str, packer: Packer, now: datetime, *, slot: str | None = None, by_hand: bool = False) -> None:
    """The parcel is complete and lies in `slot` (or where it was put before): the traveller may come.

    Announced once for each parcel. `by_hand`: a person says that all is in it, whether scanned or not. Harmless twice.
    Raises NotComplete, SlotNeeded, NoSuchSlot, SlotFull, WrongSlot, NoSuchOrder, NoSuchMove.
    """
    with transaction() as session:
        order = _lock(session, number, packer)
        if order.state == OrderState.READY.value:
            if slot:
                _parcel(session, order.id, now)
                _shelve(session, order, slot, now)
            return
        parcel = _begin(session, order, packer, now)
        lines = _lines(session, order.id)
        if by_hand:
            _set_count(session, order.id, {line.position: line.wanted for line in lines})
        else:
            packing_rules.check_complete(lines)
        if slot:
            _shelve(session, order, slot, now)
        elif parcel.slot_id is None and _has_shelf(session, order.pickup_point_id):
            raise SlotNeeded(fields={"slot": ["slot_needed"]})
        moves.move(
            session, order.id, OrderState.READY, now, who=packer.who, why="packed", start=frozenset({OrderState.PACKING})
        )
        _change(session, order.id, now, state=ParcelState.READY.value, packed_at=now, packed_by=packer.who)
        if parcel.told_at is None:
            _change(session, order.id, now, told_at=now)
            announce(session, events.READY, now, order.id)


def reopen(number: str, packer: Packer, now: datetime) -> None:
    """Take a parcel that was ready off the shelf and pack it once more. Harmless twice. Raises NoSuchOrder, NoSuchMove."""
    with transaction() as session:
        order = _lock(session, number, packer)
        if order.state == OrderState.PACKING.value:
            return
        moves.move(
            session, order.id, OrderState.PACKING, now, who=packer.who, why="opened again", start=frozenset({OrderState.READY})
        )
        _parcel(session, order.id, now)
        _change(session, order.id, now, state=ParcelState.PACKING.value, slot_id=None)


def back_to_stock(number: str, packer: Packer, now: datetime) -> None:
    """The parcel of an order that is over was emptied, its slot is free. Harmless twice.

    The numbers of stock moved when the order ended. Raises StillWanted, NoParcel, NoSuchOrder, ParcelMoved (collected).
    """
    with transaction() as session:
        order = _lock(session, number, packer)
        if OrderState(order.state) not in OVER:
            raise StillWanted(state=order.state)
        parcel = session.execute(select(PARCELS).where(PARCELS.c.order_id == order.id)).first()
        if parcel is None:
            raise NoParcel
        if parcel.state != ParcelState.BACK_TO_STOCK.value:
            check_parcel_move(ParcelState(parcel.state), ParcelState.BACK_TO_STOCK)
            _change(session, order.id, now, state=ParcelState.BACK_TO_STOCK.value, slot_id=None)
            session.execute(update(PackedLine).where(PackedLine.order_id == order.id).values(packed=0))


def check_shortage(number: str, position: int, quantity: int, packer: Packer) -> str:
    """May these pieces be said to be missing, and their money sent back? Answers the order's number; changes nothing.

    What is packed meanwhile lies in the parcel as surplus, and `finish` says so. Raises ShortageTooLarge, WrongArticle,
    NoSuchOrder, NoSuchMove (unpaid, gone).
    """
    with reading() as session:
        order: Any = session.execute(_order(number)).first()
        _check_here(order, packer)
        if order.state not in (OrderState.PAID.value, OrderState.PACKING.value, OrderState.READY.value):
            raise NoSuchMove(state=order.state, wanted=OrderState.PACKING.value)
        packing_rules.check_shortage(packing_rules.line_at(_lines(session, order.id), position), quantity)
        return str(order.number)


def _count(number: str, ean: str, step: int, packer: Packer, now: datetime, scan_id: str) -> Counted:
    with transaction() as session:
        order = _lock(session, number, packer)
        parcel = _begin(session, order, packer, now)
        lines = _lines(session, order.id)
        line = packing_rules.line_of(lines, ean)
        if scan_id and scan_id in parcel.recent_scans:
            return _counted(line, line.packed, lines)
        packed = packing_rules.check_count(line, line.packed + step)
        _set_count(session, order.id, {line.position: packed})
        if scan_id:
            _change(session, order.id, now, recent_scans=[*parcel.recent_scans, scan_id[:64]][-REMEMBERED:])
        return _counted(line, packed, lines)


def _counted(line: LineToPack, packed: int, lines: list[LineToPack]) -> Counted:
    others = sum(max(other.wanted - other.packed, 0) for other in lines if other.position != line.position)
    return Counted(line.position, line.sku, packed, line.wanted, others + max(line.wanted - packed, 0))


def _order(number: str) -> Any:
    return select(Order.id, Order.number, Order.state, Order.refund_state, Order.pickup_point_id).where(
        Order.number == number.strip().upper()[:16]
    )


def _check_here(order: Any | None, packer: Packer) -> None:
    """Raises NoSuchOrder: it is packed elsewhere, which is not this packer's business."""
    if order is None or packer.point_id not in (None, order.pickup_point_id):
        raise NoSuchOrder


def _lock(session: Session, number: str, packer: Packer) -> Any:
    """The order's row, kept until the end of the transaction. Raises NoSuchOrder."""
    order: Any = session.execute(_order(number).with_for_update()).first()
    _check_here(order, packer)
    return order


def _begin(session: Session, order: Any, packer: Packer, now: datetime) -> Any:
    """The parcel of an order that is being packed from now on. Raises NoSuchMove."""
    if order.refund_state == RefundState.REFUNDED.value:
        raise NoSuchMove(state=order.refund_state, wanted=OrderState.PACKING.value)
    if order.state != OrderState.PACKING.value:
        paid = frozenset({OrderState.PAID})
        moves.move(session, order.id, OrderState.PACKING, now, who=packer.who, why="packing", start=paid)
    parcel = _parcel(session, order.id, now)
    if parcel.state != ParcelState.PACKING.value:
        check_parcel_move(ParcelState(parcel.state), ParcelState.PACKING)
        _change(session, order.id, now, state=ParcelState.PACKING.value)
    return parcel


def _parcel(session: Session, order_id: int, now: datetime) -> Any:
    """The parcel of a locked order, begun if there was none."""
    wanted = select(PARCELS).where(PARCELS.c.order_id == order_id)
    row = session.execute(wanted).first()
    if row is None:
        open_parcels(session, [order_id], now)
        row = session.execute(wanted).one()
    return row


def open_parcels(session: Session, order_ids: list[int], now: datetime) -> None:
    """Parcels for locked orders that have none yet, with nothing in them. In the caller's transaction."""
    if not order_ids:
        return
    begun = set(session.scalars(select(PARCELS.c.order_id).where(PARCELS.c.order_id.in_(order_ids))))
    new = [key for key in order_ids if key not in begun]
    if not new:
        return
    blank = {"state": ParcelState.OPEN.value, "recent_scans": [], "opened_at": now, "changed_at": now}
    session.execute(insert(PackedParcel), [{"order_id": key, **blank} for key in new])
    session.execute(
        insert(PackedLine).from_select(
            ["order_id", "position", "packed"],
            select(OrderLine.order_id, OrderLine.position, literal(0)).where(OrderLine.order_id.in_(new)),
        )
    )


def _lines(session: Session, order_id: int) -> list[LineToPack]:
    rows = session.execute(
        select(
            OrderLine.position, OrderLine.sku, Product.ean, OrderLine.quantity - OrderLine.refunded,
            func.coalesce(PackedLine.packed, 0),
        )
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(PackedLine, (PackedLine.order_id == OrderLine.order_id) & (PackedLine.position == OrderLine.position))
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    )  # fmt: skip
    return [LineToPack(*row) for row in rows]


def _set_count(session: Session, order_id: int, packed: Mapping[int, int]) -> None:
    for position, count in packed.items():
        own = (PackedLine.order_id == order_id, PackedLine.position == position)
        session.execute(update(PackedLine).where(*own).values(packed=count))


def _change(session: Session, order_id: int, now: datetime, **values: object) -> None:
    session.execute(update(PARCELS).where(PARCELS.c.order_id == order_id).values(changed_at=now, **values))


# --- the shelf --------------------------------------------------------------------------------------------------------


def put_slots(point_id: int, capacities: Mapping[str, int]) -> None:
    """Make these the slots of the point's shelf (code → parcels it takes). Nothing more is put into those left out.

    Raises WrongSlot.
    """
    with transaction() as session:
        set_slots(session, point_id, capacities)


def set_slots(session: Session, point_id: int, capacities: Mapping[str, int]) -> None:
    """The same in the caller's transaction. Raises WrongSlot."""
    wanted = {packing_rules.clean_slot(code): packing_rules.check_capacity(count) for code, count in capacities.items()}
    own = select(ShelfSlot).where(ShelfSlot.pickup_point_id == point_id).order_by(ShelfSlot.id).with_for_update()
    known = {slot.code: slot for slot in session.scalars(own)}
    for slot in known.values():
        slot.active, slot.capacity = slot.code in wanted, wanted.get(slot.code, slot.capacity)
    new = [(code, capacity) for code, capacity in wanted.items() if code not in known]
    session.add_all(ShelfSlot(pickup_point_id=point_id, code=code, capacity=capacity, active=True) for code, capacity in new)
    session.flush()


def _has_shelf(session: Session, point_id: int) -> bool:
    own = select(ShelfSlot.id).where(ShelfSlot.pickup_point_id == point_id, ShelfSlot.active).limit(1)
    return session.scalar(own) is not None


def _shelve(session: Session, order: Any, code: str, now: datetime) -> str:
    """Put the parcel of a locked order into a slot of its point. Raises NoSuchSlot, SlotFull, WrongSlot."""
    clean = packing_rules.clean_slot(code)
    slot = session.execute(
        select(ShelfSlot.id, ShelfSlot.capacity)
        .where(ShelfSlot.pickup_point_id == order.pickup_point_id, ShelfSlot.code == clean, ShelfSlot.active)
        .with_for_update()  # packers who put something here take turns, so that the count below is true until the commit
    ).first()
    if slot is None:
        raise NoSuchSlot(slot=clean, fields={"slot": ["no_such_slot"]})
    others = PARCELS.alias("others")
    taken = (
        select(func.count())
        .select_from(others)
        .where(others.c.slot_id == slot.id, others.c.order_id != order.id)
        .scalar_subquery()
    )
    put = session.execute(
        update(PARCELS)
        .where(PARCELS.c.order_id == order.id, PARCELS.c.state.in_(ON_THE_SHELF), taken < slot.capacity)
        .values(slot_id=slot.id, changed_at=now)
    )
    if changed(put) != 1:
        raise SlotFull(slot=clean, fields={"slot": ["slot_full"]})
    return clean


# --- the hand-over ----------------------------------------------------------------------------------------------------


def collected_part(source: FromClause) -> Part:
    """A change for the chain of a hand-over: the parcel of `source.id`, if there is one, is gone and its slot free."""
    gone = (
        update(PARCELS)
        .where(PARCELS.c.order_id.in_(select(source.c.id)))
        .values(state=ParcelState.COLLECTED.value, slot_id=None, changed_at=bindparam("p_now", type_=UtcDateTime))
    )
    return ("parcel", gone)


def taken_back(session: Session, order_id: int, now: datetime) -> None:
    """A hand-over was undone: the parcel is ready again, and no longer in a slot. In the caller's transaction."""
    own = (PARCELS.c.order_id == order_id, PARCELS.c.state == ParcelState.COLLECTED.value)
    session.execute(update(PARCELS).where(*own).values(state=ParcelState.READY.value, changed_at=now))
