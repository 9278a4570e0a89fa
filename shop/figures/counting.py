"""Counting days from the orders themselves: what is kept was counted by this, and what is not kept is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, case, column, func, select
from sqlalchemy import values as rows_of

from shop.base.db import UtcDateTime
from shop.figures import terms
from shop.figures.days import edges, hour_of
from shop.orders.models import Order, OrderLine
from shop.payments.models import Taken
from shop.pickup.packing_models import PackedParcel

PLACED = ("orders", "paid", "paid_minor", "refunds", "refunded_minor")
PRODUCTS = ("orders", "pieces", "goods_minor")
DEPARTURES = ("orders", "on_time", "late", "no_shows")
Counts = dict[tuple[Any, ...], list[int]]  # by key: the numbers in the order of the names above


def placed(asked: Any, days: Sequence[date]) -> Counts:
    """By day, point and currency, of the orders placed on these days. `asked` is a session or a connection."""
    if not days:
        return {}
    day = _days(days)
    back = (
        select(func.sum(Taken.refunded_minor))
        .where(Taken.order_id == Order.id, Taken.amount_currency == Order.total_currency)
        .scalar_subquery()
    )
    numbers = (
        func.count(), func.count(Order.paid_at), _sum(terms.PAID, Order.total_minor), _sum(terms.REFUNDED, 1),
        _sum(terms.REFUNDED, func.coalesce(back, 0)),
    )  # fmt: skip
    key = (day.c.day, Order.pickup_point_id, Order.total_currency)
    wanted = select(*key, *numbers).join_from(day, Order, _during(Order.placed_at, day)).group_by(*key)
    return _counted(asked.execute(wanted), len(key))


def products(asked: Any, days: Sequence[date]) -> Counts:
    """By day, product and currency, of the paid orders placed on these days."""
    if not days:
        return {}
    day = _days(days)
    goods = func.sum(OrderLine.quantity * OrderLine.unit_price_minor)
    numbers = (func.count(func.distinct(Order.id)), func.sum(OrderLine.quantity), goods)
    key = (day.c.day, OrderLine.product_id, Order.total_currency)
    wanted = (
        select(*key, *numbers)
        .join_from(day, Order, _during(Order.placed_at, day))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(terms.PAID)
        .group_by(*key)
    )
    return _counted(asked.execute(wanted), len(key))


def departures(asked: Any, days: Sequence[date], now: datetime) -> Counts:
    """By day, hour and point, of the paid orders whose flight leaves on these days."""
    if not days:
        return {}
    day, told = _days(days), PackedParcel.told_at
    numbers = (
        func.count(), _sum(terms.on_time(told), 1), _sum(terms.late(told, now), 1), _sum(terms.NO_SHOW, 1),
    )  # fmt: skip
    key = (day.c.day, Order.departs_at, Order.pickup_point_id)
    wanted = (
        select(*key, *numbers)
        .join_from(day, Order, _during(Order.departs_at, day))
        .outerjoin(PackedParcel, PackedParcel.order_id == Order.id)
        .where(terms.PAID)
        .group_by(*key)
    )
    found: Counts = defaultdict(lambda: [0] * len(DEPARTURES))
    for (on, departs_at, point_id), counts in _counted(asked.execute(wanted), len(key)).items():
        total = found[on, hour_of(departs_at), point_id]
        total[:] = [one + another for one, another in zip(total, counts, strict=True)]
    return dict(found)


def _days(days: Sequence[date]) -> Any:
    """The days with their moments, to be joined with."""
    columns = column("day", Date), column("starts", UtcDateTime), column("ends", UtcDateTime)
    return rows_of(*columns, name="days").data(edges(days)).cte("days")


def _during(moment: Any, day: Any) -> Any:
    return (moment >= day.c.starts) & (moment < day.c.ends)


def _sum(condition: Any, amount: Any) -> Any:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)


def _counted(rows: Any, keys: int) -> Counts:
    return {tuple(row[:keys]): [int(number) for number in row[keys:]] for row in rows}
