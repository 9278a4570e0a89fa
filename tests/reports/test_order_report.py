"""What stands in the order report, in both kinds of file."""

import io
import secrets
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import builders
import pytest
from flask import Flask
from openpyxl.workbook import Workbook
from sqlalchemy import update

from shop.base.db import transaction
from shop.orders.models import Order
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments.models import Attempt
from shop.payments.states import Verdict
from shop.people.models import Device
from shop.pickup import commands as pickup
from shop.reports import files, queries
from shop.reports.columns import LANGUAGES, LINES, ORDERS
from shop.reports.period import frankfurt_days
from shop.reports.pseudonyms import traveller_no

from .conftest import EVER, ReadCsv, cells_of

pytestmark = pytest.mark.usefixtures("app")
Csv = Callable[..., ReadCsv]
Xlsx = Callable[..., Workbook]
SHOWN = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001 - builders.NOW on a Frankfurt clock
CENT = 0.001


def a_collected_order(**more: object) -> tuple[OrderView, str]:
    """An order of two lines that was paid and handed over, and its transaction id."""
    lines = {builders.a_product(price=19_99): 3, builders.a_product(price=100_00): 1}
    order = builders.an_order(lines, **more)
    transaction_id = "4200001234202611241234567890"
    payment = builders.a_payment(builders.an_attempt(order), order.total, transaction_id=transaction_id)
    payments.accept(builders.a_notice(payment), builders.NOW)
    device, _ = builders.a_device()
    pickup.hand_over(
        pickup.Asked(builders.code_of(order), secrets.token_hex(8), builders.NOW), device, builders.SECRET, builders.NOW
    )
    return builders.order_by_number(order.number), transaction_id


def test_the_csv_holds_an_order_from_placing_to_hand_over(csv_report: Csv) -> None:
    order, transaction_id = a_collected_order(campaign="autumn")

    first, second = csv_report().rows

    assert (first["order_no"], first["state"], first["refund_state"]) == (order.number, "Collected", "No refund")
    assert first["placed_at"] == first["paid_at"] == first["collected_at"] == "2026-11-24 09:00:00"
    assert (first["counter"], first["terminal"], first["flight"], first["flight_date"]) == (
        "T1-B42",
        "T1",
        "CA932",
        "2026-11-26",
    )
    assert (first["origin"], first["destination"], first["final_destination"]) == ("FRA", "PEK", "PEK")
    assert first["departs_at"] == "2026-11-26 14:05:00"
    assert first["traveller_no"] == traveller_no(order.traveller_id)
    assert (first["brand"], first["category"], first["product"]) == ("Fichtental", "Spirits", order.lines[0].name["en"])
    assert (first["quantity"], first["unit_price"], first["line_total"]) == ("3", "19.99", "59.97")
    assert (second["quantity"], second["unit_price"], second["line_total"]) == ("1", "100.00", "100.00")
    assert (first["currency"], first["order_total"], second["order_total"]) == ("EUR", "159.97", "159.97")
    assert first["transaction_id"] == "\t" + transaction_id
    assert first["out_trade_no"].startswith("T")
    assert first["ean"].startswith("\t21")
    assert (first["payer_paid"], first["payer_currency"], first["fx_rate"]) == ("1279.76", "CNY", "7.43000000")
    assert (first["campaign"], first["collected_by"]) == ("autumn", "Tablet")


def test_the_workbook_holds_numbers_dates_and_texts_as_such(xlsx_report: Xlsx) -> None:
    order, transaction_id = a_collected_order(campaign="autumn")

    book = xlsx_report()

    (line, _), _ = cells_of(book["Order lines"], LINES)
    assert (line["order_no"].value, line["order_no"].data_type, line["order_no"].number_format) == (
        order.number,
        "s",
        "@",
    )
    assert (line["transaction_id"].value, line["transaction_id"].data_type) == (transaction_id, "s")
    assert (line["ean"].data_type, line["sku"].data_type, line["out_trade_no"].data_type) == ("s", "s", "s")
    assert (line["quantity"].value, line["quantity"].data_type) == (3, "n")
    assert line["line_total"].value == pytest.approx(59.97, abs=CENT)
    assert line["line_total"].number_format == "#,##0.00"
    assert line["fx_rate"].value == pytest.approx(7.43)
    assert (line["placed_at"].value, line["placed_at"].is_date) == (SHOWN, True)
    assert line["flight_date"].value == datetime(2026, 11, 26)  # noqa: DTZ001 - openpyxl has no dates
    assert line["departs_at"].value == datetime(2026, 11, 26, 14, 5)  # noqa: DTZ001
    (row,), _ = cells_of(book["Orders"], ORDERS)
    assert (row["order_no"].value, row["lines"].value, row["items"].value) == (order.number, 2, 4)
    assert row["order_total"].value == pytest.approx(159.97, abs=CENT)
    assert row["collected_at"].value == SHOWN


