"""Finding orders: what a text is taken for, filters, pages in both directions; and that a figure counts what its link lists."""
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import builders
import pytest
from figures.many_orders import Made, Shop
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from shop.base.db import db, transaction
from shop.figures.queries import Sums, dashboard
from shop.orders.listing import Sort, Turn, WrongPlace
from shop.orders.models import Order
from shop.orders.queries import OrderPage
from shop.orders.states import OrderState, RefundState
from shop.payments.models import Refund, Taken
from shop.payments.refund_rules import Amount
from shop.payments.refunding import Cause, Why, ask_refund
from shop.pickup.models import Conflict, Scan
from shop.reports.order_list import Filters, orders
from shop.reports.order_words import Sought, readings
from shop.web.backoffice import forms
from shop.web.backoffice.dashboard import Behind
from shop.web.backoffice.orders import filters_of

NOW = builders.NOW
TODAY = date(2026, 11, 24)


def found(words: str | None = None, now: datetime = NOW, **filters: Any) -> list[str]:
    return [order.number for order in orders(Filters(**filters), words, Turn(), now).page.items]


# --- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("d23456789a", [Sought.NUMBER, Sought.CODE]), ("7KQ2M-9XDAB", [Sought.CODE]), (" 7kq2m 9xdab ", [Sought.CODE]),
        ("T23456789ABCDEFGHJKMNPQR", [Sought.TRADE]), ("r23456789abcdefghjkmnpqr", [Sought.REFUND]),
        ("4200001234202611241234567890", [Sought.TRANSACTION]), ("wang xiao", [Sought.NAME]), ("王小明", [Sought.NAME]),
        ("CA932", [Sought.FLIGHT]), ("ca 0932", [Sought.FLIGHT]), ("CA932 2026-11-26", [Sought.FLIGHT]), ("", []), ("  ", []),
        ("WANGXADMEN", [Sought.CODE, Sought.NAME]), ("12", [Sought.NAME]), ("CA932 soon", [Sought.NAME]),
    ],
)  # fmt: skip
def test_a_text_is_taken_for_what_it_can_be(typed: str, kinds: list[Sought]) -> None:
    assert [one.sought for one in readings(typed, TODAY)] == kinds


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-26", date(2026, 11, 26)), ("26.11.2026", date(2026, 11, 26)), ("26.11.", date(2026, 11, 26)),
        ("11-26", date(2026, 11, 26)),
        ("26NOV", date(2026, 11, 26)), ("26 nov 2026", date(2026, 11, 26)), ("2026年11月26日", date(2026, 11, 26)),
        ("11月26日", date(2026, 11, 26)),
        ("03.01.", date(2027, 1, 3)), ("29.02.", date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_a_flights_day_may_be_written_as_people_write_days(typed: str, day: date) -> None:
    if typed == "29.02.":  # no year near has one
        assert readings(f"CA932 {typed}", TODAY)[0].sought is Sought.NAME
    else:
        (one,) = readings(f"ca932 {typed}", TODAY)
        assert (one.value, one.day) == ("CA932", day)


@given(st.text(max_size=90))
def test_any_text_is_taken_for_something_or_nothing(typed: str) -> None:
    assert len(readings(typed, TODAY)) <= 4


def test_every_number_an_order_has_finds_it(app: Flask) -> None:
    order, _other = builders.a_paid_order(), builders.a_paid_order()
    refund = ask_refund(order.number, Amount(1_00), Why(Cause.GOODWILL, "staff:1"), NOW)
    with transaction() as session:
        taken = session.execute(select(Taken.transaction_id, Taken.out_trade_no).where(Taken.order_id == order.id)).one()
        refund_no = session.scalar(select(Refund.out_refund_no).where(Refund.id == refund))
    code = builders.code_of(order)

    for typed, kind in (
        (order.number.lower(), "number"), (f"{code[:5]}-{code[5:]}", "code"), (taken.transaction_id, "transaction"),
        (taken.out_trade_no, "out_trade_no"), (str(refund_no), "out_refund_no"),
    ):  # fmt: skip
        answer = orders(Filters(), typed, Turn(), NOW)
        assert [one.number for one in answer.page.items] == [order.number], typed
        assert answer.taken_for is not None
        assert answer.taken_for.sought.value == kind


def test_a_number_that_does_not_exist_finds_nothing_and_says_what_it_was_taken_for(app: Flask) -> None:
    builders.an_order()

    answer = orders(Filters(), "T23456789ABCDEFGHJKMNPQR", Turn(), NOW)

    assert answer.page.items == []
    assert answer.taken_for is not None
    assert answer.taken_for.sought is Sought.TRADE


NAMES = ["WANG XIAOMING", "LI NA", "王小明", "欧阳 雪", "JEAN-PIERRE O'HARA", "MING WANG"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("wang", ["WANG XIAOMING", "MING WANG"]), ("xiaoming wang", ["WANG XIAOMING"]), ("wa xi", ["WANG XIAOMING"]), ("小明", ["王小明"]),
        ("王", ["王小明"]),
        ("明小", []), ("欧阳雪", ["欧阳 雪"]),
        ("欧阳 雪", ["欧阳 雪"]), ("pierre", ["JEAN-PIERRE O'HARA"]),
        ("hara", ["JEAN-PIERRE O'HARA"]),
        ("ierre", []), ("na", ["LI NA"]), ("%", []), ("_", []), ("li_na", ["LI NA"]),
        ("' OR 1=1", []), ("\\", []), ("ｗａｎｇ", ["WANG XIAOMING", "MING WANG"]),
    ],
)  # fmt: skip
def test_a_name_is_found_by_beginnings_of_its_words_in_any_order_and_by_any_han_letters(app: Flask, typed: str, names: list[str]) -> None:
    shop = Shop()
    shop.add([Made(NOW, NOW + timedelta(days=2), name=name) for name in NAMES])

    page = orders(Filters(), typed, Turn(), NOW).page

    if typed == "欧阳雪":  # written without the blank, it stands nowhere
        names = []
    assert sorted(order.traveller_name for order in page.items) == sorted(names)


