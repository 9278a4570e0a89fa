"""Questions about bills and open items."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import and_, func, or_, select

from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.orders.models import Order
from shop.payments.bill_models import Bill, BillRow, OpenItem
from shop.payments.comparing import MATCHED_KINDS, OPEN
from shop.payments.matching import ACCEPTED, Action, Amount, ItemKind, day_span
from shop.payments.models import Attempt, Refund, Taken

FRANKFURT = ZoneInfo("Europe/Berlin")


class BillState(StrEnum):
    FETCHED = "fetched"
    NO_TRADES = "no_trades"  # WeChat says so: a day like others
    NOT_READY = "not_ready"
    FAILED = "failed"  # no answer, or a file that is not in order: `said` tells


class BillView(Struct, frozen=True):
    """One file of WeChat's. Sums are minor units of `currency`; of a fund-flow bill what came in and what went out."""

    id: int
    day: date
    kind: str
    state: BillState
    sha1: str | None
    size: int | None
    file_name: str | None
    fetched_at: datetime | None
    lines: int | None
    currency: str | None
    paid_sum_minor: int | None
    refund_sum_minor: int | None
    fee_sum_minor: int | None
    matched_at: datetime | None
    next_try_at: datetime | None
    said: str | None


class BillLineView(Struct, frozen=True):
    """One line of a bill, as an order's money timeline shows it."""

    day: date
    number: int
    kind: str
    at: datetime | None
    transaction_id: str | None
    out_trade_no: str | None
    out_refund_no: str | None
    amount: Amount
    fee_minor: int | None
    said: str | None


class ItemView(Struct, frozen=True):
    """Something that does not agree. `ours` and `theirs` are None where that side has nothing."""

    id: int
    kind: ItemKind
    key: str
    day: date
    action: Action
    state: str
    order_number: str | None
    order_id: int | None
    payment_id: int | None
    refund_id: int | None
    transaction_id: str | None
    out_trade_no: str | None
    out_refund_no: str | None
    ours: Amount | None
    theirs: Amount | None
    first_seen_day: date
    last_seen_day: date
    asked_at: datetime | None
    said: str | None
    settled_at: datetime | None
    settled_by: str | None
    settled_how: str | None


class Totals(Struct, frozen=True):
    """A day in Beijing, and how long that is in Frankfurt: `since` and `until` are Frankfurt's clock.

    `there` is what the bill says (None: no bill yet), `here` our books. `differences` counts the day's open items by
    kind without those that only wait a day, which `waiting` counts.
    """

    day: date
    since: datetime
    until: datetime
    takings_there: Money | None
    takings_here: Money
    refunds_there: Money | None
    refunds_here: Money
    fees: Money | None
    differences: Mapping[ItemKind, int]
    waiting: int

    @property
    def open(self) -> int:
        return sum(self.differences.values())


_items: Any = select(OpenItem, Order.number).outerjoin(Order, Order.id == OpenItem.order_id)


def _amount(minor: int | None, currency: str | None) -> Amount | None:
    return None if minor is None or currency is None else Amount(minor, currency)


def _view(row: OpenItem, number: str | None) -> ItemView:
    return ItemView(
        row.id, ItemKind(row.kind), row.key, row.day, Action(row.action), row.state, number, row.order_id, row.payment_id,
        row.refund_id, row.transaction_id, row.out_trade_no, row.out_refund_no, _amount(row.ours_minor, row.ours_currency),
        _amount(row.theirs_minor, row.theirs_currency), row.first_seen_day, row.last_seen_day, row.asked_at, row.said,
        row.settled_at, row.settled_by, row.settled_how,
    )  # fmt: skip


def open_items(
    limit: int = 100, kinds: Collection[ItemKind] = (), *, day: date | None = None, waiting: bool = True
) -> list[ItemView]:
    """What does not agree, oldest day first; `waiting=False` leaves out what tomorrow's bill may still explain."""
    found = _items.where(OpenItem.state == OPEN).order_by(OpenItem.day, OpenItem.id).limit(limit)
    if kinds:
        found = found.where(OpenItem.kind.in_([kind.value for kind in kinds]))
    if day is not None:
        found = found.where(OpenItem.day == day)
    if not waiting:
        found = found.where(OpenItem.action != Action.WAIT_A_DAY.value)
    with reading() as session:
        return [_view(*row) for row in session.execute(found)]


def item(item_id: int) -> ItemView | None:
    """One item, open or settled."""
    with reading() as session:
        row = session.execute(_items.where(OpenItem.id == item_id)).first()
        return _view(*row) if row is not None else None


