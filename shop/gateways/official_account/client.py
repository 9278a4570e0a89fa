"""One official account: the Service Account, or the content account."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from shop.base import clock as wall
from shop.gateways.official_account.calls import Calls
from shop.gateways.official_account.page_signing import PageSignature, PageSigner
from shop.gateways.official_account.sign_in import WebSignIn
from shop.settings import OfficialAccountSettings

if TYPE_CHECKING:
    from shop.gateways.official_account.library import Client


class OfficialAccount(WebSignIn):
    """Signing in on the web, and the account's API. One per account and process, shared by its threads.

    A group of calls is a module beside this one, whose functions take the account: `menus.publish(account, …)`. They use `call`
    and `upload`, or wechatpy's groups by `api`; all of them raise AccountError and hold no database connection.
    """

    def __init__(
        self, settings: OfficialAccountSettings, *, clock: Callable[[], datetime] = wall.now, pause: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(settings)
        self._calls = Calls(settings, self._pooled, clock, pause)
        self._signer = PageSigner(settings.app_id, settings.secret, self._calls, clock, pause)
        self._made = Lock()
        self._client: Client | None = None

    @property
    def app_id(self) -> str:
        return self._settings.app_id

    @property
    def configured(self) -> bool:
        """Whether there is an account to speak for at all."""
        return bool(self._settings.app_id and self._settings.secret)

    @property
    def name(self) -> str:
        """The name under which its troubles are remembered: see `shop.base.shared_tokens.troubles`."""
        return self._calls.name

    @property
    def api(self) -> "Client":
        """wechatpy's API groups over our transport: `account.api.menu.get()`. Loads wechatpy."""
        with self._made:
            if self._client is None:
                from shop.gateways.official_account.library import Client

                self._client = Client(self.app_id, self._calls)
            return self._client

    def call(
        self, path: str, payload: Mapping[str, Any] | None = None, *, params: Mapping[str, Any] | None = None, method: str = "",
        again: bool = True,
    ) -> dict[str, Any]:  # fmt: skip
        """What WeChat answers to `path` (with its slash): posted when there is a `payload`. Raises AccountError.

        `again` False: no further try when WeChat says that it is busy.
        """
        return self._calls.call(path, payload, method=method, params=params, again=again)

    def upload(
        self, path: str, name: str, content: bytes, content_type: str, *, params: Mapping[str, Any] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Send a file as the form field `media`. Raises AccountError."""
        files = {"media": (name, content, content_type)}
        return self._calls.call(path, method="POST", params=params, files=files, data=dict(fields or {}))

    def sign_page(self, url: str) -> PageSignature:
        """What the page at `url` gives to `wx.config`. Raises AccountError."""
        return self._signer.sign(url)

    def ask_for_token(self) -> None:
        """Ask WeChat whether it would give us a token, and keep nothing. Raises AccountError."""
        self._calls.ask_for_token()
