"""The first page: what waits for a person, how the shop does, and where everything is."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.figures import queries as figures
from shop.payments import money_queries
from shop.pickup import conflicts
from shop.web import alarms
from shop.web.backoffice import dashboard, forms
from shop.web.wiring import wiring

blueprint = Blueprint("backoffice", __name__, url_prefix="/manage")


@blueprint.get("/")
def home() -> tuple[str, int]:
    """What waits for a person, and how the shop does in a period compared with the one before. As many statements however
    much there is."""
    now = clock.now()
    ringing = alarms.ringing(money_queries.standing(now), alarms.refused_notices(), wiring().pay, now)
    values, errors = forms.read(dashboard.FORM, request.args)
    period = dashboard.chosen({} if errors else values, now)
    typed = {"from": period.first.isoformat(), "to": period.last.isoformat()} | {
        name: request.args[name] for name in ("from", "to") if errors and name in request.args
    }
    shown = render_template(
        "backoffice/home.html", alarms=ringing, conflicts=conflicts.count_open(), period=period, errors=errors, typed=typed,
        lengths=dashboard.LENGTHS, figures=figures.dashboard(period.first, period.last, now),
        behind=dashboard.Behind(url_for("backoffice_orders.listed")),
        change=dashboard.change, has_hours=dashboard.has_hours(period.first, period.last),
    )  # fmt: skip
    return shown, HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget who was signed in on this browser."""
    for name in ("staff", "staff_epoch", "csrf"):
        session.pop(name, None)
    return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)
