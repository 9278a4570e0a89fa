"""The order report as CSV: one row per order line, written while it is read.

UTF-8 with BOM (without it a Chinese Excel reads GBK), CRLF, the header in the reader's language, columns in the order
of `columns.LINES`. Chinese and English: comma and decimal point. German: semicolon and decimal comma, as a German Excel
expects. Moments are `YYYY-MM-DD hh:mm:ss` on Frankfurt clocks. The last rows are the totals.

Two things are done to text, because a spreadsheet guesses:
- what it would run as a formula gets an apostrophe before it (OWASP, "CSV Injection");
- an identifier that is all digits gets a TAB before it, which is invisible and keeps an EAN or a 28-digit transaction
  number from turning into 4.2E+27. Programs strip it; the XLSX file needs no such thing.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from shop.reports.columns import LINES, Cell, Of
from shop.reports.orders_report import OrderReport

CHUNK = 64 * 1024
BOM = "\ufeff"

# At the start, or where another spreadsheet's separator would start a cell. East Asian Excel takes the wide signs too.
_FORMULA = re.compile('(?:^|(?<=[,;\t\r\n"]))(?=[=+\\-@\t\r\n＝＋－＠])')
_LIKE_A_NUMBER = re.compile(r"[0-9][0-9.,:/eE+-]*")  # or a date, or a time

Format = Callable[[Any], str]


def harmless(text: str) -> str:
    """`text` with an apostrophe before whatever a spreadsheet would take for a formula."""
    return _FORMULA.sub("'", text)


def identifier(text: str) -> str:
    """`text`, with a TAB in front when a spreadsheet would take it for a number."""
    return "\t" + text if _LIKE_A_NUMBER.fullmatch(text) else harmless(text)


def decimal(scaled: int, places: int, point: str) -> str:
    """A whole number of 10⁻ᵖˡᵃᶜᵉˢ as digits with a decimal sign; no float on the way."""
    sign, digits = "-" if scaled < 0 else "", f"{abs(scaled):0{places + 1}}"
    return f"{sign}{digits[:-places]}{point}{digits[-places:]}"


def formats(language: str) -> Mapping[Cell, Format]:
    """How each kind of cell is written in a file for readers of `language`."""
    point = "," if language == "de" else "."
    return {
        Cell.TEXT: harmless,
        Cell.ID: identifier,
        Cell.COUNT: str,
        Cell.MONEY: lambda minor: decimal(minor, 2, point),
        Cell.RATE: lambda rate: decimal(rate, 8, point),
        Cell.MOMENT: lambda moment: moment.isoformat(" ", "seconds"),
        Cell.DAY: lambda day: day.isoformat(),
    }


def chunks(report: OrderReport) -> Iterator[bytes]:
    """The file, about CHUNK bytes at a time. Raises ReportDoesNotAddUp before the totals are written."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if report.language == "de" else ",", lineterminator="\r\n")
    cells = formats(report.language)
    of_order = [(column.name, cells[column.cell]) for column in LINES.columns if column.of is Of.ORDER]
    of_line = [(column.name, cells[column.cell]) for column in LINES.columns if column.of is Of.LINE]
    names = [column.name for column in LINES.columns]

    out.write(BOM)
    writer.writerow(column.label(report.language) for column in LINES.columns)
    with closing(report.orders()) as orders:
        for order in orders:
            shared = _written(order.values, of_order)
            for line in order.lines:
                row = shared | _written(line, of_line)
                writer.writerow([row[name] for name in names])
            if out.tell() >= CHUNK:
                yield _taken(out)
    for values in report.footer(LINES):
        row = _written(values, [*of_order, *of_line])
        writer.writerow([row[name] for name in names])
    yield _taken(out)


def _written(values: Mapping[str, Any], columns: list[tuple[str, Format]]) -> dict[str, str]:
    return {name: "" if (value := values[name]) is None else write(value) for name, write in columns}


def _taken(out: io.StringIO) -> bytes:
    """What was written since the last time."""
    written = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return written