def settled_items(limit: int = 50) -> list[ItemView]:
    """What was explained, newest first."""
    settled = _items.where(OpenItem.settled_at.is_not(None)).order_by(OpenItem.settled_at.desc(), OpenItem.id.desc())
    with reading() as session:
        return [_view(*row) for row in session.execute(settled.limit(limit))]


def count_open() -> dict[ItemKind, int]:
    """How many differences there are of each kind, without those that only wait a day: for the alarm."""
    with reading() as session:
        return _counted(session.execute(_COUNT).all())


_COUNT: Any = (
    select(OpenItem.kind, func.count(OpenItem.id))
    .where(OpenItem.state == OPEN, OpenItem.action != Action.WAIT_A_DAY.value)
    .group_by(OpenItem.kind)
)


def _counted(rows: Any) -> dict[ItemKind, int]:
    return {ItemKind(kind): int(count) for kind, count in sorted(rows)}


_BILLS: Any = select(
    Bill.id, Bill.day, Bill.kind, Bill.state, Bill.sha1, Bill.size, Bill.file_name, Bill.fetched_at, Bill.lines, Bill.currency,
    Bill.paid_sum_minor, Bill.refund_sum_minor, Bill.fee_sum_minor, Bill.matched_at, Bill.next_try_at, Bill.said,
)  # fmt: skip


def _bill_views(rows: Any) -> list[BillView]:
    return [BillView(**{**row._mapping, "state": BillState(row.state)}) for row in rows]


def bills(limit: int = 30) -> list[BillView]:
    """WeChat's bills, newest day first."""
    with reading() as session:
        return _bill_views(session.execute(_BILLS.order_by(Bill.day.desc(), Bill.kind).limit(limit)))


def bills_of(day: date) -> list[BillView]:
    """The bills of one day in Beijing."""
    with reading() as session:
        return _bill_views(session.execute(_BILLS.where(Bill.day == day).order_by(Bill.kind)))


def bill_lines_of(order_id: int) -> list[BillLineView]:
    """The lines of WeChat's bills that are about this order's money, oldest first."""
    with reading() as session:
        trades = session.scalars(select(Attempt.out_trade_no).where(Attempt.order_id == order_id)).all()
        transactions = session.scalars(select(Taken.transaction_id).where(Taken.order_id == order_id)).all()
        refunds = session.scalars(select(Refund.out_refund_no).where(Refund.order_id == order_id)).all()
        about = or_(
            BillRow.out_trade_no.in_(trades), BillRow.transaction_id.in_(transactions), BillRow.out_refund_no.in_(refunds)
        )
        rows = session.execute(
            select(BillRow, Bill.day).join(Bill).where(about).order_by(Bill.day, BillRow.at, BillRow.number)
        ).all()
    return [
        BillLineView(
            day, row.number, row.kind, row.at, row.transaction_id, row.out_trade_no, row.out_refund_no,
            Amount(row.amount_minor, row.amount_currency), row.fee_minor, row.said,
        )
        for row, day in rows
    ]  # fmt: skip


def totals(day: date, currency: Currency) -> Totals:
    """The sums of a day in Beijing, there and here, in the currency the shop settles in."""
    since, until = day_span(day)
    with reading() as session:
        bill = session.execute(
            select(Bill.paid_sum_minor, Bill.refund_sum_minor, Bill.fee_sum_minor).where(
                Bill.day == day, Bill.kind.in_(MATCHED_KINDS), Bill.lines.is_not(None)
            )
        ).first()
        taken = session.scalar(
            select(func.sum(Taken.amount_minor)).where(
                Taken.paid_at >= since, Taken.paid_at < until, Taken.amount_currency == currency.value
            )
        )
        refunded = session.scalar(
            select(func.sum(Refund.amount_minor)).where(
                and_(Refund.sent_at >= since, Refund.sent_at < until, Refund.amount_currency == currency.value),
                Refund.state.in_([stage.value for stage in ACCEPTED]),
            )
        )
        counted = _counted(session.execute(_COUNT.where(OpenItem.day == day)).all())
        waiting = session.scalar(
            select(func.count(OpenItem.id)).where(
                OpenItem.day == day, OpenItem.state == OPEN, OpenItem.action == Action.WAIT_A_DAY.value
            )
        )
    there = [Money(int(minor or 0), currency) for minor in bill] if bill is not None else [None, None, None]
    return Totals(
        day=day, since=since.astimezone(FRANKFURT), until=until.astimezone(FRANKFURT),
        takings_there=there[0], takings_here=Money(int(taken or 0), currency),
        refunds_there=there[1], refunds_here=Money(int(refunded or 0), currency),
        fees=there[2], differences=counted, waiting=int(waiting or 0),
    )  # fmt: skip
