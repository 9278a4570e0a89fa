"""Whose travellers are on the way to a counter, as the counter lists them."""

from datetime import timedelta

import builders
from builders import NOW, OTHER_POINT, POINT, a_paid_order, set_order
from flask import Flask

from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.pickup import packing, queries

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def is_coming(order: OrderView, minutes: int, **more: object) -> OrderView:
    """Said so many minutes ago."""
    set_order(order.number, on_my_way_at=NOW - minutes * MINUTE, departs_at=NOW + 3 * HOUR, **more)
    return order


def test_whoever_said_so_first_is_first_with_initials_and_nothing_that_opens_the_parcel(app: Flask) -> None:
    second, first = is_coming(a_paid_order(), 5), is_coming(a_paid_order(), 9, state=OrderState.READY.value)

    found = queries.coming(builders.point_id(POINT), NOW)

    assert [(one.number, one.initials, one.state, one.since) for one in found] == [
        (first.number, "WX", OrderState.READY, NOW - 9 * MINUTE), (second.number, "WX", OrderState.PAID, NOW - 5 * MINUTE),
    ]  # fmt: skip
    assert (found[0].slot, found[0].point, found[0].tz) == (None, POINT, "Europe/Berlin")
    assert not any(builders.code_of(one) in repr(found) or "XIAOMING" in repr(found) for one in (first, second))


def test_where_the_parcel_lies_is_said_once_it_lies_somewhere(app: Flask) -> None:
    order = is_coming(a_paid_order(), 5)
    packing.put_slots(builders.point_id(POINT), {"A1": 4})
    packer = packing.Packer.with_device(builders.a_device()[0])
    packing.finish(order.number, packer, NOW, slot="A1", by_hand=True)

    [found] = queries.coming(builders.point_id(POINT), NOW)

    assert (found.slot, found.state) == ("A1", OrderState.READY)


def test_each_counter_has_its_own_and_a_device_of_all_has_all_in_two_statements(app: Flask, statements: list[str]) -> None:
    here, there = is_coming(a_paid_order(), 5), is_coming(a_paid_order(pickup_point=OTHER_POINT), 7)
    points = [builders.point_id(POINT), builders.point_id(OTHER_POINT), None]
    statements.clear()

    found = [[one.number for one in queries.coming(point, NOW)] for point in points]

    assert found == [[here.number], [there.number], [there.number, here.number]]
    assert len(statements) <= 2 * len(points)


def test_nobody_stays_on_the_list_who_is_gone_or_will_not_come(app: Flask) -> None:
    for state in (OrderState.COLLECTED, OrderState.CANCELLED, OrderState.NO_SHOW):
        is_coming(a_paid_order(), 5, state=state.value)
    is_coming(a_paid_order(), 13 * 60)
    late = is_coming(a_paid_order(), 5)
    set_order(late.number, departs_at=NOW)
    a_paid_order()

    assert queries.coming(None, NOW) == []
