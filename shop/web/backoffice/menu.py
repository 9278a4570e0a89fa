"""The menu of the account: its entries in a form or as JSON, how a phone will show it, published and compared."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock, shared_tokens
from shop.base.errors import ShopError
from shop.campaigns import queries as campaigns
from shop.campaigns.queries import CampaignView
from shop.campaigns.rules import marked, unmarked
from shop.chat import menu_rules, menus
from shop.chat.menu_rules import LIMITS, WrongMenu
from shop.chat.menus import Menu
from shop.chat.states import BUILT_IN
from shop.web.errors import STATUS
from shop.web.guards import known_staff
from shop.web.wiring import settings, wiring

blueprint = Blueprint("backoffice_menu", __name__, url_prefix="/manage/menu")
PAGE = "page"
ANSWERS = tuple(topic.value for topic in BUILT_IN)
LONGEST_JSON = 20_000
Typed = Mapping[str, str]
Page = tuple[str, int]


@blueprint.get("/")
def overview() -> str:
    """The menu as it is saved, and whether travellers see it."""
    return _page(menus.present())


@blueprint.post("/")
def save() -> Response | Page:
    """Save what the form or the JSON says; publish it too when that was asked for."""
    typed, present = request.form.to_dict(), menus.present()
    try:
        content = _of_json(typed["json"]) if "json" in typed else content_of(typed, campaigns.open_ones())
        made = menus.save(content, seen=_number(typed.get("seen", "")), by=_who(), now=clock.now())
    except ShopError as refused:
        return _page(present, typed, refused), STATUS[refused.kind]
    return redirect(url_for(".overview", saved=made.id), HTTPStatus.SEE_OTHER)


@blueprint.post("/publish")
def publish() -> Response | Page:
    """Give the saved menu to WeChat."""
    present = menus.present()
    try:
        menus.publish(present, wiring().account, settings().public_url, by=_who(), now=clock.now())
    except ShopError as refused:  # WeChat's trouble too: a proxy would put a page of its own in place of a 502
        return _page(present, None, refused), HTTPStatus.CONFLICT
    return redirect(url_for(".overview", published=1), HTTPStatus.SEE_OTHER)


def _who() -> str:
    return f"staff:{known_staff().id}"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _of_json(text: str) -> Any:
    """Raises WrongMenu."""
    try:
        return json.loads(text[:LONGEST_JSON])
    except (ValueError, RecursionError):
        raise WrongMenu(fields={"json": ["no_json"]}) from None


def content_of(typed: Typed, known: Iterable[CampaignView] = ()) -> dict[str, Any]:
    """The menu that the form's fields say; rows without a name are left out. A campaign that was chosen is a mark on the page's
    address, or the campaign's own page where none was typed. Raises WrongMenu with the fields of the form."""
    choices = {one.mark: one for one in known}
    buttons: list[dict[str, Any]] = []
    places: dict[str, str] = {}
    for top in range(LIMITS.top):
        row = str(top)
        under = [f"{row}_{number}" for number in range(LIMITS.below) if _said(typed, f"{row}_{number}")]
        if not _said(typed, row) and not under:
            continue
        place = str(len(buttons))
        places[place] = row
        places |= {f"{place}.{number}": one for number, one in enumerate(under)}
        name = typed.get(f"{row}_name", "").strip()
        buttons.append({"name": name, "sub_button": [_leaf(typed, one, choices) for one in under]} if under else _leaf(typed, row, choices))
    content = {"button": buttons}
    wrong = {f"{row}_campaign": ["no_page_to_mark"] for row in places.values() if _unmarkable(typed, row, choices)}
    try:
        menu_rules.check(content)
    except WrongMenu as refused:
        wrong |= {_field(place, places): list(codes) for place, codes in refused.fields.items()}
    if wrong:
        raise WrongMenu(fields=wrong)
    return content


