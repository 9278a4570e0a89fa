"""The stand-by host, the clock's difference, and long answers over a real socket."""
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
import responses

from shop.gateways.pay import BillKind, PayRefused, PayUnavailable, WeChatPay
from shop.gateways.pay import hosts as module
from shop.settings import Dialect, PaySettings, Settings

from .peer import MAINLAND_ORDERS, NOW, NUMBER, URL, WeChat, mainland_payment, settings_in

Wire = responses.RequestsMock

STANDBY = "https://standby.example"
STANDBY_ORDERS = MAINLAND_ORDERS.replace(URL, STANDBY)
Build = Callable[[PaySettings], WeChatPay]


@pytest.fixture
def pay(build: Build, key_folder: Path) -> WeChatPay:
    return build(settings_in(key_folder, Dialect.MAINLAND, standby_url=STANDBY))


def hosts_of(wire: Wire) -> list[str]:
    return [str(call.request.url).split("/v3")[0] for call in wire.calls]


def test_without_a_connection_the_stand_by_is_asked_at_once_and_then_first(
    pay: WeChatPay, wechat: WeChat, wire: Wire, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.get(MAINLAND_ORDERS, body=requests.ConnectTimeout())
    wechat.answers("GET", STANDBY_ORDERS, mainland_payment())

    assert pay.find(NUMBER) is not None
    assert pay.find(NUMBER) is not None
    assert hosts_of(wire) == [URL, STANDBY, STANDBY]
    assert pauses == []

    monkeypatch.setattr(module, "STAY_SECONDS", -1.0)  # as if five minutes had passed since the next failure
    wire.replace("GET", STANDBY_ORDERS, body=requests.ConnectTimeout())
    wire.remove("GET", MAINLAND_ORDERS)
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment())
    assert pay.find(NUMBER) is not None
    assert hosts_of(wire)[3:] == [STANDBY, URL]


def test_a_connection_that_breaks_is_tried_again_on_the_other_host(
    pay: WeChatPay, wechat: WeChat, wire: Wire, pauses: list[float]
) -> None:
    wire.get(MAINLAND_ORDERS, body=requests.ConnectionError())
    wechat.answers("GET", STANDBY_ORDERS, mainland_payment())

    assert pay.find(NUMBER) is not None
    assert hosts_of(wire) == [URL, STANDBY]
    assert len(pauses) == 1


