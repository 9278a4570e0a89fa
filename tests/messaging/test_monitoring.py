"""How messages go is seen from outside: by channel and what became of them, and how long they wait."""
from datetime import timedelta

import builders
from flask.testing import FlaskClient
from sqlalchemy import update

from shop.base import clock as real_clock
from shop.base.db import transaction
from shop.messaging import queries
from shop.messaging.models import Message
from shop.messaging.sending import Ways
from shop.orders.queries import OrderView
from shop.sandbox import Sandbox

from .conftest import Clock, send, tell_paid


def test_what_was_sent_refused_and_waits_is_counted_by_channel(paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    tell_paid(paid, clock)
    waiting = queries.standing(clock.turn(minutes=20))
    box.control.follower("wang", did="payment")
    send(ways, clock)

    assert (waiting.planned, waiting.late, waiting.waited) == ({("none", "planned"): 1}, 1, 1200.0)
    sent = queries.standing(clock.now)
    assert (sent.planned, sent.late, sent.waited) == ({("customer_service", "accepted"): 1}, 0, 0.0)
    assert queries.standing(clock.turn(hours=25)).planned == {}


def test_the_address_for_monitoring_says_it(client: FlaskClient, paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    empty = client.get("/metrics").text
    tell_paid(paid, clock)
    with transaction() as session:  # the address asks the real clock
        now = real_clock.now()
        session.execute(update(Message).values(planned_at=now, due_at=now - timedelta(minutes=30)))

    late = client.get("/metrics").text
    with transaction() as session:
        session.execute(update(Message).values(state="unknown", channel="template"))
    unknown = client.get("/metrics").text

    assert 'shop_messages{channel="template",state="unknown"} 0.0' in empty
    assert "shop_messages_late 0.0" in empty
    assert 'shop_messages{channel="none",state="planned"} 1.0' in late
    assert "shop_messages_late 1.0" in late
    assert float(late.partition("\nshop_messages_late_seconds ")[2].split()[0]) >= 1800
    assert 'shop_messages{channel="template",state="unknown"} 1.0' in unknown
    assert 'shop_messages{channel="none",state="planned"} 0.0' in unknown
    assert builders.code_of(paid) not in unknown
