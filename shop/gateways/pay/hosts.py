"""WeChat Pay's two sites: the one in the settings, and a stand-by for the time when it cannot be reached."""
import time
from threading import Lock

import requests
import structlog
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

from shop.base.http import peer_session

STAY_SECONDS = 300.0

log = structlog.get_logger("shop.gateways.pay")


class Hosts:
    """Which host to ask now, and the pooled session for each.

    After a failed connection the other one is asked, and for five minutes after that: whoever asks next does not wait
    for the time-out again. A stand-by that fails as well sends us home. `url` and `standby` are scheme, host and port.
    """

    def __init__(self, url: str, standby: str, *, pool: int) -> None:
        self.urls = tuple(known.rstrip("/") for known in (url, standby) if known or known is url)
        self._pool, self._lock = pool, Lock()
        self._away_until = float("-inf")
        self._sessions: dict[str, requests.Session] = {}

    def current(self) -> str:
        return self.urls[-1] if time.monotonic() < self._away_until else self.urls[0]

    def failed(self, host: str) -> None:
        """A connection to `host` could not be made, or broke."""
        if len(self.urls) < 2:
            return
        if host == self.urls[0]:
            log.warning("pay_standby", seconds=STAY_SECONDS)
            self._away_until = time.monotonic() + STAY_SECONDS
        else:
            self._away_until = float("-inf")

    def session(self, host: str) -> requests.Session:
        """The session of one of `urls`; it sends nowhere else."""
        with self._lock:
            if host not in self._sessions:
                self._sessions[host] = peer_session(host, pool=self._pool)
                self._sessions[host].auth = _keep_authorization
            return self._sessions[host]


def never_sent(fault: requests.RequestException) -> bool:
    """True when no connection came about, so that not one byte of the request left us."""
    if isinstance(fault, requests.ConnectTimeout):
        return True
    inside = fault.args[0] if fault.args else None
    reason = inside.reason if isinstance(inside, MaxRetryError) else inside
    return isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError)


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps a .netrc on the machine from replacing the Authorization header."""
    return request
