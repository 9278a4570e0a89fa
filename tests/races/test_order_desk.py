"""Two of the staff at one order, and days that are counted while orders change."""
from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from figures.many_orders import Made, Shop, by_hand, change
from figures.test_figures import AFTER, FIRST, LAST, seen
from flask import Flask
from races.together import Unguarded, copies, together
from sqlalchemy import text

from shop.base import audit
from shop.base.db import db
from shop.figures import commands as figures
from shop.orders import moving, noting
from shop.orders.moving import NewTrip
from shop.orders.note_queries import notes_of
from shop.orders.trip_queries import trip_changes

pytestmark = pytest.mark.postgresql

AT_ONCE = 8


def test_one_form_sent_many_times_at_once_is_one_note(app: Flask) -> None:
    order = builders.an_order()

    answers = copies(app, AT_ONCE, lambda n: noting.add_note(order.number, "once", "staff:1", "k" * 12, builders.NOW))

    assert sorted(answers) == [False] * (AT_ONCE - 1) + [True]
    assert len(notes_of(order.id)) == 1
    assert audit.verify().whole


def test_without_a_lock_and_a_key_it_would_be_many(app: Flask, scratch: Callable[[str], None]) -> None:
    scratch("order_notes")
    bad = Unguarded(AT_ONCE)

    def note(_: int) -> None:
        with db.engine.begin() as connection:
            known = connection.execute(text("SELECT count(*) FROM scratch_order_notes WHERE key = 'k'")).scalar_one()
            bad.wait()
            if not known:
                connection.execute(text("INSERT INTO scratch_order_notes (id, order_id, key) VALUES (1, 1, 'k')"))

    copies(app, AT_ONCE, note)

    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM scratch_order_notes")).scalar_one() == AT_ONCE


def test_two_of_the_staff_who_move_an_order_to_the_same_flight_move_it_once(app: Flask) -> None:
    order = builders.a_paid_order()
    trip = NewTrip(flight=builders.FLIGHT, date=builders.DAY + timedelta(days=1))

    answers = copies(app, AT_ONCE, lambda n: moving.move_trip(order.number, None, trip, builders.NOW, by=f"staff:{n}"))

    assert sorted(answers) == [False] * (AT_ONCE - 1) + [True]
    assert len(trip_changes(order.id)) == 1


def test_workers_that_count_while_orders_change_leave_nothing_wrong(app: Flask) -> None:
    shop = Shop()
    noon = AFTER - timedelta(days=6)
    keys = shop.add([Made(noon + timedelta(hours=n), noon + timedelta(hours=30 + n)) for n in range(12)])

    answers = together(
        app,
        [lambda: figures.count_days(AFTER)] * 3 + [lambda key=key: change(key, AFTER, state="no_show") for key in keys[:5]],  # type: ignore[misc]
    )

    assert not [one for one in answers if isinstance(one, Exception)], answers
    assert seen(FIRST, LAST, AFTER) == by_hand(FIRST, LAST, AFTER)
