"""What there is to tell is written down once: heard from other rooms, and because the time has come."""
from datetime import UTC, datetime, time, timedelta

import builders
import pytest
from sqlalchemy import update

from shop import worker
from shop.base import delivering
from shop.base.db import transaction
from shop.catalogue import wishing
from shop.catalogue.models import Stock
from shop.flights.delays import SaidDelay
from shop.messaging import planning
from shop.orders import delaying, moving
from shop.orders.moving import NewTrip
from shop.orders.queries import OrderView
from shop.payments import refund_asking, refunding
from shop.payments.refund_asking import Once
from shop.payments.refund_rules import Lines
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.policies import commands as policies
from shop.policies import queries

from .conftest import messages

NOW = builders.NOW
DEPARTS = datetime(2026, 11, 26, 13, 5, tzinfo=UTC)


def hear(now: datetime = NOW) -> list[tuple[str, str]]:
    """Let the worker hear what was announced; what is planned then."""
    delivering.spread(worker.REACTIONS, now)
    for delivery in delivering.due(now):
        assert delivering.deliver(delivery, worker.REACTIONS, lambda: now)
    return [(one.moment, one.state) for one in messages()]


def test_a_paid_order_is_told_once_however_often_it_is_heard(app: object) -> None:
    order = builders.a_paid_order()

    assert hear() == [("paid", "planned")]
    planning.tell_paid(int(order.id), {}, NOW)
    assert [(one.about, one.occasion, one.due_at) for one in messages()] == [(f"order:{order.id}", "paid", NOW)]


def test_moving_to_another_flight_is_told_and_only_the_last_of_several(app: object) -> None:
    order = builders.a_paid_order()
    hear()
    for day in (1, 2):
        wanted = NewTrip(flight="CA932", date=builders.DAY + timedelta(days=day))
        moving.move_trip(order.number, order.traveller_id, wanted, NOW)

    assert hear() == [("paid", "planned"), ("moved", "not_sent"), ("moved", "planned")]


def test_a_delay_is_told_and_an_older_one_that_still_waits_is_not(app: object) -> None:
    builders.a_paid_order()
    hear()
    at_night = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    for minutes in (60, 90):
        delaying.set_delay(SaidDelay("CA932", builders.DAY, minutes=minutes), "staff:1", at_night)

    assert hear(at_night) == [("paid", "planned"), ("delayed", "not_sent"), ("delayed", "planned")]
    assert messages()[-1].due_at == datetime(2026, 11, 25, 6, 0, tzinfo=UTC), "not in the middle of the night"


@pytest.mark.parametrize(("cause", "moment"), [(Cause.SHORTAGE, "shortage"), (Cause.GOODWILL, "refund_started")])
def test_money_that_goes_back_is_told_by_its_cause(app: object, cause: Cause, moment: str) -> None:
    order = builders.a_paid_order({builders.a_product(): 2, builders.a_product(): 1})
    hear()

    refund_asking.ask_once(order.number, Lines({1: 1}), Why(cause, "staff:1"), Once("staff:1", "key-12345", "x"), NOW, seen=None)

    assert hear() == [("paid", "planned"), (moment, "planned")]


def test_a_no_show_and_a_cancelled_order_are_told(app: object) -> None:
    builders.set_point(builders.POINT, no_show_after_hours=2)
    builders.a_paid_order()
    cancelled = builders.a_paid_order()
    hear()

    refunding.cancel_paid(cancelled.number, cancelled.traveller_id, NOW)
    refunding.close_no_shows(DEPARTS + timedelta(hours=3))

    assert hear(DEPARTS + timedelta(hours=3))[2:] == [("refund_started", "planned"), ("no_show", "planned")]


def plan(now: datetime) -> list[tuple[str, str]]:
    planning.plan_due(now)
    return [(one.moment, one.state) for one in messages()]


