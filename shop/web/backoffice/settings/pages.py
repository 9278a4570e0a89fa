"""One way to change any setting: a form, a page that says what the change would do, then it is done; its history, and undo."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock, versions
from shop.base.errors import ShopError
from shop.base.versions import Value, VersionView
from shop.flights import queries as flights
from shop.gateways.official_account import AccountError, TemplateView, templates
from shop.policies import commands, effects, queries, rules, seller
from shop.policies.dated import NoSuchSetting
from shop.policies.queries import Seen
from shop.web.backoffice.settings.dated_forms import DATED_FORMS
from shop.web.backoffice.settings.forms import KEEPS, POINT_FORMS, Errors, Typed, Wish
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import settings, wiring

blueprint = Blueprint("backoffice_settings", __name__, url_prefix="/manage/settings")
FORMS = {**POINT_FORMS, **DATED_FORMS}
MANY = 2**31 - 1
SHOWN = 50  # changes on the page of all changes
Page = tuple[str, int]


@blueprint.get("/")
def overview() -> str:
    """Everything that can be set, and what was changed last."""
    today = _today()
    return render_template(
        "backoffice/settings/overview.html", points=flights.every_point(), messages=list(rules.MESSAGES),
        writing=queries.messaging(today), prices=queries.prices(today), allowances=queries.every("allowance", today),
        chosen={kind for kind, one in queries.every("template", today).items() if one["template_id"]},
        currency=settings().currency.value, seller_missing=seller.missing(queries.seller(today)),
        changes=[Change(one) for one in versions.history(limit=8)],
    )  # fmt: skip


@blueprint.get("/history")
def history() -> str:
    """Every change, the last one first; `kind` and `key` narrow it."""
    kind, key = request.args.get("kind", ""), request.args.get("key", "")
    key = key if key.isprintable() else ""
    found = versions.history(kind if kind in FORMS else None, key[:48] or None, limit=SHOWN)
    return render_template("backoffice/settings/history.html", changes=[Change(one) for one in found], most=SHOWN, kind=kind, key=key)


@blueprint.get("/<kind>/<key>")
def edit(kind: str, key: str) -> str:
    """The form with what holds now. Raises NoSuchSetting, NoSuchPoint."""
    return _form(kind, key, _seen(kind, key), None, Wish(None), None)


@blueprint.post("/<kind>/<key>")
def change(kind: str, key: str) -> Response | Page:
    """`step` is `check` (say what would happen), `edit` (back to the form) or `confirm` (do it).

    What is refused shows the form again with what was typed.
    """
    seen, typed = _seen(kind, key), request.form.to_dict()
    step = typed.get("step", "check")
    wish = FORMS[kind][1](typed, seen.value, _today())
    if step == "edit" or wish.value is None:
        status = HTTPStatus.OK if step == "edit" else HTTPStatus.UNPROCESSABLE_ENTITY
        return _form(kind, key, seen, typed, Wish(None) if step == "edit" else wish, None), status
    try:
        if step != "confirm":
            return _check(kind, key, seen, typed, wish, wish.value), HTTPStatus.OK
        made = commands.change(
            kind, key, wish.value, seen=typed.get("mark", ""), by=_who(), now=clock.now(), valid_from=wish.valid_from
        )
    except ShopError as refused:
        shown = Wish(None, dict(refused.fields), facts=refused.facts)
        return _form(kind, key, _seen(kind, key), typed, shown, refused), STATUS[refused.kind]
    return redirect(url_for(".edit", kind=kind, key=key, changed=made.id), HTTPStatus.SEE_OTHER)


@blueprint.get(f"/changes/<int(max={MANY}):version_id>/undo")
def look_back(version_id: int) -> Page:
    """What taking a change back would do. Raises NothingToUndo."""
    return _undo(versions.find(version_id), None)


@blueprint.post(f"/changes/<int(max={MANY}):version_id>/undo")
def put_back(version_id: int) -> Response | Page:
    """Put back what held before, as a new change; refused with words when it does not fit any more."""
    version = versions.find(version_id)
    try:
        made = commands.undo(version_id, by=_who(), now=clock.now())
    except ShopError as refused:
        return _undo(version, refused)
    return redirect(url_for(".edit", kind=version.kind, key=version.key, changed=made.id, back=1), HTTPStatus.SEE_OTHER)


@blueprint.get(f"/changes/<int(max={MANY}):version_id>/restore")
def look_at(version_id: int) -> Page:
    """What restoring an earlier version would do. Raises NothingToUndo."""
    return _restore(versions.find(version_id), None)


@blueprint.post(f"/changes/<int(max={MANY}):version_id>/restore")
def restore(version_id: int) -> Response | Page:
    """Have an earlier version hold again, as a new change; refused with words when it does not fit any more."""
    version = versions.find(version_id)
    try:
        made = commands.restore(version_id, seen=request.form.get("mark", ""), by=_who(), now=clock.now())
    except ShopError as refused:
        return _restore(version, refused)
    return redirect(url_for(".edit", kind=version.kind, key=version.key, changed=made.id, back=1), HTTPStatus.SEE_OTHER)


# --- pieces -----------------------------------------------------------------------------------------------------------


class Change:
    """A version as pages show it: the fields that differ, as they would be typed."""

    def __init__(self, version: VersionView) -> None:
        self.version = version
        typed = FORMS[version.kind][0]
        old = typed(version.before) if version.before is not None else {}
        self.differences = [(name, old.get(name, ""), text) for name, text in typed(version.after).items() if text != old.get(name, "")]


def _today() -> date:
    return versions.day_of(clock.now())


def _who() -> str:
    return f"staff:{known_staff().id}"


def _seen(kind: str, key: str) -> Seen:
    if kind not in FORMS or not key.isprintable():
        raise NoSuchSetting
    return queries.present(kind, key, _today())


def _effect(kind: str, key: str, value: Value) -> effects.Effect:
    return effects.of_point(kind, key, value, clock.now()) if kind in POINT_FORMS else effects.Effect()


def _form(kind: str, key: str, seen: Seen, typed: Typed | None, wish: Wish, refused: ShopError | None) -> str:
    errors: Errors = wish.errors
    found = [Change(one) for one in versions.history(kind, key, limit=20)]
    return render_template(
        f"backoffice/settings/{kind}.html", kind=kind, key=key, value=seen.value, mark=seen.mark, facts=wish.facts, errors=errors,
        typed=FORMS[kind][0](seen.value) if typed is None else typed, changes=found,
        refused=refused if refused is not None and not errors else None, changed=request.args.get("changed", type=int),
        back="back" in request.args, coming=_coming(kind, key), names=_names(kind, key), **_more(kind, key),
    )  # fmt: skip


def _coming(kind: str, key: str) -> list[VersionView]:
    """The changes of a dated setting that hold only from a later day on."""
    return [one for one in versions.coming(kind, _today()) if one.key == key] if kind in DATED_FORMS else []


def _more(kind: str, key: str) -> dict[str, Any]:
    if kind == "message":
        return {"allowed": sorted(rules.MESSAGES[key.split(".")[0]]), "examples": rules.EXAMPLES, "most": rules.THING}
    if kind == "template":
        library, trouble = _library() if "library" in request.args else (None, None)
        return {"allowed": sorted(rules.MESSAGES[key]), "library": library, "trouble": trouble}
    return {"keeps": KEEPS, "currency": settings().currency.value}


def _library() -> tuple[list[TemplateView] | None, AccountError | None]:
    """The templates that the account has on the platform, or why they cannot be seen."""
    try:
        return templates(wiring().account), None
    except AccountError as refused:
        return None, refused


def _names(kind: str, key: str) -> Mapping[str, str] | None:
    """The name of the counter that a setting is of."""
    return flights.point_by_code(key).name if kind in POINT_FORMS else None


def _check(kind: str, key: str, seen: Seen, typed: Typed, wish: Wish, value: Value) -> str:
    """The page that says what would happen. Raises WrongSetting for what the setting's own check refuses."""
    queries.try_value(kind, key, value, wish.valid_from, _today())
    version = VersionView(0, kind, key, 0, seen.value, value, wish.valid_from or _today(), clock.now(), _who(), None)
    kept = {name: text for name, text in typed.items() if name not in ("csrf_token", "step", "mark")}
    return render_template(
        "backoffice/settings/check.html", kind=kind, key=key, kept=kept, mark=typed.get("mark") or seen.mark, change=Change(version),
        effect=_effect(kind, key, value), filled=_filled(kind, value), names=_names(kind, key), currency=settings().currency.value,
        value=value, undoes=None, restores=None, refused=None, today=_today(), valid_from=wish.valid_from,
    )  # fmt: skip


