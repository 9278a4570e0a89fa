"""PostgreSQL writes the cells of a file itself. What it writes is what Python would have written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import builders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Date, DateTime, String, cast, literal, select

from shop.base.db import db
from shop.reports import csv_writer, sql_cells, text_cells, xlsx_writer
from shop.reports.asked import Asked
from shop.reports.columns import LANGUAGES, Cell
from shop.reports.period import Period
from shop.reports.registry import ORDERS_REPORT
from shop.reports.snapshots import View, snapshot
from shop.reports.writing import SheetRows

from .conftest import EVER

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("app")]
NASTY = (
    "=cmd|' /C calc'!A0", "\t=1", "a\r\nb\rc\nd", "Gin;=1,\"+2\"", "<b>&amp;</b>", "back\\slash \\n \\.", "_x0041_ _x000D_", "\x01\x0b\x1f",
    "\ufffe\uffff", "茅台 ＝1", " leading and trailing ", "\\.", "4200001234202611241234567890", "12E5", "'", '"', "%s %(x)s :name",
)  # fmt: skip
TYPES: dict[Cell, Any] = {
    Cell.TEXT: String, Cell.ID: String, Cell.COUNT: BigInteger, Cell.MONEY: BigInteger, Cell.RATE: BigInteger, Cell.TRAVELLER: BigInteger,
    Cell.MOMENT: DateTime(timezone=True), Cell.DAY: Date,
}  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(
        st.one_of(
            st.sampled_from("=+-@\t\r\n,;\"'<>&\\_x0041＝＋"),
            st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
        )
    ),
)
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone comes with it
VALUES: dict[Cell, st.SearchStrategy[Any]] = {
    Cell.TEXT: TEXTS, Cell.ID: st.one_of(TEXTS, st.from_regex(r"[0-9.,:/eE+-]{1,12}", fullmatch=True)),
    Cell.COUNT: st.integers(-(10**9), 10**12), Cell.MONEY: st.integers(-(10**12), 10**12), Cell.RATE: st.integers(0, 10**12),
    Cell.MOMENT: MOMENTS, Cell.DAY: st.dates(date(1900, 3, 1), date(2100, 12, 31)), Cell.TRAVELLER: st.integers(1, 10**12),
}  # fmt: skip


@pytest.mark.parametrize("cell", list(Cell))
def test_the_two_halves_write_every_kind_of_cell_alike(cell: Cell) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(VALUES[cell], min_size=8, max_size=8))
    def alike(values: list[Any]) -> None:
        asked, expected = list[Any](), list[str | None]()
        for value in values:
            constant = cast(literal(value, TYPES[cell]), TYPES[cell])
            for language in ("en", "de"):
                asked.append(sql_cells.csv_cells(language)[cell](constant))
                expected.append(text_cells.csv_cells(language)[cell](value) or None)
            asked.append(sql_cells.xml_cell(cell, constant))
            expected.append(text_cells.xml_cell(cell, value))
        with db.engine.connect() as connection:
            found: Sequence[Any] = connection.execute(select(*asked)).one()

        assert list(found) == expected

    alike()


def an_evil_shop() -> None:
    """Orders with everything in them that a file might trip over."""
    for n, text in enumerate(NASTY):
        product = builders.a_product(name={"zh": text, "en": text, "de": text}, brand=text, price=1 + n)
        order = builders.a_paid_order(
            {product: 1 + n % 3, builders.a_product(): 2}, now=builders.NOW + timedelta(seconds=n, microseconds=7)
        )
        builders.set_order(order.number, campaign=text or None)


def _all(blocks: Any) -> tuple[bytes, int]:
    found = [(bytes(block), rows) for block, rows in blocks]
    return b"".join(block for block, _ in found), sum(rows for _, rows in found)


def test_whole_files_are_the_same_bytes() -> None:
    an_evil_shop()

    with snapshot(db.engine) as view:
        for language in LANGUAGES:
            asked = Asked("orders", Period(*EVER), language)
            for filled in ORDERS_REPORT.sheets:
                assert _all(csv_writer.copied(view, filled, asked)) == _all(csv_writer.written(view, filled, asked))
                copied = _all(view.copied(filled, asked, SheetRows(), ""))

                assert copied == _all(xlsx_writer.written(view, filled, asked))
                assert copied[1] == len(NASTY) * (2 if filled is ORDERS_REPORT.first else 1)


def test_pieces_of_a_long_table_are_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        builders.an_order()  # all at the same moment: only their keys tell them apart
    asked, filled = Asked("orders", Period(*EVER), "en"), ORDERS_REPORT.first

    def in_pieces_of(keys: int) -> tuple[bytes, int]:
        monkeypatch.setattr("shop.reports.snapshots.KEYS_AT_ONCE", keys)
        with snapshot(db.engine) as view:
            return _all(csv_writer.copied(view, filled, asked))

    whole = in_pieces_of(1000)

    assert whole[1] == 7
    assert {in_pieces_of(keys) for keys in (1, 2, 3, 7, 8)} == {whole}


def test_a_view_counts_what_was_read_in_it() -> None:
    builders.an_order()
    heard: list[int] = []

    with snapshot(db.engine, told=heard.append) as view:
        list(view.copied(ORDERS_REPORT.first, Asked("orders", Period(*EVER), "en"), SheetRows(), ""))

    assert isinstance(view, View)
    assert heard[-1] == view.rows == 1
