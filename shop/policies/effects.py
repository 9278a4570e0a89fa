"""What a change of a counter would do, said before it is made: orders it touches, the next days, the next cut-offs."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from shop.base.ids import OrderNumber
from shop.base.versions import Value
from shop.flights import hours, queries, rules
from shop.flights.queries import KnownFlight, Point
from shop.orders import opening
from shop.orders.opening import EXAMPLES, Some

DAYS = 7
MOST_CUT_OFFS = 12
NONE = Some(0, ())


class DayBefore(Struct, frozen=True):
    """The hours of one day, as they are and as they would be; no text is closed."""

    day: date
    old: str
    new: str


class CutOff(Struct, frozen=True):
    """The last moment to order for a flight, as it is and as it would be; None: the counter is closed before it leaves."""

    flight: str
    departs_at: datetime
    old: datetime | None
    new: datetime | None


class Effect(Struct, frozen=True):
    """`moved`: open orders that get another time to collect. `stranded`: of these, whose counter is closed before departure;
    they keep the old time. `due`: parcels that would be put back to stock and refunded within a minute. `to_come`: open orders
    that are still collected there."""

    days: tuple[DayBefore, ...] = ()
    cut_offs: tuple[CutOff, ...] = ()
    moved: Some = NONE
    stranded: Some = NONE
    due: Some = NONE
    to_come: Some = NONE


def of_point(kind: str, code: str, value: Value, now: datetime) -> Effect:
    """The effect of a value of a point's setting. Nothing is changed. Raises NoSuchPoint."""
    point = queries.point_by_code(code)
    if kind == "point_hours":
        return _of_hours(point, value, now)
    if kind == "point_cut_off":
        return _of_cut_off(point, value, now)
    if kind == "point_no_show":
        waits = value["hours"]
        return Effect(due=NONE if waits is None else opening.left_behind(point.id, now - timedelta(hours=waits)))
    if kind in ("point_active", "point_place", "point_hand_over"):
        return Effect(to_come=opening.still_to_come(point.id, now))
    return Effect()


def _of_hours(point: Point, value: Value, now: datetime) -> Effect:
    plan = hours.plan_of({**value, "leads": dict(point.plan.leads), "lead_rules": list(point.plan.lead_rules)})
    wanted = replace(point, hours=value["week"], plan=plan)
    fresh = [since for since, week in plan.later if (since, week) not in point.plan.later]
    start = min(fresh, default=now.astimezone(ZoneInfo(point.tz)).date())
    days = tuple(
        DayBefore(day, _said(point.rules, day), _said(wanted.rules, day)) for day in (start + timedelta(days=n) for n in range(DAYS))
    )
    moved, stranded = _orders(wanted, now)
    return Effect(days=days, moved=moved, stranded=stranded)


def _of_cut_off(point: Point, value: Value, now: datetime) -> Effect:
    wanted = replace(
        point, order_lead=timedelta(minutes=value["lead"]), opens_before=timedelta(minutes=value["opens_before"]),
        plan=hours.Plan(point.plan.later, point.plan.exceptions, value["weekdays"], tuple(value.get("goods", ()))),
    )  # fmt: skip
    moved, stranded = _orders(wanted, now)
    return Effect(cut_offs=_cut_offs(point, wanted, now), moved=moved, stranded=stranded)


def _said(decided: rules.PointRules, day: date) -> str:
    return ", ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in decided.open_on(day))


def _orders(wanted: Point, now: datetime) -> tuple[Some, Some]:
    found = opening.would_follow(wanted, now)
    return _some([one.number for one in found if one.new]), _some([one.number for one in found if not one.new])


def _some(numbers: list[OrderNumber]) -> Some:
    return Some(len(numbers), tuple(numbers[:EXAMPLES]))


def _cut_offs(old: Point, new: Point, now: datetime) -> tuple[CutOff, ...]:
    """Of the flights of the next days that leave from the point's terminal, the first to each of which it makes a difference."""
    found: dict[str, CutOff] = {}
    for flight in queries.flights_from(old.airport, old.terminal, now, DAYS):
        before, after = _last(old, flight), _last(new, flight)
        if before != after and flight.number not in found:
            found[flight.number] = CutOff(flight.number, flight.departs_at, before, after)
    return tuple(found.values())[:MOST_CUT_OFFS]


def _last(point: Point, flight: KnownFlight) -> datetime | None:
    try:
        return rules.cut_off(point.rules, flight.departs_at, flight.number)
    except rules.PointClosed:
        return None
