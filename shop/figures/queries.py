"""The figures of a period, and of the period before it, each exactly what the orders say."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, select, text

from shop.base.db import db
from shop.catalogue.models import Product
from shop.figures import counting
from shop.figures.counting import Counts, Points
from shop.figures.days import ONE_DAY, between, day_of
from shop.figures.models import CountedDay, DepartureFigures, PlacedFigures, ProductFigures, Standing
from shop.flights.models import PickupPoint
from shop.orders.models import Order, TripChange

MARGIN = timedelta(minutes=10)  # a change may be written down later than it says: locks are waited for, clocks differ
TOP = 10
DAY_BY_DAY = timedelta(days=93)


class Takings(Struct, frozen=True):
    """Of orders placed: how many, how many of them paid, what those came to, and what of it goes or went back, in minor units.

    `orders` and `refunds` count orders of this currency."""

    currency: str
    orders: int = 0
    paid: int = 0
    paid_minor: int = 0
    refunds: int = 0
    refunded_minor: int = 0

    @property
    def basket_minor(self) -> int | None:
        """What a paid order came to on average, rounded half up."""
        return (2 * self.paid_minor + self.paid) // (2 * self.paid) if self.paid else None


def _in_currency(takings: tuple[Takings, ...], currency: str) -> Takings:
    return next((each for each in takings if each.currency == currency), Takings(currency))


class Departures(Struct, frozen=True):
    """Of paid orders whose flight leaves: how many, ready in time or not, and how many did not come."""

    orders: int = 0
    on_time: int = 0
    late: int = 0
    no_shows: int = 0

    @property
    def on_time_permille(self) -> int | None:
        """Of those that should have been ready by now."""
        due = self.on_time + self.late
        return (2000 * self.on_time + due) // (2 * due) if due else None


class Sums(Struct, frozen=True):
    """A stretch of days. `takings` by currency; `orders` counts all of them."""

    first: date
    last: date
    takings: tuple[Takings, ...]
    departures: Departures

    def of(self, currency: str) -> Takings:
        """What was taken in this currency, perhaps nothing."""
        return _in_currency(self.takings, currency)

    @property
    def orders(self) -> int:
        return sum(each.orders for each in self.takings)

    @property
    def paid(self) -> int:
        return sum(each.paid for each in self.takings)

    @property
    def refunds(self) -> int:
        return sum(each.refunds for each in self.takings)


class AtPoint(Struct, frozen=True):
    code: str
    name: dict[str, str]
    takings: tuple[Takings, ...]

    def of(self, currency: str) -> Takings:
        """What was taken in this currency, perhaps nothing."""
        return _in_currency(self.takings, currency)


class TopProduct(Struct, frozen=True):
    """`orders` are paid orders that hold it."""

    sku: str
    name: dict[str, str]
    currency: str
    orders: int
    pieces: int
    goods_minor: int


class Dashboard(Struct, frozen=True):
    """`counted` days of those asked for came from what was kept, the others from the orders. `days`: of a long period weeks."""

    period: Sums
    before: Sums
    days: tuple[Sums, ...]
    points: tuple[AtPoint, ...]
    products: tuple[TopProduct, ...]
    hours: tuple[tuple[int, Departures], ...]
    counted: int


@contextmanager
def one_view(connection: Connection) -> Any:
    """Every question is answered as of the same moment, whatever others write meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL jit = off"))
        yield connection


def dashboard(first: date, last: date, now: datetime, at: Points = None) -> Dashboard:
    """The days `first` to `last`, both included, and as many days before them; of the pickup points `at`, or of all."""
    length = (last - first).days + 1
    earliest = first - length * ONE_DAY
    with db.engine.connect() as connection, _view(connection) as asked:
        kept = _kept(asked, earliest, last)
        placed = _placed(asked, earliest, last, kept, at)
        leaving, hours = _departures(asked, earliest, first, last, kept, now, at)
        products = _products(asked, first, last, kept, at)
        points = {row.id: row for row in asked.execute(select(PickupPoint.__table__))}
        best = sorted(products.items(), key=lambda item: (-item[1][2], item[0]))[:TOP]
        names = _named(asked, {key[0] for key, _ in best})
    by_day: dict[date, list[tuple[str, list[int]]]] = defaultdict(list)
    for (day, _, currency), counts in placed.items():
        by_day[day].append((currency, counts))
    return Dashboard(
        period=_sums(first, last, by_day, leaving),
        before=_sums(earliest, first - ONE_DAY, by_day, leaving),
        days=tuple(_sums(*step, by_day, leaving) for step in steps(first, last)),
        points=_by_point(placed, first, last, points),
        products=tuple(TopProduct(names[key].sku, _words(names[key]), currency, *counts) for (key, currency), counts in best),
        hours=tuple((hour, Departures(*counts)) for hour, counts in sorted(hours.items())),
        counted=len(kept),
    )


def steps(first: date, last: date) -> list[tuple[date, date]]:
    """What a period is shown in: its days, or when these are more than anybody reads its weeks, from Monday on."""
    if last - first < DAY_BY_DAY:
        return [(day, day) for day in between(first, last)]
    mondays = [day for day in between(first, last) if day == first or not day.weekday()]
    return list(zip(mondays, [*(day - ONE_DAY for day in mondays[1:]), last], strict=True))


def _view(connection: Connection) -> AbstractContextManager[Connection]:
    view: AbstractContextManager[Connection] = one_view(connection)
    return view


