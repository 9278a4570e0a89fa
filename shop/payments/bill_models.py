"""The tables of reconciliation: WeChat's bills, their lines, and what does not agree."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model

OPEN_ITEM = "state = 'open'"


class Bill(Model):
    """What WeChat says of one of its days (a day in Beijing). The file itself is kept in the folder of bills.

    `lines` is None until every line of the file stands in `bill_lines`. `claimed_until` keeps two runs from working on
    the same bill.
    """

    __tablename__ = "bills"
    __table_args__ = (UniqueConstraint("day", "kind"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    sha1: Mapped[str | None] = mapped_column(String(40))  # of the file as WeChat hashes it, uncompressed
    size: Mapped[int | None]
    file_name: Mapped[str | None] = mapped_column(String(120))
    fetched_at: Mapped[datetime | None]
    lines: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(8))
    paid_sum_minor: Mapped[int | None]  # of a fund-flow bill: what came in
    refund_sum_minor: Mapped[int | None]  # of a fund-flow bill: what went out
    fee_sum_minor: Mapped[int | None]
    matched_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]  # not there yet, or not in order: when to ask again
    said: Mapped[str | None] = mapped_column(String(200))  # why it failed
    claimed_until: Mapped[datetime | None]


class BillRow(Model):
    """One line of a bill. `kind` is `payment`, `refund` or `other`; `number` is the line in the file."""

    __tablename__ = "bill_lines"
    __table_args__ = (
        Index("ix_bill_lines_transaction_id", "transaction_id"),
        Index("ix_bill_lines_out_trade_no", "out_trade_no"),
        Index("ix_bill_lines_out_refund_no", "out_refund_no"),
    )

    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime | None]
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    out_trade_no: Mapped[str | None] = mapped_column(String(64))
    refund_id: Mapped[str | None] = mapped_column(String(64))
    out_refund_no: Mapped[str | None] = mapped_column(String(64))
    amount_minor: Mapped[int]
    amount_currency: Mapped[str] = mapped_column(String(8))
    fee_minor: Mapped[int | None]
    said: Mapped[str | None] = mapped_column(String(40))


class OpenItem(Model):
    """Something that does not agree, until somebody or something explains it. One row for each `kind` and `key`.

    `key` is WeChat's or our number of what it is about. `settled_by` is `system` when a later bill, notice or query
    explained it; such an item opens again when the difference comes back, one that a person has settled does not.
    """

    __tablename__ = "open_items"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_open_items_open", "id", postgresql_where=text(OPEN_ITEM), sqlite_where=text(OPEN_ITEM)),
        Index("ix_open_items_day", "day"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(96))
    day: Mapped[date] = mapped_column(Date)  # the day in Beijing on which it belongs
    action: Mapped[str] = mapped_column(String(16))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"))
    line_number: Mapped[int | None]
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    out_trade_no: Mapped[str | None] = mapped_column(String(64))
    out_refund_no: Mapped[str | None] = mapped_column(String(64))
    ours_minor: Mapped[int | None]
    ours_currency: Mapped[str | None] = mapped_column(String(8))
    theirs_minor: Mapped[int | None]
    theirs_currency: Mapped[str | None] = mapped_column(String(8))
    first_seen_day: Mapped[date] = mapped_column(Date)
    last_seen_day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[datetime | None]  # when WeChat was asked about it, and what it said
    said: Mapped[str | None] = mapped_column(String(200))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_how: Mapped[str | None] = mapped_column(String(200))
