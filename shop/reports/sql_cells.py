"""Cells as PostgreSQL writes them itself: for a CSV file, and as the XML of a worksheet.

What comes out equals, byte for byte, what `text_cells` makes of the same values in Python; a test compares the two. Every
function takes an expression and answers one. NULL stays an empty cell.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Double, Numeric, Text, case, cast, func, literal_column, type_coerce

from shop.reports import text_cells
from shop.reports.columns import Cell
from shop.reports.pseudonyms import traveller_no_in_sql

Expression = Any
Format = Callable[[Expression], Expression]
ZONE = "Europe/Berlin"


def quoted(words: str) -> Expression:
    """A text constant, written into the statement: there are hundreds of them, and none comes from outside."""
    return literal_column("E'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'", Text)


def _text(value: Expression) -> Expression:
    return cast(value, Text)


def _local(moment: Expression) -> Expression:
    """The Frankfurt clock at that moment, without parts of a second."""
    return func.date_trunc(
        "second", func.timezone(quoted(ZONE), type_coerce(moment, DateTime(timezone=True))), type_=DateTime()
    )


def _decimal(places: int, point: str) -> Format:
    """Whole units as digits: an exact product, no float on the way."""
    unit = literal_column("0." + "0" * (places - 1) + "1", Numeric)

    def write(scaled: Expression) -> Expression:
        exact = cast(cast(scaled, BigInteger) * unit, Text)
        return exact if point == "." else func.replace(exact, quoted("."), quoted(point))

    return write


def _harmless(value: Expression) -> Expression:
    words = func.replace(func.replace(_text(value), quoted("\r\n"), quoted("\n")), quoted("\r"), quoted("\n"))
    words = func.nullif(words, quoted(""))
    return case(
        (
            words.op("~")(quoted(text_cells.MAY_BE_FORMULA)),
            func.regexp_replace(words, quoted(text_cells.FORMULA), quoted("'"), quoted("g")),
        ),
        else_=words,
    )


def _identifier(value: Expression) -> Expression:
    words = _text(value)
    return case(
        (words.op("~")(quoted(f"^{text_cells.LIKE_A_NUMBER}$")), quoted("\t").op("||")(words)), else_=_harmless(value)
    )


def csv_cells(language: str) -> Mapping[Cell, Format]:
    """How each kind of cell is written in a CSV file for readers of `language`."""
    point = text_cells.decimal_point(language)
    return {
        Cell.TEXT: _harmless,
        Cell.ID: _identifier,
        Cell.COUNT: _text,
        Cell.MONEY: _decimal(2, point),
        Cell.RATE: _decimal(8, point),
        Cell.MOMENT: lambda moment: _text(_local(moment)),
        Cell.DAY: lambda day: _text(cast(day, Date)),
        Cell.TRAVELLER: traveller_no_in_sql,
    }


def _escaped(value: Expression) -> Expression:
    words = _text(value)
    changed = func.regexp_replace(words, quoted(text_cells.FORBIDDEN), quoted(""), quoted("g"))
    changed = func.regexp_replace(changed, quoted(text_cells.LIKE_AN_ESCAPE), quoted("_x005F_"), quoted("g"))
    for letter, written in text_cells.ESCAPES.items():
        changed = func.replace(changed, quoted(letter), quoted(written))
    return case((words.op("~")(quoted(text_cells.NEEDS_ESCAPE)), changed), else_=words)


def _serial(moment: Expression) -> Expression:
    seconds = func.date_part(quoted("epoch"), _local(moment), type_=Double)
    return _text(seconds / literal_column("86400.0::float8", Double) + literal_column("25569::float8", Double))


XML_VALUES: Mapping[Cell, Format] = {
    Cell.TEXT: _escaped,
    Cell.ID: _escaped,
    Cell.COUNT: _text,
    Cell.MONEY: _decimal(2, "."),
    Cell.RATE: _decimal(8, "."),
    Cell.MOMENT: _serial,
    Cell.DAY: lambda day: _text(cast(day, Date) - literal_column("date '1899-12-30'", Date)),
    Cell.TRAVELLER: traveller_no_in_sql,
}


def xml_cell(cell: Cell, value: Expression) -> Expression:
    """`<c …>…</c>` for a value, `<c/>` for NULL."""
    before, after = text_cells.around(cell)
    return func.coalesce(
        quoted(before).op("||")(XML_VALUES[cell](value)).op("||")(quoted(after)), quoted(text_cells.EMPTY)
    )
