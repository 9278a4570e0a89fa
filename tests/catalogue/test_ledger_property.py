"""Whatever people book and orders do, in whatever order: on hand is the opening and all movements, less what was handed over."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

from builders import NOW, a_product, an_order, stock_of
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.base.db import transaction
from shop.base.errors import ShopError
from shop.catalogue import ledger, ledger_queries, queries, stock
from shop.catalogue.ledger import Booking
from shop.catalogue.states import BY_PEOPLE, HoldState, MovementReason

H = HoldState
BOOKINGS = st.tuples(st.sampled_from(BY_PEOPLE), st.integers(-6, 12))
MOVES = st.tuples(
    st.sampled_from([(H.HELD, H.RELEASED), (H.HELD, H.ALLOCATED), (H.ALLOCATED, H.HANDED_OVER), (H.HANDED_OVER, H.ALLOCATED)]),
    st.integers(0, 4),
)
DEEDS = st.one_of(
    BOOKINGS, MOVES, st.tuples(st.just("order"), st.integers(1, 4)), st.tuples(st.just("shortage"), st.integers(0, 4))
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, max_size=10))
def test_the_books_add_up_after_every_step_and_each_row_follows_from_the_one_before(
    app: Flask, deeds: list[tuple[object, int]]
) -> None:
    sku, now = a_product(on_hand=8), NOW
    orders: list[int] = []

    def booked(reason: MovementReason, number: int) -> Callable[[], object]:
        return lambda: ledger.book(sku, Booking(reason=reason, number=number), "staff:1", now)

    def moved(start: HoldState, end: HoldState, which: int) -> Callable[[], object]:
        def move() -> None:
            with transaction() as session:
                stock.move(session, orders[which], start, end, now)

        return move if which < len(orders) else lambda: None

    def short(which: int) -> Callable[[], object]:
        def find_missing() -> None:
            with transaction() as session:
                stock.give_back(session, orders[which], queries.offer(sku, NOW).id, 1, now, missing=True)

        return find_missing if which < len(orders) else lambda: None

    for deed, number in deeds:
        now += timedelta(minutes=1)
        if deed == "order":
            act: Callable[[], object] = lambda count=number: orders.append(an_order({sku: count}).id)  # type: ignore[misc]  # noqa: E731
        elif deed == "shortage":
            act = short(number)
        elif isinstance(deed, MovementReason):
            act = booked(deed, number)
        else:
            start, end = deed  # type: ignore[misc]
            act = moved(start, end, number)
        with contextlib.suppress(ShopError, LookupError):
            act()

        assert ledger_queries.out_of_step() == []

    on_hand, _, _, _ = stock_of(sku)
    rows = ledger_queries.entries(queries.offer(sku, NOW).id, limit=100).items
    following = [*(row.before for row in rows[::-1][1:]), on_hand]
    for row, next_before in zip(rows[::-1], following, strict=True):
        assert row.after - row.taken_since == next_before
