"""WeChat Pay's side of the books in the memory of a test: payments and refunds, and the bill it makes of each day.

For tests that want faults of every kind and thousands of lines. What goes over the wire is tested elsewhere.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO

import builders
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert

from shop.base.db import holds_connection, transaction
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay import BillKind, BillLine, FetchedBill, FlowLine, Payment, Refund, RefundState, read_bill
from shop.payments.matching import BEIJING, beijing_day
from shop.payments.models import Refund as OurRefund
from shop.payments.models import Taken

HEADER = "交易时间,微信订单号,商户订单号,交易状态,货币种类,订单金额,微信退款单号,商户退款单号,申请退款金额,手续费"
SUMS = "总交易单数,订单总金额,申请退款总金额,手续费总金额"


class Entry(Struct, frozen=True):
    """One line of a bill as WeChat would write it; with `out_refund_no` it is a refund. Amounts in minor units."""

    at: datetime
    transaction_id: str
    out_trade_no: str
    minor: int
    currency: str = "EUR"
    refund_id: str = ""
    out_refund_no: str = ""
    fee: int = 0

    def text(self) -> str:
        refund = bool(self.refund_id or self.out_refund_no)
        paid, back = (0, self.minor) if refund else (self.minor, 0)
        cells = (
            f"{self.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", self.transaction_id, self.out_trade_no,
            "REFUND" if refund else "SUCCESS", self.currency, _units(paid), self.refund_id or "0", self.out_refund_no or "0",
            _units(back), _units(self.fee),
        )  # fmt: skip
        return "".join(("`", ",`".join(cells)))


def _units(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


def csv_of(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The file of a bill, line by line."""
    yield f"\ufeff{HEADER}\r\n".encode()
    count = paid = back = fees = 0
    for entry in entries:
        count, fees = count + 1, fees + entry.fee
        if entry.refund_id or entry.out_refund_no:
            back += entry.minor
        else:
            paid += entry.minor
        yield f"{entry.text()}\r\n".encode()
    yield f"{SUMS}\r\n`{count},`{_units(paid)},`{_units(back)},`{_units(fees)}\r\n".encode()


@dataclass
class Bank:
    """The verbs of `WeChatPay` that reconciliation needs. `bills` holds what stands in each day's bill."""

    bills: dict[date, list[Entry]] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    refuses: BaseException | None = None
    asked: list[str] = field(default_factory=list)
    kinds: tuple[BillKind, ...] = (BillKind.STATEMENT,)

    def bill_kinds(self) -> tuple[BillKind, ...]:
        return self.kinds

    def fetch_bill(self, kind: BillKind, day: date, into: BinaryIO) -> FetchedBill | None:
        self._called(f"{kind.value} {day}")
        if not self.bills.get(day):
            return None
        digest, size = hashlib.sha1(usedforsecurity=False), 0
        for line in csv_of(self.bills[day]):
            digest.update(line)
            size += into.write(line)
        return FetchedBill(kind=kind, day=day, sha1=digest.hexdigest(), size=size, compressed=False)

    def read_bill(self, source: Any, kind: BillKind, currency: Currency) -> Iterator[BillLine | FlowLine]:
        return read_bill(source, kind, currency)

    def find(self, no: OutTradeNo) -> Payment | None:
        self._called(no)
        return self.payments.get(no)

    def find_refund(self, no: OutRefundNo) -> Refund | None:
        self._called(no)
        return self.refunds.get(no)

    def _called(self, what: str) -> None:
        assert not holds_connection(), "WeChat Pay was called while a database connection was held"
        self.asked.append(what)
        if self.refuses is not None:
            raise self.refuses

    def lists(self, *entries: Entry, day: date | None = None) -> None:
        """Put lines into the bill of their day, or of another."""
        for entry in entries:
            self.bills.setdefault(day or beijing_day(entry.at), []).append(entry)

    def knows(self, entry: Entry, **more: Any) -> None:
        """From now on WeChat confirms this payment, or this refund, when it is asked."""
        if not entry.out_refund_no:
            self.payments[entry.out_trade_no] = a_payment(entry, **more)
            return
        money = Money(entry.minor, Currency(entry.currency))
        values = {
            "out_refund_no": OutRefundNo(entry.out_refund_no), "refund_id": entry.refund_id, "out_trade_no": entry.out_trade_no,
            "transaction_id": entry.transaction_id, "state": RefundState.SUCCESS, "state_said": "SUCCESS", "refunded": money,
            "total": None, "payer_refund": None, "exchange_rate": None, "success_time": entry.at, "received_account": None,
        }  # fmt: skip
        self.refunds[entry.out_refund_no] = Refund(**{**values, **more})


def a_payment(entry: Entry, **more: Any) -> Payment:
    """What a query or a notice says of the payment in this line."""
    money = Money(entry.minor, Currency(entry.currency))
    payment = builders.a_payment(entry.out_trade_no, money, transaction_id=entry.transaction_id, success_time=entry.at)
    return replace(payment, **more)


def an_entry(at: datetime, minor: int = 5000, **more: Any) -> Entry:
    """A payment at this moment."""
    number = secrets.token_hex(10)
    return replace(Entry(at, f"4200{number}", f"T{number}", minor), **more)


def back(paid: Entry, at: datetime, minor: int | None = None, **more: Any) -> Entry:
    """A refund, of all of it unless told otherwise."""
    number = secrets.token_hex(10)
    changed = replace(paid, at=at, minor=paid.minor if minor is None else minor, fee=0)
    return replace(changed, refund_id=f"50{number}", out_refund_no=f"R{number}", **more)


def book(entries: Sequence[Entry], *, verdict: str = "settles", order_id: int | None = None, state: str = "success") -> None:
    """Have payments and refunds in our books as if they had been heard of; refunds after their payments."""
    paid = [e for e in entries if not e.out_refund_no]
    with transaction() as session:
        if paid:
            session.execute(
                insert(Taken),
                [
                    {
                        "transaction_id": e.transaction_id, "out_trade_no": e.out_trade_no, "amount_minor": e.minor,
                        "amount_currency": e.currency, "paid_at": e.at, "heard_at": e.at + timedelta(seconds=2),
                        "verdict": verdict, "order_id": order_id, "refunded_minor": 0,
                    }
                    for e in paid
                ],
            )  # fmt: skip
        for entry in entries:
            if not entry.out_refund_no:
                continue
            taken = session.query(Taken).filter_by(transaction_id=entry.transaction_id).one()
            session.add(
                OurRefund(
                    payment_id=taken.id, order_id=taken.order_id, out_refund_no=entry.out_refund_no, amount_minor=entry.minor,
                    amount_currency=entry.currency, cause="goodwill", asked_by="staff:1", state=state, requested_at=entry.at,
                    sent_at=entry.at, tries=1, refund_id=entry.refund_id if state in ("success", "processing") else None,
                    done_at=entry.at if state in ("success", "closed") else None,
                )
            )  # fmt: skip


def noon(day: date) -> datetime:
    """Twelve o'clock in Beijing."""
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)