def test_a_flight_is_found_with_its_day_and_sorted_by_departure(app: Flask) -> None:
    shop, later = Shop(), NOW + timedelta(days=2)
    shop.add([Made(NOW + timedelta(hours=1), later), Made(NOW, later + timedelta(days=1)), Made(NOW, later, flight="CA966")])

    answer = orders(Filters(), "ca932", Turn(), NOW, sort_is_given=False)

    assert answer.turn.sort is Sort.DEPARTURE
    assert [order.departs_at for order in answer.page.items] == [later + timedelta(days=1), later]
    assert len(found("CA932 26.11.")) == 1


# --- filters ----------------------------------------------------------------------------------------------------------


def test_filters_are_all_met(app: Flask) -> None:
    shop = Shop()
    shop.add(
        [
            Made(NOW, NOW + timedelta(days=1), total=10_00), Made(NOW, NOW + timedelta(days=2), total=20_00, point=1),
            Made(NOW + timedelta(days=1), NOW + timedelta(days=3), total=30_00, state="no_show", refund_state="refunded"),
            Made(NOW, NOW + timedelta(days=3), state="expired", paid=False, lines=((2, 1, 1),)),
        ]
    )  # fmt: skip
    with transaction() as session:
        numbers = list(session.scalars(select(Order.number).order_by(Order.id)))

    def which(**filters: Any) -> set[int]:
        return {numbers.index(number) for number in found(**filters)}

    assert which() == {0, 1, 2, 3}
    assert which(state="no_show") == which(refund="any") == which(refund="refunded") == {2}
    assert which(refund="none") == {0, 1, 3}
    assert which(paid=False) == {3}
    assert which(point=builders.OTHER_POINT) == {1}
    assert which(placed_since=NOW + timedelta(hours=1)) == {2}
    assert which(placed_until=NOW + timedelta(hours=1), paid=True) == {0, 1}
    assert which(flight_first=TODAY + timedelta(days=3)) == {2, 3}
    assert which(flight_last=TODAY + timedelta(days=1)) == {0}
    assert which(least_minor=20_00, most_minor=30_00) == {1, 2}
    assert which(sku="nothing") == set()
    assert which(state="paid", point=builders.POINT) == {0}


