"""How the shop talks to a peer over HTTP: to the address in the settings, never while holding a database connection."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from shop.base.db import holds_connection

CONNECT_SECONDS, READ_SECONDS = 3.0, 8.0


class NetworkInsideTransaction(RuntimeError):
    """A slow peer would hold a database connection, and every row it locked."""


class PeerAdapter(HTTPAdapter):
    """Send what a library addressed to a vendor's host to the peer we were told of.

    `base_url` is scheme and host (and port) of that peer. Path, query and body stay as they are, so signatures
    over them stay whole. A call without a time-out gets one.
    """

    def __init__(self, base_url: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base = urlsplit(base_url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if holds_connection():
            raise NetworkInsideTransaction(request.url)
        asked = urlsplit(str(request.url))
        request.url = urlunsplit(asked._replace(scheme=self.base.scheme, netloc=self.base.netloc))
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, *args, **kwargs)


def peer_session(base_url: str, *, pool: int = 16) -> requests.Session:
    """A pooled session whose every request goes to `base_url`; one per gateway and process."""
    session = requests.Session()
    adapter = PeerAdapter(base_url, pool_connections=2, pool_maxsize=pool)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
