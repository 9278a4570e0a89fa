"""What goes to WeChat Pay and what comes back, in the shop's words. All frozen, all without behaviour."""
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from shop.base.discreet import Discreet
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Money

PrepayId = NewType("PrepayId", str)  # lives two hours, whatever time_expire says


class PaymentState(StrEnum):
    """WeChat Pay, query: `trade_state`. REFUND still means that the order *was* paid."""

    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    NOTPAY = "NOTPAY"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"
    UNKNOWN = "UNKNOWN"  # a word WeChat invented since: neither paid nor over, ask again


class RefundState(StrEnum):
    """WeChat Pay, refund notice: `refund_status`. Cross-border also writes REFUNDCLOSE for CLOSED."""

    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    PROCESSING = "PROCESSING"
    ABNORMAL = "ABNORMAL"
    UNKNOWN = "UNKNOWN"


class PlainAmount(Struct, frozen=True, kw_only=True):
    """Minor units of whatever currency WeChat named (ISO 4217), also one the shop does not settle in."""

    minor: int
    currency: str


class PrepayRequest(Discreet, frozen=True, kw_only=True):
    """One attempt to be paid. Nothing of it may change once it was sent: a change needs a new `out_trade_no`.

    `description` is shown on the traveller's bill; `time_expire` is the latest moment to pay, not an automatic close;
    `openid` is the traveller's in the Service Account of the settings.
    """

    hidden = frozenset({"openid"})
    out_trade_no: OutTradeNo
    description: str
    amount: Money
    openid: str
    notify_url: str
    time_expire: datetime
    attach: str | None = None


class Payment(Discreet, frozen=True, kw_only=True):
    """One order at WeChat Pay, as WeChat tells it in a verified answer or notice.

    Compare `amount` with what is owed, never `payer_total` (coupons make it smaller; in cross-border it is CNY).
    `amount` is None when WeChat named no whole amount or a currency the shop does not know; `amount_said` then
    still holds what could be read. `exchange_rate` is the rate × 10⁸.
    `sender` is the merchant number that signs (mchid, sp_mchid), `merchant` the one that is paid (mchid, sub_mchid);
    `ours` is True when both, and the app id if there is one, are those of our settings.
    """

    hidden = frozenset({"openid"})
    out_trade_no: OutTradeNo
    transaction_id: str | None
    state: PaymentState
    state_said: str
    amount: Money | None
    amount_said: PlainAmount | None
    payer_total: PlainAmount | None
    exchange_rate: int | None
    success_time: datetime | None
    openid: str | None
    sender: str
    merchant: str
    app_id: str | None
    ours: bool
    attach: str | None = None


class PayNotice(Struct, frozen=True, kw_only=True):
    """A verified notice about a payment. `id` is the same in every repeat of it; `created` and `received` are UTC."""

    id: str
    event_type: str
    created: datetime | None
    received: datetime
    payment: Payment

    @property
    def ours(self) -> bool:
        return self.payment.ours


class RefundNotice(Discreet, frozen=True, kw_only=True):
    """A verified notice about a refund. Amounts follow the rules of `Payment.amount`."""

    hidden = frozenset({"received_account"})
    id: str
    event_type: str
    created: datetime | None
    received: datetime
    out_refund_no: str
    out_trade_no: OutTradeNo | None
    transaction_id: str | None
    refund_id: str | None
    state: RefundState
    state_said: str
    refunded: Money | None
    total: Money | None
    payer_refund: PlainAmount | None = None
    success_time: datetime | None
    received_account: str | None = None
    sender: str
    merchant: str
    ours: bool


class RefundRequest(Struct, frozen=True, kw_only=True):
    """One refund. Nothing of it may change once it was sent, and its number is good for one refund only, ever.

    `refund` is what goes back, `total` what came in with the payment; both in the currency of the payment. The
    traveller reads `reason`. With a `transaction_id` WeChat finds the payment by it, else by `out_trade_no`.
    """

    out_refund_no: OutRefundNo
    out_trade_no: OutTradeNo
    transaction_id: str | None
    refund: Money
    total: Money
    reason: str
    notify_url: str


class Refund(Discreet, frozen=True, kw_only=True):
    """One refund at WeChat Pay, as WeChat tells it in a verified answer. Amounts follow the rules of `Payment`.

    PROCESSING is also what a refund is that was accepted without a word about its state (cross-border).
    `received_account` is where the money went, in WeChat's words ("招商银行信用卡0403").
    """

    hidden = frozenset({"received_account"})
    out_refund_no: OutRefundNo
    refund_id: str | None
    out_trade_no: str | None
    transaction_id: str | None
    state: RefundState
    state_said: str
    refunded: Money | None
    total: Money | None
    payer_refund: PlainAmount | None
    exchange_rate: int | None
    success_time: datetime | None
    received_account: str | None


class BillKind(StrEnum):
    """The files WeChat Pay makes of a day: two in mainland, one across borders."""

    TRADES = "trades"
    FUND_FLOW = "fund_flow"
    STATEMENT = "statement"


class FetchedBill(Struct, frozen=True, kw_only=True):
    """A file that was fetched whole and verified. `sha1` and `size` (bytes) are of the plain text that was written.

    `day` is a day in Beijing; `compressed` says that it came as gzip.
    """

    kind: BillKind
    day: date
    sha1: str
    size: int
    compressed: bool
