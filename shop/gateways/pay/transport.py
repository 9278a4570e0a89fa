"""One signed call to WeChat Pay: who may make it, how long it may take, what is worth another try.

WeChat Pay, retries: prepay, query, refund and bill may be repeated as they are; a close is followed by a query
instead. Every try carries a new timestamp, nonce and signature over the *same* body bytes.
"""
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import BoundedSemaphore
from typing import Any

import requests
import structlog
from msgspec import Struct

from shop.base.errors import ShopError
from shop.base.http import CONNECT_SECONDS, READ_SECONDS
from shop.gateways.pay import reading
from shop.gateways.pay.errors import (
    BillNotReady,
    NoStatement,
    NotAuthentic,
    PayBusy,
    PaymentNotFound,
    PayRefused,
    PayUnavailable,
    refusal,
)
from shop.gateways.pay.hosts import Hosts, never_sent
from shop.gateways.pay.keys import KeyStore

TRIES = 3
PATIENCE_SECONDS = 5.0   # no new try begins later than this: somebody is looking at the page
PAUSES = (0.15, 0.5)     # before the second and the third try, each up to half as much again
WAIT_FOR_A_PLACE = 0.005
PIECE = 64 * 1024        # of a stream, in bytes
LARGEST_ERROR = 64 * 1024
USER_AGENT = "duty-free-shop/1"

log = structlog.get_logger("shop.gateways.pay")


class Call(Struct, frozen=True):
    """What to send, and how to take the answer.

    `prove` raises NotAuthentic unless headers and body of a 2xx are WeChat's; None: the ring decides. `sort` makes an
    error of any other answer. A stream is proved by its headers alone (its body is then b""), and its content is for
    the caller to check. `host` sends to that address only, stand-by or not.
    """

    method: str
    path: str
    body: bytes = b""
    tries: int = TRIES
    read_seconds: float = READ_SECONDS
    prove: Callable[[Mapping[str, str], bytes], None] | None = None
    sort: Callable[[int, Mapping[str, Any] | None, str], ShopError] = refusal
    stream: bool = False
    host: str | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """A verified 2xx."""

    status: int
    body: bytes


