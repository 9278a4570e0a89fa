"""A file that somebody sent, as a table: XLSX or CSV, whatever its name says."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from shop.sheets.cells import Cell, is_empty
from shop.sheets.csv_reading import CsvTable
from shop.sheets.encodings import NAMES
from shop.sheets.limits import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS
from shop.sheets.refusals import UnreadableFile
from shop.sheets.xlsx_reading import XlsxSheet

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
NOT_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")


class Found(Struct, frozen=True):
    """How the file was read: `format` (`xlsx`, `csv`), of CSV encoding and separator, of XLSX the sheet."""

    format: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""


class Table(Struct, frozen=True):
    """Rows with their line numbers, empty ones left out; every cell beyond the last filled one is missing."""

    found: Found
    rows: Iterator[tuple[int, list[Cell]]]


@contextmanager
def open_table(path: Path, names: Collection[str]) -> Iterator[Table]:
    """The table in a file. `names` are header cells, folded, that one hopes to meet; they tell CSV separators apart.

    Rows are read while they are asked for, and may raise, too: UnreadableFile.
    """
    size = path.stat().st_size
    if not size:
        raise UnreadableFile("empty")
    if size > LARGEST_FILE:
        raise UnreadableFile("too_large", most=LARGEST_FILE >> 20)
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(OLE):
            raise UnreadableFile("old_excel")
        if start.startswith(NOT_TEXT):
            raise UnreadableFile("not_a_table")
        file.seek(0)
        if start.startswith(ZIP):
            sheet = XlsxSheet(file)
            try:
                yield Table(Found("xlsx", sheet=sheet.name), _numbered(sheet.rows()))
            finally:
                sheet.close()
            return
        table = CsvTable(file, names)
        try:
            yield Table(Found("csv", NAMES[table.encoding], table.separator), _numbered(table.rows()))
        finally:
            table.close()


def _numbered(rows: Iterator[list[Cell]]) -> Iterator[tuple[int, list[Cell]]]:
    filled = 0
    for number, row in enumerate(rows, start=1):
        if number > 5 * MOST_ROWS:
            raise UnreadableFile("too_many_rows", most=MOST_ROWS)
        while row and is_empty(row[-1]):
            row.pop()
        if not row:
            continue
        filled += 1
        if filled > MOST_ROWS:
            raise UnreadableFile("too_many_rows", most=MOST_ROWS)
        if len(row) > MOST_COLUMNS:
            raise UnreadableFile("too_many_columns", line=number, most=MOST_COLUMNS)
        yield number, row
