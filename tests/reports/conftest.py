"""Reading reports back, and orders by the thousand."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import builders
import openpyxl
import pytest
from flask import Flask
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import insert

from shop.base.db import db, engine_options, transaction
from shop.orders.models import Order, OrderLine
from shop.reports import files
from shop.reports.columns import LINES, Sheet

EVER = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
LINES_PER_ORDER = 4

Row = dict[str, Any]


class ReadCsv:
    """A CSV report: its `header`, its `rows` by column name, and its `totals` rows."""

    def __init__(self, data: bytes, language: str = "en") -> None:
        self.data = data
        text = data.decode("utf-8-sig")
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if language == "de" else ","))
        names = [column.name for column in LINES.columns]
        self.header, *body = table
        rows = [dict(zip(names, row, strict=True)) for row in body]
        self.rows = [row for row in rows if row["sku"]]
        self.totals = [row for row in rows if not row["sku"]]


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """The database alone: a report needs no doors."""
    made = Flask("report-tests")
    made.config.update(
        SQLALCHEMY_DATABASE_URI=database_url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(database_url), KEEP_SECONDS=0.0
    )
    db.init_app(made)
    with made.app_context():
        builders.a_timetable()
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def csv_report() -> Callable[..., ReadCsv]:
    """The CSV report of a period (`EVER` unless told) in a language."""

    def read(since: datetime = EVER[0], until: datetime = EVER[1], language: str = "en") -> ReadCsv:
        return ReadCsv(b"".join(files.order_report("csv", since, until, language).chunks), language)

    return read


@pytest.fixture
def xlsx_report() -> Callable[..., Workbook]:
    """The XLSX report of a period (`EVER` unless told) in a language, as another library reads it."""

    def read(since: datetime = EVER[0], until: datetime = EVER[1], language: str = "en") -> Workbook:
        return openpyxl.load_workbook(io.BytesIO(b"".join(files.order_report("xlsx", since, until, language).chunks)))

    return read


def cells_of(sheet: Worksheet, layout: Sheet) -> tuple[list[Row], list[Row]]:
    """The cells of a sheet by column name: the rows, and after the empty row the totals."""
    names = [column.name for column in layout.columns]
    body = [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    empty = next(n for n, row in enumerate(body) if all(cell.value is None for cell in row.values()))
    return body[:empty], body[empty + 1 :]


@pytest.fixture
def many_orders(app: object) -> Callable[[int], None]:
    """Puts so many orders of LINES_PER_ORDER lines into the database, one a minute from the start of 2026."""

    def put(orders: int) -> None:
        product = builders.a_product("SP-MANY", on_hand=1)
        traveller, point = builders.a_traveller(), builders.point_id(builders.POINT)
        with transaction() as session:
            product_id = session.execute(builders.select(builders.Product.id)).scalar_one()
            for start in range(0, orders, 1000):
                numbers = range(start, min(start + 1000, orders))
                ids = session.scalars(
                    insert(Order).returning(Order.id, sort_by_parameter_order=True),
                    [_order_row(n, traveller, point) for n in numbers],
                ).all()
                session.execute(
                    insert(OrderLine),
                    [
                        _line_row(key, position, product_id, product)
                        for key in ids
                        for position in range(LINES_PER_ORDER)
                    ],
                )

    return put


def _order_row(n: int, traveller: int, point: int) -> Row:
    at = EVER[0] + timedelta(minutes=n)
    return {
        "number": f"D{n:09}", "traveller_id": traveller, "idempotency_key": f"many-{n}", "request_hash": "", "state": "awaiting_payment",
        "refund_state": "none", "total_minor": LINES_PER_ORDER * 2 * 1999, "total_currency": "EUR", "placed_at": at,
        "pay_before": at, "hold_until": at, "changed_at": at, "language": "zh", "flight_number": "CA932",
        "flight_date": date(2026, 12, 1), "departs_at": at, "origin": "FRA", "destination": "PEK", "final_destination": "PEK",
        "terminal": "T1", "pickup_point_id": point, "collect_from": at, "collect_until": at, "traveller_name": "WANG XIAOMING",
        "residence": "CN",
    }  # fmt: skip


def _line_row(order_id: int, position: int, product_id: int, sku: str) -> Row:
    return {
        "order_id": order_id, "position": position, "product_id": product_id, "sku": sku, "name_zh": "威士忌", "name_en": "Whisky",
        "name_de": "Whisky", "picture": None, "quantity": 2, "unit_price_minor": 1999,
    }  # fmt: skip
