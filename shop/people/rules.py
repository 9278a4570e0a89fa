"""Where a visitor may be sent after signing in, and when a password may be tried again."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

SIGN_IN_LASTS = timedelta(minutes=10)  # WeChat's own code lives five minutes
TRIES, LOCKED_FOR = 5, timedelta(minutes=15)
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


def locked_until(failures: int, last_failure: datetime | None) -> datetime | None:
    """When the next password try is allowed, or None when one is allowed now or always was."""
    if failures < TRIES or last_failure is None:
        return None
    return last_failure + LOCKED_FOR
