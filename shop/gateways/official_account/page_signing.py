"""Signatures that let a page use WeChat's own functions (JS-SDK): the ticket is bought once for all, like the token."""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from shop.base.discreet import Discreet
from shop.base.shared_tokens import Fetched, SharedToken, TokenBusy
from shop.gateways.official_account.calls import Calls
from shop.gateways.official_account.errors import AccountUnavailable


class PageSignature(Discreet, frozen=True):
    """What `wx.config` is given."""

    hidden = frozenset({"signature"})
    app_id: str
    timestamp: int
    nonce: str
    signature: str


class PageSigner:
    """Signs the addresses of pages for one account."""

    def __init__(
        self, app_id: str, secret: str, calls: Calls, clock: Callable[[], datetime], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._app_id, self._calls, self._clock = app_id, calls, clock
        self._ticket = SharedToken(f"{calls.name}/jsapi_ticket", secret, self._fetch, clock, pause)

    def sign(self, url: str) -> PageSignature:
        """For the page at `url`, as the browser sees it; what follows a `#` does not count. Raises AccountError."""
        try:
            ticket = self._ticket.get().value
        except TokenBusy:
            raise AccountUnavailable("token_busy", maybe_done=False) from None
        stamp, nonce = int(self._clock().timestamp()), secrets.token_hex(8)
        return PageSignature(self._app_id, stamp, nonce, signature_of(ticket, nonce, stamp, url))

    def _fetch(self) -> Fetched:
        said = self._calls.call("/cgi-bin/ticket/getticket", params={"type": "jsapi"})
        ticket, lives = said.get("ticket"), said.get("expires_in")
        if not isinstance(ticket, str) or not ticket or not isinstance(lives, int) or not 0 < lives <= 86400:
            raise AccountUnavailable("unreadable", maybe_done=False)
        return Fetched(ticket, timedelta(seconds=lives))


def signature_of(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """SHA-1 over the four in this order, raw: WeChat, JS-SDK, appendix 1."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's choice
