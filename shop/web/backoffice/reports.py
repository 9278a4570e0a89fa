"""The order report: choose a period and a format, get a file that is written while it is sent."""

from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, Response, g, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.reports.registry import REPORTS
from shop.web.backoffice import forms, periods
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_reports", __name__, url_prefix="/manage/reports")


@blueprint.get("/")
def form() -> str:
    """Asks for the period; `from` and `to` in the address fill it in."""
    first, last = periods.usual(clock.now())
    typed = {"from": first.isoformat(), "to": last.isoformat(), "format": "xlsx", **request.args.to_dict()}
    return _page(typed, {})


@blueprint.get("/orders")
def orders() -> Response | AnyResponse | tuple[str, int]:
    """The file, for orders placed from the first to the last day, both included, in Frankfurt's time."""
    values, errors = forms.read(forms.REPORT, request.args)
    if errors:
        return _page(request.args.to_dict(), errors), HTTPStatus.BAD_REQUEST
    since, until = forms.start_of(values["first"]), forms.end_of(values["last"])
    from shop.reports import files  # the writers are loaded by those who download, not by every process at its start
    from shop.reports.asked import Asked, Who
    from shop.reports.period import Period

    asked = Asked("orders", Period(since, until), g.lang)
    if not files.is_quick(asked):  # made in the background: the page says how
        typed = {"from": request.args["from"], "to": request.args["to"], "format": values["format"]}
        return redirect(url_for("backoffice_report.show", name="orders", **typed), HTTPStatus.SEE_OTHER)
    report = files.report_file(asked, values["format"], Who(known_staff().name, clock.now()))
    answer = Response(stream_with_context(begun(report.chunks)), mimetype=report.mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=report.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first one made at once: what goes wrong at the start is a page, not half a file."""
    first = next(chunks, b"")

    def flow() -> Iterator[bytes]:
        yield first
        yield from chunks

    return flow()


def _page(typed: dict[str, str], errors: dict[str, list[str]]) -> str:
    from shop.web.backoffice.report_pages import may_see  # which needs `begun`

    seen = [report for report in REPORTS.values() if may_see(report)]
    return render_template(
        "backoffice/report.html", typed=typed, errors=errors, periods=periods.offered(clock.now()), reports=seen, lang=g.lang
    )
