"""Who sells: what the imprint, the receipt and the privacy notice name. One dated setting, so that an old receipt can still be read."""

import re
from collections.abc import Mapping
from typing import Any

from shop.policies.rules import LANGUAGES, WrongSetting

# One line each. § 5 DDG wants the first ones of everybody; register, VAT number and authority where there are any.
LINES = (
    "name", "represented_by", "street", "city", "country", "email", "phone", "register", "vat_id", "authority", "privacy_contact",
    "china_contact", "chat_url",
)  # fmt: skip
NEEDED = ("name", "represented_by", "street", "city", "country", "email", "phone")
TEXTS = ("vat_note", "terms")  # in every language
LONGEST = {"vat_note": 400, "terms": 20_000}
DAYS = range(14, 366)  # the law's fourteen, or more


def missing(value: Mapping[str, Any]) -> list[str]:
    """What a complete imprint needs and is not there, by name."""
    return [name for name in NEEDED if not value[name].strip()]


def address(value: Mapping[str, Any]) -> list[str]:
    """Name and address, a line each, without empty ones."""
    return [line for line in (value["name"], value["street"], value["city"], value["country"]) if line]


def check(value: Mapping[str, Any]) -> None:
    """Raises WrongSetting."""
    errors: dict[str, list[str]] = {}
    if value["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value["email"]):
        errors["email"] = ["wrong_mail"]
    if value["chat_url"] and not value["chat_url"].startswith(("https://", "weixin://")):
        errors["chat_url"] = ["wrong_link"]
    if value["withdrawal_days"] not in DAYS:
        errors["withdrawal_days"] = ["wrong_days"]
    for name in TEXTS:
        errors |= {f"{name}_{lang}": ["too_long"] for lang in LANGUAGES if len(value[name][lang]) > LONGEST[name]}
    if errors:
        raise WrongSetting(fields=errors)
