"""Periods that managers ask for again and again, in Frankfurt's days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shop.web.templates import FRANKFURT

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it. `name` is a word of the page."""

    name: str
    first: date
    last: date


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(FRANKFURT)).date()


def usual(now: datetime) -> tuple[date, date]:
    """From the first of this month to today."""
    today = _today(now)
    return today.replace(day=1), today


def offered(now: datetime) -> list[Period]:
    """Today, yesterday, this month, last month."""
    today = _today(now)
    this_month = today.replace(day=1)
    last_month = this_month - ONE_DAY
    return [
        Period("today", today, today),
        Period("yesterday", today - ONE_DAY, today - ONE_DAY),
        Period("this_month", this_month, today),
        Period("last_month", last_month.replace(day=1), last_month),
    ]
