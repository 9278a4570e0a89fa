"""The hand-over as changes of the database: of a whole parcel in one go, of a part of it in steps; and its audit.

The order's row is locked first by whoever hands over, refunds, packs or undoes: they take turns. In the chain the lock
is taken by the question that also decides whether there is anything to take.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    FromClause,
    Select,
    String,
    bindparam,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime, changed
from shop.base.ids import PickupCode
from shop.base.onego import OneGo, Part, Went
from shop.base.outbox import announce, announce_part
from shop.catalogue import stock
from shop.catalogue.models import Product
from shop.catalogue.states import HoldState
from shop.flights.models import PickupPoint
from shop.orders import events as order_events
from shop.orders import moves
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState, RefundState
from shop.people.queries import KnownDevice
from shop.pickup import checks, events, packing, queries
from shop.pickup.checks import NO_ANSWERS, Answers
from shop.pickup.models import HandOverRules, Pickup, Scan
from shop.pickup.outcomes import FoundBy, Name

PICKUPS: Any = Pickup.__table__
SCANS: Any = Scan.__table__
ORDERS: Any = Order.__table__
LINES: Any = OrderLine.__table__
PRODUCTS: Any = Product.__table__
POINTS: Any = PickupPoint.__table__
RULES: Any = HandOverRules.__table__
PACKED = frozenset({OrderState.PAID, OrderState.READY})  # the states from which goods may leave
WHY, WHY_PARTLY = "handed over", "handed over in part"


class Asked(Struct, frozen=True):
    """A scan: the text as scanned or typed, the page's own id for it, and the device's time.

    `checks` are the answers of staff as sent; `lines` the pieces that are handed over, by position or SKU (None: all);
    `offline`: it was done without network, and is reported now; `looked_at`: when the parcel was first shown, by the
    device's clock, `shown_at` the same by ours; `staff`: who was at the counter, by `shifts.short_name`, if they said.
    """

    text: str
    scan_id: str
    scanned_at: datetime
    checks: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[tuple[int | str, int], ...] | None = None
    offline: bool = False
    looked_at: datetime | None = None
    shown_at: datetime | None = None
    staff: str | None = None


def take(
    code: PickupCode, asked: Asked, device: KnownDevice, at: datetime, now: datetime, answered: Mapping[str, Any], *, tell: bool
) -> Went:
    """Hand a whole parcel over if that is possible, in one round trip whatever comes of it (`OneGo.alone`).

    `answered` are the values of `answer_values` and the `p_details` of the audit, as JSON. With `tell` the rows of KNOWN come
    beside it; who has asked for them already does not need them twice. Raises CameShort.
    """
    return (_TAKE if tell else _TAKE_KNOWN).alone(
        {
            "p_code": code, "p_scan_id": asked.scan_id, "p_now": now, "p_at": at, "p_scanned_at": asked.scanned_at,
            "p_device_id": device.id, "p_point_id": device.pickup_point_id, "p_who": f"device:{device.id}", "p_why": WHY,
            "p_staff": asked.staff, **answered,
        }
    )  # fmt: skip


def answer_values(answers: Answers, found: queries.Found | None, at: datetime) -> dict[str, Any]:
    """What the guard of the chain needs to know of the answers."""
    return {
        "p_boarding_pass": found is not None and checks.pass_settled(answers, found.matter()),
        "p_identity": found is not None and checks.identity_settled(answers, checks.identity_kept(found.asks.keeps)),
        "p_age": answers.age, "p_sealed_bag": answers.sealed_bag is not None,
        "p_adults": checks.adults_born_until(at.date()),
    }  # fmt: skip


def unanswered(at: datetime) -> dict[str, Any]:
    """The same for a scan that brings no answers."""
    return answer_values(NO_ANSWERS, None, at)


def _unchecked() -> Any:
    """`checks.still_open` as a condition: the order's point asks for something that was not answered."""

    def has(*conditions: Any) -> Any:
        left = (LINES.c.order_id == ORDERS.c.id, LINES.c.quantity > LINES.c.refunded, PRODUCTS.c.id == LINES.c.product_id)
        return exists(select(LINES.c.position).select_from(LINES, PRODUCTS).where(*left, *conditions).correlate(ORDERS))

    def without(name: str) -> Any:
        return bindparam(f"p_{name}", type_=Boolean).is_(False)

    minor = func.coalesce(ORDERS.c.birth_date > bindparam("p_adults", type_=Date), false())
    return exists(
        select(RULES.c.pickup_point_id)
        .where(
            RULES.c.pickup_point_id == ORDERS.c.pickup_point_id,
            or_(
                RULES.c.asks_boarding_pass & without("boarding_pass"),
                RULES.c.asks_identity & without("identity"),
                RULES.c.asks_age & or_(without("age"), minor) & has(PRODUCTS.c.alcohol_permille > 0),
                RULES.c.asks_sealed_bag
                & without("sealed_bag")
                & (ORDERS.c.destination != ORDERS.c.final_destination)
                & has(PRODUCTS.c.volume_ml > 0),
            ),
        )
        .correlate(ORDERS)
    )


