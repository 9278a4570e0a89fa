"""A report is one view of the database, needs little memory however long it is, and leaves nothing behind."""

import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders
import openpyxl
import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shop.base.db import db, transaction
from shop.reports import files, queries, snapshots, xlsx_writer
from shop.reports.adding import sums_of
from shop.reports.csv_writer import ReportDoesNotAddUp
from shop.reports.declared import Summed
from shop.reports.totals import Tally

from .conftest import EVER, LINES_PER_ORDER, ReadCsv

Fill = Callable[[int], None]
MEGABYTE = 1024 * 1024
ENOUGH_FOR_SOME_CHUNKS = 400  # orders


def in_use() -> int:
    """Connections that are not in the pool."""
    return db.engine.pool.checkedout()  # type: ignore[attr-defined, no-any-return]


def peak_of(kind: files.FileKind, orders: int) -> int:
    """How many bytes Python held at most, over what it held before, while the report of the first orders was made."""
    since, until = EVER[0], EVER[0] + timedelta(minutes=orders)
    list(files.order_report(kind, until, until, "en").chunks)  # what is loaded once
    tracemalloc.start()
    try:
        assert any(files.order_report(kind, since, until, "zh").chunks)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_twenty_thousand_lines_need_little_memory(many_orders: Fill) -> None:
    many_orders(5_000)

    peak = peak_of("csv", 5_000)

    assert queries.totals(*EVER).rows == 20_000
    assert peak < 5 * MEGABYTE


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_six_times_as_many_lines_need_no_more_memory(many_orders: Fill, kind: files.FileKind) -> None:
    many_orders(600)

    few, many = peak_of(kind, 100), peak_of(kind, 600)

    assert many < 30 * MEGABYTE
    assert many - few < MEGABYTE  # 2,000 lines more; held in memory they would be five times that


def test_what_is_ordered_meanwhile_is_not_in_the_report(many_orders: Fill) -> None:
    many_orders(ENOUGH_FOR_SOME_CHUNKS)
    chunks = files.order_report("csv", *EVER, "en").chunks
    begun = next(chunks)

    late = builders.an_order()
    builders.set_order(late.number, placed_at=EVER[0])
    with transaction() as session:
        session.execute(text("UPDATE order_lines SET quantity = 9"))
    report = ReadCsv(begun + b"".join(chunks))

    assert len(report.rows) == ENOUGH_FOR_SOME_CHUNKS * LINES_PER_ORDER
    assert {row["quantity"] for row in report.rows} == {"2"}
    assert report.totals[0]["quantity"] == str(ENOUGH_FOR_SOME_CHUNKS * LINES_PER_ORDER * 2)
    assert queries.totals(*EVER).orders == ENOUGH_FOR_SOME_CHUNKS + 1


def test_a_file_is_finished_after_its_request_is_over(many_orders: Fill, app: Flask) -> None:
    many_orders(ENOUGH_FOR_SOME_CHUNKS)
    reports = [files.order_report(kind, *EVER, "en") for kind in ("csv", "xlsx")]  # type: ignore[arg-type]
    sizes: list[int] = []

    outside = threading.Thread(target=lambda: sizes.extend(sum(map(len, report.chunks)) for report in reports))
    outside.start()  # a thread has no application context
    outside.join()

    assert len(sizes) == 2
    assert min(sizes) > 10_000


