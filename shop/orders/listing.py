"""Orders as staff list them: by any conditions, in one of a few indexed orders, page by page in both directions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, bindparam, literal_column, select, tuple_

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


@dataclass(frozen=True, slots=True)
class Turn:
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


def listed(conditions: Sequence[Any], turn: Turn, scarce: Any = None) -> OrderPage:
    """The orders that meet all conditions (on `Order`), with lines, without history. Two statements. Raises WrongPlace.

    `scarce` is one more condition, of which nobody knows how many orders meet it and which has an index of its own: on
    PostgreSQL it is looked for among the next WINDOW orders first, which is enough when it is common, and with its index
    when it is not (one more statement).
    """
    with reading() as session:
        rows: Sequence[Any] = ()
        if scarce is not None and is_postgresql(session):
            rows = session.execute(_page(conditions, turn, within=scarce)).all()
            if len(rows) <= turn.limit:
                rows = session.execute(_page([*conditions, scarce], turn, by_index=False)).all()
        else:
            rows = session.execute(_page([*conditions, *(() if scarce is None else (scarce,))], turn)).all()
        shown = rows[: turn.limit]
        items = with_lines(session, shown[::-1] if turn.backwards else shown)
    more = len(rows) > turn.limit
    first, last = (_place(items[0], turn.sort), _place(items[-1], turn.sort)) if items else (None, None)
    is_later = more if turn.backwards else turn.after is not None
    return OrderPage(items, last if turn.backwards or more else None, first if is_later else None)


def _page(conditions: Sequence[Any], turn: Turn, *, within: Any = None, by_index: bool = True) -> Any:
    """One page's rows and one more. Its keys are found first: what is joined with them is fifty rows, whatever was asked."""
    key = _KEYS[turn.sort]
    descending = turn.descending is not turn.backwards
    ordered = (key.desc(), Order.id.desc()) if descending else (key, Order.id)
    wanted = select(Order.id).where(*conditions)
    if (place := turn.before or turn.after) is not None:
        here, edge = tuple_(key, Order.id), tuple_(*_read(place, turn.sort))
        wanted = wanted.where(here < edge if descending else here > edge)
    if within is not None:
        window = wanted.order_by(*ordered).limit(exact(WINDOW, BigInteger)).subquery("next_orders")
        wanted = select(Order.id).join(window, window.c.id == Order.id).where(within)
    if not by_index:  # the planner shall not hope to meet fifty of them soon along the sort's index
        nothing: Any = literal_column("0" if turn.sort is Sort.TOTAL else "interval '0'")
        plain = key.op("+")(nothing)
        keys = wanted.order_by(*((plain.desc(), Order.id.desc()) if descending else (plain, Order.id)))
    else:
        keys = wanted.order_by(*ordered)
    page = keys.limit(exact(turn.limit + 1, BigInteger)).subquery("page")
    return ORDER_AND_POINT.join(page, page.c.id == Order.id).order_by(*ordered)


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
