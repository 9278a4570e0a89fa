"""How the counters do: the report of a period, the audit of every scan, and parcels that left twice without network."""

from collections import Counter
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range
from msgspec import Struct
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import Kind, ShopError
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.people import queries as people
from shop.pickup import audit_queries, conflicts, reporting, shifts
from shop.pickup.conflicts import ConflictView, NoSuchConflict
from shop.web.backoffice import forms, periods
from shop.web.errors import STATUS
from shop.web.guards import is_mine, known_staff, my_points

blueprint = Blueprint("backoffice_counter", __name__, url_prefix="/manage/counter")
MANY = 2**31 - 1  # as many rows as an address may number
MOST_DAYS = 31  # the report is a line a day, a device and a point
Page = tuple[str, int]
Errors = dict[str, list[str]]


def _text(longest: int) -> fields.String:
    return fields.String(
        load_default=None, validate=[Length(max=longest, error="too_long"), forms.printable], error_messages=forms.WORDS
    )


def _number() -> fields.Integer:
    return fields.Integer(load_default=None, validate=Range(1, MANY, error="wrong_value"), error_messages=forms.WORDS)


def _day(name: str) -> fields.Date:
    return fields.Date(
        data_key=name,
        load_default=None,
        validate=Range(min=forms.FIRST_DAY, max=forms.LAST_DAY, error="wrong_date"),
        error_messages={**forms.WORDS, "invalid": "wrong_date"},
    )


class ReportFilterForm(forms.Form):
    """The filters of the report as they stand in its address; all may be missing."""

    first = _day("from")
    last = _day("to")
    point = _text(16)


class ScanFilterForm(ReportFilterForm):
    """`device` is a device's number, `order` an order's, `staff` a name; `after` the last scan of the page before."""

    device = _number()
    staff = _text(shifts.LONGEST_NAME)
    order = _text(20)
    after = _number()


class ConflictFilterForm(forms.Form):
    state = fields.String(load_default="open", validate=OneOf(["open", "settled"], error="wrong_choice"))
    point = _text(16)


REPORT, SCANS, CONFLICTS = ReportFilterForm(), ScanFilterForm(), ConflictFilterForm()


class ConflictMovedOn(ShopError):
    """Somebody else has settled it, or with other words."""

    kind, code = Kind.CONFLICT, "conflict_moved_on"


class Hours(Struct, frozen=True):
    """The hand-overs of one point and day by local hour."""

    point: str
    day: date
    by_hour: dict[int, int]


# --- the report -------------------------------------------------------------------------------------------------------


@blueprint.get("/")
def report() -> Page:
    """The scans of a period, added up. An address that makes no sense is said to make none, and nothing is added up."""
    now, points = clock.now(), _points()
    values, errors, typed = _asked(REPORT, points, ("from", "to", "point"))
    first, last = _period(values, errors, typed, now)
    found = None
    if not errors:
        found = reporting.counter_report(forms.start_of(first), forms.end_of(last), point_id=_point_id(values, points))
    shown = render_template(
        "backoffice/counter.html", report=found, hours=_hours(found.hours) if found else ([], []), typed=typed, errors=errors,
        points=points, names=_names(points), periods=periods.offered(now), most_days=MOST_DAYS,
    )  # fmt: skip
    return shown, _status(errors)


def _period(values: dict[str, Any], errors: Errors, typed: dict[str, str], now: datetime) -> tuple[date, date]:
    """From the first to the last day, both included: a missing one is today, or the other one. Says it in `typed` too."""
    today = periods.offered(now)[0].first
    first, last = values.get("first"), values.get("last")
    last = last or max(today, first or today)
    first = first or last
    if not {"from", "to"} & set(errors):
        typed["from"], typed["to"] = first.isoformat(), last.isoformat()
        if last < first:
            errors["to"] = ["wrong_period"]
        elif (last - first).days >= MOST_DAYS:
            errors["period"] = ["too_many_days"]
    return first, last


def _hours(counted: tuple[tuple[str, date, int, int], ...]) -> tuple[list[int], list[Hours]]:
    """The hours of the table, without gaps, and its lines."""
    lines: dict[tuple[str, date], Counter[int]] = {}
    for point, day, hour, count in counted:
        lines.setdefault((point, day), Counter())[hour] += count
    every = [hour for _, _, hour, _ in counted]
    columns = list(range(min(every), max(every) + 1)) if every else []
    return columns, [Hours(point, day, dict(by_hour)) for (point, day), by_hour in lines.items()]


# --- the audit --------------------------------------------------------------------------------------------------------


