"""A peer is reached at the address we were told of; what is signed stays whole; no call waits for ever."""
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests

from shop.base.http import READ_SECONDS, PeerAdapter, peer_session


@pytest.fixture
def seen() -> Iterator[tuple[str, list[str]]]:
    """The address of a peer on this machine, and the lines it was asked with."""
    lines: list[str] = []

    class Peer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines.append(self.requestline)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Peer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", lines
    server.shutdown()
    thread.join()
    server.server_close()


def test_path_and_query_reach_the_peer_as_they_were_signed(seen: tuple[str, list[str]]) -> None:
    url, lines = seen

    with peer_session(url) as session:
        answer = session.get("https://vendor.test/v3/pay?mchid=1900000001&q=%E4%B8%AD")

    assert answer.status_code == 204
    assert lines == ["GET /v3/pay?mchid=1900000001&q=%E4%B8%AD HTTP/1.1"]


def test_a_call_without_a_time_out_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda self, request, **kwargs: given.append(kwargs["timeout"]))
    request = requests.Request("GET", "https://vendor.test/").prepare()

    PeerAdapter("http://127.0.0.1:1").send(request, timeout=None)
    PeerAdapter("http://127.0.0.1:1").send(request, timeout=1.5)

    assert given[1] == 1.5
    assert isinstance(given[0], tuple)
    assert given[0][1] == READ_SECONDS
