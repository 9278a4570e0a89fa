"""How staff sign in to the back office: name and password, then the second factor where their roles ask for one."""

import base64
from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.people import rules, second_factor, sessions, signing_in
from shop.people.queries import KnownStaff, NotSignedIn
from shop.people.sessions import Visit
from shop.pickup import codes
from shop.web import guards
from shop.web.backoffice import forms
from shop.web.errors import STATUS
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_sign_in", __name__, url_prefix="/manage/sign-in")
BEFORE = "staff_before"  # the cookie with the token of the last session that was in all the way on this browser
Page = tuple[str, int]
Errors = dict[str, list[str]]


@blueprint.get("")
def form() -> str:
    """The page that asks for name and password."""
    return _password({}, None)


@blueprint.post("")
def sign_in() -> AnyResponse | Page:
    """Let a member of staff in, and on to the page they wanted; with a code to come, to the page that asks for it."""
    values, errors = forms.read(forms.SIGN_IN, request.form)
    if errors:
        return _password(errors, None), HTTPStatus.BAD_REQUEST
    try:
        let_in(values["name"], values["password"])
    except ShopError as refusal:
        return _password({}, refusal), STATUS[refusal.kind]
    return redirect(_wanted(), HTTPStatus.SEE_OTHER)


def let_in(name: str, password: str) -> None:
    """Sign this browser in. Raises WrongPassword, TooManyTries."""
    visit = Visit(request.user_agent.string, request.remote_addr or "", request.cookies.get(BEFORE, ""))
    second = settings().require_second_factor
    signed_in = signing_in.sign_in(name, password, visit, clock.now(), second_factor=second)
    try:
        before = guards.staff()
        sessions.end(before.id, before.session_id, clock.now())
    except NotSignedIn:
        pass
    session.pop("csrf", None)  # forms that were made before the sign-in are worth nothing after it
    session[guards.STAFF] = signed_in.token
    if signed_in.passed:
        _know_this_browser()


def _know_this_browser() -> None:
    """Somebody is in all the way here. The cookie opens nothing: with it, others who try their name do not keep them out."""
    token = session[guards.STAFF]

    @after_this_request
    def _keep(answer: AnyResponse) -> AnyResponse:
        answer.set_cookie(
            BEFORE, token, rules.SESSIONS_KEPT, path="/manage/", secure=settings().https, httponly=True, samesite="Strict"
        )
        return answer


def _password(errors: Errors, refusal: ShopError | None) -> str:
    return render_template(
        "backoffice/sign_in.html", errors=errors, refusal=refusal, typed=request.form, next=_wanted(),
        relaxed=not settings().require_second_factor,
    )  # fmt: skip


# --- the second factor ------------------------------------------------------------------------------------------------


@blueprint.get("/code")
def ask_code() -> AnyResponse | str:
    """The page that asks for a code of the app."""
    me = _half_in("backoffice_sign_in.ask_code")
    return me if isinstance(me, AnyResponse) else _code({}, None)


@blueprint.post("/code")
def take_code() -> AnyResponse | Page:
    """Let them in with it."""
    me = _half_in("backoffice_sign_in.ask_code")
    if isinstance(me, AnyResponse):
        return me
    values, errors = forms.read(forms.CODE, request.form)
    if errors:
        return _code(errors, None), HTTPStatus.BAD_REQUEST
    try:
        second_factor.show(me, values["code"], settings().secret_key, clock.now())
    except ShopError as refusal:
        return _code({}, refusal), STATUS[refusal.kind]
    _know_this_browser()
    return redirect(_wanted(), HTTPStatus.SEE_OTHER)


def _code(errors: Errors, refusal: ShopError | None) -> str:
    return render_template("backoffice/code.html", errors=errors, refusal=refusal, next=_wanted())


@blueprint.get("/set-up")
def set_up() -> AnyResponse | Response:
    """A QR code for the app, and a field for the first code it shows."""
    me = _half_in("backoffice_sign_in.set_up")
    return me if isinstance(me, AnyResponse) else _enrolment(me, {}, None)


@blueprint.post("/set-up")
def confirm() -> AnyResponse | Response:
    """The app works: from now on it is asked for. Shows the recovery codes, this once and in no cache."""
    me = _half_in("backoffice_sign_in.set_up")
    if isinstance(me, AnyResponse):
        return me
    values, errors = forms.read(forms.CODE, request.form)
    if errors:
        return _enrolment(me, errors, None)
    try:
        made = second_factor.confirm(me, values["code"], settings().secret_key, clock.now())
    except ShopError as refusal:
        return _enrolment(me, {}, refusal)
    _know_this_browser()
    return _kept_nowhere(render_template("backoffice/recovery_codes.html", codes=made, next=_wanted()), HTTPStatus.OK)


def _enrolment(me: KnownStaff, errors: Errors, refusal: ShopError | None) -> Response:
    enrolment = second_factor.begin(me, settings().secret_key, settings().shop_name)
    picture = base64.b64encode(codes.picture_svg(enrolment.uri)).decode()
    shown = render_template(
        "backoffice/set_up.html", errors=errors, refusal=refusal, next=_wanted(), picture=picture,
        secret=second_factor.shown(enrolment.secret).replace("-", " "),
    )  # fmt: skip
    status = STATUS[refusal.kind] if refusal else HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
    return _kept_nowhere(shown, status)


def _kept_nowhere(shown: str, status: int) -> Response:
    answer = make_response(shown, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _half_in(page: str) -> KnownStaff | AnyResponse:
    """Who is signed in and has still to do what this page is for; else where they belong. Setting up is open to all."""
    try:
        me = guards.staff()
    except NotSignedIn:
        return redirect(url_for("backoffice_sign_in.form", next=_wanted()))
    step = guards.next_step(me)
    if step != page and not (step is None and page.endswith("set_up") and not me.enrolled):
        return redirect(url_for(step, next=_wanted()) if step else _wanted(), HTTPStatus.SEE_OTHER)
    return me


# --- where to go then -------------------------------------------------------------------------------------------------


def _wanted() -> str:
    """The page they wanted when it is one of the back office that can be asked for, else its home; never another site's."""
    home = url_for("backoffice.home")
    path = (request.values.get("next") or "").partition("?")[0]
    if not path.startswith(home) or "//" in path or "\\" in path or not path.isprintable() or len(path) > 200:
        return home
    if path.startswith((url_for("backoffice_sign_in.form"), "/manage/invitation/")):
        return home
    return path if current_app.url_map.bind("shop").test(path, "GET") else home
