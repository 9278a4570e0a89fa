"""Sign-in by web authorisation, on wechatpy, whose hosts, time-outs and exceptions end here.

wechatpy is loaded at the first sign-in: it costs a cold start more than most of the shop does.
"""
import re
from threading import Lock
from typing import Any
from urllib.parse import quote

import requests
import structlog

from shop.base.discreet import Discreet
from shop.base.errors import Kind, ShopError
from shop.base.http import peer_session
from shop.settings import OfficialAccountSettings

STATE = re.compile(r"[a-zA-Z0-9]{1,128}")
CODE = re.compile(r"[0-9A-Za-z_\-]{1,512}")
# Web authorisation, codes: invalid, missing, expired, used. A new round through WeChat cures all of them.
SPENT_CODES = frozenset({40029, 41008, 42003, 40163})

log = structlog.get_logger("shop.gateways.official_account")


class SignInRefused(ShopError):
    """The code is unknown, used or too old. Start the sign-in again, once and silently."""

    kind, code = Kind.UNAUTHENTIC, "sign_in_code_invalid"


class SignInUnavailable(ShopError):
    """WeChat did not answer, or refuses our account. The code may be spent: start the sign-in again later."""

    kind, code = Kind.UPSTREAM, "sign_in_unavailable"


class SignedIn(Discreet, frozen=True, kw_only=True):
    """Who came back. `snapshot` is a virtual user of a preview page: nothing may be sold to it."""

    hidden = frozenset({"openid", "unionid"})
    openid: str
    unionid: str | None
    snapshot: bool
    scope: str


class WebSignIn:
    """The part of an account that travellers sign in with. One per process, shared by its threads."""

    def __init__(self, settings: OfficialAccountSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._session: requests.Session | None = None

    def authorize_url(self, return_url: str, state: str, scope: str = "snsapi_base") -> str:
        """Where to send the browser. `state` is letters and digits, at most 128; raises ValueError otherwise.

        Web authorisation: the order of the parameters and the fragment are part of the rule. snsapi_base is silent;
        snsapi_userinfo only behind a button, or WeChat shows a snapshot page.
        """
        if not STATE.fullmatch(state):
            raise ValueError("state: 1 to 128 letters and digits")
        if scope not in ("snsapi_base", "snsapi_userinfo"):
            raise ValueError(f"scope: {scope}")
        return (
            f"{self._settings.open_url}/connect/oauth2/authorize?appid={quote(self._settings.app_id, safe='')}"
            f"&redirect_uri={quote(return_url, safe='')}&response_type=code&scope={scope}&state={state}#wechat_redirect"
        )

    def exchange(self, code: str) -> SignedIn:
        """Turn the code of the return into the traveller. A code works once, within five minutes; never repeated here.

        Raises SignInRefused for the code's fault, SignInUnavailable for anything else.
        """
        if not CODE.fullmatch(code):
            raise SignInRefused
        return _signed_in(self._ask(code))

    def _ask(self, code: str) -> dict[str, Any]:
        from wechatpy.exceptions import WeChatOAuthException
        from wechatpy.oauth import WeChatOAuth

        oauth = WeChatOAuth(self._settings.app_id, self._settings.secret, redirect_uri="")  # keeps tokens on itself
        oauth._http = self._pooled()
        # `from None` throughout: these exceptions carry the address, and with it the secret and the code.
        try:
            said = oauth.fetch_access_token(code)
        except WeChatOAuthException as wrong:
            errcode = wrong.errcode if isinstance(wrong.errcode, int) else None
            if errcode in SPENT_CODES:
                raise SignInRefused(errcode=errcode) from None
            log.error("sign_in_refused_by_wechat", errcode=errcode)
            raise SignInUnavailable(errcode=errcode) from None
        except requests.RequestException as fault:
            log.warning("sign_in_connection", fault=type(fault).__name__)
            raise SignInUnavailable from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
            log.error("sign_in_unreadable", fault=type(fault).__name__)
            raise SignInUnavailable from None
        return dict(said)

    def _pooled(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = peer_session(self._settings.api_url)
                self._session.max_redirects = 0
            return self._session


def _signed_in(said: dict[str, Any]) -> SignedIn:
    openid, unionid, scope = said.get("openid"), said.get("unionid"), said.get("scope")
    if not isinstance(openid, str) or not 1 <= len(openid) <= 128 or not openid.isascii():
        log.error("sign_in_unreadable", fault="openid")
        raise SignInUnavailable
    return SignedIn(
        openid=openid,
        unionid=unionid if isinstance(unionid, str) and unionid and unionid.isascii() else None,
        snapshot=str(said.get("is_snapshotuser", 0)) == "1",
        scope=scope if isinstance(scope, str) else "",
    )
