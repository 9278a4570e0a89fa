"""A report as a page: some rows at a time, as values that a template shows, and the totals of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_

from shop.base.db import db
from shop.reports.adding import sums_of
from shop.reports.asked import Asked
from shop.reports.columns import Cell, Column
from shop.reports.declared import Filled, Report, Summed
from shop.reports.period import local
from shop.reports.pseudonyms import traveller_no
from shop.reports.registry import report_of
from shop.reports.snapshots import View, snapshot
from shop.reports.text_cells import decimal, decimal_point
from shop.reports.writing import PlainValues

ROWS = 50
LAST_PAGE = 40  # whoever wants more takes the file
SLOWEST = "20s"
NUMBERS = frozenset({Cell.COUNT, Cell.MONEY, Cell.RATE})
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` and `footer` hold text for each column. `more` says whether there is a next page that can be shown."""

    report: Report
    columns: Sequence[Column]
    rows: Sequence[Row]
    footer: Sequence[Row]
    count: int
    page: int
    more: bool


def page_of(asked: Asked, page: int) -> Page:
    """Page `page` (from 1, at most LAST_PAGE) of a report. Raises UnknownReport, WrongFilter."""
    report = report_of(asked)
    with snapshot(db.engine, slowest=SLOWEST) as view:
        summed = sums_of(view.all, report.first, asked)
        found = _rows(view, report.first, asked, page) if summed.rows else []
    return _page(report, asked, summed, found, page)


def _rows(view: View, filled: Filled, asked: Asked, page: int) -> Sequence[Any]:
    after = (page - 1) * ROWS
    if filled.spine is None:
        return view.all(filled.rows(asked, PlainValues(), ()).offset(after).limit(ROWS))
    spine = filled.spine
    keys = select(spine.at, spine.key).where(*spine.where(asked)).order_by(spine.at, spine.key)
    begins = view.all(keys.offset(after).limit(ROWS))
    if not begins:
        return []
    place = tuple_(spine.at, spine.key)
    between = (
        spine.at >= begins[0][0],
        spine.at <= begins[-1][0],
        place >= tuple_(*begins[0]),
        place <= tuple_(*begins[-1]),
    )
    return view.all(filled.rows(asked, PlainValues(), between))


def _page(report: Report, asked: Asked, summed: Summed, found: Sequence[Any], page: int) -> Page:
    columns, shown = report.first.sheet.columns, _shown(asked.language)
    of_spine = report.first.spine is not None
    more = bool(found) and page < LAST_PAGE and (summed.rows > page * ROWS if not of_spine else len(found) >= ROWS)
    footer = [[shown(column, values[column.name]) for column in columns] for values in summed.footer]
    rows = [[shown(column, value) for column, value in zip(columns, row, strict=True)] for row in found]
    return Page(report, columns, rows, footer, summed.rows, page, more)


def _shown(language: str) -> Any:
    point = decimal_point(language)
    by: Mapping[Cell, Any] = {
        Cell.MONEY: lambda minor: decimal(int(minor), 2, point), Cell.RATE: lambda rate: decimal(int(rate), 8, point),
        Cell.COUNT: lambda count: str(int(count)), Cell.DAY: lambda day: day.isoformat(),
        Cell.MOMENT: lambda moment: f"{local(moment):%Y-%m-%d %H:%M}", Cell.TRAVELLER: traveller_no,
    }  # fmt: skip

    def shown(column: Column, value: Any) -> str:
        return "" if value is None else value if isinstance(value, str) else str(by[column.cell](value))

    return shown
