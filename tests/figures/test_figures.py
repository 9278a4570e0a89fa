"""The figures are those of the orders: counted before or not, changed since or not, with a worker or without."""
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from figures.many_orders import NOW, Made, Shop, by_hand, change, move
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from shop.base.db import reading, transaction
from shop.figures import commands, days, queries
from shop.figures.models import CountedDay, PlacedFigures, Standing
from shop.figures.queries import dashboard
from shop.orders.states import OrderState, RefundState

FIRST, LAST = date(2026, 10, 22), date(2026, 10, 28)  # the clocks change on the 25th
AFTER = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)
MOMENTS = st.integers(0, 9 * 24 * 60).map(lambda n: datetime(2026, 10, 19, 21, 30, tzinfo=UTC) + timedelta(minutes=n))


def seen(first: date, last: date, now: datetime, at: int | None = None) -> dict[str, Any]:
    """The dashboard in the form of `by_hand`."""
    found = dashboard(first, last, now, None if at is None else {at})
    with reading() as session:
        from shop.catalogue.models import Product
        from shop.flights.models import PickupPoint

        products = {row[0]: row[1] for row in session.execute(select(Product.sku, Product.id))}
        points = {row[0]: row[1] for row in session.execute(select(PickupPoint.code, PickupPoint.id))}
    d = found.period.departures
    return {
        "takings": {t.currency: (t.orders, t.paid, t.paid_minor, t.refunds, t.refunded_minor) for t in found.period.takings},
        "departures": (d.orders, d.on_time, d.late, d.no_shows),
        "hours": {hour: (h.orders, h.on_time, h.late, h.no_shows) for hour, h in found.hours},
        "products": {(products[p.sku], p.currency): (p.orders, p.pieces, p.goods_minor) for p in found.products},
        "points": {points[p.code]: sum(t.paid for t in p.takings) for p in found.points},
    }


@st.composite
def an_order(draw: Any) -> Made:
    placed = draw(MOMENTS)
    return Made(
        placed_at=placed, departs_at=placed + timedelta(minutes=draw(st.integers(30, 5 * 24 * 60))),
        state=draw(st.sampled_from([state.value for state in OrderState])), paid=draw(st.booleans()),
        refund_state=draw(st.sampled_from([state.value for state in RefundState])), total=draw(st.integers(1, 10**9)),
        currency=draw(st.sampled_from(["EUR", "CNY"])), point=draw(st.integers(0, 1)),
        told=draw(st.none() | st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(hours=-3), timedelta(hours=2)])),
        lines=tuple(draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(1, 10**6)), min_size=1, max_size=3))),
        refunded=draw(st.sampled_from([0, 1])),
    )  # fmt: skip


STEP = st.one_of(
    st.tuples(st.just("add"), an_order()),
    st.tuples(st.just("state"), st.sampled_from([state.value for state in OrderState])),
    st.tuples(st.just("paid"), MOMENTS | st.none()),
    st.tuples(st.just("refund"), st.sampled_from([state.value for state in RefundState])),
    st.tuples(st.just("move"), MOMENTS),
    st.tuples(st.just("count"), st.integers(1, 20)),
)


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop()


@settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(an_order(), max_size=12), steps=st.lists(st.tuples(STEP, st.integers(0, 30), st.integers(0, 50)), max_size=12))
def test_whatever_happens_the_dashboard_says_what_the_orders_say(shop: Shop, orders: list[Made], steps: list[Any]) -> None:
    shop.empty()
    keys, now = shop.add(orders), AFTER
    for (verb, value), minutes, which in steps:
        now += timedelta(minutes=minutes)
        if verb == "count":
            commands.count_days(now, value)
        elif verb == "add":
            keys += shop.add([value])
            change(keys[-1], now)
        elif keys:
            key = keys[which % len(keys)]
            if verb == "move":
                move(key, value, now)
            else:
                change(key, now, **{{"state": "state", "paid": "paid_at", "refund": "refund_state"}[verb]: value})

    assert seen(FIRST, LAST, now) == by_hand(FIRST, LAST, now)
    for point in shop.points:
        assert seen(FIRST, LAST, now, point) == by_hand(FIRST, LAST, now, point)
    for day in days.between(FIRST, LAST):
        assert seen(day, day, now) == by_hand(day, day, now)


def some_orders(shop: Shop) -> list[int]:
    noon = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    return shop.add([Made(noon + timedelta(hours=n), noon + timedelta(hours=30 + n), told=timedelta(hours=-1)) for n in range(20)])


def test_days_that_are_over_are_taken_as_they_were_counted(shop: Shop) -> None:
    some_orders(shop)

    while commands.count_days(AFTER, 2) == 2:
        pass
    commands.count_days(AFTER + timedelta(hours=1))

    found = dashboard(FIRST, LAST, AFTER + timedelta(hours=1))
    assert found.counted == 5, "the first order's day and those after it, without the days before it"
    with transaction() as session:  # a control: it is really those rows that are read
        session.execute(update(PlacedFigures).where(PlacedFigures.day == date(2026, 10, 24)).values(orders=999))
    assert dashboard(FIRST, LAST, AFTER + timedelta(hours=1)).period.orders > 999


