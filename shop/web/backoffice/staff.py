"""Who works here: a list, invitations, and one person's roles at which pickup points."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.people import inviting, rights, staffing
from shop.people.queries import KnownStaff
from shop.people.rights import Grant, Right, Role
from shop.people.staffing import Colleague
from shop.web.backoffice import forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff, my_points
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_staff", __name__, url_prefix="/manage/staff")
MANY = 2**31 - 1  # as many rows as an address may number
Answer = Response | tuple[str, int]
Errors = dict[str, list[str]]


@blueprint.get("/")
def listed() -> str:
    """Everybody, the invitations that wait, and a form for another one."""
    return _list({}, {}, None)


@blueprint.post("/")
def invite() -> Answer:
    """Make an invitation and show its link: this once, and in no cache."""
    typed = request.form.to_dict()
    values, errors = forms.read(forms.INVITATION, typed)
    grant = _grant(values, errors)
    if errors or grant is None:
        return _list(typed, errors, None), HTTPStatus.BAD_REQUEST
    try:
        token = inviting.invite(known_staff(), values["name"], [grant], clock.now())
    except ShopError as refused:
        return _list(typed, {}, refused), STATUS[refused.kind]
    return _link(token)


def _link(token: str) -> Response:
    link = f"{settings().public_url}{url_for('backoffice_invitation.form', token=token)}"
    shown = render_template("backoffice/invited.html", link=link, invited=inviting.look(token, clock.now()))
    answer = make_response(shown, HTTPStatus.CREATED)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post(f"/invitations/<int(max={MANY}):invitation_id>/withdraw")
def withdraw(invitation_id: int) -> Answer:
    """The link opens nothing any more."""
    inviting.withdraw(known_staff(), invitation_id, clock.now())
    return redirect(url_for("backoffice_staff.listed"), HTTPStatus.SEE_OTHER)


@blueprint.get(f"/<int(max={MANY}):staff_id>")
def one(staff_id: int) -> str:
    """One person: roles, and what can be done about them."""
    return _one(_find(staff_id), {}, {}, None)


@blueprint.post(f"/<int(max={MANY}):staff_id>/roles")
def set_roles(staff_id: int) -> Answer:
    """Take away the roles whose tick was taken away, and add one. They are signed out everywhere."""
    person, typed = _find(staff_id), request.form.to_dict()
    values, errors = forms.read(forms.GRANT, typed)
    added = _grant(values, errors) if values.get("role") else None
    if errors:
        return _one(person, typed, errors, None), HTTPStatus.BAD_REQUEST
    gone = set(request.form.getlist("seen")) - set(request.form.getlist("keep"))  # not what came since the page was opened
    take, give = {grant for grant in person.grants if grant.words in gone}, {added} if added else set()
    return _do(person, lambda me: staffing.change_grants(me, staff_id, take=take, give=give, now=clock.now()), "roles", typed)


@blueprint.post(f"/<int(max={MANY}):staff_id>/deactivate")
def deactivate(staff_id: int) -> Answer:
    """They are out at once."""
    return _do(_find(staff_id), lambda me: staffing.deactivate(me, staff_id, clock.now()), "deactivated")


@blueprint.post(f"/<int(max={MANY}):staff_id>/reactivate")
def reactivate(staff_id: int) -> Answer:
    """They may sign in again."""
    return _do(_find(staff_id), lambda me: staffing.reactivate(me, staff_id, clock.now()), "reactivated")


@blueprint.post(f"/<int(max={MANY}):staff_id>/reset-second-factor")
def reset_second_factor(staff_id: int) -> Answer:
    """Phone and recovery codes are lost: the next sign-in sets up another one."""
    return _do(_find(staff_id), lambda me: staffing.reset_second_factor(me, staff_id, clock.now()), "reset")


@blueprint.post(f"/<int(max={MANY}):staff_id>/new-password")
def new_password(staff_id: int) -> Answer:
    """A forgotten password: show a link with which they choose another one, this once and in no cache."""
    person = _find(staff_id)
    try:
        return _link(inviting.renew_password(known_staff(), staff_id, clock.now()))
    except ShopError as refused:
        return _one(person, {}, {}, refused), STATUS[refused.kind]


# --- what they have in common -----------------------------------------------------------------------------------------


def _do(person: Colleague, deed: Callable[[KnownStaff], None], said: str, typed: dict[str, str] | None = None) -> Answer:
    try:
        deed(known_staff())
    except ShopError as refused:
        return _one(_find(person.id), typed or {}, {}, refused), STATUS[refused.kind]
    if person.id == known_staff().id:  # one's own roles: signed out, too
        return redirect(url_for("backoffice_sign_in.form"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("backoffice_staff.one", staff_id=person.id, said=said), HTTPStatus.SEE_OTHER)


def _is_visible(grants: frozenset[Grant]) -> bool:
    """Whoever may change staff at some points only sees those who work at one of them."""
    mine = my_points()
    return mine is None or any(grant.pickup_point_id in mine for grant in grants)


def _find(staff_id: int) -> Colleague:
    """Raises NoSuchStaff."""
    person = staffing.colleague(staff_id)
    if not _is_visible(person.grants):
        raise staffing.NoSuchStaff
    return person


def _points() -> list[Point]:
    mine = my_points()
    return [point for point in flights.points() if mine is None or point.id in mine]


def _grant(values: dict[str, Any], errors: Errors) -> Grant | None:
    """The role and point that were chosen; adds what is wrong with the point."""
    codes = {point.code: int(point.id) for point in _points()}
    if values.get("point") and values["point"] not in codes:
        errors["point"] = ["wrong_choice"]
    if errors or not values.get("role"):
        return None
    return Grant(Role(values["role"]), codes[values["point"]] if values.get("point") else None)


def _roles() -> list[Role]:
    """The roles that whoever is signed in may give somewhere."""
    places = [None] if my_points() is None else list(my_points() or ())
    return [role for role in Role if any(rights.may_give(known_staff().grants, Grant(role, place)) for place in places)]


def _list(typed: dict[str, str], errors: Errors, refused: ShopError | None) -> str:
    people = [one for one in staffing.colleagues() if _is_visible(one.grants)]
    waiting = [one for one in inviting.waiting(clock.now()) if _is_visible(one.grants)]
    return render_template(
        "backoffice/staff.html", people=people, waiting=waiting, points=_points(), by_id=_by_id(), roles=_roles(),
        typed=typed, errors=errors, refused=refused,
    )  # fmt: skip


def _one(person: Colleague, typed: dict[str, str], errors: Errors, refused: ShopError | None) -> str:
    me, said = known_staff(), request.args.get("said", "")
    return render_template(
        "backoffice/colleague.html", person=person, points=_points(), by_id=_by_id(), roles=_roles(), typed=typed,
        errors=errors, refused=refused, is_me=person.id == me.id, said=said,
        mine=all(rights.may_give(me.grants, grant) for grant in person.grants),
        may_give={grant: rights.may_give(me.grants, grant) for grant in person.grants},
        may_see_log=me.may(Right.SEE_AUDIT) and me.points(Right.SEE_AUDIT) is None,
    )  # fmt: skip


def _by_id() -> dict[int, Point]:
    return {int(point.id): point for point in flights.points()}
