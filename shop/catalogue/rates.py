"""What one currency is worth in another, by the euro reference rates of the European Central Bank: for showing and for
customs' limits, never for charging (the ECB itself says: for information). WeChat Pay's own rate decides what is paid."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import ScalarSelect, Select, and_, select

from shop.base.db import reading
from shop.catalogue.rate_models import ExchangeRate

RATES: Any = ExchangeRate.__table__
EURO = "EUR"
# What the shop comes with, until its worker has fetched a file. Of Macau's pataca the ECB publishes no rate.
FIRST_DAY = date(2026, 10, 30)
FIRST: Mapping[str, str] = {"CNY": "7.4326", "HKD": "8.7652", "USD": "1.1172"}
FIRST_SOURCE = "European Central Bank, euro foreign exchange reference rates of 30 October 2026 (eurofxref-hist)"


class Rate(Struct, frozen=True):
    """One of the base currency costs `value` of the other, by the rates of `day`."""

    value: Decimal
    day: date

    def of(self, minor: int) -> int:
        """Minor units of the base in minor units of the other (both with two decimals), rounded half up."""
        return int((Decimal(minor) * self.value).to_integral_value(rounding="ROUND_HALF_UP"))


def rate(base: str, quote: str, day: date) -> Rate | None:
    """The newest rate not later than `day`, between two currencies through the euro; None where there is none.

    Both sides of a cross rate are of the same day. A currency in itself is 1, of that very day. One statement at most.
    """
    if base == quote:
        return Rate(Decimal(1), day)
    wanted = sorted({base, quote} - {EURO})
    with reading() as session:
        row = session.execute(_newest(wanted, day)).first()
    kept = (row[0], {currency: str(text) for currency, text in zip(wanted, row[1:], strict=True)}) if row else None
    known = newer(kept, wanted, day)
    if known is None:
        return None
    values = {EURO: Decimal(1), **{currency: Decimal(text) for currency, text in known[1].items()}}
    return Rate(values[quote] / values[base], known[0])


def newer(kept: tuple[date, Mapping[str, str]] | None, wanted: list[str], day: date) -> tuple[date, Mapping[str, str]] | None:
    """What was kept of these currencies, or what the shop came with when that is newer (and not later than `day`)."""
    ours = day >= FIRST_DAY and all(currency in FIRST for currency in wanted)
    if ours and (kept is None or kept[0] < FIRST_DAY):
        return FIRST_DAY, {currency: FIRST[currency] for currency in wanted}
    return kept


def _newest(wanted: list[str], day: date) -> Select[Any]:
    """The newest day that has all of these (one or two) currencies, and its rates."""
    tables = [RATES.alias(f"rate_{n}") for n in range(len(wanted))]
    joined = tables[0]
    for other in tables[1:]:
        joined = joined.join(other, other.c.day == tables[0].c.day)
    return (
        select(tables[0].c.day, *(table.c.per_euro for table in tables))
        .select_from(joined)
        .where(tables[0].c.day <= day, *(table.c.currency == currency for table, currency in zip(tables, wanted, strict=True)))
        .order_by(tables[0].c.day.desc())
        .limit(1)
    )


def newest_per_euro(currency: str, day: Any, what: str = "per_euro") -> ScalarSelect[Any]:
    """The newest rate of a currency (or its `day`) not later than `day`, as a part of another statement."""
    return (
        select(RATES.c[what])
        .where(and_(RATES.c.currency == currency, RATES.c.day <= day))
        .order_by(RATES.c.day.desc())
        .limit(1)
        .scalar_subquery()
    )
