"""What WeChat lets a field of a template message hold, by the field's name: `thing1` is a `thing`. Dated data with its source.

Values are made to fit where that loses nothing a reader needs (line breaks, emoji, the end of a long `thing`), else refused.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.base.money import Currency, Money

READ_ON = date(2026, 11, 21)
SOURCE = "developers.weixin.qq.com: api_sendnewsubscribemsg, field types; no emoji, first line or remark since 2023-05-04"
NOT_SHOWN = frozenset({"Cc", "Cf", "Co", "Cs", "So"})
FIELD = re.compile(r"([a-z_]+?)([0-9]{1,2})")


class UnfitField(ShopError):
    """A template's field cannot hold this value. `facts["field"]`, `facts["why"]`: empty, too_long, wrong_letters, unknown_field."""

    kind, code = Kind.INVALID, "unfit_field"


class Sort(Struct, frozen=True):
    """`most` characters; `pattern` is what the whole value looks like; `cuts`: a longer one is cut and ends in an ellipsis."""

    most: int
    pattern: re.Pattern[str] | None = None
    cuts: bool = False


_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_DAY = r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日"
SORTS: Mapping[str, Sort] = {
    "thing": Sort(20, cuts=True),
    "character_string": Sort(32, re.compile(r"[\x20-\x7e]+")),
    "number": Sort(32, re.compile(r"[0-9]+(?:\.[0-9]+)?")),
    "letter": Sort(32, re.compile(r"[A-Za-z]+")),
    "symbol": Sort(5, re.compile(r"[^\w\s]+")),
    "time": Sort(64, re.compile(rf"(?:{_DAY} ?)?{_CLOCK}(?:~(?:{_DAY} ?)?{_CLOCK})?|{_DAY}(?:~{_DAY})?")),
    "date": Sort(64, re.compile(rf"{_DAY}(?: ?{_CLOCK})?(?:~{_DAY}(?: ?{_CLOCK})?)?")),
    "amount": Sort(20, re.compile(r"[¥$€£]?[0-9]{1,10}(?:\.[0-9]{1,2})?元?")),
    "phone_number": Sort(17, re.compile(r"[0-9+\-() ]+")),
    "car_number": Sort(8),
    "name": Sort(20, re.compile(r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .'-]{1,20}")),
    "phrase": Sort(5, re.compile(r"[\u4e00-\u9fff]{1,5}")),
    "const": Sort(20),
}  # fmt: skip


def sort_of(field: str) -> Sort | None:
    """The rule of a field by its name; None: WeChat has no such field."""
    found = FIELD.fullmatch(field)
    return SORTS.get(found[1]) if found else None


def cleaned(text: str) -> str:
    """One line without control characters and emoji, and with one space where some stood between two."""
    shown = "".join(
        letter for letter in text if letter.isspace() or (unicodedata.category(letter) not in NOT_SHOWN and letter != "\ufe0f")
    )
    return " ".join(shown.split())


def fitted(field: str, text: str) -> str:
    """The value as it goes to WeChat. Raises UnfitField."""
    sort, value = sort_of(field), cleaned(text)
    if sort is None:
        raise UnfitField(field=field, why="unknown_field")
    if not value:
        raise UnfitField(field=field, why="empty")
    if len(value) > sort.most:
        if not sort.cuts:
            raise UnfitField(field=field, why="too_long")
        value = value[: sort.most - 1].rstrip() + "…"
    if sort.pattern is not None and not sort.pattern.fullmatch(value):
        raise UnfitField(field=field, why="wrong_letters")
    return value


def moment_text(field: str, moment: datetime, zone: ZoneInfo) -> str | None:
    """A moment as a `time` or `date` wants it, local: `2026年11月26日 14:05`; None for other fields."""
    if not field.startswith(("time", "date")):
        return None
    local = moment.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def amount_text(field: str, amount: Money) -> str | None:
    """Money as an `amount` wants it, one sign and no separators: `€1299.50`; None for other fields."""
    if not field.startswith("amount"):
        return None
    sign = {Currency.EUR: "€", Currency.CNY: "¥"}[amount.currency]
    return f"{sign}{amount.minor // 100}.{amount.minor % 100:02}"