@pytest.mark.parametrize(
    ("language", "sheets"),
    [
        ("zh", ["订单明细", "订单", "文件说明"]),
        ("en", ["Order lines", "Orders", "About this file"]),
        ("de", ["Bestellpositionen", "Bestellungen", "Über diese Datei"]),
    ],
)
def test_a_sheet_has_a_header_that_stays_a_filter_and_named_columns(
    xlsx_report: Xlsx, language: str, sheets: list[str]
) -> None:
    a_collected_order()

    book = xlsx_report(language=language)

    assert book.sheetnames == sheets
    assert "Europe/Berlin" in book.properties.description
    for sheet, layout, rows in ((book.worksheets[0], LINES, 2), (book.worksheets[1], ORDERS, 1)):
        header = sheet[1]
        assert [cell.value for cell in header] == [column.label(language) for column in layout.columns]
        assert [cell.comment.text for cell in header] == [column.name for column in layout.columns]
        assert all(cell.font.bold for cell in header)
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == f"A1:{header[-1].column_letter}{rows + 1}"
        assert sheet.column_dimensions["B"].width >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_csv_begins_with_a_bom_and_ends_its_lines_as_spreadsheets_expect(csv_report: Csv, language: str) -> None:
    a_collected_order()

    report = csv_report(language=language)

    assert report.data.startswith(b"\xef\xbb\xbf")
    assert report.data.count(b"\n") == report.data.count(b"\r\n") == 1 + 2 + 2
    assert report.header == [column.label(language) for column in LINES.columns]
    assert report.rows[0]["unit_price"] == ("19,99" if language == "de" else "19.99")
    assert report.rows[0]["category"] == builders.same("Spirits")[language]


def test_totals_agree_with_the_sums_of_the_database(csv_report: Csv, xlsx_report: Xlsx) -> None:
    a_collected_order()
    builders.an_order({builders.a_product(price=50_00): 2})

    totals = queries.totals(*EVER)
    by_line, (book_all, book_paid) = csv_report(), cells_of(xlsx_report()["Order lines"], LINES)[1]
    order_all, order_paid = cells_of(xlsx_report()["Orders"], ORDERS)[1]

    assert (totals.orders, totals.rows, totals.items) == (2, 3, 6)
    assert str(totals) == "orders 2, lines 3, items 6, 259.97 EUR, of which paid 159.97 EUR"
    all_, paid = by_line.totals
    assert (all_["order_no"], paid["order_no"]) == ("Total EUR (orders: 2)", "Of which paid EUR (orders: 1)")
    assert (all_["quantity"], all_["line_total"], all_["currency"]) == ("6", "259.97", "EUR")
    assert (paid["quantity"], paid["line_total"], paid["order_total"]) == ("4", "159.97", "")
    assert sum(float(row["line_total"]) for row in by_line.rows) == pytest.approx(259.97, abs=CENT)
    assert (book_all["quantity"].value, book_paid["quantity"].value) == (6, 4)
    assert (order_all["lines"].value, order_all["items"].value, order_paid["lines"].value) == (3, 6, 2)
    for cell, amount in (
        (book_all["line_total"], 259.97),
        (book_paid["line_total"], 159.97),
        (order_all["order_total"], 259.97),
        (order_paid["order_total"], 159.97),
    ):
        assert cell.value == pytest.approx(amount, abs=CENT)
        assert cell.font.bold


