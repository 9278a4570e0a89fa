"""Filters and days, as conditions on orders and the goods in them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Date, case, cast, func, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

from shop.catalogue.models import Category, Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState
from shop.reports.asked import Asked, Day
from shop.reports.period import FRANKFURT, Period

Condition = Callable[[str], Any]


def _sold(column: Any) -> Condition:
    """Orders with such goods in them."""

    def has(value: str) -> Any:
        goods = select(OrderLine.order_id).join(Product, Product.id == OrderLine.product_id)
        return Order.id.in_(goods.join(Category, Category.id == Product.category_id).where(column == value))

    return has


ORDER_FILTERS: Mapping[str, Condition] = {
    "point": lambda code: Order.pickup_point_id.in_(select(PickupPoint.id).where(PickupPoint.code == code)),
    "state": lambda state: Order.state == state,
    "destination": lambda airport: Order.final_destination == airport.upper(),
    "flight": lambda number: Order.flight_number == number.upper().replace(" ", ""),
    "campaign": lambda name: Order.campaign == name,
}
LINE_FILTERS: Mapping[str, Any] = {"category": Category.code, "brand": Product.brand, "sku": OrderLine.sku}
CHOICES: Mapping[str, frozenset[str]] = {"state": frozenset(OrderState)}


def within(asked: Asked) -> Any:
    """Orders of the period, by the day that it means."""
    period = asked.period
    if asked.day is Day.PICKUP:
        first, last = period.days
        return Order.flight_date.between(first, last) if period.since < period.until else Order.id < 0
    return (Order.placed_at >= period.since) & (Order.placed_at < period.until)


def of_orders(asked: Asked, *, goods_apart: bool = False) -> list[Any]:
    """Conditions on `orders`. With `goods_apart` those on the goods are left to the caller (`of_goods`)."""
    found = [within(asked)]
    for name, value in sorted(asked.filters.items()):
        if name in ORDER_FILTERS:
            found.append(ORDER_FILTERS[name](value))
        elif name in LINE_FILTERS and not goods_apart:
            found.append(_sold(LINE_FILTERS[name])(value))
    return found


def of_goods(asked: Asked) -> list[Any]:
    """Conditions on order lines with their products and categories."""
    return [LINE_FILTERS[name] == value for name, value in sorted(asked.filters.items()) if name in LINE_FILTERS]


class frankfurt_day(ColumnElement[Any]):
    """The Frankfurt day of a moment that lies in a period. PostgreSQL knows the zone; SQLite is told when its clocks change."""

    inherit_cache = False
    type = Date()

    def __init__(self, moment: Any, period: Period) -> None:
        self.moment, self.period = moment, period


@compiles(frankfurt_day, "postgresql")
def _by_zone(element: frankfurt_day, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(cast(func.timezone("Europe/Berlin", element.moment), Date), **more)


@compiles(frankfurt_day)
def _by_offsets(element: frankfurt_day, compiler: SQLCompiler, **more: Any) -> str:
    *earlier, last = list(_offsets(element.period))
    days = [(element.moment < until, _shifted(element.moment, minutes)) for until, minutes in earlier]
    day = _shifted(element.moment, last[1])
    return compiler.process(case(*days, else_=day) if days else day, **more)


def _shifted(moment: Any, minutes: int) -> Any:
    return type_coerce(func.date(moment, f"{minutes:+d} minutes"), Date)


def _offsets(period: Period) -> Iterable[tuple[datetime, int]]:
    """The moments up to which Frankfurt is so many minutes ahead of UTC, to the hour; the last one covers the rest."""
    hour = period.since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    minutes = _ahead(hour)
    while hour < period.until:
        later = hour + timedelta(days=1)
        if _ahead(later) != minutes:
            change = next(
                hour + timedelta(hours=n) for n in range(1, 25) if _ahead(hour + timedelta(hours=n)) != minutes
            )
            yield change, minutes
            minutes = _ahead(change)
        hour = later
    yield period.until, minutes


def _ahead(moment: datetime) -> int:
    offset = moment.astimezone(FRANKFURT).utcoffset() or timedelta()
    return int(offset.total_seconds()) // 60
