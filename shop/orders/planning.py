"""The trip of an order as its columns: what the timetable knows, what staff said of a delay, what the traveller adds."""

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from shop.base.errors import Kind, ShopError
from shop.flights import rules
from shop.flights.queries import TripFacts


class DepartureTimeNeeded(ShopError):
    """The flight is not in the timetable: say when it leaves."""

    kind, code = Kind.INVALID, "departure_time_needed"


def trip_columns(flight: str, day: date, departs_local: time | None, facts: TripFacts) -> dict[str, Any]:
    """The columns of the trip of an order.

    A flight of the timetable knows its time and terminal; another one needs `departs_local`. A delay that was said for
    the day goes before both. Raises NotFlyingThatDay, DepartureTimeNeeded.
    """
    known = facts.flight
    if known is not None:
        rules.check_day(known.flight_weekdays, day)
    local = known.flight_departs if known is not None else departs_local
    if local is None:
        raise DepartureTimeNeeded(fields={"departure_time": ["departure_time_needed"]})
    return {
        "flight_number": flight,
        "flight_date": day,
        "departs_at": facts.delayed_to or rules.departure(day, local, ZoneInfo(facts.point.tz)),
        "origin": facts.point.airport,
        "destination": known.flight_destination if known is not None else facts.row.lands_iata or facts.destination.iata,
        "final_destination": facts.destination.iata,
        "terminal": known.flight_terminal if known is not None else facts.point.terminal,
    }
