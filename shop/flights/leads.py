"""Cut-offs of some goods, flights or weekdays at a pickup point, as a manager writes them: one a line. Only answers.

`category:spirits 360` · `product:SP-0001 day:7 closed` · `CA932 240`: minutes before departure, or that it is not handed over here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shop.base.errors import Kind, ShopError
from shop.flights.rules import LeadRule, WrongFlightNumber, clean_flight_number

MOST_RULES, MOST_MINUTES = 100, 4320
NAMED = re.compile(r"(category|product|day):([0-9A-Za-z][0-9A-Za-z._-]{0,31})")


class WrongLead(ShopError):
    """A line that says no cut-off; `facts["line"]` says which."""

    kind, code = Kind.INVALID, "wrong_lead"


def as_rule(stored: Mapping[str, Any]) -> LeadRule:
    """The rule that a plan holds."""
    minutes = stored["minutes"]
    lead = None if minutes is None else timedelta(minutes=minutes)
    return LeadRule(lead, stored.get("sku"), stored.get("category"), stored.get("flight"), stored.get("weekday"))


def read_leads(text: str) -> list[dict[str, Any]]:
    """The rules in what somebody typed, one a line. Raises WrongLead."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(_read(line.split()))
            except (ValueError, WrongFlightNumber):
                raise WrongLead(fields={"goods": ["wrong_lead"]}, line=number) from None
    if len(found) > MOST_RULES:
        raise WrongLead(fields={"goods": ["too_long"]}, line=MOST_RULES + 1)
    return found


def _read(words: Sequence[str]) -> dict[str, Any]:
    """Raises ValueError, WrongFlightNumber."""
    *about, last = words
    rule: dict[str, Any] = {"minutes": None if last.lower() == "closed" else int(last)}
    for word in about:
        named = NAMED.fullmatch(word)
        if named is None:
            name, value = "flight", clean_flight_number(word)
        elif named[1] == "day":
            name, value = "weekday", named[2]
        else:
            name, value = {"category": "category", "product": "sku"}[named[1]], named[2]
        if name in rule:
            raise ValueError(word)
        rule[name] = int(value) if name == "weekday" else value
    closed = rule["minutes"] is None
    wrong = "weekday" in rule and rule["weekday"] not in range(1, 8)
    if not about or wrong or (closed and not {"sku", "category"} & set(rule)) or not (closed or 0 <= rule["minutes"] <= MOST_MINUTES):
        raise ValueError(last)
    return rule


def words_of(rules: Sequence[Mapping[str, Any]]) -> str:
    """The rules as they are typed."""
    lines = []
    for rule in rules:
        said = [
            f"product:{rule['sku']}" if "sku" in rule else "", f"category:{rule['category']}" if "category" in rule else "",
            rule.get("flight", ""), f"day:{rule['weekday']}" if "weekday" in rule else "",
            "closed" if rule["minutes"] is None else str(rule["minutes"]),
        ]  # fmt: skip
        lines.append(" ".join(word for word in said if word))
    return "\n".join(lines)
