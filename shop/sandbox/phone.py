"""The traveller's phone: what WeChat does when a page asks it to pay, and the page on which the traveller decides."""
import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from shop.sandbox.notices import NoticeBoard
from shop.sandbox.signing import verifies
from shop.sandbox.state import Order, World
from shop.sandbox.web import json_answer, notices, world

phone = Blueprint("phone", __name__)

OK = "get_brand_wcpay_request:ok"
CANCEL = "get_brand_wcpay_request:cancel"
FAIL = "get_brand_wcpay_request:fail"
PARAMETERS = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")
DECISIONS = {"pay", "cancel", "ok_without_payment"}
SIGNS = {"CNY": "¥", "EUR": "€"}


class CannotPay(Exception):
    """The phone shows an error instead of the payment sheet; the text says why."""


@dataclass(frozen=True)
class Sheet:
    """What the payment sheet shows."""

    merchant: str
    description: str
    amount: str  # in the currency of the order
    charged: str  # in yuan, what the traveller pays

    def shown(self) -> dict[str, str]:
        return {"merchant": self.merchant, "description": self.description, "amount": self.amount,
                "charged": self.charged}


def check_parameters(here: World, given: dict[str, Any]) -> Order:
    """The order that the six parameters of getBrandWCPayRequest lead to. Raises CannotPay.

    WeChat Pay, JSAPI launch: all six are strings; the signed lines are appId, timeStamp, nonceStr and package.
    """
    for name in PARAMETERS:
        if not isinstance(given.get(name), str) or not given[name]:
            raise CannotPay(f"调用支付JSAPI缺少参数: {name}")
    if not re.fullmatch(r"\d{10}", given["timeStamp"]):
        raise CannotPay("timeStamp must be the seconds, as a string")
    if len(given["nonceStr"]) > 32 or len(given["package"]) > 128 or len(given["paySign"]) > 512:
        raise CannotPay("nonceStr, package or paySign is too long")
    if given["signType"] != "RSA":
        raise CannotPay("signType must be RSA")
    prepay_id = given["package"].removeprefix("prepay_id=")
    if prepay_id == given["package"]:
        raise CannotPay("package must be prepay_id=…")
    lines = "".join(f"{given[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    if not verifies(here.keys.merchant_public, lines.encode(), given["paySign"]):
        raise CannotPay("支付验证签名失败")
    order = here.prepays.get(prepay_id)
    if order is None:
        raise CannotPay("prepay_id无效")
    if given["appId"] != order.app_id:
        raise CannotPay("appId与下单时不一致")
    return order


def check_payable(here: World, order: Order, prepay_id: str, openid: str | None = None) -> None:
    """Raises CannotPay when this order cannot be paid by that prepay_id and that traveller at this moment."""
    here.find(order.out_trade_no, order.dialect)  # closes it when its seven days are over
    if openid and openid != order.openid:
        raise CannotPay("下单账号与支付账号不一致")
    if order.trade_state == "CLOSED":
        raise CannotPay("该订单已关闭")
    if order.trade_state != "NOTPAY":
        raise CannotPay("该订单已支付")
    if here.now() > order.prepay_ids[prepay_id]:
        raise CannotPay("prepay_id已过期")
    if here.now() > order.expires_at:
        raise CannotPay("订单已超过支付截止时间")


def look(here: World, given: dict[str, Any], openid: str | None = None) -> Sheet:
    """What the sheet shows for these parameters. Raises CannotPay."""
    with here.lock:
        order = check_parameters(here, given)
        check_payable(here, order, given["package"].removeprefix("prepay_id="), openid)
        return sheet(here, order)


def sheet(here: World, order: Order) -> Sheet:
    return Sheet(
        merchant=here.merchant_name,
        description=str(order.asked["description"]),
        amount=f"{SIGNS[order.currency]}{order.total / 100:.2f}",
        charged=f"¥{order.payer_full / 100:.2f}",
    )


def decide(
    here: World, board: NoticeBoard, given: dict[str, Any], decision: str, openid: str | None = None
) -> dict[str, str]:
    """The traveller's decision, as the page hears of it: `err_msg`, and `err_desc` when it failed."""
    try:
        with here.lock:
            order = check_parameters(here, given)
            check_payable(here, order, given["package"].removeprefix("prepay_id="), openid)
            if decision == "pay":
                here.settle(order)
    except CannotPay as reason:
        return {"err_msg": FAIL, "err_desc": str(reason)}
    if decision == "pay":
        board.paid(order)
    return {"err_msg": CANCEL if decision == "cancel" else OK}


@phone.post("/phone/pay")
def pay_by_machine() -> Response:
    """The same without a screen: the six parameters, `decision`, and `openid` of who holds the phone."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        return json_answer({"err_msg": FAIL, "err_desc": "the body must be a JSON object"}, 400)
    decision = given.get("decision", "pay")
    if decision not in DECISIONS:
        return json_answer({"err_msg": FAIL, "err_desc": f"decision must be one of {sorted(DECISIONS)}"}, 400)
    return json_answer(decide(world(), notices(), given, decision, given.get("openid")))


@phone.route("/phone/pay/<prepay_id>", methods=["GET", "POST"])
def page(prepay_id: str) -> tuple[str, int]:
    """The payment sheet as a page of its own, for looking at it without the shop's page."""
    here = world()
    order = here.prepays.get(prepay_id)
    if order is None:
        return render_template("message.html", title="微信支付", text="prepay_id无效"), 404
    try:
        with here.lock:
            check_payable(here, order, prepay_id)
            if request.method == "POST" and request.form.get("decision") == "pay":
                here.settle(order)
    except CannotPay as reason:
        return render_template("message.html", title="微信支付", text=str(reason)), 409
    if request.method == "GET":
        return render_template("pay.html", sheet=sheet(here, order)), 200
    if order.trade_state == "NOTPAY":
        return render_template("message.html", title="微信支付", text="已取消支付"), 200
    notices().paid(order)
    return render_template("message.html", title="微信支付", text="支付成功"), 200
