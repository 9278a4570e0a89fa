"""The first page: where everything is, and how much waits for a person, with links to where it is dealt with."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.payments import money_queries
from shop.people import sessions
from shop.people.rights import Right
from shop.pickup import conflicts
from shop.web import alarms, guards
from shop.web.guards import known_staff
from shop.web.wiring import wiring

blueprint = Blueprint("backoffice", __name__, url_prefix="/manage")


@blueprint.get("/")
def home() -> str:
    """Links, and what waits for a person: counted only, so that it costs two statements however much it is."""
    now, ringing = clock.now(), []
    if guards.opens("backoffice_money.overview"):
        ringing = alarms.ringing(money_queries.standing(now), alarms.refused_notices(), wiring().pay, now)
    return render_template("backoffice/home.html", alarms=ringing, conflicts=_conflicts())


def _conflicts() -> int:
    """The open ones of the pickup points at which whoever is signed in supervises."""
    points = known_staff().points(Right.SUPERVISE)
    if points is None:
        return conflicts.count_open()
    return sum(len(conflicts.conflicts(point_id=point)) for point in points)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget who was signed in on this browser."""
    me = known_staff()
    sessions.end(me.id, me.session_id, clock.now())
    for name in (guards.STAFF, "csrf"):
        session.pop(name, None)
    return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)
