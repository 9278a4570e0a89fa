"""Staff say that a flight leaves at another time: its orders follow, their parcels stay where they are."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import structlog
from msgspec import Struct
from sqlalchemy import and_, case, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.audit import Deed
from shop.base.db import UtcDateTime, transaction
from shop.base.errors import ShopError
from shop.base.outbox import announce
from shop.flights import delays
from shop.flights import rules as flight_rules
from shop.flights.delays import SaidDelay, WrongFile
from shop.flights.models import PickupPoint
from shop.flights.queries import as_point
from shop.orders import events
from shop.orders.models import Order
from shop.orders.moving import MOVABLE, write_change

LOG = structlog.get_logger("shop.trips")
OPEN = sorted(state.value for state in MOVABLE)
ORDERS: Any = Order.__table__
Flown = tuple[str, date]  # a flight's number and its day of the timetable
T = TypeVar("T")


class Delayed(Struct, frozen=True):
    """What came of it: `orders` is how many now leave at another time than before."""

    flight: str
    date: date
    departs_at: datetime
    orders: int


def set_delay(said: SaidDelay, by: str, now: datetime) -> Delayed:
    """The flight leaves at another time that day: so do its open orders, and they can be collected until then.

    The earliest moment to collect stays (a parcel that may be fetched stays fetchable), unless the flight leaves earlier.
    Every traveller whose times changed is told of it (`orders.delayed`). Harmless twice; the time of the timetable takes
    the delay back. Raises what `delays.leaves_at` raises.
    """

    def work(session: Session) -> Delayed:
        number, departs_at = _leaves_at(session, said)
        return _apply(session, {(number, said.date): departs_at}, by, now)[0]

    return _once_more(work)


def import_delays(rows: Sequence[tuple[int, SaidDelay]], by: str, now: datetime) -> list[Delayed]:
    """All delays of a file (`delays.read_file`), or none of them. Raises WrongFile: what is wrong, by line."""

    def work(session: Session) -> list[Delayed]:
        moments: dict[Flown, datetime] = {}
        wrong: dict[int, list[str]] = {}
        for line, said in rows:
            try:
                number, departs_at = _leaves_at(session, said)
            except ShopError as refused:
                wrong[line] = delays.codes_of(refused)
                continue
            if moments.setdefault((number, said.date), departs_at) != departs_at:
                wrong[line] = ["said_twice"]
        if wrong:
            raise WrongFile(lines=wrong)
        return _apply(session, moments, by, now)

    return _once_more(work)


def _once_more(work: Callable[[Session], T]) -> T:
    """Do it in a transaction; again when somebody has said something of the same flight at the same moment."""
    try:
        with transaction() as session:
            return work(session)
    except IntegrityError:
        with transaction() as session:
            return work(session)


def _leaves_at(session: Session, said: SaidDelay) -> tuple[str, datetime]:
    """For a flight the timetable does not know, the airport is that of the orders which fly with it."""
    number = flight_rules.clean_flight_number(said.flight)
    tz = session.scalar(
        select(PickupPoint.tz)
        .join(Order, Order.pickup_point_id == PickupPoint.id)
        .where(Order.flight_date == said.date, Order.flight_number == number)
        .limit(1)
    )
    return delays.leaves_at(session, said, tz)


def _apply(session: Session, moments: Mapping[Flown, datetime], by: str, now: datetime) -> list[Delayed]:
    before = delays.noted(session, moments)
    for (number, day), departs_at in sorted(moments.items()):
        delays.write(session, number, day, departs_at, by, now)
    points = [as_point(row) for row in session.execute(select(PickupPoint.__table__))]
    late: dict[Flown, list[Any]] = {flown: [] for flown in moments}
    for row in _locked(session, moments):
        if row.departs_at != moments[row.flight_number, row.flight_date]:
            late[row.flight_number, row.flight_date].append(row)
    answers = []
    for (number, day), rows in sorted(late.items()):
        departs_at = moments[number, day]
        if rows:
            windows = {int(point.id): _window(point.rules, departs_at) for point in points}
            _shift(session, [row.id for row in rows], departs_at, windows, now)
        for row in rows:
            change_id = write_change(session, row, by, "delayed", {"departs_at": departs_at}, now)
            announce(session, events.DELAYED, now, row.id, change_id=change_id)
        LOG.info("a flight leaves at another time", flight=number, day=str(day), orders=len(rows), by=by)
        answers.append(Delayed(number, day, departs_at, len(rows)))
    audit.record_all(session, now, [_deed(one, by, before.get((one.flight, one.date))) for one in answers])
    return answers


def _deed(done: Delayed, by: str, before: datetime | None) -> Deed:
    old = {"departs_at": before.isoformat()} if before else None
    new = {"departs_at": done.departs_at.isoformat(), "orders": done.orders}
    return Deed(by, "flight.delayed", f"flight:{done.flight}/{done.date}", old, new)


def _locked(session: Session, flights: Iterable[Flown]) -> Sequence[Any]:
    """The open orders of these flights, locked in the one order in which everybody locks several orders."""
    return session.execute(
        select(
            ORDERS.c.id, ORDERS.c.flight_number, ORDERS.c.flight_date, ORDERS.c.departs_at, ORDERS.c.final_destination,
            ORDERS.c.pickup_point_id,
        )
        .where(tuple_(ORDERS.c.flight_number, ORDERS.c.flight_date).in_(list(flights)), ORDERS.c.state.in_(OPEN))
        .order_by(ORDERS.c.id)
        .with_for_update()
    ).all()  # fmt: skip


class Window(Struct, frozen=True):
    """When a parcel can be fetched at a point: until `end`; from `start` if it was promised for `late` or after."""

    start: datetime
    end: datetime
    late: datetime


def _window(point: flight_rules.PointRules, departs_at: datetime) -> Window:
    opened, end = delays.still_open(point, departs_at)
    try:
        start, _ = flight_rules.collect_between(point, departs_at)
    except flight_rules.PointClosed:  # an order would be refused; a parcel that is there can be fetched while it is open
        return Window(opened, end, end)
    return Window(start, end, start)


def _shift(
    session: Session, order_ids: Collection[int], departs_at: datetime, windows: Mapping[int, Window], now: datetime
) -> None:
    """The times of these orders, each at its own point, in one statement."""
    at, start = ORDERS.c.pickup_point_id, ORDERS.c.collect_from
    until = [(at == key, _moment(window.end)) for key, window in windows.items()]
    earlier = [(and_(at == key, start >= _moment(window.late)), _moment(window.start)) for key, window in windows.items()]
    session.execute(
        update(ORDERS)
        .where(ORDERS.c.id.in_(order_ids))
        .values(
            departs_at=departs_at,
            collect_until=case(*until, else_=ORDERS.c.collect_until),
            collect_from=case(*earlier, else_=start),
            trip_changed_at=now,
            changed_at=now,
        )
    )


def _moment(value: datetime) -> Any:
    return literal(value, UtcDateTime)
