"""The order report as XLSX: a sheet of order lines and a sheet of orders, written row by row.

Numbers are numbers, identifiers are text, moments are dates on Frankfurt clocks. The header is in the reader's language
and stays in view; each of its cells carries the column's technical name as a note. Text is stored as text whatever it
begins with, so no cell is ever a formula or a link.
"""

import tempfile
from collections.abc import Mapping
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

from shop.base.errors import Kind, ShopError
from shop.reports import words
from shop.reports.columns import LINES, ORDERS, Cell, Sheet
from shop.reports.orders_report import OrderReport, Values

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_000_000  # Excel takes 1,048,576 and drops what comes after without a word
NUMBER_FORMATS: Mapping[Cell, str] = {
    Cell.TEXT: "General",
    Cell.ID: "@",
    Cell.COUNT: "0",
    Cell.MONEY: "#,##0.00",
    Cell.RATE: "0.00000000",
    Cell.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Cell.DAY: "yyyy-mm-dd",
}


class TooManyRows(ShopError):
    """The period has more lines than a sheet can hold: take a shorter one, or CSV."""

    kind, code = Kind.REFUSED, "too_many_rows"


def write(report: OrderReport, file: IO[bytes]) -> None:
    """Write the workbook to `file`. Raises TooManyRows before anything is written, ReportDoesNotAddUp."""
    from xlsxwriter import Workbook  # here, so that a web process that writes no report does not carry it

    if report.totals.rows > MOST_ROWS:
        raise TooManyRows(rows=report.totals.rows, most=MOST_ROWS)
    with tempfile.TemporaryDirectory(prefix="report-") as folder:  # the rows wait here, also those of a file that fails
        options = {
            "constant_memory": True, "tmpdir": folder,
            "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        }  # fmt: skip
        with Workbook(file, options) as book:
            book.use_zip64()
            _fill(book, report)


def _fill(book: "Workbook", report: OrderReport) -> None:
    language = report.language
    first, last = report.period.days
    book.set_properties({"title": f"{ORDERS.title(language)} {first} – {last}", "comments": words.ABOUT[language]})
    lines, orders = _Table(book, LINES, language), _Table(book, ORDERS, language)
    with closing(report.orders()) as every:
        for order in every:
            for line in order.lines:
                lines.add(order.values | line)
            orders.add(order.values)
    lines.finish(report.footer(LINES))
    orders.finish(report.footer(ORDERS))


class _Table:
    """A sheet that grows downwards; a row that was added is on disk."""

    def __init__(self, book: "Workbook", sheet: Sheet, language: str) -> None:
        self._columns = sheet.columns
        self._sheet: Worksheet = book.add_worksheet(sheet.title(language))
        self._plain = _formats(book)
        self._bold = _formats(book, bold=True, top=1)
        self._next = 1
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_landscape()
        self._sheet.repeat_rows(0)
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, column.width, self._plain[column.cell])
            self._sheet.write_string(0, place, column.label(language), header)
            self._sheet.write_comment(0, place, column.name)

    def add(self, values: Values) -> None:
        """One more row."""
        self._row(values, self._plain)

    def finish(self, footer: list[Values]) -> None:
        """The filter over the rows, and after an empty row, so that sorting leaves them alone, the totals."""
        self._sheet.autofilter(0, 0, self._next - 1, len(self._columns) - 1)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{self._next + 1 + len(footer)}"})  # ids, on purpose
        self._next += 1
        for values in footer:
            self._row(values, self._bold)

    def _row(self, values: Values, forms: Mapping[Cell, "Format"]) -> None:
        for place, column in enumerate(self._columns):
            if (value := values[column.name]) is not None:
                self._write(place, column.cell, value, forms[column.cell])
        self._next += 1

    def _write(self, place: int, cell: Cell, value: Any, form: "Format") -> None:
        row, sheet = self._next, self._sheet
        match cell:
            case Cell.TEXT | Cell.ID:
                written = sheet.write_string(row, place, value, form)
            case Cell.COUNT:
                written = sheet.write_number(row, place, value, form)
            case Cell.MONEY:
                written = sheet.write_number(row, place, value / 100, form)  # a file knows only doubles
            case Cell.RATE:
                written = sheet.write_number(row, place, value / 10**8, form)
            case Cell.MOMENT | Cell.DAY:
                written = sheet.write_datetime(row, place, value, form)
        if written:
            raise ValueError(f"cell {row}:{place} cannot hold its value ({written})")


def _formats(book: "Workbook", **look: Any) -> dict[Cell, "Format"]:
    return {cell: book.add_format({"num_format": form, **look}) for cell, form in NUMBER_FORMATS.items()}
