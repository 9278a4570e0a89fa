"""Every report as a page with filters and totals, and its file."""

import secrets
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.exports import asking, permitting
from shop.exports.rules import Span
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.people.rights import Right
from shop.reports import pages
from shop.reports.asked import MOST_AT_ONCE, Who, WrongFilter
from shop.reports.declared import Report
from shop.reports.registry import named
from shop.web.backoffice import periods, report_forms
from shop.web.backoffice.reports import begun
from shop.web.errors import STATUS
from shop.web.guards import MayNot, known_staff

OF_ONE_LOOK = {"page", "after", "before", "last", "wait", "format", "header"}  # of what was typed, not part of the wish

blueprint = Blueprint("backoffice_report", __name__, url_prefix="/manage/reports/show")


def may_see(report: Report) -> bool:
    """Whether the member of staff may see this report: of every pickup point, or of their own where it can be had of one."""
    points = known_staff().points(Right(report.right))
    return points is None or (bool(points) and "point" in report.filters)


def _points(report: Report) -> list[Point]:
    """The pickup points that they may see the report of."""
    mine = known_staff().points(Right(report.right))
    return [point for point in flights.every_point() if mine is None or int(point.id) in mine]


def _read(report: Report) -> report_forms.Typed:
    """What was typed; of somebody who has some pickup points it is about one of these, the first unless they say which."""
    points = _points(report)
    if known_staff().points(Right(report.right)) is None:
        return report_forms.read_report(report.name, request.args, clock.now())
    if not points:
        raise MayNot
    sent = {**request.args.to_dict(), "point": request.args.get("point", "").strip() or points[0].code}
    read = report_forms.read_report(report.name, sent, clock.now())
    if sent["point"] not in {point.code for point in points}:
        read = report_forms.Typed(read.typed, {**read.errors, "point": ["wrong_choice"]}, None)
    return read


@blueprint.get("/<name>")
def show(name: str) -> str | tuple[str, int]:
    """Some rows at a time. Looking at the tax evidence is written into the audit log."""
    report = _report(name)
    read = _read(report)
    if read.wish is None:
        return _page(report, read, None), HTTPStatus.BAD_REQUEST
    try:
        asked = read.wish.asked()
        page = pages.page_of(asked, read.turn, patient=read.patient)
    except (WrongFilter, asking.rules.WrongExportPeriod, pages.WrongPlace, pages.TooLong) as refused:
        return _page(report, report_forms.Typed(read.typed, dict(refused.fields), None), None), STATUS[refused.kind]
    asking.note_look(asked, report_forms.me(), "page", clock.now())
    return _page(report, read, page)


@blueprint.get("/<name>/file")
def file(name: str) -> Response | AnyResponse | tuple[str, int]:
    """The file at once, while it is short enough to wait for; else the page says how to get it."""
    report = _report(name)
    read = _read(report)
    if read.wish is None:
        return _page(report, read, None), HTTPStatus.BAD_REQUEST
    permitting.check_grants(known_staff().grants, name, read.wish.filters)
    asked = read.wish.asked()
    from shop.reports import files  # the writers are loaded by those who download, not by every process at its start

    if not files.is_quick(asked):
        return redirect(url_for("backoffice_report.show", name=name, **_again()), HTTPStatus.SEE_OTHER)
    asking.note_look(asked, report_forms.me(), read.wish.format, clock.now())
    made = files.report_file(asked, read.wish.format, Who(known_staff().name, clock.now()))  # type: ignore[arg-type]
    answer = Response(stream_with_context(begun(made.chunks)), mimetype=made.mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _again() -> dict[str, Any]:
    """The address as it was typed, for another page."""
    return {
        name: value for name, value in request.args.items() if name in {*report_forms.REPORT.load_fields, "from", "to"}
    }


def _report(name: str) -> Report:
    """Raises UnknownReport, MayNot."""
    report = named(name)
    if not may_see(report):
        raise MayNot
    return report


def _page(report: Report, read: report_forms.Typed, page: pages.Page | None) -> str:
    kept = {
        name: value
        for name, value in read.typed.items()
        if value and name in ({*report_forms.REPORT.load_fields, "from", "to"} - OF_ONE_LOOK)
    }
    every, points = known_staff().points(Right(report.right)) is None, _points(report)
    return render_template(
        "backoffice/report_show.html", report=report, typed=read.typed, errors=read.errors, page=page, kept=kept, lang=g.lang,
        points=points if "point" in report.filters else [], every_point=every,
        periods=[*periods.offered(clock.now()), *periods.years(clock.now())],
        too_many=page is not None and (page.long or page.count > MOST_AT_ONCE),
        may_export=permitting.may_have(known_staff().grants, report.name, kept),
        too_long=any("report_too_long" in codes for codes in read.errors.values()),
        spans=list(Span), most=MOST_AT_ONCE, numbers=pages.NUMBERS, key=secrets.token_urlsafe(12),
    )  # fmt: skip
