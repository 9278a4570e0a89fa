"""When a flight really leaves: what somebody says of a delay, as a moment; a file of delays; the delays that were said.

Orders follow in `shop.orders.delaying`, which writes both in one transaction.
"""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.orm import Session

from shop.base.db import changed, reading
from shop.base.errors import Kind, ShopError
from shop.flights import rules
from shop.flights.models import Airport, Delay, Flight
from shop.flights.queries import NoSuchFlight

EARLIEST, LATEST = timedelta(days=-1), timedelta(days=2)  # against the timetable: beyond, it is a mistyped day
MOST_ROWS = 2000
MOST_MINUTES = 2 * 24 * 60
LONGEST_LINE = 200
CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]")
HEADER = ("flight", "date", "departs")
DELAYS: Any = Delay.__table__
Day = date  # a field of `SaidDelay` is called `date`


class WrongDelay(ShopError):
    """A delay is told by a new time or by minutes, and lies between a day early and two days late."""

    kind, code = Kind.INVALID, "wrong_delay"


class WrongFile(ShopError):
    """A file of delays cannot be used; `facts["lines"]` has the codes of what is wrong by line number. Nothing was changed."""

    kind, code = Kind.INVALID, "wrong_delay_file"


class SaidDelay(Struct, frozen=True):
    """What somebody says: the flight of a day of the timetable leaves at a local time of `on` (else of the same day), or
    so many minutes late (early: below zero)."""

    flight: str
    date: Day
    local: time | None = None
    on: Day | None = None
    minutes: int | None = None


class DelayView(Struct, frozen=True):
    flight: str
    date: Day
    departs_at: datetime
    said_at: datetime
    said_by: str


def leaves_at(session: Session, said: SaidDelay, tz: str | None) -> tuple[str, datetime]:
    """The flight's clean number and the moment (UTC) it leaves. `tz` is used for a flight the timetable does not know.

    Raises WrongFlightNumber, NotFlyingThatDay, NoSuchFlight (unknown, and no `tz` or only minutes), WrongDelay.
    """
    number = rules.clean_flight_number(said.flight)
    known = session.execute(
        select(Flight.departs, Flight.weekdays, Airport.tz)
        .join(Airport, Airport.iata == Flight.origin)
        .where(Flight.number == number)
    ).first()
    if (said.local is None) == (said.minutes is None):
        raise WrongDelay(fields={"departs": ["wrong_delay"]})
    if known is not None:
        rules.check_day(known.weekdays, said.date)
    here: str | None = tz if known is None else known.tz
    usual: time | None = said.local if known is None else known.departs
    if here is None or usual is None:
        raise NoSuchFlight(fields={"flight": ["no_such_flight"]})
    zone = ZoneInfo(here)
    planned, moment = rules.departure(said.date, usual, zone), _moment(said, usual, zone)
    if not EARLIEST <= moment - planned <= LATEST:
        raise WrongDelay(fields={"departs": ["wrong_delay"]})
    return number, moment


def _moment(said: SaidDelay, usual: time, zone: ZoneInfo) -> datetime:
    if said.local is not None:
        return rules.departure(said.on or said.date, said.local, zone)
    if said.minutes is None or abs(said.minutes) > MOST_MINUTES:
        raise WrongDelay(fields={"minutes": ["wrong_delay"]})
    return rules.departure(said.date, usual, zone) + timedelta(minutes=said.minutes)


def write(session: Session, number: str, day: date, departs_at: datetime, by: str, now: datetime) -> None:
    """Remember it, instead of what was said before, in the caller's transaction. IntegrityError: somebody does so just now."""
    values = {"departs_at": departs_at, "said_at": now, "said_by": by}
    here = (DELAYS.c.flight_number == number, DELAYS.c.flight_date == day)
    if not changed(session.execute(update(DELAYS).where(*here).values(**values))):
        session.execute(insert(DELAYS).values(flight_number=number, flight_date=day, **values))


