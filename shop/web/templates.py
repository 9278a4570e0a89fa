"""Where the pages live, and the filters with which they show money and time."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency
from flask import Flask, g
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from shop.base.money import Money

PACKAGE = Path(__file__).parents[1]
FRANKFURT = "Europe/Berlin"
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def template_folder() -> Path:
    """Where the pages live: inside the installed package, or beside it in a checkout."""
    packaged = PACKAGE / "templates"
    return packaged if packaged.is_dir() else PACKAGE.parent / "templates"


def money(value: Money) -> str:
    """`€1,299.50`, `1.299,50 €`, `¥99.00` by the visitor's language."""
    from decimal import Decimal

    return format_currency(Decimal(value.minor) / 100, value.currency.value, locale=g.locale)


def local_day(moment: datetime | date, zone: str = FRANKFURT) -> str:
    """`11月25日 周三`, `Wed, 25 Nov`, `Mi., 25. Nov.` in the airport's zone."""
    local = moment.astimezone(ZoneInfo(zone)) if isinstance(moment, datetime) else moment
    return format_date(local, {"zh": "M月d日 EEE", "en": "EEE, d MMM", "de": "EEE, d. MMM"}[g.lang], locale=g.locale)


def full_day(day: date) -> str:
    """`2035年1月1日`, `Jan 1, 2035`, `01.01.2035`: with the year."""
    return format_date(day, "medium", locale=g.locale)


def local_time(moment: datetime, zone: str = FRANKFURT) -> str:
    """`14:20` in the airport's zone."""
    return format_time(moment.astimezone(ZoneInfo(zone)), "HH:mm", locale=g.locale)


def local_moment(moment: datetime, zone: str = FRANKFURT) -> str:
    """Day and time in the airport's zone."""
    return f"{local_day(moment, zone)} {local_time(moment, zone)}"


def stamp(moment: datetime, zone: str = FRANKFURT) -> str:
    """`2026-11-25 14:20` in the airport's zone, for books in which the year matters."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


_CHAT_LINK = re.compile(r"&lt;a href=&#34;(https?://[^\s&]+(?:&amp;[^\s&]+)*)&#34;&gt;([^\n]*?)&lt;/a&gt;")


def chat_text(text: str) -> Markup:
    """A line of the shop in a chat: the links that WeChat shows as such are links here too, and nothing else is."""
    return Markup(_CHAT_LINK.sub(r'<a href="\1" rel="noreferrer">\2</a>', str(escape(text))))  # noqa: S704 - escaped, but for the links


def words(texts: dict[str, str]) -> str:
    """The text in the visitor's language, or in Chinese where it is missing."""
    return texts.get(g.lang) or texts["zh"]


def address_in(text: str) -> str:
    """The first network address in what WeChat says of ours."""
    found = ADDRESS.search(text)
    return found[0] if found else ""


def init_app(app: Flask) -> None:
    """Strict templates: a name that does not exist is a fault, not an empty string."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters: dict[str, Any] = {
        "money": money, "full_day": full_day, "local_day": local_day, "local_time": local_time, "local_moment": local_moment,
        "stamp": stamp, "words": words, "address_in": address_in, "chat_text": chat_text,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
