"""Which values the settings of messages may have: a moment's template and its fields, quiet hours, how early to remind.

No database, no clock: only answers, and refusals that name the field at fault.
"""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from shop.policies import wechat_fields
from shop.policies.rules import EXAMPLES, MESSAGES, PLACEHOLDER, WrongSetting, filled, placeholders
from shop.policies.wechat_fields import UnfitField

TEMPLATE_ID = re.compile(r"[0-9A-Za-z_-]{20,64}")
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
REMIND = range(30, 2881)  # minutes
CLOSING = range(10, 721)
MOST_FIELDS = 8
LINE = "line"  # stands for the moment's own line in the traveller's language
TIMES = frozenset({"collect_from", "collect_until", "departs"})
CODE = "code"
DAY_EXAMPLE, AMOUNT_EXAMPLE = "2026年11月26日 14:05", "€1299.50"


def example(field: str, name: str) -> str:
    """What a placeholder usually becomes in a field of this name."""
    if name in TIMES and field.startswith(("time", "date")):
        return DAY_EXAMPLE
    if name == "amount" and field.startswith("amount"):
        return AMOUNT_EXAMPLE
    return "可以提货" if name == LINE else EXAMPLES[name]


def check_template(moment: str, value: Mapping[str, Any], *, overseas: bool) -> None:
    """`template_id` and `fields` (pairs of WeChat's field name and our text); both empty: the moment has no template.

    Raises WrongSetting with `wrong_template_id`, `missing`, `too_many_fields`, `unknown_field`, `field_twice`,
    `unknown_placeholder`, `stray_brace`, `unfit_example`, `code_needed`; facts say where.
    """
    template_id, pairs = value["template_id"], [tuple(pair) for pair in value["fields"]]
    errors: dict[str, list[str]] = {}
    facts: dict[str, str] = {}
    if template_id and not TEMPLATE_ID.fullmatch(template_id):
        errors["template_id"] = ["wrong_template_id"]
    if bool(template_id) != bool(pairs):
        errors["fields" if template_id else "template_id"] = ["missing"]
    if len(pairs) > MOST_FIELDS:
        errors["fields"] = ["too_many_fields"]
    names = [name for name, _ in pairs]
    for name, text in pairs:
        wrong = "field_twice" if names.count(name) > 1 else _wrong_field(moment, name, text, facts)
        if wrong and "fields" not in errors:
            errors["fields"] = [wrong]
            facts["field"] = str(name)[:40]
    needs_code = overseas and template_id and CODE in MESSAGES[moment]
    if needs_code and "fields" not in errors and not any(CODE in placeholders(text) for _, text in pairs):
        errors["fields"] = ["code_needed"]
    if errors:
        raise WrongSetting(fields=errors, **facts)


def _wrong_field(moment: str, name: str, text: str, facts: dict[str, str]) -> str | None:
    """A code for what is wrong with one field; the example stands for what comes."""
    if wechat_fields.sort_of(name) is None:
        return "unknown_field"
    allowed = MESSAGES[moment] | {LINE}
    for placeholder in placeholders(text):
        if placeholder not in allowed:
            facts["placeholder"] = "{" + placeholder[:30] + "}"
            return "unknown_placeholder"
    rest = PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        return "stray_brace"
    try:
        wechat_fields.fitted(name, filled(text, {one: example(name, one) for one in allowed}))
    except UnfitField as refused:
        facts["why"] = str(refused.facts["why"])
        return "unfit_example"
    return None


def check_messaging(value: Mapping[str, Any]) -> None:
    """Raises WrongSetting with `wrong_time`, `wrong_reminder`, `wrong_closing`."""
    errors = {name: ["wrong_time"] for name in ("quiet_from", "quiet_until") if not CLOCK.fullmatch(value[name])}
    if value["remind_minutes"] not in REMIND:
        errors["remind_minutes"] = ["wrong_reminder"]
    if value["closing_minutes"] not in CLOSING:
        errors["closing_minutes"] = ["wrong_closing"]
    if errors:
        raise WrongSetting(fields=errors)


def quiet_hours(value: Mapping[str, Any]) -> tuple[time, time]:
    """Start and end of the quiet hours of the setting; the same: there are none."""
    return time.fromisoformat(value["quiet_from"]), time.fromisoformat(value["quiet_until"])
