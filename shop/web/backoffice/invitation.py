"""The page behind an invitation's link: a new colleague chooses a password and is signed in."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.people import inviting
from shop.people.inviting import InvitationOver
from shop.people.passwords import WeakPassword
from shop.web.backoffice import forms, signing_in
from shop.web.errors import STATUS

blueprint = Blueprint("backoffice_invitation", __name__, url_prefix="/manage/invitation")
Errors = dict[str, list[str]]


@blueprint.get("/<token>")
def form(token: str) -> Response:
    """Who is invited, and a field for a password."""
    return _page(token, {}, None)


@blueprint.post("/<token>")
def accept(token: str) -> AnyResponse:
    """Take it, and sign in with what was chosen."""
    values, errors = forms.read(forms.NEW_PASSWORD, request.form)
    if errors:
        return _page(token, errors, None)
    try:
        name = inviting.accept(token, values["password"], clock.now())
        signing_in.let_in(name, values["password"])
    except WeakPassword as weak:
        return _page(token, dict(weak.fields), None)
    except ShopError as refusal:
        return _page(token, {}, refusal)
    return redirect(url_for("backoffice.home"), HTTPStatus.SEE_OTHER)


def _page(token: str, errors: Errors, refusal: ShopError | None) -> Response:
    invited = None
    try:
        invited = inviting.look(token, clock.now())
    except InvitationOver as over:
        refusal = refusal or over
    shown = render_template("backoffice/invitation.html", invited=invited, token=token, errors=errors, refusal=refusal)
    status = STATUS[refusal.kind] if refusal else HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
    answer = make_response(shown, status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is the invitation
    return answer
