"""WeChat's limits and the rules of advertising that hold on a day, from the data beside this module."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shop.campaigns.rules import Frowned, Limits

FILE = Path(__file__).parent / "data" / "rules.json"


@cache
def _read() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def limits(day: date) -> Limits:
    """What WeChat takes on this day; before the first known rule, that one."""
    known = sorted(_read()["limits"], key=lambda one: one["since"])
    held = [one for one in known if one["since"] <= day.isoformat()] or known[:1]
    return Limits(**held[-1])


def frowned(day: date) -> list[Frowned]:
    """The rules of advertising that hold on this day."""
    return [
        Frowned(one["rule"], tuple(one["words"]), one["never"], one["source"])
        for one in _read()["advertising"]
        if one["since"] <= day.isoformat()
    ]