def noted(session: Session, flights: Collection[tuple[str, date]]) -> dict[tuple[str, date], datetime]:
    """When these flights leave as far as somebody has said so. One statement."""
    here = tuple_(DELAYS.c.flight_number, DELAYS.c.flight_date).in_(list(flights))
    rows = session.execute(select(DELAYS.c.flight_number, DELAYS.c.flight_date, DELAYS.c.departs_at).where(here))
    return {(row.flight_number, row.flight_date): row.departs_at for row in rows}


def still_open(point: rules.PointRules, departs_at: datetime) -> tuple[datetime, datetime]:
    """The last hours (UTC) in which the point is open before a departure, however long before: a parcel that lies there
    can be fetched in them."""
    day = departs_at.astimezone(point.zone).date()
    for here in (day - timedelta(days=n) for n in range(7)):
        spans = [(rules.departure(here, h.opens, point.zone), rules.departure(here, h.closes, point.zone)) for h in point.open_on(here)]
        if before := [(opens, closes) for opens, closes in spans if opens < departs_at]:
            return before[0][0], min(before[-1][1], departs_at)
    return departs_at, departs_at


def listed(since: date, limit: int = 200) -> list[DelayView]:
    """What was said of flights from this day of the timetable on, the latest said first."""
    with reading() as session:
        rows = session.execute(
            select(DELAYS).where(DELAYS.c.flight_date >= since).order_by(DELAYS.c.said_at.desc()).limit(limit)
        ).all()
    return [DelayView(row.flight_number, row.flight_date, row.departs_at, row.said_at, row.said_by) for row in rows]


# --- a file -----------------------------------------------------------------------------------------------------------


def read_file(text: str) -> list[tuple[int, SaidDelay]]:
    """The delays of a CSV file with their line numbers: `flight,date,departs`, comma or semicolon, with or without header.

    `date` is `2026-11-26`; `departs` is a local time of that day (`23:40`), or with its own day (`2026-11-27 01:10`), or
    minutes (`+95`). Raises WrongFile: everything that is wrong, by line.
    """
    lines = text.lstrip("\ufeff").splitlines()
    separator = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    found: list[tuple[int, SaidDelay]] = []
    wrong: dict[int, list[str]] = {}
    for number, cells in enumerate(_rows(lines, separator), start=1):
        stripped = [cell.strip() for cell in cells]
        if not any(stripped) or (number == 1 and tuple(cell.lower() for cell in stripped) == HEADER):
            continue
        try:
            found.append((number, _read_line(stripped)))
        except ShopError as refused:
            wrong[number] = codes_of(refused)
    if len(found) > MOST_ROWS or not (found or wrong):
        raise WrongFile(lines={0: ["too_many_rows" if found else "empty_file"]})
    if wrong:
        raise WrongFile(lines=wrong)
    return found


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """One row for each line of the file: a quotation mark that is never closed is wrong in its own line."""
    return [next(csv.reader(io.StringIO(line[:LONGEST_LINE]), delimiter=separator), []) for line in lines]


def codes_of(refused: ShopError) -> list[str]:
    """What a refusal says, as codes: those of its fields, else its own."""
    return [code for codes in refused.fields.values() for code in codes] or [refused.code]


def _read_line(cells: Sequence[str]) -> SaidDelay:
    if len(cells) != len(HEADER):
        raise WrongDelay(fields={"line": ["wrong_columns"]})
    flight, day, departs = cells
    number = rules.clean_flight_number(flight)
    planned = _day(day)
    if re.fullmatch(r"[+-][0-9]{1,4}", departs):
        return SaidDelay(number, planned, minutes=int(departs))
    on, _, local = departs.replace("T", " ").rpartition(" ")
    if not CLOCK.fullmatch(local):
        raise WrongDelay(fields={"departs": ["wrong_time"]})
    return SaidDelay(number, planned, local=time.fromisoformat(local.zfill(5)), on=_day(on) if on else None)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        raise WrongDelay(fields={"date": ["wrong_date"]})
    return day


def lines_of(refused: WrongFile) -> Mapping[int, list[str]]:
    """What is wrong with a file, by line number; 0 stands for the file as a whole."""
    return cast(Mapping[int, list[str]], refused.facts["lines"])