def test_reminders_are_written_down_when_their_time_has_come_and_once(app: object) -> None:
    builders.a_paid_order()
    builders.an_order()  # nobody reminds of what is not paid

    assert plan(DEPARTS - timedelta(hours=6, minutes=1)) == []
    for _ in range(2):
        assert plan(DEPARTS - timedelta(hours=6)) == [("reminder", "planned")]
    for _ in range(2):
        assert plan(DEPARTS - timedelta(hours=1)) == [("reminder", "planned"), ("closing", "planned")]
    assert plan(DEPARTS + timedelta(minutes=1)) == [("reminder", "planned"), ("closing", "planned")]


def test_a_late_order_is_not_reminded_of_what_it_was_told_at_paying(app: object) -> None:
    late = DEPARTS - timedelta(hours=5)
    builders.set_order(builders.a_paid_order().number, paid_at=late)

    assert plan(late + timedelta(minutes=1)) == [("reminder", "not_sent")]


def test_after_moving_to_another_flight_there_is_another_reminder(app: object) -> None:
    order = builders.a_paid_order()
    plan(DEPARTS - timedelta(hours=5))
    later = NewTrip(flight="CA932", date=builders.DAY + timedelta(days=2))
    moving.move_trip(order.number, order.traveller_id, later, DEPARTS - timedelta(hours=4))

    assert plan(DEPARTS + timedelta(days=2) - timedelta(hours=5)) == [("reminder", "planned")] * 2
    assert [one.occasion for one in messages()] == ["CA932 2026-11-26", "CA932 2026-11-28"]


def test_how_early_is_a_setting(app: object) -> None:
    builders.a_paid_order()
    value = {**queries.messaging(NOW.date()), "remind_minutes": 60}
    policies.change("messaging", "all", value, seen=None, by="staff:1", now=NOW)

    assert plan(DEPARTS - timedelta(hours=5)) == []
    assert plan(DEPARTS - timedelta(minutes=60))[0] == ("reminder", "planned")


def test_a_collected_order_is_not_reminded(app: object) -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, state="collected")

    assert plan(DEPARTS - timedelta(hours=2)) == []


def test_planning_costs_the_same_for_many_orders(app: object, statements: list[str]) -> None:
    order: OrderView = builders.a_paid_order()
    builders.copies(order, 30)
    statements.clear()

    planning.plan_due(DEPARTS - timedelta(hours=2))

    assert len(messages()) == 31
    assert len(statements) <= 5 + 1, statements
    assert time(22) == planning.message_rules.quiet_hours(queries.messaging(NOW.date()))[0]


def test_goods_that_are_back_are_told_once_for_each_wish_and_nobody_is_woken_for_them(app: object) -> None:
    stranger, evening = builders.a_traveller(), datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    known = builders.a_paid_order()

    for _ in range(2):
        planning.tell_back(stranger, "SP-ONE", "wish 1", evening)
    planning.tell_back(known.traveller_id, "SP-ONE", "wish 2", evening)

    assert [(one.moment, one.language, one.due_at) for one in messages()] == [
        ("back_in_stock", "zh", datetime(2026, 11, 24, 23, 0, tzinfo=UTC)), ("back_in_stock", "zh", evening),
    ], "who flies in two days is taken to be in Frankfurt, where it is afternoon"


def test_who_waits_for_a_product_is_told_when_it_is_back_and_not_after_taking_it_back(app: object) -> None:
    sold_out, other = builders.a_product("SP-GONE", on_hand=0), builders.a_product("SP-ALSO", on_hand=0)
    waits, changed_mind = builders.a_traveller(), builders.a_traveller()
    wishing.wish(waits, sold_out, NOW)
    wishing.wish(changed_mind, other, NOW)
    for sku in (sold_out, other):
        builders.put_again(sku)
        with transaction() as session:
            session.execute(update(Stock).values(on_hand=3))
    assert wishing.announce_back(NOW) == 2
    wishing.unwish(changed_mind, other)

    assert hear() == [("back_in_stock", "planned")]
    assert messages()[0].facts == {"sku": sold_out}
    assert wishing.announce_back(NOW) == 0