@blueprint.get("/scans")
def scans() -> Page:
    """Every scan, refused ones too, the last first, 50 a page. Without a day: today's, but of an order all there are."""
    points = _points()
    values, errors, typed = _asked(SCANS, points, ("from", "to", "point", "device", "staff", "order"))
    since = until = None
    if not values.get("order") or values.get("first") or values.get("last"):
        first, last = _period(values, errors, typed, clock.now())
        since, until = forms.start_of(first), forms.end_of(last)
    page = audit_queries.ScanPage([], None)
    if not errors:
        page = audit_queries.scans(
            since=since, until=until, point_id=_point_id(values, points), device_id=values["device"],
            staff=shifts.short_name(values["staff"]), number=values["order"].upper() if values["order"] else None,
            after=values["after"],
        )  # fmt: skip
    shown = render_template(
        "backoffice/scans.html", page=page, typed=typed, errors=errors, points=points, names=_names(points), moment=moment_with_seconds,
        devices=people.devices(my_points()), again={name: text for name, text in typed.items() if text}, is_first=not values.get("after"),
        most_days=MOST_DAYS,
    )  # fmt: skip
    return shown, _status(errors)


def moment_with_seconds(at: datetime, zone: str) -> str:
    """`2026-11-24 09:00:05`: an audit has years and seconds."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


# --- conflicts --------------------------------------------------------------------------------------------------------


@blueprint.get("/conflicts/")
def listed() -> Page:
    """The open conflicts, oldest first; the settled ones, newest first."""
    points = _points()
    values, errors, typed = _asked(CONFLICTS, points, ("state", "point"))
    settled = values.get("state") == "settled"
    found = [] if errors else conflicts.conflicts(point_id=_point_id(values, points), resolved=settled)
    shown = render_template(
        "backoffice/conflicts.html", conflicts=found, typed=typed, errors=errors, points=points, settled=settled,
        most=conflicts.MOST, done=request.args.get("said") == "settled",
    )  # fmt: skip
    return shown, _status(errors)


@blueprint.get(f"/conflicts/<int(max={MANY}):conflict_id>")
def one(conflict_id: int) -> str:
    """One conflict, every scan of its order, and a form that settles it."""
    return _conflict(_find(conflict_id))


@blueprint.post(f"/conflicts/<int(max={MANY}):conflict_id>")
def settle(conflict_id: int) -> Response | Page:
    """The note says what came of it. The same note again by the same person changes nothing."""
    conflict, typed = _find(conflict_id), request.form.get("note", "")
    values, errors = forms.read(forms.NOTE, request.form)
    refused: ShopError | None = None
    if not errors:
        refused = _settle(conflict_id, values["note"])
        if refused is None:
            return redirect(url_for("backoffice_counter.listed", said="settled"), HTTPStatus.SEE_OTHER)
        conflict = _find(conflict_id)
    shown = _conflict(conflict, typed, errors if refused is None else {}, refused)
    return shown, STATUS[refused.kind] if refused else HTTPStatus.BAD_REQUEST


def _settle(conflict_id: int, note: str) -> ShopError | None:
    """Settle it; what speaks against it, if anything does."""
    who = f"staff:{known_staff().id}"
    try:
        conflicts.resolve_conflict(conflict_id, note, who, clock.now())
    except NoSuchConflict:
        settled = _find(conflict_id)
        return None if (settled.resolved_by, settled.resolution) == (who, note) else ConflictMovedOn()
    return None


def _find(conflict_id: int) -> ConflictView:
    conflict = conflicts.conflict_by_id(conflict_id)
    if conflict is None or not is_mine(conflict.point_id):
        abort(HTTPStatus.NOT_FOUND)
    return conflict


def _conflict(conflict: ConflictView, typed: str = "", errors: Errors | None = None, refused: ShopError | None = None) -> str:
    seen = audit_queries.scans(number=conflict.number).items if conflict.number else []
    return render_template(
        "backoffice/conflict.html", conflict=conflict, scans=seen, moment=moment_with_seconds, typed={"note": typed}, errors=errors or {},
        refused=refused,
    )  # fmt: skip


# --- what they have in common -----------------------------------------------------------------------------------------


def _asked(form: forms.Form, points: list[Point], names: tuple[str, ...]) -> tuple[dict[str, Any], Errors, dict[str, str]]:
    """The address's values, what is wrong with it by field, and what it says."""
    values, errors = forms.read(form, request.args)
    typed = {name: request.args.get(name, "") for name in names}
    if my_points() is not None and not typed.get("point"):  # these pages are of one point, or of all of them
        values["point"] = typed["point"] = points[0].code if points else ""
    all_of_them = my_points() is None and not values.get("point")
    if "point" not in errors and not all_of_them and values.get("point") not in {point.code for point in points}:
        errors["point"] = ["wrong_choice"]
    return values, errors, typed


def _points() -> list[Point]:
    return [point for point in flights.points() if is_mine(int(point.id))]


def _point_id(values: dict[str, Any], points: list[Point]) -> int | None:
    return next((int(point.id) for point in points if point.code == values.get("point")), None)


def _names(points: list[Point]) -> dict[str, dict[str, str]]:
    return {point.code: point.name for point in points}


def _status(errors: Errors) -> int:
    return HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
