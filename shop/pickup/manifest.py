"""What a counter's device knows for the time without network: the parcels of the next hours at its point, and no more.

Least data: of each parcel the code, its number and flight (a label and a boarding pass lead to it by these), the
traveller's initials, the goods, where it lies and what it needs; of one that is gone only the code.
The rules that judge a scan stay the same: `frontend/src/counter/meaning.js` follows `rules.meaning`.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from shop.base import seals
from shop.base.asking import Question
from shop.base.db import UtcDateTime, reading
from shop.catalogue.models import Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine, TripChange
from shop.orders.states import OrderState, RefundState
from shop.people.queries import KnownDevice
from shop.pickup import checks, codes, queries
from shop.pickup.checks import Asks, Matter
from shop.pickup.models import HandOverRules, Pickup
from shop.pickup.packing_models import PackedParcel, ShelfSlot

AHEAD = timedelta(hours=18)  # as long as a device may be without contact
BEHIND = timedelta(hours=6)  # a delayed flight's traveller still comes
OVERLAP = timedelta(seconds=60)  # a change that began before the last answer may have been written after it
WAITING = (OrderState.PAID, OrderState.PACKING, OrderState.READY)
GIVEN = (OrderState.COLLECTED, OrderState.PARTLY_COLLECTED)
FIRST_CURSOR, LAST_CURSOR = 10**12, 10**13  # milliseconds: years 2001 to 2286

_orders, _pickups, _points, _rules, _lines, _goods, _parcels, _slots, _moves = (
    model.__table__.c
    for model in (Order, Pickup, PickupPoint, HandOverRules, OrderLine, Product, PackedParcel, ShelfSlot, TripChange)
)
_POINT = bindparam("p_point_id", type_=_orders.pickup_point_id.type)
_NOW_AHEAD, _NOW_BEHIND, _SINCE, _THEN_AHEAD, _THEN_BEHIND = (
    bindparam(f"p_{name}", type_=UtcDateTime) for name in ("ahead", "behind", "since", "then_ahead", "then_behind")
)
_HERE = and_(or_(_POINT.is_(None), _orders.pickup_point_id == _POINT), _orders.collect_until > _NOW_BEHIND)
_VALID = and_(
    _orders.collect_from < _NOW_AHEAD,
    _orders.state.in_([state.value for state in (*WAITING, *GIVEN)]),
    _orders.refund_state != RefundState.REFUNDED.value,
    _pickups.revoked_at.is_(None),
)
_CHANGED = or_(
    _orders.changed_at >= _SINCE, _pickups.issued_at >= _SINCE, _pickups.revoked_at >= _SINCE, _parcels.changed_at >= _SINCE,
    _orders.on_my_way_at >= _SINCE, _orders.collect_from >= _THEN_AHEAD,
)  # fmt: skip
_FROM = (
    Order.__table__.join(Pickup.__table__, _pickups.order_id == _orders.id)
    .outerjoin(PackedParcel.__table__, _parcels.order_id == _orders.id)
    .outerjoin(ShelfSlot.__table__, _slots.id == _parcels.slot_id)
)
_POINTS = Question(
    select(
        _points.id, _points.code, _points.hands_over_unpacked, _points.hands_over_early, _rules.asks_boarding_pass, _rules.asks_age,
        _rules.asks_sealed_bag, _rules.asks_identity, _rules.keeps, _rules.big_minor, _rules.big_pieces,
    )
    .select_from(PickupPoint.__table__.outerjoin(HandOverRules.__table__, _rules.pickup_point_id == _points.id))
    .where(or_(_POINT.is_(None), _points.id == _POINT))
)  # fmt: skip
_PARCELS = Question(
    select(
        _orders.id, _orders.number, _pickups.code, _orders.traveller_name, _orders.state, _orders.refund_state, _orders.collect_from,
        _orders.collect_until, _orders.pickup_point_id, _orders.flight_number, _orders.flight_date, _orders.destination,
        _orders.final_destination, _orders.birth_date, _orders.total_minor, _orders.on_my_way_at, _slots.code.label("slot"),
    )
    .select_from(_FROM)
    .where(_HERE, _VALID, _CHANGED)
    .order_by(_orders.collect_from, _orders.id)
)  # fmt: skip
_LINES = Question(
    select(
        _lines.order_id, _lines.name_zh, _lines.name_en, _lines.name_de, (_lines.quantity - _lines.refunded).label("left"),
        _goods.alcohol_permille, _goods.volume_ml,
    )
    .select_from(_FROM.join(OrderLine.__table__, _lines.order_id == _orders.id).join(Product.__table__, _goods.id == _lines.product_id))
    .where(_HERE, _VALID, _CHANGED, _lines.quantity > _lines.refunded, _orders.state.in_([state.value for state in WAITING]))
    .order_by(_lines.order_id, _lines.position)
)  # fmt: skip
_MOVED_AWAY = and_(  # its code is as good as before, at another counter
    _orders.pickup_point_id != _POINT,
    exists().where(_moves.order_id == _orders.id, _moves.old_point_id == _POINT, _moves.at >= _SINCE),
)
_GONE = Question(
    select(_pickups.code)
    .select_from(_FROM)
    .where(
        or_(
            and_(_orders.changed_at >= _SINCE, _MOVED_AWAY),
            and_(
                or_(_POINT.is_(None), _orders.pickup_point_id == _POINT),
                or_(
                    and_(_orders.collect_until > _THEN_BEHIND, _orders.collect_until <= _NOW_BEHIND),
                    and_(
                        or_(_orders.changed_at >= _SINCE, _pickups.revoked_at >= _SINCE),
                        or_(~_VALID, _orders.collect_until <= _NOW_BEHIND),
                    ),
                ),
            ),
        )
    )
)


def manifest(device: KnownDevice, secret: str, since: str | None, now: datetime, lang: str = "zh") -> dict[str, Any]:
    """The parcels of the device's point (all points for a device that serves all), as plain values for JSON.

    Without `since`, or with one that is no cursor of ours: everything there is, and `full` says so; the device forgets what it
    had. With the `next` of an earlier answer: what has changed since, and in `gone` the codes that are no longer good here.
    Also a parcel that was moved to another point is gone. Four statements, however many parcels.

    A parcel is `c` code, `s` state, and while it waits: `n` number, `i` initials, `v` flight and `d` its day, `l` [name in
    `lang`, quantity] each, `f` and `u` from and until when it can be collected; where it applies also `slot`, `k` the checks
    it needs (kind and hints), `b` 1 for a big order, `r` its refund state, `w` since when its traveller is on the way, and `p` the
    point for a device of all points.
    """
    then = _moment(since)
    values = {
        "p_point_id": device.pickup_point_id, "p_ahead": now + AHEAD, "p_behind": now - BEHIND,
        "p_since": (then or datetime.fromtimestamp(0, UTC)) - (OVERLAP if then else timedelta()),
        "p_then_ahead": (then or now) + AHEAD, "p_then_behind": (then or now) - BEHIND,
    }  # fmt: skip
    with reading() as session:
        points = {row.id: row for row in _POINTS.rows(session, {"p_point_id": device.pickup_point_id})}
        parcels = _parcels_of(session, values, points, now, lang, every_point=device.pickup_point_id is None)
        gone = [row.code for row in _GONE.rows(session, values)] if then else []
    mine = points.get(device.pickup_point_id) if device.pickup_point_id is not None else None
    public_key = base64.urlsafe_b64encode(seals.public_key(secret, codes.PURPOSE)).rstrip(b"=").decode()
    return {
        "now": _written(now), "point": mine.code if mine else None, "public_key": public_key, "full": then is None,
        "points": {
            row.code: {"unpacked": bool(row.hands_over_unpacked), "early": bool(row.hands_over_early)} for row in points.values()
        },
        "parcels": parcels, "gone": gone, "next": str(int(now.timestamp() * 1000)),
    }  # fmt: skip


def _moment(cursor: str | None) -> datetime | None:
    if not cursor or not cursor.isascii() or not cursor.isdecimal() or not FIRST_CURSOR <= int(cursor[:14]) < LAST_CURSOR:
        return None
    return datetime.fromtimestamp(int(cursor[:14]) / 1000, UTC)


def _parcels_of(
    session: Session, values: Mapping[str, Any], points: Mapping[int, Any], now: datetime, lang: str, *, every_point: bool
) -> list[dict[str, Any]]:
    rows = _PARCELS.rows(session, values)
    lines: dict[int, list[Any]] = {}
    for line in _LINES.rows(session, values):
        lines.setdefault(line.order_id, []).append(line)
    waiting = {state.value for state in WAITING}
    asks = {key: queries.asks_of(point) for key, point in points.items()}
    found = []
    for row in rows:
        parcel: dict[str, Any] = {"c": row.code, "s": row.state}
        if every_point:
            parcel["p"] = points[row.pickup_point_id].code
        if row.state in waiting:
            parcel |= _waiting(row, lines.get(row.id, []), points[row.pickup_point_id], asks[row.pickup_point_id], now.date(), lang)
        found.append(parcel)
    return found


def _waiting(row: Any, lines: Sequence[Any], point: Any, asks: Asks, today: date, lang: str) -> dict[str, Any]:
    matter = Matter(
        row.flight_number, row.flight_date, row.destination, row.final_destination, row.birth_date,
        alcohol=any(line.alcohol_permille for line in lines), liquids=any(line.volume_ml for line in lines),
    )  # fmt: skip
    needed = checks.needed(asks, matter, today)
    parcel: dict[str, Any] = {
        "n": row.number, "i": initials(row.traveller_name), "v": row.flight_number, "d": row.flight_date.isoformat(),
        "l": [[_name(line, lang), line.left] for line in lines],
        "f": _written(row.collect_from), "u": _written(row.collect_until),
    }  # fmt: skip
    if row.slot:
        parcel["slot"] = row.slot
    if row.on_my_way_at:
        parcel["w"] = _written(row.on_my_way_at)
    if row.refund_state != RefundState.NONE.value:
        parcel["r"] = row.refund_state
    if needed:
        parcel["k"] = [[check.kind.value, *check.hints] for check in needed]
    if queries.is_big(point, row.total_minor, sum(line.left for line in lines)):
        parcel["b"] = 1
    return parcel


def _name(line: Any, lang: str) -> str:
    name: str = getattr(line, f"name_{lang}", "") or line.name_zh
    return name


def initials(name: str) -> str:
    """`WANG XIAOMING` as `W. X.`, 王小明 as `王`: enough to ask for a name, too little to tell it."""
    words = [word for word in name.split() if word]
    if len(words) == 1 and not words[0].isascii():
        return words[0][0]
    return " ".join(f"{word[0]}." for word in words[:3])


@lru_cache(maxsize=512)  # the parcels of a flight share their moments
def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
