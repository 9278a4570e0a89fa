"""A CSV file, record by record, after finding out in which encoding and with which separator it was written."""

import csv
import io
from collections.abc import Collection, Iterator
from typing import BinaryIO

from shop.sheets.cells import Cell
from shop.sheets.encodings import encoding_of
from shop.sheets.limits import LONGEST_CELL
from shop.sheets.refusals import UnreadableFile

SEPARATORS = (",", ";", "\t")
LONGEST_HEADER = 64 * 1024


class CsvTable:
    """`encoding` (a Python name) and `separator` were found out; `names` are header cells, folded, that one hopes to meet.

    Raises UnreadableFile when it is made and when it is read.
    """

    def __init__(self, file: BinaryIO, names: Collection[str]) -> None:
        self.encoding = encoding_of(file)
        file.seek(0)
        self._text = io.TextIOWrapper(file, encoding=self.encoding, newline="")
        try:
            start = self._text.read(LONGEST_HEADER)
        except UnicodeError as broken:
            raise UnreadableFile("unknown_encoding") from broken
        if "\x00" in start:
            raise UnreadableFile("not_a_table")
        self.separator = _separator(start, names)
        self._said = start[:6].lower().startswith("sep=")

    def rows(self) -> Iterator[list[Cell]]:
        """Its records from the first on, empty ones too."""
        self._text.seek(0)
        records = csv.reader(self._text, delimiter=self.separator, strict=True)
        number = 0
        while True:
            number += 1
            try:
                record = next(records, None)
            except csv.Error as fault:
                raise UnreadableFile("cell_too_long" if "limit" in str(fault) else "broken_quotes", line=number) from fault
            except UnicodeError as broken:
                raise UnreadableFile("unknown_encoding") from broken
            if record is None:
                return
            if number == 1 and self._said:
                record = []  # `sep=;` is for Excel, not for us
            if any(len(cell) > LONGEST_CELL for cell in record):
                raise UnreadableFile("cell_too_long", line=number)
            yield list(record)

    def close(self) -> None:
        self._text.detach()


def _separator(start: str, names: Collection[str]) -> str:
    """What `sep=` says, else the one that finds most of the names in a row of the beginning, else the most frequent."""
    lines = start.splitlines()[:10]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in SEPARATORS and lines[0][4:5]:
        return lines[0][4]

    def meets(separator: str) -> tuple[int, int]:
        cells = [[cell.strip().strip('"').casefold() for cell in line.split(separator)] for line in lines]
        return max((sum(cell in names for cell in row) for row in cells), default=0), start.count(separator)

    return max(SEPARATORS, key=meets)
