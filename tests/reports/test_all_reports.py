"""Every report there is: what it adds up to, and that its files and its page say the same."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import builders
import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select, text

from shop.base.db import db, reading
from shop.base.money import Money
from shop.orders.models import Order, OrderLine
from shop.payments import refund_asking
from shop.pickup import commands as pickup
from shop.reports import files, pages
from shop.reports.asked import Asked, Day, Header, UnknownReport, Who, WrongFilter
from shop.reports.columns import LANGUAGES, Cell
from shop.reports.narrowing import frankfurt_day
from shop.reports.period import Period, frankfurt_days
from shop.reports.registry import REPORTS

from .conftest import EVER

pytestmark = pytest.mark.usefixtures("app")
WHO = Who("Anna", builders.NOW)
PERSONAL = ("traveller_name", "openid", "birth_date", "name", "unionid")


def asked_of(name: str, language: str = "en", **more: Any) -> Asked:
    days = REPORTS[name].days
    return Asked(name, Period(*EVER), language, more.pop("day", days[0] if days else Day.ORDERED), **more)


def csv_of(asked: Asked) -> list[dict[str, str]]:
    """The rows and totals of a CSV file by technical name."""
    data = b"".join(files.report_file(asked, "csv", WHO).chunks).decode("utf-8-sig")
    table = csv.reader(io.StringIO(data, newline=""), delimiter=";" if asked.language == "de" else ",")
    names, *rows = list(table)[0 if asked.header is Header.TECHNICAL else 1 :]
    return [dict(zip(names, row, strict=True)) for row in rows]


def book_of(asked: Asked) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(b"".join(files.report_file(asked, "xlsx", WHO).chunks)))


@pytest.fixture
def a_season(app: Flask) -> list[str]:
    """Two orders that were collected, one with a refund, one never paid; two flights' days; two brands."""
    wine, gin = builders.a_product(price=10_00, brand="Fichtental"), builders.a_product(price=30_00, brand="Nordlicht")
    device, _ = builders.a_device()
    numbers = []
    for n, lines in enumerate(({wine: 2, gin: 1}, {wine: 1})):
        order = builders.a_paid_order(lines, campaign="autumn" if n else None)
        pickup.hand_over(
            pickup.Asked(builders.code_of(order), f"scan-{n:08}", builders.NOW), device, builders.SECRET, builders.NOW
        )
        numbers.append(order.number)
    numbers.append(builders.an_order({gin: 1}).number)
    late = builders.a_paid_order({gin: 1}, now=builders.NOW + timedelta(hours=20))  # the next day in Frankfurt
    numbers.append(late.number)
    return [str(number) for number in numbers]


@pytest.mark.parametrize("name", sorted(REPORTS))
@pytest.mark.usefixtures("a_season")
def test_page_csv_and_workbook_say_the_same(name: str) -> None:
    for language in LANGUAGES:
        asked = asked_of(name, language, header=Header.BOTH)
        columns = REPORTS[name].first.sheet.columns
        page, rows, book = pages.page_of(asked, pages.Turn()), csv_of(asked), book_of(asked)
        sheet = book.worksheets[0]

        assert [cell.value for cell in sheet[1]] == [column.label(language) for column in columns]
        assert [cell.value for cell in sheet[2]] == [column.name for column in columns]
        assert len(rows) == len(page.rows) + len(page.footer)
        first = [column.name for column in columns if column.cell in (Cell.TEXT, Cell.COUNT)]
        for shown, row, cells in zip(page.rows, rows, sheet.iter_rows(min_row=3, values_only=True), strict=False):
            values = dict(zip([column.name for column in columns], shown, strict=True))
            kept = dict(zip([column.name for column in columns], cells, strict=True))
            for one in first:
                assert values[one] == row[one].lstrip("'") == ("" if kept[one] is None else str(kept[one]))


@pytest.mark.parametrize("name", sorted(REPORTS))
@pytest.mark.usefixtures("a_season")
def test_a_workbook_says_who_made_it_when_and_of_what(name: str) -> None:
    about = {row[0]: row[1] for row in book_of(asked_of(name)).worksheets[-1].iter_rows(values_only=True)}

    assert about["Report"] == REPORTS[name].titles["en"]
    assert (about["Made by"], about["Made at"]) == ("Anna", "2026-11-24 09:00:00 (Europe/Berlin)")
    assert int(about[f"Rows: {REPORTS[name].first.sheet.en}"]) == pages.page_of(asked_of(name), pages.Turn()).count
    assert not REPORTS[name].days or about["Period (both days included)"] == "2026-01-01 – 2027-01-01"


