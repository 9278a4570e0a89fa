"""Reports under a name, and when they are made by themselves."""

from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.exports import permitting, queries, rules, saving
from shop.exports.queries import SavedView
from shop.exports.rules import PRESETS, WrongRule
from shop.flights import queries as flights
from shop.reports.registry import named
from shop.web.backoffice import forms, periods, report_forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import wiring

blueprint = Blueprint("backoffice_saved", __name__, url_prefix="/manage/reports/saved")
PREVIEWED = 5
USUAL = {"every": "daily", "at": "06:30", "way": "mail"}
Answer = Response | tuple[str, int]


@blueprint.get("/")
def listed() -> str:
    """One's own and the shared ones that they may see."""
    known = {point.code: int(point.id) for point in flights.every_point()}
    found = [one for one in queries.saved_reports(known_staff().id) if _opens(one, known)]
    return render_template(
        "backoffice/saved.html", saved=found, reports={one.report: named(one.report) for one in found}, lang=g.lang
    )


@blueprint.post("/")
def save() -> Answer:
    """Keep a report. What was wrong is said on the report's page."""
    sent = request.form.to_dict()
    name = sent.get("report", "")
    named(name)
    values, errors = forms.read(report_forms.SAVE, sent)
    if not errors:
        try:
            key = saving.save(
                report_forms.kept_of(name, values), report_forms.me(), periods.today(clock.now()), clock.now()
            )
            return redirect(url_for("backoffice_saved.one", saved_id=key), HTTPStatus.SEE_OTHER)
        except ShopError as refused:
            errors = dict(refused.fields) or {"name": [refused.code]}
    page = render_template(
        "backoffice/save_again.html", report=named(name), typed=sent, errors=errors, spans=list(rules.Span), lang=g.lang
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get("/<int(max=2147483647):saved_id>")
def one(saved_id: int) -> str:
    """A saved report with its schedules. Raises NoSuchSavedReport."""
    return _page(_found(saved_id), USUAL, {})


def _found(saved_id: int) -> SavedView:
    """Raises NoSuchSavedReport, also for a shared one of a report or a pickup point that they may not see."""
    saved = queries.saved_report(saved_id, known_staff().id)
    if not _opens(saved):
        raise queries.NoSuchSavedReport
    return saved


def _opens(saved: SavedView, known: permitting.Keys | None = None) -> bool:
    mine = saved.owner_id == known_staff().id  # one's own can be seen and ended, also after a right was lost
    return mine or permitting.may_see(known_staff().grants, saved.report, saved.filters, known)


@blueprint.post("/<int(max=2147483647):saved_id>/delete")
def delete(saved_id: int) -> Response:
    """Raises NoSuchSavedReport, also for a shared one of somebody else."""
    saving.forget(saved_id, report_forms.me(), clock.now())
    return redirect(url_for("backoffice_saved.listed"), HTTPStatus.SEE_OTHER)


@blueprint.post("/<int(max=2147483647):saved_id>/schedules")
def plan(saved_id: int) -> str | Answer:
    """Plan it, or with the button `preview` only show when it would run."""
    saved, typed, now = _found(saved_id), request.form.to_dict(), clock.now()
    values, errors = forms.read(report_forms.PLAN, typed)
    rule = values.get("rule", "") if values.get("every") == "rule" else PRESETS.get(values.get("every", ""), "")
    runs = []
    if "at" in values and "every" in values:
        try:
            runs = rules.runs_after(rule, periods.today(now), values["at"], now, PREVIEWED)
            if not runs:
                raise WrongRule
        except WrongRule as refused:
            errors |= {name: list(codes) for name, codes in refused.fields.items()}
    if errors and ("preview" not in typed or not runs):
        return _page(saved, typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    if "preview" in typed:
        return _page(saved, typed, {}, runs)
    wanted = saving.Plan(rule, values["at"].replace(second=0, microsecond=0), values["way"], values["target"])
    try:
        saving.plan(saved_id, wanted, wiring().ways.names, report_forms.me(), periods.today(now), now)
    except ShopError as refused:
        return _page(saved, typed, dict(refused.fields) or {"way": [refused.code]}), STATUS[refused.kind]
    return redirect(url_for("backoffice_saved.one", saved_id=saved_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/schedules/<int(max=2147483647):schedule_id>/end")
def end(schedule_id: int) -> Response:
    """Raises NoSuchSchedule."""
    saving.end_plan(schedule_id, report_forms.me(), clock.now())
    return redirect(url_for("backoffice_saved.listed"), HTTPStatus.SEE_OTHER)


def _page(saved: SavedView, typed: dict[str, str], errors: dict[str, list[str]], runs: object = ()) -> str:
    return render_template(
        "backoffice/saved_one.html", saved=saved, report=named(saved.report), typed=typed, errors=errors, runs=runs, lang=g.lang,
        ways=sorted(wiring().ways.names), me=known_staff().id,
        may_plan=permitting.may_have(known_staff().grants, saved.report, saved.filters),
        mine=saved.owner_id == known_staff().id, days=_days(saved),
    )  # fmt: skip


def _days(saved: SavedView) -> dict[str, str]:
    """The days that it means today, as the report's address names them; nothing for a report without days."""
    if not named(saved.report).days:
        return {}
    fixed = saved.first_day and saved.last_day
    first, last = (saved.first_day, saved.last_day) if fixed else rules.days_of(rules.Span(saved.span), periods.today(clock.now()))
    return {"from": str(first), "to": str(last)}
