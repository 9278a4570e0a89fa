"""Several workers, one outbox: what was announced is spread once, and a delivery is in one hand at a time."""
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies
from sqlalchemy import func, select, text

from shop.base import delivering
from shop.base.db import db, reading, transaction
from shop.base.outbox import Delivery, announce

pytestmark = pytest.mark.postgresql
MANY = 100   # as many as one look for due deliveries takes


class Heard:
    """A reaction that notes whom it was called for."""

    def __init__(self) -> None:
        self.subjects: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, subject: int, facts: object, now: datetime) -> None:
        with self._lock:
            self.subjects[subject] += 1


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def announced(app: Flask) -> list[int]:
    """MANY announcements, by subject."""
    with transaction() as session:
        for subject in range(MANY):
            announce(session, "tested", builders.NOW, subject)
    return list(range(MANY))


def deliveries() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def test_workers_that_spread_together_give_each_reaction_one_delivery(app: Flask, announced: list[int], heard: Heard) -> None:
    reactions = {"tested": {"first": heard, "second": heard}}

    answers = copies(app, 6, lambda _: delivering.spread(reactions, builders.NOW))

    assert sum(answers) == MANY
    assert deliveries() == 2 * MANY


def test_workers_that_look_together_take_different_deliveries(app: Flask, announced: list[int], heard: Heard) -> None:
    delivering.spread({"tested": {"only": heard}}, builders.NOW)

    answers = copies(app, 6, lambda _: delivering.due(builders.NOW))

    taken = Counter(delivery for answer in answers for delivery in answer)
    assert len(taken) == MANY
    assert set(taken.values()) == {1}


def test_two_workers_deliver_everything_once(app: Flask, announced: list[int], heard: Heard) -> None:
    reactions = {"tested": {"only": heard}}

    def work(_: int) -> int:
        delivering.spread(reactions, builders.NOW)
        with reading() as session:
            ids = list(session.scalars(select(Delivery.id).order_by(Delivery.id)))
        return sum(delivering.deliver(delivery, reactions, lambda: builders.NOW) for delivery in ids)

    answers = copies(app, 2, work)
    rest = work(0)

    assert sum(answers) + rest == MANY
    assert heard.subjects == Counter(announced)
    assert delivering.counts()["waiting"] == 0


def test_one_delivery_in_8_hands_at_once_is_delivered_once(app: Flask, heard: Heard) -> None:
    reactions = {"tested": {"only": heard}}
    with transaction() as session:
        announce(session, "tested", builders.NOW, 7)
    delivering.spread(reactions, builders.NOW)
    [delivery] = delivering.due(builders.NOW)

    answers = copies(app, 8, lambda _: delivering.deliver(delivery, reactions, lambda: builders.NOW))

    assert sum(answers) == 1
    assert heard.subjects == {7: 1}


def test_a_delivery_whose_worker_died_is_made_by_another_after_its_lease(app: Flask, heard: Heard) -> None:
    def die(subject: int, facts: object, now: datetime) -> None:
        raise SystemExit  # the process is gone: nobody writes down that it failed

    with transaction() as session:
        announce(session, "tested", builders.NOW, 7)
    delivering.spread({"tested": {"only": die}}, builders.NOW)
    [delivery] = delivering.due(builders.NOW)
    with pytest.raises(SystemExit):
        delivering.deliver(delivery, {"tested": {"only": die}}, lambda: builders.NOW)

    soon, later = builders.NOW + delivering.LEASE / 2, builders.NOW + delivering.LEASE + timedelta(seconds=1)
    early = copies(app, 4, lambda _: delivering.deliver(delivery, {"tested": {"only": heard}}, lambda: soon))
    late = copies(app, 4, lambda _: delivering.deliver(delivery, {"tested": {"only": heard}}, lambda: later))

    assert sum(early) == 0
    assert sum(late) == 1
    assert heard.subjects == {7: 1}


def test_control_a_delivery_that_is_looked_at_and_then_taken_is_delivered_several_times(
    app: Flask, heard: Heard, scratch: Callable[[str], None]
) -> None:
    with transaction() as session:
        announce(session, "tested", builders.NOW, 7)
    delivering.spread({"tested": {"only": heard}}, builders.NOW)
    scratch("deliveries")
    pause = Unguarded()

    def deliver(_: int) -> None:
        with db.engine.connect() as connection:
            leased = connection.scalar(text("SELECT leased_until FROM scratch_deliveries"))
            pause.wait()
            if leased is None:
                connection.execute(text("UPDATE scratch_deliveries SET leased_until = now()"))
                heard(7, {}, builders.NOW)

    copies(app, pause.threads, deliver)

    assert heard.subjects[7] > 1


def test_control_announcements_that_are_spread_without_a_lock_are_spread_several_times(
    app: Flask, announced: list[int], scratch: Callable[[str], None]
) -> None:
    scratch("announcements")
    scratch("deliveries")
    pause = Unguarded()

    def spread(_: int) -> int:
        with db.engine.connect() as connection:
            new = list(connection.scalars(text("SELECT id FROM scratch_announcements WHERE spread_at IS NULL")))
            pause.wait()
            for key in new:
                connection.execute(text("INSERT INTO scratch_deliveries (announcement_id) VALUES (:key)"), {"key": key})
            connection.execute(text("UPDATE scratch_announcements SET spread_at = now()"))
            return len(new)

    assert sum(copies(app, pause.threads, spread)) > len(announced)
