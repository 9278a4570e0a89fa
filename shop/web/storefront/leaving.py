"""The way to the counter on an order's page: when to set out, how far it is, and when the counter is open on that day."""

from datetime import datetime

from msgspec import Struct

from shop.flights import walking
from shop.flights.walking import Call, Leave
from shop.orders.queries import OrderView


class TheWay(Struct, frozen=True):
    """`leave` and `call` are None where nobody has said how far it is, and `call` long before the day. `walks` are gate areas with
    minutes, the counter's own first; `open` the spans in which it serves for this flight."""

    leave: Leave | None
    call: Call | None
    walks: tuple[tuple[str, int], ...]
    open: tuple[tuple[datetime, datetime], ...]


def way(order: OrderView, now: datetime) -> TheWay:
    """What the page of an order that can be collected says of the way."""
    point = order.point
    found = walking.leave(point.rules, point.ways, order.collect_from, order.collect_until, order.departs_at)
    walks = sorted(point.ways.walks.items(), key=lambda walk: (walk[1], walk[0]))
    spans = tuple(walking.spans(point.rules, order.collect_from, order.collect_until))
    return TheWay(found, found.call(now, order.departs_at) if found else None, tuple(walks), spans)