def test_euros_and_yuan_have_totals_of_their_own(csv_report: Csv) -> None:
    builders.an_order({builders.a_product(price=10_00): 1})
    other = builders.an_order({builders.a_product(price=99_00): 2})
    builders.set_order(other.number, total_currency="CNY")

    totals = [(row["order_no"], row["currency"], row["line_total"]) for row in csv_report().totals]

    assert totals == [
        ("Total CNY (orders: 1)", "CNY", "198.00"),
        ("Of which paid CNY (orders: 0)", "CNY", "0.00"),
        ("Total EUR (orders: 1)", "EUR", "10.00"),
        ("Of which paid EUR (orders: 0)", "EUR", "0.00"),
    ]


def test_a_period_without_orders_has_a_header_and_zeros(csv_report: Csv, xlsx_report: Xlsx) -> None:
    report, book = csv_report(language="zh"), xlsx_report(language="zh")

    assert report.header[0] == "订单号"
    assert report.rows == []
    (total,) = report.totals
    assert (total["order_no"], total["quantity"], total["line_total"], total["currency"]) == ("合计", "0", "0.00", "")
    for sheet, layout, name in ((book["订单明细"], LINES, "line_total"), (book["订单"], ORDERS, "order_total")):
        rows, (row,) = cells_of(sheet, layout)
        assert rows == []
        assert (row["order_no"].value, row[name].value) == ("合计", 0)
    assert queries.totals(*EVER).gross == {}


def test_text_that_looks_like_a_formula_stays_text_in_both_files(csv_report: Csv, xlsx_report: Xlsx) -> None:
    evil = "=cmd|' /C calc'!A0"
    product = builders.a_product(name={"zh": evil, "en": evil, "de": evil}, brand="+1-1")
    builders.an_order({product: 1}, campaign="@SUM(1+1)")

    (row,) = csv_report().rows
    book = xlsx_report()

    assert (row["product"], row["brand"], row["campaign"]) == ("'" + evil, "'+1-1", "'@SUM(1+1)")
    (line,), _ = cells_of(book["Order lines"], LINES)
    for name, text in (("product", evil), ("brand", "+1-1"), ("campaign", "@SUM(1+1)")):
        assert (line[name].value, line[name].data_type) == (text, "s")


def test_text_that_looks_like_a_link_stays_text(xlsx_report: Xlsx) -> None:
    builders.an_order(campaign="https://example.org/x")

    (line,), _ = cells_of(xlsx_report()["Order lines"], LINES)

    assert line["campaign"].hyperlink is None
    assert line["campaign"].value == "https://example.org/x"


def test_no_report_names_a_traveller() -> None:
    traveller = builders.a_traveller("o-very-secret-openid")
    order = builders.an_order(traveller=traveller, name="OUYANG NANA", birth_date=date(1990, 3, 7))
    builders.an_attempt(order)

    text = b"".join(files.order_report("csv", *EVER, "en").chunks).decode()
    workbook = zipfile.ZipFile(io.BytesIO(b"".join(files.order_report("xlsx", *EVER, "en").chunks)))
    text += "".join(workbook.read(name).decode() for name in workbook.namelist())

    assert order.number in text
    for secret in ("OUYANG", "NANA", "o-very-secret-openid", "1990-03-07"):
        assert secret not in text


def test_a_traveller_has_the_same_number_in_every_report() -> None:
    assert traveller_no(1) == traveller_no(1)
    assert len({traveller_no(key) for key in range(2000)}) == 2000
    assert all(no.startswith("T") and len(no) == 13 and no.isalnum() for no in map(traveller_no, range(100)))


@pytest.mark.parametrize(
    ("utc", "there"),
    [("2026-10-24T21:59:59", 0), ("2026-10-24T22:00:00", 1), ("2026-10-25T22:59:59", 1), ("2026-10-25T23:00:00", 0)],
)
def test_a_day_of_25_hours_holds_its_first_and_its_last_second(csv_report: Csv, utc: str, there: int) -> None:
    order = builders.an_order()
    builders.set_order(order.number, placed_at=datetime.fromisoformat(f"{utc}+00:00"))

    report = csv_report(*frankfurt_days(date(2026, 10, 25), date(2026, 10, 25)))

    assert len(report.rows) == there


