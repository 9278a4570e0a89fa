"""Questions about the rules that hold on a day."""

from datetime import date
from typing import Any

from sqlalchemy import select

from shop.base.db import reading
from shop.base.versions import SettingVersion
from shop.customs.dated import Rules, territory_of

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
