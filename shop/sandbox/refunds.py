"""A refund as WeChat Pay keeps it: its states, and what the merchant is told of it in either dialect.

WeChat Pay, refund: an answer of 200 means accepted; the money arrives later, or does not. Only CLOSED frees the amount.
"""
from dataclasses import dataclass
from typing import Any

from shop.sandbox.keys import Numbers
from shop.sandbox.state import EXCHANGE_RATE, MAINLAND, Behaviour, Order, Refund, moment

EVENTS = {"SUCCESS": "退款成功", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}
MOST_PARTS = 50  # WeChat Pay, refund: an order is refunded in 50 parts at most
LONGEST = 365 * 86400  # and within a year


@dataclass(frozen=True)
class Outcome:
    """How the next refund ends; the numbers narrow it to one refund or one order. `count` 0: always."""

    status: str
    out_refund_no: str = ""
    out_trade_no: str = ""
    count: int = 1

    def fits(self, refund: Refund) -> bool:
        return self.out_refund_no in {"", refund.out_refund_no} and self.out_trade_no in {"", refund.order.out_trade_no}


def standing(order: Order) -> list[Refund]:
    """The refunds that take up money: all but the closed ones."""
    return [one for one in order.refunds if one.status != "CLOSED"]


def refunded(order: Order) -> int:
    """Minor units that are refunded or on their way."""
    return sum(one.amount for one in standing(order))


def payer_share(order: Order, amount: int) -> int:
    """Fen the traveller gets back for the next `amount`; all shares together are what they paid, to the fen."""
    before = refunded(order)
    return order.payer_total * (before + amount) // order.total - order.payer_total * before // order.total


def accepted(refund: Refund, behaviour: Behaviour) -> dict[str, Any]:
    """The answer to the request. Cross-border says neither state nor order there."""
    if refund.order.dialect == MAINLAND:
        return _mainland(refund)
    return {
        "id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "create_time": moment(refund.created_at),
        "amount": _abroad_amount(refund),
    }


def found(refund: Refund, behaviour: Behaviour) -> dict[str, Any]:
    """The answer to a query."""
    if refund.order.dialect == MAINLAND:
        return _mainland(refund)
    return {
        "id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": refund.order.transaction_id,
        "out_trade_no": refund.order.out_trade_no,
        "channel": "ORIGINAL",
        "recv_account": refund.account,
        "fund_source": "REFUND_SOURCE_UNSETTLED_FUNDS",
        "create_time": moment(refund.created_at),
        "status": word(refund.status, refund.order.dialect, behaviour),
        "amount": _abroad_amount(refund),
        **_done(refund),
    }


def content(refund: Refund, status: str, numbers: Numbers, behaviour: Behaviour) -> dict[str, Any]:
    """What a notice carries."""
    order = refund.order
    abroad = order.dialect != MAINLAND
    about: dict[str, Any] = {
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": word(status, order.dialect, behaviour),
        **_done(refund),
    }
    amount = {
        "total": order.total,
        "refund": refund.amount,
        "payer_total": order.payer_total,
        "payer_refund": refund.payer_refund,
    }
    if not abroad:
        return {"mchid": numbers.mch_id, **about, "user_received_account": refund.account, "amount": amount}
    return {
        "sp_mchid": numbers.sp_mch_id,
        "sub_mchid": numbers.sub_mch_id,
        **about,
        "recv_account": refund.account,
        "fund_source": "REFUND_SOURCE_UNSETTLED_FUNDS",
        "amount": {**amount, **_abroad_amount(refund)},
    }


def word(status: str, dialect: str, behaviour: Behaviour) -> str:
    """Cross-border, a closed refund is REFUNDCLOSE in some documents and CLOSED in others."""
    return behaviour.refund_closed if status == "CLOSED" and dialect != MAINLAND else status


def _done(refund: Refund) -> dict[str, str]:
    return {"success_time": moment(refund.success_at)} if refund.success_at is not None else {}


def _mainland(refund: Refund) -> dict[str, Any]:
    order = refund.order
    return {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": refund.account,
        "create_time": moment(refund.created_at),
        "status": refund.status,
        "funds_account": "AVAILABLE",
        "amount": {
            "total": order.total,
            "refund": refund.amount,
            "payer_total": order.payer_total,
            "payer_refund": refund.payer_refund,
            "settlement_refund": refund.amount,
            "settlement_total": order.total,
            "discount_refund": refund.amount - refund.payer_refund,
            "currency": order.currency,
            "refund_fee": 0,
        },
        **_done(refund),
    }


def _abroad_amount(refund: Refund) -> dict[str, Any]:
    rate = 100_000_000 if refund.order.currency == "CNY" else EXCHANGE_RATE
    return {
        "refund": refund.amount,
        "currency": refund.order.currency,
        "payer_refund": refund.payer_refund,
        "payer_currency": "CNY",
        "exchange_rate": {"type": "SETTLEMENT_RATE", "rate": rate},
    }
