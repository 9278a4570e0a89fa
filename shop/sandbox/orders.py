"""What WeChat Pay tells the merchant about an order: the answer of a query, and the content of a notice.

WeChat Pay, query by out_trade_no: fields that only a paid order has are left out before.
"""
from typing import Any

from shop.sandbox.keys import Numbers
from shop.sandbox.state import EXCHANGE_RATE, MAINLAND, Behaviour, Order, moment

STATES = {
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "NOTPAY": "订单未支付",
    "CLOSED": "订单已关闭",
    "REVOKED": "已撤销",
    "USERPAYING": "用户支付中",
    "PAYERROR": "支付失败",
}


def transaction(order: Order, numbers: Numbers, behaviour: Behaviour) -> dict[str, Any]:
    """The order as a query answers it."""
    found: dict[str, Any] = dict(_owner(order, numbers))
    found["out_trade_no"] = order.out_trade_no
    found["trade_state"] = order.trade_state
    found["trade_state_desc"] = STATES[order.trade_state]
    amount: dict[str, Any] = {"total": order.total, "currency": order.currency}
    found["amount"] = amount
    if order.transaction_id is None or order.success_at is None:
        return found
    number_field = "transaction_id" if order.dialect == MAINLAND else behaviour.number_field
    found[number_field] = order.transaction_id
    found["trade_type"] = "JSAPI"
    found["bank_type"] = "OTHERS"
    found["success_time"] = moment(order.success_at)
    found["payer"] = _payer(order, numbers)
    if "attach" in order.asked:
        found["attach"] = order.asked["attach"]
    amount["payer_total"] = order.payer_total
    amount["payer_currency"] = "CNY"
    if order.dialect != MAINLAND:
        rate = 100_000_000 if order.currency == "CNY" else EXCHANGE_RATE
        amount["exchange_rate"] = {"type": "USERPAYMENT_RATE", "rate": rate}
    if order.coupon:
        found["promotion_detail"] = [
            {"coupon_id": "109519", "name": "立减优惠", "scope": "GLOBAL", "type": "CASH", "amount": order.coupon,
             "currency": "CNY"}
        ]
    return found


def _owner(order: Order, numbers: Numbers) -> dict[str, str]:
    if order.dialect == MAINLAND:
        return {"appid": numbers.app_id, "mchid": numbers.mch_id}
    names = ("sp_appid", "sp_mchid", "sub_appid", "sub_mchid")
    return {name: order.asked[name] for name in names if name in order.asked}


def _payer(order: Order, numbers: Numbers) -> dict[str, str]:
    if order.dialect == MAINLAND:
        return {"openid": order.openid}
    return {"sub_openid" if order.app_id == numbers.app_id else "sp_openid": order.openid}
