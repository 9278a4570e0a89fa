"""The menu of an account: what WeChat takes, keeps and gives back.

Official Account, custom menu: three buttons, five below each; names of 16 and 60 bytes, keys of 128, addresses of 1,024.
"""
from typing import Any
from urllib.parse import urlsplit

from flask import Response

from shop.sandbox.accounts import accounts, api_account
from shop.sandbox.errors import AccountError
from shop.sandbox.message_calls import OK, body
from shop.sandbox.web import json_answer, world

WITH_KEY = {
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select",
}  # fmt: skip
TYPES = {*WITH_KEY, "view", "miniprogram", "media_id", "article_id"}
FOREIGN_DOMAINS = 3


@accounts.post("/cgi-bin/menu/create")
def create() -> Response:
    """Replaces the menu as a whole. Refuses what WeChat refuses, with its numbers."""
    app_id = api_account(world())
    given = body()
    check_menu(given)
    with world().lock:
        world().menus[app_id] = {"button": given["button"]}
    return json_answer(OK)


@accounts.get("/cgi-bin/menu/get")
def get() -> Response:
    found = world().menus.get(api_account(world()))
    if found is None:
        raise AccountError(46003, "menu no exist")
    return json_answer({"menu": found})


@accounts.get("/cgi-bin/menu/delete")
def delete() -> Response:
    app_id = api_account(world())
    with world().lock:
        world().menus.pop(app_id, None)
    return json_answer(OK)


def check_menu(given: dict[str, Any]) -> None:
    """Raises AccountError."""
    buttons = given.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise AccountError(40017, "invalid button size")
    domains: set[str] = set()
    for one in buttons:
        check_name(one, 16, 40018)
        below = one.get("sub_button")
        if below:
            if not isinstance(below, list) or len(below) > 5:
                raise AccountError(40023, "invalid sub button size")
            for leaf in below:
                check_name(leaf, 60, 40025)
                if leaf.get("sub_button"):
                    raise AccountError(40022, "invalid sub button level")
                check_leaf(leaf, domains)
        else:
            check_leaf(one, domains)
    if len(domains) > FOREIGN_DOMAINS:
        raise AccountError(65316, "too many foreign domains")


def check_name(one: Any, most: int, errcode: int) -> None:
    name = one.get("name") if isinstance(one, dict) else None
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= most:
        raise AccountError(errcode, "invalid button name size")


def check_leaf(leaf: dict[str, Any], domains: set[str]) -> None:
    kind = leaf.get("type")
    if kind not in TYPES:
        raise AccountError(40016, "invalid button type")
    if kind in WITH_KEY and not (isinstance(leaf.get("key"), str) and 1 <= len(leaf["key"].encode()) <= 128):
        raise AccountError(40019, "invalid button key size")
    if kind == "view":
        url = leaf.get("url")
        if not isinstance(url, str) or not 1 <= len(url.encode()) <= 1024:
            raise AccountError(40020, "invalid button url size")
        if not url.startswith(("http://", "https://")):
            raise AccountError(40055, "invalid button url domain")
        domains.add(urlsplit(url).netloc)
