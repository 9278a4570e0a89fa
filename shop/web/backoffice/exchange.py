"""The catalogue as a file: download it, send one in, see line by line what it would do, then do it."""

import secrets
import tempfile
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    g,
    get_template_attribute,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import rows as products
from shop.exchange import commands, exporting, queries
from shop.exchange.column_words import hint
from shop.exchange.columns import BY_NAME, COLUMNS, shown
from shop.exchange.queries import ImportView, LineView
from shop.exchange.states import AT_WORK, CHECK_AGAIN, ImportState, Outcome
from shop.exports import catalogue as whole_catalogue
from shop.sheets.limits import LARGEST_FILE, MOST_ROWS
from shop.sheets.refusals import UnreadableFile
from shop.sheets.writing import MIMETYPES, Drained, Form, Head, csv_chunks
from shop.web.backoffice import report_forms
from shop.web.backoffice.exports import page as exports_page
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.templates import FRANKFURT
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_exchange", __name__, url_prefix="/manage/exchange")
UPLOAD = "backoffice_exchange.upload"
MANY = 2**31 - 1
MOST_AT_ONCE = 1000  # products: more are made in the background
REFRESH_SECONDS = 2
LOOKED_AT_FIRST = (Outcome.FAULT, Outcome.CHANGED, Outcome.NEW, Outcome.UNCHANGED)


@blueprint.before_request
def _let_files_in() -> None:
    """Before anybody reads the form: a catalogue is larger than any other body."""
    if request.endpoint == UPLOAD:
        request.max_content_length = LARGEST_FILE + 64 * 1024


@blueprint.get("/")
def overview() -> str:
    """Download, upload, and what was uploaded lately."""
    return _overview()


def _overview(refused: ShopError | None = None) -> str:
    return render_template(
        "backoffice/exchange.html", imports=queries.latest(), columns=COLUMNS, hint=lambda name: hint(name, g.lang), lang=g.lang,
        refused=refused, at_once=products.how_many() <= MOST_AT_ONCE, key=secrets.token_urlsafe(12), most_rows=MOST_ROWS,
        most_megabytes=LARGEST_FILE >> 20,
    )  # fmt: skip


@blueprint.post("/")
def upload() -> Answer | tuple[str, int]:
    """Keep the file, and have the worker look at it."""
    file = request.files.get("file")
    try:
        if file is None:
            raise UnreadableFile("empty")
        kept = commands.take_in(file.stream, file.filename or "", settings().currency, _by_me(), clock.now())
    except UnreadableFile as refused:
        return _overview(refused), STATUS[refused.kind]
    return _to(kept)


@blueprint.get(f"/<int(max={MANY}):import_id>")
def one(import_id: int) -> Response:
    """What became of an import. While the worker is at it, the page loads itself anew."""
    return _one(queries.one(import_id))


def _one(found: ImportView, refused: ShopError | None = None) -> Response:
    show = request.args.get("show", "")
    chosen = Outcome(show) if show in set(Outcome) else None
    if not show:
        chosen = next((outcome for outcome in LOOKED_AT_FIRST if found.count(outcome)), None)
    after = request.args.get("after", 0, type=int)
    ready = found.state not in AT_WORK
    page = queries.lines(found.id, chosen, min(max(after, 0), MANY)) if ready else None
    answer = Response(
        render_template(
            "backoffice/exchange_import.html", found=found, page=page, chosen=chosen, after=after, refused=refused, at_work=not ready,
            may_apply=found.state is ImportState.CHECKED and found.new + found.changed > 0, may_check=found.state in CHECK_AGAIN,
            outcomes=LOOKED_AT_FIRST, label=lambda name: BY_NAME[name].label(g.lang), show=lambda name, value: shown(BY_NAME[name], value),
        ),
        status=STATUS[refused.kind] if refused else HTTPStatus.OK,
    )  # fmt: skip
    if not ready and refused is None:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


