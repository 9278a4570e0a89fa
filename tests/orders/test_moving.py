"""An order moves to another flight until it is handed over, and everything else about it stays."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import builders
import pytest
from flask import Flask

from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.flights import commands as flights
from shop.flights.queries import NoSuchAirport, NoSuchPoint
from shop.flights.rules import NotFlyingThatDay, PointClosed, TooFarAhead, TooLate, WrongFlightNumber
from shop.orders import moving
from shop.orders.moving import NewTrip, ParcelPacked
from shop.orders.planning import DepartureTimeNeeded
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.rules import NotDutyFree, TooYoung
from shop.orders.states import NoSuchMove, OrderState
from shop.orders.trip_queries import trip_changes
from shop.payments import refunding

NEXT_DAY = builders.DAY + timedelta(days=1)
OPEN = ["awaiting_payment", "paid", "packing", "ready"]


def a_flight(number: str, *, terminal: str = "T3", to: str = "HKG", departs: time = time(13, 0), days: str = "1234567") -> None:
    """A further flight in the timetable."""
    new = flights.NewFlight(
        number=number, carrier_zh="国泰", carrier_en="Cathay Pacific", origin="FRA", destination=to, terminal=terminal, departs=departs,
        weekdays=days, minutes=700,
    )  # fmt: skip
    flights.put_timetable([], [new], [])


def move(order: OrderView, now: datetime = builders.NOW, *, traveller: TravellerId | None = None, **trip: Any) -> bool:
    wanted = NewTrip(**{"flight": builders.FLIGHT, "date": NEXT_DAY, **trip})
    return moving.move_trip(order.number, traveller or order.traveller_id, wanted, now)


@pytest.mark.parametrize("state", OPEN)
def test_an_order_moves_to_the_next_days_flight_and_keeps_its_state_goods_and_code(app: Flask, state: str) -> None:
    sku = builders.a_product(on_hand=5)
    order = builders.a_paid_order({sku: 2})
    builders.set_order(order.number, state=state)
    before, code, stock = order_by_number(order.number), builders.code_of(order), builders.stock_of(sku)

    moved = move(order)

    after = order_by_number(order.number)
    day = timedelta(days=1)
    assert moved
    assert (after.flight_number, after.flight_date) == (builders.FLIGHT, NEXT_DAY)
    assert after.departs_at == before.departs_at + day
    assert (after.collect_from, after.collect_until) == (before.collect_from + day, before.collect_until + day)
    assert (after.state, after.history, after.point) == (before.state, before.history, before.point)
    assert (builders.code_of(order), builders.stock_of(sku)) == (code, stock)


def test_the_change_is_remembered_and_announced(app: Flask) -> None:
    order = builders.a_paid_order()

    move(order)

    (change,) = trip_changes(order.id)
    assert (change.who, change.why, change.at) == ("traveller", "moved", builders.NOW)
    assert (change.old_flight, change.new_flight) == (builders.FLIGHT, builders.FLIGHT)
    assert (change.old_departs_at, change.new_departs_at) == (order.departs_at, order.departs_at + timedelta(days=1))
    assert (change.old_point, change.new_point) == (builders.POINT, builders.POINT)
    assert builders.announced("orders.moved") == [("orders.moved", order.id)]
    assert order_by_number(order.number).trip_changed_at == builders.NOW


def test_the_same_move_twice_moves_once(app: Flask) -> None:
    order = builders.a_paid_order()

    answers = [move(order), move(order), move(order, final_destination="PEK", pickup_point=builders.POINT)]

    assert answers == [True, False, False]
    assert len(trip_changes(order.id)) == 1


def test_a_repeat_after_the_cut_off_is_still_harmless(app: Flask) -> None:
    order = builders.a_paid_order()
    move(order)

    assert not move(order, order.departs_at + timedelta(hours=23))


@pytest.mark.parametrize("state", ["collected", "partly_collected", "cancelled", "expired", "no_show"])
def test_what_is_handed_over_or_over_stays_where_it_is(app: Flask, state: str) -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, state=state)
    before = builders.everything()

    with pytest.raises(NoSuchMove):
        move(order)

    assert builders.everything() == before


def test_an_unpaid_order_moves_only_while_its_goods_are_held(app: Flask) -> None:
    order = builders.an_order()

    assert move(order)
    with pytest.raises(NoSuchMove):
        move(order, order.hold_until + timedelta(seconds=1), date=NEXT_DAY + timedelta(days=1))


def test_an_unpaid_order_must_be_payable_before_the_new_cut_off(app: Flask) -> None:
    a_flight("CA800", terminal="T1", to="PEK", departs=time(12, 15))
    order = builders.an_order()

    with pytest.raises(TooLate):  # the cut-off is 15 minutes away, the order may be paid for half an hour
        move(order, flight="CA800", date=builders.NOW.date())


def test_somebody_elses_order_cannot_be_moved(app: Flask) -> None:
    order = builders.a_paid_order()

    with pytest.raises(NoSuchOrder):
        move(order, traveller=builders.a_traveller())

    assert order_by_number(order.number).flight_date == builders.DAY


@pytest.mark.parametrize(
    ("trip", "refusal"),
    [
        ({"flight": "932"}, WrongFlightNumber),
        ({"flight": "CA966", "date": date(2026, 11, 26)}, NotFlyingThatDay),  # a Thursday; it flies 1, 3 and 5
        ({"flight": "XX12"}, DepartureTimeNeeded),
        ({"flight": "XX12", "departs_local": time(4, 0), "date": date(2026, 11, 24)}, PointClosed),
        ({"date": date(2026, 11, 23)}, TooLate),
        ({"date": date(2027, 9, 1)}, TooFarAhead),
        ({"final_destination": "CDG"}, NotDutyFree),
        ({"final_destination": "XXX"}, NoSuchAirport),
        ({"pickup_point": "T9-Z"}, NoSuchPoint),
    ],
)  # fmt: skip
def test_every_rule_of_a_new_order_is_asked_again_and_a_refusal_changes_nothing(
    app: Flask, trip: dict[str, Any], refusal: type[ShopError]
) -> None:
    order = builders.a_paid_order()
    before = builders.everything()

    with pytest.raises(refusal):
        move(order, **trip)

    assert builders.everything() == before


def test_the_cut_off_of_the_new_flight_decides_to_the_second(app: Flask) -> None:
    order = builders.a_paid_order()
    cut_off = order.departs_at + timedelta(days=1) - timedelta(minutes=180)

    with pytest.raises(TooLate):
        move(order, cut_off + timedelta(seconds=1))
    assert move(order, cut_off)


def test_a_missed_flight_can_still_be_changed_until_the_parcel_is_a_no_show(app: Flask) -> None:
    order = builders.a_paid_order()

    assert move(order, order.departs_at + timedelta(hours=1))


def test_alcohol_stays_with_adults_on_the_new_day(app: Flask) -> None:
    sku = builders.a_product(alcohol=400)
    order = builders.a_paid_order({sku: 1}, birth_date=date(2008, 11, 26))

    with pytest.raises(TooYoung):
        move(order, date=date(2026, 11, 25))
    assert move(order, date=NEXT_DAY)


def test_without_alcohol_nobody_asks_for_the_age(app: Flask) -> None:
    order = builders.a_paid_order(birth_date=date(2010, 1, 1))

    assert move(order)


def test_the_counter_of_the_new_terminal_is_taken_while_nothing_is_packed(app: Flask) -> None:
    a_flight("CX288")
    order = builders.a_paid_order()

    move(order, flight="CX288")

    after = order_by_number(order.number)
    assert (after.point.code, after.terminal) == (builders.OTHER_POINT, "T3")
    assert (after.destination, after.final_destination) == ("HKG", "HKG")
    (change,) = trip_changes(order.id)
    assert (change.old_point, change.new_point) == (builders.POINT, builders.OTHER_POINT)
    assert (change.old_final_destination, change.new_final_destination) == ("PEK", "HKG")


def test_a_counter_that_was_chosen_is_kept_whatever_the_terminal(app: Flask) -> None:
    a_flight("CX288")
    order = builders.a_paid_order()

    move(order, flight="CX288", pickup_point=builders.POINT)

    assert order_by_number(order.number).point.code == builders.POINT


@pytest.mark.parametrize("state", ["packing", "ready"])
def test_a_packed_parcel_stays_at_its_counter(app: Flask, state: str) -> None:
    a_flight("CX288")
    order = builders.a_paid_order()
    builders.set_order(order.number, state=state)

    with pytest.raises(ParcelPacked):
        move(order, flight="CX288", pickup_point=builders.OTHER_POINT)
    move(order, flight="CX288")

    assert order_by_number(order.number).point.code == builders.POINT


def test_a_connection_keeps_its_final_destination(app: Flask) -> None:
    a_flight("CX288")
    order = builders.a_paid_order(final_destination="HKG")

    move(order)
    assert order_by_number(order.number).final_destination == "HKG"
    move(order, flight="CX288", final_destination="PEK")
    assert order_by_number(order.number).final_destination == "PEK"


def test_a_flight_that_nobody_knows_needs_its_time(app: Flask) -> None:
    order = builders.a_paid_order()

    move(order, flight="xx 12", departs_local=time(15, 30))

    after = order_by_number(order.number)
    assert (after.flight_number, after.final_destination, after.point.code) == ("XX12", "PEK", builders.POINT)
    assert after.departs_at == datetime(2026, 11, 27, 14, 30, tzinfo=UTC)


def test_a_moved_order_is_not_a_no_show_of_its_old_flight(app: Flask) -> None:
    builders.set_point(builders.POINT, no_show_after_hours=4)
    order = builders.a_paid_order()
    move(order)

    ended = [refunding.close_no_shows(order.departs_at + timedelta(hours=hours)) for hours in (5, 27, 29)]

    assert ended == [0, 0, 1]
    assert order_by_number(order.number).state is OrderState.NO_SHOW
