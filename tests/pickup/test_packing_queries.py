"""What packers see: waves, what to fetch, what is due, the parcel, the shelf, the labels. Few statements each."""
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import builders
import pytest
from builders import FLIGHT, NOW, OTHER_POINT, POINT, a_device, a_paid_order, a_product, set_order
from flask import Flask
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.catalogue.models import Product
from shop.flights.queries import NoSuchPoint
from shop.orders.queries import NoSuchOrder, OrderView
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_rules import Lines, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import packing, packing_parcel_queries, packing_queries, packing_rules, packing_waves, scan_box
from shop.pickup.packing import Packer
from shop.pickup.packing_models import PackedParcel, WaveOrder
from shop.pickup.packing_rules import Light, Slot
from shop.pickup.packing_waves import NoSuchWave

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DEPARTS = datetime(2026, 11, 26, 13, 5, tzinfo=builders.UTC)  # CA932 at 14:05 in Frankfurt
MORNING = DEPARTS - 6 * HOUR


@pytest.fixture
def packer(app: Flask) -> Packer:
    return Packer.with_device(a_device()[0])


def waves(packer: Packer, now: datetime = MORNING, **more: Any) -> list[int]:
    return packing_waves.make_waves(builders.point_id(POINT), packer, now, **more)


def flies(order: OrderView, minutes: int) -> OrderView:
    """The order's flight leaves so many minutes later."""
    moment = DEPARTS + minutes * MINUTE
    set_order(order.number, departs_at=moment, collect_from=moment - 4 * HOUR)
    return order


def in_waves() -> dict[int, int]:
    with reading() as session:
        return {row.order_id: row.wave_id for row in session.execute(select(WaveOrder.order_id, WaveOrder.wave_id))}


def put(sku: str, location: str) -> None:
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == sku).values(location=location))


# --- waves ------------------------------------------------------------------------------------------------------------


def test_orders_whose_flights_leave_close_together_are_one_wave(app: Flask, packer: Packer) -> None:
    orders = [flies(a_paid_order(), minutes) for minutes in (0, 40, 40, 200)]

    keys = waves(packer)

    assert len(keys) == 2
    assert in_waves() == {orders[0].id: keys[0], orders[1].id: keys[0], orders[2].id: keys[0], orders[3].id: keys[1]}
    seen = packing_queries.waves(builders.point_id(POINT), MORNING)
    assert [(w.id, w.departs_from, w.departs_to, w.orders, w.left) for w in seen] == [
        (keys[0], DEPARTS, DEPARTS + 40 * MINUTE, 3, 3), (keys[1], DEPARTS + 200 * MINUTE, DEPARTS + 200 * MINUTE, 1, 1),
    ]  # fmt: skip


def test_waves_that_are_made_twice_are_the_same_and_everything_in_them_has_a_parcel(app: Flask, packer: Packer) -> None:
    orders = [a_paid_order() for _ in range(2)]

    first = waves(packer)
    before = builders.everything()
    second = waves(packer)

    assert second == first
    assert builders.everything() == before
    with reading() as session:
        assert {row.order_id: row.state for row in session.execute(select(PackedParcel.order_id, PackedParcel.state))} == {
            order.id: "open" for order in orders
        }


def test_only_what_is_paid_and_leaves_soon_from_here_is_in_a_wave(app: Flask, packer: Packer) -> None:
    wanted = a_paid_order()
    a_paid_order(pickup_point=OTHER_POINT)
    a_paid_order(date=date(2026, 11, 28))
    builders.an_order()
    flies(a_paid_order(), -7 * 60)  # has left
    for values in ({"state": "cancelled"}, {"state": "ready"}, {"refund_state": "refunded"}):
        set_order(a_paid_order().number, **values)

    waves(packer)

    assert list(in_waves()) == [wanted.id]


def test_a_late_order_joins_the_open_wave_of_its_bank(app: Flask, packer: Packer) -> None:
    a_paid_order()
    (key,) = waves(packer)
    late = flies(a_paid_order(), -30)

    assert waves(packer) == [key]
    assert in_waves()[late.id] == key
    assert packing_queries.waves(None, MORNING)[0].departs_from == DEPARTS - 30 * MINUTE


def test_an_order_whose_flight_was_changed_moves_to_another_wave(app: Flask, packer: Packer) -> None:
    order, other = a_paid_order(), a_paid_order()
    (key,) = waves(packer)
    flies(order, 300)

    keys = waves(packer)

    assert keys[0] == key
    assert in_waves() == {other.id: key, order.id: keys[1]}


