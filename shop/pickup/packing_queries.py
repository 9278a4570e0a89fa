"""Questions about packing many orders: waves, what to fetch for them, what is due. One statement each."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select, text

from shop.base.db import reading
from shop.catalogue.models import Category, Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState, RefundState
from shop.pickup import packing_rules
from shop.pickup.packing_models import TO_PACK, PackedLine, PackedParcel, ShelfSlot, Wave, WaveOrder
from shop.pickup.packing_rules import BOARD_HOURS, STILL_SHOWN, Light
from shop.pickup.packing_waves import NoSuchWave

UNPACKED = frozenset({OrderState.PAID, OrderState.PACKING})
WANTED = OrderLine.quantity - OrderLine.refunded
PIECES = (
    select(func.coalesce(func.sum(WANTED), 0))
    .where(OrderLine.order_id == Order.id)
    .correlate(Order)
    .scalar_subquery()
)
IN_PARCEL = (
    select(func.coalesce(func.sum(PackedLine.packed), 0))
    .where(PackedLine.order_id == Order.id)
    .correlate(Order)
    .scalar_subquery()
)


# --- waves ------------------------------------------------------------------------------------------------------------


class WaveView(Struct, frozen=True):
    """An open wave. `left` of its `orders` are not packed yet; `due` is when the first of these has to be on the shelf
    (None: all are packed)."""

    id: int
    point: str
    tz: str
    departs_from: datetime
    departs_to: datetime
    flights: tuple[str, ...]
    orders: int
    left: int
    pieces_left: int
    due: datetime | None
    light: Light


def waves(point_id: int | None, now: datetime) -> list[WaveView]:
    """The open waves of a pickup point (None: of all), by departure."""
    wanted = (
        select(
            Wave.id, PickupPoint.code.label("point"), PickupPoint.tz, Wave.departs_from, Wave.departs_to,
            Order.flight_number, Order.state, func.count(Order.id).label("orders"),
            func.sum(PIECES).label("pieces"), func.min(Order.collect_from).label("collect_from"),
        )
        .join(PickupPoint, PickupPoint.id == Wave.pickup_point_id)
        .outerjoin(WaveOrder, WaveOrder.wave_id == Wave.id)
        .outerjoin(Order, Order.id == WaveOrder.order_id)
        .where(text("waves.closed_at IS NULL"))
        .group_by(Wave.id, PickupPoint.code, PickupPoint.tz, Order.flight_number, Order.state)
        .order_by(Wave.departs_from, Wave.id, Order.flight_number)
    )  # fmt: skip
    if point_id is not None:
        wanted = wanted.where(Wave.pickup_point_id == point_id)
    rows: dict[int, list[Any]] = {}
    with reading() as session:
        for row in session.execute(wanted):
            rows.setdefault(row.id, []).append(row)
    return [_wave(of_one, now) for of_one in rows.values()]


def _wave(rows: Sequence[Any], now: datetime) -> WaveView:
    first = rows[0]
    left = [row for row in rows if row.state in UNPACKED]
    due = packing_rules.pack_by(min(row.collect_from for row in left)) if left else None
    return WaveView(
        first.id, first.point, first.tz, first.departs_from, first.departs_to,
        flights=tuple(dict.fromkeys(row.flight_number for row in rows if row.flight_number)),
        orders=sum(row.orders for row in rows), left=sum(row.orders for row in left),
        pieces_left=sum(int(row.pieces) for row in left), due=due,
        light=packing_rules.light(due, now) if due else Light.GREEN,
    )  # fmt: skip


class PickLine(Struct, frozen=True):
    """One article to fetch: how many altogether, and how many for which order."""

    location: str | None
    sku: str
    ean: str
    name: dict[str, str]
    total: int
    orders: tuple[tuple[str, int], ...]


class PickList(Struct, frozen=True):
    """What a packer fetches for a wave, in the order of the way through the store room."""

    wave_id: int
    point: str
    tz: str
    departs_from: datetime
    departs_to: datetime
    lines: tuple[PickLine, ...]

    @property
    def pieces(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def orders(self) -> int:
        return len({number for line in self.lines for number, _ in line.orders})


def pick_list(wave_id: int, point_id: int | None = None) -> PickList:
    """What is still to be fetched for a wave: pieces that lie in a parcel are left out. Raises NoSuchWave."""
    missing = WANTED - func.coalesce(PackedLine.packed, 0)
    wanted = (
        select(
            Wave.id, Wave.pickup_point_id, PickupPoint.code.label("point"), PickupPoint.tz, Wave.departs_from,
            Wave.departs_to, Order.number, OrderLine.sku, OrderLine.name_zh, OrderLine.name_en, OrderLine.name_de,
            Product.ean, Product.location, Category.rank, missing.label("missing"),
        )
        .join(PickupPoint, PickupPoint.id == Wave.pickup_point_id)
        .outerjoin(WaveOrder, WaveOrder.wave_id == Wave.id)
        .outerjoin(Order, (Order.id == WaveOrder.order_id) & text(f"orders.{TO_PACK}"))
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(PackedLine, (PackedLine.order_id == Order.id) & (PackedLine.position == OrderLine.position))
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Wave.id == wave_id)
        .order_by(Order.departs_at, Order.number)
    )  # fmt: skip
    with reading() as session:
        rows = session.execute(wanted).all()
    if not rows or point_id not in (None, rows[0].pickup_point_id):
        raise NoSuchWave
    first = rows[0]
    return PickList(first.id, first.point, first.tz, first.departs_from, first.departs_to, _pick_lines(rows))


def _pick_lines(rows: Iterable[Any]) -> tuple[PickLine, ...]:
    articles: dict[str, list[Any]] = {}
    for row in rows:
        if row.sku is not None and row.missing > 0:
            articles.setdefault(row.sku, []).append(row)
    found = sorted(articles.values(), key=lambda same: packing_rules.pick_key(same[0].location, same[0].rank, same[0].sku))
    return tuple(
        PickLine(
            same[0].location, same[0].sku, same[0].ean, name_of(same[0]), sum(row.missing for row in same),
            tuple((row.number, row.missing) for row in same),
        )
        for same in found
    )  # fmt: skip


def name_of(row: Any) -> dict[str, str]:
    """A line's name by language."""
    return {"zh": row.name_zh, "en": row.name_en, "de": row.name_de}


