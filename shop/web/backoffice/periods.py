"""Periods that managers ask for again and again, in Frankfurt's days."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.web.templates import FRANKFURT

ONE_DAY = timedelta(days=1)


class Period(Struct, frozen=True):
    """Both days belong to it. `name` is a word of the page."""

    name: str
    first: date
    last: date


def today(now: datetime) -> date:
    """The day it is in Frankfurt."""
    return now.astimezone(ZoneInfo(FRANKFURT)).date()


def usual(now: datetime) -> tuple[date, date]:
    """From the first of this month to today."""
    day = today(now)
    return day.replace(day=1), day


def offered(now: datetime) -> list[Period]:
    """Today, yesterday, this month, last month."""
    day = today(now)
    this_month = day.replace(day=1)
    last_month = this_month - ONE_DAY
    return [
        Period("today", day, day),
        Period("yesterday", day - ONE_DAY, day - ONE_DAY),
        Period("this_month", this_month, day),
        Period("last_month", last_month.replace(day=1), last_month),
    ]


def years(now: datetime) -> list[Period]:
    """This year so far, and last year."""
    day = today(now)
    this_year = day.replace(month=1, day=1)
    last_year = this_year - ONE_DAY
    return [Period("this_year", this_year, day), Period("last_year", last_year.replace(month=1, day=1), last_year)]
