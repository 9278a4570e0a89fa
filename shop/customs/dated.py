"""Rules as they stand in the book of settings (`shop.base.versions`), and how they hold on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from shop.base.versions import Value
from shop.customs.first_values import ALLOWANCES, TERRITORY
from shop.customs.rules import Allowance, Territory, areas


def allowance_of(area: str, value: Mapping[str, Any]) -> Allowance:
    """An allowance as the meter needs it, from a setting's value."""
    return Allowance(
        area, value["currency"], value["value_minor"], value["item_minor"], value["alcohol_ml"], value["alcohol_permille"], value["age"],
        value["stops"], value["source"], date.fromisoformat(value["read_on"]) if value["read_on"] else None,
        frozenset(value.get("never_free", ())),
    )  # fmt: skip


def territory_of(value: Mapping[str, Any] | None) -> Territory:
    """The territory in a setting's value; None is what the shop came with."""
    said = value or TERRITORY
    return Territory(
        frozenset(said["countries"]), frozenset(said["outside"]), frozenset(said["inside"]), said["source"],
        date.fromisoformat(said["read_on"]),
    )  # fmt: skip


class Rules(Struct, frozen=True):
    """What holds on a day. `allowances` has only what somebody has set; the rest is as the shop came."""

    allowances: Mapping[str, Value | None]
    territory: Territory
    prices: Mapping[str, Any]

    def allowances_of(self, final_area: str, via_area: str | None, residence: str) -> tuple[Allowance, ...]:
        """Whose rules count for a trip; none where we know of none."""
        return tuple(self._those(areas(final_area, via_area, residence)))

    def _those(self, keys: Iterable[str]) -> Iterable[Allowance]:
        for key in keys:
            value = self.allowances.get(key) or ALLOWANCES.get(key)
            if value is not None:
                yield allowance_of(key, value)