def test_an_order_that_is_collected_elsewhere_now_is_packed_there(app: Flask, packer: Packer) -> None:
    order = a_paid_order()
    (key,) = waves(packer)
    there = builders.point_id(OTHER_POINT)
    set_order(order.number, pickup_point_id=there)

    (new,) = packing_waves.make_waves(there, Packer("staff:1", None), MORNING)

    assert in_waves() == {order.id: new}
    assert new != key
    assert packing_queries.waves(builders.point_id(POINT), MORNING)[0].orders == 0


def test_a_closed_wave_lets_what_was_not_packed_into_the_next_one(app: Flask, packer: Packer) -> None:
    packed, left = a_paid_order(), a_paid_order()
    (key,) = waves(packer)
    packing.finish(packed.number, packer, MORNING, by_hand=True)

    packing_waves.close_wave(key, packer, MORNING)
    packing_waves.close_wave(key, packer, MORNING)
    (new,) = waves(packer)
    packing.reopen(packed.number, packer, MORNING)
    waves(packer)

    assert new != key
    assert in_waves() == {packed.id: new, left.id: new}


def test_waves_of_another_point_are_not_ones_own(app: Flask, packer: Packer) -> None:
    a_paid_order(pickup_point=OTHER_POINT)
    there = builders.point_id(OTHER_POINT)
    (key,) = packing_waves.make_waves(there, Packer("staff:1", None), MORNING)

    with pytest.raises(NoSuchPoint):
        packing_waves.make_waves(there, packer, MORNING)
    with pytest.raises(NoSuchPoint):
        packing_waves.make_waves(99_999, Packer("staff:1", None), MORNING)
    with pytest.raises(NoSuchWave):
        packing_waves.close_wave(key, packer, MORNING)
    with pytest.raises(NoSuchWave):
        packing_queries.pick_list(key, packer.point_id)
    assert packing_parcel_queries.labels(key, packer.point_id) == []


def test_a_wave_says_how_much_is_left_and_by_when(app: Flask, packer: Packer) -> None:
    first, second = a_paid_order({a_product(): 2}), a_paid_order({a_product(): 3})
    waves(packer)
    packing.finish(first.number, packer, MORNING, by_hand=True)
    due = packing_rules.pack_by(second.collect_from)

    (half,) = packing_queries.waves(None, due - 20 * MINUTE)
    packing.finish(second.number, packer, MORNING, by_hand=True)
    (done,) = packing_queries.waves(None, due + HOUR)

    assert (half.orders, half.left, half.pieces_left, half.due, half.light) == (2, 1, 3, due, Light.AMBER)
    assert (done.orders, done.left, done.pieces_left, done.due, done.light) == (2, 0, 0, None, Light.GREEN)
    assert (half.point, half.tz, half.flights) == (POINT, "Europe/Berlin", (FLIGHT,))


# --- the pick list ----------------------------------------------------------------------------------------------------


def test_a_pick_list_has_totals_for_each_product_along_the_locations(app: Flask, packer: Packer) -> None:
    a, b, c = (a_product(sku) for sku in ("SP-A", "SP-B", "SP-C"))
    put(a, "K-10")
    put(b, "K-2")
    one, two = a_paid_order({a: 1, b: 2}), a_paid_order({a: 4, c: 1})
    (key,) = waves(packer)

    found = packing_queries.pick_list(key, packer.point_id)

    assert [(line.sku, line.location, line.total) for line in found.lines] == [(b, "K-2", 2), (a, "K-10", 5), (c, None, 1)]
    assert set(found.lines[1].orders) == {(one.number, 1), (two.number, 4)}
    assert (found.pieces, found.orders, found.departs_from) == (8, 2, DEPARTS)
    assert found.lines[0].name["en"]


def test_what_is_packed_refunded_or_gone_is_not_fetched_again(app: Flask, packer: Packer) -> None:
    sku = a_product("SP-A")
    one, two, three = (a_paid_order({sku: 3}) for _ in range(3))
    (key,) = waves(packer)
    packing.count_by_hand(one.number, 1, 1, packer, MORNING)
    refunding.ask_refund(two.number, Lines({1: 2}), Why(Cause.SHORTAGE, packer.who), NOW)
    refunding.ask_refund(three.number, Whole(), Why(Cause.CANCELLED, "traveller"), NOW)

    (line,) = packing_queries.pick_list(key).lines

    assert (line.total, dict(line.orders)) == (3, {one.number: 2, two.number: 1})


