"""Declarations of withdrawal: those that wait for a person, and all of them."""

from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.contracts import commands, queries
from shop.web.errors import STATUS
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_withdrawals", __name__, url_prefix="/manage/withdrawals")
MANY = 2**31 - 1


@blueprint.get("/")
def listed() -> str:
    """Those that wait; with `all` every one. The last one first."""
    return _page(None)


@blueprint.post(f"/<int(max={MANY}):withdrawal_id>/handled")
def handle(withdrawal_id: int) -> Response | tuple[str, int]:
    """Somebody has seen to it."""
    note = "".join(letter for letter in request.form.get("note", "") if letter.isprintable())[:500]
    try:
        commands.handle(withdrawal_id, note, by=f"staff:{known_staff().id}", now=clock.now())
    except ShopError as refused:
        return _page(refused), STATUS[refused.kind]
    return redirect(url_for(".listed", done=1), HTTPStatus.SEE_OTHER)


def _page(refused: ShopError | None) -> str:
    every, before = "all" in request.args, request.args.get("before", type=int)
    found = queries.listed(only_open=not every, before=before if before is not None and 0 < before <= MANY else None)
    return render_template(
        "backoffice/withdrawals.html", withdrawals=found, all=every, refused=refused, done="done" in request.args and refused is None,
        next=found[-1].id if len(found) == queries.PAGE else None,
    )  # fmt: skip
