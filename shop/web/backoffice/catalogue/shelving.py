"""Categories and brands: all of them on a page each, with a form for a new one."""

from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import office_queries, shelving
from shop.catalogue.queries import LANGUAGES
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, blueprint, by_me
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS

Errors = dict[str, list[str]]


@blueprint.get("/categories/")
def categories() -> Answer:
    return _categories("", {}, {}, None)


@blueprint.post("/categories/")
def make_category() -> Answer | Response:
    """A new one, behind the others."""
    typed = request.form.to_dict()
    values, errors = read(forms.NEW_GROUP, typed)
    if errors:
        return _categories("new", typed, errors, None)
    try:
        shelving.create_category(values["code"], _names(values), by_me(), clock.now())
    except ShopError as refused:
        return _categories("new", typed, dict(refused.fields), refused)
    return _done("categories")


@blueprint.post("/categories/<code>")
def change_category(code: str) -> Answer | Response:
    """`do` is `save` (names, hidden), `up` or `down`."""
    typed, now = request.form.to_dict(), clock.now()
    if typed.get("do") in ("up", "down"):
        shelving.move_category(code, typed["do"] == "up", by_me(), now)
        return _done("categories")
    values, errors = read(forms.GROUP, typed)
    if errors:
        return _categories(code, typed, errors, None)
    shelving.change_category(code, _names(values), values["hidden"] == "yes", by_me(), now)
    return _done("categories")


@blueprint.get("/brands/")
def brands() -> Answer:
    return _brands("", {}, {}, None)


@blueprint.post("/brands/")
def make_brand() -> Answer | Response:
    """A new one, behind the others."""
    typed = request.form.to_dict()
    values, errors = read(forms.BRAND, typed)
    if errors:
        return _brands("new", typed, errors, None)
    try:
        shelving.create_brand(values["name"], by_me(), clock.now())
    except ShopError as refused:
        return _brands("new", typed, dict(refused.fields), refused)
    return _done("brands")


@blueprint.post("/brands/<code>")
def change_brand(code: str) -> Answer | Response:
    """`do` is `save` (name, hidden), `up` or `down`."""
    typed, now = request.form.to_dict(), clock.now()
    if typed.get("do") in ("up", "down"):
        shelving.move_brand(code, typed["do"] == "up", by_me(), now)
        return _done("brands")
    values, errors = read(forms.BRAND, typed)
    if errors:
        return _brands(code, typed, errors, None)
    try:
        shelving.change_brand(code, values["name"], values["hidden"] == "yes", by_me(), now)
    except shelving.NameTaken as refused:
        return _brands(code, typed, dict(refused.fields), refused)
    return _done("brands")


def _names(values: dict[str, Any]) -> dict[str, str]:
    return {language: values[f"name_{language}"] for language in LANGUAGES}


def _done(where: str) -> Response:
    return redirect(url_for(f"backoffice_catalogue.{where}", done="saved"), HTTPStatus.SEE_OTHER)


def _categories(at: str, typed: dict[str, str], errors: Errors, refused: ShopError | None) -> Answer:
    return _page("backoffice/categories.html", office_queries.categories(), at, typed, errors, refused)


def _brands(at: str, typed: dict[str, str], errors: Errors, refused: ShopError | None) -> Answer:
    return _page("backoffice/brands.html", office_queries.brands(), at, typed, errors, refused)


def _page(template: str, groups: list[Any], at: str, typed: dict[str, str], errors: Errors, refused: ShopError | None) -> Answer:
    status = STATUS[refused.kind] if refused else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    done = "done" in request.args and request.method == "GET"
    shown = render_template(
        template, groups=groups, at=at, typed=typed, errors=errors, refused=None if errors else refused, done=done
    )
    return shown, int(status)
