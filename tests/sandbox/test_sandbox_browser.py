"""WeChat's browser: what the proxy passes on, and the bridge inside a page with the shop's strict policy."""
import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from browser import programs
from playwright.sync_api import Playwright

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'none'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPT = '<script src="/__wechat__/bridge.js"></script>'
PAGE = """<!doctype html><html lang="zh"><HEAD data-x="1"><meta charset="utf-8"><title>订单</title>
<script src="/pay.js" defer></script></HEAD><body><button id="pay">去支付</button><p id="heard"></p></body></html>"""
PAY_JS = """
document.getElementById("pay").addEventListener("click", function () {
  function launch() {
    WeixinJSBridge.invoke("getBrandWCPayRequest", PARAMETERS, function (answer) {
      document.getElementById("heard").textContent = answer.err_msg;
    });
  }
  if (typeof WeixinJSBridge === "undefined") { document.addEventListener("WeixinJSBridgeReady", launch); }
  else { launch(); }
});
"""


class Handler(BaseHTTPRequestHandler):
    """The pages of the shop below."""

    protocol_version = "HTTP/1.1"
    shop: "Shop"

    def do_GET(self) -> None:
        self.serve(b"")

    def do_HEAD(self) -> None:
        self.serve(b"")

    def do_POST(self) -> None:
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def serve(self, body: bytes) -> None:
        self.shop.asked.append((self.command, self.path, self.headers, body))
        path = urlsplit(self.path).path
        if path == "/stream":
            return self.stream()
        script = PAY_JS.replace("PARAMETERS", json.dumps(self.shop.parameters))
        page = (200, PAGE.encode(), "text/html; charset=utf-8")
        answers = {
            "/moved": (302, b"", "text/plain"),
            "/pay.js": (200, script.encode(), "text/javascript"),
            "/bytes": (200, bytes(range(256)) * 2000, "application/octet-stream"),
            "/echo": (200, body, "text/plain"),
            "/missing": (404, PAGE.encode(), "text/html; charset=utf-8"),
            "/favicon.ico": (200, b"", "image/x-icon"),
        }
        return self.answer(*answers.get(path, page))

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        for cookie in ("one=1; Path=/", "two=2; Path=/; HttpOnly"):
            self.send_header("Set-Cookie", cookie)
        if status == 302:
            self.send_header("Location", "/elsewhere?a=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.shop.go_on.wait(5)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class Shop:
    """A shop of a few pages that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any, bytes]] = []
        self.parameters: dict[str, str] = {}
        self.go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("ShopHandler", (Handler,), {"shop": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def pages(box: Any) -> Iterator[Shop]:
    shop = Shop()
    box.control.shop(shop.url)
    yield shop
    shop.stop()


def test_a_page_gets_the_bridge_first_in_its_head_and_keeps_its_policy(box: Any, pages: Shop) -> None:
    answer = requests.get(box.browser_url + "/orders/1?a=%2F&b", timeout=5)
    refused = requests.get(box.browser_url + "/missing", timeout=5)

    assert f'<HEAD data-x="1">{SCRIPT}<meta' in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert pages.asked[0][1] == "/orders/1?a=%2F&b"
    assert refused.status_code == 404
    assert SCRIPT in refused.text


def test_the_shop_sees_the_client_as_it_is_inside_wechat(box: Any, pages: Shop) -> None:
    requests.get(
        box.browser_url,
        headers={"User-Agent": "Mozilla/5.0 (Linux)", "Cookie": "a=b", "Accept-Language": "zh-CN"},
        timeout=5,
    )

    headers = pages.asked[0][2]
    assert headers["Host"] == urlsplit(box.browser_url).netloc
    assert headers["User-Agent"] == "Mozilla/5.0 (Linux) MicroMessenger/8.0.76"
    assert headers["Cookie"] == "a=b"
    assert headers["Accept-Language"] == "zh-CN"
    assert not [name for name in headers if name.lower().startswith("x-forwarded")]


def test_redirects_cookies_bodies_and_bytes_pass_unchanged(box: Any, pages: Shop) -> None:
    moved = requests.get(box.browser_url + "/moved", allow_redirects=False, timeout=5)
    echoed = requests.post(box.browser_url + "/echo", data={"name": "李娜"}, timeout=5)
    raw = requests.get(box.browser_url + "/bytes", timeout=5)
    head = requests.head(box.browser_url + "/", timeout=5)

    assert (moved.status_code, moved.headers["Location"]) == (302, "/elsewhere?a=1")
    assert moved.cookies.get_dict() == {"one": "1", "two": "2"}
    assert echoed.text == "name=%E6%9D%8E%E5%A8%9C"
    assert raw.content == bytes(range(256)) * 2000
    assert head.status_code == 200
    assert head.content == b""


def test_an_answer_that_is_no_page_is_streamed(box: Any, pages: Shop) -> None:
    connection = http.client.HTTPConnection(urlsplit(box.browser_url).netloc, timeout=5)
    connection.request("GET", "/stream")
    answer = connection.getresponse()

    first = answer.read1(100)
    pages.go_on.set()

    assert first == b"first"
    assert answer.read() == b"second"
    connection.close()


def test_a_shop_that_is_not_there_is_a_bad_gateway(box: Any) -> None:
    assert requests.get(box.browser_url, timeout=5).status_code == 502
    box.control.shop("http://127.0.0.1:9")
    assert requests.get(box.browser_url, timeout=5).status_code == 502


def test_what_the_page_sends_the_phone_is_checked(box: Any) -> None:
    own = f"{box.browser_url}/__wechat__"

    assert requests.post(f"{own}/look", data=b"{", timeout=5).json()["err_msg"].endswith(":fail")
    assert requests.post(f"{own}/look", json={"appId": "x"}, timeout=5).json()["err_msg"].endswith(":fail")
    assert requests.post(f"{own}/pay", json={"decision": "steal"}, timeout=5).json()["err_msg"].endswith(":fail")
    assert requests.get(f"{own}/other", timeout=5).status_code == 404


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Any]:
    browser = playwright.chromium.launch(**programs.shell(playwright))
    yield browser
    browser.close()


@pytest.fixture
def phone(chromium: Any) -> Iterator[Any]:
    """A page of a phone's size; any error in its console (a broken policy, say) fails the test."""
    page = chromium.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("button", "heard", "state"),
    [("confirm", "ok", "SUCCESS"), ("cancel", "cancel", "NOTPAY"), ("lie", "ok", "NOTPAY")],
)
def test_a_page_with_a_strict_policy_pays_through_the_bridge(
    crossborder: Any, box: Any, pages: Shop, phone: Any, button: str, heard: str, state: str
) -> None:
    out_trade_no, prepay_id = crossborder.opened()
    pages.parameters = crossborder.jsapi(prepay_id)

    phone.goto(box.browser_url + "/orders/1", wait_until="load")
    phone.click("#pay")
    phone.wait_for_selector("#wx-pay-sheet")
    amount = phone.inner_text("#wx-pay-amount")
    covers = phone.eval_on_selector("#wx-pay-sheet", "one => one.getBoundingClientRect().toJSON()")
    words = [phone.inner_text(f"#wx-pay-{one}") for one in ("confirm", "cancel")]
    phone.click(f"#wx-pay-{button}")
    phone.wait_for_selector(f"#heard:text-is('get_brand_wcpay_request:{heard}')")

    assert amount == "¥137.38"
    assert words == ["立即支付", "取消"]
    assert (covers["width"], covers["height"]) == (390, 844)
    assert phone.locator("#wx-pay-sheet").count() == 0
    assert box.control.order(out_trade_no)["trade_state"] == state


@pytest.mark.browser
def test_a_page_that_signs_wrongly_hears_fail_without_a_sheet(
    crossborder: Any, box: Any, pages: Shop, phone: Any
) -> None:
    _, prepay_id = crossborder.opened()
    pages.parameters = {**crossborder.jsapi(prepay_id), "timeStamp": "1700000000"}

    phone.goto(box.browser_url + "/orders/1", wait_until="load")
    phone.click("#pay")

    phone.wait_for_selector("#heard:text-is('get_brand_wcpay_request:fail')")
    assert phone.locator("#wx-pay-sheet").count() == 0


@pytest.mark.browser
def test_a_traveller_is_chosen_on_the_sign_in_page(box: Any, pages: Shop, phone: Any) -> None:
    address = (
        f"{box.url}/connect/oauth2/authorize?appid={box.env['WECHAT_APP_ID']}"
        f"&redirect_uri={box.browser_url}/sign-in/wechat&response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
    )

    phone.goto(address)
    phone.click("#traveller-li")
    phone.wait_for_url(f"{box.browser_url}/sign-in/wechat?code=*&state=s1")

    assert "MicroMessenger" in pages.asked[0][2]["User-Agent"]
