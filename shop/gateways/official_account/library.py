"""wechatpy's client with its transport replaced: its API groups, our token, address, time-outs and errors.

Of wechatpy 2.0.0a26 nothing else is used here: its own transport retries a refused token without end, fetches tokens without
time-out and in every thread, and some of its groups hold addresses of their own.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from wechatpy.client import WeChatClient

from shop.gateways.official_account.calls import Calls
from shop.gateways.official_account.errors import AccountUnavailable


class Client(WeChatClient):
    """`client.menu`, `client.template`, `client.draft` …: one per account and process. Raises AccountError.

    A group for calls that wechatpy lacks derives from `wechatpy.client.api.base.BaseWeChatAPI` and stands here as a class
    attribute; a plain `OfficialAccount.call` does as well.
    """

    _calls: Calls | None = None  # wechatpy looks at every attribute before __init__

    def __init__(self, app_id: str, calls: Calls) -> None:
        super().__init__(app_id, "", timeout=None, auto_retry=False)
        self._calls = calls

    @property
    def access_token(self) -> str:
        """Nothing: the transport knows it, and no address made here may hold it."""
        return ""

    def fetch_access_token(self) -> dict[str, Any]:
        raise NotImplementedError("the token is shared: see Calls")

    def _request(self, method: str, url_or_endpoint: str, **asked: Any) -> Any:
        if self._calls is None:
            raise RuntimeError("the client is not made yet")
        base = asked.pop("api_base_url", self.API_BASE_URL)
        whole = url_or_endpoint if url_or_endpoint.startswith(("http://", "https://")) else base + url_or_endpoint
        read: Callable[[dict[str, Any]], Any] | None = asked.pop("result_processor", None)
        data, params = asked.get("data"), {k: v for k, v in (asked.get("params") or {}).items() if k != "access_token"}
        payload = asked.get("json", data if isinstance(data, dict) and not asked.get("files") else None)
        said = self._calls.call(
            urlsplit(whole).path, payload, method=method.upper(), params=params, files=asked.get("files"),
            data=None if payload is not None else data,
        )  # fmt: skip
        if read is None:
            return said
        try:
            return read(said)
        except (LookupError, TypeError, ValueError):
            raise AccountUnavailable("unreadable", maybe_done=True) from None
