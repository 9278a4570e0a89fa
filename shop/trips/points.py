"""Where goods for a departure can be collected, and until when they can be ordered: point by point."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from shop.base.errors import ShopError
from shop.flights import rules
from shop.flights.queries import Point
from shop.flights.rules import Goods


class PointChoice(Struct, frozen=True):
    """A pickup counter for one departure. `refusal` is the code why it cannot be, None when it can or nothing is known."""

    point: Point
    collect_from: datetime | None = None
    collect_until: datetime | None = None
    cut_off: datetime | None = None
    refusal: str | None = None


def choice(point: Point, departs_at: datetime, now: datetime, flight: str = "", goods: Iterable[Goods] = ()) -> PointChoice:
    """Whether an order of these goods for this departure can be collected there, and from when until when."""
    goods = tuple(goods)
    try:
        start, end = rules.collect_between(point.rules, departs_at)
        last = rules.cut_off(point.rules, departs_at, flight, goods)
        rules.check_in_time(point.rules, departs_at, now, flight, goods)
    except (rules.PointClosed, rules.NotCollectedHere) as never:
        return PointChoice(point, refusal=never.code)
    except ShopError as refused:
        return PointChoice(point, start, end, last, refused.code)
    return PointChoice(point, start, end, last)


def best(choices: Iterable[PointChoice], terminal: str) -> PointChoice | None:
    """The counter to suggest: one that is possible, in the flight's terminal if there is one."""
    possible = [one for one in choices if one.refusal is None and one.cut_off is not None]
    return next((one for one in (*(one for one in possible if one.point.terminal == terminal), *possible)), None)
