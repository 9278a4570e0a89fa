"""Opening hours as a manager writes them: a week, weeks that hold from a later day, single days that differ. Only answers.

In the database and in the API a day is a list of clock times in pairs: `["06:00", "12:00", "13:00", "21:30"]`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from shop.base.errors import Kind, ShopError
from shop.flights.leads import as_rule
from shop.flights.rules import OpenDay, PointRules
from shop.flights.rules import Week as WeekRules

StoredLead = Mapping[str, Any]  # `minutes` (None: not here), and perhaps `sku`, `category`, `flight`, `weekday`
Week = dict[str, list[str]]  # ISO weekday to its times; a missing day is closed
WEEKDAYS = "1234567"
CLOSED = frozenset({"closed", "geschlossen", "休息", "关闭", "zu", "-", "–"})
SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–—~至]\s*(\d{1,2}:\d{2})")
MOST_SPANS, MOST_EXCEPTIONS, MOST_LATER = 4, 120, 12


class WrongHours(ShopError):
    """Text that is no opening hours. The code in `fields` says why: `wrong_hours`, `hours_overlap`, `too_many_breaks`,
    `wrong_exception`, `day_twice`."""

    kind, code = Kind.INVALID, "wrong_hours"


class Plan(Struct, frozen=True):
    """What differs from the week: `later` weeks by the day from which they hold, `exceptions` by day (an empty list is
    closed), `leads` in minutes by ISO weekday, `lead_rules` for some goods or flights."""

    later: tuple[tuple[date, Week], ...] = ()
    exceptions: Mapping[date, list[str]] = field(default_factory=dict)
    leads: Mapping[str, int] = field(default_factory=dict)
    lead_rules: tuple[StoredLead, ...] = ()  # for some goods, flights or weekdays: see `leads`

    def week_of(self, week: Week, day: date) -> Week:
        """The week plan that holds on a day."""
        for since, other in self.later:
            week = other if since <= day else week
        return week

    def stored(self) -> dict[str, object] | None:
        """As it stands in the database; None when nothing differs."""
        if not (self.later or self.exceptions or self.leads or self.lead_rules):
            return None
        more: dict[str, object] = {"lead_rules": [dict(one) for one in self.lead_rules]} if self.lead_rules else {}
        return {
            **more,
            "later": [{"from": since.isoformat(), "week": week} for since, week in self.later],
            "exceptions": {day.isoformat(): times for day, times in sorted(self.exceptions.items())},
            "leads": dict(self.leads),
        }


def plan_of(stored: Mapping[str, object] | None) -> Plan:
    """The plan in what the database holds."""
    if not stored:
        return NOTHING
    said: Mapping[str, object] = stored
    later, exceptions, leads = said.get("later", []), said.get("exceptions", {}), said.get("leads", {})
    lead_rules = said.get("lead_rules", [])
    assert isinstance(lead_rules, list)  # noqa: S101 - written by `stored` alone
    assert isinstance(later, list)  # noqa: S101 - written by `stored` alone
    assert isinstance(exceptions, Mapping)  # noqa: S101
    assert isinstance(leads, Mapping)  # noqa: S101
    return Plan(
        tuple((date.fromisoformat(one["from"]), one["week"]) for one in later),
        {date.fromisoformat(day): times for day, times in exceptions.items()},
        dict(leads),
        tuple(dict(one) for one in lead_rules),
    )


NOTHING = Plan()


def rules_of(zone: ZoneInfo, week: Week, plan: Plan, order_lead: timedelta, opens_before: timedelta) -> PointRules:
    """What decides when an order can be collected."""
    return PointRules(
        zone, _week(week), order_lead, opens_before,
        tuple((since, _week(other)) for since, other in plan.later),
        {day: spans_of(times) for day, times in plan.exceptions.items()},
        {int(day): timedelta(minutes=minutes) for day, minutes in plan.leads.items()},
        tuple(as_rule(one) for one in plan.lead_rules),
    )  # fmt: skip


def _week(week: Week) -> WeekRules:
    return tuple(spans_of(week.get(day, [])) or None for day in WEEKDAYS)


def spans_of(times: Sequence[str]) -> tuple[OpenDay, ...]:
    """The pairs of a day."""
    moments = [time.fromisoformat(text) for text in times]
    return tuple(OpenDay(opens, closes) for opens, closes in zip(moments[::2], moments[1::2], strict=True))


def words_of(times: Sequence[str]) -> str:
    """`06:00-12:00, 13:00-21:30`: as it is typed."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in zip(times[::2], times[1::2], strict=True))


def read_day(text: str) -> list[str]:
    """The times in what somebody typed for a day; empty or a word for closed gives none. Raises WrongHours."""
    text = text.strip()
    if not text or text.lower() in CLOSED:
        return []
    times: list[str] = []
    for part in re.split(r"[,;，；、]", text):
        found = SPAN.fullmatch(part.strip())
        if not found:
            raise WrongHours(fields={"hours": ["wrong_hours"]})
        times += [_clock(clock) for clock in found.groups()]
    if len(times) > 2 * MOST_SPANS:
        raise WrongHours(fields={"hours": ["too_many_breaks"]})
    if any(first >= second for first, second in zip(times, times[1:], strict=False)):
        raise WrongHours(fields={"hours": ["hours_overlap"]})
    return times


def _clock(text: str) -> str:
    """`6:00` as `06:00`; `24:00` is written 23:59. Raises WrongHours."""
    hour, minute = (int(part) for part in text.split(":"))
    if (hour, minute) == (24, 0):
        return "23:59"
    if hour > 23 or minute > 59:
        raise WrongHours(fields={"hours": ["wrong_hours"]})
    return f"{hour:02}:{minute:02}"


def read_exceptions(text: str) -> dict[date, list[str]]:
    """Single days, one a line: `2026-12-24 06:00-14:00` or `2026-12-25 closed`. Raises WrongHours; `facts["line"]` says where."""
    found: dict[date, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        said, _, times = line.strip().partition(" ")
        try:
            day = date.fromisoformat(said) if len(said) == 10 else None
        except ValueError:
            day = None
        if day is None or not times.strip():
            raise WrongHours(fields={"exceptions": ["wrong_exception"]}, line=number)
        if day in found:
            raise WrongHours(fields={"exceptions": ["day_twice"]}, line=number)
        try:
            found[day] = read_day(times)
        except WrongHours:
            raise WrongHours(fields={"exceptions": ["wrong_exception"]}, line=number) from None
    if len(found) > MOST_EXCEPTIONS:
        raise WrongHours(fields={"exceptions": ["too_many_exceptions"]})
    return found
