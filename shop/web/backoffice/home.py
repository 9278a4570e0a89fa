"""The first page: where everything is, and how much waits for a person, with links to where it is dealt with."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.payments import money_queries
from shop.pickup import conflicts
from shop.web import alarms
from shop.web.wiring import wiring

blueprint = Blueprint("backoffice", __name__, url_prefix="/manage")


@blueprint.get("/")
def home() -> str:
    """Links, and what waits for a person: counted only, so that it costs two statements however much it is."""
    now = clock.now()
    ringing = alarms.ringing(money_queries.standing(now), alarms.refused_notices(), wiring().pay, now)
    return render_template("backoffice/home.html", alarms=ringing, conflicts=conflicts.count_open())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget who was signed in on this browser."""
    for name in ("staff", "staff_epoch", "csrf"):
        session.pop(name, None)
    return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)
