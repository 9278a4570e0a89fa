"""What everybody may do with their own account: password, second factor, and where they are signed in."""

from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.people import second_factor, sessions, signing_in
from shop.web import guards
from shop.web.backoffice import forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_account", __name__, url_prefix="/manage/account")
MANY = 2**31 - 1  # as many rows as an address may number
BROWSERS = (
    ("MicroMessenger/", "WeChat"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
Answer = Response | tuple[str, int]


@blueprint.get("/")
def overview() -> str:
    """Roles, password, second factor, and every browser that is signed in."""
    return _page({}, None)


@blueprint.post("/password")
def change_password() -> Answer:
    """Another password; all other browsers are signed out."""
    values, errors = forms.read(forms.CHANGE_PASSWORD, request.form)
    if errors:
        return _page(errors, None), HTTPStatus.BAD_REQUEST
    try:
        signing_in.change_password(known_staff(), values["old"], values["password"], clock.now())
    except ShopError as refused:
        return _page(dict(refused.fields), None if refused.fields else refused), STATUS[refused.kind]
    return _done("password")


@blueprint.post("/second-factor")
def start_anew() -> Answer:
    """Take the second factor away with a code of it, and set up another one at once."""
    values, errors = forms.read(forms.CODE, request.form)
    if errors:
        return _page(errors, None), HTTPStatus.BAD_REQUEST
    try:
        second_factor.start_anew(known_staff(), values["code"], settings().secret_key, clock.now())
    except ShopError as refused:
        return _page({"code": [refused.code]}, None), STATUS[refused.kind]
    return redirect(url_for("backoffice_sign_in.set_up", next=url_for(".overview")), HTTPStatus.SEE_OTHER)


@blueprint.post(f"/sessions/<int(max={MANY}):session_id>/end")
def end_one(session_id: int) -> Answer:
    """Sign one browser out. Somebody else's is not there."""
    me = known_staff()
    if not sessions.end(me.id, session_id, clock.now()):
        abort(HTTPStatus.NOT_FOUND)
    return _gone() if session_id == me.session_id else _done("ended")


@blueprint.post("/sessions/end")
def end_everywhere() -> Answer:
    """Sign out everywhere, here too."""
    sessions.end_everywhere(known_staff().id, clock.now())
    return _gone()


def _gone() -> Response:
    for name in (guards.STAFF, "csrf"):
        session.pop(name, None)
    return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)


def _done(said: str) -> Response:
    return redirect(url_for("backoffice_account.overview", said=said), HTTPStatus.SEE_OTHER)


def _page(errors: dict[str, list[str]], refused: ShopError | None) -> str:
    me = known_staff()
    said = request.args.get("said", "")
    return render_template(
        "backoffice/account.html", me=me, sessions=sessions.open_sessions(me.id, clock.now()), browser=browser_in_words,
        left=second_factor.left(me.id) if me.enrolled else 0, errors=errors, refused=refused,
        points={int(point.id): point for point in flights.points()}, said=said if said in ("password", "ended") else "",
    )  # fmt: skip


def browser_in_words(said: str) -> str:
    """`Chrome · Windows`: what a browser says of itself, for people; nothing of ours depends on it."""
    found = [next((name for mark, name in marks if mark in said), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found)) or "?"
