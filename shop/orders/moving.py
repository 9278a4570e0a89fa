"""The traveller moves an order to another flight, until it is handed over, and says when the way to the counter begins.

An order's row is locked first and looked at afterwards, as packers, refunds and hand-overs do: whoever is second finds
what the first one has made of it. The order keeps its state, its stock, its code and its parcel.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from msgspec import Struct
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, TravellerId
from shop.base.outbox import announce
from shop.base.versions import day_of
from shop.catalogue.models import Category, Product
from shop.customs import rules as law
from shop.customs.states import Treatment
from shop.flights import queries as flights
from shop.flights import rules as flight_rules
from shop.flights.models import PickupPoint
from shop.flights.queries import Point, TripFacts, as_point
from shop.flights.rules import Goods
from shop.orders import deciding, events, rules
from shop.orders.declaring import brought, brought_by, meter_of
from shop.orders.models import Order, OrderLine, TripChange
from shop.orders.planning import trip_columns
from shop.orders.queries import NoSuchOrder
from shop.orders.states import NoSuchMove, OrderState

LOG = structlog.get_logger("shop.trips")
Day = date  # a field of `NewTrip` is called `date`
PACKED = frozenset({OrderState.PACKING, OrderState.READY})  # something of it lies at its counter
MOVABLE = frozenset({OrderState.AWAITING_PAYMENT, OrderState.PAID, *PACKED})
COLLECTABLE = frozenset({OrderState.PAID, *PACKED})


class ParcelPacked(ShopError):
    """The parcel lies at its counter already: the order can be moved to another flight, not to another counter."""

    kind, code = Kind.REFUSED, "parcel_packed"


class TooEarly(ShopError):
    """Nobody is on the way to the counter before the day of collection."""

    kind, code = Kind.REFUSED, "too_early_to_come"


class NewTrip(Struct, frozen=True, kw_only=True):
    """Where an order is to be moved. What is None follows from the flight: its destination (or the order's own final
    one), its terminal's counter. `departs_local` is needed only for a flight the timetable does not know."""

    flight: str
    date: Day
    final_destination: str | None = None
    departs_local: time | None = None
    pickup_point: str | None = None


def move_trip(number: str, traveller_id: TravellerId | None, wanted: NewTrip, now: datetime, *, by: str = "traveller") -> bool:
    """Move the traveller's order to another flight; False when that is its flight already (harmless twice).

    Staff move any order on the traveller's behalf: `traveller_id` is None then, `by` says who, and it is audited.

    Everything an order for that flight would have to pass is asked again: the cut-off at the counter, the opening hours,
    duty free, age, customs. Raises NoSuchOrder, NoSuchMove (handed over, cancelled, expired, no-show), ParcelPacked, TooLate,
    TooFarAhead, PointClosed, NotCollectedHere, NotDutyFree, OverAllowance, TooYoung, WrongFlightNumber, NotFlyingThatDay,
    DepartureTimeNeeded, NoSuchPoint, NoSuchAirport.
    """
    flight = flight_rules.clean_flight_number(wanted.flight)
    with transaction() as session:
        order = _lock(session, number, traveller_id)
        if not may_move(OrderState(order.state), order.hold_until, now):
            raise NoSuchMove(state=order.state, wanted="moved")
        if _is_there(order, flight, wanted, _point_of(session, order).code):
            return False
        facts = _facts(session, order, flight, wanted, now)
        new = trip_columns(flight, wanted.date, wanted.departs_local, facts)
        _check(session, order, facts, flight, new["departs_at"], wanted.date, now)
        start, end = flight_rules.collect_between(facts.point.rules, new["departs_at"])
        old = {"flight": order.flight_number, "departs_at": order.departs_at.isoformat(), "point_id": order.pickup_point_id}
        change_id = write_change(session, order, by, "moved", new | {"pickup_point_id": facts.point.id}, now)
        for name, value in new.items():
            setattr(order, name, value)
        order.pickup_point_id, order.collect_from, order.collect_until = facts.point.id, start, end
        order.on_my_way_at, order.trip_changed_at, order.changed_at = None, now, now
        announce(session, events.MOVED, now, order.id, change_id=change_id)
        if traveller_id is None:
            session.flush()
            moved = {"flight": flight, "departs_at": new["departs_at"].isoformat(), "point_id": int(facts.point.id)}
            audit.record(session, by, "order.moved", f"order:{order.number}", now, before=old, after=moved)
        LOG.info("moved to another flight", order=order.number, flight=flight, state=order.state)
    return True


