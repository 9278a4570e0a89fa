"""Calls to an account's API: one token for everybody, one retry, no call that is known to be in vain.

Official Account, access token: `stable_token` never takes a token away that somebody still uses, so shops, tools and tests
that share an account do not disturb each other; the classic `token` does.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests
import structlog

from shop.base import metrics, shared_tokens
from shop.base.db import holds_connection
from shop.base.http import NetworkInsideTransaction
from shop.base.shared_tokens import Fetched, SharedToken, TokenBusy, Trouble
from shop.gateways.official_account.errors import (
    MINUTE_QUOTA,
    AccountError,
    AccountMisconfigured,
    AccountUnavailable,
    IpNotAllowed,
    QuotaUsedUp,
    TokenRejected,
    refusal,
)
from shop.settings import OfficialAccountSettings

HOST = "https://api.weixin.qq.com"  # what the session sends to the address in the settings
BUSY_PAUSES = (0.5, 1.5)  # seconds before the second and the third try when WeChat says that it is busy
BEIJING = ZoneInfo("Asia/Shanghai")
# How long nobody asks again. A person can end it (a new secret, an allowed address), so it is short where one probably does.
WAIT = {TokenRejected: 60, IpNotAllowed: 30, AccountMisconfigured: 30, AccountUnavailable: 5}
WRONG_SECRET = 40125
AN_HOUR, A_MINUTE = timedelta(hours=1), timedelta(minutes=1)

log = structlog.get_logger("shop.gateways.official_account")


class Calls:
    """The API of one account. Shared by the threads of a process; needs the application's context for the database."""

    def __init__(
        self, settings: OfficialAccountSettings, session: Callable[[], requests.Session], clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._settings, self._session, self._clock, self._pause = settings, session, clock, pause
        self.name = f"official_account/{settings.app_id}"
        self._token = SharedToken(f"{self.name}/token", settings.secret, self._fetch_token, clock, pause)

    def call(
        self, path: str, payload: Mapping[str, Any] | None = None, *, method: str = "", params: Mapping[str, Any] | None = None,
        files: Any = None, data: Any = None, again: bool = True,
    ) -> dict[str, Any]:  # fmt: skip
        """What WeChat answers, without asking twice what it has refused for now.

        `path` begins with a slash. A `payload` is posted as JSON in plain UTF-8; `files` and `data` are posted as a form. `again`
        False: no second try when WeChat says that it is busy. Raises AccountError.
        """
        if holds_connection():
            raise NetworkInsideTransaction(path)
        if not self._settings.app_id or not self._settings.secret:
            raise AccountMisconfigured
        had = self._troubles(path)
        method = method or ("GET" if payload is None and files is None and data is None else "POST")
        body = data if payload is None else json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            said = self._with_token(path, lambda token: self._patiently(
                method, path, {**(params or {}), "access_token": token}, body, files, payload is not None, again))  # fmt: skip
        except AccountError as refused:
            metrics.ACCOUNT_CALLS.labels(path, refused.code).inc()
            log.warning("account_refused", path=path, errcode=refused.errcode, code=refused.code)
            self._remember(path, refused)
            raise
        metrics.ACCOUNT_CALLS.labels(path, "ok").inc()
        if had:
            shared_tokens.over([one.name for one in had])
        return said

    def fetch(self, path: str, params: Mapping[str, Any] | None = None, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request without a token. Raises AccountError."""
        body = None if payload is None else json.dumps(payload, ensure_ascii=False).encode()
        return self._once("GET" if body is None else "POST", path, params or {}, body, None, body is not None)

    def ask_for_token(self) -> dict[str, Any]:
        """`stable_token` in its normal mode, which takes no token away from anybody. Raises AccountError."""
        return self.fetch(
            "/cgi-bin/stable_token",
            payload={
                "grant_type": "client_credential", "appid": self._settings.app_id, "secret": self._settings.secret, "force_refresh": False,
            },
        )  # fmt: skip

    # --- the token

    def _with_token(self, path: str, ask: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        held = self._held(None)
        try:
            return ask(held.value)
        except TokenRejected:
            held = self._held(held.serial)
        return ask(held.value)

    def _held(self, rejected: int | None) -> shared_tokens.Held:
        try:
            return self._token.get(rejected)
        except TokenBusy:
            raise AccountUnavailable("token_busy", maybe_done=False) from None

    def _fetch_token(self) -> Fetched:
        self._troubles("/cgi-bin/stable_token")
        try:
            said = self.ask_for_token()
            value, lives = said.get("access_token"), said.get("expires_in")
            if not isinstance(value, str) or not value.isascii() or not isinstance(lives, int) or not 0 < lives <= 86400:
                raise AccountUnavailable("unreadable", maybe_done=False)
        except AccountError as refused:
            if isinstance(refused, TokenRejected):  # here 40001 is about the secret
                refused = AccountMisconfigured(WRONG_SECRET, refused.said)
            self._remember("/cgi-bin/stable_token", refused, token=True)
            raise refused from None
        return Fetched(value, timedelta(seconds=lives))

    # --- what is wrong for now

    def _troubles(self, path: str) -> list[Trouble]:
        """Remembered troubles that are over by time. Raises the error of one that is not."""
        found = shared_tokens.troubles([self.name, f"{self.name} {path}"])
        now = self._clock()
        for one in found:
            if one.until > now:
                raise refusal(one.errcode, one.said) if one.errcode else AccountUnavailable(one.said, maybe_done=False)
        return found

    def _remember(self, path: str, refused: AccountError, *, token: bool = False) -> None:
        """Keep others from asking the same in vain: for the account as a whole, or for a call whose quota is used up."""
        now = self._clock()
        quota = isinstance(refused, QuotaUsedUp)
        if not quota and (type(refused) not in WAIT or (isinstance(refused, AccountUnavailable) and not token)):
            return
        if any(one.until > now for one in shared_tokens.troubles([self.name])):
            return  # it was met, and remembered, while the token was fetched
        said = refused.reason if isinstance(refused, AccountUnavailable) and not refused.errcode else refused.said
        until = quota_back(refused.errcode, now) if quota else now + timedelta(seconds=WAIT[type(refused)])
        name = f"{self.name} {path}" if quota and not token else self.name
        shared_tokens.trouble(name, refused.errcode, said, now, until)
        log.error("account_trouble", name=name, code=refused.code, errcode=refused.errcode, until=until.isoformat())

    # --- one request

    def _patiently(self, *request: Any) -> dict[str, Any]:
        *asked, again = request
        for seconds in BUSY_PAUSES if again else ():
            try:
                return self._once(*asked)
            except AccountUnavailable as busy:
                if busy.reason != "busy":
                    raise
                self._pause(seconds)
        return self._once(*asked)

    def _once(
        self, method: str, path: str, params: Mapping[str, Any], body: Any, files: Any, is_json: bool
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8"} if is_json else {}
        try:
            answer = self._session().request(
                method, HOST + path, params=dict(params), data=body, files=files, headers=headers, allow_redirects=False
            )
        # `from None` throughout: these exceptions carry the address, and with it the token.
        except requests.ConnectTimeout:
            raise AccountUnavailable("timeout", maybe_done=False) from None
        except requests.Timeout:
            raise AccountUnavailable("timeout", maybe_done=True) from None
        except requests.RequestException as fault:
            raise AccountUnavailable("connection", maybe_done=not _refused(fault)) from None
        if answer.status_code != 200:
            raise AccountUnavailable("server_error", maybe_done=True)
        return _read(answer)


def _refused(fault: requests.RequestException) -> bool:
    """No connection was made, so nothing was asked."""
    from urllib3.exceptions import NewConnectionError

    reason = getattr(fault.args[0] if fault.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _read(answer: requests.Response) -> dict[str, Any]:
    try:
        said = json.loads(answer.content.decode("utf-8", "replace"), strict=False)  # names in answers hold raw control characters
        errcode = int(said.get("errcode", 0))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise AccountUnavailable("unreadable", maybe_done=True) from None
    if errcode:
        raise refusal(errcode, str(said.get("errmsg", "")))
    return dict(said)


def quota_back(errcode: int, now: datetime) -> datetime:
    """When a used-up quota may be there again: the next minute; or within the hour (an operator can clear it), at midnight in
    Beijing at the latest, when WeChat starts to count anew."""
    if errcode in MINUTE_QUOTA:
        return now + A_MINUTE
    tomorrow = (now.astimezone(BEIJING) + timedelta(days=1)).replace(hour=0, minute=0, second=5, microsecond=0)
    return min(now + AN_HOUR, tomorrow.astimezone(now.tzinfo))
