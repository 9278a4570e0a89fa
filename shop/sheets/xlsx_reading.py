"""The first sheet of an XLSX file, row by row.

openpyxl reads it in its read-only mode, through defusedxml: no entities, no other file, nothing of the network. Links to
other workbooks, pictures, charts and macros are never opened. A formula is not calculated and its last result not believed:
the cell is reported. Texts are unescaped here (`_x000D_`), because openpyxl does that for some of them only.
"""

import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from defusedxml.ElementTree import iterparse

from shop.sheets import archive
from shop.sheets.cells import Bad, Cell
from shop.sheets.limits import MOST_SHEETS, MOST_STRINGS
from shop.sheets.refusals import UnreadableFile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_KEPT_AT_ONCE = 10_000


class XlsxSheet:
    """The first sheet that is not hidden; `name` is its own. Raises UnreadableFile when it is made and when it is read."""

    def __init__(self, file: BinaryIO) -> None:
        archive.check(file)
        file.seek(0)
        self._book = _open(file)
        sheets = [sheet for sheet in self._book.worksheets if sheet.sheet_state == "visible"]
        if len(self._book.worksheets) > MOST_SHEETS:
            raise UnreadableFile("too_many_sheets", most=MOST_SHEETS)
        if not sheets:
            raise UnreadableFile("no_sheet")
        self._sheet = sheets[0]
        self.name: str = self._sheet.title

    def rows(self) -> Iterator[list[Cell]]:
        """Its rows from the first on, empty ones too."""
        self._sheet.reset_dimensions()  # what a sheet says of its own size need not be true
        rows = self._sheet.iter_rows()
        while (row := _next(rows)) is not None:
            yield [_cell(found) for found in row]

    def close(self) -> None:
        self._book.close()


def _next(rows: Iterator[Any]) -> Any:
    try:
        return next(rows, None)
    except Exception as broken:  # whatever openpyxl stumbles over in a part that is not what it should be
        raise UnreadableFile("broken_workbook") from broken


def _open(file: BinaryIO) -> Any:
    from openpyxl.reader.excel import ExcelReader  # half a second to import, and a web process rarely needs it

    class Reader(ExcelReader):
        def read_strings(self) -> None:
            name = next((part for part in self.valid_files if part.lower() == "xl/sharedstrings.xml"), None)
            if name is not None:
                with self.archive.open(name) as part:
                    self.shared_strings = _strings(part)

        def read_chartsheet(self, sheet: Any, rel: Any) -> None:
            """A chart is no table, and may hold pictures."""

        def read_theme(self) -> None:
            """Colours."""

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parts that openpyxl leaves out; none of them holds a cell
            reader = Reader(file, read_only=True, keep_vba=False, data_only=False, keep_links=False)
            reader.read()
        return reader.wb
    except UnreadableFile:
        raise
    except Exception as broken:  # as in `_next`
        raise UnreadableFile("broken_workbook") from broken


def _strings(part: Any) -> list[str]:
    """The shared texts, as they are written."""
    found: list[str] = []
    root = None
    for event, node in iterparse(part, events=("start", "end")):
        if root is None:
            root = node
        if event == "end" and node.tag == f"{MAIN}si":
            pieces = [node.find(f"{MAIN}t"), *node.findall(f"{MAIN}r/{MAIN}t")]
            found.append("".join(piece.text or "" for piece in pieces if piece is not None))
            if len(found) > MOST_STRINGS:
                raise UnreadableFile("zip_bomb")
            if len(found) % _KEPT_AT_ONCE == 0:
                root.clear()
    return found


def _cell(found: Any) -> Cell:
    value = found.value
    match found.data_type:
        case _ if value is None:
            return None
        case "f":
            return Bad("formula")
        case "e":
            return Bad("cell_error")
        case "s":
            return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), value) if "_x" in value else str(value)
    return value if isinstance(value, str | int | float | datetime | date) else Bad("wrong_value")