def test_a_client_that_hangs_up_gives_the_connection_back(many_orders: Fill) -> None:
    many_orders(ENOUGH_FOR_SOME_CHUNKS)
    chunks = files.order_report("csv", *EVER, "en").chunks
    next(chunks)
    held = in_use()

    chunks.close()  # type: ignore[attr-defined]

    assert (held, in_use()) == (1, 0)
    assert queries.totals(*EVER).orders == ENOUGH_FOR_SOME_CHUNKS


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_client_that_hangs_up_leaves_no_workbook_behind(
    many_orders: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    many_orders(3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    chunks = files.order_report("xlsx", *EVER, "en").chunks
    for _ in range(pieces):
        next(chunks)

    chunks.close()  # type: ignore[attr-defined]

    assert list(chunks) == []
    assert list(tmp_path.iterdir()) == []
    assert in_use() == 0


@pytest.fixture
def one_row_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database counts one row less than it gives."""

    def short(*asked: Any) -> Summed:
        summed = sums_of(*asked)
        return replace(summed, rows=summed.rows - 1)

    monkeypatch.setattr(files, "sums_of", short)


@pytest.mark.usefixtures("one_row_short")
def test_a_report_whose_two_counts_differ_leaves_no_file(many_orders: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many_orders(3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    for kind in ("csv", "xlsx"):
        with pytest.raises(ReportDoesNotAddUp):
            files.write_order_report(tmp_path / f"report.{kind}", kind, *EVER, "en")  # type: ignore[arg-type]
    with pytest.raises(ReportDoesNotAddUp):
        files.order_report("xlsx", *EVER, "en")

    assert list(tmp_path.iterdir()) == []
    assert in_use() == 0


@pytest.mark.parametrize("block", [1, 3000, 10**6])
@pytest.mark.parametrize("most", [1, 4, 11, 12])
def test_a_sheet_that_is_full_goes_on_in_the_next_one(
    many_orders: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, block: int
) -> None:
    many_orders(3)
    monkeypatch.setattr(xlsx_writer, "MOST_ROWS", most)
    for module in (xlsx_writer, snapshots):
        monkeypatch.setattr(module, "BLOCK", block)

    files.write_order_report(tmp_path / "report.xlsx", "xlsx", *EVER, "en")

    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    sheets = [sheet for sheet in book if sheet.title.startswith("Order lines")]
    rows = [row for sheet in sheets for row in sheet.iter_rows(min_row=2, values_only=True) if row[14]]
    assert len(sheets) == -(-12 // most)
    assert [row[0] for row in rows] == [f"D{n:09}" for n in range(3) for _ in range(LINES_PER_ORDER)]
    assert [sheet.auto_filter.ref.rpartition(":")[2] for sheet in sheets[:-1]] == [f"AF{most + 1}"] * (len(sheets) - 1)
    assert str(sheets[-1].cell(sheets[-1].max_row, 1).value).startswith("Of which paid")


@pytest.mark.postgresql
def test_a_report_cannot_change_anything(app: Flask) -> None:
    with queries.snapshot(db.engine) as view, pytest.raises(DBAPIError, match="read-only transaction"):
        view.connection.execute(text("UPDATE orders SET campaign = 'x'"))


@pytest.mark.postgresql
def test_the_connection_of_a_report_is_an_ordinary_one_afterwards(many_orders: Fill) -> None:
    many_orders(3)
    list(files.order_report("csv", *EVER, "en").chunks)

    builders.an_order()
    with db.engine.connect() as connection:
        isolation, limit = (
            connection.scalar(text(f"SHOW {name}")) for name in ("transaction_isolation", "statement_timeout")
        )

    assert (isolation, limit) == ("read committed", "30s")


def test_a_tally_keeps_currencies_and_paid_orders_apart() -> None:
    tally = Tally()
    tally.add("EUR", paid=True, orders=1, rows=2, items=3, gross=100, goods=100)
    tally.add("EUR", paid=False, orders=1, rows=1, items=1, gross=50, goods=50)
    tally.add("CNY", paid=False, orders=1, rows=1, items=1, gross=7, goods=7)

    totals = tally.totals()

    assert [str(sums.gross) for sums in totals.placed] == ["0.07 CNY", "1.50 EUR"]
    assert [str(sums.gross) for sums in totals.paid] == ["0.00 CNY", "1.00 EUR"]
    assert (totals.orders, totals.rows, totals.items) == (3, 4, 5)
