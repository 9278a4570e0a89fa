"""The Service Account: signing in on the web (OAuth), API tokens and the ticket of the JS-SDK.

WeChat answers most mistakes here with HTTP 200 and `errcode`; the sign-in page answers a person with a page.
"""
import re
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shop.sandbox.errors import AccountError
from shop.sandbox.state import CODE_LIFE, Code, Token, World
from shop.sandbox.travellers import Traveller
from shop.sandbox.web import json_answer, world

accounts = Blueprint("accounts", __name__)

SCOPES = {"snsapi_base", "snsapi_userinfo"}
TOKEN_LIFE = 7200
OVERLAP = 300  # seconds an old token lives on when a new one is made


@accounts.errorhandler(AccountError)
def refuse(error: AccountError) -> Response:
    return json_answer({"errcode": error.errcode, "errmsg": f"{error.errmsg}, rid: {secrets.token_hex(8)}"})


# --- signing in on the web ---------------------------------------------------------------------------------------


@accounts.get("/connect/oauth2/authorize")
def authorize() -> str | tuple[str, int] | AnyResponse:
    """Choose who holds the phone; with `traveller=` or a silent default, straight back with code and state."""
    here = world()
    if problem := wrong_authorize(here):
        return render_template("message.html", title="微信登录", text=problem), 400
    chosen = request.args.get("traveller") or here.silent
    if chosen is None:
        again = request.args.to_dict()
        links = {one.id: f"?{urlencode({**again, 'traveller': one.id})}" for one in here.travellers.values()}
        return render_template("travellers.html", travellers=here.travellers.values(), links=links,
                               scope=request.args["scope"])
    traveller = here.travellers.get(chosen)
    if traveller is None:
        return render_template("message.html", title="微信登录", text=f"no such traveller: {chosen}"), 404
    return redirect(address_with_code(here, traveller, request.args["redirect_uri"]), 302)


def wrong_authorize(here: World) -> str:
    """What is wrong with the parameters, in the words (and numbers) of WeChat's error page; empty when nothing is."""
    asked = request.args
    if asked.get("appid") != here.keys.numbers.app_id:
        return "10012 appid 参数错误"
    if asked.get("response_type") != "code":
        return "response_type 必须为 code"
    if asked.get("scope") not in SCOPES:
        return "10005 scope 参数错误或没有 scope 权限"
    if not re.fullmatch(r"[a-zA-Z0-9]{0,128}", asked.get("state", "")):
        return "state 参数只能是 a-zA-Z0-9, 最多 128 字节"
    try:
        back = urlsplit(asked.get("redirect_uri", ""))
    except ValueError:
        return "10003 redirect_uri 参数错误"
    if back.scheme not in {"http", "https"} or back.netloc not in here.own_hosts():
        return "10003 redirect_uri域名与后台配置不一致"
    return ""


def address_with_code(here: World, traveller: Traveller, redirect_uri: str) -> str:
    code = secrets.token_hex(16)
    with here.lock:
        here.codes[code] = Code(traveller=traveller, scope=request.args["scope"], given_at=here.now())
    back = urlsplit(redirect_uri)
    query = [*parse_qsl(back.query, keep_blank_values=True), ("code", code), ("state", request.args.get("state", ""))]
    return back._replace(query=urlencode(query), fragment="").geturl()


@accounts.get("/sns/oauth2/access_token")
def exchange() -> Response:
    """A code for who it is: once, within five minutes."""
    here = world()
    check_account(here, request.args)
    if request.args.get("grant_type") != "authorization_code":
        raise AccountError(40002, "invalid grant_type")
    if not (text := request.args.get("code", "")):
        raise AccountError(41008, "missing code")
    with here.lock:
        code = here.codes.get(text)
        if code is None:
            raise AccountError(40029, "invalid code")
        if code.used:
            raise AccountError(40163, "code been used")
        if here.now() > code.given_at + CODE_LIFE:
            raise AccountError(42003, "code expired")
        code.used = True
        token = new_token(here, "user", here.keys.numbers.app_id, code.traveller, code.scope)
    who = code.traveller
    found: dict[str, Any] = {
        "access_token": token,
        "expires_in": TOKEN_LIFE,
        "refresh_token": secrets.token_urlsafe(64),
        "openid": who.openid(here.keys.numbers.app_id),
        "scope": code.scope,
    }
    # The documents promise the unionid for snsapi_userinfo only; bound accounts are reported to get it silently too.
    if who.unionid:
        found["unionid"] = who.unionid
    if who.snapshot:
        found["is_snapshotuser"] = 1
    return json_answer(found)


