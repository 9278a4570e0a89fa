"""Who is at this counter: asked once per shift, kept in the device's own cookie, and said with every scan from then on."""

from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.pickup import scan_box, shifts
from shop.web.counter.forms import LONGEST_SCAN
from shop.web.guards import known_device
from shop.web.wiring import settings

KEPT = "counter_staff"

blueprint = Blueprint("counter_shift", __name__, url_prefix="/counter/shift")


@blueprint.get("")
def form() -> str:
    """The question, with the names of lately to choose from."""
    return _page()


@blueprint.post("")
def begin() -> Response | tuple[str, int]:
    """Somebody else is here now; an empty name: nobody says who. A code is no name: it would stay in the audit for all to read."""
    typed, now = request.form.get("name", "")[:LONGEST_SCAN], clock.now()
    if _is_code(typed, now):
        return _page(errors={"name": ["not_a_name"]}), HTTPStatus.BAD_REQUEST
    name = shifts.short_name(typed)
    session.pop(KEPT, None)
    if name:
        session[KEPT] = {"name": name, "since": now.isoformat(), "device": known_device().id}
    return redirect(url_for("counter.home"), HTTPStatus.SEE_OTHER)


def at_the_counter() -> str | None:
    """The name of who is at this counter, for pages and scans; None: nobody said, or their shift is over."""
    kept = _kept(clock.now())
    return kept[0] if kept else None


def for_the_browser() -> dict[str, str] | None:
    """The same for the time without network: the name, and until when it may be said (RFC 3339)."""
    kept = _kept(clock.now())
    return {"name": kept[0], "until": (kept[1] + shifts.LONGEST_SHIFT).isoformat()} if kept else None


def name_said(text: str | None, now: datetime) -> str | None:
    """The name that a page says with a scan from the time without network; a code is none."""
    return None if text is None or _is_code(text, now) else shifts.short_name(text)


def _is_code(text: str, now: datetime) -> bool:
    return not isinstance(scan_box.what_is(text, settings().secret_key, now.date()), scan_box.NotKnown)


def _kept(now: datetime) -> tuple[str, datetime] | None:
    """The name and since when; not that of another device that was signed in on this browser before."""
    kept = session.get(KEPT)
    if kept is None or kept["device"] != known_device().id:
        return None
    since = datetime.fromisoformat(kept["since"])
    return None if shifts.is_over(since, now) else (kept["name"], since)


def _page(errors: dict[str, list[str]] | None = None) -> str:
    device = known_device()
    return render_template(
        "counter/shift.html", device=device, names=shifts.names_of_late(device, clock.now()), present=at_the_counter(),
        errors=errors or {},
    )  # fmt: skip


blueprint.add_app_template_global(at_the_counter)
