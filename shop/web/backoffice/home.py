"""The first page: where everything is, and which payments need a person."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from shop.payments import queries as payments

blueprint = Blueprint("backoffice", __name__, url_prefix="/manage")


@blueprint.get("/")
def home() -> str:
    """Links, and what waits for a decision."""
    return render_template("backoffice/home.html", odd=payments.for_a_person())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget who was signed in on this browser."""
    for name in ("staff", "staff_epoch", "csrf"):
        session.pop(name, None)
    return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)
