"""How what a check has found is kept: a product as a mark, a fault as plain values."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shop.exchange.columns import Value
from shop.exchange.rules import Fault

MOVING = ("on_hand", "count")  # what orders change all day; a count looks at it for itself


def of(present: Mapping[str, Value]) -> str:
    """A mark of everything that a file can say of a product: another one means that somebody has changed it."""
    said = {name: value for name, value in present.items() if name not in MOVING}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def fault(one: Fault) -> dict[str, Any]:
    return {"column": one.column, "code": one.code, "text": one.text, **one.facts}
