"""A flight leaves at another time: its open orders follow, and their parcels stay."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import builders
import pytest
from flask import Flask

from shop.base.db import reading
from shop.flights import delays
from shop.flights.delays import SaidDelay, WrongFile
from shop.orders import delaying, moving
from shop.orders.delaying import Delayed
from shop.orders.moving import NewTrip
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.orders.trip_queries import trip_changes
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of

DAY, NOW = builders.DAY, builders.NOW
HOUR = timedelta(hours=1)


def delay(now: datetime = NOW, **said: Any) -> Delayed:
    return delaying.set_delay(SaidDelay(**{"flight": "CA932", "date": DAY, **said}), "staff:1", now)


def fresh(order: OrderView) -> OrderView:
    return order_by_number(order.number)


@pytest.mark.parametrize("state", ["awaiting_payment", "paid", "packing", "ready"])
def test_a_late_flight_keeps_the_parcel_and_lets_it_be_fetched_longer(app: Flask, state: str) -> None:
    sku = builders.a_product(on_hand=3)
    order = builders.a_paid_order({sku: 1})
    builders.set_order(order.number, state=state)
    stock, code = builders.stock_of(sku), builders.code_of(order)

    done = delay(minutes=120)

    after = fresh(order)
    assert done == Delayed("CA932", DAY, order.departs_at + 2 * HOUR, 1)
    assert after.departs_at == after.collect_until == order.departs_at + 2 * HOUR
    assert after.collect_from == order.collect_from  # what may be fetched stays fetchable
    assert (after.state.value, after.flight_date, after.point) == (state, DAY, order.point)
    assert (builders.stock_of(sku), builders.code_of(order)) == (stock, code)
    assert builders.announced("orders.delayed") == [("orders.delayed", order.id)]
    (change,) = trip_changes(order.id)
    assert (change.who, change.why, change.old_departs_at, change.new_departs_at) == (
        "staff:1", "delayed", order.departs_at, after.departs_at,
    )  # fmt: skip


def test_only_the_open_orders_of_that_flight_on_that_day_follow(app: Flask) -> None:
    mine, collected, cancelled = (builders.a_paid_order() for _ in range(3))
    tomorrow = builders.a_paid_order(date=DAY + timedelta(days=1))
    other = builders.a_paid_order(flight="CA966", date=date(2026, 11, 27))
    builders.set_order(collected.number, state="collected")
    builders.set_order(cancelled.number, state="cancelled")

    done = delay(minutes=60)

    assert done.orders == 1
    assert fresh(mine).departs_at == mine.departs_at + HOUR
    for order in (collected, cancelled, tomorrow, other):
        assert fresh(order).departs_at == order.departs_at


def test_each_counter_closes_when_it_closes(app: Flask) -> None:
    here, there = builders.a_paid_order(), builders.a_paid_order(pickup_point=builders.OTHER_POINT)
    builders.set_point(builders.OTHER_POINT, hours={day: ["06:00", "23:00"] for day in "1234567"})

    delay(local=time(1, 30), on=DAY + timedelta(days=1))

    assert fresh(here).collect_until == datetime(2026, 11, 26, 20, 30, tzinfo=UTC)
    assert fresh(there).collect_until == datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
    assert fresh(here).collect_from == here.collect_from


def test_a_flight_that_leaves_early_shortens_the_time_and_says_so(app: Flask) -> None:
    order = builders.a_paid_order()

    delay(minutes=-90)

    after = fresh(order)
    assert (after.collect_from, after.collect_until) == (order.collect_from - 1.5 * HOUR, order.departs_at - 1.5 * HOUR)
    assert builders.announced("orders.delayed") == [("orders.delayed", order.id)]


def test_the_same_delay_twice_changes_once_and_the_timetable_takes_it_back(app: Flask) -> None:
    order = builders.a_paid_order()

    counts = [delay(minutes=60).orders, delay(local=time(15, 5)).orders, delay(minutes=0).orders]

    assert counts == [1, 0, 1]
    after = fresh(order)
    assert (after.departs_at, after.collect_from, after.collect_until) == (order.departs_at, order.collect_from, order.collect_until)
    assert len(trip_changes(order.id)) == 2


def test_an_order_for_a_flight_that_is_known_to_be_late_leaves_late(app: Flask) -> None:
    delay(minutes=60)

    placed = builders.an_order()
    moved = builders.a_paid_order(date=DAY + timedelta(days=1))
    moving.move_trip(moved.number, moved.traveller_id, NewTrip(flight="CA932", date=DAY), NOW)

    assert placed.departs_at == fresh(moved).departs_at == datetime(2026, 11, 26, 14, 5, tzinfo=UTC)


def test_a_delay_postpones_the_no_show(app: Flask) -> None:
    builders.set_point(builders.POINT, no_show_after_hours=4)
    order = builders.a_paid_order()
    delay(minutes=300)

    ended = [refunding.close_no_shows(order.departs_at + hours * HOUR) for hours in (5, 9, 10)]

    assert ended == [0, 0, 1]
    assert fresh(order).state is OrderState.NO_SHOW


def test_a_no_show_gives_the_money_back_and_voids_the_code(app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    builders.set_point(builders.POINT, no_show_after_hours=4)
    order = builders.a_paid_order({sku: 1})

    refunding.close_no_shows(order.departs_at + 5 * HOUR)

    assert [(refund.amount_minor, refund.cause.value) for refund in refunds_of(order.id)] == [(order.total.minor, "no_show")]
    assert builders.stock_of(sku) == (3, 0, 0, 0)


def test_a_flight_that_only_orders_know_can_be_late_too(app: Flask) -> None:
    order = builders.a_paid_order(flight="XX12", departs_local=time(15, 0))

    done = delay(flight="XX12", local=time(16, 0))

    assert (done.orders, fresh(order).departs_at) == (1, order.departs_at + HOUR)


def test_a_file_of_delays_is_used_whole(app: Flask) -> None:
    one, two = builders.a_paid_order(), builders.a_paid_order(flight="CA966", date=date(2026, 11, 27))

    done = delaying.import_delays(delays.read_file("CA966,2026-11-27,+30\nCA932,2026-11-26,15:05\n"), "staff:1", NOW)

    assert [(each.flight, each.orders) for each in done] == [("CA932", 1), ("CA966", 1)]
    assert (fresh(one).departs_at - one.departs_at, fresh(two).departs_at - two.departs_at) == (HOUR, HOUR / 2)


def test_a_file_with_one_wrong_line_changes_nothing(app: Flask) -> None:
    builders.a_paid_order()
    before = builders.everything()
    text = "CA932,2026-11-26,15:05\nCA966,2026-11-26,15:05\nXX9,2026-11-26,15:05\nCA932,2026-11-26,16:05\n"

    with pytest.raises(WrongFile) as refused:
        delaying.import_delays(delays.read_file(text), "staff:1", NOW)

    assert delays.lines_of(refused.value) == {2: ["not_flying_that_day"], 3: ["no_such_flight"], 4: ["said_twice"]}
    assert builders.everything() == before


def test_the_orders_of_a_flight_are_found_by_an_index(app: Flask) -> None:
    from sqlalchemy import inspect

    with reading() as session:
        names = {index["name"] for index in inspect(session.connection()).get_indexes("orders")}

    assert {"ix_orders_flight", "ix_orders_on_my_way"} <= names
