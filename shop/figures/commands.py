"""The one verb: count the days that are over, and again those of which something changed."""

from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from shop.base.db import transaction
from shop.figures import counting, queries
from shop.figures.days import between, day_of, end_of, stretches
from shop.figures.models import CountedDay, DepartureFigures, PlacedFigures, ProductFigures, Standing
from shop.orders.models import Order

LOG = structlog.get_logger("shop.figures")
SETTLES = timedelta(hours=1)  # a day is counted when it has been over for so long
MOST_DAYS = 20  # at a time: writers of a small database wait meanwhile
TABLES: tuple[tuple[Any, tuple[str, ...], tuple[str, ...]], ...] = (
    (PlacedFigures, ("day", "point_id", "currency"), counting.PLACED),
    (ProductFigures, ("day", "point_id", "product_id", "currency"), counting.PRODUCTS),
    (DepartureFigures, ("day", "hour", "point_id"), counting.DEPARTURES),
)
# One statement that makes the row if there is none, and waits for whoever has it.
_TAKE = text("INSERT INTO figures_standing (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = excluded.id")


def count_days(now: datetime, most: int = MOST_DAYS) -> int:
    """Count up to `most` days that are over and not counted, or not any more; the newest first. Answers how many.

    Several workers take turns. Harmless at any time, and however often: what is not counted is asked of the orders.
    """
    with transaction() as session:
        session.execute(_TAKE)
        changed = queries.changed_days(session)
        if changed is None:  # nobody knows what changed since: nothing that was counted can be believed
            session.execute(delete(CountedDay))
        for first, last in stretches(changed or ()):
            _forget(session, first, last)
        days = _to_count(session, now)[:most]
        for first, last in stretches(days):  # rows that somebody left there
            _forget(session, first, last)
        _count(session, days, now)
        session.execute(update(Standing).where(Standing.id == 1).values(counted_to=now))
    if days:
        LOG.info("days counted", days=len(days), newest=str(days[0]))
    return len(days)


def _forget(session: Session, first: date, last: date) -> None:
    for table in (*(each[0] for each in TABLES), CountedDay):
        session.execute(delete(table).where(table.day >= first, table.day <= last))


def _to_count(session: Session, now: datetime) -> list[date]:
    """Days that are over since the first order and were not counted, the newest first."""
    begun = session.scalar(select(func.min(Order.placed_at)))
    if begun is None:
        return []
    known = set(session.scalars(select(CountedDay.day)))
    over = (day for day in reversed(between(day_of(begun), day_of(now))) if end_of(day) + SETTLES <= now)
    return [day for day in over if day not in known]


def _count(session: Session, days: list[date], now: datetime) -> None:
    found = (counting.placed(session, days), counting.products(session, days), counting.departures(session, days, now))
    for (table, keys, numbers), counts in zip(TABLES, found, strict=True):
        rows = [dict(zip((*keys, *numbers), (*key, *values), strict=True)) for key, values in counts.items()]
        if rows:
            session.execute(insert(table), rows)
    if days:
        session.execute(insert(CountedDay), [{"day": day} for day in days])
