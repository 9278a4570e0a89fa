"""The audit log: who did what to which thing, before and after, and whether it is still as it was written."""

from http import HTTPStatus

from flask import Blueprint, render_template, request

from shop.base import audit, audit_search
from shop.people import staffing
from shop.web.backoffice import forms

blueprint = Blueprint("backoffice_audit", __name__, url_prefix="/manage/audit")
FILTERS = ("who", "what", "thing", "from", "to")


@blueprint.get("/")
def listed() -> tuple[str, int]:
    """Deeds, the last first, 50 a page. With `check=1` the whole chain is looked through."""
    values, errors = forms.read(forms.AUDIT_FILTER, request.args)
    names = {f"staff:{one.id}": one.name for one in staffing.colleagues()}
    page = audit_search.AuditPage([], None)
    if not errors:
        page = audit_search.search(
            actor=_actor(values["who"], names), action=values["what"], thing=values["thing"],
            since=forms.start_of(values["first"]) if values["first"] else None,
            until=forms.end_of(values["last"]) if values["last"] else None, before_id=values["after"],
        )  # fmt: skip
    typed = {name: request.args.get(name, "") for name in FILTERS}
    shown = render_template(
        "backoffice/audit.html", page=page, names=names, typed=typed, errors=errors, is_first=not values.get("after"),
        again={name: text for name, text in typed.items() if text},
        chain=audit.verify() if request.args.get("check") else None,
    )  # fmt: skip
    return shown, HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _actor(who: str | None, names: dict[str, str]) -> str | None:
    """A name of staff means that member of staff."""
    return next((actor for actor, name in names.items() if name == who), who)
