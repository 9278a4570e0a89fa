"""The whole catalogue as a file, and the empty file to start from."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from shop.catalogue import rows as catalogue
from shop.exchange import column_words
from shop.exchange.columns import COLUMNS, PLACES, Column, Kind, Value
from shop.exchange.present import values_of
from shop.sheets import writing
from shop.sheets.writing import Form, Head

BATCH = 500
TITLES = {"zh": "商品", "en": "Products", "de": "Artikel"}
NOTES = {"zh": "说明", "en": "Columns", "de": "Spalten"}
FORMS = {Kind.ID: Form.ID, Kind.LINE: Form.TEXT, Kind.TEXT: Form.TEXT, Kind.MOMENT: Form.MOMENT, Kind.YES_NO: Form.TEXT}
Told = Callable[[int], None]
FORMATS = ("xlsx", "csv")


def write_catalogue(file: IO[bytes], kind: str, language: str, now: datetime, told: Told | None = None) -> int:
    """Every product into an open file, `xlsx` or `csv`; answers how many. Raises TooLongForXlsx.

    Products are read some hundred at a time: a change made meanwhile may be in it or not. `told` hears between two of these
    how many there were so far, and may raise to stop.
    """
    ids = catalogue.ids_in_order()
    _write(file, kind, language, _rows(ids, now, told))
    return len(ids)


def write_template(file: IO[bytes], kind: str, language: str) -> None:
    """A file without products; the workbook has a second sheet that says what belongs into each column."""
    _write(file, kind, language, iter(()), notes=True)


def save_catalogue(path: Path, kind: str, language: str, now: datetime, told: Told | None = None) -> int:
    """As `write_catalogue`, into `path`, which is complete or not there. Raises OSError, too."""
    number, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            count = write_catalogue(file, kind, language, now, told)
        Path(unfinished).replace(path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return count


def _write(file: IO[bytes], kind: str, language: str, rows: Iterator[list[Value]], *, notes: bool = False) -> None:
    heads = [_head(column, language) for column in COLUMNS]
    if kind == "csv":
        file.writelines(writing.csv_chunks(heads, rows, language))
    else:
        writing.write_xlsx(file, TITLES[language], heads, rows, column_words.explained(language) if notes else (), NOTES[language])


def _head(column: Column, language: str) -> Head:
    form = FORMS.get(column.kind, Form.NUMBER)
    return Head(column.name, column.label(language), form, PLACES.get(column.kind, 0), column.width, column.read_only)


def _rows(ids: list[int], now: datetime, told: Told | None) -> Iterator[list[Value]]:
    for start in range(0, len(ids), BATCH):
        if told is not None:
            told(start)
        for product in catalogue.rows_of(ids[start : start + BATCH], now):
            values = values_of(product)
            yield [_cell(column, values[column.name]) for column in COLUMNS]


def _cell(column: Column, value: Value) -> Value:
    """An empty text is an empty cell; yes and no are words, which every language of a spreadsheet leaves alone."""
    if value is None or value == "":
        return None
    if column.kind is Kind.YES_NO:
        return "yes" if value else "no"
    return value
