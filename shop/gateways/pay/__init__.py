"""WeChat Pay, API v3: prepare and open a payment, find it, close it, read what WeChat tells us about it.

One class, `WeChatPay`, speaks both dialects (mainland and cross-border). Values that go in and come out are frozen.
What may go wrong is in `errors.py`; the rule that matters most: a time-out means *unknown*, not *failed*.
"""
from shop.gateways.pay.client import WeChatPay
from shop.gateways.pay.errors import (
    AlreadyPaid,
    NotAuthentic,
    OrderClosed,
    PayBusy,
    PaymentNotFound,
    PayMisconfigured,
    PayRefused,
    PayUnavailable,
    Reason,
)
from shop.gateways.pay.values import (
    Payment,
    PaymentState,
    PayNotice,
    PlainAmount,
    PrepayId,
    PrepayRequest,
    RefundNotice,
    RefundState,
)

__all__ = [
    "AlreadyPaid",
    "NotAuthentic",
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
    "RefundNotice",
    "RefundState",
    "WeChatPay",
]
