"""What the shop keeps of the traveller: until when, as a file, and a way to be erased, in two steps."""

import json
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup.evidence import deletion_date
from shop.privacy import commands, queries, rules, telling
from shop.privacy.rules import NoSuchTraveller
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import browse
from shop.web.wiring import settings, wiring

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
def overview() -> str:
    """What is kept, why, and until when."""
    found = queries.account(guards.traveller())
    return render_template(
        "storefront/account.html", account=found, flown=rules.FLOWN.days, unpaid=rules.UNPAID.days, idle=found.last_seen_at + rules.IDLE,
        named_until=rules.forgets_on(found.last_flight, paid=True) if found.last_flight else None, years=settings().evidence_years,
        evidence_until=deletion_date(found.evidence, settings().evidence_years) if found.evidence else None, book_years=rules.BOOK_YEARS,
        mail=wiring().ways.post is not None,
    )  # fmt: skip


@blueprint.get("/data.json")
def data() -> Response:
    """All of it as a file, in no cache."""
    return as_file(telling.tell(guards.traveller(), settings().evidence_years, clock.now()), "my-data.json")


def as_file(told: dict[str, object], name: str) -> Response:
    """A JSON file to keep."""
    answer = Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/erase")
def ask() -> str:
    """The first step: what would happen, and what stands against it."""
    return _erase_page(None)


@blueprint.post("/erase")
def erase() -> AnyResponse | tuple[str, int]:
    """The second step, which needs its box ticked: the traveller is forgotten and signed out."""
    if request.form.get("sure") != "yes":
        return _erase_page(None, unsure=True), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        commands.erase(guards.traveller(), by="traveller", now=clock.now())
    except NoSuchTraveller:
        raise
    except ShopError as refused:
        return _erase_page(refused), STATUS[refused.kind]
    session.clear()
    return redirect(url_for("storefront.erased"), HTTPStatus.SEE_OTHER)


@browse.further.get("/account/erased")
def erased() -> str:
    """Where one ends afterwards; anybody may look at it."""
    return render_template("storefront/account_erased.html")


def _erase_page(refused: ShopError | None, *, unsure: bool = False) -> str:
    found = queries.account(guards.traveller())
    return render_template("storefront/account_erase.html", account=found, refused=refused, unsure=unsure)


@blueprint.errorhandler(NoSuchTraveller)
def _gone(_refused: NoSuchTraveller) -> AnyResponse:
    """A session that outlived its traveller: erased in another browser. Whoever signs in now is somebody new."""
    session.clear()
    return redirect("/", HTTPStatus.SEE_OTHER)
