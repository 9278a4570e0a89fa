"""WeChat Pay, API v3: payments, refunds, notices, and the files in which WeChat keeps the books of a day.

One class, `WeChatPay`, speaks both dialects (mainland and cross-border). Values that go in and come out are frozen.
What may go wrong is in `errors.py`; the rule that matters most: a time-out means *unknown*, not *failed*. `read_bill`
reads the files, `bill_ready_at` says when they are made.
"""
from shop.gateways.pay.bills import BillLine, FlowLine, read_bill
from shop.gateways.pay.client import WeChatPay
from shop.gateways.pay.downloads import ready_at as bill_ready_at
from shop.gateways.pay.errors import (
    AlreadyPaid,
    BillDamaged,
    BillNotReady,
    BillUnreadable,
    NotAuthentic,
    NotOffered,
    OrderClosed,
    PayBusy,
    PaymentNotFound,
    PayMisconfigured,
    PayRefused,
    PayUnavailable,
    Reason,
    RefundImpossible,
    RefundNoFunds,
    RefundTooSoon,
)
from shop.gateways.pay.values import (
    BillKind,
    FetchedBill,
    Payment,
    PaymentState,
    PayNotice,
    PlainAmount,
    PrepayId,
    PrepayRequest,
    Refund,
    RefundNotice,
    RefundRequest,
    RefundState,
)

__all__ = [
    "AlreadyPaid",
    "BillDamaged",
    "BillKind",
    "BillLine",
    "BillNotReady",
    "BillUnreadable",
    "FetchedBill",
    "FlowLine",
    "NotAuthentic",
    "NotOffered",
    "OrderClosed",
    "PayBusy",
    "PayMisconfigured",
    "PayNotice",
    "PayRefused",
    "PayUnavailable",
    "Payment",
    "PaymentNotFound",
    "PaymentState",
    "PlainAmount",
    "PrepayId",
    "PrepayRequest",
    "Reason",
    "Refund",
    "RefundImpossible",
    "RefundNoFunds",
    "RefundNotice",
    "RefundRequest",
    "RefundState",
    "RefundTooSoon",
    "WeChatPay",
    "bill_ready_at",
    "read_bill",
]