def test_a_day_is_not_counted_before_it_is_over(shop: Shop) -> None:
    shop.add([Made(NOW, NOW + timedelta(days=2))])

    assert commands.count_days(NOW + timedelta(hours=2)) == 0
    assert commands.count_days(NOW + timedelta(days=1)) == 1


def test_a_change_makes_its_days_be_counted_from_the_orders_until_the_worker_has_been(shop: Shop) -> None:
    key = some_orders(shop)[0]
    commands.count_days(AFTER)
    later = AFTER + timedelta(days=3)

    change(key, later, state="no_show")

    assert dashboard(FIRST, LAST, later).period.departures.no_shows == 1
    assert dashboard(FIRST, LAST, later).counted == 3, "not the day it was placed, nor the day it leaves"
    commands.count_days(later)
    commands.count_days(later + timedelta(hours=1))
    assert dashboard(FIRST, LAST, later + timedelta(hours=1)).counted == 5
    assert dashboard(FIRST, LAST, later + timedelta(hours=1)).period.departures.no_shows == 1


def test_an_order_that_moves_leaves_its_old_day(shop: Shop) -> None:
    key = some_orders(shop)[0]
    commands.count_days(AFTER)
    later = AFTER + timedelta(days=3)
    before = dashboard(FIRST, LAST, later).period.departures.orders

    move(key, AFTER, later)

    assert dashboard(FIRST, LAST, later).period.departures.orders == before - 1


def test_what_a_slow_command_wrote_a_little_earlier_is_seen(shop: Shop) -> None:
    key = some_orders(shop)[0]
    commands.count_days(AFTER)

    change(key, AFTER - timedelta(minutes=9), state="no_show")

    assert dashboard(FIRST, LAST, AFTER).period.departures.no_shows == 1


def test_everything_counted_can_be_thrown_away(shop: Shop) -> None:
    some_orders(shop)
    commands.count_days(AFTER)
    whole = seen(FIRST, LAST, AFTER)

    with transaction() as session:
        for table in (PlacedFigures, CountedDay, Standing):
            session.execute(delete(table))

    assert seen(FIRST, LAST, AFTER) == whole


@pytest.mark.parametrize("tables", [(CountedDay,), (Standing,), (CountedDay, Standing), (PlacedFigures, CountedDay)])
def test_after_some_tables_were_emptied_it_is_counted_again(shop: Shop, tables: tuple[Any, ...]) -> None:
    key = some_orders(shop)[0]
    commands.count_days(AFTER)
    later = AFTER + timedelta(days=1)
    change(key, AFTER + timedelta(hours=1), state="no_show")
    with transaction() as session:
        for table in tables:
            session.execute(delete(table))

    for _ in range(2):
        commands.count_days(later)

    assert seen(FIRST, LAST, later) == by_hand(FIRST, LAST, later)
    assert dashboard(FIRST, LAST, later + timedelta(hours=1)).counted == 5


def test_counting_twice_counts_once(shop: Shop) -> None:
    some_orders(shop)

    commands.count_days(AFTER)
    commands.count_days(AFTER)

    with reading() as session:
        assert session.scalar(select(func.sum(PlacedFigures.orders))) == 20


def test_nothing_is_counted_when_there_are_no_orders(app: Flask) -> None:
    assert commands.count_days(NOW) == 0
    assert dashboard(FIRST, LAST, NOW).period.orders == 0


def test_the_basket_and_the_share_are_rounded_half_up() -> None:
    assert queries.Takings("EUR", paid=2, paid_minor=5).basket_minor == 3
    assert queries.Takings("EUR").basket_minor is None
    assert queries.Departures(on_time=1, late=1).on_time_permille == 500
    assert queries.Departures(on_time=2, late=1).on_time_permille == 667
    assert queries.Departures().on_time_permille is None


@pytest.mark.parametrize(("hour", "count"), [(2, 2), (3, 1), (14, 1)])
def test_the_repeated_hour_of_autumn_counts_twice_and_spring_has_none(hour: int, count: int) -> None:
    autumn, spring = date(2026, 10, 25), date(2026, 3, 29)

    assert sum((end - start) // timedelta(hours=1) for start, end in days.hours(autumn, autumn, hour)) == count
    assert sum((end - start) // timedelta(hours=1) for start, end in days.hours(spring, spring, hour)) == (hour != 2)


def test_the_dashboard_asks_as_often_however_much_there_is(shop: Shop, statements: list[str]) -> None:
    dashboard(FIRST, LAST, AFTER)
    counts = []
    for _ in range(2):
        some_orders(shop)
        statements.clear()
        dashboard(FIRST, LAST, AFTER)
        counts.append(len([one for one in statements if not one.startswith("SET ")]))
        commands.count_days(AFTER)

    assert counts[0] <= counts[1] <= 14, counts
