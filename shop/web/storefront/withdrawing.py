"""The withdrawal function (BGB § 356a): two steps, open to everybody, without signing in; and its acknowledgement."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, g, redirect, render_template, request, session, url_for
from msgspec import Struct, field
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.base.versions import Value, day_of
from shop.contracts import commands, papers, queries
from shop.contracts.commands import Declaration
from shop.contracts.queries import WithdrawalView
from shop.contracts.rules import NoSuchWithdrawal
from shop.orders import queries as orders
from shop.orders.queries import NoSuchOrder
from shop.policies import queries as policies
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import forms
from shop.web.storefront.papers import as_pdf
from shop.web.wiring import wiring

blueprint = Blueprint("withdrawal", __name__, url_prefix="/withdraw")
FIELDS = ("number", "name", "email", "code", "wish")
LONGEST = 1200


class Asked(Struct, frozen=True):
    """One view of the form or of its second step."""

    said: Mapping[str, str]
    key: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    refused: ShopError | None = None


@blueprint.get("")
def form() -> str:
    """The first step. `number` in the address fills in an order; the name too, when it is the signed-in traveller's own."""
    said = dict.fromkeys(FIELDS, "")
    said["number"] = forms.clean(request.args.get("number"), 40)
    return _first(Asked({**said, "name": _own_name(said["number"])}, forms.new_key()))


@blueprint.post("")
def step() -> AnyResponse | tuple[str, int]:
    """`step` is `check` (the second step shows what will be declared), `edit` (back) or `confirm` (it is declared)."""
    said = {name: _typed(name) for name in FIELDS}
    key, wanted = forms.key(request.form), request.form.get("step", "check")
    if wanted == "edit":
        return _first(Asked(said, key)), HTTPStatus.OK
    declaration = Declaration(key=key, language=g.lang, traveller=_traveller(), **said)
    try:
        if wanted != "confirm":
            return _second(Asked(said, key), declaration.checked()), HTTPStatus.OK
        token = commands.withdraw(declaration, _seller(clock.now())["withdrawal_days"], clock.now())
    except ShopError as refused:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if refused.fields else STATUS[refused.kind]
        return _first(Asked(said, key, refused.fields, refused)), status
    return redirect(url_for(".received", token=token), HTTPStatus.SEE_OTHER)


@blueprint.get("/<token>")
def received(token: str) -> Response:
    """That it was received, with date and time. Raises NoSuchWithdrawal."""
    found = _find(token)
    paper = papers.acknowledgement(found, _seller(found.received_at))
    answer = Response(render_template("storefront/withdrawn.html", withdrawal=found, paper=paper, by_mail=wiring().ways.post is not None))
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/<token>.pdf")
def file(token: str) -> Response:
    """The same as a file to keep."""
    found = _find(token)
    paper = papers.acknowledgement(found, _seller(found.received_at))
    return as_pdf(paper, f"withdrawal-{found.order_number}-{paper.number}.pdf")


def _find(token: str) -> WithdrawalView:
    if not (20 <= len(token) <= 40 and token.isascii() and token.isprintable()):
        raise NoSuchWithdrawal
    return queries.by_token(token)


def _typed(name: str) -> str:
    if name == "wish":
        return (request.form.get(name) or "").replace("\x00", "").strip()[:LONGEST]
    return forms.clean(request.form.get(name), 300)


def _traveller() -> TravellerId | None:
    return guards.traveller() if guards.is_signed_in() else None


def _own_name(number: str) -> str:
    """The name on the signed-in traveller's own order; empty for anybody else's."""
    if not number or not guards.is_signed_in() or not number.isalnum():
        return ""
    try:
        return orders.order_of(number[:16], guards.traveller()).traveller_name
    except NoSuchOrder:
        return ""


def _seller(at: datetime) -> Value:
    return policies.seller(day_of(at))


def _first(asked: Asked) -> str:
    if request.method == "POST":
        g.here = url_for(".form")
    return render_template(
        "storefront/withdraw.html", said=asked.said, key=asked.key, errors=asked.errors,
        refused=asked.refused if asked.refused is not None and not asked.errors else None, seller=_seller(clock.now()),
        by_mail=wiring().ways.post is not None, signed_in=bool(session) and guards.is_signed_in(),
    )  # fmt: skip


def _second(asked: Asked, declaration: Declaration) -> str:
    g.here = url_for(".form")
    return render_template("storefront/withdraw_confirm.html", said=asked.said, key=asked.key, declaration=declaration)