def test_a_wave_with_nothing_left_has_an_empty_list_and_no_wave_has_none(app: Flask, packer: Packer) -> None:
    order = a_paid_order()
    (key,) = waves(packer)
    packing.finish(order.number, packer, MORNING, by_hand=True)

    assert packing_queries.pick_list(key).lines == ()
    with pytest.raises(NoSuchWave):
        packing_queries.pick_list(key + 1)


# --- the due board ----------------------------------------------------------------------------------------------------


def test_the_board_shows_what_is_due_most_urgent_first(app: Flask, packer: Packer) -> None:
    soon, later = flies(a_paid_order({a_product(): 3}), 0), flies(a_paid_order(), 60)
    far = flies(a_paid_order(), 7 * 60)
    ready = a_paid_order()
    packing.finish(ready.number, packer, MORNING, by_hand=True)
    packing.count_by_hand(soon.number, 1, 2, packer, MORNING)
    moment = DEPARTS - 4 * HOUR - 40 * MINUTE  # ten minutes before it has to be there

    board = packing_queries.due(builders.point_id(POINT), moment)

    assert [(d.number, d.minutes_left, d.light) for d in board] == [(soon.number, 10, Light.RED), (later.number, 70, Light.GREEN)]
    assert (board[0].pieces, board[0].packed, board[0].initials, board[0].state) == (3, 2, "WX", OrderState.PACKING)
    assert far.number in [d.number for d in packing_queries.due(None, moment, timedelta(hours=24))]
    assert packing_queries.due(builders.point_id(OTHER_POINT), moment) == []


def test_what_was_not_packed_in_time_stays_on_the_board_for_a_while(app: Flask) -> None:
    a_paid_order()

    assert [d.light for d in packing_queries.due(None, DEPARTS + HOUR)] == [Light.RED]
    assert packing_queries.due(None, DEPARTS + 4 * HOUR) == []


# --- one parcel, the shelf, labels ------------------------------------------------------------------------------------


def test_a_parcel_shows_what_goes_into_it_and_where_it_lies(app: Flask, packer: Packer) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 2})
    put(a_product("SP-A"), "K-2")
    order = a_paid_order({"SP-A": 2})
    before = packing_parcel_queries.parcel_of(order.number, packer.point_id)
    packing.count_by_hand(order.number, 1, 2, packer, NOW)
    packing.put_on_shelf(order.number, "A1", packer, NOW)

    after = packing_parcel_queries.parcel_of(f" {order.number.lower()} ", packer.point_id)

    assert (before.parcel, before.slot, before.complete, before.lines[0].packed) == (None, None, False, 0)
    assert (after.parcel, after.slot, after.complete, after.lines[0].packed) == ("packing", "A1", True, 2)
    assert (after.lines[0].sku, after.lines[0].location, after.lines[0].wanted, after.initials) == ("SP-A", "K-2", 2, "WX")
    with pytest.raises(NoSuchOrder):
        packing_parcel_queries.parcel_of(order.number, builders.point_id(OTHER_POINT))
    with pytest.raises(NoSuchOrder):
        packing_parcel_queries.parcel_of("", None)


def test_the_shelf_counts_parcels_and_those_of_the_same_flight(app: Flask, packer: Packer) -> None:
    packing.put_slots(builders.point_id(POINT), {"A10": 2, "A2": 3, "A1": 1})
    for minutes, slot in ((0, "A2"), (300, "A2"), (300, "A1")):
        packing.finish(flies(a_paid_order(), minutes).number, packer, NOW, slot=slot, by_hand=True)
    order = flies(a_paid_order(), 0)

    shelf = packing_parcel_queries.shelf_for(order.number)

    assert shelf == [Slot("A1", 1, 1, 0), Slot("A2", 3, 2, 1), Slot("A10", 2, 0, 0)]
    assert packing_parcel_queries.proposed_slot(order.number) == "A2"
    packing.finish(order.number, packer, NOW, slot="A2", by_hand=True)
    assert packing_parcel_queries.shelf_for(order.number) == shelf, "a parcel is no neighbour of its own"
    assert packing_parcel_queries.proposed_slot("D234567892") is None