def test_a_payment_that_settled_is_shown_not_one_that_goes_back(csv_report: Csv) -> None:
    order = builders.an_order()
    first, second = builders.an_attempt(order), builders.an_attempt(order)
    settled = payments.accept(builders.a_notice(builders.a_payment(second, order.total)), builders.NOW)
    twice = payments.accept(builders.a_notice(builders.a_payment(first, order.total)), builders.NOW)

    (row,) = csv_report().rows

    assert (settled, twice) == (Verdict.SETTLES, Verdict.PAID_TWICE)
    assert row["out_trade_no"] == second


def test_money_that_came_too_late_is_shown_with_the_order_it_was_meant_for(csv_report: Csv) -> None:
    order = builders.an_order()
    number = builders.an_attempt(order)
    builders.set_order(order.number, state=OrderState.CANCELLED.value)
    payments.accept(builders.a_notice(builders.a_payment(number, order.total)), builders.NOW)

    (row,) = csv_report().rows

    assert (row["out_trade_no"], row["state"], row["refund_state"]) == (number, "Cancelled", "Refund under way")
    assert row["paid_at"] == ""


def test_an_attempt_that_nobody_paid_is_not_shown(csv_report: Csv) -> None:
    builders.an_attempt(builders.an_order())

    (row,) = csv_report().rows

    assert (row["out_trade_no"], row["transaction_id"], row["payer_paid"], row["fx_rate"]) == ("", "", "", "")


def test_orders_stand_in_the_order_they_were_placed(csv_report: Csv) -> None:
    product = builders.a_product(on_hand=50)
    later = builders.an_order({product: 1}, now=builders.NOW + timedelta(hours=1))
    earlier = builders.an_order({product: 1})

    assert [row["order_no"] for row in csv_report().rows] == [earlier.number, later.number]


def test_the_name_of_a_file_says_its_days() -> None:
    day, month = (
        frankfurt_days(date(2026, 11, 24), date(2026, 11, 24)),
        frankfurt_days(date(2026, 11, 1), date(2026, 11, 30)),
    )

    assert files.order_report("csv", *day, "zh").name == "orders-2026-11-24.csv"
    assert files.order_report("xlsx", *month, "zh").name == "orders-2026-11-01-to-2026-11-30.xlsx"


@pytest.mark.parametrize(("kind", "language"), [("pdf", "en"), ("csv", "fr")])
def test_what_nobody_offers_is_refused_before_the_first_byte(kind: str, language: str) -> None:
    with pytest.raises(ValueError, match=r"no such"):
        files.order_report(kind, *EVER, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_command_line_gets_the_file_and_its_totals(tmp_path: Path, kind: files.FileKind) -> None:
    order, _ = a_collected_order()
    path = tmp_path / f"report.{kind}"

    totals = files.write_order_report(path, kind, *EVER, "en")

    assert totals == queries.totals(*EVER)
    assert totals.gross == {order.total.currency: order.total}
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]
    assert path.read_bytes()[:2] == (b"PK" if kind == "xlsx" else b"\xef\xbb")


def test_a_report_needs_the_rights_of_a_reader_only(app: Flask) -> None:
    """The models that reports read are those that others write: this guards against a report that changes one."""
    order, _ = a_collected_order()
    before = builders.order_by_number(order.number)

    for kind in ("csv", "xlsx"):
        list(files.order_report(kind, *EVER, "en").chunks)  # type: ignore[arg-type]

    assert builders.order_by_number(order.number) == before


def test_a_device_name_and_a_rate_are_todays_and_missing_ones_are_empty(csv_report: Csv) -> None:
    order, _ = a_collected_order()
    with transaction() as session:
        session.execute(update(Device).values(name="=Till"))
        session.execute(update(Attempt).values(payer_minor=None, payer_currency=None, exchange_rate=None))
        session.execute(update(Order).where(Order.id == order.id).values(campaign=None))

    row = csv_report().rows[0]

    assert (row["collected_by"], row["payer_paid"], row["fx_rate"], row["campaign"]) == ("'=Till", "", "", "")
