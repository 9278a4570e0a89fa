"""The same client over a real socket: the bytes as they arrive, pooled connections, and a peer that hangs up."""
import base64
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from shop.gateways.pay import PayUnavailable, WeChatPay
from shop.settings import Dialect, PaySettings

from .peer import WeChat, a_request, settings_in


class Peer(ThreadingHTTPServer):
    """Answers every POST with a signed prepay id; hangs up instead on the requests counted in `drops`."""

    daemon_threads = True
    wechat: WeChat
    drops: set[int]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes, Any]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        peer = self.server
        assert isinstance(peer, Peer)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        peer.seen.append((self.path, dict(self.headers.items()), body, self.client_address))
        if len(peer.seen) in peer.drops:
            self.close_connection = True
            return
        said = json.dumps({"prepay_id": "wx1"}).encode()
        self.send_response(200)
        for name, value in {**peer.wechat.signed(said), "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Quiet: what arrived is in `seen`."""


@pytest.fixture
def peer(wechat: WeChat) -> Iterator[Peer]:
    with Peer() as server:
        server.wechat, server.drops = wechat, set()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pay(build: Callable[[PaySettings], WeChatPay], key_folder: Path, peer: Peer) -> WeChatPay:
    return build(settings_in(key_folder, Dialect.CROSSBORDER, url=f"http://127.0.0.1:{peer.server_port}"))


def test_what_arrives_is_what_was_prepared_and_signed(pay: WeChatPay, peer: Peer, wechat: WeChat) -> None:
    body = pay.prepare(a_request())

    assert pay.open_jsapi(body) == "wx1"

    path, headers, arrived, _ = peer.seen[0]
    said = dict(part.split("=", 1) for part in headers["Authorization"].split(" ", 1)[1].split(","))
    said = {name: value.strip('"') for name, value in said.items()}
    message = f'POST\n{path}\n{said["timestamp"]}\n{said["nonce_str"]}\n'.encode() + arrived + b"\n"
    assert arrived == body
    assert headers["Accept-Encoding"] == "identity"  # the signature is over the plain bytes
    wechat.merchant_key.public_key().verify(base64.b64decode(said["signature"]), message, PKCS1v15(), SHA256())


def test_calls_share_one_connection(pay: WeChatPay, peer: Peer) -> None:
    for _ in range(5):
        pay.open_jsapi(pay.prepare(a_request()))

    assert len({address for *_, address in peer.seen}) == 1


def test_a_peer_that_hangs_up_after_reading_gets_the_same_bytes_again(pay: WeChatPay, peer: Peer) -> None:
    peer.drops = {1, 2}
    body = pay.prepare(a_request())

    assert pay.open_jsapi(body) == "wx1"
    assert [arrived for _, _, arrived, _ in peer.seen] == [body] * 3


def test_a_peer_that_only_hangs_up_is_unknown(pay: WeChatPay, peer: Peer) -> None:
    peer.drops = {1, 2, 3}

    with pytest.raises(PayUnavailable) as unknown:
        pay.open_jsapi(pay.prepare(a_request()))

    assert unknown.value.reason == "connection"


def test_nobody_listening_is_unknown(
    build: Callable[[PaySettings], WeChatPay], key_folder: Path, pauses: list[float]
) -> None:
    pay = build(settings_in(key_folder, Dialect.CROSSBORDER, url="http://127.0.0.1:9"))

    with pytest.raises(PayUnavailable):
        pay.open_jsapi(b"{}")

    assert len(pauses) == 2
