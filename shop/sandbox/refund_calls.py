"""WeChat Pay, API v3: refunds. Asked for, looked up, and sent to another account when the first one failed."""
import secrets
from datetime import datetime
from typing import Any

from flask import Response, request

from shop.sandbox import refunds
from shop.sandbox.bills import day_of
from shop.sandbox.errors import Refused, param_error
from shop.sandbox.notices import NoticeBoard
from shop.sandbox.pay import check_owner, check_query_owner, dialect_of, pay
from shop.sandbox.pay_checks import UNDEFINED, read_body
from shop.sandbox.refund_checks import ABNORMAL_REFUND, CROSSBORDER_REFUND, MAINLAND_REFUND
from shop.sandbox.state import BEIJING, CROSSBORDER, MAINLAND, Order, Refund, World
from shop.sandbox.web import json_answer, notices, world

PAID = {"SUCCESS", "REFUND"}


@pay.post("/v3/refund/domestic/refunds")
def refund_mainland() -> Response:
    return refund(MAINLAND, read_body(request.get_data(cache=True), MAINLAND_REFUND))


@pay.post("/v3/global/refunds")
def refund_crossborder() -> Response:
    numbers = world().keys.numbers
    asked = read_body(request.get_data(cache=True), CROSSBORDER_REFUND)
    check_owner(asked, {"sp_mchid": numbers.sp_mch_id, "sub_mchid": numbers.sub_mch_id},
                {"sp_appid": numbers.sp_app_id, "sub_appid": numbers.app_id})
    return refund(CROSSBORDER, asked)


def refund(dialect: str, asked: dict[str, Any]) -> Response:
    """Take on the refund, or say again what became of it when the request is the same to the letter."""
    here, board = world(), notices()
    with here.lock:
        known = here.refunds.get((dialect, asked["out_refund_no"]))
        if known is None:
            known = take_on(here, the_paid_order(here, dialect, asked), asked)
            end_later(here, board, known)
        elif known.asked != asked:
            raise changed(dialect, known, asked)
        end_what_is_due(here, board, known)
        return json_answer(refunds.accepted(known, here.behaviour))


def changed(dialect: str, known: Refund, asked: dict[str, Any]) -> Refused:
    names = [name for name in sorted(known.asked | asked) if known.asked.get(name) != asked.get(name)]
    if dialect == MAINLAND:
        return param_error(f"/{names[0]}", "请求重入时，参数与首次请求时不一致", asked.get(names[0]))
    return Refused(403, "OUT_REFUND_NO_USED", "商户退款单号重复使用", {"field": f"/{names[0]}"})


