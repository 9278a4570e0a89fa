"""What somebody typed into the search box for orders: a number of some kind, a flight, or a name. No database here."""

import re
import unicodedata
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from shop.base import ids
from shop.flights.rules import WrongFlightNumber, clean_flight_number

LONGEST = 80
_CODE, _TOKEN = 10, re.compile(r"DF1[0-9A-Z]{113}")
_NOT_OURS = re.compile(r"[\s\-–—·.:#]+")
_FLIGHT = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z])[ -]?([0-9]{1,4}[A-Z]?)(?:[\s,/@]+(.+))?", re.ASCII)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})[-/.年](?P<m>[0-9]{1,2})[-/.月](?P<d>[0-9]{1,2})日?"),
    re.compile(r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})?"),
    re.compile(r"(?P<m>[0-9]{1,2})[-/月](?P<d>[0-9]{1,2})日?"),
    re.compile(r"(?P<d>[0-9]{1,2}) ?(?P<n>[A-Z]{3}) ?(?P<y>[0-9]{4})?"),
)
_WORD = re.compile(r"[a-z0-9]+|[^ -~\s]+")


class Sought(StrEnum):
    """What a text was taken for."""

    NUMBER = "number"
    CODE = "code"
    TRANSACTION = "transaction"
    TRADE = "out_trade_no"
    REFUND = "out_refund_no"
    FLIGHT = "flight"
    NAME = "name"


EXACT = (Sought.NUMBER, Sought.CODE, Sought.TRANSACTION, Sought.TRADE, Sought.REFUND)


class Reading(Struct, frozen=True):
    """One thing that a text may be. `value` is a number, a flight or a name, tidied; `day` a flight's, if one was given."""

    sought: Sought
    value: str
    day: date | None = None


def readings(text: str, today: date) -> list[Reading]:
    """What the text may be, the likeliest first, a name last; nothing for an empty one."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())[:LONGEST]
    if not plain:
        return []
    found = _exact(_NOT_OURS.sub("", plain).upper())
    if flight := _flight(plain.upper(), today):
        found.append(flight)
    if words(plain) and not any(letter.isdecimal() for letter in plain):
        found.append(Reading(Sought.NAME, plain))
    return found or [Reading(Sought.NAME, plain)]


def _exact(plain: str) -> list[Reading]:
    """Numbers that are ours, or WeChat's, by their shape. Two may look alike: a code that begins with D."""
    found = []
    if _TOKEN.fullmatch(plain):  # somebody scanned the QR picture into the box
        found.append(Reading(Sought.CODE, plain[3 : 3 + _CODE]))
    ours = all(letter in ids.LETTERS for letter in plain[1:])
    if ours and len(plain) == _CODE and plain[0] == "D":
        found.append(Reading(Sought.NUMBER, plain))
    if ours and len(plain) == _CODE and plain[0] in ids.LETTERS:
        found.append(Reading(Sought.CODE, plain))
    if ours and len(plain) == 24 and plain[0] in "TR":
        found.append(Reading(Sought.TRADE if plain[0] == "T" else Sought.REFUND, plain))
    if plain.isascii() and plain.isdecimal() and 16 <= len(plain) <= 32:
        found.append(Reading(Sought.TRANSACTION, plain))
    return found


def _flight(plain: str, today: date) -> Reading | None:
    read = _FLIGHT.fullmatch(plain)
    if read is None:
        return None
    try:
        number = clean_flight_number(read[1] + read[2])
    except WrongFlightNumber:
        return None
    day = _day(read[3], today) if read[3] else None
    return None if read[3] and day is None else Reading(Sought.FLIGHT, number, day)


def _day(text: str, today: date) -> date | None:
    """A day as people write one. Without a year it is the one nearest to today."""
    for form in _DAYS:
        if read := form.fullmatch(text.strip()):
            parts = read.groupdict()
            name = parts.get("n")
            if name and name not in _MONTHS:
                return None
            month = _MONTHS.index(name) + 1 if name else int(parts["m"])
            years = [int(parts["y"])] if parts.get("y") else [today.year - 1, today.year, today.year + 1]
            days = [day for year in years if (day := _date(year, month, int(parts["d"])))]
            return min(days, key=lambda day: abs(day - today), default=None)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if timedelta() <= found - date(2000, 1, 1) <= timedelta(days=36_889) else None


def words(name: str) -> list[str]:
    """A name's words, small: each has to begin a word of the traveller's name, or, in another script, to stand in it."""
    return _WORD.findall(_small(name))


def _small(text: str) -> str:
    """Only A to Z become small, as the database does it: what other scripts do depends on its locale."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
