"""Cells as text: what a CSV file and a worksheet hold for a value. The Python half; `sql_cells` is PostgreSQL's.

Two things are done to text in a CSV file, because a spreadsheet guesses:
- what it would run as a formula gets an apostrophe before it (OWASP, "CSV Injection");
- an identifier that is all digits gets a TAB before it, which is invisible and keeps an EAN or a 28-digit transaction
  number from turning into 4.2E+27. Programs strip it; a worksheet needs no such thing.

In a worksheet text is an inline string: no table of strings that grows with the file, and never a formula.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from shop.reports.columns import Cell
from shop.reports.period import FRANKFURT
from shop.reports.pseudonyms import traveller_no

Format = Callable[[Any], str]

# Patterns that Python and PostgreSQL read alike. A formula begins at the start, or where another spreadsheet's separator
# would start a cell. East Asian Excel takes the wide signs too.
SIGNS = "=+\\-@\t\r\n＝＋－＠"
FORMULA = f'(?:^|(?<=[,;\t\r\n"]))(?=[{SIGNS}])'
MAY_BE_FORMULA = f'(?:^|[,;\t\r\n"])[{SIGNS}]'
LIKE_A_NUMBER = "[0-9][0-9.,:/eE+-]*"  # or a date, or a time
FORBIDDEN = "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"  # XML knows no way to write these
LIKE_AN_ESCAPE = "_(?=x[0-9A-Fa-f]{4}_)"  # Excel would read `_x0041_` as A
NEEDS_ESCAPE = "[\x01-\x1f&<>\\\\\ufffe\uffff]|_x[0-9A-Fa-f]{4}_"
# The backslash too: PostgreSQL's COPY would double it.
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
EMPTY = "<c/>"
STYLES: Mapping[Cell, int] = {
    Cell.TEXT: 0, Cell.ID: 1, Cell.COUNT: 2, Cell.MONEY: 3, Cell.RATE: 4, Cell.MOMENT: 5, Cell.DAY: 6, Cell.TRAVELLER: 1,
}  # fmt: skip
TEXTS = frozenset({Cell.TEXT, Cell.ID, Cell.TRAVELLER})
DAY_ZERO = date(1899, 12, 30)


def decimal_point(language: str) -> str:
    return "," if language == "de" else "."


def harmless(text: str) -> str:
    """`text` with an apostrophe before whatever a spreadsheet would take for a formula."""
    return re.sub(FORMULA, "'", text)


def identifier(text: str) -> str:
    """`text`, with a TAB in front when a spreadsheet would take it for a number."""
    return "\t" + text if re.fullmatch(LIKE_A_NUMBER, text) else harmless(text)


def decimal(scaled: int, places: int, point: str) -> str:
    """A whole number of 10⁻ᵖˡᵃᶜᵉˢ as digits with a decimal sign; no float on the way."""
    sign, digits = "-" if scaled < 0 else "", f"{abs(scaled):0{places + 1}}"
    return f"{sign}{digits[:-places]}{point}{digits[-places:]}"


def _one_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def csv_cells(language: str) -> Mapping[Cell, Format]:
    """How each kind of cell is written in a CSV file for readers of `language`."""
    point = decimal_point(language)
    return {
        Cell.TEXT: lambda text: harmless(_one_break(text)),
        Cell.ID: lambda text: identifier(_one_break(text)),
        Cell.COUNT: lambda count: str(int(count)),
        Cell.MONEY: lambda minor: decimal(int(minor), 2, point),
        Cell.RATE: lambda rate: decimal(int(rate), 8, point),
        Cell.MOMENT: lambda moment: str(_clock(moment)),
        Cell.DAY: lambda day: day.isoformat(),
        Cell.TRAVELLER: traveller_no,
    }


def escaped(text: str) -> str:
    """`text` as the XML of a worksheet holds it."""
    text = re.sub(LIKE_AN_ESCAPE, "_x005F_", re.sub(FORBIDDEN, "", text))
    for letter, written in ESCAPES.items():
        text = text.replace(letter, written)
    return text


def _clock(moment: datetime) -> datetime:
    return moment.astimezone(FRANKFURT).replace(tzinfo=None, microsecond=0)


def _serial(moment: datetime) -> str:
    """Days since 1899-12-30, as spreadsheets count, in the shortest digits that give the same double again."""
    passed = _clock(moment) - datetime(1970, 1, 1)  # noqa: DTZ001 - two clocks on one wall
    return _digits(passed.total_seconds() / 86400 + 25569)


def _digits(number: float) -> str:
    return repr(number).removesuffix(".0")


XML_VALUES: Mapping[Cell, Format] = {
    Cell.TEXT: escaped,
    Cell.ID: escaped,
    Cell.COUNT: lambda count: str(int(count)),
    Cell.MONEY: lambda minor: decimal(int(minor), 2, "."),
    Cell.RATE: lambda rate: decimal(int(rate), 8, "."),
    Cell.MOMENT: _serial,
    Cell.DAY: lambda day: str((day - DAY_ZERO).days),
    Cell.TRAVELLER: traveller_no,
}


def around(cell: Cell, style: int | None = None) -> tuple[str, str]:
    """What stands before and after a value in a worksheet."""
    style = STYLES[cell] if style is None else style
    if cell in TEXTS:
        return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">', "</t></is></c>"
    return f'<c s="{style}"><v>', "</v></c>"


def xml_cell(cell: Cell, value: Any, style: int | None = None) -> str:
    """`<c …>…</c>` for a value, `<c/>` for None."""
    if value is None:
        return EMPTY
    before, after = around(cell, style)
    return f"{before}{XML_VALUES[cell](value)}{after}"
