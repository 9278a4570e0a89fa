"""What a period of orders adds up to."""

from datetime import datetime

from shop.base.db import db
from shop.reports.adding import totals_in
from shop.reports.asked import Asked
from shop.reports.period import Period
from shop.reports.snapshots import snapshot
from shop.reports.totals import Totals

__all__ = ["snapshot", "totals"]


def totals(since: datetime, until: datetime) -> Totals:
    """What the orders placed from `since` up to, not including, `until` add up to, by the database's own sums.

    Raises WrongPeriod.
    """
    with snapshot(db.engine) as view:
        return totals_in(view.all, Asked("orders", Period(since, until)))