def _filled(kind: str, value: Value) -> dict[str, str]:
    """A message as the traveller will see it."""
    return {name: rules.filled(value[name], rules.EXAMPLES) for name in ("thing", "body")} if kind == "message" else {}


def _restore(version: VersionView, refused: ShopError | None) -> Page:
    kind, key, value, seen = version.kind, version.key, version.after, _seen(version.kind, version.key)
    change = Change(VersionView(0, kind, key, 0, seen.value, value, _today(), clock.now(), _who(), None))
    refused = refused or (None if change.differences else versions.NoChange())
    shown = render_template(
        "backoffice/settings/check.html", kind=kind, key=key, kept={}, mark=seen.mark, currency=settings().currency.value, change=change,
        effect=_effect(kind, key, value), filled=_filled(kind, value), names=_names(kind, key), value=value, undoes=None,
        restores=version, refused=refused, today=_today(), valid_from=None,
    )  # fmt: skip
    return shown, STATUS[refused.kind] if refused else HTTPStatus.OK


def _undo(version: VersionView, refused: ShopError | None) -> Page:
    kind, key, value = version.kind, version.key, version.before
    if value is None:
        refused = refused or versions.NothingToUndo()
    shown = render_template(
        "backoffice/settings/check.html", kind=kind, key=key, kept={}, mark="", currency=settings().currency.value,
        change=Change(VersionView(0, kind, key, 0, version.after, value or version.after, _today(), clock.now(), _who(), version.id)),
        effect=_effect(kind, key, value) if value is not None else effects.Effect(), filled=_filled(kind, value or version.after),
        names=_names(kind, key), value=value or version.after, undoes=version.id, restores=None, refused=refused, today=_today(),
        valid_from=None,
    )  # fmt: skip
    return shown, STATUS[refused.kind] if refused else HTTPStatus.OK
