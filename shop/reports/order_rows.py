"""The order report: one row for each line of the orders, and one for each order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, exists, func, select, true
from sqlalchemy.sql import Select

from shop.catalogue.models import Category, Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.payments.models import Attempt, PaymentNotice
from shop.payments.states import AttemptState, Verdict
from shop.people.models import Device
from shop.pickup.models import Pickup
from shop.reports import words
from shop.reports.asked import Asked
from shop.reports.columns import COLUMNS, LINES, Column, Of
from shop.reports.narrowing import of_orders
from shop.reports.writing import Cells, Writing

# The payment of an order: the attempt that settled it; when none did, one whose money came anyway and goes back.
_settles = exists().where(
    PaymentNotice.order_id == Attempt.order_id,
    PaymentNotice.attempt_id == Attempt.id,
    PaymentNotice.verdict.in_([Verdict.SETTLES.value, Verdict.REVIVES.value]),
)
_settled_first = [case((_settles, 0), else_=1), Attempt.id]
_its_payments: Any = select(Attempt.id).where(Attempt.order_id == Order.id, Attempt.state == AttemptState.PAID.value)
_payment_id = _its_payments.order_by(*_settled_first).limit(1).correlate(Order).scalar_subquery()
_plain: Any = Attempt.__table__.alias("payment")
# The same, looked up for each order in turn: else PostgreSQL reads the payments of all years for those of a day.
_beside: Any = (
    select(Attempt.out_trade_no, Attempt.transaction_id, Attempt.payer_minor, Attempt.payer_currency, Attempt.exchange_rate)
    .where(Attempt.order_id == Order.id, Attempt.state == AttemptState.PAID.value)
    .order_by(*_settled_first).limit(1).correlate(Order).lateral("payment")
)  # fmt: skip

COLUMN = {column.name: column for column in COLUMNS}
HEAD = list(LINES.columns[: LINES.columns.index(COLUMN["sku"])])
TAIL = [column for column in LINES.columns if column.of is Of.ORDER and column not in HEAD]
COUNTED = [COLUMN["lines"], COLUMN["items"]]


def _worded(expression: Any, table: Any, language: str) -> Any:
    """A state in the reader's words."""
    return case({state.value: of[language] for state, of in table.items()}, value=expression, else_=expression)


def _of_order(language: str, payment: Any) -> dict[str, Any]:
    """An order's values by column. No name, no openid, no birth date: the database is not even asked for them."""
    return {
        "order_no": Order.number, "placed_at": Order.placed_at, "paid_at": Order.paid_at,
        "state": _worded(Order.state, words.STATES, language), "refund_state": _worded(Order.refund_state, words.REFUNDS, language),
        "counter": PickupPoint.code, "terminal": Order.terminal, "flight": Order.flight_number, "flight_date": Order.flight_date,
        "origin": Order.origin, "destination": Order.destination, "final_destination": Order.final_destination,
        "departs_at": Order.departs_at, "traveller_no": Order.traveller_id, "currency": Order.total_currency,
        "order_total": Order.total_minor, "out_trade_no": payment.c.out_trade_no, "transaction_id": payment.c.transaction_id,
        "payer_paid": payment.c.payer_minor, "payer_currency": payment.c.payer_currency, "fx_rate": payment.c.exchange_rate,
        "campaign": Order.campaign, "collected_at": Order.collected_at, "collected_by": Device.name,
    }  # fmt: skip


def _orders(asked: Asked, writing: Writing, also: Sequence[Any]) -> Any:
    payment, its = (_beside, true()) if writing.in_postgresql else (_plain, _plain.c.id == _payment_id)
    values = _of_order(asked.language, payment)
    return (
        select(
            Order.id.label("key"), Order.placed_at.label("sorted_by"),
            *writing.run("head", _picked(values, HEAD)), *writing.run("tail", _picked(values, TAIL)),
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .outerjoin(payment, its)
        .outerjoin(Pickup, Pickup.order_id == Order.id)
        .outerjoin(Device, Device.id == Pickup.collected_by)
        .where(*of_orders(asked), *also)
    )  # fmt: skip


def _picked(values: dict[str, Any], columns: Sequence[Column]) -> Cells:
    return [(column, values[column.name]) for column in columns]


def line_rows(asked: Asked, writing: Writing, also: Sequence[Any]) -> Select[Any]:
    """Every line with what is known of its order, in the order they were placed.

    Brand, EAN and category are today's, all else is as it was ordered.
    """
    lang = asked.language
    # OFFSET 0 keeps the database from merging these with the rest: an order's cells are written once, a product's too.
    orders = _orders(asked, writing, also).offset(0).subquery("o")
    name, line_name = getattr(Product, f"name_{lang}"), getattr(OrderLine, f"name_{lang}")
    goods = (
        select(
            Product.id, Product.sku.label("known_sku"), name.label("known_name"),
            *writing.run("sku", [(COLUMN["sku"], Product.sku)]), *writing.run("product", [(COLUMN["product"], name)]),
            *writing.run("goods", [(COLUMN["ean"], Product.ean), (COLUMN["brand"], Product.brand),
                                   (COLUMN["category"], getattr(Category, f"name_{lang}"))]),
        )
        .join(Category, Category.id == Product.category_id).offset(0).subquery("p")
    )  # fmt: skip
    numbers = [
        (COLUMN["quantity"], OrderLine.quantity), (COLUMN["unit_price"], OrderLine.unit_price_minor),
        (COLUMN["line_total"], OrderLine.quantity * OrderLine.unit_price_minor),
    ]  # fmt: skip
    cells = [
        *writing.taken(orders, "head", HEAD),
        *writing.known(COLUMN["sku"], OrderLine.sku, goods.c.known_sku, goods, "sku"),
        *writing.taken(goods, "goods", [COLUMN["ean"], COLUMN["brand"], COLUMN["category"]]),
        *writing.known(COLUMN["product"], line_name, goods.c.known_name, goods, "product"),
        *writing.run("numbers", numbers),
        *writing.taken(orders, "tail", TAIL),
    ]
    return (
        select(*writing.row(cells))
        .select_from(orders)
        .join(OrderLine, OrderLine.order_id == orders.c.key)
        .join(goods, goods.c.id == OrderLine.product_id)
        .order_by(orders.c.sorted_by, orders.c.key, OrderLine.position)
    )


def order_rows(asked: Asked, writing: Writing, also: Sequence[Any]) -> Select[Any]:
    """Every order, with how many lines and pieces it has."""
    orders = _orders(asked, writing, also).offset(0).subquery("o")
    here = OrderLine.order_id == orders.c.key
    counted: dict[str, Any] = {
        "lines": select(func.count()).where(here).scalar_subquery(),
        "items": select(func.coalesce(func.sum(OrderLine.quantity), 0)).where(here).scalar_subquery(),
    }
    cells = [
        *writing.taken(orders, "head", HEAD),
        *writing.run("counted", _picked(counted, COUNTED)),
        *writing.taken(orders, "tail", TAIL),
    ]
    return select(*writing.row(cells)).select_from(orders).order_by(orders.c.sorted_by, orders.c.key)
