"""Pages that use WeChat's own functions: signed for their own address only, and with the one script that they need."""
import hashlib

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.app import create_app
from shop.gateways.official_account.page_signing import signature_of
from shop.sandbox import Sandbox
from shop.sandbox.browser import checked
from shop.settings import Settings
from shop.web.wiring import wiring

WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0.76", "Accept-Language": "zh"}
SCRIPT = "https://res.example/jweixin.js"


def test_a_signature_is_the_one_of_wechat_s_own_example() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"

    for url in ("http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#part"):
        assert signature_of(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url) == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_pages_are_signed_with_one_ticket_that_is_bought_once(client: FlaskClient, box: Sandbox) -> None:
    for url in ("http://localhost/products/A?lang=en", "http://localhost/"):
        signed = client.get("/wechat/page.json", query_string={"url": url})

        assert signed.headers["Cache-Control"] == "no-store"
        assert checked(box.world, {**signed.json, "url": url}) == "config:ok"  # type: ignore[dict-item]
        assert checked(box.world, {**signed.json, "url": url + "x"}) == "config:fail,invalid signature"  # type: ignore[dict-item]
    assert len(box.control.requests("/cgi-bin/ticket/getticket")) == 1


@pytest.mark.parametrize("url", [
    "", "x", "/products/A", "https://elsewhere.example/", "http://localhost.elsewhere.example/", "http://localhost:81/", "javascript:1",
    "http://[x", "http://localhost/" + "x" * 2000, "https://localhost/", "http://localhost/\n", "http://user@localhost/",
])
def test_nothing_but_the_shop_s_own_pages_is_signed(client: FlaskClient, box: Sandbox, url: str) -> None:
    assert client.get("/wechat/page.json", query_string={"url": url}).status_code == 404
    assert box.control.requests("/cgi-bin/") == []


def test_when_wechat_gives_no_ticket_the_page_goes_without(client: FlaskClient, box: Sandbox) -> None:
    box.control.fault("errcode", path="/cgi-bin/ticket", errcode=45009, count=0)

    answers = [client.get("/wechat/page.json", query_string={"url": "http://localhost/"}) for _ in range(3)]

    assert {(one.status_code, one.json["code"]) for one in answers if one.json} == {(503, "wechat_quota_used_up")}
    assert len(box.control.requests("/cgi-bin/ticket/getticket")) == 1


@pytest.fixture
def with_script(settings: Settings, app: Flask, _made: dict[Settings, Flask]) -> FlaskClient:
    asked = replace(settings, account=replace(settings.account, sdk_url=SCRIPT))
    return (_made.get(asked) or _made.setdefault(asked, create_app(asked))).test_client()


def test_only_pages_in_wechat_that_need_it_may_load_the_script_and_only_that_one(with_script: FlaskClient) -> None:
    sku = builders.a_product()
    policies = {
        (path, agent): with_script.get(path, headers=headers).headers["Content-Security-Policy"]
        for path in ("/", f"/products/{sku}", "/categories/spirits", "/manage/sign-in", "/wechat/page.json")
        for agent, headers in (("wechat", WECHAT), ("work", {"User-Agent": WECHAT["User-Agent"] + " wxwork/4"}), ("other", {}))
    }

    helped = {place for place, policy in policies.items() if SCRIPT in policy}
    assert helped == {("/", "wechat"), (f"/products/{sku}", "wechat"), ("/categories/spirits", "wechat")}
    assert all(f"script-src 'self' {SCRIPT};" in policies[place] for place in helped)
    assert all("unsafe" not in policy and "*" not in policy for policy in policies.values())


def test_a_product_brings_its_card_and_a_private_page_none(with_script: FlaskClient, client: FlaskClient) -> None:
    sku = builders.a_product()

    page = with_script.get(f"/products/{sku}", headers=WECHAT).text

    assert f'<meta name="wechat-sdk" content="{SCRIPT}">' in page
    assert '<meta property="og:title" content="Whisky' in page
    assert f'<meta property="og:url" content="/products/{sku}">' in page
    assert "og:title" not in client.get("/basket").text
    assert "wechat-sdk" not in client.get("/").text  # no script is configured there


@pytest.mark.parametrize(("url", "wrong"), [
    ("", False), ("https://res.wx.qq.com/open/js/jweixin-1.6.0.js", False), ("http://res.wx.qq.com/x.js", True),
    ("https://a.example; script-src *", True), ("javascript:1", True), ("https://", True),
])
def test_the_address_of_the_script_is_checked_before_it_gets_into_a_policy(settings: Settings, url: str, wrong: bool) -> None:
    from shop.settings import Environment

    asked = replace(settings, environment=Environment.PRODUCTION, account=replace(settings.account, sdk_url=url))

    assert any("WECHAT_SDK_URL" in problem for problem in asked.problems()) is wrong


def test_the_digest_is_sha1_as_wechat_wants_it(app: Flask) -> None:
    signed = wiring().account.sign_page("http://localhost/")

    assert len(signed.signature) == len(hashlib.sha1(b"").hexdigest())  # noqa: S324 - WeChat's choice
    assert signed.signature not in repr(signed)
