"""Exports: have a report made in the background, watch it, stop it, fetch its file."""

import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.exports import asking, permitting, queries
from shop.exports.kinds import kind_of
from shop.exports.queries import ExportView
from shop.exports.states import ExportState, NoSuchExportMove
from shop.reports.pages import NUMBERS
from shop.web.backoffice import report_forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_exports", __name__, url_prefix="/manage/exports")
MIMETYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Answer = AnyResponse | tuple[str, int]


@blueprint.get("/")
def listed() -> str:
    """One's own, newest first; those under way keep themselves up to date."""
    return page()


@blueprint.post("/")
def ask() -> Answer:
    """Have a report made. The form's key makes a second press the same wish."""
    sent = request.form.to_dict()
    name, key = sent.pop("report", ""), sent.pop("key", "")[:80]
    read = report_forms.read_report(name, sent, clock.now())
    if read.wish is None:
        return redirect(url_for("backoffice_report.show", name=name, **_address(sent)), HTTPStatus.SEE_OTHER)
    try:
        token = asking.ask(read.wish, report_forms.me(), key or secrets.token_hex(8), clock.now())
    except ShopError as refused:
        return page(refused), STATUS[refused.kind]
    return redirect(url_for("backoffice_exports.one", token=token), HTTPStatus.SEE_OTHER)


def _address(sent: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name in {*report_forms.REPORT.load_fields, "from", "to"}}


@blueprint.get("/<token>")
def one(token: str) -> str:
    """One export of one's own, with its table when it is short and they may still see it. Raises NoSuchExport."""
    return _page(queries.export_of(token, report_forms.me().key))


def _page(export: ExportView, refused: ShopError | None = None) -> str:
    from shop.exports import showing

    may_have = permitting.may_have(known_staff().grants, export.report, export.filters)
    return render_template(
        "backoffice/export.html", export=export, report=kind_of(export.report), refused=refused,
        table=showing.table_of(export, _path(export)) if may_have else None, numbers=NUMBERS,
    )  # fmt: skip


def _path(export: ExportView) -> Path:
    return (Path(settings().export_folder) / f"{export.token}.{export.format}").absolute()


@blueprint.post("/<token>/cancel")
def cancel(token: str) -> Answer:
    return _moved(token, asking.cancel)


@blueprint.post("/<token>/retry")
def retry(token: str) -> Answer:
    return _moved(token, asking.retry)


@blueprint.get("/<token>/file")
def file(token: str) -> Response:
    """The file, for whoever asked for it and may still see it. Raises NoSuchExport, MayNotExport."""
    me = report_forms.me()
    export = queries.export_of(token, me.key)
    permitting.check_actor(me.key, export.report, export.filters)
    path = _path(export)
    if export.state is not ExportState.DONE or not path.is_file():
        raise queries.NoSuchExport
    asking.note_fetched(token, me, clock.now())
    answer = send_file(path, MIMETYPES[export.format], as_attachment=True, download_name=export.file_name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _moved(token: str, move: object) -> Answer:
    try:
        move(token, report_forms.me(), clock.now())  # type: ignore[operator]
    except NoSuchExportMove as refused:
        return _page(queries.export_of(token, report_forms.me().key), refused), STATUS[refused.kind]
    return redirect(url_for("backoffice_exports.one", token=token), HTTPStatus.SEE_OTHER)


def page(refused: ShopError | None = None) -> str:
    """One's own exports, and why another one is refused."""
    exports = queries.exports_of(report_forms.me().key)
    reports = {export.report: kind_of(export.report) for export in exports}
    return render_template("backoffice/exports.html", exports=exports, reports=reports, refused=refused)
