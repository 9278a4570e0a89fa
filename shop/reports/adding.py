"""What sheets add up to: a second opinion of the database on what it writes, in the same view."""

from typing import Any

from sqlalchemy import func, select

from shop.orders.models import Order, OrderLine
from shop.reports import words
from shop.reports.asked import Asked
from shop.reports.columns import LINES, ORDERS, Cell, Sheet
from shop.reports.declared import Ask, Filled, Summed, Values
from shop.reports.narrowing import of_orders
from shop.reports.totals import Sums, Tally, Totals
from shop.reports.writing import PlainValues

CURRENCY = "currency"


def sums_of(ask: Ask, filled: Filled, asked: Asked) -> Summed:
    """The totals of a sheet; its own sums where it has some, else its rows added up, apart for every currency."""
    if filled.sums is not None:
        return filled.sums(ask, asked)
    rows = filled.rows(asked, PlainValues(), ()).order_by(None).subquery()
    names = [column.name for column in filled.sheet.columns]
    by: list[Any] = [rows.c[CURRENCY]] if CURRENCY in names else []
    summed = [name for name in names if name in filled.sheet.summed]
    found = ask(
        select(*by, func.count().label("n"), *(func.sum(rows.c[name]).label(name) for name in summed))
        .group_by(*by)
        .order_by(*by)
    )
    footer = []
    for row in found:
        values = {name: int(getattr(row, name) or 0) for name in summed}
        if summed and row.n:
            footer.append(_footer(filled.sheet, words.ALL[asked.language], row.currency if by else None, values))
    return Summed(sum(row.n for row in found), tuple(footer))


def _footer(sheet: Sheet, label: str, currency: str | None, values: Values) -> Values:
    names = [column.name for column in sheet.columns]
    row: Values = {name: values.get(name) for name in names}
    place = next((c.name for c in sheet.columns if c.cell in (Cell.TEXT, Cell.ID) and c.name != CURRENCY), None)
    if place is not None:
        row[place] = label
    return row | ({CURRENCY: currency} if CURRENCY in names else {})


def totals_in(ask: Ask, asked: Asked) -> Totals:
    """What the orders asked for add up to, asked of orders and lines alone."""
    tally = Tally()
    groups: Any = (Order.total_currency, Order.paid_at.is_not(None))
    where = of_orders(asked)
    of_order = select(*groups, func.count(), func.sum(Order.total_minor)).where(*where).group_by(*groups)
    for currency, paid, orders, gross in ask(of_order):
        tally.add(currency, paid=bool(paid), orders=orders, gross=int(gross))
    goods = OrderLine.quantity * OrderLine.unit_price_minor
    of_line: Any = select(*groups, func.count(), func.sum(OrderLine.quantity), func.sum(goods)).join(
        OrderLine, OrderLine.order_id == Order.id
    )
    for currency, paid, rows, items, minor in ask(of_line.where(*where).group_by(*groups)):
        tally.add(currency, paid=bool(paid), rows=rows, items=int(items), goods=int(minor))
    return tally.totals()


def sums_of_lines(ask: Ask, asked: Asked) -> Summed:
    totals = totals_in(ask, asked)
    return Summed(totals.rows, _order_footer(LINES, totals, asked.language))


def sums_of_orders(ask: Ask, asked: Asked) -> Summed:
    totals = totals_in(ask, asked)
    return Summed(totals.orders, _order_footer(ORDERS, totals, asked.language))


def _order_footer(sheet: Sheet, totals: Totals, language: str) -> tuple[Values, ...]:
    """Per currency all orders, then the paid ones; a row of zeros when there are none."""
    if not totals.placed:
        return (_footer(sheet, words.ALL[language], None, _counted(sheet, None)),)
    return tuple(
        _footer(sheet, words.totals_label(label, sums, language), sums.gross.currency.value, _counted(sheet, sums))
        for placed, paid in zip(totals.placed, totals.paid, strict=True)
        for label, sums in ((words.ALL, placed), (words.OF_WHICH_PAID, paid))
    )


def _counted(sheet: Sheet, sums: Sums | None) -> Values:
    counted = {
        "quantity": sums.items if sums else 0, "line_total": sums.goods.minor if sums else 0, "lines": sums.rows if sums else 0,
        "items": sums.items if sums else 0, "order_total": sums.gross.minor if sums else 0,
    }  # fmt: skip
    return {name: counted[name] for name in sheet.summed}
