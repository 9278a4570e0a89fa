"""Two managers at one setting, and a traveller who orders while being erased: one of the two is told no."""

from collections.abc import Callable

import builders
import pytest
from builders import NOW, POINT
from flask import Flask
from races.together import AT_ONCE, Unguarded, copies, together
from sqlalchemy import select, text

from shop.base import versions
from shop.base.db import db, reading
from shop.orders.models import Order
from shop.orders.opening import OPEN
from shop.people.models import Traveller
from shop.people.queries import NotSignedIn
from shop.policies import commands, queries
from shop.privacy import commands as privacy
from shop.privacy.rules import OrdersOpen

pytestmark = pytest.mark.postgresql
ROUNDS = 15


@pytest.mark.parametrize(("kind", "key"), [("point_no_show", POINT), ("message", "paid.en")])
def test_of_managers_who_saw_the_same_one_changes_it(app: Flask, kind: str, key: str) -> None:
    day = versions.day_of(NOW)
    for turn in range(5):
        seen = queries.present(kind, key, day).mark

        def change(n: int, seen: str = seen, turn: int = turn) -> int:
            value = {"hours": turn * 10 + n} if kind == "point_no_show" else {"thing": f"Paid {turn}.{n}", "body": "Thanks."}
            return commands.change(kind, key, value, seen=seen, by=f"staff:{n}", now=NOW).number

        answers = copies(app, AT_ONCE, change)

        assert [answer for answer in answers if isinstance(answer, int)] == [turn + 1]
        assert sum(isinstance(answer, versions.SettingMovedOn) for answer in answers) == AT_ONCE - 1, answers
    assert [one.number for one in versions.history(kind, key)] == [5, 4, 3, 2, 1]


def test_control_without_mark_and_number_they_would_overwrite_each_other(app: Flask, scratch: Callable[[str], None]) -> None:
    scratch("setting_versions")
    bad = Unguarded()

    def change(n: int) -> None:
        with db.engine.begin() as connection:
            last = connection.execute(text("SELECT coalesce(max(number), 0) FROM scratch_setting_versions")).scalar_one()
            bad.wait()
            connection.execute(text("INSERT INTO scratch_setting_versions (number) VALUES (:number)"), {"number": last + 1})

    copies(app, AT_ONCE, change)

    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*), max(number) FROM scratch_setting_versions")).one() == (AT_ONCE, 1)


def test_nobody_is_erased_with_an_order_that_was_placed_at_the_same_moment(app: Flask) -> None:
    sku = builders.a_product(on_hand=1000)
    erased = 0
    for _ in range(ROUNDS):
        traveller = builders.a_traveller()
        placed, gone = together(
            app,
            [
                lambda t=traveller: builders.an_order({sku: 1}, traveller=t),
                lambda t=traveller: privacy.erase(t, by="traveller", now=NOW),
            ],
        )
        if isinstance(gone, OrdersOpen):
            assert not isinstance(placed, Exception)
        else:
            assert gone == 0
            assert isinstance(placed, NotSignedIn), placed
            erased += 1
        with reading() as session:
            erased_travellers = select(Traveller.id).where(Traveller.erased_at.is_not(None))
            nobodys = session.scalars(select(Order.number).where(Order.traveller_id.in_(erased_travellers), Order.state.in_(OPEN))).all()
        assert nobodys == []
    assert 0 <= erased <= ROUNDS


def test_a_traveller_who_is_erased_twice_at_once_is_erased_once(app: Flask) -> None:
    traveller = builders.a_traveller()

    answers = copies(app, 4, lambda _n: privacy.erase(traveller, by="traveller", now=NOW))

    assert [answer for answer in answers if answer == 0] == [0]
    with reading() as session:
        assert len(session.scalars(select(Traveller.id)).all()) == 1


def test_hours_that_change_while_orders_move_to_the_counter_lock_nobody_out(app: Flask) -> None:
    """The counter's row is locked so that an order may still point to it: else each would wait for the other."""
    from races.test_trip import move

    day = versions.day_of(NOW)
    for turn in range(ROUNDS):
        orders = [builders.a_paid_order(pickup_point=builders.OTHER_POINT) for _ in range(2)]
        value = queries.present("point_hours", POINT, day).value
        wanted = {**value, "week": {**value["week"], "1": ["06:00", f"21:{turn:02}"]}}
        acts = [lambda o=order: move(o, point=POINT) for order in orders]
        answers = together(app, [lambda w=wanted: commands.change("point_hours", POINT, w, seen=None, by="staff:1", now=NOW), *acts])

        assert not [answer for answer in answers if isinstance(answer, Exception)], answers
