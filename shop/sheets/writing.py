"""Tables written as files: CSV as the reader's spreadsheet program expects it, XLSX with real types.

Both begin with a row of technical names and a row of labels. CSV: UTF-8 with BOM (without it a Chinese Excel reads GBK), CRLF;
for Chinese and English readers comma and decimal point, for German ones semicolon and decimal comma.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.sheets.guarding import guarded, guarded_id, quoted

BOM = "\ufeff"
CHUNK = 64 * 1024
MIMETYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Drained(Iterator[bytes]):
    """What a file without a name holds, piece by piece; closed at its end, or when nobody wants the rest of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)

    def __next__(self) -> bytes:
        piece = b"" if self._file.closed else self._file.read(CHUNK)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        self.close()  # an answer that nobody began to send is only forgotten


class TooLongForXlsx(ShopError):
    """A text is longer than a cell of a workbook can be; CSV takes it."""

    kind, code = Kind.REFUSED, "too_long_for_xlsx"


class Form(StrEnum):
    """How a value is written."""

    TEXT = "text"
    ID = "id"
    NUMBER = "number"  # a whole number of 10⁻ᵖˡᵃᶜᵉˢ
    MOMENT = "moment"  # local, as ISO text


class Head(Struct, frozen=True):
    """A column of a file: its technical name, what people call it, how its values are written, its width in letters."""

    name: str
    label: str
    form: Form
    places: int = 0
    width: int = 14
    shaded: bool = False  # only shown


Row = Sequence[Any]  # text, whole numbers (of 10⁻ᵖˡᵃᶜᵉˢ), local ISO moments, None


def decimal(scaled: int, places: int, point: str) -> str:
    """A whole number of 10⁻ᵖˡᵃᶜᵉˢ as digits with a decimal sign."""
    digits = f"{scaled:0{places + 1}}"
    return f"{digits[:-places]}{point}{digits[-places:]}" if places else digits


def csv_chunks(heads: Sequence[Head], rows: Iterable[Row], language: str) -> Iterator[bytes]:
    """The CSV file, piece by piece."""
    german = language == "de"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if german else ",", lineterminator="\r\n")
    out.write(BOM)
    writer.writerow([head.name for head in heads])
    writer.writerow([guarded(head.label) for head in heads])
    for row in rows:
        writer.writerow([_written(head, value, "," if german else ".") for head, value in zip(heads, row, strict=True)])
        if out.tell() >= CHUNK:
            yield _taken(out)
    yield _taken(out)


def _written(head: Head, value: Any, point: str) -> str:
    if value is None:
        return ""
    match head.form:
        case Form.NUMBER:
            return decimal(value, head.places, point)
        case Form.ID:
            return guarded_id(value)
        case Form.TEXT:
            return guarded(value)
    return str(value)


def _taken(out: io.StringIO) -> bytes:
    written = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return written


def write_xlsx(
    file: IO[bytes], title: str, heads: Sequence[Head], rows: Iterable[Row], notes: Sequence[Row] = (), notes_title: str = "?"
) -> None:
    """The workbook: a sheet `title` with the rows, and with `notes` a second one of plain text. Raises TooLongForXlsx."""
    from xlsxwriter import Workbook  # here, so that a web process that writes no file does not carry it

    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        options = {
            "constant_memory": True, "tmpdir": folder,
            "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        }  # fmt: skip
        with Workbook(file, options) as book:
            book.use_zip64()
            _Sheet(book, title, heads).fill(rows)
            if notes:
                sheet = book.add_worksheet(notes_title)
                sheet.set_column(0, 0, 22)
                sheet.set_column(1, 3, 44, book.add_format({"text_wrap": True, "valign": "top"}))
                for place, row in enumerate(notes):
                    for column, words in enumerate(row):
                        sheet.write_string(place, column, words)


class _Sheet:
    def __init__(self, book: Any, title: str, heads: Sequence[Head]) -> None:
        self._heads = heads
        self._sheet = book.add_worksheet(title)
        self._forms = [book.add_format({"num_format": _number_format(head), "valign": "top"}) for head in heads]
        technical = book.add_format({"font_color": "#6c757d", "font_size": 9})
        label = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        shaded = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#e9ecef"})
        self._sheet.freeze_panes(2, 1)
        for place, head in enumerate(heads):
            self._sheet.set_column(place, place, head.width, self._forms[place])
        for place, head in enumerate(heads):
            self._sheet.write_string(0, place, head.name, technical)
        for place, head in enumerate(heads):
            self._sheet.write_string(1, place, head.label, shaded if head.shaded else label)

    def fill(self, rows: Iterable[Row]) -> None:
        number = 1
        for number, row in enumerate(rows, start=2):
            for place, value in enumerate(row):
                if value is not None and self._write(number, place, value):
                    raise TooLongForXlsx(row=number + 1, column=self._heads[place].name)
        self._sheet.autofilter(1, 0, max(number, 2), len(self._heads) - 1)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{number + 1}"})  # ids, on purpose

    def _write(self, row: int, place: int, value: Any) -> int:
        """What went wrong; 0 for nothing."""
        head, form = self._heads[place], self._forms[place]
        if head.form is Form.NUMBER:
            return int(self._sheet.write_number(row, place, value / 10**head.places, form))  # a file knows only doubles
        if head.form is Form.MOMENT:
            return int(self._sheet.write_datetime(row, place, datetime.fromisoformat(value), form))
        return int(self._sheet.write_string(row, place, quoted(value), form))


def _number_format(head: Head) -> str:
    if head.form is Form.NUMBER:
        return "0." + "0" * head.places if head.places else "0"
    return {Form.ID: "@", Form.MOMENT: "yyyy-mm-dd hh:mm"}.get(head.form, "General")
