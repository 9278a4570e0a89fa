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
from shop.people.rights import Right
from shop.reports import pages
from shop.reports.asked import MOST_AT_ONCE, Who, WrongFilter
from shop.reports.declared import Report
from shop.reports.registry import named
from shop.web.backoffice import periods, report_forms
from shop.web.backoffice.reports import begun
from shop.web.errors import STATUS
from shop.web.guards import MayNot, known_staff

blueprint = Blueprint("backoffice_report", __name__, url_prefix="/manage/reports/show")


def may_see(report: Report) -> bool:
    """Whether the member of staff may see this report, at every pickup point."""
    return known_staff().points(Right(report.right)) is None


@blueprint.get("/<name>")
def show(name: str) -> str | tuple[str, int]:
    """Some rows at a time. Looking at the tax evidence is written into the audit log."""
    report = _report(name)
    read = report_forms.read_report(name, request.args, clock.now())
    if read.wish is None:
        return _page(report, read, None), HTTPStatus.BAD_REQUEST
    try:
        asked = read.wish.asked()
        page = pages.page_of(asked, read.page)
    except (WrongFilter, asking.rules.WrongExportPeriod) as refused:
        return _page(report, report_forms.Typed(read.typed, dict(refused.fields), None), None), STATUS[refused.kind]
    asking.note_look(asked, report_forms.me(), "page", clock.now())
    return _page(report, read, page)


@blueprint.get("/<name>/file")
def file(name: str) -> Response | AnyResponse | tuple[str, int]:
    """The file at once, while it is short enough to wait for; else the page says how to get it."""
    report = _report(name)
    read = report_forms.read_report(name, request.args, clock.now())
    permitting.check_grants(known_staff().grants, name)
    if read.wish is None:
        return _page(report, read, None), HTTPStatus.BAD_REQUEST
    asked = read.wish.asked()
    from shop.reports import files  # the writers are loaded by those who download, not by every process at its start

    if files.rows_of(asked) > MOST_AT_ONCE:
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
        if value and name in {*report_forms.REPORT.load_fields, "from", "to"}
    }
    kept.pop("page", None)
    return render_template(
        "backoffice/report_show.html", report=report, typed=read.typed, errors=read.errors, page=page, kept=kept, lang=g.lang,
        points=flights.points() if "point" in report.filters else [], periods=periods.offered(clock.now()),
        too_many=page is not None and page.count > MOST_AT_ONCE, may_export=known_staff().points(Right.EXPORT) is None,
        spans=list(Span), most=MOST_AT_ONCE, numbers=pages.NUMBERS, key=secrets.token_urlsafe(12),
    )  # fmt: skip
