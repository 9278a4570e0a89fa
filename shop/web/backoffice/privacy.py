"""What is kept of people and what is due to be forgotten; a traveller's file, and erasing a traveller, in two steps."""

import json
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.campaigns import rules as campaign_rules
from shop.privacy import commands, fields, forgetting, queries, rules, telling
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import settings

blueprint = Blueprint("backoffice_privacy", __name__, url_prefix="/manage/privacy")
Page = tuple[str, int]


@blueprint.get("/")
def overview() -> str:
    """The table of personal fields, how much is due by each rule, and what was forgotten lately."""
    years = settings().evidence_years
    return render_template(
        "backoffice/privacy.html", fields=list(fields.PERSONAL.values()), due=forgetting.due(clock.now(), years), years=years,
        forgotten=queries.forgotten(), flown=rules.FLOWN.days, unpaid=rules.UNPAID.days, idle=rules.IDLE.days,
        refundable=rules.REFUNDABLE.days, book_years=rules.BOOK_YEARS, most=forgetting.COUNTED_UP_TO, answered=rules.ANSWERED.days,
        touched=campaign_rules.KEPT.days,
    )  # fmt: skip


@blueprint.get("/traveller")
def look() -> Page:
    """The traveller of an order (`order` in the address), without a name: what there is, and what can be done."""
    return _traveller(request.args.get("order", "").strip().upper(), None)


@blueprint.post("/traveller/data")
def tell() -> Response | Page:
    """The traveller's file, for the traveller who asked for it. It is written down who fetched it."""
    number = request.form.get("order", "").strip().upper()
    try:
        found = _find(number)
        told = telling.tell(found, settings().evidence_years, clock.now())
        commands.note_telling(found, by=_who(), now=clock.now())
    except ShopError as refused:
        return _traveller(number, refused)
    answer = Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="traveller-of-{number}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/traveller/erase")
def erase() -> AnyResponse | Page:
    """The second step: the number of the order is typed once more."""
    number = request.form.get("order", "").strip().upper()
    if request.form.get("again", "").strip().upper() != number:
        return _traveller(number, None, wrong_again=True)
    try:
        orders = commands.erase(_find(number), by=_who(), now=clock.now())
    except ShopError as refused:
        return _traveller(number, refused)
    return redirect(url_for(".look", erased=orders), HTTPStatus.SEE_OTHER)


def _find(number: str) -> TravellerId:
    return queries.traveller_of(number if number.isalnum() and number.isascii() and len(number) <= 16 else "")


def _who() -> str:
    return f"staff:{known_staff().id}"


def _traveller(number: str, refused: ShopError | None, *, wrong_again: bool = False) -> Page:
    account = None
    if number:
        try:
            account = queries.account(_find(number))
        except ShopError as none:
            refused = refused or none
    status = STATUS[refused.kind] if refused else HTTPStatus.UNPROCESSABLE_ENTITY if wrong_again else HTTPStatus.OK
    shown = render_template(
        "backoffice/privacy_traveller.html", number=number, account=account, refused=refused, wrong_again=wrong_again,
        erased=request.args.get("erased", type=int),
    )  # fmt: skip
    return shown, status
