"""Reports as files, for a manager's program: ask, look how far it is, fetch."""

from pathlib import Path
from typing import Any

from flask import Response, g, send_file
from marshmallow import Schema, fields

from shop.base import clock
from shop.exports import asking, permitting, queries
from shop.exports.asking import Actor, Wish
from shop.exports.queries import ExportView
from shop.exports.states import ExportState
from shop.flights import queries as flights
from shop.people.states import DeviceKind
from shop.reports.asked import FILE_KINDS, Day, Header, WrongFilter
from shop.reports.registry import named
from shop.web import guards
from shop.web.api import answers
from shop.web.api.reading import Blueprint, Body, about, choice, idempotency_key, key_parameter, text
from shop.web.api.reading import Day as DayField
from shop.web.api.schemas import LANGUAGES
from shop.web.wiring import settings

TAGS = ["Management"]
WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]
EXPORT_KEY = key_parameter("export", "and body give the same export")
MIMETYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

blueprint = Blueprint("exports", __name__, url_prefix="/exports")


class ExportBody(Body):
    report = text(
        32,
        "`orders`, `order_list`, `by_day`, `by_point`, `by_flight`, `by_campaign`, `by_category`, `by_brand`, `by_product`, …",
    )
    format = choice(FILE_KINDS, "Kind of file", required=True)
    first = DayField(data_key="from", required=True, metadata=about("First day, in Frankfurt"))
    last = DayField(data_key="to", required=True, metadata=about("Last day, included; at most three years later"))
    day = choice(Day, "Which day the period means; else the first that the report goes by")
    header = choice(Header, "Column names in words, technical, or both", load_default=Header.WORDS.value)
    lang = choice(LANGUAGES, "Language of the words", load_default="en")
    filters = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata=about('By name: `{"point": "T1-B42", "state": "collected"}`'),
    )


class Export(Schema):
    id = fields.String(required=True)
    report = fields.String(required=True)
    format = fields.String(required=True)
    state = fields.String(
        required=True, metadata=about("`waiting`, `running`, `done`, `failed`, `cancelled`, `refused`, `expired`")
    )
    rows = fields.Integer(required=True, metadata=about("So far; of the first sheet when it is done"))
    said = fields.String(required=True, allow_none=True, metadata=about("Why it failed or was refused"))
    asked_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    size = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    totals = fields.List(
        fields.Dict(), required=True, allow_none=True, metadata=about("The totals rows, amounts in minor units")
    )
    filters = fields.Dict(required=True)
    file = fields.String(required=True, allow_none=True, metadata=about("Address of the file, when it is there"))


@blueprint.before_request
def only_managers() -> None:
    g.device = guards.bearer(DeviceKind.MANAGER)


@blueprint.after_request
def private(response: Response) -> Response:
    """Business figures are not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("", tags=TAGS)
@blueprint.arguments(ExportBody())
@blueprint.response(202, Export, description="Written down, now or by an earlier request with the same key")
@blueprint.doc(security=WITH_TOKEN, parameters=[EXPORT_KEY])
def ask(body: dict[str, Any]) -> Response:
    """Have a report made

    In the background; ask for it again until it is `done`. A token that is limited to a pickup point gets that point's
    part of the reports that can be narrowed so. Refusals: `unknown_report`, `wrong_filter`, `wrong_period`,
    `may_not_export`, `too_many_exports`, `idempotency_key_missing`, `idempotency_key_reused`.
    """
    wish = Wish(
        body["report"],
        body["format"],
        body["first"],
        body["last"],
        body["lang"],
        body.get("day"),
        body["header"],
        _narrowed(body),
    )
    token = asking.ask(wish, _me(), idempotency_key(), clock.now())
    answer = answers.answer(_shown(queries.export_of(token, _me().key)), 202)
    answer.headers["Location"] = f"/api/v1/exports/{token}"
    return answer


def _narrowed(body: dict[str, Any]) -> dict[str, str]:
    """The filters, and for a token of one pickup point that point. Raises WrongFilter, MayNotExport."""
    filters, mine = dict(body["filters"]), guards.known_device().pickup_point_id
    if mine is None:
        return filters
    own = flights.point_by_id(mine).code
    if "point" not in named(body["report"]).filters:
        raise permitting.MayNotExport
    if filters.get("point", own) != own:
        raise WrongFilter(fields={"filters.point": ["wrong_choice"]})
    return {**filters, "point": own}


@blueprint.get("/<token>", tags=TAGS)
@blueprint.response(200, Export)
@blueprint.doc(security=WITH_TOKEN)
def one(token: str) -> Response:
    """How far an export is"""
    return answers.answer(_shown(queries.export_of(token, _me().key)))


@blueprint.get("/<token>/file", tags=TAGS)
@blueprint.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="text/csv",
    description="The file; a workbook when XLSX was asked for",
)
@blueprint.doc(security=WITH_TOKEN)
def file(token: str) -> Response:
    """The file of an export that is done"""
    me = _me()
    export = queries.export_of(token, me.key)
    permitting.check_actor(me.key, export.report, export.filters)
    path = (Path(settings().export_folder) / f"{export.token}.{export.format}").absolute()
    if export.state is not ExportState.DONE or not path.is_file():
        raise queries.NoSuchExport
    asking.note_fetched(token, me, clock.now())
    return send_file(path, MIMETYPES[export.format], as_attachment=True, download_name=export.file_name)


def _me() -> Actor:
    device = guards.known_device()
    return Actor(f"device:{device.id}", device.name)


def _shown(export: ExportView) -> dict[str, Any]:
    there = export.state is ExportState.DONE
    return {
        "id": export.token, "report": export.report, "format": export.format, "state": export.state.value, "rows": export.rows,
        "said": export.said, "asked_at": answers.moment(export.asked_at),
        "finished_at": answers.moment(export.finished_at) if export.finished_at else None,
        "expires_at": answers.moment(export.expires_at) if export.expires_at else None, "size": export.size,
        "sha256": export.sha256, "totals": export.totals,
        "filters": dict(export.filters), "file": f"/api/v1/exports/{export.token}/file" if there else None,
    }  # fmt: skip
