"""One signed call to WeChat Pay: who may make it, how long it may take, what is worth another try.

WeChat Pay, retries: prepay and query may be repeated as they are; a close is followed by a query instead. Every try
carries a new timestamp, nonce and signature over the *same* body bytes.
"""
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

import requests
import structlog

from shop.base.errors import ShopError
from shop.base.http import CONNECT_SECONDS, READ_SECONDS, peer_session
from shop.gateways.pay import reading
from shop.gateways.pay.errors import NotAuthentic, PayBusy, PaymentNotFound, PayRefused, PayUnavailable, refusal
from shop.gateways.pay.keys import KeyStore

TRIES = 3
PATIENCE_SECONDS = 5.0   # no new try begins later than this: somebody is looking at the page
PAUSES = (0.15, 0.5)     # before the second and the third try, each up to half as much again
WAIT_FOR_A_PLACE = 0.005
USER_AGENT = "duty-free-shop/1"

log = structlog.get_logger("shop.gateways.pay")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A verified 2xx."""

    status: int
    body: bytes


class Transport:
    """Shared by all threads of a process: one pool of connections, one bulkhead.

    `at_once` requests may be inside a call at a time. The others are refused at once (PayBusy), so that a slow
    WeChat Pay cannot take every thread from those who only browse.
    """

    def __init__(
        self, url: str, keys: KeyStore, *, clock: Callable[[], datetime], at_once: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._keys, self._clock, self._pause = keys, clock, pause
        self._places = BoundedSemaphore(at_once)
        self._session = peer_session(self._url, pool=at_once)
        self._session.auth = _keep_authorization

    def call(self, method: str, path: str, body: bytes = b"", *, tries: int = TRIES) -> Answer:
        """Send until there is a believable answer, a refusal, or no more patience.

        Raises PayBusy, PayMisconfigured, PayUnavailable (the call may have taken effect) or what `refusal` makes of an
        error answer. Never follows a redirect.
        """
        with self._place():
            return self._repeat(method, path, body, tries)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_FOR_A_PLACE):
            log.warning("pay_busy")
            raise PayBusy
        try:
            yield
        finally:
            self._places.release()

    def _repeat(self, method: str, path: str, body: bytes, tries: int) -> Answer:
        began = time.monotonic()
        for count in range(1, tries + 1):
            try:
                return self._once(method, path, body, count)
            except PayUnavailable:
                if count == tries or time.monotonic() - began > PATIENCE_SECONDS:
                    raise
            longest = PAUSES[min(count, len(PAUSES)) - 1]
            self._pause(longest * (1 + random.random() / 2))  # noqa: S311 - spreads tries, protects nothing
        raise AssertionError("a call is tried at least once")

    def _once(self, method: str, path: str, body: bytes, count: int) -> Answer:
        began = time.monotonic()
        request = self._request(method, path, body)
        said = log.bind(method=method, path=path.partition("?")[0], attempt=count)
        try:
            response = self._session.send(
                request, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False
            )
        except requests.Timeout:
            said.warning("pay_timeout", ms=_since(began))
            raise PayUnavailable("timeout") from None
        except requests.RequestException as fault:
            # Only the kind of fault: its text holds addresses and may hold what was sent.
            said.warning("pay_connection", fault=type(fault).__name__, ms=_since(began))
            raise PayUnavailable("connection") from None
        request_id = response.headers.get("Request-ID", "")[:128]
        said = said.bind(status=response.status_code, request_id=request_id, ms=_since(began))
        try:
            answer = self._judge(response, request_id)
        except NotAuthentic as wrong:
            said.error("pay_answer_not_authentic", reason=wrong.reason.value)
            raise PayUnavailable("answer_not_authentic") from None
        except ShopError as refused:
            said.log(_level(refused), "pay_refused", code=refused.code, **refused.facts)
            raise
        said.info("pay_answered")
        return answer

    def _request(self, method: str, path: str, body: bytes) -> requests.PreparedRequest:
        keys = self._keys.get()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if body:
            headers["Content-Type"] = "application/json"
        if keys.ring.public_key_id:
            headers["Wechatpay-Serial"] = keys.ring.public_key_id
        request = self._session.prepare_request(
            requests.Request(method, self._url + path, headers=headers, data=body or None)
        )
        request.headers["Authorization"] = keys.signer.authorization(
            method, request.path_url, body,
            timestamp=int(self._clock().timestamp()), nonce=secrets.token_hex(16),
        )
        return request

    def _judge(self, response: requests.Response, request_id: str) -> Answer:
        """A 2xx must be signed; anything else is read for its code only."""
        if 200 <= response.status_code < 300:
            self._keys.get().ring.verify(response.headers, response.content, self._clock())
            return Answer(status=response.status_code, body=response.content)
        try:
            said = reading.json_object(response.content)
        except reading.Unreadable:
            said = None
        raise refusal(response.status_code, said, request_id)


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps a .netrc on the machine from replacing the Authorization header."""
    return request


def _level(refused: ShopError) -> int:
    """An order that is not there is an answer; a refusal is our mistake and wants somebody to look."""
    if isinstance(refused, PaymentNotFound):
        return logging.INFO
    return logging.ERROR if isinstance(refused, PayRefused) else logging.WARNING


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
