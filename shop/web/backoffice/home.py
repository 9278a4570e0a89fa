"""The first page: what waits for a person, how the shop does, and where everything is."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock, shared_tokens
from shop.contracts import queries as withdrawals
from shop.figures import queries as figures
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.payments import money_queries
from shop.people import sessions
from shop.people.rights import Right
from shop.pickup import conflicts
from shop.web import alarms, guards
from shop.web.backoffice import dashboard, forms
from shop.web.guards import known_staff
from shop.web.wiring import wiring

blueprint = Blueprint("backoffice", __name__, url_prefix="/manage")


@blueprint.get("/")
def home() -> tuple[str, int]:
    """What waits for a person, and, for whoever may see reports, how their pickup points do in a period compared with the one
    before. As many statements however much there is."""
    now, ringing = clock.now(), []
    if guards.opens("backoffice_money.overview"):
        ringing = alarms.ringing(money_queries.standing(now), alarms.refused_notices(), wiring().pay, now)
    shown: dict[str, Any] = {
        "alarms": ringing, "conflicts": _conflicts(), "withdrawals": _withdrawals(), "figures": None,
        "troubles": shared_tokens.troubles() if guards.opens("backoffice_menu.overview") else [],
    }  # fmt: skip
    errors: dict[str, list[str]] = {}
    if _sees_figures():
        values, errors = forms.read(dashboard.FORM, request.args)
        shown |= _figures(values, errors, now)
    return render_template("backoffice/home.html", **shown), HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _sees_figures() -> bool:
    return known_staff().may(Right.SEE_REPORTS)


def _orders_behind() -> str:
    """Where the orders behind the figures are listed; empty for whoever sees others than those, or none."""
    sees = known_staff().points(Right.SEE_ORDERS)
    return url_for("backoffice_orders.listed") if sees == known_staff().points(Right.SEE_REPORTS) else ""


def _named(points: frozenset[int] | None) -> list[Point]:
    """The pickup points that the figures are about; none when they are about all."""
    return [] if points is None else [point for point in flights.every_point() if int(point.id) in points]


def _figures(values: dict[str, Any], errors: dict[str, list[str]], now: datetime) -> dict[str, Any]:
    period, mine = dashboard.chosen({} if errors else values, now), known_staff().points(Right.SEE_REPORTS)
    typed = {"from": period.first.isoformat(), "to": period.last.isoformat()} | {
        name: request.args[name] for name in ("from", "to") if errors and name in request.args
    }
    return {
        "period": period, "errors": errors, "typed": typed, "lengths": dashboard.LENGTHS,
        "figures": figures.dashboard(period.first, period.last, now, mine), "only_of": _named(mine),
        "behind": dashboard.Behind(_orders_behind()), "change": dashboard.change,
        "has_hours": dashboard.has_hours(period.first, period.last),
    }  # fmt: skip


def _withdrawals() -> int:
    """Declarations that wait for a person, for whoever may see them."""
    return withdrawals.open_count() if guards.opens("backoffice_withdrawals.listed") else 0


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
