"""Where the pages live, and the filters with which they show money and time."""

import os
import re
import sys
import threading
from contextlib import suppress
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from flask import Flask, g
from jinja2 import BytecodeCache, Environment, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from shop.base.money import Money

PACKAGE = Path(__file__).parents[1]
JINJA = version("jinja2")
FRANKFURT = "Europe/Berlin"
HALF_A_YEAR = timedelta(days=183)
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def template_folder() -> Path:
    """Where the pages live: inside the installed package, or beside it in a checkout."""
    packaged = PACKAGE / "templates"
    return packaged if packaged.is_dir() else PACKAGE.parent / "templates"


class Compiled(BytecodeCache):
    """Templates as Python reads them, kept beside their sources in `__pycache__` as Python keeps its own: nobody compiles the same text
    twice. Where nothing may be written, each process compiles for itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "__pycache__"

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.jinja-{JINJA}"

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Of this source under these rules: what was compiled when blanks were treated otherwise is something else."""
        rules = (environment.trim_blocks, environment.lstrip_blocks, environment.keep_trailing_newline, sorted(environment.extensions))
        return super().get_bucket(environment, name, filename, f"{rules}{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Half a file is as if nothing were there."""
        with suppress(OSError, EOFError, ValueError, TypeError), self._file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it; another process never sees half of it."""
        if sys.dont_write_bytecode:
            return
        file = self._file(bucket)
        half = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            half.write_bytes(bucket.bytecode_to_string())
            half.replace(file)


def money(value: Money) -> str:
    """`€1,299.50`, `1.299,50 €`, `¥99.00` by the visitor's language."""
    from decimal import Decimal

    return format_currency(Decimal(value.minor) / 100, value.currency.value, locale=g.locale)


def amount(minor: int) -> str:
    """`1,299.50`, `1.299,50`: minor units as an amount by the visitor's language; its currency stands beside it."""
    from decimal import Decimal

    return format_decimal(Decimal(minor) / 100, "#,##0.00", locale=g.locale)


def whole(number: int) -> str:
    """`12,995`, `12.995`: a count by the visitor's language."""
    return format_decimal(number, "#,##0", locale=g.locale)


def tenths(permille: int) -> str:
    """`95.1`, `95,1`: so many in a thousand as a percentage, its sign not with it."""
    from decimal import Decimal

    return format_decimal(Decimal(permille) / 10, "#,##0.0", locale=g.locale)


def local_day(moment: datetime | date, zone: str = FRANKFURT, now: datetime | None = None) -> str:
    """`11月25日 周三`, `Wed, 25 Nov`, `Mi., 25. Nov.` in the airport's zone; given `now`, with the year when that is half a year away."""
    local = moment.astimezone(ZoneInfo(zone)).date() if isinstance(moment, datetime) else moment
    far = now is not None and abs(local - now.date()) >= HALF_A_YEAR
    words = {"zh": "M月d日 EEE", "en": "EEE, d MMM", "de": "EEE, d. MMM"}
    with_year = {"zh": "y年M月d日 EEE", "en": "EEE, d MMM y", "de": "EEE, d. MMM y"}
    return format_date(local, (with_year if far else words)[g.lang], locale=g.locale)


def full_day(day: date) -> str:
    """`2035年1月1日`, `Jan 1, 2035`, `01.01.2035`: with the year."""
    return format_date(day, "medium", locale=g.locale)


def local_time(moment: datetime, zone: str = FRANKFURT) -> str:
    """`14:20` in the airport's zone."""
    return format_time(moment.astimezone(ZoneInfo(zone)), "HH:mm", locale=g.locale)


def local_moment(moment: datetime, zone: str = FRANKFURT, now: datetime | None = None) -> str:
    """Day and time in the airport's zone."""
    return f"{local_day(moment, zone, now)} {local_time(moment, zone)}"


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
    app.jinja_env.bytecode_cache = Compiled(template_folder())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters: dict[str, Any] = {
        "money": money, "amount": amount, "whole": whole, "tenths": tenths, "full_day": full_day, "local_day": local_day,
        "local_time": local_time, "local_moment": local_moment, "stamp": stamp, "words": words, "address_in": address_in,
        "chat_text": chat_text,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
