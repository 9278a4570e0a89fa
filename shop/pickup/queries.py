"""Questions about pickup codes and scans."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, PickupCode
from shop.base.money import Currency, Money
from shop.catalogue.models import Product
from shop.flights.models import PickupPoint
from shop.orders import trip_queries
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState, RefundState
from shop.people.models import Device
from shop.pickup.checks import Asks, Matter
from shop.pickup.models import HandOverRules, Pickup, Scan
from shop.pickup.outcomes import Name, Parcel, ParcelLine
from shop.pickup.packing_models import PackedParcel, ShelfSlot
from shop.pickup.packing_rules import initials
from shop.pickup.rules import Facts


class NoPickupCode(ShopError):
    """The order has no code (yet): it is not paid, or it was cancelled."""

    kind, code = Kind.NOT_FOUND, "no_pickup_code"


class Ticket(Struct, frozen=True):
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


class Said(Struct, frozen=True):
    """What this scan id was told before, of which order (None: an unknown code), and what became of that."""

    outcome: Name
    order_id: int | None
    at: datetime
    details: Mapping[str, Any]
    undone_at: datetime | None

    @property
    def missing(self) -> tuple[tuple[int, int], ...]:
        return tuple((position, quantity) for position, quantity in self.details.get("missing", ()))


class Piece(Struct, frozen=True):
    """A line as the hand-over needs it; `left` pieces of it are still to be handed over."""

    position: int
    product_id: int
    sku: str
    left: int
    alcohol: bool
    liquid: bool


class Found(Struct, frozen=True):
    """Everything a scan needs to know about a code, in one statement. `facts` leave the checks out; `pieces` and `asks` are
    empty where only what the answer needs was asked."""

    order_id: OrderId
    facts: Facts
    parcel: Parcel
    pieces: tuple[Piece, ...]
    asks: Asks
    flight: tuple[str, date, str, str, date | None]
    collected_at: datetime | None
    collected_by: str
    collected_by_id: int | None
    scan_id: str | None
    said: Said | None

    def matter(self, given: Mapping[int, int] | None = None) -> Matter:
        """What the checks depend on, for all that is left or only for the pieces that are `given`."""
        leaving = [piece for piece in self.pieces if (piece.left if given is None else given.get(piece.position))]
        return Matter(*self.flight, any(piece.alcohol for piece in leaving), any(piece.liquid for piece in leaving))


_pickups, _orders, _lines, _points, _rules, _scans, _goods = (
    model.__table__.c for model in (Pickup, Order, OrderLine, PickupPoint, HandOverRules, Scan, Product)
)
_KNOWN = (  # a row for each line: what a hand-over answers with, asked beside its changes
    select(
        _pickups.order_id, _pickups.code, _pickups.revoked_at, _pickups.collected_at, _pickups.collected_by, _pickups.scan_id,
        _orders.number, _orders.state, _orders.refund_state, _orders.total_minor, _orders.total_currency,
        _orders.traveller_name, _orders.flight_number, _orders.flight_date, _orders.departs_at, _orders.destination,
        _orders.final_destination, _orders.collect_from, _orders.birth_date,
        _points.id.label("point_id"), _points.code.label("point"), _points.tz, _points.hands_over_unpacked, _points.hands_over_early,
        Device.__table__.c.name.label("device"),
        _scans.outcome, _scans.order_id.label("said_of"), _scans.details, _scans.received_at, _scans.undone_at,
        _lines.position, _lines.product_id, _lines.sku, _lines.name_zh, _lines.name_en, _lines.name_de, _lines.picture,
        (_lines.quantity - _lines.refunded).label("quantity"), _lines.unit_price_minor,
    )
    .where(_pickups.code == bindparam("p_code"))
    .order_by(_lines.position)
)  # fmt: skip
_TOGETHER = (
    Pickup.__table__.join(Order.__table__, _orders.id == _pickups.order_id)
    .join(OrderLine.__table__, _lines.order_id == _orders.id)
    .join(PickupPoint.__table__, _points.id == _orders.pickup_point_id)
    .outerjoin(Device.__table__, Device.__table__.c.id == _pickups.collected_by)
    .outerjoin(Scan.__table__, _scans.scan_id == bindparam("p_scan_id"))
)
KNOWN = _KNOWN.select_from(_TOGETHER)
_FOUND = Question(  # the same, where it lies, and what has to be checked
    _KNOWN.add_columns(
        _rules.asks_boarding_pass, _rules.asks_age, _rules.asks_sealed_bag, _rules.asks_identity, _rules.keeps,
        _rules.big_minor, _rules.big_pieces, ShelfSlot.__table__.c.code.label("slot"), _goods.alcohol_permille, _goods.volume_ml,
    ).select_from(
        _TOGETHER.join(Product.__table__, _goods.id == _lines.product_id)
        .outerjoin(HandOverRules.__table__, _rules.pickup_point_id == _orders.pickup_point_id)
        .outerjoin(PackedParcel.__table__, PackedParcel.__table__.c.order_id == _orders.id)
        .outerjoin(ShelfSlot.__table__, ShelfSlot.__table__.c.id == PackedParcel.__table__.c.slot_id)
    )
)  # fmt: skip


def find(session: Session, code: PickupCode, scan_id: str, point_id: int | None) -> Found | None:
    """The parcel of `code` as a device of `point_id` (None: every point) sees it, or None: no such code."""
    return found(_FOUND.rows(session, {"p_code": code, "p_scan_id": scan_id}), point_id, whole=True)


def found(rows: Sequence[Any], point_id: int | None, *, whole: bool = False) -> Found | None:
    """What the rows of `KNOWN` say, without checks and shelf; with them the rows of `find` (`whole`)."""
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
        order_id=OrderId(row.order_id), facts=facts, parcel=_parcel(row, rows, whole=whole),
        pieces=tuple(map(_piece, rows)) if whole else (), asks=asks_of(row) if whole else Asks(),
        flight=(row.flight_number, row.flight_date, row.destination, row.final_destination, row.birth_date),
        collected_at=row.collected_at, collected_by=row.device or "", collected_by_id=row.collected_by, scan_id=row.scan_id,
        said=said_of(row) if row.outcome else None,
    )  # fmt: skip


def said_of(row: Any) -> Said:
    return Said(Name(row.outcome), row.said_of, row.received_at, row.details or {}, row.undone_at)


def asks_of(row: Any) -> Asks:
    """What the point asks for, from the columns of its rules; all None when it has none."""
    return Asks(
        boarding_pass=bool(row.asks_boarding_pass), age=bool(row.asks_age), sealed_bag=bool(row.asks_sealed_bag),
        identity=bool(row.asks_identity), keeps=frozenset(row.keeps or ()),
    )  # fmt: skip


class PointRules(Struct, frozen=True):
    """What a pickup point asks for and keeps, and from where on an order is big (None: never)."""

    asks: Asks
    big_minor: int | None
    big_pieces: int | None


def rules_of(point: str) -> PointRules | None:
    """The hand-over rules of a point, by its code; None: there is no such point. One statement."""
    wanted = (
        select(
            _rules.asks_boarding_pass, _rules.asks_age, _rules.asks_sealed_bag, _rules.asks_identity, _rules.keeps, _rules.big_minor,
            _rules.big_pieces,
        )
        .select_from(PickupPoint.__table__.outerjoin(HandOverRules.__table__, _rules.pickup_point_id == _points.id))
        .where(_points.code == point)
    )  # fmt: skip
    with reading() as session:
        row = session.execute(wanted).first()
    return PointRules(asks_of(row), row.big_minor, row.big_pieces) if row else None


def _piece(row: Any) -> Piece:
    return Piece(
        row.position, row.product_id, row.sku, row.quantity, alcohol=bool(row.alcohol_permille), liquid=bool(row.volume_ml)
    )


def is_big(point: Any, total_minor: int, pieces: int) -> bool:
    """Whether the point (a row with its rules) wants a second look at an order of so much money or so many pieces."""
    return (point.big_minor is not None and total_minor >= point.big_minor) or (
        point.big_pieces is not None and pieces >= point.big_pieces
    )


def _parcel(row: Any, lines: Sequence[Any], *, whole: bool) -> Parcel:
    pieces, worth = sum(line.quantity for line in lines), sum(line.quantity * line.unit_price_minor for line in lines)
    return Parcel(
        number=row.number, code=row.code, traveller_name=row.traveller_name, flight_number=row.flight_number,
        departs_at=row.departs_at, tz=row.tz, final_destination=row.final_destination,
        total=Money(worth, Currency(row.total_currency)), point=row.point,
        slot=row.slot if whole else None, big=whole and is_big(row, row.total_minor, pieces),
        connection=row.destination != row.final_destination,
        lines=tuple(
            ParcelLine(
                line.sku, {"zh": line.name_zh, "en": line.name_en, "de": line.name_de}, line.picture, line.quantity, line.position
            )
            for line in lines
            if line.quantity
        ),
    )  # fmt: skip


def said_before(session: Session, scan_id: str) -> Said | None:
    """What this scan id was told when it came the first time, or None."""
    row = session.execute(
        select(Scan.outcome, Scan.order_id.label("said_of"), Scan.details, Scan.received_at, Scan.undone_at).where(
            Scan.scan_id == scan_id
        )
    ).first()
    return said_of(row) if row else None


# --- parcels that are looked for without their code -------------------------------------------------------------------


class Hit(Struct, frozen=True):
    """A parcel that may be the one that is looked for: enough to tell it from others."""

    order_id: OrderId
    code: PickupCode
    number: str
    traveller_name: str
    flight: str
    day: date
    origin: str
    state: OrderState
    refund_state: RefundState
    collected: bool
    point_id: int
    point: str
    slot: str | None

    @property
    def waits(self) -> bool:
        """Whether it may still be collected some day."""
        return not self.collected and self.refund_state is not RefundState.REFUNDED and self.state in WAITING


WAITING = frozenset({OrderState.PAID, OrderState.PACKING, OrderState.READY})
MOST_HITS = 2000  # orders of an airline's three days at an airport; a flight alone has far less


def hits(session: Session, where: ColumnElement[bool]) -> list[Hit]:
    """The parcels of `where`, which speaks of orders and pickups; those with a pickup code only, oldest first."""
    rows = session.execute(
        select(
            Order.id, Pickup.code, Order.number, Order.traveller_name, Order.flight_number, Order.flight_date, Order.origin, Order.state,
            Order.refund_state, Pickup.collected_at, Order.pickup_point_id, PickupPoint.code.label("point"), ShelfSlot.code.label("slot"),
        )
        .select_from(Order)
        .join(Pickup, Pickup.order_id == Order.id)
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .outerjoin(PackedParcel, PackedParcel.order_id == Order.id)
        .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
        .where(where)
        .order_by(Order.id)
        .limit(MOST_HITS)
    )  # fmt: skip
    return [
        Hit(
            OrderId(row.id), PickupCode(row.code), row.number, row.traveller_name, row.flight_number, row.flight_date, row.origin,
            OrderState(row.state), RefundState(row.refund_state), row.collected_at is not None, row.pickup_point_id, row.point, row.slot,
        )
        for row in rows
    ]  # fmt: skip


class ComingParcel(Struct, frozen=True):
    """The parcel of a traveller who said to be on the way, `since` when; `slot` where it lies, once it does."""

    number: str
    initials: str
    slot: str | None
    state: OrderState
    since: datetime
    point: str
    tz: str


def coming(point_id: int | None, now: datetime) -> list[ComingParcel]:
    """The parcels of travellers on the way to this point (None: to any), the first to say so first. At most two statements."""
    found = trip_queries.on_their_way(point_id, now)
    slots = _slots_of([one.order_id for one in found])
    return [
        ComingParcel(
            one.number, initials(one.traveller_name), slots.get(one.order_id), one.state, one.on_my_way_at, one.point, one.tz
        )
        for one in found
    ]


def _slots_of(order_ids: Iterable[int]) -> dict[int, str]:
    keys = list(order_ids)
    if not keys:
        return {}
    with reading() as session:
        rows = session.execute(
            select(PackedParcel.order_id, ShelfSlot.code)
            .join(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
            .where(PackedParcel.order_id.in_(keys))
        )
        return {row.order_id: row.code for row in rows}
