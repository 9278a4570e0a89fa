"""What a stated trip is. No database, no clock: only answers."""

import re
from collections.abc import Collection, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import asdict

from shop.base.errors import Kind, ShopError
from shop.flights.rules import WrongFlightNumber, clean_flight_number

AIRPORT, COUNTRY, TERMINAL = re.compile(r"[A-Z]{3}"), re.compile(r"[A-Z]{2}"), re.compile(r"[0-9A-Za-z]{0,4}")


class Direction(StrEnum):
    """Seen from the airports that have a pickup point."""

    OUT = "out"
    IN = "in"
    ELSEWHERE = "elsewhere"


class NoSuchTrip(ShopError):
    """There is no such saved trip, or it is not the asker's: both look the same from outside."""

    kind, code = Kind.NOT_FOUND, "no_such_trip"


class ArrivesHere(ShopError):
    """The flight ends where goods are collected on departure: there is nothing to buy for it."""

    kind, code = Kind.REFUSED, "arrives_here"


class NoCounterThere(ShopError):
    """No pickup point is at the airport from which the flight leaves."""

    kind, code = Kind.REFUSED, "no_counter_there"


class Trip(Struct, frozen=True):
    """A journey as it was stated. `departs_local` is given for a flight that the timetable does not know."""

    flight: str
    day: date
    origin: str
    destination: str
    final_destination: str
    residence: str
    terminal: str = ""
    departs_local: time | None = None

    def packed(self) -> dict[str, str]:
        """As plain text, for a cookie."""
        return {name: value.isoformat() if isinstance(value, date | time) else value for name, value in asdict(self).items() if value}

    @classmethod
    def unpacked(cls, said: Any) -> Self | None:
        """What `packed` made; None for anything else: a cookie may be of another version of the shop."""
        if not isinstance(said, Mapping) or not all(isinstance(value, str) for value in said.values()):
            return None
        try:
            flight, day = clean_flight_number(said["flight"]), date.fromisoformat(said["day"])
            departs = time.fromisoformat(said["departs_local"]) if "departs_local" in said else None
            airports = [said["origin"], said["destination"], said["final_destination"]]
        except (KeyError, ValueError, WrongFlightNumber):
            return None
        shapes = all(AIRPORT.fullmatch(iata) for iata in airports) and COUNTRY.fullmatch(said.get("residence", ""))
        if not shapes or not TERMINAL.fullmatch(said.get("terminal", "")) or not 2000 <= day.year <= 2100:
            return None
        origin, destination, final = airports
        return cls(flight, day, origin, destination, final, said["residence"], said.get("terminal", ""), departs)


def direction(origin: str, destination: str, counters: Collection[str]) -> Direction:
    """`counters` are the airports with a pickup point."""
    if origin in counters:
        return Direction.OUT
    return Direction.IN if destination in counters else Direction.ELSEWHERE


def check_direction(origin: str, destination: str, counters: Collection[str]) -> None:
    """Goods are collected on departure. Raises ArrivesHere, NoCounterThere."""
    found = direction(origin, destination, counters)
    if found is Direction.IN:
        raise ArrivesHere(fields={"flight": ["arrives_here"]})
    if found is Direction.ELSEWHERE:
        raise NoCounterThere(fields={"flight": ["no_counter_there"]})
