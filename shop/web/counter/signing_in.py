"""How a counter's or a packer's device signs in: once, with the token that a manager made for it."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base.errors import ShopError
from shop.people import queries as people
from shop.web.counter import forms
from shop.web.errors import STATUS
from shop.web.guards import AT_A_COUNTER, AT_PACKING, WrongKindOfDevice

blueprint = Blueprint("counter_sign_in", __name__, url_prefix="/counter/sign-in")


@blueprint.get("")
def form() -> str:
    """The page that asks for the token."""
    return render_template("counter/sign_in.html", errors={}, refusal=None)


@blueprint.post("")
def sign_in() -> Response | tuple[str, int]:
    """Let the device in. The token is not shown again when it was wrong: it is a secret, like a password."""
    values, errors = forms.read(forms.SIGN_IN, request.form)
    if errors:
        return _again(errors, None, HTTPStatus.BAD_REQUEST)
    try:
        device = people.device_by_token(values["token"])
        if device.kind not in AT_PACKING:
            raise WrongKindOfDevice
    except ShopError as refusal:
        return _again({"token": [refusal.code]}, refusal, STATUS[refusal.kind])
    session.pop("csrf", None)  # forms that were made before the sign-in are worth nothing after it
    session["device_token"] = values["token"]
    session.permanent = True  # a counter's device stays signed in until it is revoked
    home = "counter.home" if device.kind in AT_A_COUNTER else "packing.board"
    return redirect(url_for(home), HTTPStatus.SEE_OTHER)


def _again(errors: dict[str, list[str]], refusal: ShopError | None, status: int) -> tuple[str, int]:
    return render_template("counter/sign_in.html", errors=errors, refusal=refusal), int(status)
