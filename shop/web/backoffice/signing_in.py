"""How staff sign in to the back office: by name and password."""

from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.people import commands as people
from shop.web.backoffice import forms
from shop.web.errors import STATUS

blueprint = Blueprint("backoffice_sign_in", __name__, url_prefix="/manage/sign-in")


@blueprint.get("")
def form() -> str:
    """The page that asks for name and password."""
    wanted = _safe(request.args.get("next"))
    return render_template("backoffice/sign_in.html", errors={}, refusal=None, typed={}, next=wanted)


@blueprint.post("")
def sign_in() -> Response | tuple[str, int]:
    """Let a member of staff in, and on to the page they wanted."""
    values, errors = forms.read(forms.SIGN_IN, request.form)
    if errors:
        return _again(errors, None, HTTPStatus.BAD_REQUEST)
    try:
        staff = people.sign_staff_in(values["name"], values["password"], clock.now())
    except ShopError as refusal:
        return _again({}, refusal, STATUS[refusal.kind])
    session.pop("csrf", None)  # forms that were made before the sign-in are worth nothing after it
    session["staff"], session["staff_epoch"] = staff.id, staff.session_epoch
    return redirect(_safe(request.form.get("next")), HTTPStatus.SEE_OTHER)


def _again(errors: dict[str, list[str]], refusal: ShopError | None, status: int) -> tuple[str, int]:
    wanted, typed = _safe(request.form.get("next")), request.form
    page = render_template("backoffice/sign_in.html", errors=errors, refusal=refusal, typed=typed, next=wanted)
    return page, int(status)


def _safe(wanted: str | None) -> str:
    """`wanted` when it is a page of the back office that can be asked for, else its home; never another site's."""
    home = url_for("backoffice.home")
    path = (wanted or "").partition("?")[0]
    if not path.startswith(home) or "//" in path or "\\" in path or not path.isprintable() or len(path) > 200:
        return home
    return path if current_app.url_map.bind("shop").test(path, "GET") else home
