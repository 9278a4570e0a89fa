"""Where a visitor may be sent after signing in, and how long what lasts."""

from datetime import timedelta
from urllib.parse import urlsplit

SIGN_IN_LASTS = timedelta(minutes=10)  # WeChat's own code lives five minutes
TRIES, TRIES_AT_ONE_ADDRESS, LOCKED_FOR = 5, 40, timedelta(minutes=15)
IDLE, AT_MOST = timedelta(minutes=60), timedelta(hours=12)  # how long staff stay signed in: unused, and at all
HALF_IN = timedelta(minutes=15)  # between the password and the second factor: who walks away is not in for whoever comes next
SEEN_EVERY = timedelta(minutes=1)  # a page does not write down each time that somebody is there
INVITED_FOR, NEW_PASSWORD_WITHIN = timedelta(days=7), timedelta(days=1)
TRIES_KEPT, SESSIONS_KEPT = timedelta(days=1), timedelta(days=30)
HOME = "/"


def safe_return_path(wanted: str | None) -> str:
    """`wanted` when it is a path of this shop's storefront, else the home page.

    An open redirect would let a stranger's link end on a stranger's page, so nothing but our own paths passes:
    no scheme, no host, no backslash, no `//`, no control characters, not the sign-in itself.
    """
    if not wanted or len(wanted) > 500 or any(ord(c) <= 32 or ord(c) == 127 or c == "\\" for c in wanted):
        return HOME
    # Looked at before it is parsed: to `urlsplit` the path of `///evil.example` is `/evil.example`, to a browser that is a
    # host; and some of what starts with `//` it refuses to parse at all.
    if not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    if urlsplit(wanted).path.startswith(("/sign-in", "/callbacks/", "/api/", "/static/")):
        return HOME
    return wanted