# --- the due board ----------------------------------------------------------------------------------------------------


class Due(Struct, frozen=True):
    """An order that is not packed yet, and when its parcel has to be on the shelf."""

    number: str
    state: OrderState
    initials: str
    flight_number: str
    departs_at: datetime
    point: str
    tz: str
    wave_id: int | None
    slot: str | None
    pieces: int
    packed: int
    due: datetime
    minutes_left: int
    light: Light


def due(point_id: int | None, now: datetime, within: timedelta = BOARD_HOURS) -> list[Due]:
    """What has to be packed for departures of the next hours, most urgent first; what is late stays on it for a while."""
    wanted = (
        select(
            Order.number, Order.state, Order.traveller_name, Order.flight_number, Order.departs_at, Order.collect_from,
            PickupPoint.code.label("point"), PickupPoint.tz, WaveOrder.wave_id, ShelfSlot.code.label("slot"),
            PIECES.label("pieces"), IN_PARCEL.label("packed"),
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .outerjoin(WaveOrder, WaveOrder.order_id == Order.id)
        .outerjoin(PackedParcel, PackedParcel.order_id == Order.id)
        .outerjoin(ShelfSlot, ShelfSlot.id == PackedParcel.slot_id)
        .where(
            text(f"orders.{TO_PACK}"), Order.refund_state != RefundState.REFUNDED.value,
            Order.departs_at > now - STILL_SHOWN, Order.departs_at <= now + within,
        )
        .order_by(Order.collect_from, Order.departs_at, Order.id)
    )  # fmt: skip
    if point_id is not None:
        wanted = wanted.where(Order.pickup_point_id == point_id)
    with reading() as session:
        return [_due(row, now) for row in session.execute(wanted)]


def _due(row: Any, now: datetime) -> Due:
    moment = packing_rules.pack_by(row.collect_from)
    return Due(
        row.number, OrderState(row.state), packing_rules.initials(row.traveller_name), row.flight_number, row.departs_at,
        row.point, row.tz, row.wave_id, row.slot, int(row.pieces), int(row.packed), moment,
        packing_rules.minutes_left(moment, now), packing_rules.light(moment, now),
    )  # fmt: skip
