"""The sandbox's web application, wired: faults before and after, a log of every request, a start page."""
import hashlib
import re
import socket
import time
from typing import Any

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup, escape

from shop.sandbox import (
    bill_calls,
    control_chat,
    control_messages,
    control_money,
    menu_calls,
    message_calls,
    press_calls,
    press_pages,
    press_sends,
    refund_calls,
)
from shop.sandbox.accounts import accounts
from shop.sandbox.control import control
from shop.sandbox.faults import Fault
from shop.sandbox.notices import NoticeBoard
from shop.sandbox.pay import PREFIX, pay, sign_answer
from shop.sandbox.phone import phone
from shop.sandbox.pushes import PushBoard
from shop.sandbox.rates import rates
from shop.sandbox.state import World, moment
from shop.sandbox.web import json_answer, notices, world

UNTOUCHED = ("/__control__", "/phone", "/favicon.ico", "/s/", "/mmbiz/")  # our own tools never fail on purpose
# What stands behind these names is not kept, in a query (name=…) or in JSON ("name":"…").
SECRETS = (
    (re.compile(r"\b(secret|access_token|refresh_token|code)=[^&]*"), r"\1=***"),
    (re.compile(r'"(secret|access_token|refresh_token|ticket)"\s*:\s*"[^"]*"'), r'"\1":"***"'),
)
# These modules add their calls to `pay` and `control`; they must be loaded before the two are registered.
PARTS = (
    bill_calls, control_chat, control_messages, control_money, menu_calls, message_calls, press_calls, press_pages, press_sends,
    refund_calls,
)  # fmt: skip
MESSAGES = {
    "SYSTEM_ERROR": "系统错误",
    "FREQUENCY_LIMITED": "频率超限",
    "RATELIMIT_EXCEEDED": "频率超限",
    "ORDERPAID": "该订单已支付",
    "ORDER_CLOSED": "该订单已关闭",
    "NOT_ENOUGH": "基本账户余额不足，请充值后重新发起",
    "USER_ACCOUNT_ABNORMAL": "退款请求失败，商户可自行处理退款",
}


def create_app(here: World, board: NoticeBoard, pushes: PushBoard) -> Flask:
    app = Flask("shop.sandbox", template_folder="pages", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["sandbox_world"] = here
    app.extensions["sandbox_notices"] = board
    app.extensions["sandbox_pushes"] = pushes
    app.jinja_env.filters["linked"] = linked
    app.before_request(meet_fault)
    for blueprint in (pay, accounts, phone, rates, control):
        app.register_blueprint(blueprint)
    app.after_request(finish)
    app.add_url_rule("/", view_func=start_page)
    app.add_url_rule("/favicon.ico", "favicon", lambda: Response(status=204))
    return app


def meet_fault() -> Response | None:
    """Let this request meet the fault that waits for it, if one does."""
    g.started = time.monotonic()
    g.fault = None
    request.get_data(cache=True)  # whole, before anybody answers or hangs up
    if request.path.startswith(UNTOUCHED):
        return None
    fault = g.fault = fate()
    if fault is None:
        return None
    if fault.seconds and not fault.answers_late:
        time.sleep(fault.seconds)
    if fault.kind == "drop_before":
        return Response(status=500)  # `finish` hangs up before it is sent
    if fault.kind == "errcode":
        return json_answer({"errcode": fault.errcode, "errmsg": fault.message or "system error"})
    if fault.kind == "status" and not fault.after:
        return as_status(fault)
    return None


def fate() -> Fault | None:
    """What was ordered for this request, or else what the bad day has for a call to WeChat Pay."""
    here = world()
    ordered = here.faults.for_request(request.method, request.path)
    if ordered is None and here.bad_day and request.path.startswith(PREFIX):
        return here.bad_day.for_call(request.method, request.path)
    return ordered


def as_status(fault: Fault) -> Response:
    """A refusal as WeChat Pay words it; 502 to 504 come from the machine in front and are a page, unsigned."""
    if 502 <= fault.status <= 504:
        text = f"<html><head><title>{fault.status}</title></head><body><h1>{fault.status}</h1></body></html>"
        return Response(text, fault.status, content_type="text/html")
    code = fault.code or ("FREQUENCY_LIMITED" if fault.status == 429 else "SYSTEM_ERROR")
    return json_answer({"code": code, "message": fault.message or MESSAGES.get(code, code)}, fault.status)


def hang_up() -> None:
    """The caller sees its connection end without an answer."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)


def finish(answer: Response) -> Response:
    """The faults that strike after the change is made, then the log."""
    fault: Fault | None = g.get("fault")
    if fault and fault.kind == "status" and fault.after:
        answer = as_status(fault)
        if request.path.startswith(PREFIX):
            answer = sign_answer(answer)
    if not request.path.startswith(UNTOUCHED):
        world().requests.append(log_entry(answer, fault))
    if fault and fault.answers_late:
        time.sleep(fault.seconds)
    if fault and fault.kind in {"drop_before", "drop_after"}:
        hang_up()
    return answer


def log_entry(answer: Response, fault: Fault | None) -> dict[str, Any]:
    """What is kept of a request: no Authorization, no secrets."""
    body = request.get_data(cache=True)
    return {
        "at": moment(world().now()),
        "method": request.method,
        "path": request.path,
        "query": without_secrets(request.query_string.decode("utf-8", "replace")),
        "body": without_secrets(body.decode("utf-8", "replace")[:4000]),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "nonce": g.get("nonce", ""),
        "wechatpay_serial": request.headers.get("Wechatpay-Serial", ""),
        "status": 0 if fault and fault.kind in {"drop_before", "drop_after"} else answer.status_code,
        "answer": without_secrets(answer.get_data(as_text=True)[:2000]) if answer.is_json else "",
        "fault": fault.kind if fault else "",
        "ms": round((time.monotonic() - g.started) * 1000, 1),
    }


def without_secrets(text: str) -> str:
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


LINK = re.compile(r'&lt;a href=&#34;(https?://[^&]*(?:&amp;[^&]*)*?)&#34;&gt;(.*?)&lt;/a&gt;', re.DOTALL)


def linked(text: str, shop: str, browser: str) -> Markup:
    """A message with the links that WeChat shows as such; the shop's open in WeChat's browser."""
    def link(found: re.Match[str]) -> str:
        url = found[1].replace(shop, browser, 1) if shop else found[1]
        return f'<a href="{url}">{found[2]}</a>'

    return Markup(LINK.sub(link, str(escape(text))))  # noqa: S704 - escaped, but for the links


def start_page() -> str:
    here = world()
    return render_template(
        "start.html",
        world=here,
        orders=sorted(here.orders.values(), key=lambda one: -one.created_at)[:100],
        refunds=list(here.refunds.values())[::-1][:100],
        notices=list(here.notices)[::-1][:100],
        waiting=notices().waiting(),
        moment=moment,
    )
