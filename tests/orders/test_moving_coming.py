"""“I am on my way”: the traveller says so on the day, and the counter sees it on top of its list."""

from datetime import datetime, timedelta

import builders
import pytest
from flask import Flask

from shop.orders import moving
from shop.orders.moving import NewTrip, TooEarly
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove
from shop.orders.trip_queries import Coming, on_their_way

HOUR = timedelta(hours=1)


def say(order: OrderView, at: datetime) -> datetime:
    return moving.on_my_way(order.number, order.traveller_id, at)


def numbers(coming: list[Coming]) -> list[str]:
    return [one.number for one in coming]


@pytest.mark.parametrize("state", ["paid", "packing", "ready"])
def test_the_counter_sees_who_is_coming_in_the_order_in_which_they_said_so(app: Flask, state: str) -> None:
    first, second, third = (builders.a_paid_order() for _ in range(3))
    builders.set_order(second.number, state=state)
    at = first.departs_at - 3 * HOUR

    say(second, at)
    say(first, at + HOUR)

    there = on_their_way(builders.point_id(builders.POINT), at + HOUR)
    assert numbers(there) == [second.number, first.number]
    assert (there[0].state.value, there[0].on_my_way_at, there[0].traveller_name) == (state, at, "WANG XIAOMING")
    assert numbers(on_their_way(None, at + HOUR)) == [second.number, first.number]
    assert on_their_way(builders.point_id(builders.OTHER_POINT), at + HOUR) == []
    assert third.number not in numbers(there)


def test_saying_it_twice_keeps_the_first_moment(app: Flask) -> None:
    order = builders.a_paid_order()
    at = order.departs_at - 3 * HOUR

    assert [say(order, at), say(order, at + HOUR)] == [at, at]
    assert order_by_number(order.number).on_my_way_at == at


def test_nobody_is_on_the_way_before_the_day_of_collection(app: Flask) -> None:
    order = builders.a_paid_order()
    midnight = datetime.fromisoformat("2026-11-26T00:00:00+01:00")

    with pytest.raises(TooEarly):
        say(order, midnight - timedelta(seconds=1))
    assert say(order, midnight) == midnight


def test_for_a_flight_after_midnight_the_day_is_the_evening_before(app: Flask) -> None:
    order = builders.a_paid_order()
    night = datetime.fromisoformat("2026-11-26T00:30:00+01:00")
    builders.set_order(order.number, departs_at=night, collect_from=night - 4 * HOUR, collect_until=night - 3 * HOUR)

    assert say(order, night - 5 * HOUR) == night - 5 * HOUR


@pytest.mark.parametrize("state", ["awaiting_payment", "collected", "cancelled", "no_show"])
def test_nobody_comes_for_what_is_not_to_be_collected(app: Flask, state: str) -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, state=state)

    with pytest.raises(NoSuchMove):
        say(order, order.departs_at - HOUR)


def test_after_departure_nobody_comes_and_nobody_is_expected(app: Flask) -> None:
    early, late = builders.a_paid_order(), builders.a_paid_order()
    say(early, early.departs_at - HOUR)

    with pytest.raises(NoSuchMove):
        say(late, late.departs_at)

    assert on_their_way(None, early.departs_at) == []


def test_it_is_nobody_elses_order_to_come_for(app: Flask) -> None:
    order = builders.a_paid_order()

    with pytest.raises(NoSuchOrder):
        moving.on_my_way(order.number, builders.a_traveller(), order.departs_at - HOUR)


def test_whoever_has_collected_or_taken_another_flight_is_not_expected_any_more(app: Flask) -> None:
    gone, moved = builders.a_paid_order(), builders.a_paid_order()
    at = gone.departs_at - 4 * HOUR
    for order in (gone, moved):
        say(order, at)

    builders.set_order(gone.number, state="collected")
    moving.move_trip(moved.number, moved.traveller_id, NewTrip(flight="CA932", date=builders.DAY + timedelta(days=1)), at + HOUR)

    assert on_their_way(None, at + HOUR) == []
    assert order_by_number(moved.number).on_my_way_at is None