def may_move(state: OrderState, hold_until: datetime, now: datetime) -> bool:
    """Whether an order in this state can still change its flight: until it is handed over; an unpaid one until its hold ends."""
    return state in MOVABLE and not (state is OrderState.AWAITING_PAYMENT and now > hold_until)


def stays_at_its_point(state: OrderState) -> bool:
    """Whether the order's goods lie at its counter, so that another counter cannot be chosen any more."""
    return state in PACKED


def on_my_way(number: str, traveller_id: TravellerId, now: datetime) -> datetime:
    """The traveller sets out for the counter; answers when that was said first. Harmless twice.

    Raises NoSuchOrder, NoSuchMove (not paid, gone, or the flight has left), TooEarly (before the day of collection).
    """
    with transaction() as session:
        order = _lock(session, number, traveller_id)
        if OrderState(order.state) not in COLLECTABLE or now >= order.departs_at:
            raise NoSuchMove(state=order.state, wanted="on_my_way")
        if order.on_my_way_at is None or order.on_my_way_at < now - timedelta(hours=12):  # a delay may take a night
            if not is_the_day(order.collect_from, order.departs_at, _point_of(session, order).tz, now):
                raise TooEarly(collect_from=order.collect_from.isoformat())
            order.on_my_way_at = now
        return order.on_my_way_at


def is_the_day(collect_from: datetime, departs_at: datetime, tz: str, now: datetime) -> bool:
    """Whether it is a day, at the airport, on which the order can be collected: from the day of `collect_from` to departure."""
    return now.astimezone(ZoneInfo(tz)).date() >= collect_from.astimezone(ZoneInfo(tz)).date() and now < departs_at


def write_change(session: Session, order: Any, who: str, why: str, new: dict[str, Any], now: datetime) -> int:
    """Remember how the trip of a locked order changes; answers the change's key. What `new` leaves out stays as it is."""
    values: dict[str, Any] = {"order_id": order.id, "at": now, "who": who, "why": why}
    for column, name in (
        ("flight", "flight_number"), ("departs_at", "departs_at"), ("final_destination", "final_destination"),
        ("point_id", "pickup_point_id"),
    ):  # fmt: skip
        old = getattr(order, name)
        values |= {f"old_{column}": old, f"new_{column}": new.get(name, old)}
    return int(session.execute(insert(TripChange).values(values).returning(TripChange.id)).scalar_one())


def _lock(session: Session, number: str, traveller_id: TravellerId | None) -> Order:
    whose = () if traveller_id is None else (Order.traveller_id == traveller_id,)
    order = session.scalar(select(Order).where(Order.number == number.strip().upper(), *whose).with_for_update())
    if order is None:
        raise NoSuchOrder
    return order


def _point_of(session: Session, order: Order) -> Point:
    return as_point(session.execute(select(PickupPoint.__table__).where(PickupPoint.id == order.pickup_point_id)).one())


def _is_there(order: Order, flight: str, wanted: NewTrip, point: str) -> bool:
    """Whether the order has this trip already, as far as the traveller says what it is."""
    here = (order.flight_number, order.flight_date) == (flight, wanted.date)
    destination = wanted.final_destination in (None, order.final_destination)
    return here and destination and wanted.pickup_point in (None, point)


