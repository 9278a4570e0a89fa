"""A short table out of a finished workbook, for the export's page: what was made for a manager can be read without Excel."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from shop.exports.kinds import kind_of
from shop.exports.queries import ExportView
from shop.exports.states import ExportState
from shop.reports.asked import Header
from shop.reports.columns import Cell, Column
from shop.reports.pages import shown_in

MOST = 400  # rows: days of a year, and then some
SUMS = 20  # rows of totals below them


def table_of(export: ExportView, path: Path) -> tuple[Sequence[Column], Sequence[Sequence[str]], Sequence[Sequence[str]]] | None:
    """The columns, the rows and the totals of a finished report as its file holds them.

    None when there is no short table to show: of orders one by one, of what is logged at each look, of CSV.
    """
    report = kind_of(export.report)
    short = report.sheets and report.first.spine is None and not report.logged and export.rows <= MOST
    if not short or export.state is not ExportState.DONE or export.format != "xlsx" or not path.is_file():
        return None
    columns, shown = report.first.sheet.columns, shown_in(export.language)
    heads = 2 if export.header == Header.BOTH else 1
    found = [
        [shown(column, _plain(column, value)) for column, value in zip_longest(columns, row[: len(columns)])]
        for row in _cells(path, heads + 1, heads + export.rows + SUMS)
    ]
    return columns, found[: export.rows], found[export.rows :]


def _cells(path: Path, first: int, last: int) -> list[tuple[Any, ...]]:
    from openpyxl import load_workbook  # loaded by whoever looks at an export

    book = load_workbook(path, read_only=True)
    try:
        rows = book.worksheets[0].iter_rows(min_row=first, max_row=last, values_only=True)
        return [row for row in rows if any(value is not None for value in row)]  # after the last one come empty ones
    finally:
        book.close()


def _plain(column: Column, value: Any) -> Any:
    """A cell of the workbook as the database gave it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.date() if column.cell is Cell.DAY else f"{value:%Y-%m-%d %H:%M}"
    scale = {Cell.MONEY: 100, Cell.RATE: 10**8}.get(column.cell, 1)
    return round(value * scale)