def _said(typed: Typed, row: str) -> bool:
    return bool(typed.get(f"{row}_name", "").strip() or typed.get(f"{row}_target", "").strip())


def _leaf(typed: Typed, row: str, choices: Mapping[str, CampaignView]) -> dict[str, Any]:
    name, does, target = typed.get(f"{row}_name", "").strip(), typed.get(f"{row}_does", PAGE), typed.get(f"{row}_target", "").strip()
    if does in ANSWERS:
        return {"name": name, "type": "click", "key": does}
    if (chosen := choices.get(typed.get(f"{row}_campaign", ""))) is not None:
        target = marked(target or chosen.target, chosen.mark)
    return {"name": name, "type": "view", "url": target}


def _unmarkable(typed: Typed, row: str, choices: Mapping[str, CampaignView]) -> bool:
    """A campaign counts who opens a page of the shop: an answer and other sites have none, nor has one that is over."""
    chosen, target = typed.get(f"{row}_campaign", ""), typed.get(f"{row}_target", "").strip()
    if not chosen:
        return False
    ours = not target or (target.startswith("/") and not target.startswith("//")) or target.startswith(f"{settings().public_url}/")
    return chosen not in choices or typed.get(f"{row}_does", PAGE) in ANSWERS or not ours


def _field(place: str, places: Mapping[str, str]) -> str:
    """The form's field for a place of the menu: `1.0.url` as `2_0_target`."""
    row, _, name = place.rpartition(".")
    if place in places:
        return f"{places[place]}_name"
    return f"{places[row]}_{'name' if name == 'name' else 'does' if name in ('type', 'key') else 'target'}" if row in places else place


def typed_of(content: Mapping[str, Any], known: Iterable[CampaignView] = ()) -> dict[str, str] | None:
    """The form's fields for a menu; None for one that the form cannot say: it is edited as JSON."""
    marks = {one.mark for one in known}
    found: dict[str, str] = {}
    for top, one in enumerate(content["button"]):
        under = one.get("sub_button") or []
        for row, leaf in ((str(top), one), *((f"{top}_{number}", leaf) for number, leaf in enumerate(under))):
            kind, key = leaf.get("type"), leaf.get("key")
            if not (leaf is one and under) and kind != "view" and not (kind == "click" and key in ANSWERS):
                return None
            does = str(key) if kind == "click" else PAGE
            address, mark = unmarked(url) if unmarked(url := leaf.get("url", ""))[1] in marks else (url, "")
            found |= {f"{row}_name": leaf["name"], f"{row}_does": does, f"{row}_target": address, f"{row}_campaign": mark}
    return found


def _page(menu: Menu, typed: Typed | None = None, refused: ShopError | None = None) -> str:
    live, unread, known = None, None, campaigns.open_ones()
    if wiring().account.configured:
        try:
            live = menus.compare(menu, wiring().account, settings().public_url)
        except ShopError as problem:
            unread = problem
    form = typed if typed is not None and "json" not in typed else typed_of(menu.content, known)
    said = typed.get("json") if typed is not None else None
    return render_template(
        "backoffice/menu.html", menu=menu, typed=form, json=said if said is not None else _as_json(menu.content), refused=refused,
        errors=dict(refused.fields) if refused else {}, live=live, unread=unread, limits=LIMITS, answers=ANSWERS, campaigns=known,
        shown=menu_rules.as_shown(menu.content), live_shown=_live_shown(live), saved=menus.saved(), shop=settings().public_url,
        troubles=shared_tokens.troubles(),
        said="published" if "published" in request.args else "saved" if "saved" in request.args else "",
    )  # fmt: skip


def _live_shown(live: menus.Compared | None) -> tuple[menu_rules.Shown, ...]:
    """What travellers see, when that is something else; somebody else's menu may hold anything."""
    if live is None or live.same or not live.live:
        return ()
    try:
        return menu_rules.as_shown({"button": live.live})
    except (TypeError, KeyError, AttributeError):
        return ()


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
