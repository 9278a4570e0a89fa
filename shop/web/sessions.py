"""The session's cookie: how long it holds is said in seconds, not as a date."""

import re

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin

DATE = re.compile(r"Expires=[^;]+")


class Sessions(SecureCookieSessionInterface):
    """Flask's own, but for phones whose clock is wrong: to a phone that is two months ahead a date would be over already, and
    the traveller signed out with every answer. `Max-Age` counts from when the answer came (RFC 6265, 5.3)."""

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
