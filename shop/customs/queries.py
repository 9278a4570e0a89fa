"""Questions about the rules that hold on a day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select

from shop.base.db import reading
from shop.base.versions import SettingVersion
from shop.catalogue import rates
from shop.customs.dated import Rules, territory_of
from shop.customs.rules import Allowance, Rate, Rates

BOOK: Any = SettingVersion.__table__
KINDS = ("allowance", "territory", "prices")


def rules_on(day: date, today: date) -> Rules:
    """The rules that hold on the day of a flight, and prices as they are today; in one statement."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    with reading() as session:
        for row in session.execute(
            select(BOOK.c.kind, BOOK.c.key, BOOK.c.after, BOOK.c.valid_from)
            .where(BOOK.c.kind.in_(KINDS), BOOK.c.valid_from <= max(day, today))
            .order_by(BOOK.c.valid_from, BOOK.c.number)
        ):
            if row.valid_from <= (today if row.kind == "prices" else day):
                found[row.kind][row.key] = row.after
    return Rules(found["allowance"], territory_of(found["territory"].get("eu")), found["prices"].get("all") or {})


def rates_for(allowances: Iterable[Allowance], currencies: Iterable[str], today: date) -> Rates:
    """What goods in these currencies are worth in those of the allowances, where these limit a value: by the newest rates up to
    today, one statement for each pair that needs one."""
    found = {}
    limited = {one.currency for one in allowances if one.limits_value}
    for base in sorted(set(currencies)):
        for quote in sorted(limited - {base}):
            if (known := rates.rate(base, quote, today)) is not None:
                found[base, quote] = Rate(base, quote, known.value, known.day)
    return found
