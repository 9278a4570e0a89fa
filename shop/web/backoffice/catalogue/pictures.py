"""The pictures of one product: add one, say what is on it, put it in order, take it away."""

from http import HTTPStatus
from pathlib import Path

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import pictures
from shop.catalogue.picture_files import LARGEST_BYTES
from shop.catalogue.queries import LANGUAGES
from shop.web.backoffice.catalogue import forms
from shop.web.backoffice.catalogue.door import Answer, Wrong, blueprint, by_me, product_page
from shop.web.backoffice.forms import read
from shop.web.wiring import settings

MANY = 2**53 - 1


@blueprint.post("/products/<sku>/pictures")
def add_picture(sku: str) -> Answer | Response:
    """An upload becomes the product's last picture, when it is one."""
    typed = request.form.to_dict()
    values, errors = read(forms.ALT, typed)
    sent = _sent()
    if not sent:
        errors["picture"] = ["missing"]
    if errors:
        return product_page(sku, Wrong("picture", typed, errors))
    try:
        pictures.add(sku, sent, _alt(values), Path(settings().picture_folder), by_me(), clock.now())
    except ShopError as refused:
        return product_page(sku, Wrong("picture", typed, {}, refused))
    return _back(sku, "picture")


@blueprint.post(f"/products/<sku>/pictures/<int(max={MANY}):picture_id>")
def change_picture(sku: str, picture_id: int) -> Answer | Response:
    """`do` says what: `up`, `down`, `remove` or `describe`."""
    typed, now = request.form.to_dict(), clock.now()
    try:
        match typed.get("do"):
            case "up" | "down":
                pictures.move(sku, picture_id, typed["do"] == "up", by_me(), now)
            case "remove":
                pictures.remove(sku, picture_id, by_me(), now)
            case _:
                values, errors = read(forms.ALT, typed)
                if errors:
                    return product_page(sku, Wrong(f"picture-{picture_id}", typed, errors))
                pictures.describe(sku, picture_id, _alt(values), by_me(), now)
    except pictures.NoSuchPicture as refused:
        return product_page(sku, Wrong("picture", {}, {}, refused))
    return _back(sku, "saved")


def _sent() -> bytes:
    """The file of the form, or a little more than we take of it; nothing where there is none."""
    file = request.files.get("picture")
    if file is None:
        return b""
    with file.stream:
        return file.read(LARGEST_BYTES + 1)


def _alt(values: dict[str, str]) -> dict[str, str]:
    return {language: values[f"alt_{language}"] for language in LANGUAGES}


def _back(sku: str, done: str) -> Response:
    return redirect(url_for("backoffice_catalogue.one", sku=sku, done=done, _anchor="pictures"), HTTPStatus.SEE_OTHER)