class NotSent(PayUnavailable):
    """No connection was made, so nothing can have taken effect: another host may be asked, whatever the call is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class Transport:
    """Shared by all threads of a process: one pool of connections for each host, one bulkhead.

    `at_once` requests may be inside a call at a time. The others are refused at once (PayBusy), so that a slow
    WeChat Pay cannot take every thread from those who only browse. `last_skew` is how many seconds our clock was ahead
    of WeChat's at the last answer (believed or not: a wrong clock makes answers unbelievable), None before the first.
    """

    def __init__(
        self, hosts: Hosts, keys: KeyStore, *, clock: Callable[[], datetime], at_once: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hosts, self._keys, self._clock, self._pause = hosts, keys, clock, pause
        self._places = BoundedSemaphore(at_once)
        self.last_skew: float | None = None

    def call(self, call: Call) -> Answer:
        """Send until there is a believable answer, a refusal, or no more patience.

        Raises PayBusy, PayMisconfigured, PayUnavailable (the call may have taken effect) or what `call.sort` makes of
        an error answer. Never follows a redirect.
        """
        with self._place():
            response = self._repeat(call)
            return Answer(status=response.status_code, body=response.content)

    @contextmanager
    def stream(self, call: Call) -> Iterator[Iterator[bytes]]:
        """As `call`, for an answer too large to hold: pieces of at most 64 KiB, of which none was checked yet.

        Only its beginning is tried again; a stream that breaks off raises PayUnavailable where it is read.
        """
        with self._place(), self._repeat(call) as response:
            yield _pieces(response)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_FOR_A_PLACE):
            log.warning("pay_busy")
            raise PayBusy
        try:
            yield
        finally:
            self._places.release()

    def _repeat(self, call: Call) -> requests.Response:
        began = time.monotonic()
        for count in range(1, call.tries + 1):
            try:
                return self._through_either_host(call, count)
            except PayUnavailable as unknown:
                if not unknown.again or count == call.tries or time.monotonic() - began > PATIENCE_SECONDS:
                    raise
            longest = PAUSES[min(count, len(PAUSES)) - 1]
            self._pause(longest * (1 + random.random() / 2))  # noqa: S311 - spreads tries, protects nothing
        raise AssertionError("a call is tried at least once")

    def _through_either_host(self, call: Call, count: int) -> requests.Response:
        """Nothing was sent where no connection was made, so the other host is asked in the same try."""
        first = call.host or self._hosts.current()
        try:
            return self._once(call, first, count)
        except NotSent:
            second = self._hosts.current()
            if call.host or second == first:
                raise
            return self._once(call, second, count)

    def _once(self, call: Call, host: str, count: int) -> requests.Response:
        began = time.monotonic()
        request = self._request(call, host)
        said = log.bind(method=call.method, path=call.path.partition("?")[0], attempt=count)
        if host != self._hosts.urls[0]:
            said = said.bind(standby=True)
        response = self._send(call, host, request, said, began)
        request_id = response.headers.get("Request-ID", "")[:128]
        said = said.bind(status=response.status_code, request_id=request_id, ms=_since(began))
        self._note_skew(response)
        try:
            self._judge(call, response, request_id)
        except NotAuthentic as wrong:
            response.close()
            said.error("pay_answer_not_authentic", reason=wrong.reason.value)
            raise PayUnavailable("answer_not_authentic") from None
        except ShopError as refused:
            response.close()
            said.log(_level(refused), "pay_refused", code=refused.code, **refused.facts)
            raise
        said.info("pay_answered")
        return response

    def _send(
        self, call: Call, host: str, request: requests.PreparedRequest, said: structlog.stdlib.BoundLogger, began: float,
    ) -> requests.Response:
        try:
            return self._hosts.session(host).send(
                request, timeout=(CONNECT_SECONDS, call.read_seconds), allow_redirects=False, stream=call.stream
            )
        except requests.RequestException as fault:
            # Only the kind of fault: its text holds addresses and may hold what was sent.
            slow = isinstance(fault, requests.Timeout)
            said.warning("pay_timeout" if slow else "pay_connection", fault=type(fault).__name__, ms=_since(began))
            if not isinstance(fault, requests.ReadTimeout):
                self._hosts.failed(host)
            reason = "timeout" if slow else "connection"
            raise NotSent(reason) if never_sent(fault) else PayUnavailable(reason) from None

    def _request(self, call: Call, host: str) -> requests.PreparedRequest:
        keys = self._keys.get()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if call.stream:
            headers["Accept"] = "application/json, text/plain, application/x-gzip"
        if call.body:
            headers["Content-Type"] = "application/json"
        if keys.ring.public_key_id:
            headers["Wechatpay-Serial"] = keys.ring.public_key_id
        request = self._hosts.session(host).prepare_request(
            requests.Request(call.method, host + call.path, headers=headers, data=call.body or None)
        )
        request.headers["Authorization"] = keys.signer.authorization(
            call.method, request.path_url, call.body,
            timestamp=int(self._clock().timestamp()), nonce=secrets.token_hex(16),
        )
        return request

    def _judge(self, call: Call, response: requests.Response, request_id: str) -> None:
        """A 2xx must be proved; anything else is read for its code only."""
        if 200 <= response.status_code < 300:
            body = b"" if call.stream else response.content
            if call.prove:
                call.prove(response.headers, body)
            else:
                self._keys.get().ring.verify(response.headers, body, self._clock())
            return
        try:
            said = reading.json_object(_beginning(response) if call.stream else response.content)
        except reading.Unreadable:
            said = None
        raise call.sort(response.status_code, said, request_id)

    def _note_skew(self, response: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", ""))
            self.last_skew = self._clock().timestamp() - theirs.timestamp()
        except (ValueError, OverflowError):
            return


def _pieces(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(PIECE)
    except requests.RequestException as fault:
        log.warning("pay_stream_broke", fault=type(fault).__name__)
        raise PayUnavailable("connection") from None


def _beginning(response: requests.Response) -> bytes:
    """Enough of a streamed error answer to find its code."""
    said = b""
    for piece in _pieces(response):
        said += piece
        if len(said) > LARGEST_ERROR:
            break
    return said


def _level(refused: ShopError) -> int:
    """What is not there (yet) is an answer; a refusal is our mistake and wants somebody to look."""
    if isinstance(refused, PaymentNotFound | NoStatement | BillNotReady):
        return logging.INFO
    return logging.ERROR if isinstance(refused, PayRefused) else logging.WARNING


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
