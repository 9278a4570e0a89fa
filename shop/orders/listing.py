"""Orders as staff list them: by any conditions, in one of a few indexed orders, page by page in both directions."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    column,
    false,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
    values,
)

from shop.base.db import UtcDateTime, is_postgresql, reading
from shop.base.errors import Kind, ShopError
from shop.orders.models import Order
from shop.orders.queries import ORDER_AND_POINT, OrderPage, with_lines

PLACE = re.compile(r"-?[0-9]{1,17}-[0-9]{1,17}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WINDOW = 1000  # what is not met fifty times among so many orders is rare enough to be sorted
LATEST = 253_000_000_000_000_000  # microseconds: before the year 9999 ends


class WrongPlace(ShopError):
    """The place where a page was to begin cannot be read."""

    kind, code = Kind.INVALID, "wrong_value"


class Sort(StrEnum):
    """By the moment it was placed, the moment its flight leaves, or what it comes to. Each is an index."""

    PLACED = "placed"
    DEPARTURE = "departure"
    TOTAL = "total"


_KEYS: dict[Sort, Any] = {Sort.PLACED: Order.placed_at, Sort.DEPARTURE: Order.departs_at, Sort.TOTAL: Order.total_minor}


class Turn(Struct, frozen=True):
    """Which page: after a place, or before one; neither is the first page. Places are what OrderPage says."""

    sort: Sort = Sort.PLACED
    descending: bool = True
    after: str | None = None
    before: str | None = None
    limit: int = 50

    @property
    def backwards(self) -> bool:
        return self.before is not None


def exact(value: Any, type_: Any = None) -> Any:
    """A value that the database plans with: how many orders it fits decides which index is best, every time anew."""
    return bindparam(None, value, type_=type_, unique=True, literal_execute=True)


class Narrowed(Struct, frozen=True):
    """What is asked of the orders listed; all of it must hold.

    `scarce` is one more condition, of which nobody knows how many orders meet it and which has an index of its own: on
    PostgreSQL it is looked for among the next WINDOW orders first, which is enough when it is common, and with its index
    when it is not (one more statement). Of `either`, each an alternative with an index of its own, one must hold.
    `stretches` are the times within which the flight leaves: each is read for itself when flights sort the page.
    """

    conditions: Sequence[Any] = ()
    scarce: Any = None
    either: Sequence[Sequence[Any]] = ()
    stretches: Sequence[tuple[datetime, datetime]] | None = None


def listed(asked: Narrowed, turn: Turn) -> OrderPage:
    """The orders asked for, with lines, without history. Two statements, three with `scarce`. Raises WrongPlace."""
    with reading() as session:
        rows: Sequence[Any] = ()
        if asked.scarce is not None and is_postgresql(session):
            rows = session.execute(_page(asked, turn, within=asked.scarce)).all()
            if len(rows) <= turn.limit:
                narrower = replace(asked, conditions=[*asked.conditions, asked.scarce])
                rows = session.execute(_page(narrower, turn, by_index=False)).all()
        else:
            narrower = asked if asked.scarce is None else replace(asked, conditions=[*asked.conditions, asked.scarce])
            rows = session.execute(_page(narrower, turn)).all()
        shown = rows[: turn.limit]
        items = with_lines(session, shown[::-1] if turn.backwards else shown)
    more = len(rows) > turn.limit
    first, last = (_place(items[0], turn.sort), _place(items[-1], turn.sort)) if items else (None, None)
    is_later = more if turn.backwards else turn.after is not None
    return OrderPage(items, last if turn.backwards or more else None, first if is_later else None)


def _page(asked: Narrowed, turn: Turn, *, within: Any = None, by_index: bool = True) -> Any:
    """One page's rows and one more. Its keys are found first: what is joined with them is fifty rows, whatever was asked."""
    descending = turn.descending is not turn.backwards
    keys = _keys(asked, turn, turn.limit + 1 if within is None else WINDOW, by_index=by_index)
    if within is not None:
        window = keys.subquery("next_orders")
        keys = _cut(select(Order.id).join(window, window.c.id == Order.id).where(within), _KEYS[turn.sort], Order.id, turn)
    page = keys.subquery("page")
    key = _KEYS[turn.sort]
    ordered = (key.desc(), Order.id.desc()) if descending else (key, Order.id)
    return ORDER_AND_POINT.join(page, page.c.id == Order.id).order_by(*ordered)


