"""Signing in through WeChat: where the browser goes, what comes back, and what never leaks."""
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from structlog.testing import capture_logs

from shop.base.errors import Kind
from shop.gateways.official_account import OfficialAccount, SignInRefused, SignInUnavailable
from shop.settings import OfficialAccountSettings

TOKEN = "http://127.0.0.1:9/sns/oauth2/access_token"
GRANTED = {"access_token": "AT", "expires_in": 7200, "refresh_token": "RT", "openid": "oTraveller",
           "scope": "snsapi_base"}


@pytest.fixture
def account() -> OfficialAccount:
    return OfficialAccount(OfficialAccountSettings(
        app_id="wx8888888888888888", secret="s3cr3t", api_url="http://127.0.0.1:9", open_url="https://open.example"))


def test_the_browser_is_sent_with_the_parameters_in_wechat_s_order(account: OfficialAccount) -> None:
    url = account.authorize_url("https://shop.example/sign-in/wechat?a=1&b=2", "abc123")

    parts = urlsplit(url)
    assert url.startswith("https://open.example/connect/oauth2/authorize?")
    assert [name for name, _ in parse_qsl(parts.query)] == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert dict(parse_qsl(parts.query)) == {
        "appid": "wx8888888888888888", "redirect_uri": "https://shop.example/sign-in/wechat?a=1&b=2",
        "response_type": "code", "scope": "snsapi_base", "state": "abc123",
    }
    assert parts.fragment == "wechat_redirect"


@pytest.mark.parametrize(("state", "scope"), [
    ("", "snsapi_base"), ("a b", "snsapi_base"), ("a" * 129, "snsapi_base"), ("a&scope=x", "snsapi_base"),
    ("abc\n", "snsapi_base"), ("abc", "snsapi_login"),
])
def test_a_state_or_scope_that_wechat_would_not_bring_back_is_refused(
    account: OfficialAccount, state: str, scope: str
) -> None:
    with pytest.raises(ValueError):
        account.authorize_url("https://shop.example/sign-in/wechat", state, scope)


def test_a_code_becomes_a_traveller(account: OfficialAccount, wire: responses.RequestsMock) -> None:
    wire.get(TOKEN, json={**GRANTED, "unionid": "uTraveller"})

    who = account.exchange("0a1B2c")

    assert (who.openid, who.unionid, who.snapshot, who.scope) == ("oTraveller", "uTraveller", False, "snsapi_base")
    assert dict(parse_qsl(urlsplit(str(wire.calls[0].request.url)).query)) == {
        "appid": "wx8888888888888888", "secret": "s3cr3t", "code": "0a1B2c", "grant_type": "authorization_code"}
    assert "oTraveller" not in repr(who)


def test_a_snapshot_user_is_marked_and_a_missing_unionid_is_none(
    account: OfficialAccount, wire: responses.RequestsMock
) -> None:
    wire.get(TOKEN, json={**GRANTED, "is_snapshotuser": 1})

    who = account.exchange("0a1B2c")

    assert who.snapshot
    assert who.unionid is None


@pytest.mark.parametrize("errcode", [40029, 40163, 41008, 42003])
def test_a_spent_code_means_starting_again(
    account: OfficialAccount, wire: responses.RequestsMock, errcode: int
) -> None:
    wire.get(TOKEN, json={"errcode": errcode, "errmsg": "code been used, rid: 1"})

    with pytest.raises(SignInRefused) as refused:
        account.exchange("0a1B2c")

    assert (refused.value.code, refused.value.kind) == ("sign_in_code_invalid", Kind.UNAUTHENTIC)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("code", ["", " ", "a" * 600, "a&b", "ü"])
def test_what_cannot_be_a_code_is_refused_without_asking(
    account: OfficialAccount, wire: responses.RequestsMock, code: str
) -> None:
    with pytest.raises(SignInRefused):
        account.exchange(code)

    assert len(wire.calls) == 0


@pytest.mark.parametrize("said", [
    {"json": {"errcode": 40125, "errmsg": "invalid appsecret"}},
    {"json": {"errcode": -1, "errmsg": "system busy"}},
    {"json": {"errcode": 40029}},
    {"json": {"errcode": ["odd"], "errmsg": ""}},
    {"json": {"openid": "o"}},
    {"json": {**GRANTED, "openid": 5}},
    {"json": {**GRANTED, "openid": ""}},
    {"json": []},
    {"json": "errcode"},
    {"body": b"<html>"},
    {"body": b"[" * 100_000},
    {"body": b"", "status": 502},
    {"body": b"", "status": 302, "headers": {"Location": "https://elsewhere.example/"}},
    {"body": requests.ReadTimeout("https://api?secret=s3cr3t")},
    {"body": requests.ConnectionError("https://api?secret=s3cr3t")},
])
def test_any_other_trouble_is_unavailable_and_leaks_no_secret(
    account: OfficialAccount, wire: responses.RequestsMock, said: dict[str, Any]
) -> None:
    wire.get(TOKEN, **said)

    with capture_logs() as logs, pytest.raises(SignInUnavailable) as refused:
        account.exchange("0a1B2c")

    assert refused.value.kind is Kind.UPSTREAM
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert "s3cr3t" not in str(logs) + str(refused.value)


def test_connections_are_pooled_over_sign_ins(account: OfficialAccount, wire: responses.RequestsMock) -> None:
    wire.get(TOKEN, json=GRANTED)

    account.exchange("0a1B2c")
    first = account._pooled()
    account.exchange("0a1B2d")

    assert account._pooled() is first


def test_starting_the_shop_does_not_load_wechatpy() -> None:
    script = "import shop.gateways.official_account, shop.gateways.pay, sys; print('wechatpy' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "False"