def the_paid_order(here: World, dialect: str, asked: dict[str, Any]) -> Order:
    """The order of the request, by either of its numbers or by both. Raises Refused."""
    order = None
    if "transaction_id" in asked:
        order = here.payments.get((dialect, asked["transaction_id"]))
        if order and asked.get("out_trade_no", order.out_trade_no) != order.out_trade_no:
            raise param_error("/out_trade_no", "is not the order of transaction_id", asked["out_trade_no"])
    elif "out_trade_no" in asked:
        order = here.find(asked["out_trade_no"], dialect)
    else:
        raise param_error("/transaction_id", "is required, or out_trade_no")
    if order is None:
        raise Refused(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    if order.trade_state not in PAID or order.transaction_id is None:
        raise Refused(400, "INVALID_REQUEST", "订单状态错误，订单未支付成功", {"issue": order.trade_state})
    return order


def take_on(here: World, order: Order, asked: dict[str, Any]) -> Refund:
    """WeChat Pay, refund: the rules one after the other, then the refund. Raises Refused; nothing is changed then."""
    now, amount = here.now(), asked["amount"]["refund"]
    standing = refunds.standing(order)
    if asked["amount"]["currency"] != order.currency:
        raise param_error("/amount/currency", "is not the order's", asked["amount"]["currency"])
    if asked["amount"]["total"] != order.total:
        raise Refused(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试",
                      {"field": "/amount/total", "value": asked["amount"]["total"]})
    if now - (order.success_at or now) > refunds.LONGEST:
        if order.dialect == MAINLAND:
            raise Refused(400, "INVALID_REQUEST", "订单已超过可退款的最大期限", {"issue": "older than a year"})
        raise Refused(403, "TRADE_OVERDUE", "订单已经超过退款期限")
    if refunds.refunded(order) + amount > order.total:
        raise Refused(400, "INVALID_REQUEST", "申请退款金额大于可退金额", {"issue": "refund exceeds what is left"})
    if len(standing) >= refunds.MOST_PARTS:
        raise Refused(400, "INVALID_REQUEST", "部分退款次数超限", {"issue": "more than 50 parts"})
    if standing and now - max(one.created_at for one in standing) < here.behaviour.refund_gap_seconds:
        status = 429 if here.behaviour.refund_too_soon == "FREQUENCY_LIMITED" else 400
        raise Refused(status, here.behaviour.refund_too_soon, "同一订单退款频率过高，请稍后原单号重试")
    check_funds(here, order, amount)
    made = Refund(
        order=order,
        out_refund_no=asked["out_refund_no"],
        refund_id=new_refund_id(now),
        asked=asked,
        amount=amount,
        payer_refund=refunds.payer_share(order, amount),
        notify_url=asked.get("notify_url", ""),
        created_at=now,
        ends_at=now + here.behaviour.refund_seconds,
    )
    made.outcome = planned_outcome(here, made)
    order.refunds.append(made)
    order.trade_state = "REFUND"
    here.refunds[order.dialect, made.out_refund_no] = here.refund_ids[made.refund_id] = made
    return made


def check_funds(here: World, order: Order, amount: int) -> None:
    """Take `amount` out of what refunds are paid from. Raises Refused (403 NOT_ENOUGH)."""
    funds = here.behaviour.funds
    if isinstance(funds, int):
        if amount > funds:
            raise Refused(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
        here.behaviour.funds = funds - amount
    elif funds == "same_day" and order.dialect == CROSSBORDER and amount > of_today(here) + here.topped_up:
        raise Refused(403, "NOT_ENOUGH", "当日未结算资金不足，请使用原商户退款单号重试")


def of_today(here: World) -> int:
    """WeChat Pay Global, refunds: paid only from what came in on the same Beijing day. Minor units left of it."""
    today = day_of(here.now())
    came = sum(
        one.total for (dialect, _), one in here.payments.items()
        if dialect == CROSSBORDER and one.success_at is not None and day_of(one.success_at) == today
    )
    went = sum(
        one.amount for (dialect, _), one in here.refunds.items()
        if dialect == CROSSBORDER and one.status != "CLOSED" and day_of(one.created_at) == today
    )
    return came - went


def new_refund_id(now: float) -> str:
    number = "".join(secrets.choice("0123456789") for _ in range(15))
    return f"50{datetime.fromtimestamp(now, BEIJING):%Y%m%d%H%M}{number}"


def planned_outcome(here: World, made: Refund) -> str:
    for place, outcome in enumerate(here.outcomes):
        if outcome.fits(made):
            if outcome.count == 1:
                del here.outcomes[place]
            elif outcome.count > 1:
                here.outcomes[place] = refunds.Outcome(
                    outcome.status, outcome.out_refund_no, outcome.out_trade_no, outcome.count - 1
                )
            return outcome.status
    return "SUCCESS"


def end_later(here: World, board: NoticeBoard, one: Refund) -> None:
    """It ends after `refund_seconds`; at once when that is nothing."""
    seconds = here.behaviour.refund_seconds
    one.ends_at = here.now() + seconds
    if seconds:
        board.later(seconds, lambda: finish(here, board, one))
    else:
        finish(here, board, one)


def finish(here: World, board: NoticeBoard, one: Refund, status: str = "", notify: bool = True) -> None:
    """Its end, once: at its time, when somebody looks later than that, or when a test says so (`status`)."""
    with here.lock:
        if (not status and one.status != "PROCESSING") or status == one.status:
            return
        one.status = status or one.outcome
        one.success_at = here.now() if one.status == "SUCCESS" else None
        if one.status == "CLOSED" and isinstance(here.behaviour.funds, int):
            here.behaviour.funds += one.amount
    if notify and one.status != "PROCESSING":
        board.refunded(one)


def end_what_is_due(here: World, board: NoticeBoard, one: Refund) -> None:
    if one.status == "PROCESSING" and here.now() >= one.ends_at:
        finish(here, board, one)


@pay.get("/v3/refund/domestic/refunds/<out_refund_no>")
def query_mainland(out_refund_no: str) -> Response:
    for name in request.args:
        raise param_error(name, UNDEFINED, request.args[name], "UNKNOWN_PARAMETER")
    return answer_query(world().refunds.get((MAINLAND, out_refund_no)))


@pay.get("/v3/global/refunds/out-refund-no/<out_refund_no>")
def query_crossborder(out_refund_no: str) -> Response:
    check_query_owner(world(), CROSSBORDER)
    return answer_query(world().refunds.get((CROSSBORDER, out_refund_no)))


@pay.get("/v3/global/refunds/id/<refund_id>")
def query_crossborder_by_id(refund_id: str) -> Response:
    check_query_owner(world(), CROSSBORDER)
    known = world().refund_ids.get(refund_id)
    return answer_query(known if known and known.order.dialect == CROSSBORDER else None)


def answer_query(known: Refund | None) -> Response:
    if known is None:
        raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    here = world()
    with here.lock:
        end_what_is_due(here, notices(), known)
        return json_answer(refunds.found(known, here.behaviour))


@pay.post("/v3/refund/domestic/refunds/<refund_id>/apply-abnormal-refund")
def refund_elsewhere(refund_id: str) -> Response:
    """WeChat Pay, abnormal refund: once more, to another card of the traveller's or to the merchant's own."""
    here, board = world(), notices()
    asked = read_body(request.get_data(cache=True), ABNORMAL_REFUND)
    with here.lock:
        one = here.refund_ids.get(refund_id)
        if one is None or one.order.dialect != dialect_of(request.path) or one.out_refund_no != asked["out_refund_no"]:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        if asked["type"] == "USER_BANK_CARD":
            for name in ("bank_type", "bank_account", "real_name"):
                if name not in asked:
                    raise param_error(f"/{name}", "is required with USER_BANK_CARD")
        account = "商户银行账户" if asked["type"] == "MERCHANT_BANK_CARD" else "用户银行卡"
        if one.account != account:  # asked again, the answer is the same
            if one.status != "ABNORMAL":
                raise Refused(400, "INVALID_REQUEST", "退款单状态错误，仅异常退款可发起", {"issue": one.status})
            one.account, one.status, one.outcome = account, "PROCESSING", "SUCCESS"
            end_later(here, board, one)
        return json_answer(refunds.found(one, here.behaviour))
