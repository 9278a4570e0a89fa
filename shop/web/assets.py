"""The built front-end files under their hashed names: `asset_url`, `asset_tags` and `icon` for templates."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TypedDict, cast

from flask import Flask, current_app, request, url_for
from markupsafe import Markup

DIST = "dist"  # below the static folder, where frontend/build.mjs puts what it built


class Asset(TypedDict):
    """One built file: its name with the hash, `sha384-…` of its bytes, its size in bytes."""

    file: str
    integrity: str
    bytes: int


class AssetsNotBuilt(RuntimeError):
    """The front end was not built, or not since `name` was added to it."""

    def __init__(self, name: str, manifest: Path) -> None:
        super().__init__(f"{name} is not in {manifest}: run scripts/_setup (or `node frontend/build.mjs`)")


@lru_cache(maxsize=4)
def _read(path: Path, changed_ns: int) -> dict[str, Asset]:
    return cast(dict[str, Asset], json.loads(path.read_text(encoding="utf-8")))


def _find(name: str) -> Asset:
    manifest = Path(current_app.static_folder or "static") / DIST / "manifest.json"
    try:
        return _read(manifest, manifest.stat().st_mtime_ns)[name]
    except (FileNotFoundError, KeyError) as error:
        raise AssetsNotBuilt(name, manifest) from error


def asset_url(name: str) -> str:
    """The address of the built file of an entry such as `shop.css`; it changes with the content: cache it for ever.

    Raises `AssetsNotBuilt`.
    """
    return url_for("static", filename=f"{DIST}/{_find(name)['file']}")


def asset_tags(*names: str) -> Markup:
    """`<link>` for each .css and `<script type="module">` for each .js, with integrity, in the order given.

    Raises `AssetsNotBuilt`.
    """
    return _tags(names, *_built(names[0]), request.script_root)


def icon(name: str) -> Markup:
    """An icon of the storefront, from the one file that holds them all, in the colour and a little above the size of the words
    beside it; words that are read aloud are elsewhere. Raises `AssetsNotBuilt`.
    """
    return _icon(name, *_built("icons.svg"), request.script_root)


def built_at() -> int:
    """When the front end was built: what names its files is written anew then. Raises `AssetsNotBuilt`."""
    return _built("shop.css")[1]


def _built(name: str) -> tuple[str, int]:
    """The manifest, and when it was written."""
    manifest = f"{current_app.static_folder or 'static'}/{DIST}/manifest.json"
    try:
        return manifest, os.stat(manifest).st_mtime_ns
    except FileNotFoundError as error:
        raise AssetsNotBuilt(name, Path(manifest)) from error


@lru_cache(maxsize=64)
def _tags(names: tuple[str, ...], _manifest: str, _changed_ns: int, _below: str) -> Markup:
    """The same for every page until the front end is built anew; the other arguments are what the addresses depend on."""
    return Markup("\n").join(_tag(name) for name in names)


@lru_cache(maxsize=128)
def _icon(name: str, _manifest: str, _changed_ns: int, _below: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(asset_url("icons.svg"), name)


def _tag(name: str) -> Markup:
    form = (
        '<link rel="stylesheet" href="{}" integrity="{}">'
        if name.endswith(".css")
        else '<script type="module" src="{}" integrity="{}"></script>'
    )
    return Markup(form).format(asset_url(name), _find(name)["integrity"])  # noqa: S704 - both forms are literals


def init_app(app: Flask) -> None:
    """Offer these functions to every template."""
    app.jinja_env.globals.update(asset_url=asset_url, asset_tags=asset_tags, icon=icon)
