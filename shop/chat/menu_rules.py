"""What a menu may be: WeChat's limits, what of a name a phone shows, and whether two menus are the same."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from shop.base.errors import Kind, ShopError

Button = Mapping[str, Any]
Buttons = Sequence[Button]


class Limits(Struct, frozen=True):
    """Counts and bytes of UTF-8; `shown` is how many Chinese characters a phone shows of a name, the rest becomes `…`."""

    since: date
    source: str
    top: int
    below: int
    name_bytes: int
    below_name_bytes: int
    key_bytes: int
    url_bytes: int
    foreign_domains: int
    shown: int
    below_shown: int


LIMITS = Limits(
    since=date(2015, 1, 1),
    source="developers.weixin.qq.com, custom menu; bytes as reported by developers, read 2026-11-21",
    top=3, below=5, name_bytes=16, below_name_bytes=60, key_bytes=128, url_bytes=1024, foreign_domains=3, shown=4, below_shown=7,
)  # fmt: skip
WITH_KEY = frozenset(
    {"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"}
)
NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(WITH_KEY, ("key",)), "view": ("url",), "miniprogram": ("url", "appid", "pagepath"), "media_id": ("media_id",),
    "article_id": ("article_id",), "article_view_limited": ("article_id",),
}  # fmt: skip


class WrongMenu(ShopError):
    """A menu that WeChat would refuse. `fields` has the codes by place: `0.name`, `2.1.url`, `menu` for the whole."""

    kind, code = Kind.INVALID, "wrong_menu"


class Shown(Struct, frozen=True):
    """An entry as a phone shows it. `cut`: there is more of the name than is seen."""

    place: str
    name: str
    seen: str
    cut: bool
    does: str
    below: tuple["Shown", ...] = ()


def check(content: Any, limits: Limits = LIMITS) -> None:
    """Raises WrongMenu: `missing`, `too_long`, `too_many_buttons`, `too_many_below`, `too_deep`, `wrong_choice`,
    `wrong_link`, `too_many_domains`, `no_buttons`."""
    errors: dict[str, list[str]] = {}
    buttons = content.get("button") if isinstance(content, Mapping) else None
    if not isinstance(buttons, list) or not buttons:
        raise WrongMenu(fields={"menu": ["no_buttons"]})
    if len(buttons) > limits.top:
        errors["menu"] = ["too_many_buttons"]
    for number, one in enumerate(buttons):
        _check_button(one, str(number), limits, errors)
    domains = {urlsplit(url).netloc for url in _urls(buttons) if not url.startswith("/") and is_link(url)}
    if len(domains) > limits.foreign_domains:
        errors["menu"] = ["too_many_domains"]
    if errors:
        raise WrongMenu(fields=errors)


def _check_button(one: Any, place: str, limits: Limits, errors: dict[str, list[str]], *, below: bool = False) -> None:
    if not isinstance(one, Mapping):
        errors[place] = ["wrong_choice"]
        return
    _text(errors, f"{place}.name", one.get("name"), limits.below_name_bytes if below else limits.name_bytes)
    under = one.get("sub_button") or []
    if not under:
        _check_leaf(one, place, limits, errors)
    elif below:
        errors[place] = ["too_deep"]
    elif not isinstance(under, list) or len(under) > limits.below:
        errors[place] = ["too_many_below"]
    else:
        for number, leaf in enumerate(under):
            _check_button(leaf, f"{place}.{number}", limits, errors, below=True)


def _check_leaf(one: Button, place: str, limits: Limits, errors: dict[str, list[str]]) -> None:
    kind = one.get("type")
    if not isinstance(kind, str) or kind not in NEEDS:
        errors[f"{place}.type"] = ["wrong_choice"]
        return
    for name in NEEDS[kind]:
        _text(errors, f"{place}.{name}", one.get(name), limits.url_bytes if name == "url" else limits.key_bytes)
    url = one.get("url")
    if "url" in NEEDS[kind] and f"{place}.url" not in errors and isinstance(url, str) and not is_link(url):
        errors[f"{place}.url"] = ["wrong_link"]


def _text(errors: dict[str, list[str]], place: str, text: Any, most: int) -> None:
    if not isinstance(text, str) or not text.strip():
        errors[place] = ["missing"]
    elif len(text.encode("utf-8", "replace")) > most or not text.isprintable():
        errors[place] = ["too_long"]


def is_link(url: str) -> bool:
    """A path of the shop, or an address elsewhere by https (http only for a shop on loopback, as in the demo)."""
    if url.startswith("/"):
        return not url.startswith("//") and " " not in url and "\\" not in url
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    loopback = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    return (parts.scheme == "https" or loopback) and bool(parts.hostname) and not parts.username and " " not in url


def _urls(buttons: Buttons) -> Iterator[str]:
    for one in buttons:
        for leaf in (one, *(one.get("sub_button") or ())) if isinstance(one, Mapping) else ():
            if isinstance(leaf, Mapping) and isinstance(leaf.get("url"), str):
                yield leaf["url"]


def whole(content: Mapping[str, Any], shop_url: str) -> list[dict[str, Any]]:
    """The buttons as WeChat gets them: paths of the shop as addresses."""
    return [_whole(one, shop_url) for one in content["button"]]


def _whole(one: Button, shop_url: str) -> dict[str, Any]:
    if under := one.get("sub_button"):
        return {"name": one["name"], "sub_button": [_whole(leaf, shop_url) for leaf in under]}
    made = {name: value for name, value in one.items() if name != "sub_button"}
    if isinstance(made.get("url"), str) and made["url"].startswith("/"):
        made["url"] = shop_url + made["url"]
    return made


def alike(one: Buttons | None, other: Buttons | None) -> bool:
    """Whether two menus do the same: WeChat gives back empty lists and fields that nobody set."""
    return _plain(one) == _plain(other)


def _plain(buttons: Buttons | None) -> Any:
    if buttons is None:
        return None
    return [_plain_one(one) for one in buttons]


def _plain_one(one: Button) -> Any:
    kind = str(one.get("type", ""))
    under = one.get("sub_button")
    listed = under.get("list") if isinstance(under, Mapping) else under
    if listed:
        return (one.get("name"), tuple(_plain_one(leaf) for leaf in listed))
    return (one.get("name"), kind, *(one.get(name) for name in NEEDS.get(kind, ())))


def as_shown(content: Mapping[str, Any], limits: Limits = LIMITS) -> tuple[Shown, ...]:
    """The menu as a phone shows it."""
    return tuple(_shown(one, str(number), limits.shown, limits) for number, one in enumerate(content["button"]))


def _shown(one: Button, place: str, most: int, limits: Limits) -> Shown:
    name = str(one["name"])
    seen = _seen(name, most)
    under = tuple(_shown(leaf, f"{place}.{n}", limits.below_shown, limits) for n, leaf in enumerate(one.get("sub_button") or ()))
    does = "" if under else str(one.get("url") or one.get("key") or one.get("media_id") or one.get("article_id") or "")
    return Shown(place, name, seen, seen != name, does, under)


def _seen(name: str, most: int) -> str:
    """As much of a name as fits; a letter is half as wide as a Chinese character."""
    width, found = 0, ""
    for letter in name:
        width += 1 if letter.isascii() else 2
        if width > 2 * most:
            return found + "…"
        found += letter
    return name


def first_menu() -> dict[str, Any]:
    """The menu a shop starts with."""
    return {
        "button": [
            {"name": "免税商城", "type": "view", "url": "/"},
            {"name": "我的订单", "type": "view", "url": "/orders/"},
            {
                "name": "客服/帮助",
                "sub_button": [
                    {"name": "柜台在哪里", "type": "click", "key": "counter"},
                    {"name": "营业时间", "type": "click", "key": "hours"},
                    {"name": "海关限额", "type": "click", "key": "allowance"},
                    {"name": "人工客服", "type": "click", "key": "person"},
                    {"name": "帮助", "type": "click", "key": "help"},
                ],
            },
        ]
    }
