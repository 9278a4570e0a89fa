"""WeChat Pay, API v3: asking for a bill, fetching its file (mainland), and the statement in one go (cross-border)."""
import gzip
import re
import secrets
from datetime import datetime, timedelta

from flask import Response, g, request

from shop.sandbox.bills import FUND_FLOW, STATEMENT, TRADES, Bill, make_bill
from shop.sandbox.errors import Refused, param_error
from shop.sandbox.pay import DOWNLOAD, check_owner, pay
from shop.sandbox.pay_checks import UNDEFINED
from shop.sandbox.state import BEIJING, World
from shop.sandbox.web import json_answer, world

TOKEN_LIFE = 5 * 60  # WeChat Pay, bills: a download address lives five minutes
KEPT = timedelta(days=92)  # mainland: three months
KEPT_ABROAD = timedelta(days=180)


@pay.get("/v3/bill/tradebill")
def trade_bill() -> Response:
    given = query({"bill_date"}, {"bill_type", "tar_type"})
    # The other kinds (SUCCESS, REFUND, …) have other columns and are not played here.
    one_of(given, "bill_type", "ALL")
    return address_of(TRADES, given)


@pay.get("/v3/bill/fundflowbill")
def fund_flow_bill() -> Response:
    given = query({"bill_date"}, {"account_type", "tar_type"})
    one_of(given, "account_type", "BASIC")
    return address_of(FUND_FLOW, given)


def address_of(kind: str, given: dict[str, str]) -> Response:
    """Where the file is for five minutes, and the hash of what is in it once unpacked."""
    here = world()
    one_of(given, "tar_type", "GZIP")
    bill = bill_of(here, kind, read_day(given["bill_date"], "%Y-%m-%d", "bill_date", KEPT))
    packed = "tar_type" in given
    content = gzip.compress(bill.content, mtime=0) if packed else bill.content
    token, now = secrets.token_urlsafe(48), here.now()
    with here.lock:
        here.bill_files = {one: file for one, file in here.bill_files.items() if file[0] > now}
        here.bill_files[token] = (now + TOKEN_LIFE, content)
    url = f"{here.url}{DOWNLOAD}?token={token}{'&tartype=gzip' if packed else ''}"
    return json_answer({"hash_type": "SHA1", "hash_value": bill.sha1, "download_url": url})


@pay.get(DOWNLOAD)
def download() -> Response:
    """The file itself. The request is signed like any other; the answer is not."""
    here = world()
    until, content = here.bill_files.get(request.args.get("token", ""), (0.0, b""))
    if here.now() >= until:
        raise Refused(404, "RESOURCE_NOT_EXISTS", "下载地址已失效，请重新申请账单")
    return Response(content, content_type="application/octet-stream")


@pay.get("/v3/global/statements")
def statement() -> Response:
    """The file as the answer. What is signed is a line that names its SHA-1, which also stands in a header."""
    here = world()
    numbers = here.keys.numbers
    given = query({"date", "sp_mchid"}, {"sub_mchid"})
    own = {"sp_mchid": numbers.sp_mch_id, "sub_mchid": numbers.sub_mch_id}
    check_owner(given, {name: own[name] for name in own if name in given}, {})
    bill = bill_of(here, STATEMENT, read_day(given["date"], "%Y%m%d", "date", KEPT_ABROAD))
    g.signed_instead = b'{"sha1":"%s"}' % bill.sha1.encode()
    answer = Response(bill.content, content_type="text/plain; charset=utf-8")
    answer.headers["Wechatpay-Statement-Sha1"] = bill.sha1
    return answer


def query(required: set[str], optional: set[str]) -> dict[str, str]:
    """The parameters of the address, each once, none unknown. Raises Refused (PARAM_ERROR)."""
    for name in request.args:
        if name not in required | optional:
            raise param_error(name, UNDEFINED, request.args[name], "UNKNOWN_PARAMETER")
    for name in sorted(required | optional):
        count = len(request.args.getlist(name))
        if count > 1 or (name in required and not count):
            raise param_error(name, "is required in the query, once")
    return request.args.to_dict()


def one_of(given: dict[str, str], name: str, only: str) -> None:
    if given.get(name, only) != only:
        raise param_error(name, f"must be {only} here", given[name])


def read_day(text: str, form: str, name: str, kept: timedelta) -> str:
    """The day as yyyy-mm-dd. Raises Refused for what is no day, not over by far, or too long ago."""
    pattern = r"\d{4}-\d\d-\d\d" if "-" in form else r"\d{8}"
    try:
        day = datetime.strptime(text, form).replace(tzinfo=BEIJING)
    except ValueError:
        day = None
    if day is None or not re.fullmatch(pattern, text):
        raise param_error(name, "is no day", text)
    today = datetime.fromtimestamp(world().now(), BEIJING)
    if day > today or day < today - kept:
        raise Refused(400, "INVALID_REQUEST", "账单日期不在可下载的范围内", {"field": name, "value": text})
    return f"{day:%Y-%m-%d}"


def bill_of(here: World, kind: str, day: str) -> Bill:
    """Raises Refused: NO_STATEMENT_EXIST for a day without trades, STATEMENT_CREATING before its time."""
    ready = datetime.fromisoformat(f"{day}T10:00:00+08:00") + timedelta(days=1)
    with here.lock:
        too_early = here.behaviour.bill_ready == "at_ten" and here.now() < ready.timestamp()
        if too_early or any(one.kind == "not_ready" and one.strikes(kind, day) for one in here.bill_faults):
            raise Refused(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    bill = make_bill(here, kind, day)
    if bill is None:
        raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    return bill