@blueprint.post(f"/<int(max={MANY}):import_id>/apply")
def apply(import_id: int) -> Answer:
    """Have exactly that done which the page has shown. Harmless twice."""
    run = request.form.get("run", "")
    try:
        commands.confirm(import_id, int(run) if run.isdecimal() and len(run) < 10 else -1, _by_me(), clock.now())
    except commands.NotToBeApplied as refused:
        return _one(queries.one(import_id), refused)
    return _to(import_id)


@blueprint.post(f"/<int(max={MANY}):import_id>/check")
def check(import_id: int) -> Answer:
    """Have it compared with the catalogue as it is now."""
    try:
        commands.check_again(import_id, clock.now())
    except commands.NotToBeChecked as refused:
        return _one(queries.one(import_id), refused)
    return _to(import_id)


@blueprint.get(f"/<int(max={MANY}):import_id>/report.csv")
def report(import_id: int) -> Response:
    """Every line of the check, and what would come of it, as CSV in the reader's language."""
    found = queries.one(import_id)
    names = ("outcome_words", "fault_words", "report_head")
    words = {name: get_template_attribute("backoffice/_exchange_words.html", name) for name in names}
    heads = [
        Head(name, _said(words["report_head"](name)), Form.ID if name == "sku" else Form.TEXT)
        for name in ("line", "sku", "outcome", "column", "before", "after", "problem")
    ]
    rows = (row for line in queries.every_line(found.id) for row in _report_rows(line, words))
    answer = Response(stream_with_context(csv_chunks(heads, rows, g.lang)), mimetype=MIMETYPES["csv"])
    answer.headers.set("Content-Disposition", "attachment", filename=f"import-{found.id}.csv")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _report_rows(line: LineView, words: dict[str, Any]) -> Iterator[list[str]]:
    start = [str(line.line), line.sku, _said(words["outcome_words"](line.outcome.value))]
    for fault in line.faults:
        yield [*start, fault["column"], "", fault["text"], _said(words["fault_words"](fault))]
    for name, (before, after) in line.changes.items():
        yield [*start, name, shown(BY_NAME[name], before), shown(BY_NAME[name], after), ""]
    if not line.faults and not line.changes:
        yield [*start, "", "", "", ""]


def _said(words: Any) -> str:
    """A macro's words as plain text."""
    return " ".join(words.unescape().split())


@blueprint.get("/catalogue")
def catalogue() -> Answer:
    """The whole catalogue at once, while it is short enough to wait for; else the page has it made in the background."""
    kind, now = _kind(), clock.now()
    if products.how_many() > MOST_AT_ONCE:
        return redirect(url_for("backoffice_exchange.overview"), HTTPStatus.SEE_OTHER)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    try:
        exporting.write_catalogue(file, kind, g.lang, now)
    except BaseException:
        file.close()
        raise
    return _download(file, f"catalogue-{_today(now)}.{kind}", kind)


@blueprint.post("/catalogue")
def make_catalogue() -> Answer | tuple[str, int]:
    """Have it made in the background, as every other export. The form's key makes a second press the same wish."""
    key = request.form.get("key", "")[:80] or secrets.token_hex(8)
    try:
        token = whole_catalogue.ask(request.form.get("format", ""), g.lang, report_forms.me(), key, clock.now())
    except ShopError as refused:
        return exports_page(refused), STATUS[refused.kind]
    return redirect(url_for("backoffice_exports.one", token=token), HTTPStatus.SEE_OTHER)


@blueprint.get("/template")
def template() -> Response:
    """A file to start from."""
    kind = _kind()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    exporting.write_template(file, kind, g.lang)
    return _download(file, f"catalogue-template.{kind}", kind)


def _download(file: Any, name: str, kind: str) -> Response:
    answer = Response(Drained(file), mimetype=MIMETYPES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _kind() -> str:
    kind = request.args.get("format", "")
    return kind if kind in exporting.FORMATS else exporting.FORMATS[0]


def _today(now: datetime) -> str:
    return now.astimezone(ZoneInfo(FRANKFURT)).date().isoformat()


def _by_me() -> str:
    return f"staff:{known_staff().id}"


def _to(import_id: int) -> Answer:
    return redirect(url_for("backoffice_exchange.one", import_id=import_id), HTTPStatus.SEE_OTHER)
