"""WeChat Pay, API v3: prepay, query, close and the platform certificates, in both dialects side by side.

Refunds and bills are in `refund_calls` and `bill_calls`, under the same checks.
"""
import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, request

from shop.sandbox.errors import Refused, param_error
from shop.sandbox.keychange import listed
from shop.sandbox.orders import transaction
from shop.sandbox.pay_checks import (
    CROSSBORDER_CLOSE,
    CROSSBORDER_JSAPI,
    MAINLAND_CLOSE,
    MAINLAND_JSAPI,
    UNDEFINED,
    read_body,
)
from shop.sandbox.signing import check_request, compact, seal, sign_error, signature_headers
from shop.sandbox.state import CROSSBORDER, MAINLAND, ORDER_LIFE, Order, World
from shop.sandbox.web import json_answer, world

pay = Blueprint("pay", __name__)
PREFIX = "/v3/"
CERTIFICATES = ("/v3/certificates", "/v3/global/certificates")
DOWNLOAD = "/v3/billdownload/file"
MOST_DAYS = 90 * 86400  # WeChat Pay, prepay: a later time_expire is lowered


def dialect_of(path: str) -> str:
    return CROSSBORDER if path.startswith("/v3/global/") else MAINLAND


@pay.before_request
def check_caller() -> None:
    """Headers, then the signature over the exact bytes, then whose number it is."""
    here = world()
    numbers = here.keys.numbers
    check_headers(here)
    given = check_request(
        header=request.headers.get("Authorization", ""),
        method=request.method,
        target=request.environ.get("RAW_URI", request.full_path),
        body=request.get_data(cache=True),
        key=here.keys.merchant_public,
        serial=here.keys.merchant_serial,
        now=here.now(),
    )
    g.nonce = given["nonce_str"]
    sender = given["mchid"]
    own = numbers.sp_mch_id if dialect_of(request.path) == CROSSBORDER else numbers.mch_id
    if sender != own:
        if sender in {numbers.mch_id, numbers.sp_mch_id}:
            raise Refused(400, "INVALID_REQUEST", "V3 API暂不支持境外支付" if sender == numbers.sp_mch_id
                          else "商户号不支持境外支付", number="FOREIGN")
        raise sign_error("商户号与证书不匹配", "mchid is not the owner of this certificate")


def check_headers(here: World) -> None:
    """WeChat Pay, general rules: Accept, Content-Type of a body, User-Agent; in public-key mode Wechatpay-Serial."""
    accept = request.headers.get("Accept", "")
    if "application/json" not in accept and not (request.path == DOWNLOAD and accept):
        raise header_error("Accept", "must be application/json")
    if not request.headers.get("User-Agent", "").strip():
        raise header_error("User-Agent", "must not be empty")
    has_body = bool(request.get_data(cache=True))
    if has_body and request.mimetype != "application/json":
        raise header_error("Content-Type", "must be application/json")
    serial = request.headers.get("Wechatpay-Serial", "")
    if serial and serial not in here.key_change.serials(here.keys):
        raise header_error("Wechatpay-Serial", "is none of ours")
    if here.key_change.under_way() or request.path in (*CERTIFICATES, DOWNLOAD):
        return
    if here.behaviour.answers == "public_key" and serial != here.keys.public_key.serial:
        raise header_error("Wechatpay-Serial", "must be the id of the WeChat Pay public key (PUB_KEY_ID_…)")


def header_error(name: str, issue: str) -> Refused:
    return Refused(400, "PARAM_ERROR", f"Http头{name}错误", {"field": name, "issue": issue, "location": "header"})


@pay.errorhandler(Refused)
def refuse(error: Refused) -> Response:
    g.request_number = error.number
    return json_answer(error.body(), error.status)


@pay.after_request
def sign_answer(answer: Response) -> Response:
    """Every answer says which request it was; all but a refused signature and a bill's file are signed."""
    here = world()
    answer.headers["Request-ID"] = f"{secrets.token_hex(13).upper()}-{g.get('request_number', 0)}"
    is_file = request.path == DOWNLOAD and answer.status_code == 200
    if answer.status_code not in {401, 502} and not is_file:
        fault = g.get("fault")
        spoiled = fault.signature if fault and fault.kind == "sign" else ""
        # WeChat Pay, statements: what is signed is not the file but a line that names its hash.
        signed = g.get("signed_instead") if answer.status_code == 200 else None
        answer.headers.update(
            signature_headers(here.signing("answers"), signed or answer.get_data(), here.now(), spoiled)
        )
    return answer


