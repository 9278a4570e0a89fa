"""The counters: all of them, one with everything that can be set for it, and a new one."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import fields
from marshmallow.validate import Length
from werkzeug.wrappers import Response

from shop.base import clock, versions
from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.orders import opening
from shop.pickup import packing_shelf_queries
from shop.policies import commands, queries
from shop.policies.points import POINT_SETTINGS
from shop.web.backoffice import forms
from shop.web.backoffice.forms import printable
from shop.web.backoffice.settings.forms import POINT_FORMS, PlaceForm, read_place
from shop.web.backoffice.settings.pages import Change
from shop.web.errors import STATUS
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_points", __name__, url_prefix="/manage/settings/points")
ORDER = tuple(POINT_SETTINGS)
Page = tuple[str, int]


class NewPointForm(PlaceForm):
    code = fields.String(load_default="", validate=[Length(max=16, error="too_long"), printable], error_messages=forms.WORDS)
    airport = fields.String(load_default="", validate=[Length(max=3, error="wrong_choice"), printable], error_messages=forms.WORDS)


NEW_POINT = NewPointForm()


@blueprint.get("/")
def listed() -> str:
    """Every counter, those that are closed for good too."""
    return render_template("backoffice/settings/points.html", points=flights.every_point())


@blueprint.get("/new")
def form() -> str:
    """The empty form of a counter."""
    return _form({"airport": "FRA"}, {}, None)


@blueprint.post("/new")
def make() -> Response | Page:
    """Put a counter up: closed, until it has been given hours and opened."""
    typed = request.form.to_dict()
    values, errors = forms.read(NEW_POINT, typed)
    place = read_place(typed, None, versions.day_of(clock.now()))
    if errors or place.value is None:
        return _form(typed, {**place.errors, **errors}, None), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        commands.create_point(values["code"].upper(), values["airport"], place.value, by=f"staff:{known_staff().id}", now=clock.now())
    except ShopError as refused:
        return _form(typed, dict(refused.fields), refused), STATUS[refused.kind]
    return redirect(url_for(".one", code=values["code"].upper(), made=1), HTTPStatus.SEE_OTHER)


def _form(typed: dict[str, str], errors: dict[str, list[str]], refused: ShopError | None) -> str:
    return render_template(
        "backoffice/settings/point_new.html", typed=typed, errors=errors, refused=refused if not errors else None, facts={},
        airports=[place for place in flights.places() if place.customs_area == "EU"],
    )  # fmt: skip


@blueprint.get("/<code>")
def one(code: str) -> str:
    """What is set for a counter, what still goes there, and what was changed. Raises NoSuchPoint."""
    now = clock.now()
    point = flights.point_by_code(code if code.isprintable() else "")
    today = versions.day_of(now)
    return render_template(
        "backoffice/settings/point.html", point=point, to_come=opening.still_to_come(point.id, now), order=ORDER,
        shown={kind: POINT_FORMS[kind][0](queries.present(kind, code, today).value) for kind in ORDER},
        slots=packing_shelf_queries.shelf_of(point.id), made="made" in request.args,
        changes=[Change(version) for version in versions.history(key=code, limit=20)],
    )  # fmt: skip
