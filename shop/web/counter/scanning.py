"""The scan page: look first, then hand over; and take that back. Every answer is a page, also to rubbish and forgeries."""

from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup import commands as pickup
from shop.pickup import undoing
from shop.pickup.checks import identity_field
from shop.pickup.commands import Asked
from shop.web.counter import forms, pages, shift
from shop.web.errors import STATUS
from shop.web.guards import known_device
from shop.web.wiring import settings

LONGEST_TYPED = 40  # more than a code or a label, less than a boarding pass
CLOCKS_DIFFER = timedelta(days=1)  # a look from the day before is too old to hand over from

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


@blueprint.get("/")
def home() -> str:
    """An empty scan box, and whose travellers are on the way. The page asks again by itself."""
    return pages.ready_to_scan()


@blueprint.get("/look")
@blueprint.get("/scan")
@blueprint.get("/undo")
def back() -> Response:
    """Somebody typed the address of an answer: there is nothing to answer."""
    return redirect(url_for("counter.home"))


@blueprint.post("/look")
def look() -> str | tuple[str, int]:
    """What is in the parcel, and what a hand-over would answer. Changes nothing; what is refused is in the audit."""
    values, errors = forms.read(forms.LOOK, request.form)
    if errors:
        return pages.ready_to_scan(errors=errors), HTTPStatus.BAD_REQUEST
    now = clock.now()
    asked = Asked(
        values["code"], forms.scan_id(values["scan_id"]), values["scanned_at"] or now, staff=shift.at_the_counter()
    )
    on_pass, found_by = forms.on_pass(request.form), forms.found_by(request.form)
    outcome = pickup.look_as_scan(
        asked, known_device(), settings().secret_key, now, on_pass=on_pass, found_by=found_by, beside=values["beside"]
    )
    return pages.looked(outcome, values["code"], now, scanned_at=values["scanned_at"])


@blueprint.post("/scan")
def scan() -> str | tuple[str, int]:
    """Hand the parcel over, and say how that went. The same `scan_id` again gets the same answer."""
    values, errors = forms.read(forms.HAND_OVER, request.form)
    now = clock.now()
    if not errors and not _is_fresh(values["shown_at"], now):
        errors = {"shown_at": ["scan_too_old"]}
    if errors:
        return pages.ready_to_scan(typed=_typed(request.form.get("code", "")), errors=errors), HTTPStatus.BAD_REQUEST
    shown_at, scanned_at = values["shown_at"], values["scanned_at"]
    asked = Asked(
        values["code"], values["scan_id"], scanned_at or shown_at or now, checks=forms.checks(request.form),
        lines=forms.given(request.form), shown_at=shown_at, staff=shift.at_the_counter(),
    )  # fmt: skip
    try:
        found_by = forms.found_by(request.form)
        outcome = pickup.hand_over(asked, known_device(), settings().secret_key, now, found_by=found_by)
    except ShopError as refusal:
        errors = refusal.fields or {"code": [refusal.code]}
        return pages.ready_to_scan(typed=_typed(values["code"]), errors=errors), STATUS[refusal.kind]
    return pages.answered(outcome, times=pages.Times(shown_at or now, scanned_at), done=values["scan_id"], typed_before=request.form)


@blueprint.post("/undo")
def undo() -> str | tuple[str, int]:
    """Take the hand-over of a scan back. Sent twice it does the same as once."""
    values, errors = forms.read(forms.UNDO, request.form)
    if errors:
        return pages.ready_to_scan(errors=errors), HTTPStatus.BAD_REQUEST
    try:
        taken_back = undoing.undo(values["scan_id"], known_device(), clock.now())
    except ShopError as refusal:
        return pages.ready_to_scan(errors={"scan_id": [refusal.code]}), STATUS[refusal.kind]
    return pages.undone(taken_back.number)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Forget the device's token on this browser."""
    session.pop("device_token", None)
    session.pop("csrf", None)
    return redirect(url_for("counter_sign_in.form"), HTTPStatus.SEE_OTHER)


@blueprint.app_template_global("may_be_read")
def may_be_read(name: str, text: str) -> bool:
    """Whether a field of a passport can be what was typed."""
    return identity_field(name, text) is not None


def _typed(text: str) -> str:
    """What the scan box shows again; a boarding pass is not written into a page."""
    return text if len(text) <= LONGEST_TYPED else ""


def _is_fresh(shown_at: datetime | None, now: datetime) -> bool:
    return shown_at is None or abs(shown_at - now) <= CLOCKS_DIFFER