@pay.post("/v3/pay/transactions/jsapi")
def prepay_mainland() -> Response:
    here = world()
    numbers = here.keys.numbers
    asked = read_body(request.get_data(cache=True), MAINLAND_JSAPI)
    check_owner(asked, {"mchid": numbers.mch_id}, {"appid": numbers.app_id})
    return prepay(MAINLAND, asked, numbers.app_id, asked["payer"]["openid"], "CNY")


@pay.post("/v3/global/transactions/jsapi")
def prepay_crossborder() -> Response:
    here = world()
    numbers = here.keys.numbers
    asked = read_body(request.get_data(cache=True), CROSSBORDER_JSAPI)
    check_owner(asked, {"sp_mchid": numbers.sp_mch_id, "sub_mchid": numbers.sub_mch_id},
                {"sp_appid": numbers.sp_app_id, "sub_appid": numbers.app_id})
    if asked["merchant_category_code"] != numbers.mcc:
        raise param_error("/merchant_category_code", "is not on the list", asked["merchant_category_code"])
    payer = asked["payer"]
    if len(payer) != 1:
        raise param_error("/payer", "needs sp_openid or sub_openid, one of them", payer)
    if "sub_openid" in payer and "sub_appid" not in asked:
        raise param_error("/sub_appid", "is required with payer/sub_openid")
    app_id = numbers.app_id if "sub_openid" in payer else numbers.sp_app_id
    # Which currency is meant when none is given is not documented; the settlement currency is the cautious reading.
    return prepay(CROSSBORDER, asked, app_id, next(iter(payer.values())), "EUR")


def check_owner(asked: dict[str, Any], merchants: dict[str, str], apps: dict[str, str]) -> None:
    for name, own in merchants.items():
        if asked[name] != own:
            raise Refused(400, "MCH_NOT_EXISTS", "商户号不存在", {"field": f"/{name}", "value": asked[name]})
    for name, own in apps.items():
        if name in asked and asked[name] != own:
            detail = {"field": f"/{name}", "value": asked[name]}
            raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配", detail)


def prepay(dialect: str, asked: dict[str, Any], app_id: str, openid: str, currency: str) -> Response:
    """Open the order, or give an open one another prepay_id when the request is the same to the letter."""
    here = world()
    with here.lock:
        order = here.find(asked["out_trade_no"], dialect)
        if order is None:
            check_openid(here, app_id, openid)
            order = new_order(here, dialect, asked, app_id, openid, currency)
            here.orders[dialect, order.out_trade_no] = order
        elif order.trade_state == "CLOSED":
            raise Refused(400, "ORDER_CLOSED", "该订单已关闭")
        elif order.trade_state != "NOTPAY":
            raise Refused(400, "ORDERPAID", "该订单已支付")
        elif order.asked != asked:
            # Which parameters are compared is not documented: all of them.
            names = sorted(order.asked.keys() | asked.keys())
            changed = [name for name in names if order.asked.get(name) != asked.get(name)]
            status = 403 if here.behaviour.reentry_code == "OUT_TRADE_NO_USED" else 400
            raise Refused(status, here.behaviour.reentry_code, "请求重入时，参数与首次请求时不一致",
                          {"field": f"/{changed[0]}", "issue": f"changed: {', '.join(changed)}"}, "REENTRY")
        return json_answer({"prepay_id": here.new_prepay_id(order)})


def check_openid(here: World, app_id: str, openid: str) -> None:
    numbers = here.keys.numbers
    other = numbers.sp_app_id if app_id == numbers.app_id else numbers.app_id
    if any(one.openid(other) == openid for one in here.travellers.values()):
        raise Refused(500, "OPENID_MISMATCH", "openid和appid不匹配")  # WeChat Pay answers this with 500, sic
    known = any(one.openid(app_id) == openid for one in here.travellers.values())
    if here.behaviour.unknown_openid == "refuse" and not known:
        raise param_error("/payer", "无效的openid", openid)