def _keys(asked: Narrowed, turn: Turn, most: int, *, by_index: bool) -> Any:
    """The keys of the orders asked for, in the page's order, and at most so many."""
    key: Any = _KEYS[turn.sort]
    conditions = [*asked.conditions]
    if (place := turn.before or turn.after) is not None:
        here, edge = tuple_(key, Order.id), tuple_(*_read(place, turn.sort))
        conditions.append(here < edge if turn.descending is not turn.backwards else here > edge)
    by_stretch = asked.stretches is not None and turn.sort is not Sort.PLACED and not asked.either
    sorted_by = key
    if not by_index or (_on_postgresql() and (asked.either or (by_stretch and turn.sort is Sort.TOTAL))):
        # The planner shall not hope to meet fifty of them soon along the sort's index.
        nothing: Any = literal_column("0" if turn.sort is Sort.TOTAL else "interval '0'")
        sorted_by = key.op("+")(nothing)
    wanted = select(Order.id, key.label("at"))
    if asked.stretches is not None and not by_stretch:
        conditions.append(_within_any(asked.stretches))
    if by_stretch and asked.stretches:
        return _each_stretch(wanted.where(*conditions), asked.stretches, sorted_by, turn, most)
    if by_stretch:
        conditions.append(false())
    if not asked.either:
        return _cut(wanted.where(*conditions), sorted_by, Order.id, turn, most)
    ways = [_cut(wanted.where(*conditions, *one), sorted_by, Order.id, turn, most).subquery() for one in asked.either]
    found = union(*(select(way.c.id, way.c.at) for way in ways)).subquery("found")
    return _cut(select(found.c.id, found.c.at), found.c.at, found.c.id, turn, most)


def _cut(wanted: Any, key: Any, number: Any, turn: Turn, most: int | None = None) -> Any:
    """In the page's order, and no more than it needs."""
    descending = turn.descending is not turn.backwards
    ordered = wanted.order_by(*((key.desc(), number.desc()) if descending else (key, number)))
    return ordered.limit(exact(turn.limit + 1 if most is None else most, BigInteger))


def _on_postgresql() -> bool:
    with reading() as session:
        return is_postgresql(session)


def _within_any(stretches: Sequence[tuple[datetime, datetime]]) -> Any:
    leaves = Order.departs_at
    return or_(false(), *(and_(leaves >= exact(start, UtcDateTime), leaves < exact(end, UtcDateTime)) for start, end in stretches))


def _each_stretch(wanted: Any, stretches: Sequence[tuple[datetime, datetime]], key: Any, turn: Turn, most: int) -> Any:
    """The first of each stretch, along the index of departures, and of those the first: what leaves between them is not looked at."""
    if not _on_postgresql():  # SQLite has no LATERAL
        return _cut(wanted.where(_within_any(stretches)), key, Order.id, turn, most)
    spans: Any = values(column("starts", UtcDateTime), column("ends", UtcDateTime), name="spans").data(list(stretches))
    inside = wanted.where(Order.departs_at >= spans.c.starts, Order.departs_at < spans.c.ends).correlate(spans)
    each = _cut(inside, key, Order.id, turn, most).lateral("each_span")
    return _cut(select(each.c.id, each.c.at).select_from(spans.join(each, true())), each.c.at, each.c.id, turn, most)


def _place(order: Any, sort: Sort) -> str:
    if sort is Sort.TOTAL:
        return f"{order.total.minor}-{order.id}"
    moment = order.placed_at if sort is Sort.PLACED else order.departs_at
    return f"{(moment - EPOCH) // timedelta(microseconds=1)}-{order.id}"


def _read(place: str, sort: Sort) -> tuple[Any, Any]:
    if not PLACE.fullmatch(place):
        raise WrongPlace(fields={"after": ["wrong_value"]})
    number, _, order_id = place.rpartition("-")
    if sort is Sort.TOTAL:
        return exact(int(number), BigInteger), exact(int(order_id), BigInteger)
    if not 0 <= int(number) <= LATEST:
        raise WrongPlace(fields={"after": ["wrong_value"]})
    return exact(EPOCH + timedelta(microseconds=int(number)), UtcDateTime), exact(int(order_id), BigInteger)
