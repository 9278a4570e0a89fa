"""The load against a server that counts itself: nothing is lost, nothing is counted twice."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scripts.lib.bench.load import Job, LoadFailed, Run, drive

REQUEST = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Peer(BaseHTTPRequestHandler):
    """Answers 200; 503 with a pause for /busy; sets a cookie for /cookie; hangs up for /bye."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path == "/bye":
            self.close_connection = True
            return
        self.send_response(503 if self.path == "/busy" else 200)
        if self.path == "/busy":
            self.send_header("Retry-After", "1")
        if self.path == "/cookie":
            self.send_header("Set-Cookie", "a=b")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    Peer.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def _drive(port: int, *paths: str, **more: Any) -> Run:
    requests = [REQUEST % path.encode() for path in paths]
    return drive(Job(**{"port": port, "requests": requests, "connections": 2, "seconds": 20.0, **more}))


def test_every_request_is_sent_once_and_answered(port: int) -> None:
    run = _drive(port, *(str(n) for n in range(40)))

    assert run.statuses == {200: 40}
    assert run.counted == 40
    assert run.seconds < 20
    assert sorted(Peer.seen) == sorted(f"/{n}" for n in range(40))


def test_requests_go_round_until_the_time_is_over(port: int) -> None:
    run = _drive(port, "a", "b", again=True, seconds=0.3)

    assert run.seconds == 0.3
    assert run.answers == len(Peer.seen) > 2
    assert 0 < run.p50 <= run.p99


def test_who_is_told_to_come_back_later_does_so(port: int) -> None:
    run = _drive(port, "busy", again=True, seconds=0.5, polite=True)

    assert run.statuses == {503: 2}


def test_cookies_are_seen(port: int) -> None:
    assert _drive(port, "cookie", "plain").cookies == 1


def test_a_server_that_hangs_up_is_a_failure(port: int) -> None:
    with pytest.raises(LoadFailed, match="hung up"):
        _drive(port, "bye")


def test_requests_that_go_out_together_are_all_answered_and_counted(port: int) -> None:
    run = _drive(port, *(str(n) for n in range(41)), ahead=8)

    assert run.statuses == {200: 41}
    assert sorted(Peer.seen, key=lambda path: int(path[1:])) == [f"/{n}" for n in range(41)]


def test_a_cookie_among_answers_that_come_together_is_seen(port: int) -> None:
    run = _drive(port, "1", "cookie", "2", "busy", ahead=4, connections=1)

    assert run.statuses == {200: 3, 503: 1}
    assert run.cookies == 1
