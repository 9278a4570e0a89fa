"""Counter tablets, packing phones and programs: who has a token, making one, taking one back."""

from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.ids import DeviceId
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.people import commands as people
from shop.people import queries as known
from shop.people.rights import DEVICES, rights_at
from shop.people.states import DeviceKind
from shop.web.backoffice import forms
from shop.web.guards import is_mine, known_staff, my_points

blueprint = Blueprint("backoffice_devices", __name__, url_prefix="/manage/devices")
MANY = 2**31 - 1  # as many devices as an address may number


@blueprint.get("/")
def listed() -> str:
    """Every device, and a form for a new one."""
    return _page({"kind": DeviceKind.COUNTER.value}, {})


@blueprint.post("/")
def make() -> Response | tuple[str, int]:
    """Make a device and show its token: this once, and in no cache."""
    values, errors = forms.read(forms.DEVICE, request.form)
    points = {point.code: point for point in _points()}
    if values.get("point") and values["point"] not in points:
        errors["point"] = ["wrong_choice"]
    elif not values.get("point") and my_points() is not None:
        errors["point"] = ["missing"]
    kind = DeviceKind(values["kind"]) if values.get("kind") else None
    if kind is not None and not DEVICES[kind] <= rights_at(known_staff().grants, _key(points.get(values.get("point") or ""))):
        errors["kind"] = ["may_not_give"]
    if errors or kind is None:
        return _page(request.form.to_dict(), errors), HTTPStatus.BAD_REQUEST
    point = points.get(values["point"] or "")
    token = people.create_device(values["name"], kind, point.id if point else None, known_staff().id, clock.now())
    answer = make_response(
        render_template("backoffice/device_made.html", name=values["name"], kind=kind, point=point, token=token),
        HTTPStatus.CREATED,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post(f"/<int(max={MANY}):device_id>/revoke")
def revoke(device_id: int) -> AnyResponse:
    """Take a device's token back. Harmless twice; a device of another's pickup point is not there."""
    if not people.revoke_device(DeviceId(device_id), clock.now(), revoked_by=known_staff().id, points=my_points()):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("backoffice_devices.listed"), HTTPStatus.SEE_OTHER)


def _points() -> list[Point]:
    return [point for point in flights.points() if is_mine(int(point.id))]


def _key(point: Point | None) -> int | None:
    return int(point.id) if point else None


def _page(typed: dict[str, str], errors: dict[str, list[str]]) -> str:
    every = flights.points()
    return render_template(
        "backoffice/devices.html", devices=known.devices(my_points()), points=_points(), by_id={point.id: point for point in every},
        kinds=list(DeviceKind), typed=typed, errors=errors,
    )  # fmt: skip
