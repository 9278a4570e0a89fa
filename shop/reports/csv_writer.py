"""A report as CSV: the rows of its first sheet, written while they are read.

UTF-8 with BOM (without it a Chinese Excel reads GBK), CRLF, columns in the sheet's order. Chinese and English: comma and
decimal point. German: semicolon and decimal comma, as a German Excel expects. Moments are `YYYY-MM-DD hh:mm:ss` on Frankfurt
clocks. The last rows are the totals. PostgreSQL writes the cells itself (COPY); Python does on SQLite, and the bytes are the
same.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from shop.reports.asked import Asked, Header
from shop.reports.columns import Cell, Column
from shop.reports.declared import Filled, Summed
from shop.reports.snapshots import BLOCK, View
from shop.reports.text_cells import csv_cells
from shop.reports.writing import CsvCells

BOM = "\ufeff"
SEPARATORS = {"zh": ",", "en": ",", "de": ";"}


class ReportDoesNotAddUp(RuntimeError):
    """Rows and the database's own count differ: a fault of ours. No file is better than a wrong one."""


def check_count(rows: int, summed: Summed) -> None:
    """Raises ReportDoesNotAddUp."""
    if rows != summed.rows:
        raise ReportDoesNotAddUp(f"{rows} rows were written, the database counts {summed.rows}")


def chunks(view: View, filled: Filled, asked: Asked, summed: Summed) -> Iterator[bytes]:
    """The file, piece by piece. Raises ReportDoesNotAddUp before the totals are written."""
    columns, lines = filled.sheet.columns, _Lines(asked.language)
    if asked.header is not Header.TECHNICAL:
        lines.add([column.label(asked.language) for column in columns])
    if asked.header is not Header.WORDS:
        lines.add([column.name for column in columns])
    yield BOM.encode() + lines.taken()
    rows = 0
    for block, count in copied(view, filled, asked) if view.writes_cells else written(view, filled, asked):
        rows += count
        if block:
            yield block
    check_count(rows, summed)
    for values in summed.footer:
        lines.add_values(columns, [values[column.name] for column in columns])
    yield lines.taken()


def copied(view: View, filled: Filled, asked: Asked) -> Iterator[tuple[bytes, int]]:
    """Rows as PostgreSQL writes them."""
    options = f"(FORMAT csv, DELIMITER '{SEPARATORS[asked.language]}')"
    for block, rows in view.copied(filled, asked, CsvCells(asked.language), options):
        yield bytes(block.replace(b"\n", b"\r\n")), rows


def written(view: View, filled: Filled, asked: Asked) -> Iterator[tuple[bytes, int]]:
    """Rows as Python writes them."""
    lines, count = _Lines(asked.language), 0
    for row in view.plain(filled, asked):
        lines.add_values(filled.sheet.columns, row)
        count += 1
        if lines.size >= BLOCK:
            yield lines.taken(), count
            count = 0
    yield lines.taken(), count


class _Lines:
    """Lines of the file that wait to be taken."""

    def __init__(self, language: str) -> None:
        self._out = io.StringIO()
        self._writer = csv.writer(self._out, delimiter=SEPARATORS[language], lineterminator="\n")
        self._cells = csv_cells(language)

    @property
    def size(self) -> int:
        return self._out.tell()

    def add(self, cells: Sequence[str]) -> None:
        self._writer.writerow(cells)

    def add_values(self, columns: Sequence[Column], row: Sequence[Any]) -> None:
        # The label of a totals row may stand where numbers of travellers do.
        self._writer.writerow(
            ""
            if value is None
            else self._cells[Cell.TEXT if isinstance(value, str) and column.cell is Cell.TRAVELLER else column.cell](
                value
            )
            for column, value in zip(columns, row, strict=True)
        )

    def taken(self) -> bytes:
        text = self._out.getvalue().replace("\n", "\r\n").encode()
        self._out.seek(0)
        self._out.truncate()
        return text
