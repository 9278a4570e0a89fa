"""WeChat Pay in the memory of a test: it remembers what was opened, paid and closed, and answers accordingly.

For tests that want thousands of steps or threads that meet at one moment. What goes over the wire is tested elsewhere,
against the sandbox.
"""
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import builders
from msgspec.structs import replace

from shop.base.db import holds_connection
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    AlreadyPaid,
    OrderClosed,
    Payment,
    PaymentState,
    PayRefused,
    PayUnavailable,
    PrepayId,
    Refund,
    RefundNoFunds,
    RefundState,
    WeChatPay,
)
from shop.settings import PaySettings


@dataclass
class Open:
    """One order as WeChat Pay has it."""

    no: str
    body: bytes
    amount: Money
    state: PaymentState = PaymentState.NOTPAY
    transaction_id: str = ""
    paid_at: datetime | None = None
    prepays: list[str] = field(default_factory=list)

    def told(self, **more: Any) -> Payment:
        """What a query or a notice says of it."""
        payment = builders.a_payment(
            self.no, self.amount, transaction_id=self.transaction_id or "none", state=self.state, state_said=self.state.value,
            success_time=self.paid_at,
        )  # fmt: skip
        return replace(payment, **more)


@dataclass
class Back:
    """One refund as WeChat Pay has it."""

    no: str
    body: bytes
    out_trade_no: str
    amount: Money
    state: RefundState = RefundState.PROCESSING

    def told(self) -> Refund:
        """What a query or a notice says of it."""
        return builders.a_told_refund(self.no, self.state, self.amount)


class PretendPay(WeChatPay):
    """The gateway's verbs with the same promises, without a network; refuses to be called while a connection is held.

    `before_open` and `after_open` are called around the moment an order is opened: a test may let something happen, or
    raise PayUnavailable, as when a line breaks.
    """

    def __init__(self, settings: PaySettings) -> None:
        super().__init__(settings, "wx1", clock=lambda: datetime.now(UTC), threads=16)
        self.orders: dict[str, Open] = {}
        self.before_open: Callable[[], object] = lambda: None
        self.after_open: Callable[[], object] = lambda: None
        self.before_close: Callable[[], object] = lambda: None
        self.after_find: Callable[[], object] = lambda: None  # the answer is given, and still on its way
        self.silent = False   # True: WeChat cannot be reached
        self.refunds: dict[str, Back] = {}
        self.has_funds = True
        self.after_refund: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def open_jsapi(self, body: bytes) -> PrepayId:
        self._call()
        self.before_open()
        asked = json.loads(body)
        with self._lock:
            amount = Money(asked["amount"]["total"], Currency(asked["amount"]["currency"]))
            known = self.orders.setdefault(asked["out_trade_no"], Open(asked["out_trade_no"], body, amount))
            if known.body != body:
                raise PayRefused("INVALID_REQUEST", 400)  # WeChat Pay: the same number with other content
            if known.state is PaymentState.SUCCESS:
                raise AlreadyPaid
            if known.state is PaymentState.CLOSED:
                raise OrderClosed
            known.prepays.append(secrets.token_hex(8))
        self.after_open()
        return PrepayId(known.prepays[-1])

    def find(self, no: OutTradeNo) -> Payment | None:
        self._call()
        with self._lock:
            known = self.orders.get(no)
            told = known.told() if known else None
        self.after_find()
        return told

    def close(self, no: OutTradeNo) -> None:
        self._call()
        self.before_close()
        with self._lock:
            known = self.orders.get(no)
            if known is None:
                return  # WeChat Pay, close: the same answer for numbers it never saw
            if known.state is PaymentState.SUCCESS:
                raise AlreadyPaid
            known.state = PaymentState.CLOSED

    def refund(self, body: bytes) -> Refund:
        self._call()
        asked = json.loads(body)
        with self._lock:
            no, out_trade_no = asked["out_refund_no"], next(
                one.no for one in self.orders.values() if one.transaction_id == asked["transaction_id"]
            )
            known = self.refunds.get(no)
            if known is None:
                if not self.has_funds:
                    raise RefundNoFunds
                amount = Money(asked["amount"]["refund"], Currency(asked["amount"]["currency"]))
                self.check_sum(out_trade_no, amount)
                known = self.refunds[no] = Back(no, body, out_trade_no, amount)
            assert known.body == body, "a refund was repeated with other content"
        self.after_refund()
        return known.told()

    def check_sum(self, out_trade_no: str, amount: Money) -> None:
        """WeChat Pay refuses to pay back more than came in; the shop must never ask for it."""
        back = sum(one.amount.minor for one in self.refunds.values() if self._counts(one, out_trade_no))
        assert back + amount.minor <= self.orders[out_trade_no].amount.minor, "more was to go back than came in"

    @staticmethod
    def _counts(one: Back, out_trade_no: str) -> bool:
        return one.out_trade_no == out_trade_no and one.state is not RefundState.CLOSED

    def find_refund(self, no: OutRefundNo) -> Refund | None:
        self._call()
        with self._lock:
            known = self.refunds.get(no)
            return known.told() if known else None

    def jsapi_parameters(self, prepay_id: PrepayId, now: datetime) -> dict[str, str]:
        return {"package": f"prepay_id={prepay_id}"}

    def pay(self, no: str, now: datetime) -> bool:
        """The traveller presses "pay": whether that took money. Closed and paid orders take none."""
        with self._lock:
            known = self.orders.get(no)
            if known is None or known.state is not PaymentState.NOTPAY:
                return False
            known.state, known.paid_at = PaymentState.SUCCESS, now
            known.transaction_id = f"4200{secrets.randbelow(10**24):024}"
            return True

    def _call(self) -> None:
        assert not holds_connection(), "WeChat Pay was called while a database connection was held"
        if self.silent:
            raise PayUnavailable("connection")