def _taking(beside: Select[Any] | None) -> OneGo:
    """`rules.meaning(…) is COLLECTED` as the guard of an update; a test holds the two against each other."""
    p_now, p_at = bindparam("p_now", type_=UtcDateTime), bindparam("p_at", type_=UtcDateTime)
    p_point = bindparam("p_point_id", type_=ORDERS.c.pickup_point_id.type)
    own = PICKUPS.alias("own")
    # Locked before it is looked at a second time: a refund, an undo or another counter that is at it is waited for.
    order = (
        select(ORDERS.c.id)
        .select_from(own, ORDERS, POINTS)
        .where(
            own.c.code == bindparam("p_code"),
            ORDERS.c.id == own.c.order_id,
            POINTS.c.id == ORDERS.c.pickup_point_id,
            ORDERS.c.refund_state != RefundState.REFUNDED.value,
            or_(p_point.is_(None), ORDERS.c.pickup_point_id == p_point),
            or_(
                ORDERS.c.state == OrderState.READY.value,
                (ORDERS.c.state == OrderState.PAID.value) & POINTS.c.hands_over_unpacked,
            ),
            or_(POINTS.c.hands_over_early, ORDERS.c.collect_from <= p_at),
            ~_unchecked(),
        )
        .with_for_update(of=ORDERS)
        .subquery("the_order")
    )
    first = (
        update(PICKUPS)
        .where(
            PICKUPS.c.order_id == order.c.id,
            PICKUPS.c.collected_at.is_(None),
            PICKUPS.c.revoked_at.is_(None),
            # What was said to this scan before is said again, whatever has become of the order since.
            ~exists(select(SCANS.c.id).where(SCANS.c.scan_id == bindparam("p_scan_id", type_=String))),
        )
        .values(
            collected_at=p_at,
            collected_by=bindparam("p_device_id", type_=PICKUPS.c.collected_by.type),
            scan_id=bindparam("p_scan_id", type_=String),
        )
        .returning(PICKUPS.c.order_id.label("id"))
    )

    def then(source: FromClause) -> Sequence[Part]:
        audit = insert(SCANS).from_select(
            ["scan_id", "device_id", "staff", "order_id", "outcome", "details", "scanned_at", "received_at"],
            select(
                bindparam("p_scan_id", type_=String),
                bindparam("p_device_id", type_=SCANS.c.device_id.type),
                bindparam("p_staff", type_=SCANS.c.staff.type),
                source.c.id,
                literal(Name.COLLECTED.value),
                func.json(bindparam("p_details", type_=String)),  # both databases make JSON of a text with this
                bindparam("p_scanned_at", type_=UtcDateTime),
                p_now,
            ),
        )
        return [
            *moves.parts(source, OrderState.COLLECTED, collected_at=p_at),
            *stock.move_parts(source, HoldState.ALLOCATED, HoldState.HANDED_OVER),
            packing.collected_part(source),
            ("audit", audit),
            announce_part(source, order_events.COLLECTED),
        ]

    return OneGo(first, then, must={"moved": 1}, beside=beside)


_TAKE, _TAKE_KNOWN = _taking(queries.KNOWN), _taking(None)
_SEEN_AGAIN = OneGo(
    insert(SCANS)
    .values(
        {
            "scan_id": bindparam("p_scan_id", type_=String), "device_id": bindparam("p_device_id", type_=SCANS.c.device_id.type),
            "order_id": bindparam("p_order_id", type_=BigInteger), "outcome": literal(Name.ALREADY_COLLECTED.value),
            "staff": bindparam("p_staff", type_=SCANS.c.staff.type),
            "scanned_at": bindparam("p_scanned_at", type_=UtcDateTime), "received_at": bindparam("p_now", type_=UtcDateTime),
        }
    )
    .returning(SCANS.c.id),
    lambda _source: [],
)  # fmt: skip