@pytest.mark.usefixtures("a_season")
def test_sales_agree_with_sums_that_are_asked_apart() -> None:
    with db.engine.connect() as connection:
        taken, orders, paid, lines = connection.execute(
            text(
                "SELECT (SELECT sum(total_minor) FROM orders WHERE paid_at IS NOT NULL), (SELECT count(*) FROM orders), "
                "(SELECT count(*) FROM orders WHERE paid_at IS NOT NULL), (SELECT sum(quantity * unit_price_minor) FROM order_lines l "
                "JOIN orders o ON o.id = l.order_id WHERE o.paid_at IS NOT NULL)"
            )
        ).one()

    for name in ("by_day", "by_point", "by_flight", "by_campaign"):
        *_, total = csv_of(asked_of(name, header=Header.TECHNICAL))
        assert (total["orders"], total["paid_orders"]) == (str(orders), str(paid))
        assert round(float(total["taken"]) * 100) == taken == 90_00
    for name in ("by_category", "by_brand", "by_product"):
        *_, total = csv_of(asked_of(name, header=Header.TECHNICAL))
        assert round(float(total["goods"]) * 100) == lines


@pytest.mark.usefixtures("a_season")
def test_the_day_is_the_orders_or_the_flights_as_was_asked() -> None:
    by_order = csv_of(asked_of("by_day", header=Header.TECHNICAL, day=Day.ORDERED))
    by_flight = csv_of(asked_of("by_day", header=Header.TECHNICAL, day=Day.PICKUP))

    assert [(row["day"], row["orders"]) for row in by_order[:-1]] == [("2026-11-24", "3"), ("2026-11-25", "1")]
    assert [(row["day"], row["orders"]) for row in by_flight[:-1]] == [("2026-11-26", "4")]


@pytest.mark.usefixtures("a_season")
def test_brands_hold_the_goods_of_paid_orders() -> None:
    rows = csv_of(asked_of("by_brand", header=Header.TECHNICAL))

    assert [(row["brand"], row["orders"], row["items"], row["goods"]) for row in rows] == [
        ("Nordlicht", "2", "2", "60.00"), ("Fichtental", "2", "3", "30.00"), ("Total", "", "5", "90.00"),
    ]  # fmt: skip


def test_a_refund_stands_in_its_report_and_leaves_the_takings(app: Flask) -> None:
    order = builders.a_paid_order({builders.a_product(price=25_00): 2})

    with reading() as session:
        before = session.execute(select(Order.total_minor).where(Order.number == order.number)).scalar_one()
    from shop.payments.refund_rules import Lines
    from shop.payments.refunding import Why
    from shop.payments.states import Cause

    refund_asking.ask_once(
        order.number,
        Lines({1: 1}),
        Why(Cause.SHORTAGE, "staff:1"),
        refund_asking.Once("staff:1", "k1", "one"),
        builders.NOW,
    )

    (row, total) = csv_of(asked_of("refunds", header=Header.TECHNICAL))
    (missing, _) = csv_of(asked_of("shortages", header=Header.TECHNICAL))
    assert (row["order_no"], row["cause"], row["amount"], row["paid_back"], row["asked_by"]) == (
        order.number,
        "Shortage",
        "25.00",
        "0.00",
        "staff",
    )
    assert (total["amount"], before) == ("25.00", 50_00)
    assert (missing["order_no"], missing["quantity"], missing["value"]) == (order.number, "1", "25.00")


def test_an_order_that_nobody_collected_is_a_no_show(app: Flask) -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, state="no_show")

    (row, _) = csv_of(asked_of("no_shows", header=Header.TECHNICAL))

    assert (row["order_no"], row["counter"], row["flight_date"]) == (order.number, builders.POINT, "2026-11-26")


