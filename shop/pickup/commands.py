"""Verbs at the counter: look at a parcel, hand it over, say that it is ready."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

import structlog
from sqlalchemy import FromClause, String, bindparam, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import metrics
from shop.base.db import UtcDateTime, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import PickupCode
from shop.base.onego import CameShort, OneGo, Part
from shop.base.outbox import announce_part
from shop.catalogue import stock
from shop.catalogue.states import HoldState
from shop.flights.models import PickupPoint
from shop.orders import events, moves
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState, RefundState
from shop.people.queries import KnownDevice
from shop.pickup import codes, queries, rules
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Collected,
    Name,
    NotPaid,
    NotReady,
    OtherPoint,
    Outcome,
    Refunded,
    Revoked,
    Unknown,
    WrongDay,
)

LOG = structlog.get_logger("shop.counter")
PICKUPS: Any = Pickup.__table__
SCANS: Any = Scan.__table__
ORDERS: Any = Order.__table__
UNPACKED = frozenset({OrderState.PAID, OrderState.PACKING})
POINTS: Any = PickupPoint.__table__


class WrongScanId(ShopError):
    """A scan needs an id of its own, 8 to 64 characters, so that it can be sent again safely."""

    kind, code = Kind.INVALID, "wrong_scan_id"


class ScanIdReused(ShopError):
    """This id belongs to a scan of another code: a scan needs an id of its own."""

    kind, code = Kind.REFUSED, "scan_id_reused"


class _OrderChanged(ShopError):
    """The order went elsewhere between two looks of one statement: nothing was taken."""

    kind, code = Kind.CONFLICT, "order_state_changed"


@dataclass(frozen=True, slots=True)
class Asked:
    """A scan: the text as scanned or typed, the page's own id for it, and the device's time."""

    text: str
    scan_id: str
    scanned_at: datetime


def look(text: str, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    """What a hand-over would answer. Changes nothing and leaves no trace in the audit."""
    read = codes.read(text, secret)
    if read is None or read.forged:
        return Unknown(forged=read is not None)
    with reading() as session:
        found = queries.find(session, read.code, "", device.pickup_point_id)
    return Unknown() if found is None else _answer(found, rules.meaning(found.facts, now), now)


def hand_over(asked: Asked, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    """Give the goods to whoever shows the code, once and only once.

    A scan that is sent again because its answer got lost (same `scan_id`) gets the answer of the first time. Of two
    counters that scan together one gets Collected, the other AlreadyCollected. Refusals are written into the audit;
    a second scan of a collected parcel changes nothing, it is only counted and logged. Raises WrongScanId,
    ScanIdReused.
    """
    outcome = _answer_scan(asked, device, secret, now)
    metrics.SCANS.labels(outcome.name.value).inc()
    LOG.info("scan", outcome=outcome.name.value, scan_id=asked.scan_id, device=device.id)  # never the text: it opens a parcel
    return outcome


def _answer_scan(asked: Asked, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    if not 8 <= len(asked.scan_id) <= 64:
        raise WrongScanId(fields={"scan_id": ["wrong_scan_id"]})
    read = codes.read(asked.text, secret)
    if read is None or read.forged:
        return _refuse_unknown(asked, device, now, forged=read is not None)
    try:
        return _hand_over(read.code, asked, device, now)
    except (
        IntegrityError,
        _OrderChanged,
    ):  # the same scan at the same moment, or the order moved: it is written by now
        return _hand_over(read.code, asked, device, now)


def _hand_over(code: PickupCode, asked: Asked, device: KnownDevice, now: datetime) -> Outcome:
    taken, found = _take(code, asked, device, now)
    if found is not None:
        if taken:
            return _answer(found, Name.COLLECTED, now)
        if (outcome := _known(found, asked, now)) is not None:
            return outcome
    with transaction() as session:
        found = queries.find(session, code, asked.scan_id, device.pickup_point_id)
        if found is None:
            _remember_unknown(session, asked, device, now, forged=False)
            return Unknown()
        if (outcome := _known(found, asked, now)) is not None:
            return outcome
        name = rules.meaning(found.facts, now)
        if (
            name is Name.COLLECTED
        ):  # it has just become possible: say "not ready" rather than guess, the next scan takes it
            name = Name.NOT_READY
        _remember(session, asked, device, now, name, found.order_id)
        return _answer(found, name, now)


def _take(code: PickupCode, asked: Asked, device: KnownDevice, now: datetime) -> tuple[bool, queries.Found | None]:
    """Hand over if that is possible, and what the code belonged to before. True: this scan, and no other, has the parcel.

    One round trip, whatever comes of it: of several counters that ask together, the row is the prize and one wins it.
    Raises _OrderChanged.
    """
    values = {
        "p_code": code, "p_scan_id": asked.scan_id, "p_now": now, "p_scanned_at": asked.scanned_at, "p_device_id": device.id,
        "p_point_id": device.pickup_point_id, "p_who": f"device:{device.id}", "p_why": "handed over",
    }  # fmt: skip
    try:
        went = _TAKE.alone(values)
    except CameShort:
        raise _OrderChanged from None
    return went.row is not None, queries.found(went.beside, device.pickup_point_id)


def _known(found: queries.Found, asked: Asked, now: datetime) -> Outcome | None:
    """The answer that needs no writing: this scan was answered before, or the parcel is gone. Raises ScanIdReused."""
    if found.scan_id == asked.scan_id and found.collected_at is not None:
        return _answer(found, Name.COLLECTED, found.collected_at)
    if found.said is not None:
        if found.said_of != found.order_id:
            raise ScanIdReused(fields={"scan_id": ["scan_id_reused"]})
        return _answer(found, Name(found.said), now)
    if rules.meaning(found.facts, now) is Name.ALREADY_COLLECTED:
        return _answer(found, Name.ALREADY_COLLECTED, now)
    return None


def _refuse_unknown(asked: Asked, device: KnownDevice, now: datetime, *, forged: bool) -> Outcome:
    # The same scan at the same moment has written it when there is an IntegrityError.
    with suppress(IntegrityError), transaction() as session:
        _remember_unknown(session, asked, device, now, forged=forged)
    return Unknown(forged=forged)


def _remember_unknown(session: Session, asked: Asked, device: KnownDevice, now: datetime, *, forged: bool) -> None:
    """Write the scan of a code that does not exist into the audit, once. Raises ScanIdReused."""
    said = queries.said_before(session, asked.scan_id)
    if said is None:
        _remember(session, asked, device, now, Name.UNKNOWN, None, forged=forged)
    elif said != Name.UNKNOWN.value:
        raise ScanIdReused(fields={"scan_id": ["scan_id_reused"]})


def _remember(
    session: Session,
    asked: Asked,
    device: KnownDevice,
    now: datetime,
    outcome: Name,
    order_id: int | None,
    **details: object,
) -> None:
    session.execute(
        insert(SCANS),
        {
            "scan_id": asked.scan_id, "device_id": device.id, "order_id": order_id, "outcome": outcome.value,
            "details": details or None, "scanned_at": asked.scanned_at, "received_at": now,
        },
    )  # fmt: skip


def _answer(found: queries.Found, name: Name, at: datetime) -> Outcome:
    parcel = found.parcel
    match name:
        case Name.COLLECTED:
            return Collected(parcel, at)
        case Name.ALREADY_COLLECTED:
            return AlreadyCollected(parcel, found.collected_at or at, found.collected_by)
        case Name.NOT_READY:
            return NotReady(parcel)
        case Name.NOT_PAID:
            return NotPaid(parcel)
        case Name.CANCELLED:
            return Cancelled(parcel)
        case Name.REFUNDED:
            return Refunded(parcel)
        case Name.OTHER_POINT:
            return OtherPoint(parcel)
        case Name.WRONG_DAY:
            return WrongDay(parcel, found.facts.collect_from)
        case Name.UNKNOWN:
            return Unknown()
        case Name.REVOKED:
            return Revoked()
        case _:
            assert_never(name)


def _taking() -> OneGo:
    """`rules.meaning(…) is COLLECTED` as the guard of an update; a test holds the two against each other."""
    p_now = bindparam("p_now", type_=UtcDateTime)
    p_point = bindparam("p_point_id", type_=ORDERS.c.pickup_point_id.type)
    first = (
        update(PICKUPS)
        .where(
            PICKUPS.c.code == bindparam("p_code"),
            PICKUPS.c.collected_at.is_(None),
            PICKUPS.c.revoked_at.is_(None),
            # What was said to this scan before is said again, whatever has become of the order since.
            ~select(SCANS.c.id).where(SCANS.c.scan_id == bindparam("p_scan_id", type_=String)).exists(),
            ORDERS.c.id == PICKUPS.c.order_id,
            POINTS.c.id == ORDERS.c.pickup_point_id,
            ORDERS.c.refund_state != RefundState.REFUNDED.value,
            or_(p_point.is_(None), ORDERS.c.pickup_point_id == p_point),
            or_(
                ORDERS.c.state == OrderState.READY.value,
                (ORDERS.c.state == OrderState.PAID.value) & POINTS.c.hands_over_unpacked,
            ),
            or_(POINTS.c.hands_over_early, ORDERS.c.collect_from <= p_now),
        )
        .values(
            collected_at=p_now,
            collected_by=bindparam("p_device_id", type_=PICKUPS.c.collected_by.type),
            scan_id=bindparam("p_scan_id", type_=String),
        )
        .returning(PICKUPS.c.order_id.label("id"))
    )

    def then(source: FromClause) -> Sequence[Part]:
        audit = insert(SCANS).from_select(
            ["scan_id", "device_id", "order_id", "outcome", "scanned_at", "received_at"],
            select(
                bindparam("p_scan_id", type_=String),
                bindparam("p_device_id", type_=SCANS.c.device_id.type),
                source.c.id,
                literal(Name.COLLECTED.value),
                bindparam("p_scanned_at", type_=UtcDateTime),
                p_now,
            ),
        )
        return [
            *moves.parts(source, OrderState.COLLECTED, collected_at=moves.NOW),
            *stock.move_parts(source, HoldState.ALLOCATED, HoldState.HANDED_OVER),
            ("audit", audit),
            announce_part(source, events.COLLECTED),
        ]

    return OneGo(first, then, must={"moved": 1}, beside=queries.FOUND)


_TAKE = _taking()


def make_ready(number: str, device: KnownDevice, now: datetime) -> None:
    """The parcel is packed and lies at the counter. Harmless twice. Raises NoSuchOrder, NoSuchMove (unpaid, or gone)."""
    with transaction() as session:
        row = session.execute(
            select(Order.id, Order.state, Order.pickup_point_id)
            .where(Order.number == number.strip().upper())
            .with_for_update()
        ).first()
        if row is None or device.pickup_point_id not in (None, row.pickup_point_id):
            raise NoSuchOrder
        if row.state != OrderState.READY.value:
            moves.move(session, row.id, OrderState.READY, now, who=f"device:{device.id}", why="packed", start=UNPACKED)