@accounts.get("/sns/userinfo")
def userinfo() -> Response:
    here = world()
    token = valid_token(here, {"user"})
    if token.scope != "snsapi_userinfo":
        raise AccountError(48001, "api unauthorized")
    who = token.traveller
    if who is None or who.openid(here.keys.numbers.app_id) != request.args.get("openid"):
        raise AccountError(40003, "invalid openid")
    found: dict[str, Any] = {
        "openid": who.openid(here.keys.numbers.app_id),
        "nickname": who.name,
        "sex": 0,
        "language": "",
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    }
    if who.unionid:
        found["unionid"] = who.unionid
    return json_answer(found)


# --- API tokens --------------------------------------------------------------------------------------------------


@accounts.route("/cgi-bin/token", methods=["GET", "POST"])
def classic_token() -> Response:
    """A new token each time; the one before lives five minutes more."""
    here = world()
    check_client(here, request.values)
    app_id = request.values["appid"]
    with here.lock:
        age(here, "classic", app_id)
        return json_answer({"access_token": new_token(here, "classic", app_id), "expires_in": TOKEN_LIFE})


@accounts.route("/cgi-bin/stable_token", methods=["GET", "POST"])
def stable_token() -> Response:
    """The same token with its remaining life, until five minutes before its end or until it is forced."""
    if request.method != "POST":
        raise AccountError(43002, "require POST method")
    asked = request.get_json(force=True, silent=True)
    if not isinstance(asked, dict):
        raise AccountError(47001, "data format error")
    here = world()
    check_client(here, asked)
    app_id = asked["appid"]
    with here.lock:
        now = here.now()
        text = here.stable_tokens.get(app_id, "")
        token = here.tokens.get(text)
        if token is None or token.expires_at - now < OVERLAP or asked.get("force_refresh") is True:
            age(here, "stable", app_id)
            text = here.stable_tokens[app_id] = new_token(here, "stable", app_id)
            token = here.tokens[text]
        return json_answer({"access_token": text, "expires_in": int(token.expires_at - now)})


@accounts.get("/cgi-bin/ticket/getticket")
def ticket() -> Response:
    here = world()
    app_id = api_account(here)
    if request.args.get("type") != "jsapi":
        raise AccountError(40097, "invalid args")
    with here.lock:
        text, ends = here.tickets.get(app_id, ("", 0.0))
        if here.now() >= ends:
            text, ends = "sM4AOVdWfPE4DxkXGEs8" + secrets.token_urlsafe(50), here.now() + TOKEN_LIFE
            here.tickets[app_id] = (text, ends)
        left = int(ends - here.now())
    return json_answer({"errcode": 0, "errmsg": "ok", "ticket": text, "expires_in": left})


def check_client(here: World, asked: Any) -> None:
    """Somebody of one of the two accounts asks, from an address that may. Raises AccountError."""
    numbers = here.keys.numbers
    if asked.get("grant_type") != "client_credential":
        raise AccountError(40002, "invalid grant_type")
    check_account(here, asked, {numbers.app_id: numbers.app_secret, numbers.content_app_id: numbers.content_secret})
    if here.allowed_ips and request.remote_addr not in here.allowed_ips:
        ip = request.remote_addr
        raise AccountError(40164, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")


def check_account(here: World, asked: Any, secrets_by_app: dict[str, str] | None = None) -> None:
    """appid and secret are there and belong together; the Service Account's, when no others are given. Raises AccountError."""
    numbers = here.keys.numbers
    known = secrets_by_app or {numbers.app_id: numbers.app_secret}
    if not asked.get("appid"):
        raise AccountError(41002, "appid missing")
    if not asked.get("secret"):
        raise AccountError(41004, "appsecret missing")
    if not isinstance(asked["appid"], str) or asked["appid"] not in known:
        raise AccountError(40013, "invalid appid")
    if asked["secret"] != known[asked["appid"]]:
        raise AccountError(40125, "invalid appsecret")


def new_token(here: World, kind: str, app_id: str, traveller: Traveller | None = None, scope: str = "") -> str:
    text = secrets.token_urlsafe(96)
    here.tokens[text] = Token(kind=kind, app_id=app_id, expires_at=here.now() + TOKEN_LIFE, traveller=traveller, scope=scope)
    return text


def age(here: World, kind: str, app_id: str) -> None:
    """The account's tokens of this family live OVERLAP seconds more at most."""
    for token in here.tokens.values():
        if token.kind == kind and token.app_id == app_id:
            token.expires_at = min(token.expires_at, here.now() + OVERLAP)


def api_account(here: World) -> str:
    """The account whose token the request shows: its app id. What every call of the API begins with. Raises AccountError."""
    return valid_token(here, {"classic", "stable"}).app_id


def valid_token(here: World, kinds: set[str]) -> Token:
    """The token of the request. Raises AccountError."""
    text = request.args.get("access_token", "")
    if not text:
        raise AccountError(41001, "access_token missing")
    token = here.tokens.get(text)
    if token is None or token.kind not in kinds:
        raise AccountError(40001, "invalid credential, access_token is invalid or not latest")
    if here.now() >= token.expires_at:
        raise AccountError(42001, "access_token expired")
    return token
