"""Which days a saved report means, and when a schedule is due. Decides from values alone."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from shop.base.errors import Kind, ShopError

FRANKFURT = ZoneInfo("Europe/Berlin")
LONGEST_RULE = 200
LONGEST_PERIOD = timedelta(days=3 * 366)
HORIZON = timedelta(days=5 * 366)  # nothing is looked for beyond
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST", "UNTIL", "COUNT"})
PRESETS = {"daily": "FREQ=DAILY", "weekly": "FREQ=WEEKLY;BYDAY=MO", "monthly": "FREQ=MONTHLY;BYMONTHDAY=1"}
COUNTED = re.compile("[1-9][0-9]{0,2}")
DAY = timedelta(days=1)
# A rule that never happens is looked for until the year 9999. The calendar comes round every 400 years, weekdays too, so it is
# followed where that year is near: then it is soon known.
MILLENNIA = 7600


class WrongRule(ShopError):
    """Not a rule (RFC 5545 RRULE) that a schedule can have, or one that never happens."""

    kind, code = Kind.INVALID, "wrong_rule"

    def __init__(self) -> None:
        super().__init__(fields={"rule": [self.code]})


class WrongExportPeriod(ShopError):
    """The period is empty, ends before it begins, or is longer than three years."""

    kind, code = Kind.INVALID, "wrong_period"


class Span(StrEnum):
    """The days of a saved report, reckoned from the day on which it is made."""

    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"  # up to yesterday
    LAST_WEEK = "last_week"  # Monday to Sunday
    THIS_MONTH = "this_month"  # up to today
    LAST_MONTH = "last_month"
    FIXED = "fixed"  # two days that were said


def days_of(span: Span, today: date) -> tuple[date, date]:
    """The first and the last day. Raises ValueError for FIXED, which says its own."""
    this_month = today.replace(day=1)
    last_month = this_month - DAY
    monday = today - DAY * today.weekday()
    found = {
        Span.YESTERDAY: (today - DAY, today - DAY),
        Span.LAST_7_DAYS: (today - 7 * DAY, today - DAY),
        Span.LAST_WEEK: (monday - 7 * DAY, monday - DAY),
        Span.THIS_MONTH: (this_month, today),
        Span.LAST_MONTH: (last_month.replace(day=1), last_month),
    }
    if span not in found:
        raise ValueError(span)
    return found[span]


def check_days(first: date, last: date) -> None:
    """Raises WrongExportPeriod."""
    if last < first:
        raise WrongExportPeriod(fields={"to": ["wrong_period"]})
    if last - first > LONGEST_PERIOD:
        raise WrongExportPeriod(fields={"to": ["period_too_long"]})


def checked_rule(text: str) -> str:
    """The rule in one form: capitals, no spaces, no `RRULE:`. Raises WrongRule."""
    rule = "".join(text.split()).upper().removeprefix("RRULE:")
    if not rule or len(rule) > LONGEST_RULE:
        raise WrongRule
    parts = [part.partition("=") for part in rule.rstrip(";").split(";")]
    names = [name for name, _, _ in parts]
    if set(names) - PARTS or len(set(names)) < len(names) or not all(value for _, _, value in parts):
        raise WrongRule
    values = {name: value for name, _, value in parts}
    if values.get("FREQ") not in FREQUENCIES or not all(
        COUNTED.fullmatch(values.get(name, "1")) for name in ("INTERVAL", "COUNT")
    ):
        raise WrongRule
    return ";".join(f"{name}={value}" for name, _, value in parts)


def runs_after(rule: str, start: date, at: time, after: datetime, count: int) -> list[datetime]:
    """The next `count` moments of the rule after `after`, fewer when it ends. Times are Frankfurt's clock.

    An hour that the clocks leave out in spring is the one after it; of an hour that comes twice in autumn it is the first.
    Raises WrongRule.
    """
    found: list[datetime] = []
    for moment in _moments(rule, start, at, after):
        if moment > after:
            found.append(moment)
        if len(found) == count:
            break
    return found


def _moments(rule: str, start: date, at: time, after: datetime) -> Iterator[datetime]:
    text, until = _apart(checked_rule(rule))
    begin, since = datetime.combine(start, at), after.astimezone(FRANKFURT).replace(tzinfo=None)
    end = min(max(begin, since) + HORIZON, until)
    try:
        found = rrulestr(text, dtstart=begin.replace(year=begin.year + MILLENNIA))
        if not isinstance(found, rrule):
            raise WrongRule
        for late in found:
            moment = late.replace(year=late.year - MILLENNIA)
            if moment > end:
                return
            if moment >= since - DAY:  # a whole day before: its clocks may be set back
                yield in_frankfurt(moment)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError):
        raise WrongRule from None


def _apart(rule: str) -> tuple[str, datetime]:
    """The rule without its end, and the end: a day is over at midnight. Raises WrongRule."""
    kept = [part for part in rule.split(";") if not part.startswith("UNTIL=")]
    text = next((part.removeprefix("UNTIL=") for part in rule.split(";") if part.startswith("UNTIL=")), "")
    try:
        if not text:
            end = datetime(9999, 1, 1)  # noqa: DTZ001 - a clock on the wall in Frankfurt
        elif len(text) == len("20261231"):
            end = datetime.combine(date.fromisoformat(text), time.max)
        else:
            end = datetime.fromisoformat(text)
            end = end.astimezone(FRANKFURT).replace(tzinfo=None) if end.tzinfo else end
    except ValueError:
        raise WrongRule from None
    return ";".join(kept), end


def in_frankfurt(clock: datetime) -> datetime:
    """The moment, in UTC, at which Frankfurt's clocks show `clock`: the first one when they do so twice, an hour later when
    they leave it out."""
    return clock.replace(tzinfo=FRANKFURT, fold=0).astimezone(UTC)