def test_a_close_that_may_have_arrived_is_not_sent_to_the_other_host(
    pay: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wire.post(f"{MAINLAND_ORDERS}/close", body=requests.ConnectionError())

    with pytest.raises(PayUnavailable):
        pay.close(NUMBER)

    assert hosts_of(wire) == [URL]


def test_a_close_that_never_left_us_is(pay: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wire.post(f"{MAINLAND_ORDERS}/close", body=requests.ConnectTimeout())
    wechat.answers("POST", f"{STANDBY_ORDERS}/close", None, status=204)

    pay.close(NUMBER)

    assert hosts_of(wire) == [URL, STANDBY]


@pytest.mark.parametrize("fault", [requests.ReadTimeout(), None])
def test_a_slow_or_an_unwilling_host_is_not_left(
    pay: WeChatPay, wire: Wire, fault: Exception | None
) -> None:
    if fault:
        wire.get(MAINLAND_ORDERS, body=fault)
    else:
        wire.get(MAINLAND_ORDERS, json={"code": "SYSTEM_ERROR"}, status=500)

    with pytest.raises(PayUnavailable):
        pay.find(NUMBER)

    assert hosts_of(wire) == [URL] * 3


def test_when_neither_can_be_reached_it_is_unknown(pay: WeChatPay, wire: Wire) -> None:
    for url in (MAINLAND_ORDERS, STANDBY_ORDERS):
        wire.get(url, body=requests.ConnectTimeout())

    with pytest.raises(PayUnavailable) as unknown:
        pay.find(NUMBER)

    assert unknown.value.reason == "timeout"


def test_the_stand_by_belongs_to_the_real_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SHOP_ENV": "demo", "WECHAT_PAY_DIALECT": "mainland", "SHOP_CURRENCY": "CNY"}.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_env(read_dot_env=False).pay.standby_url == "https://api2.mch.weixin.qq.com"

    monkeypatch.setenv("WECHAT_PAY_URL", "http://127.0.0.1:9100")
    assert Settings.from_env(read_dot_env=False).pay.standby_url == ""

    monkeypatch.setenv("WECHAT_PAY_STANDBY_URL", "http://127.0.0.1:9101")
    monkeypatch.setenv("WECHAT_PAY_STATEMENT_COLUMNS", "Tencent ref=transaction_id, 币种 = currency")
    found = Settings.from_env(read_dot_env=False).pay
    assert found.standby_url == "http://127.0.0.1:9101"
    assert found.statement_columns == (("Tencent ref", "transaction_id"), ("币种", "currency"))


def test_the_difference_of_the_clocks_is_seen_even_in_a_refusal(pay: WeChatPay, wire: Wire) -> None:
    assert pay.last_skew is None
    theirs = format_datetime(NOW - timedelta(seconds=400))
    wire.get(MAINLAND_ORDERS, json={"code": "SIGN_ERROR"}, status=401, headers={"Date": theirs})

    with pytest.raises(PayRefused):
        pay.find(NUMBER)
    assert pay.last_skew == 400

    wire.replace("GET", MAINLAND_ORDERS, json={"code": "SIGN_ERROR"}, status=401, headers={"Date": "yesterday"})
    with pytest.raises(PayRefused):
        pay.find(NUMBER)
    assert pay.last_skew == 400


class Peer(ThreadingHTTPServer):
    """Announces a bill and serves it; hangs up in its middle when `breaks`."""

    daemon_threads = True
    wechat: WeChat
    breaks = False

    def __init__(self, text: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.text, self.packed = text, gzip.compress(text)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        peer = self.server
        assert isinstance(peer, Peer)
        said, headers = peer.packed, {}
        if self.path.startswith("/v3/bill/"):
            said = json.dumps({
                "hash_type": "SHA1", "hash_value": hashlib.sha1(peer.text, usedforsecurity=False).hexdigest(),
                "download_url": f"http://127.0.0.1:{peer.server_port}/v3/billdownload/file?token=a%2Fb"}).encode()
            headers = peer.wechat.signed(said)
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said if headers or not peer.breaks else said[: len(said) // 2])
        self.close_connection = peer.breaks and not headers

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def peer(wechat: WeChat) -> Iterator[Peer]:
    with Peer(b"".join(b"`%d,`%d\r\n" % (number, number * 7919) for number in range(200_000))) as server:
        server.wechat = wechat
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_bill_comes_over_a_real_socket_and_one_that_breaks_off_is_unknown(
    build: Build, key_folder: Path, peer: Peer
) -> None:
    pay = build(settings_in(key_folder, Dialect.MAINLAND, url=f"http://127.0.0.1:{peer.server_port}"))
    into = io.BytesIO()

    fetched = pay.fetch_bill(BillKind.TRADES, date(2026, 11, 20), into)

    assert fetched is not None
    assert (into.getvalue(), fetched.size, fetched.compressed) == (peer.text, len(peer.text), True)
    peer.breaks = True
    with pytest.raises(PayUnavailable) as unknown:
        pay.fetch_bill(BillKind.TRADES, date(2026, 11, 20), io.BytesIO())
    assert unknown.value.reason == "connection"


def test_a_port_where_nobody_listens_is_left_for_the_stand_by(build: Build, key_folder: Path, peer: Peer) -> None:
    pay = build(settings_in(
        key_folder, Dialect.MAINLAND, url="http://127.0.0.1:9", standby_url=f"http://127.0.0.1:{peer.server_port}"))

    assert pay.fetch_bill(BillKind.TRADES, date(2026, 11, 20), io.BytesIO()) is not None
