"""Counting days from the orders themselves: what is kept was counted by this, and what is not kept is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, and_, case, cast, column, func, literal_column, or_, select, true
from sqlalchemy import values as rows_of

from shop.base.db import UtcDateTime
from shop.figures import terms
from shop.figures.days import FRANKFURT, edges, end_of, hour_of, start_of, stretches
from shop.orders.models import Order, OrderLine
from shop.payments.models import Taken
from shop.pickup.packing_models import PackedParcel

PLACED = ("orders", "paid", "paid_minor", "refunds", "refunded_minor")
PRODUCTS = ("orders", "pieces", "goods_minor")
DEPARTURES = ("orders", "on_time", "late", "no_shows")
Counts = dict[tuple[Any, ...], list[int]]  # by key: the numbers in the order of the names above
Points = Collection[int] | None  # the pickup points whose orders are counted; None: all of them


def placed(asked: Any, days: Sequence[date], points: Points = None) -> Counts:
    """By day, point and currency, of the orders placed on these days. `asked` is a session or a connection."""
    if not days:
        return {}
    day, among = _by_day(asked, Order.placed_at, days)
    back = (
        select(func.sum(Taken.refunded_minor))
        .where(Taken.order_id == Order.id, Taken.amount_currency == Order.total_currency)
        .scalar_subquery()
    )
    numbers = (
        func.count(), func.count(Order.paid_at), _sum(terms.PAID, Order.total_minor), _sum(terms.REFUNDED, 1),
        _sum(terms.REFUNDED, func.coalesce(back, 0)),
    )  # fmt: skip
    key = (day, Order.pickup_point_id, Order.total_currency)
    wanted = among(select(*key, *numbers).select_from(Order)).where(*_at(points)).group_by(*key)
    return _counted(asked.execute(wanted), len(key))


def products(asked: Any, days: Sequence[date], points: Points = None) -> Counts:
    """By day, point, product and currency, of the paid orders placed on these days."""
    if not days:
        return {}
    day, among = _by_day(asked, Order.placed_at, days)
    goods = func.sum(OrderLine.quantity * OrderLine.unit_price_minor)
    numbers = (func.count(func.distinct(Order.id)), func.sum(OrderLine.quantity), goods)
    key = (day, Order.pickup_point_id, OrderLine.product_id, Order.total_currency)
    lines = select(*key, *numbers).select_from(Order).join(OrderLine, OrderLine.order_id == Order.id)
    wanted = among(lines).where(terms.PAID, *_at(points)).group_by(*key)
    return _counted(asked.execute(wanted), len(key))


def departures(asked: Any, days: Sequence[date], now: datetime, points: Points = None) -> Counts:
    """By day, hour and point, of the paid orders whose flight leaves on these days."""
    if not days:
        return {}
    day, among = _by_day(asked, Order.departs_at, days)
    told, with_parcels = _first_told(asked)
    numbers = (
        func.count(), _sum(terms.on_time(told), 1), _sum(terms.late(told, now), 1), _sum(terms.NO_SHOW, 1),
    )  # fmt: skip
    key = (day, Order.departs_at, Order.pickup_point_id)
    wanted = among(with_parcels(select(*key, *numbers).select_from(Order))).where(terms.PAID, *_at(points)).group_by(*key)
    found: Counts = defaultdict(lambda: [0] * len(DEPARTURES))
    for (on, departs_at, point_id), counts in _counted(asked.execute(wanted), len(key)).items():
        total = found[on, hour_of(departs_at), point_id]
        total[:] = [one + another for one, another in zip(total, counts, strict=True)]
    return dict(found)


def _at(points: Points) -> tuple[Any, ...]:
    return () if points is None else (Order.pickup_point_id.in_(sorted(points)),)


def _first_told(asked: Any) -> tuple[Any, Callable[[Any], Any]]:
    """When an order's parcel was first said to be ready, and what joins it.

    PostgreSQL looks up the parcel of each order: of one day it would take these for many, and read every parcel there is.
    """
    if _on_postgresql(asked):
        parcel = select(PackedParcel.told_at).where(PackedParcel.order_id == Order.id).offset(0).correlate(Order).lateral("parcel")
        return parcel.c.told_at, lambda wanted: wanted.outerjoin(parcel, true())
    return PackedParcel.told_at, lambda wanted: wanted.outerjoin(PackedParcel, PackedParcel.order_id == Order.id)


def _on_postgresql(asked: Any) -> bool:
    dialect = asked.dialect if isinstance(asked, Connection) else asked.get_bind().dialect
    return bool(dialect.name == "postgresql")


def _by_day(asked: Any, moment: Any, days: Sequence[date]) -> tuple[Any, Callable[[Any], Any]]:
    """The Frankfurt day of a moment, and what keeps only the orders of these days.

    PostgreSQL knows zones: it reads runs of days. SQLite is told when each day begins and ends.
    """
    if _on_postgresql(asked):
        runs = [(start_of(first), end_of(last)) for first, last in stretches(days)]
        day = cast(func.timezone(literal_column(f"'{FRANKFURT.key}'"), moment), Date)
        within = or_(*(and_(moment >= start, moment < end) for start, end in runs))
        return day, lambda wanted: wanted.where(within)
    columns = column("day", Date), column("starts", UtcDateTime), column("ends", UtcDateTime)
    each = rows_of(*columns, name="days").data(edges(days)).cte("days")
    return each.c.day, lambda wanted: wanted.join(each, and_(moment >= each.c.starts, moment < each.c.ends))


def _sum(condition: Any, amount: Any) -> Any:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)


def _counted(rows: Any, keys: int) -> Counts:
    return {tuple(row[:keys]): [int(number) for number in row[keys:]] for row in rows}
