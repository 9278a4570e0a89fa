"""Which values a setting may have. No database, no clock: only answers, and refusals that name the field at fault."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from shop.base.errors import Kind, ShopError

LANGUAGES = ("zh", "en", "de")
POINT_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}")
LONGEST = {"name": 80, "directions": 1000, "terminal": 4, "zone": 16}
LEAD = range(4321)  # minutes: up to three days
OPENS_BEFORE = range(30, 2881)
NO_SHOW = range(169)  # hours
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
THING = 20  # characters of WeChat's field `thing`, after filling in; without a line break
BODY = 600  # characters of a message in a chat

# What each message may say, with an example of the longest sort that is usual.
EXAMPLES: Mapping[str, str] = {
    "number": "D7K3M9PQ2X", "counter": "T1-B42", "zone": "B", "terminal": "T1", "flight": "CA932", "collect_from": "11-26 10:05",
    "collect_until": "14:05", "departs": "11-26 14:05", "amount": "€1,299.50", "name": "SP-0001", "pay_before": "14:20",
    "code": "7KQ2M-9XDAB",
}  # fmt: skip
_PLACE = frozenset({"number", "counter", "terminal", "zone", "flight", "collect_from", "collect_until"})
MESSAGES: Mapping[str, frozenset[str]] = {
    "paid": _PLACE | {"amount", "code"},
    "ready": _PLACE | {"code"},
    "reminder": _PLACE | {"departs", "code"},
    "closing": _PLACE | {"departs", "code"},
    "moved": _PLACE | {"departs", "code"},
    "delayed": frozenset({"number", "counter", "flight", "departs", "collect_until"}),
    "shortage": frozenset({"number", "name", "amount", "flight"}),
    "refund_started": frozenset({"number", "amount"}),
    "refund": frozenset({"number", "amount"}),
    "no_show": frozenset({"number", "counter", "flight", "amount"}),
    "back_in_stock": frozenset({"name"}),
}


class WrongSetting(ShopError):
    """A value that a setting cannot have; `fields` says which and why."""

    kind, code = Kind.INVALID, "wrong_setting"


def _refuse(errors: Mapping[str, list[str]], **facts: object) -> None:
    if errors:
        raise WrongSetting(fields=errors, **facts)


def check_place(value: Mapping[str, Any]) -> None:
    """Names and directions in every language, terminal and zone. Raises WrongSetting."""
    errors: dict[str, list[str]] = {}
    for name in ("name", "directions"):
        for language in LANGUAGES:
            _length(errors, f"{name}_{language}", value[name].get(language, ""), LONGEST[name])
    for name in ("terminal", "zone"):
        _length(errors, name, value[name], LONGEST[name])
    _refuse(errors)


def _length(errors: dict[str, list[str]], field: str, text: str, longest: int) -> None:
    if not text.strip():
        errors[field] = ["missing"]
    elif len(text) > longest:
        errors[field] = ["too_long"]


def check_cut_off(value: Mapping[str, Any]) -> None:
    """Minutes that make sense. Raises WrongSetting."""
    errors = {}
    if value["lead"] not in LEAD:
        errors["lead"] = ["wrong_minutes"]
    if value["opens_before"] not in OPENS_BEFORE:
        errors["opens_before"] = ["wrong_minutes"]
    if any(one["minutes"] is not None and one["minutes"] not in LEAD for one in value.get("goods", ())):
        errors["goods"] = ["wrong_minutes"]
    errors |= {f"lead_{day}": ["wrong_minutes"] for day, minutes in value["weekdays"].items() if minutes not in LEAD}
    _refuse(errors)


def check_no_show(value: Mapping[str, Any]) -> None:
    """Hours after departure, or None: a person decides. Raises WrongSetting."""
    if value["hours"] is not None and value["hours"] not in NO_SHOW:
        raise WrongSetting(fields={"hours": ["wrong_hours_number"]})


def check_from(day: date | None, today: date) -> None:
    """A change holds from today on or later: the past stays as it was. Raises WrongSetting."""
    if day is not None and day < today:
        raise WrongSetting(fields={"from": ["from_in_the_past"]})


# --- messages ---------------------------------------------------------------------------------------------------------


def placeholders(text: str) -> Iterable[str]:
    """The names in braces, in order."""
    return PLACEHOLDER.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in. What is in no braces stays as it is."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def check_message(kind: str, value: Mapping[str, str]) -> None:
    """`thing` is the line of WeChat's template (20 characters after filling in, one line), `body` the text in a chat.

    Raises WrongSetting with `unknown_placeholder` (`facts["placeholder"]`), `stray_brace`, `too_long_for_wechat`, `too_long`,
    `one_line_only`, `missing`.
    """
    errors: dict[str, list[str]] = {}
    facts: dict[str, str] = {}
    for field in ("thing", "body"):
        text = value[field]
        unknown = [name for name in placeholders(text) if name not in MESSAGES[kind]]
        if not text.strip():
            errors[field] = ["missing"]
        elif unknown:
            errors[field], facts["placeholder"] = ["unknown_placeholder"], "{" + unknown[0][:30] + "}"
        elif "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
            errors[field] = ["stray_brace"]
        elif field == "thing" and ("\n" in text or "\r" in text):
            errors[field] = ["one_line_only"]
        elif field == "thing" and len(filled(text, EXAMPLES)) > THING:
            errors[field] = ["too_long_for_wechat"]
        elif field == "body" and len(filled(text, EXAMPLES)) > BODY:
            errors[field] = ["too_long"]
    _refuse(errors, **facts)


# --- allowances and prices --------------------------------------------------------------------------------------------


def check_allowance(value: Mapping[str, Any]) -> None:
    """What customs lets a traveller bring; None where the rule says nothing. A rule has a source and the day it was read."""
    errors: dict[str, list[str]] = {}
    for field, most in (("value_minor", 10**9), ("item_minor", 10**9), ("alcohol_ml", 100_000), ("alcohol_permille", 1000)):
        if value[field] is not None and not 0 <= value[field] <= most:
            errors[field.removesuffix("_minor").replace("permille", "percent")] = ["wrong_value"]
    if value["age"] is not None and not 0 <= value["age"] <= 99:
        errors["age"] = ["wrong_value"]
    if (value["alcohol_ml"] is None) != (value["alcohol_permille"] is None):
        errors["alcohol_ml"] = ["both_or_neither"]
    if not value["source"].strip():
        errors["source"] = ["missing"]
    if not value["read_on"]:
        errors["read_on"] = ["missing"]
    _refuse(errors)


def check_territory(value: Mapping[str, Any]) -> None:
    """Where nothing is duty free: countries by two letters, airports by three; with a source and the day it was read."""
    errors: dict[str, list[str]] = {}
    for key, field, length in (("countries", "countries", 2), ("outside", "outside_airports", 3), ("inside", "inside_airports", 3)):
        if any(len(code) != length or not (code.isascii() and code.isalpha() and code.isupper()) for code in value[key]):
            errors[field] = ["wrong_codes"]
    if not value["countries"]:
        errors["countries"] = ["missing"]
    if set(value["outside"]) & set(value["inside"]):
        errors["inside_airports"] = ["wrong_codes"]
    if not value["source"].strip():
        errors["source"] = ["missing"]
    if not value["read_on"]:
        errors["read_on"] = ["missing"]
    _refuse(errors)


def check_prices(value: Mapping[str, Any]) -> None:
    """How prices are shown, the rates of VAT, and from which total on an order is taken. Without a rate of its own the shop shows
    the ECB's of the day. Raises WrongSetting."""
    errors: dict[str, list[str]] = {}
    for field in ("vat_standard", "vat_reduced"):
        if not _between(value[field], 0, 50):
            errors[field] = ["wrong_rate"]
    if value["cny_rate"] is not None and not _between(value["cny_rate"], "0.01", 1000):
        errors["cny_rate"] = ["wrong_rate"]
    if (value["cny_rate"] is None) != (value["cny_day"] is None):
        errors["cny_day"] = ["both_or_neither"]
    if value["minimum_minor"] is not None and not 0 < value["minimum_minor"] <= 10**7:
        errors["minimum"] = ["wrong_sum"]
    _refuse(errors)


def _between(text: str, least: object, most: object) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and Decimal(str(least)) <= number <= Decimal(str(most))


def in_cny(minor: int, rate: str) -> int:
    """Minor units of EUR as whole yuan, rounded half up: for showing, never for charging."""
    return int((Decimal(minor) * Decimal(rate) / 100).to_integral_value(rounding="ROUND_HALF_UP"))