def test_what_a_person_should_look_at(app: Flask) -> None:
    shop, now = Shop(), NOW + timedelta(days=10)
    soon = now + timedelta(hours=2)
    keys = shop.add(
        [
            Made(NOW, soon, state="paid"),  # promised, and not ready
            Made(NOW, soon, state="ready"),
            Made(NOW, now - timedelta(hours=1), state="ready"),  # the flight left, and nobody closed it
            Made(NOW, now - timedelta(hours=1), state="collected"),
            Made(NOW, now + timedelta(days=9), state="paid"),
            Made(NOW, now + timedelta(days=9), state="paid"),  # left a counter without network
            Made(NOW, now + timedelta(days=9), state="paid"),  # its refund cannot be delivered
        ]
    )
    device, _ = builders.a_device()
    with transaction() as session:
        session.execute(
            insert(Scan).values(scan_id="s1", device_id=device.id, order_id=keys[5], outcome="cancelled", scanned_at=now, received_at=now)
        )
        session.execute(insert(Conflict).values(scan_id="s1", order_id=keys[5], found_at=now))
        payment = session.scalar(select(Taken.id).where(Taken.order_id == keys[6]))
        session.execute(
            insert(Refund).values(
                payment_id=payment, order_id=keys[6], out_refund_no="R1", amount_minor=1, amount_currency="EUR", cause="goodwill",
                asked_by="staff:1", state="abnormal", requested_at=now,
            )
        )  # fmt: skip

    page = orders(Filters(attention=True), None, Turn(), now).page

    assert {int(order.id) for order in page.items} == {keys[0], keys[2], keys[5], keys[6]}


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("words", [None, "wang"])
def test_pages_follow_each_other_in_both_directions_whatever_is_equal(app: Flask, sort: Sort, descending: bool, words: str | None) -> None:
    shop = Shop()
    shop.add([Made(NOW + timedelta(hours=n // 3), NOW + timedelta(days=1 + n % 2), total=100 * (n % 4 + 1)) for n in range(11)])

    def page(**where: Any) -> OrderPage:
        return orders(Filters(), words, Turn(sort=sort, descending=descending, limit=3, **where), NOW).page

    there = [page()]
    while there[-1].next:
        there.append(page(after=there[-1].next))
    back = [there[-1]]
    while back[-1].previous:
        back.append(page(before=back[-1].previous))

    forward = [[order.number for order in each.items] for each in there]
    assert [len(numbers) for numbers in forward] == [3, 3, 3, 2]
    assert len({number for numbers in forward for number in numbers}) == 11, "each once"
    # Backwards a page is full, so its edges lie elsewhere: the orders before the last page are the same ones.
    whole = [number for numbers in forward for number in numbers]
    backwards = [order.number for each in reversed(back) for order in each.items]
    assert backwards == whole
    assert there[0].previous is None
    key = {"placed": "placed_at", "departure": "departs_at"}.get(sort.value)
    values = [getattr(order, key) if key else order.total.minor for each in there for order in each.items]
    assert values == sorted(values, reverse=descending)


@pytest.mark.parametrize("place", ["x", "1", "-", "1-", "999999999999999999-1", "1-1-1", "--1", "1e5-2", "-5-1"])
def test_a_place_that_cannot_be_is_refused(app: Flask, place: str) -> None:
    with pytest.raises(WrongPlace):
        orders(Filters(), None, Turn(after=place), NOW)


# --- behind the figures -----------------------------------------------------------------------------------------------

PLACES = st.integers(0, 9 * 24 * 60).map(lambda n: datetime(2026, 10, 19, 21, 30, tzinfo=UTC) + timedelta(minutes=n))
ORDERS = st.builds(
    Made, placed_at=PLACES, departs_at=PLACES, state=st.sampled_from([state.value for state in OrderState]), paid=st.booleans(),
    refund_state=st.sampled_from([state.value for state in RefundState]), point=st.integers(0, 1),
    told=st.none() | st.sampled_from([timedelta(hours=-1), timedelta(), timedelta(hours=2)]),
    lines=st.lists(st.tuples(st.integers(0, 2), st.just(1), st.just(5)), min_size=1, max_size=2).map(tuple),
).map(lambda made: replace(made, placed_at=min(made.placed_at, made.departs_at)))  # the list knows that nobody orders after their flight


def listed(address: str, now: datetime) -> int:
    """How many orders the page at this address lists, page after page."""
    values, errors = forms.read(forms.ORDER_FILTER, dict(parse_qsl(urlsplit(address).query)))
    assert not errors
    count, after = 0, None
    while True:
        page = orders(filters_of(values), values["q"], Turn(after=after, limit=7), now).page
        count, after = count + len(page.items), page.next
        if after is None:
            return count


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(made=st.lists(ORDERS, min_size=3, max_size=16), now=PLACES.map(lambda moment: moment + timedelta(days=3)))
def test_the_orders_behind_a_figure_are_as_many_as_it_says(app: Flask, made: list[Made], now: datetime) -> None:
    shop, behind = Shop(), Behind("/manage/orders/")
    shop.empty()
    shop.add(made)

    board = dashboard(date(2026, 10, 22), date(2026, 10, 26), now)

    def check(sums: Sums) -> None:
        d = sums.departures
        for figure, count in (
            ("orders", sums.orders), ("paid", sums.paid), ("refunds", sums.refunds), ("departures", d.orders), ("on_time", d.on_time),
            ("late", d.late), ("no_shows", d.no_shows),
        ):  # fmt: skip
            assert listed(behind(sums, figure), now) == count, figure

    check(board.period)
    check(board.days[3])  # the day of 25 hours
    for hour, d in board.hours:
        assert listed(behind(board.period, "departures", hour=hour), now) == d.orders
        assert listed(behind(board.period, "late", hour=hour), now) == d.late
    for point in board.points:
        assert listed(behind(board.period, "paid", point=point.code), now) == sum(each.paid for each in point.takings)
    for product in board.products:
        assert listed(behind(board.period, "paid", sku=product.sku), now) == product.orders


# --- indexes ----------------------------------------------------------------------------------------------------------

QUICK: list[tuple[str, dict[str, Any]]] = [
    ("", {}), ("wang xiaoming", {}), ("小明", {}), ("CA932", {}), ("CA932 2026-11-26", {}), ("", {"state": "no_show"}),
    ("", {"state": "paid"}),
    ("", {"state": "collected"}), ("", {"refund": "any"}), ("", {"refund": "requested"}), ("", {"point": builders.POINT}),
    ("", {"placed_since": NOW, "placed_until": NOW + timedelta(days=1)}), ("", {"flight_first": TODAY, "flight_last": TODAY}),
    ("", {"least_minor": 999_000}), ("", {"attention": True}), ("", {"paid": False}), ("", {"ready": "late", "flight_first": TODAY}),
]  # fmt: skip


@pytest.mark.postgresql
def test_no_filter_reads_the_whole_table_of_orders(app: Flask, statements: list[str]) -> None:
    """The planner of this very database is asked, with enough orders that reading all of them would be seen."""
    shop = Shop()
    first = shop.add([Made(NOW, NOW + timedelta(days=2), state="collected")])[0]
    with transaction() as session:
        own = {"id", "number", "idempotency_key", "placed_at", "departs_at"}
        names = [column.name for column in Order.__table__.c if column.name not in own]
        session.execute(
            text(
                f"INSERT INTO orders (number, idempotency_key, placed_at, departs_at, {', '.join(names)}) "  # noqa: S608
                f"SELECT 'E' || n, 'e' || n, placed_at - n * interval '1 minute', departs_at - n * interval '1 minute', {', '.join(names)} "
                "FROM orders, generate_series(1, 30000) n WHERE id = :first"
            ),
            {"first": first},
        )
        session.execute(text("UPDATE orders SET paid_at = NULL WHERE id % 12 = 0"))  # as many as people do not pay
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE orders"))

    for words, filters in QUICK:
        statements.clear()
        orders(Filters(**filters), words or None, Turn(), NOW, sort_is_given=False)
        pages = [one for one in statements if "page" in one and "LIMIT" in one]
        assert pages
        for page in pages:
            with db.engine.connect() as connection:
                plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {page}", _values(page, filters, words)))
            assert "Seq Scan on orders" not in plan, f"{words} {filters}\n{plan}"
    with db.engine.connect() as connection:  # a control: this plan would be seen
        plan = "\n".join(row[0] for row in connection.execute(text("EXPLAIN SELECT id FROM orders WHERE language = 'zh'")))
    assert "Seq Scan on orders" in plan


def _values(page: str, filters: dict[str, Any], words: str) -> dict[str, Any]:
    """What is left to be bound: values that do not decide which index is used."""
    names = set(re.findall(r"%\((\w+)\)s", page))
    known: dict[str, Any] = {"code": filters.get("point"), "departs_at": NOW, "collect_from": NOW, "state": "ready"}
    values: dict[str, Any] = {}
    for name in names:
        stem = name.rsplit("_", 1)[0]
        values[name] = next((value for start, value in known.items() if stem.startswith(start)), None)
        if stem.startswith("traveller_name"):
            values[name] = words
    return values


def test_a_list_costs_as_many_statements_however_long_it_is(app: Flask, statements: list[str]) -> None:
    shop = Shop()
    counts = []
    for _ in range(2):
        shop.add([Made(NOW, NOW + timedelta(days=2)) for _ in range(30)])
        statements.clear()
        orders(Filters(state="paid", flight_first=TODAY), "wang", Turn(), NOW)
        counts.append(len(statements))

    assert max(counts) <= 3, "the page, perhaps after a look at the next orders, and its lines"