def test_parcels_of_orders_that_are_over_are_to_be_emptied(app: Flask, packer: Packer) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 2})
    gone, alive = a_paid_order({a_product(): 2}), a_paid_order()
    for order in (gone, alive):
        packing.finish(order.number, packer, NOW, slot="A1", by_hand=True)
    refunding.ask_refund(gone.number, Whole(), Why(Cause.NO_SHOW, "system"), NOW)

    (found,) = packing_parcel_queries.to_empty(packer.point_id)
    packing.back_to_stock(gone.number, packer, NOW)

    assert (found.number, found.state, found.slot, found.pieces) == (gone.number, OrderState.NO_SHOW, "A1", 2)
    assert packing_parcel_queries.to_empty(packer.point_id) == []
    assert packing_parcel_queries.to_empty(builders.point_id(OTHER_POINT)) == []


def test_a_ready_parcel_out_of_which_something_was_refunded_is_to_be_put_right(app: Flask, packer: Packer) -> None:
    sku = a_product()
    order, other = a_paid_order({sku: 3}), a_paid_order({sku: 1})
    for each in (order, other):
        packing.finish(each.number, packer, NOW, by_hand=True)
    refunding.ask_refund(order.number, Lines({1: 2}), Why(Cause.CANCELLED, "staff:1"), NOW)

    (found,) = packing_parcel_queries.to_empty(packer.point_id)
    packing.reopen(order.number, packer, NOW)
    packing.count_by_hand(order.number, 1, 1, packer, NOW)
    packing.finish(order.number, packer, NOW)

    assert (found.number, found.state, found.pieces) == (order.number, OrderState.READY, 2)
    assert packing_parcel_queries.to_empty(packer.point_id) == []


def test_a_label_says_whose_parcel_it_is_without_a_name(app: Flask, packer: Packer) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 2})
    order = a_paid_order({a_product(): 2})
    (key,) = waves(packer)
    packing.start_packing(order.number, packer, NOW)
    packing.put_on_shelf(order.number, "A1", packer, NOW)

    label = packing_parcel_queries.label_of(order.number, packer.point_id)

    assert (label.number, label.initials, label.flight_number, label.departs_at) == (order.number, "WX", FLIGHT, DEPARTS)
    assert (label.point, label.tz, label.slot, label.pieces) == (POINT, "Europe/Berlin", "A1", 2)
    assert "XIAOMING" not in repr(label)
    assert scan_box.what_is(label.scan, builders.SECRET, NOW.date()) == scan_box.ParcelLabel(order.number)
    assert packing_parcel_queries.labels(key) == [label]
    with pytest.raises(NoSuchOrder):
        packing_parcel_queries.label_of(order.number, builders.point_id(OTHER_POINT))
    set_order(order.number, state="cancelled")
    with pytest.raises(NoSuchOrder):
        packing_parcel_queries.label_of(order.number, packer.point_id)


# --- statements -------------------------------------------------------------------------------------------------------


def test_every_question_is_one_statement_however_many_orders_there_are(
    app: Flask, packer: Packer, statements: list[str]
) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 9})
    orders = [flies(a_paid_order({a_product(): 1, a_product(): 2}), 100 * n) for n in range(4)]
    (key, *_) = waves(packer)
    for order in orders[:2]:
        packing.start_packing(order.number, packer, NOW)
        packing.put_on_shelf(order.number, "A1", packer, NOW)
    point, number = packer.point_id, orders[0].number
    questions: list[Callable[[], object]] = [
        lambda: packing_queries.waves(point, MORNING),
        lambda: packing_queries.pick_list(key, point),
        lambda: packing_queries.due(point, MORNING),
        lambda: packing_parcel_queries.parcel_of(number, point),
        lambda: packing_parcel_queries.proposed_slot(number),
        lambda: packing_parcel_queries.to_empty(point),
        lambda: packing_parcel_queries.label_of(number, point),
        lambda: packing_parcel_queries.labels(key, point),
    ]

    counts = []
    for ask in questions:
        statements.clear()
        ask()
        counts.append(len(statements))

    assert counts == [1] * len(questions)


def test_making_waves_takes_as_many_statements_for_ten_orders_as_for_one(
    app: Flask, packer: Packer, statements: list[str]
) -> None:
    a_paid_order()
    waves(packer)
    a_paid_order()
    statements.clear()
    waves(packer)
    for_one = len(statements)
    for _ in range(10):
        a_paid_order()
    statements.clear()
    waves(packer)

    assert len(statements) == for_one
