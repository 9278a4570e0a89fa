"""Questions across the rooms: asked on a connection of their own, in one consistent view, read row by row."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, exists, func, select, text

from shop.base.db import db
from shop.catalogue.models import Category, Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.payments.models import Attempt, PaymentNotice
from shop.payments.states import AttemptState, Verdict
from shop.people.models import Device
from shop.pickup.models import Pickup
from shop.reports.period import Period
from shop.reports.totals import Tally, Totals

ROWS_AT_ONCE = 500
SLOWEST_STATEMENT = "5min"  # the shop's own limit is for pages; a year of orders may be sorted here


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection on which every question is answered as of the same moment, whatever others write meanwhile.

    PostgreSQL: REPEATABLE READ, READ ONLY. SQLite (WAL): one read transaction. Not the session's connection: a report
    outlives the request that asked for it, and changes nothing.
    """
    with engine.connect() as connection:
        on_postgresql = connection.dialect.name == "postgresql"
        if on_postgresql:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            if on_postgresql:
                connection.execute(text(f"SET LOCAL statement_timeout = '{SLOWEST_STATEMENT}'"))
            yield connection


def _within(period: Period) -> Any:
    return and_(Order.placed_at >= period.since, Order.placed_at < period.until)


# The payment of an order: the attempt that settled it; when none did, one whose money came anyway and goes back.
_settles = exists().where(
    PaymentNotice.order_id == Attempt.order_id,
    PaymentNotice.attempt_id == Attempt.id,
    PaymentNotice.verdict.in_([Verdict.SETTLES.value, Verdict.REVIVES.value]),
)
_payment_id = (
    select(Attempt.id)
    .where(Attempt.order_id == Order.id, Attempt.state == AttemptState.PAID.value)
    .order_by(case((_settles, 0), else_=1), Attempt.id)
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
_payment = Attempt.__table__.alias("payment")

# No name, no openid, no birth date: the database is not even asked for them.
_LINES: Any = (
    select(
        Order.id, Order.number, Order.traveller_id, Order.state, Order.refund_state, Order.placed_at, Order.paid_at,
        Order.collected_at, Order.terminal, Order.flight_number, Order.flight_date, Order.departs_at, Order.origin,
        Order.destination, Order.final_destination, Order.campaign, Order.total_minor, Order.total_currency,
        PickupPoint.code.label("counter"), Device.name.label("collected_by"),
        _payment.c.out_trade_no, _payment.c.transaction_id, _payment.c.payer_minor, _payment.c.payer_currency,
        _payment.c.exchange_rate,
        OrderLine.sku, OrderLine.name_zh, OrderLine.name_en, OrderLine.name_de, OrderLine.quantity,
        OrderLine.unit_price_minor,
        Product.ean, Product.brand,
        Category.name_zh.label("category_zh"), Category.name_en.label("category_en"),
        Category.name_de.label("category_de"),
    )
    .select_from(Order)
    .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
    .join(OrderLine, OrderLine.order_id == Order.id)
    .join(Product, Product.id == OrderLine.product_id)
    .join(Category, Category.id == Product.category_id)
    .outerjoin(_payment, _payment.c.id == _payment_id)
    .outerjoin(Pickup, Pickup.order_id == Order.id)
    .outerjoin(Device, Device.id == Pickup.collected_by)
    .order_by(Order.placed_at, Order.id, OrderLine.position)
)  # fmt: skip


def lines(connection: Connection, period: Period) -> Generator[Any]:
    """Every line of every order placed in the period with what is known of its order, in the order they were placed.

    Brand, EAN and category are today's, all else is as it was ordered. Never holds more than ROWS_AT_ONCE rows.
    """
    statement = _LINES.where(_within(period))
    with connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE}) as rows:
        yield from rows


def totals_in(connection: Connection, period: Period) -> Totals:
    """What the period adds up to, asked of orders and lines alone: a second opinion on the report."""
    tally = Tally()
    groups: Any = (Order.total_currency, Order.paid_at.is_not(None))
    of_orders: Any = select(*groups, func.count(), func.sum(Order.total_minor))
    for currency, paid, orders, gross in connection.execute(of_orders.where(_within(period)).group_by(*groups)):
        tally.add(currency, paid=bool(paid), orders=orders, gross=int(gross))
    goods_of_line = OrderLine.quantity * OrderLine.unit_price_minor
    of_lines: Any = select(*groups, func.count(), func.sum(OrderLine.quantity), func.sum(goods_of_line)).join(
        OrderLine, OrderLine.order_id == Order.id
    )
    for currency, paid, rows, items, goods in connection.execute(of_lines.where(_within(period)).group_by(*groups)):
        tally.add(currency, paid=bool(paid), rows=rows, items=int(items), goods=int(goods))
    return tally.totals()


def totals(since: datetime, until: datetime) -> Totals:
    """What the orders placed from `since` up to, not including, `until` add up to, by the database's own sums.

    Raises WrongPeriod.
    """
    period = Period(since, until)
    with snapshot(db.engine) as connection:
        return totals_in(connection, period)
