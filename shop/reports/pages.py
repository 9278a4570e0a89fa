"""A report as a page: some rows at a time, as values that a template shows, and the totals of all of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import literal, select, tuple_
from sqlalchemy.exc import OperationalError

from shop.base.db import db
from shop.base.errors import Kind, ShopError
from shop.reports.adding import sums_of
from shop.reports.asked import Asked
from shop.reports.columns import Cell, Column
from shop.reports.declared import Filled, Report, Spine, Summed
from shop.reports.long_periods import is_long
from shop.reports.period import local
from shop.reports.pseudonyms import traveller_no
from shop.reports.registry import report_of
from shop.reports.snapshots import View, snapshot
from shop.reports.text_cells import decimal, decimal_point
from shop.reports.writing import PlainValues

ROWS = 50
SLOWEST = "20s"
NUMBERS = frozenset({Cell.COUNT, Cell.MONEY, Cell.RATE})
PLACE = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_000_000_000_000_000  # microseconds: before the year 9999 ends
CANCELED = "57014"  # PostgreSQL's code for a statement that took too long
Row = Sequence[str]
Links = Mapping[str, Mapping[str, str]]


class WrongPlace(ShopError):
    """The place where a page was to begin cannot be read."""

    kind, code = Kind.INVALID, "wrong_value"


class TooLong(ShopError):
    """The database took longer than anybody waits for a page; as a file it can be had all the same."""

    kind, code = Kind.REFUSED, "report_too_long"


class Turn(Struct, frozen=True):
    """Which page: of a long report after a place, before one or the last one, of another the one of this number (from 1)."""

    number: int = 1
    after: str | None = None
    before: str | None = None
    last: bool = False

    @property
    def backwards(self) -> bool:
        return self.after is None and (self.before is not None or self.last)


class Page(Struct, frozen=True):
    """`rows` and `footer` hold text for each column; `count` are the rows of all pages. `links` are what an address needs to ask
    for the pages `first`, `back`, `more` and `last`, as far as there are such.

    A `long` period was not added up: of a list of orders there are rows all the same, of sums there are none; `count` is 0.
    """

    report: Report
    columns: Sequence[Column]
    rows: Sequence[Row]
    footer: Sequence[Row]
    count: int
    links: Links
    long: bool = False


def page_of(asked: Asked, turn: Turn, *, patient: bool = False) -> Page:
    """A page of a report; a long period is added up only for whoever is `patient`.

    Raises UnknownReport, WrongFilter, WrongPlace, TooLong.
    """
    report = report_of(asked)
    try:
        with snapshot(db.engine, slowest=SLOWEST) as view:
            if not patient and is_long(view.all, report, asked):
                return _page(report, asked, Summed(0, ()), *_without_sums(view, report.first, asked, turn), long=True)
            summed = sums_of(view.all, report.first, asked)
            found, links = _rows(view, report.first, asked, turn, summed.rows) if summed.rows else ([], {})
    except OperationalError as slow:
        if getattr(slow.orig, "sqlstate", "") != CANCELED:
            raise
        raise TooLong(fields={"to": ["report_too_long"]}) from slow
    return _page(report, asked, summed, found, links)


def _without_sums(view: View, filled: Filled, asked: Asked, turn: Turn) -> tuple[Sequence[Any], Links]:
    return ([], {}) if filled.spine is None else _along(view, filled, filled.spine, asked, turn)


def _rows(view: View, filled: Filled, asked: Asked, turn: Turn, count: int) -> tuple[Sequence[Any], Links]:
    if filled.spine is not None:
        return _along(view, filled, filled.spine, asked, turn)
    last = max(1, -(-count // ROWS))
    number = last if turn.last else min(turn.number, last)
    found = view.all(filled.rows(asked, PlainValues(), ()).offset((number - 1) * ROWS).limit(ROWS))
    to = {"first": 1, "back": number - 1, "more": number + 1, "last": last}
    far = {name for name in to if (number > 1 if name in ("first", "back") else number < last)}
    return found, {name: {"page": str(page)} for name, page in to.items() if name in far}


def _along(view: View, filled: Filled, spine: Spine, asked: Asked, turn: Turn) -> tuple[Sequence[Any], Links]:
    """The rows of some keys of the spine: however far down they are, as many keys are looked at."""
    place = tuple_(spine.at, spine.key)
    keys = select(spine.at, spine.key).where(*spine.where(asked))
    if (edge := turn.after or turn.before) is not None:
        here = tuple_(*_read(edge, spine))
        keys = keys.where(place < here if turn.backwards else place > here)
    ordered = (spine.at.desc(), spine.key.desc()) if turn.backwards else (spine.at, spine.key)
    begins = view.all(keys.order_by(*ordered).limit(ROWS + 1))
    further, begins = len(begins) > ROWS, begins[:ROWS]
    if not begins:
        return [], {"first": {}, "last": {"last": "1"}}
    first, last = (begins[-1], begins[0]) if turn.backwards else (begins[0], begins[-1])
    within = (spine.at >= first[0], spine.at <= last[0], place >= tuple_(*first), place <= tuple_(*last))
    links: dict[str, Mapping[str, str]] = {}
    if further if turn.backwards else turn.after is not None:
        links |= {"first": {}, "back": {"before": _place(first)}}
    if turn.before is not None if turn.backwards else further:
        links |= {"more": {"after": _place(last)}, "last": {"last": "1"}}
    return view.all(filled.rows(asked, PlainValues(), within)), links


def _place(begins: Any) -> str:
    return f"{(begins[0] - EPOCH) // timedelta(microseconds=1)}-{begins[1]}"


def _read(place: str, spine: Spine) -> tuple[Any, Any]:
    if not PLACE.fullmatch(place) or int(place.partition("-")[0]) > LATEST:
        raise WrongPlace(fields={"page": ["wrong_value"]})
    moment, _, key = place.partition("-")
    return literal(EPOCH + timedelta(microseconds=int(moment)), spine.at.type), literal(int(key), spine.key.type)


def _page(report: Report, asked: Asked, summed: Summed, found: Sequence[Any], links: Links, *, long: bool = False) -> Page:
    columns, shown = report.first.sheet.columns, shown_in(asked.language)
    footer = [[shown(column, values[column.name]) for column in columns] for values in summed.footer]
    rows = [[shown(column, value) for column, value in zip(columns, row, strict=True)] for row in found]
    return Page(report, columns, rows, footer, summed.rows, links, long)


def shown_in(language: str) -> Callable[[Column, Any], str]:
    """How a value of a column is shown to readers of `language`: as in a CSV file, with thousands apart."""
    point = decimal_point(language)
    by: Mapping[Cell, Any] = {
        Cell.MONEY: lambda minor: _apart(decimal(int(minor), 2, point), point),
        Cell.RATE: lambda rate: decimal(int(rate), 8, point), Cell.COUNT: lambda count: _apart(str(int(count)), point),
        Cell.DAY: lambda day: day.isoformat(),
        Cell.MOMENT: lambda moment: f"{local(moment):%Y-%m-%d %H:%M}", Cell.TRAVELLER: traveller_no,
    }  # fmt: skip

    def shown(column: Column, value: Any) -> str:
        return "" if value is None else value if isinstance(value, str) else str(by[column.cell](value))

    return shown


def _apart(number: str, point: str) -> str:
    """`1234567.00` as `1,234,567.00`; where the point is a comma, as `1.234.567,00`."""
    whole, dot, rest = number.partition(point)
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", "." if point == "," else ",", whole) + dot + rest
