"""A change of flight against everything that may happen to the order at the same moment."""
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies, together
from sqlalchemy import text

from shop.base.db import db
from shop.flights.delays import SaidDelay
from shop.orders import delaying, moving
from shop.orders.moving import NewTrip, ParcelPacked
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState
from shop.orders.trip_queries import trip_changes
from shop.payments import refunding
from shop.pickup import commands as pickup
from shop.pickup import packing
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name

pytestmark = pytest.mark.postgresql

ROUNDS = 20
DAY_AFTER = builders.DAY + timedelta(days=1)


def move(order: OrderView, now: datetime = builders.NOW, days: int = 1, point: str | None = None) -> bool:
    trip = NewTrip(flight=builders.FLIGHT, date=builders.DAY + timedelta(days=days), pickup_point=point)
    return moving.move_trip(order.number, order.traveller_id, trip, now)


def test_a_parcel_is_never_packed_at_another_counter_than_the_order_has(app: Flask) -> None:
    """The traveller chooses another counter while somebody begins to pack: one of them is told no."""
    device, _ = builders.a_device()
    packer = packing.Packer.with_device(device)

    for _ in range(ROUNDS):
        order = builders.a_paid_order()
        moved, packed = together(
            app,
            [
                lambda o=order: move(o, point=builders.OTHER_POINT),
                lambda o=order: packing.start_packing(o.number, packer, builders.NOW),
            ],
        )
        after = order_by_number(order.number)
        if moved is True:
            assert isinstance(packed, NoSuchOrder), "the packer of the old counter has nothing to pack"
            assert (after.state, after.point.code) == (OrderState.PAID, builders.OTHER_POINT)
        else:
            assert isinstance(moved, ParcelPacked)
            assert packed is None
            assert (after.state, after.point.code) == (OrderState.PACKING, builders.POINT)
            assert after.flight_date == builders.DAY


def test_a_change_that_keeps_the_counter_and_the_packing_both_happen(app: Flask) -> None:
    device, _ = builders.a_device()
    packer = packing.Packer.with_device(device)

    for _ in range(ROUNDS):
        order = builders.a_paid_order()
        answers = together(
            app, [lambda o=order: move(o), lambda o=order: packing.start_packing(o.number, packer, builders.NOW)]
        )
        after = order_by_number(order.number)
        assert answers == [True, None]
        assert (after.state, after.flight_date, after.point.code) == (OrderState.PACKING, DAY_AFTER, builders.POINT)


def test_a_change_after_the_hand_over_is_refused_and_leaves_nothing(app: Flask) -> None:
    device, _ = builders.a_device()

    for n in range(ROUNDS):
        order = builders.a_paid_order()
        code = builders.code_of(order)
        moved, given = together(
            app,
            [
                lambda o=order: move(o),
                lambda c=code, n=n: pickup.hand_over(
                    Asked(c, f"scan-while-moving-{n}", builders.NOW), device, builders.SECRET, builders.NOW
                ),
            ],
        )
        after = order_by_number(order.number)
        assert given.name is Name.COLLECTED, "a parcel at this counter is handed over, whichever flight it is for"
        assert after.state is OrderState.COLLECTED
        if moved is True:
            assert (after.flight_date, len(trip_changes(order.id))) == (DAY_AFTER, 1)
        else:
            assert isinstance(moved, NoSuchMove)
            assert (after.flight_date, trip_changes(order.id)) == (builders.DAY, ())


def test_8_changes_at_once_follow_each_other(app: Flask) -> None:
    order = builders.a_paid_order()

    answers = copies(app, 8, lambda n: move(order, days=n + 1))

    after, changes = order_by_number(order.number), trip_changes(order.id)
    assert answers == [True] * 8
    assert len(changes) == 8
    for earlier, later in pairwise(changes):
        assert later.old_departs_at == earlier.new_departs_at
    assert (changes[0].old_departs_at, changes[-1].new_departs_at) == (order.departs_at, after.departs_at)


def test_the_same_change_sent_8_times_at_once_is_made_once(app: Flask) -> None:
    order = builders.a_paid_order()

    answers = copies(app, 8, lambda _: move(order))

    assert sorted(answers) == [False] * 7 + [True]
    assert len(trip_changes(order.id)) == 1


def test_a_delay_of_the_old_flight_never_touches_an_order_that_has_left_it(app: Flask) -> None:
    for n in range(ROUNDS):
        order = builders.a_paid_order()
        minutes = 30 + n
        moved, delayed = together(
            app,
            [
                lambda o=order: move(o),
                lambda m=minutes: delaying.set_delay(SaidDelay(builders.FLIGHT, builders.DAY, minutes=m), "staff:1", builders.NOW),
            ],
        )
        after = order_by_number(order.number)
        assert moved is True
        assert delayed.orders in (0, 1)
        assert (after.flight_date, after.departs_at) == (DAY_AFTER, datetime.fromisoformat("2026-11-27T13:05:00+00:00"))
        assert after.collect_until == after.departs_at


def test_two_people_who_tell_delays_of_the_same_flights_at_once_wait_for_each_other(app: Flask) -> None:
    orders = [builders.a_paid_order(), builders.a_paid_order(date=DAY_AFTER)]
    rows = [(1, SaidDelay(builders.FLIGHT, builders.DAY, minutes=60)), (2, SaidDelay(builders.FLIGHT, DAY_AFTER, minutes=60))]

    answers = copies(app, 8, lambda n: delaying.import_delays(rows if n % 2 else rows[::-1], f"staff:{n}", builders.NOW))

    assert sorted(sum(one.orders for one in answer) for answer in answers) == [0] * 7 + [2]
    for order in orders:
        assert order_by_number(order.number).departs_at == order.departs_at + timedelta(hours=1)
        assert len(trip_changes(order.id)) == 1


def test_an_order_is_a_no_show_or_moved_never_both(app: Flask) -> None:
    builders.set_point(builders.POINT, no_show_after_hours=4)

    for _ in range(ROUNDS):
        order = builders.a_paid_order()
        late = order.departs_at + timedelta(hours=5)
        moved, ended = together(app, [lambda o=order, at=late: move(o, at), lambda at=late: refunding.close_no_shows(at)])
        after = order_by_number(order.number)
        if moved is True:
            assert (ended, after.state, after.flight_date) == (0, OrderState.PAID, DAY_AFTER)
        else:
            assert isinstance(moved, NoSuchMove)
            assert (ended, after.state, after.flight_date) == (1, OrderState.NO_SHOW, builders.DAY)


def test_control_an_order_that_is_looked_at_and_then_moved_is_packed_here_and_wanted_there(
    app: Flask, scratch: Callable[[str], None]
) -> None:
    builders.a_paid_order()
    scratch("orders")
    pause, there = Unguarded(2), builders.point_id(builders.OTHER_POINT)

    def unguarded(change: str) -> bool:
        with db.engine.connect() as connection:
            state = connection.scalar(text("SELECT state FROM scratch_orders"))
            pause.wait()
            if state != "paid":
                return False
            connection.execute(text(f"UPDATE scratch_orders SET {change}"))  # noqa: S608 - words of this file
            return True

    answers = together(
        app, [lambda: unguarded("state = 'packing'"), lambda: unguarded(f"pickup_point_id = {there}")]
    )

    assert answers == [True, True]
    with db.engine.connect() as connection:
        row = connection.execute(text("SELECT state, pickup_point_id FROM scratch_orders")).one()
    assert tuple(row) == ("packing", there)