def changed_days(asked: Any) -> set[date] | None:
    """The days of which an order changed since they were counted; None: nothing was ever counted.

    An order that left a day for another one is found by its trip's history.
    """
    counted_to = asked.scalar(select(Standing.counted_to).where(Standing.id == 1))
    if counted_to is None:
        return None
    since = counted_to - MARGIN
    changed: set[date] = set()
    for placed_at, departs_at in asked.execute(select(Order.placed_at, Order.departs_at).where(Order.changed_at > since)):
        changed |= {day_of(placed_at), day_of(departs_at)}
    for old, new in asked.execute(select(TripChange.old_departs_at, TripChange.new_departs_at).where(TripChange.at > since)):
        changed |= {day_of(old), day_of(new)}
    return changed


def _kept(asked: Connection, first: date, last: date) -> set[date]:
    """Which of the days can be taken as they were counted."""
    changed = changed_days(asked)
    if changed is None:
        return set()
    counted = asked.scalars(select(CountedDay.day).where(CountedDay.day >= first, CountedDay.day <= last))
    return set(counted) - changed


def _open(first: date, last: date, kept: Collection[date]) -> list[date]:
    return [day for day in between(first, last) if day not in kept]


def _within(table: Any, first: date, last: date, kept: Collection[date], at: Points) -> tuple[Any, ...]:
    """Rows of the days that may be taken; the days that may not are few, so they are named."""
    stale = _open(first, last, kept)
    fresh = (table.day.not_in(stale),) if stale else ()
    return (table.day >= first, table.day <= last, *fresh, *(() if at is None else (table.point_id.in_(sorted(at)),)))


def _placed(asked: Connection, first: date, last: date, kept: set[date], at: Points) -> Counts:
    """By day, point and currency."""
    found = counting.placed(asked, _open(first, last, kept), at)
    table: Any = PlacedFigures
    wanted = select(table.day, table.point_id, table.currency, *(getattr(table, name) for name in counting.PLACED))
    for row in asked.execute(wanted.where(*_within(table, first, last, kept, at))):
        found[tuple(row[:3])] = list(row[3:])
    return found


def _departures(
    asked: Connection, earliest: date, first: date, last: date, kept: set[date], now: datetime, at: Points
) -> tuple[dict[date, list[int]], dict[int, list[int]]]:
    """By day, for all of them; and by hour, from `first` on."""
    table: Any = DepartureFigures
    numbers = [func.sum(getattr(table, name)) for name in counting.DEPARTURES]
    days: dict[date, list[int]] = defaultdict(lambda: [0] * len(numbers))
    hours: dict[int, list[int]] = defaultdict(lambda: [0] * len(numbers))
    for (day, hour, _), counts in counting.departures(asked, _open(earliest, last, kept), now, at).items():
        _add(days[day], counts)
        if day >= first:
            _add(hours[hour], counts)
    for row in asked.execute(select(table.day, *numbers).where(*_within(table, earliest, last, kept, at)).group_by(table.day)):
        _add(days[row[0]], row[1:])
    for row in asked.execute(select(table.hour, *numbers).where(*_within(table, first, last, kept, at)).group_by(table.hour)):
        _add(hours[row[0]], row[1:])
    return days, hours


def _products(asked: Connection, first: date, last: date, kept: set[date], at: Points) -> dict[tuple[int, str], list[int]]:
    """By product and currency."""
    table: Any = ProductFigures
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * len(counting.PRODUCTS))
    for (_, _, product_id, currency), counts in counting.products(asked, _open(first, last, kept), at).items():
        _add(found[product_id, currency], counts)
    numbers = [func.sum(getattr(table, name)) for name in counting.PRODUCTS]
    key = (table.product_id, table.currency)
    for row in asked.execute(select(*key, *numbers).where(*_within(table, first, last, kept, at)).group_by(*key)):
        _add(found[row[0], row[1]], row[2:])
    return found


def _add(total: list[int], more: Sequence[Any]) -> None:
    total[:] = [one + int(another) for one, another in zip(total, more, strict=True)]


def _sums(first: date, last: date, placed: dict[date, list[tuple[str, list[int]]]], leaving: dict[date, list[int]]) -> Sums:
    money: dict[str, list[int]] = defaultdict(lambda: [0] * len(counting.PLACED))
    flown = [0] * len(counting.DEPARTURES)
    for day in between(first, last):
        for currency, counts in placed.get(day, ()):
            _add(money[currency], counts)
        if day in leaving:
            _add(flown, leaving[day])
    return Sums(first, last, tuple(Takings(currency, *money[currency]) for currency in sorted(money)), Departures(*flown))


def _by_point(placed: Counts, first: date, last: date, points: dict[int, Any]) -> tuple[AtPoint, ...]:
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0] * len(counting.PLACED)))
    for (day, point_id, currency), counts in placed.items():
        if first <= day <= last:
            _add(found[point_id][currency], counts)
    shown = [
        AtPoint(points[point_id].code, _words(points[point_id]), tuple(Takings(c, *money[c]) for c in sorted(money)))
        for point_id, money in found.items()
    ]
    return tuple(sorted(shown, key=lambda point: (-sum(each.paid for each in point.takings), point.code)))


def _named(asked: Connection, product_ids: Collection[int]) -> dict[int, Any]:
    wanted: Any = select(Product.id, Product.sku, Product.name_zh, Product.name_en, Product.name_de)
    return {row.id: row for row in asked.execute(wanted.where(Product.id.in_(product_ids)))} if product_ids else {}


def _words(row: Any) -> dict[str, str]:
    return {"zh": row.name_zh, "en": row.name_en, "de": row.name_de}
