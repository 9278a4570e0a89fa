"""Verbs about exchange rates: fetch the newest file, keep what it says."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select

from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.catalogue.rate_models import ExchangeRate
from shop.gateways.reference_rates import DailyRates, ReferenceRates

LOG = structlog.get_logger("shop.rates")
ZONE = ZoneInfo("Europe/Berlin")  # Central European Time, in which the ECB publishes
PUBLISHED = time(16, 0)  # about; on working days
NOT_BEFORE = date(1999, 1, 4)  # the first day there were reference rates
RATES: Any = ExchangeRate.__table__


class RatesOfTomorrow(ShopError):
    """The file says a day that has not come yet, or one before there was a euro: something is wrong with it."""

    kind, code = Kind.UPSTREAM, "rates_of_tomorrow"


def fetch(peer: ReferenceRates, now: datetime) -> int:
    """Keep the newest rates, when there may be newer ones than we have; answers how many were new.

    Harmless twice and by several workers at once. Raises RatesUnavailable, RatesOfTomorrow.
    """
    if not due(_newest_day(), now):
        return 0
    return keep(peer.newest(), peer.url, now)


def keep(daily: DailyRates, source: str, now: datetime) -> int:
    """Keep the rates of a day; what was kept of it before stays. Answers how many were new. Raises RatesOfTomorrow."""
    if not NOT_BEFORE <= daily.day <= now.astimezone(ZONE).date():
        raise RatesOfTomorrow(day=daily.day.isoformat())
    rows = [_row(daily.day, currency, str(value), source, now) for currency, value in sorted(daily.per_euro.items())]
    with transaction() as session:
        known = set(session.scalars(select(RATES.c.currency).where(RATES.c.day == daily.day)))
        new = [row for row in rows if row["currency"] not in known]
        for row in new:
            session.execute(_insert(session.get_bind().dialect.name, row))
    LOG.info("rates kept", day=daily.day.isoformat(), new=len(new))
    return len(new)


def due(newest: date | None, now: datetime) -> bool:
    """Whether the ECB may have published rates of a later day than `newest`. On a TARGET holiday it has not; asking is cheap."""
    here = now.astimezone(ZONE)
    last = here.date() if here.time() >= PUBLISHED else here.date() - timedelta(days=1)
    while last.isoweekday() > 5:
        last -= timedelta(days=1)
    return newest is None or newest < last


def _newest_day() -> date | None:
    with reading() as session:
        found: date | None = session.scalar(select(func.max(RATES.c.day)))
    return found


def _row(day: date, currency: str, text: str, source: str, now: datetime) -> Mapping[str, Any]:
    return {"day": day, "currency": currency, "per_euro": text, "source": source[:200], "kept_at": now}


def _insert(dialect: str, row: Mapping[str, Any]) -> Any:
    """Another worker may have been quicker: then its row stays."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_here
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_here  # type: ignore[assignment]
    return insert_here(RATES).values(row).on_conflict_do_nothing()