def new_order(here: World, dialect: str, asked: dict[str, Any], app_id: str, openid: str, currency: str) -> Order:
    now = here.now()
    expires = now + ORDER_LIFE
    if "time_expire" in asked:
        wanted = datetime.fromisoformat(asked["time_expire"]).timestamp()
        expires = min(max(wanted, now + 60), now + MOST_DAYS)  # WeChat Pay, prepay: raised and lowered, not refused
    return Order(
        dialect=dialect,
        out_trade_no=asked["out_trade_no"],
        asked=asked,
        app_id=app_id,
        openid=openid,
        total=asked["amount"]["total"],
        currency=asked["amount"].get("currency", currency),
        notify_url=asked["notify_url"],
        created_at=now,
        expires_at=expires,
    )


@pay.get("/v3/pay/transactions/out-trade-no/<out_trade_no>")
@pay.get("/v3/global/transactions/out-trade-no/<out_trade_no>")
def query_by_out_trade_no(out_trade_no: str) -> Response:
    here = world()
    dialect = dialect_of(request.path)
    check_query_owner(here, dialect)
    return found(here, here.find(out_trade_no, dialect))


@pay.get("/v3/pay/transactions/id/<transaction_id>")
@pay.get("/v3/global/transactions/id/<transaction_id>")
def query_by_id(transaction_id: str) -> Response:
    here = world()
    dialect = dialect_of(request.path)
    check_query_owner(here, dialect)
    return found(here, here.payments.get((dialect, transaction_id)))


def found(here: World, order: Order | None) -> Response:
    if order is None:
        raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
    with here.lock:
        return json_answer(transaction(order, here.keys.numbers, here.behaviour))


def check_query_owner(here: World, dialect: str) -> None:
    """Whose order it is stands in the query string: `mchid`, or `sp_mchid` and `sub_mchid`."""
    numbers = here.keys.numbers
    wanted = {"mchid": numbers.mch_id}
    if dialect == CROSSBORDER:
        wanted = {"sp_mchid": numbers.sp_mch_id, "sub_mchid": numbers.sub_mch_id}
    for name in wanted:
        if len(request.args.getlist(name)) != 1:
            raise param_error(name, "is required in the query, once")
    for name in request.args:
        if name not in wanted:
            raise param_error(name, UNDEFINED, request.args[name], "UNKNOWN_PARAMETER")
    check_owner(request.args.to_dict(), wanted, {})


@pay.post("/v3/pay/transactions/out-trade-no/<out_trade_no>/close")
@pay.post("/v3/global/transactions/out-trade-no/<out_trade_no>/close")
def close(out_trade_no: str) -> Response:
    """204, also for a number that was never seen: WeChat Pay does the same."""
    here = world()
    numbers = here.keys.numbers
    dialect = dialect_of(request.path)
    asked = read_body(request.get_data(cache=True), MAINLAND_CLOSE if dialect == MAINLAND else CROSSBORDER_CLOSE)
    own = {"mchid": numbers.mch_id, "sp_mchid": numbers.sp_mch_id, "sub_mchid": numbers.sub_mch_id}
    check_owner(asked, {name: own[name] for name in asked}, {})
    with here.lock:
        order = here.find(out_trade_no, dialect)
        if order and order.trade_state == "USERPAYING":
            raise Refused(202, "USER_PAYING", "用户支付中，需要输入密码")
        if order and order.trade_state not in {"NOTPAY", "CLOSED"}:
            raise Refused(400, "ORDERPAID", "该订单已支付")
        if order:
            order.trade_state = "CLOSED"
    return Response(status=204)


@pay.get("/v3/certificates")
@pay.get("/v3/global/certificates")
def certificates() -> Response:
    """The platform certificates, sealed with the API v3 key; none for merchants that have the public key only."""
    here = world()
    if here.behaviour.certificates == "none":
        raise Refused(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥")
    data = listed(here.keys, here.key_change)
    for one in data:
        one["encrypt_certificate"] = seal(here.api_v3_key, one.pop("pem"), "certificate")
    return json_answer({"data": data})


@pay.app_errorhandler(404)
@pay.app_errorhandler(405)
def no_such_address(error: Any) -> Response:
    body = {"code": "RESOURCE_NOT_EXISTS", "message": f"请求的资源不存在: {request.method} {request.path}"}
    return Response(compact(body), error.code, content_type="application/json; charset=utf-8")