def test_few_hand_overs_are_not_shown_by_name(app: Flask) -> None:
    device, _ = builders.a_device()
    for n in range(12):
        order = builders.a_paid_order()
        pickup.hand_over(
            pickup.Asked(builders.code_of(order), f"scan-{n:08}", builders.NOW), device, builders.SECRET, builders.NOW
        )
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE scans SET staff = 'Anna K.' WHERE scan_id < 'scan-00000010'"))
        connection.execute(text("UPDATE scans SET staff = 'Ben S.' WHERE scan_id >= 'scan-00000010'"))

    rows = csv_of(asked_of("staff", header=Header.TECHNICAL))

    assert sorted((row["staff"], row["handed_over"]) for row in rows) == [
        ("(fewer than 10 each)", "2"),
        ("Anna K.", "10"),
        ("Total", "12"),
    ]


def test_stock_is_worth_what_it_sells_for(app: Flask) -> None:
    builders.a_product("SP-1", on_hand=7, price=19_99)

    row, total = csv_of(asked_of("stock_valuation", header=Header.TECHNICAL))

    assert (row["sku"], row["on_hand"], row["value"], total["value"]) == ("SP-1", "7", "139.93", "139.93")


@pytest.mark.usefixtures("a_season")
def test_filters_narrow_every_report_that_has_them() -> None:
    none = {
        "point": "T9-X",
        "state": "expired",
        "destination": "XXX",
        "campaign": "none",
        "category": "x",
        "brand": "x",
        "sku": "x",
        "flight": "X1",
    }

    for name, report in REPORTS.items():
        for one in report.filters:
            assert pages.page_of(asked_of(name, filters={one: none[one]}), pages.Turn()).count == 0, (name, one)
    assert pages.page_of(asked_of("orders", filters={"campaign": "autumn"}), pages.Turn()).count == 1
    assert (
        pages.page_of(asked_of("orders", filters={"brand": "Nordlicht"}), pages.Turn()).count == 4
    )  # all lines of orders with one


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"filters": {"name": "x"}}, "name"),
        ({"filters": {"state": "lost"}}, "state"),
        ({"day": Day.BANK}, "day"),
        ({"language": "fr"}, "language"),
    ],
)
def test_what_a_report_does_not_have_is_refused_by_name(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongFilter) as refusal:
        pages.page_of(Asked(**{"report": "orders", "period": Period(*EVER), **wrong}), pages.Turn())

    assert field in refusal.value.fields


def test_a_report_that_is_none_is_not_found() -> None:
    with pytest.raises(UnknownReport):
        pages.page_of(Asked("secrets", Period(*EVER)), pages.Turn())


def test_no_report_but_the_tax_evidence_has_a_personal_column() -> None:
    for name, report in REPORTS.items():
        names = {column.name for filled in report.sheets for column in filled.sheet.columns}

        assert not names & set(PERSONAL), name
        assert report.logged == ("document_number" in names)
        assert len({column.label("zh") for column in report.first.sheet.columns}) == len(report.first.sheet.columns)


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_an_empty_period_is_a_report_of_nothing(name: str) -> None:
    asked = Asked(name, Period(EVER[0], EVER[0]), day=(REPORTS[name].days or (Day.ORDERED,))[0])

    assert pages.page_of(asked, pages.Turn()).rows == []
    assert book_of(asked).worksheets[0].max_row >= 1


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-28T23:30",
        "2026-03-29T00:59",
        "2026-03-29T22:30",
        "2026-10-24T22:30",
        "2026-10-25T23:30",
        "2026-06-01T22:00",
    ],
)
def test_a_day_in_frankfurt_is_one_whatever_the_clocks_do(moment: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    order = builders.an_order()
    builders.set_order(order.number, placed_at=at)
    period = Period(*frankfurt_days(date(2026, 1, 1), date(2026, 12, 31)))

    with reading() as session:
        day = session.execute(
            select(frankfurt_day(Order.placed_at, period)).where(Order.number == order.number)
        ).scalar_one()

    (expected,) = {period.days[0] for period in [Period(at, at + timedelta(seconds=1))]}
    assert day == expected


def test_money_of_a_report_is_exact(app: Flask) -> None:
    builders.a_paid_order({builders.a_product(price=1_01): 3})

    (row, _) = csv_of(asked_of("by_day", "de", header=Header.TECHNICAL))

    assert (row["taken"], row["average_basket"]) == ("3,03", "3,03")
    assert Money(303, builders.Currency.EUR).minor == sum(q * p for q, p in _lines())


def _lines() -> list[tuple[int, int]]:
    with reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(OrderLine.quantity, OrderLine.unit_price_minor))]
