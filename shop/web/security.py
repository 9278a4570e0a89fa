"""What every answer and every form is protected with: security headers, and proof that a form is our own page's."""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, session

from shop.base.errors import Kind, ShopError

STOREFRONT = frozenset({"storefront", "basket", "my_orders", "my_pickup", "my_trip"})  # doors whose pages may load WeChat's script
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; style-src-attr 'none'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'{more}; frame-ancestors 'none'; object-src 'none'"
)


class ForgedForm(ShopError):
    """The form did not come from a page of ours, or from one that is too old."""

    kind, code = Kind.FORBIDDEN, "forged_form"


def csrf_token() -> str:
    """The token for forms of this session; makes the session's secret when there is none. Sets a cookie then."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(18)
    return str(session["csrf"])


def form_token() -> str:
    """The token when there is a session, else an empty string: an anonymous page sets no cookie, its origin is checked."""
    return csrf_token() if session else ""


def check_form() -> None:
    """Refuse a changing request that did not come from our own pages. Raises ForgedForm.

    The browser says where a request comes from (`Sec-Fetch-Site`, `Origin`, `Referer`); a session's form also carries
    its token. A request that says nothing at all about its origin needs the token.
    """
    if request.method in SAFE:
        return
    origin = _origin()
    if origin is False:
        raise ForgedForm
    known = session.get("csrf")
    if known is None:
        if origin is None:
            raise ForgedForm
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token") or ""
    if not hmac.compare_digest(str(known).encode(), sent.encode(errors="replace")):
        raise ForgedForm


def _origin() -> bool | None:
    """True: ours; False: somebody else's; None: the browser does not say."""
    ours = {urlsplit(current_app.config["PUBLIC_URL"]).netloc, request.host}
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("cross-site", "same-site"):
        return False
    for said in (request.headers.get("Origin"), request.headers.get("Referer")):
        if said and said != "null":
            return _netloc(said) in ours
    return True if site == "same-origin" else None


def _netloc(url: str) -> str:
    """Host and port of an address; empty when it is none."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def policy(sign_in: str, script: str = "") -> str:
    """The policy; `script` is the one address from which a page in WeChat's browser may load WeChat's own script."""
    return CSP.format(more=f" {sign_in}" if sign_in else "", scripts=f" {script}" if script else "")


def wants_sdk() -> bool:
    """A page of the storefront that is open in WeChat's browser. WeChat Work's says that it is WeChat, too."""
    agent = request.headers.get("User-Agent", "")
    return request.blueprint in STOREFRONT and "MicroMessenger" in agent and "wxwork" not in agent


def _fixed_headers(public_url: str, sign_in: str) -> list[tuple[str, str]]:
    """What every answer says unless its door says otherwise."""
    fixed = [
        ("Content-Security-Policy", policy(sign_in)),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if public_url.startswith("https://"):
        fixed.append(("Strict-Transport-Security", "max-age=31536000"))
    return fixed


def init_app(app: Flask) -> None:
    fixed = _fixed_headers(app.config["PUBLIC_URL"], app.config.get("SIGN_IN_ORIGIN", ""))
    script = app.config.get("SDK_URL", "")
    in_wechat = policy(app.config.get("SIGN_IN_ORIGIN", ""), script)

    @app.after_request
    def _headers(answer: Response) -> Response:
        if script and answer.mimetype == "text/html" and wants_sdk():
            answer.headers.setdefault("Content-Security-Policy", in_wechat)
        for name, value in fixed:
            if name not in answer.headers:
                answer.headers.add(name, value)
        if answer.mimetype == "text/html":  # not no-store: the back button may show it, the page asks again
            answer.headers.setdefault("Cache-Control", "no-cache")
        return answer

    app.jinja_env.globals["sdk_url"] = lambda: script if request and request.blueprint in STOREFRONT else ""
    app.jinja_env.globals.update(csrf_token=csrf_token, form_token=form_token)