def _facts(session: Session, order: Order, flight: str, wanted: NewTrip, now: datetime) -> TripFacts:
    """What is known of the wanted trip at the counter where it will be collected. Raises ParcelPacked and what
    `trip_facts` raises."""
    present = _point_of(session, order)
    asked = wanted.pickup_point or present.code
    if stays_at_its_point(OrderState(order.state)) and asked != present.code:
        raise ParcelPacked(fields={"pickup_point": ["parcel_packed"]})
    destination = wanted.final_destination or order.final_destination
    facts = flights.trip_facts(session, asked, flight, destination, wanted.date, day_of(now))
    known = facts.flight
    if known is None:
        return facts
    if wanted.final_destination is None and order.final_destination == order.destination:
        destination = known.flight_destination  # whoever flew straight there flies straight to the new one
    code = asked if wanted.pickup_point else _suggested(session, order, present, known.flight_terminal)
    if (code, destination) != (asked, facts.destination.iata):
        facts = flights.trip_facts(session, code, flight, destination, wanted.date, day_of(now))
    return facts


def _suggested(session: Session, order: Order, present: Point, terminal: str) -> str:
    """The present counter, unless nothing is packed there and the flight's terminal has one of its own."""
    if stays_at_its_point(OrderState(order.state)) or present.terminal == terminal:
        return present.code
    there = session.scalar(
        select(PickupPoint.code)
        .where(PickupPoint.airport == present.airport, PickupPoint.terminal == terminal, PickupPoint.active)
        .order_by(PickupPoint.code)
        .limit(1)
    )
    return there or present.code


def _check(
    session: Session, order: Order, facts: TripFacts, flight: str, departs_at: datetime, day: Day, now: datetime
) -> None:
    """What an order for this trip has to pass; one that is not paid yet must be payable before the new cut-off, too."""
    sale = deciding.sale_of(facts, order.residence)
    if sale.treatment is Treatment.DUTY_PAID and order.treatment == Treatment.DUTY_FREE:
        raise rules.NotDutyFree(fields={sale.because or "final_destination": ["not_duty_free"]})
    rules.check_age(order.birth_date, _has_alcohol(session, order.id), day)
    unpaid = order.state == OrderState.AWAITING_PAYMENT.value
    latest = max(now, order.pay_before) if unpaid else now
    flight_rules.check_in_time(facts.point.rules, departs_at, latest, flight, _goods(session, order.id))
    _check_allowance(session, order, facts, departs_at, day, now)


def _goods(session: Session, order_id: int) -> list[Goods]:
    rows = session.execute(
        select(OrderLine.sku, Category.code)
        .join(Product, Product.id == OrderLine.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(OrderLine.order_id == order_id, OrderLine.quantity > OrderLine.refunded)
    )
    return [Goods(row.sku, row.code) for row in rows]


def _check_allowance(session: Session, order: Order, facts: TripFacts, departs_at: datetime, day: Day, now: datetime) -> None:
    """A rule that stops an order stops a move to its destination, too. Raises OverAllowance."""
    book = deciding.rules_of(facts)
    if not any(one.stops for one in book.allowances_of(facts.destination.customs_area, facts.via_area, order.residence)):
        return
    others = brought_by(brought(session, TravellerId(order.traveller_id), departs_at, now), order.traveller_name, OrderId(order.id))
    own = [one.item for one in brought(session, TravellerId(order.traveller_id), order.departs_at, now) if one.order_id == order.id]
    age = law.age_on(order.birth_date, day)
    law.check(meter_of(book, facts.destination.customs_area, facts.via_area, order.residence, [*own, *others], age, day_of(now)))


def _has_alcohol(session: Session, order_id: int) -> bool:
    strongest = (
        select(func.max(Product.alcohol_permille))
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.order_id == order_id, OrderLine.quantity > OrderLine.refunded)
    )
    return (session.scalar(strongest) or 0) > 0
