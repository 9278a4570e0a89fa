"""The order report: the orders of a period with their lines, and the check that nothing got lost on the way."""

import base64
import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Engine

from shop.orders.states import OrderState, RefundState
from shop.reports import queries, words
from shop.reports.columns import Sheet
from shop.reports.period import Period, local
from shop.reports.totals import Sums, Tally, Totals

Values = dict[str, Any]  # by the name of a column; None is an empty cell


class ReportDoesNotAddUp(RuntimeError):
    """Rows and the database's own sums differ: a fault of ours. No file is better than a wrong one."""


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """One order: `values` for its columns, and for each of its lines the values of the lines' columns."""

    values: Values
    lines: list[Values]


@dataclass(frozen=True, slots=True)
class OrderReport:
    """A report that is being read. `totals` are the database's own sums, in the same view as the rows."""

    connection: Connection
    period: Period
    language: str
    totals: Totals

    def orders(self) -> Generator[ReportOrder]:
        """Every order of the period, one at a time. Raises ReportDoesNotAddUp after the last one."""
        tally = Tally()
        with closing(queries.lines(self.connection, self.period)) as rows:
            for _, group in groupby(rows, key=attrgetter("id")):
                yield _one_order(list(group), self.language, tally)
        if tally.totals() != self.totals:
            raise ReportDoesNotAddUp(f"rows say {tally.totals()}, the database says {self.totals}")

    def footer(self, sheet: Sheet) -> list[Values]:
        """The totals rows: per currency all orders, then the paid ones; a row of zeros when there are none."""
        if not self.totals.placed:
            return [_footer(sheet, words.ALL[self.language], None)]
        return [
            _footer(sheet, words.totals_label(label, sums, self.language), sums)
            for placed, paid in zip(self.totals.placed, self.totals.paid, strict=True)
            for label, sums in ((words.ALL, placed), (words.OF_WHICH_PAID, paid))
        ]


@contextmanager
def open_report(engine: Engine, period: Period, language: str) -> Iterator[OrderReport]:
    """The report of a period, readable until the block ends."""
    with queries.snapshot(engine) as connection:
        yield OrderReport(connection, period, language, queries.totals_in(connection, period))


def traveller_no(traveller_id: int) -> str:
    """A number for a traveller that is the same in every report, and neither their key nor anything WeChat knows.

    `T` and 50 bits of BLAKE2b over the key, with a context of its own so that it equals no other hash in the house. It
    is a pseudonym, not a secret: whoever can read the database can tell whose it is.
    """
    digest = hashlib.blake2b(str(traveller_id).encode(), digest_size=10, person=b"report-traveller").digest()
    return "T" + base64.b32encode(digest).decode()[:10]


def _one_order(rows: list[Any], language: str, tally: Tally) -> ReportOrder:
    first = rows[0]
    lines = [_line(row, language) for row in rows]
    items, goods = sum(line["quantity"] for line in lines), sum(line["line_total"] for line in lines)
    paid = first.paid_at is not None
    tally.add(
        first.total_currency, paid=paid, orders=1, rows=len(rows), items=items, gross=first.total_minor, goods=goods
    )
    return ReportOrder(_order(first, language) | {"lines": len(rows), "items": items}, lines)


def _order(row: Any, language: str) -> Values:
    return {
        "order_no": row.number,
        "placed_at": local(row.placed_at),
        "paid_at": local(row.paid_at),
        "state": words.STATES[OrderState(row.state)][language],
        "refund_state": words.REFUNDS[RefundState(row.refund_state)][language],
        "counter": row.counter,
        "terminal": row.terminal,
        "flight": row.flight_number,
        "flight_date": row.flight_date,
        "origin": row.origin,
        "destination": row.destination,
        "final_destination": row.final_destination,
        "departs_at": local(row.departs_at),
        "traveller_no": traveller_no(row.traveller_id),
        "currency": row.total_currency,
        "order_total": row.total_minor,
        "out_trade_no": row.out_trade_no,
        "transaction_id": row.transaction_id,
        "payer_paid": row.payer_minor,
        "payer_currency": row.payer_currency,
        "fx_rate": row.exchange_rate,
        "campaign": row.campaign,
        "collected_at": local(row.collected_at),
        "collected_by": row.collected_by,
    }


def _line(row: Any, language: str) -> Values:
    return {
        "sku": row.sku,
        "ean": row.ean,
        "brand": row.brand,
        "category": getattr(row, f"category_{language}"),
        "product": getattr(row, f"name_{language}"),
        "quantity": row.quantity,
        "unit_price": row.unit_price_minor,
        "line_total": row.unit_price_minor * row.quantity,
    }


def _footer(sheet: Sheet, label: str, sums: Sums | None) -> Values:
    counted = {
        "quantity": sums.items if sums else 0,
        "line_total": sums.goods.minor if sums else 0,
        "lines": sums.rows if sums else 0,
        "items": sums.items if sums else 0,
        "order_total": sums.gross.minor if sums else 0,
    }
    names = [column.name for column in sheet.columns]
    row: Values = {name: counted[name] if name in sheet.summed else None for name in names}
    return row | {"order_no": label, "currency": sums.gross.currency.value if sums else None}