def seen_again(asked: Asked, device: KnownDevice, order_id: int, now: datetime) -> None:
    """Write a second scan of a collected parcel into the audit, in one round trip. Raises IntegrityError when it was so before."""
    _SEEN_AGAIN.alone(
        {
            "p_scan_id": asked.scan_id, "p_device_id": device.id, "p_order_id": order_id, "p_scanned_at": asked.scanned_at,
            "p_now": now, "p_staff": asked.staff,
        }
    )  # fmt: skip


def remember(
    session: Session, asked: Asked, device: KnownDevice, now: datetime, outcome: Name, order_id: int | None, **details: object
) -> None:
    """Write a scan into the audit, in the caller's transaction."""
    session.execute(
        insert(SCANS).values(
            scan_id=asked.scan_id, device_id=device.id, staff=asked.staff, order_id=order_id, outcome=outcome.value,
            details=details_of(asked, **details) or None, scanned_at=asked.scanned_at, received_at=now,
        )
    )  # fmt: skip


def how(found_by: FoundBy | None) -> dict[str, str | None]:
    """What the audit says of a scan that was no pickup code."""
    return {"found_by": None if found_by in (None, FoundBy.CODE) else found_by.value}


def details_of(asked: Asked, **more: object) -> dict[str, object]:
    """What the audit keeps beside the columns; nothing that is empty."""
    known = {
        "offline": asked.offline or None,
        "looked_at": asked.looked_at.isoformat(timespec="milliseconds") if asked.looked_at else None,
        "shown_at": asked.shown_at.isoformat(timespec="milliseconds") if asked.shown_at else None,
    }
    return {name: value for name, value in {**known, **more}.items() if value is not None}


def lock(session: Session, code: PickupCode) -> bool:
    """Lock the order of a code; False when there is no such code."""
    order = select(Order.id).join(Pickup, Pickup.order_id == Order.id).where(Pickup.code == code)
    return session.scalar(order.with_for_update(of=Order)) is not None


def give_part(
    session: Session, found: queries.Found, given: Mapping[int, int], asked: Asked, device: KnownDevice, at: datetime, now: datetime,
    evidence: Mapping[str, Any],
) -> tuple[tuple[int, int], ...]:  # fmt: skip
    """Hand over the pieces that are `given`, by position; answers those that are not: they are on sale again, and announced,
    so that their money goes back. In the caller's transaction, which has the order locked. Raises NoSuchMove."""
    order_id, who = found.order_id, f"device:{device.id}"
    missing = tuple(
        (piece.position, piece.left - given.get(piece.position, 0))
        for piece in found.pieces
        if piece.left > given.get(piece.position, 0)
    )
    taken = session.execute(
        update(PICKUPS)
        .where(PICKUPS.c.order_id == order_id, PICKUPS.c.collected_at.is_(None))
        .values(collected_at=at, collected_by=device.id, scan_id=asked.scan_id)
    )
    if changed(taken) != 1:
        raise RuntimeError(f"order {order_id} is locked and not collected, yet its code is")
    for piece in found.pieces:
        if quantity := dict(missing).get(piece.position):
            stock.give_back(session, order_id, piece.product_id, quantity, now, missing=False)
            session.execute(
                update(LINES)
                .where(LINES.c.order_id == order_id, LINES.c.position == piece.position)
                .values(refunded=LINES.c.refunded + quantity)
            )
    stock.move(session, order_id, HoldState.ALLOCATED, HoldState.HANDED_OVER, now)
    moves.move(session, order_id, OrderState.PARTLY_COLLECTED, now, who=who, why=WHY_PARTLY, start=PACKED)
    session.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(collected_at=at))
    session.execute(_PARCEL_GONE, {"p_order_id": order_id, "p_now": now})
    remember(session, asked, device, now, Name.COLLECTED, order_id, missing=missing, **evidence)
    announce(session, events.PARTLY_COLLECTED, now, order_id, scan_id=asked.scan_id, by=who, missing=missing)
    return missing


_PARCEL_GONE = packing.collected_part(select(bindparam("p_order_id", type_=BigInteger).label("id")).subquery("source"))[1]
