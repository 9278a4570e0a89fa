"""What the tests of payments share: WeChat Pay in memory."""
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import builders
import pytest

from shop.base.db import holds_connection
from shop.base.errors import ShopError
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Money
from shop.gateways.pay import Payment, PaymentState, PrepayId, PrepayRequest, Refund, RefundRequest, RefundState
from shop.payments.commands import PayDesk

DESK = PayDesk(notify_url="https://shop.example/callbacks/wechat-pay/payment", description="Duty free")


@dataclass
class FakePay:
    """The verbs of `WeChatPay` without HTTP. Tests say what it knows, what it refuses and what happens meanwhile."""

    known: dict[str, Payment] = field(default_factory=dict)
    opened: list[bytes] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    refunds: dict[str, Refund] = field(default_factory=dict)
    refunded: list[bytes] = field(default_factory=list)
    refusals: list[BaseException] = field(default_factory=list)  # raised one after the other by whatever is called next
    meanwhile: Callable[[str], object] | None = None  # happens at the next call, before it answers

    def prepare(self, asked: PrepayRequest) -> bytes:
        return json.dumps(
            {
                "out_trade_no": asked.out_trade_no, "total": asked.amount.minor, "currency": asked.amount.currency,
                "openid": asked.openid, "notify_url": asked.notify_url, "time_expire": asked.time_expire.isoformat(),
                "description": asked.description,
            }
        ).encode()  # fmt: skip

    def open_jsapi(self, body: bytes) -> PrepayId:
        self.opened.append(body)
        asked = json.loads(body)
        self._called(asked["out_trade_no"])
        amount = Money(asked["total"], builders.Currency(asked["currency"]))
        self.say(asked["out_trade_no"], PaymentState.NOTPAY, amount)
        return PrepayId(f"wx{len(self.opened)}")

    def find(self, no: OutTradeNo) -> Payment | None:
        self.found.append(no)
        self._called(no)
        return self.known.get(no)

    def close(self, no: OutTradeNo) -> None:
        self.closed.append(no)
        self._called(no)
        if no in self.known and self.known[no].state is PaymentState.NOTPAY:
            self.say(no, PaymentState.CLOSED, builders.Money(1, builders.Currency.EUR))

    def prepare_refund(self, asked: RefundRequest) -> bytes:
        return json.dumps(
            {
                "out_refund_no": asked.out_refund_no, "out_trade_no": asked.out_trade_no, "transaction_id": asked.transaction_id,
                "refund": asked.refund.minor, "total": asked.total.minor, "currency": asked.refund.currency, "reason": asked.reason,
                "notify_url": asked.notify_url,
            }
        ).encode()  # fmt: skip

    def refund(self, body: bytes) -> Refund:
        self.refunded.append(body)
        asked = json.loads(body)
        self._called(asked["out_refund_no"])
        told = self.refunds.get(asked["out_refund_no"])
        if told is None:
            amount = Money(asked["refund"], builders.Currency(asked["currency"]))
            told = self.say_refund(asked["out_refund_no"], RefundState.PROCESSING, amount)
        return told

    def find_refund(self, no: OutRefundNo) -> Refund | None:
        self._called(no)
        return self.refunds.get(no)

    def say_refund(self, no: str, state: RefundState, amount: Money | None) -> Refund:
        """From now on WeChat says this of the refund."""
        self.refunds[no] = builders.a_told_refund(no, state, amount)
        return self.refunds[no]

    def jsapi_parameters(self, prepay_id: PrepayId, now: datetime) -> dict[str, str]:
        return {
            "appId": "wx1", "timeStamp": str(int(now.timestamp())), "nonceStr": "n", "package": f"prepay_id={prepay_id}",
            "signType": "RSA", "paySign": "s",
        }  # fmt: skip

    def say(self, no: str, state: PaymentState, amount: Money, transaction_id: str = "") -> None:
        """From now on WeChat says this of the attempt."""
        payment = builders.a_payment(no, amount, transaction_id=transaction_id, state=state)
        self.known[no] = payment

    def _called(self, no: str) -> None:
        assert not holds_connection(), "nothing may be locked while WeChat thinks"
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens(no)
        if self.refusals:
            raise self.refusals.pop(0)

    def refuses(self, *errors: ShopError | BaseException) -> None:
        self.refusals += errors


@pytest.fixture
def pay() -> FakePay:
    return FakePay()
