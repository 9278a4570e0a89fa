"""When to set out for the counter: walking time, boarding and opening hours, as one moment. Only answers.

Nobody knows a traveller's gate days ahead, so a point keeps the minutes from each gate area, and what is not known of the gate
is answered for the farthest one of the terminal.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from shop.flights.rules import PointRules, departure

HURRY = timedelta(minutes=30)  # before the last moment the page says "leave now"
LONGEST_WALK, LONGEST_BOARDING, MOST_AREAS = 120, 180, 30  # minutes, minutes, gate areas of one point


class Ways(Struct, frozen=True):
    """`walks`: minutes from a gate area (`B`, `T1 Z`, …) to the counter. `boarding`: minutes before departure at which a
    traveller should be at the gate again. `serving`: minutes at the counter."""

    walks: Mapping[str, int] = field(default_factory=dict)
    boarding: int = 0
    serving: int = 0

    @property
    def farthest(self) -> int:
        """Minutes from the gate area that is farthest away."""
        return max(self.walks.values(), default=0)

    def stored(self) -> dict[str, object]:
        """As it stands in the database."""
        return {"walks": dict(self.walks), "boarding": self.boarding, "serving": self.serving}


UNKNOWN = Ways()


def ways_of(stored: Mapping[str, object] | None) -> Ways:
    """What the database holds; UNKNOWN when nobody has said anything."""
    if not stored:
        return UNKNOWN
    walks = stored["walks"]
    assert isinstance(walks, Mapping)  # noqa: S101 - written by `stored` alone
    return Ways(dict(walks), int(str(stored["boarding"])), int(str(stored["serving"])))


class Call(StrEnum):
    """What a traveller at the airport should do now."""

    TOO_EARLY = "too_early"  # the counter does not hand it over yet
    TIME = "time"  # it is open, and there is time
    NOW = "now"  # leave now
    LATE = "late"  # it can hardly be reached before boarding
    OVER = "over"  # the flight has left


class Leave(Struct, frozen=True):
    """`start`: from when one may set out. `by`: the last moment to leave the gate area, walk and return included. `at_gate`: when
    to be back. `until`: until when the counter serves for this flight. Moments are UTC."""

    start: datetime
    by: datetime
    at_gate: datetime
    until: datetime

    def call(self, now: datetime, departs_at: datetime) -> Call:
        """What to do at a moment."""
        if now >= departs_at:
            return Call.OVER
        if now > self.by:
            return Call.LATE
        if now >= self.by - HURRY:
            return Call.NOW
        return Call.TIME if now >= self.start else Call.TOO_EARLY


def leave(point: PointRules, ways: Ways, collect_from: datetime, collect_until: datetime, departs_at: datetime) -> Leave | None:
    """When to set out for an order that is collected between these moments; None when walking times are not known.

    The last moment is the earlier of two: boarding, less the way there, the hand-over and the way back; and the closing of the
    counter, less the way there and the hand-over. Where it falls into a break of the counter, the end of the hours before counts.
    """
    if not ways.walks:
        return None
    walk, serving = timedelta(minutes=ways.farthest), timedelta(minutes=ways.serving)
    at_gate = departs_at - timedelta(minutes=ways.boarding)
    there = min(collect_until - serving, at_gate - walk - serving)
    for opens, closes in reversed(list(spans(point, collect_from, collect_until))):
        if there >= opens:
            there = min(there, closes - serving)
            break
    return Leave(start=collect_from - walk, by=there - walk, at_gate=at_gate, until=collect_until)


def spans(point: PointRules, collect_from: datetime, collect_until: datetime) -> Iterable[tuple[datetime, datetime]]:
    """When the counter serves between these moments, in order: the opening hours of that local day without its breaks."""
    day = collect_from.astimezone(point.zone).date()
    for hours in point.open_on(day):
        opens, closes = departure(day, hours.opens, point.zone), departure(day, hours.closes, point.zone)
        start, end = max(opens, collect_from), min(closes, collect_until)
        if start < end:
            yield start, end


