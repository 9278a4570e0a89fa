"""What stands in a cell, made into a value: a text, a whole number, a decimal, a moment, yes or no. No guess is made that could be wrong.

Each function takes a cell and answers its value or raises `BadCell` with a stable code; the words are in the templates.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from shop.sheets.guarding import unguarded

MOST_DIGITS = 15  # that a spreadsheet keeps of a number
YES = frozenset({"1", "yes", "y", "true", "ja", "j", "wahr", "x", "是", "真", "有", "上架"})
NO = frozenset({"0", "no", "n", "false", "nein", "falsch", "否", "假", "无", "下架"})
_SPACES = re.compile(r"(?<=[0-9])[ \u00a0\u2009\u202f'’](?=[0-9]{3})")
_EXPONENT = re.compile(r"[0-9.,]+[eE]\+?[0-9]+")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+(?:,[0-9]+)?)")
_DECIMAL = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
_NOT_KEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 and PostgreSQL take none of these
_UNCLEAR = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")  # 1.234: a thousand and more, or one and a little?
_CLOCK = r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _CLOCK)
_CHINESE = re.compile(r"([0-9]{4})()年([0-9]{1,2})月([0-9]{1,2})日" + _CLOCK)
_GERMAN = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})" + _CLOCK)
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})" + _CLOCK)


class Bad(Struct, frozen=True):
    """A cell that holds no value: `formula`, `cell_error` (`#REF!`)."""

    code: str


Cell = str | int | float | bool | datetime | date | Bad | None


class BadCell(Exception):
    """This cell cannot be taken; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_empty(cell: Cell) -> bool:
    """Whether nothing stands in it, or only spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def plain(text: str) -> str:
    """Text as the shop keeps it: lines end with LF, no control characters, nothing empty around it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = _NOT_KEPT.sub("", text)
    return text.strip()


def text(cell: Cell) -> str:
    """Text of any length, of many lines. A number that stands there is written as it reads."""
    if isinstance(cell, str):
        found = unguarded(cell.replace("\r\n", "\n").replace("\r", "\n"))
        kept = plain(found)
        if len(kept) != len(found.strip()):
            raise BadCell("control_characters")
        return kept
    return _words(cell)


def _words(cell: Cell) -> str:
    match cell:
        case Bad(code):
            raise BadCell(code)
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case int() | float():
            return _digits(cell)
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date():
            return cell.isoformat()
        case str():
            return cell


def _digits(number: int | float) -> str:
    """The number as digits. Refuses one whose last digits a spreadsheet has lost."""
    if abs(number) >= 10**MOST_DIGITS:
        raise BadCell("digits_lost")
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return format(Decimal(repr(number)), "f")


def identifier(cell: Cell) -> str:
    """A code or a number that is a name, `0012345678905`: as text it keeps its zeros."""
    if isinstance(cell, str):
        found = unguarded(cell.strip()).strip()
        if _EXPONENT.fullmatch(found):
            raise BadCell("digits_lost")
        if plain(found) != found or "\n" in found:
            raise BadCell("control_characters")
        return found
    if isinstance(cell, bool | date):
        raise BadCell("wrong_value")
    return _words(cell)


def decimal(cell: Cell, places: int) -> int:
    """A number as whole multiples of 10⁻ᵖˡᵃᶜᵉˢ: `12,5`, `1.234,50`, `1,234.5`. `1.234` could be two numbers and is refused."""
    match cell:
        case Bad(code):
            raise BadCell(code)
        case bool() | date() | None:
            raise BadCell("not_a_number")
        case int() | float():
            return _scaled(cell, places)
    words = _SPACES.sub("", unicodedata.normalize("NFKC", unguarded(cell.strip())).strip())
    if words.startswith("-"):
        raise BadCell("below_zero")
    if len(words) > MOST_DIGITS + 6:
        raise BadCell("not_a_number")
    if _UNCLEAR.fullmatch(words):
        raise BadCell("unclear_number")
    if _GROUPED.fullmatch(words):
        words = _ungrouped(words)
    found = _DECIMAL.fullmatch(words)
    if not found:
        raise BadCell("digits_lost" if _EXPONENT.fullmatch(words) else "not_a_number")
    part = (found[2] or "").rstrip("0")
    if len(part) > places:
        raise BadCell("too_many_decimals" if places else "not_whole")
    return int(found[1] + part.ljust(places, "0"))


def _ungrouped(words: str) -> str:
    """`1.234,50` and `1,234.50` as `1234.50`; `1.234.567` as `1234567`."""
    last = max(words.rfind("."), words.rfind(","))
    sign = words[last]
    other = "," if sign == "." else "."
    return words.replace(sign, "") if words.count(sign) > 1 else words.replace(other, "").replace(sign, ".")


def _scaled(number: int | float, places: int) -> int:
    """A spreadsheet's number; the dust of its binary arithmetic (beyond nine decimals) is not taken for digits."""
    if number != number or abs(number) >= 10**MOST_DIGITS:
        raise BadCell("not_a_number")
    if number < 0:
        raise BadCell("below_zero")
    scaled = round(Decimal(repr(number)), 9) * 10**places
    if scaled != scaled.to_integral_value():
        raise BadCell("too_many_decimals" if places else "not_whole")
    return int(scaled)


def yes_or_no(cell: Cell) -> bool:
    """`yes`, `ja`, `是`, `1`, TRUE … or their opposites."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, Bad):
        raise BadCell(cell.code)
    said = unicodedata.normalize("NFKC", _words(cell)).strip().casefold()
    if said in YES or said in NO:
        return said in YES
    raise BadCell("not_yes_or_no")


def moment(cell: Cell) -> datetime:
    """A local date, with or without time, as a naive datetime: `2026-12-01 08:00`, `1.12.2026`, `2026年12月1日`.

    `03/04/2026` is March in one country and April in another, and is refused.
    """
    match cell:
        case Bad(code):
            raise BadCell(code)
        case datetime():
            return cell.replace(microsecond=0, tzinfo=None)
        case date():
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - local on purpose; the column knows whose clock
        case str():
            return _moment(unicodedata.normalize("NFKC", unguarded(cell.strip())).strip())
        case _:
            raise BadCell("not_a_date")


def _moment(words: str) -> datetime:
    if found := _YEAR_FIRST.fullmatch(words) or _CHINESE.fullmatch(words):
        year, _, month, day, *clock = found.groups()
    elif found := _GERMAN.fullmatch(words):
        day, month, year, *clock = found.groups()
    elif found := _SLASHED.fullmatch(words):
        day, month, year, *clock = found.groups()
        if int(day) <= 12 and int(month) <= 12 and day != month:
            raise BadCell("unclear_date")
        if int(month) > 12:
            day, month = month, day
    else:
        raise BadCell("not_a_date")
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001 - as above
    except ValueError:
        raise BadCell("not_a_date") from None
