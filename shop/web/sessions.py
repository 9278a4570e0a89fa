"""The session's cookie: how long it holds is said in seconds, not as a date."""

import re
from functools import lru_cache

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import want_bytes

DATE = re.compile(r"Expires=[^;]+")


class OneKey(TimestampSigner):
    """Signs with keys that are derived from the secrets once, not anew for every cookie."""

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return _derived(self.secret_keys[-1] if secret_key is None else want_bytes(secret_key), self.salt, self.key_derivation)


@lru_cache(maxsize=8)
def _derived(secret: bytes, salt: bytes, how: str) -> bytes:
    return TimestampSigner(secret, salt, key_derivation=how, digest_method=Sessions.digest_method).derive_key()


class Sessions(SecureCookieSessionInterface):
    """Flask's own, but for phones whose clock is wrong: to a phone that is two months ahead a date would be over already, and
    the traveller signed out with every answer. `Max-Age` counts from when the answer came (RFC 6265, 5.3)."""

    def __init__(self) -> None:
        self._made: tuple[object, URLSafeTimedSerializer | None] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask's own, made once: every request asks for it."""
        secrets = (app.secret_key, app.config["SECRET_KEY_FALLBACKS"])
        if self._made is None or self._made[0] != secrets:
            serializer = super().get_signing_serializer(app)
            if serializer is not None:
                serializer.signer = OneKey
            self._made = (secrets, serializer)
        return self._made[1]

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        known = set(response.headers.getlist("Set-Cookie"))
        super().save_session(app, session, response)
        if not session.permanent or not session:
            return
        seconds = int(app.permanent_session_lifetime.total_seconds())
        cookies = [_by_age(cookie, seconds) if cookie not in known else cookie for cookie in response.headers.getlist("Set-Cookie")]
        if cookies:
            response.headers.setlist("Set-Cookie", cookies)


def _by_age(cookie: str, seconds: int) -> str:
    return DATE.sub(f"Max-Age={seconds}", cookie, count=1)


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
