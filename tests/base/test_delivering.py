"""What was announced is delivered to every reaction: at least once, with growing pauses, by one worker at a time."""
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import builders
import pytest
from builders import NOW
from flask import Flask
from sqlalchemy import select

from shop.base import delivering
from shop.base.db import reading, transaction
from shop.base.outbox import Announcement, Delivery, announce

React = Callable[[int, Mapping[str, object], datetime], None]
SECOND = timedelta(seconds=1)


def _announce(name: str = "order.paid", subject: int = 7, **facts: object) -> None:
    with transaction() as session:
        announce(session, name, NOW, subject, **facts)


def _deliveries() -> list[Delivery]:
    with reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def _deliver(key: int, react: React, at: datetime = NOW) -> bool:
    return delivering.deliver(key, {"order.paid": {"tell": react}}, lambda: at)


def _spread(react: React) -> int:
    delivering.spread({"order.paid": {"tell": react}}, NOW)
    return _deliveries()[0].id


def _fails(*_: object) -> None:
    raise RuntimeError("the peer is down")


def _works(*_: object) -> None:
    return None


def test_every_reaction_to_an_announcement_gets_its_own_delivery_once(app: Flask) -> None:
    _announce()
    _announce("nobody.hears")
    reactions = {"order.paid": {"tell": _works, "push": _works}}

    counts = [delivering.spread(reactions, NOW), delivering.spread(reactions, NOW)]

    assert counts == [2, 0]
    assert [d.reaction for d in _deliveries()] == ["tell", "push"]


def test_a_reaction_gets_subject_and_facts(app: Flask) -> None:
    heard: list[tuple[int, dict[str, object]]] = []
    _announce(subject=42, verdict="too_late")
    key = _spread(_works)

    done = _deliver(key, lambda subject, facts, now: heard.append((subject, dict(facts))))

    assert done is True
    assert heard == [(42, {"verdict": "too_late"})]
    assert delivering.counts()["waiting"] == 0


def test_a_delivery_that_is_done_is_not_made_again(app: Flask) -> None:
    heard: list[int] = []
    _announce()
    key = _spread(_works)

    answers = [_deliver(key, lambda subject, *_: heard.append(subject)) for _ in range(3)]

    assert (answers, heard) == ([True, False, False], [7])


def test_one_failing_reaction_does_not_hold_up_another(app: Flask) -> None:
    heard: list[int] = []
    reactions = {"order.paid": {"tell": _fails, "push": lambda subject, *_: heard.append(subject)}}
    _announce()
    delivering.spread(reactions, NOW)

    answers = [delivering.deliver(key, reactions, lambda: NOW) for key in delivering.due(NOW)]

    assert (answers, heard, delivering.counts()["waiting"]) == ([False, True], [7], 1)


def test_a_failed_delivery_is_tried_again_after_growing_pauses_and_then_given_up(app: Flask) -> None:
    _announce()
    key = _spread(_fails)
    now, waited = NOW, []

    while _deliveries()[0].given_up_at is None:
        assert _deliver(key, _fails, now) is False
        if _deliveries()[0].given_up_at is None:
            waited.append(_deliveries()[0].due_at - now)
            now = _deliveries()[0].due_at

    assert waited == sorted(waited), "each pause is at least as long as the one before"
    assert timedelta(days=2) < sum(waited, timedelta()) <= timedelta(days=4)
    assert _deliveries()[0].last_error == "RuntimeError: the peer is down"
    assert delivering.due(now + timedelta(days=30)) == []
    assert delivering.counts()["waiting"] == 0, "given up is not waiting: the back office shows it"


def test_a_delivery_that_worked_after_failing_keeps_no_error(app: Flask) -> None:
    _announce()
    key = _spread(_fails)
    _deliver(key, _fails)

    assert _deliver(key, _works, NOW + timedelta(minutes=1)) is True
    assert (_deliveries()[0].last_error, _deliveries()[0].tries) == (None, 2)


def test_two_workers_never_have_one_delivery_in_hand(app: Flask) -> None:
    second: list[bool] = []
    _announce()
    key = _spread(_works)

    done = _deliver(key, lambda *_: second.append(_deliver(key, _works)))

    assert (done, second) == (True, [False])
    assert _deliveries()[0].tries == 1


def test_one_pulse_puts_a_delivery_off_so_that_the_next_one_does_not_queue_it_twice(app: Flask) -> None:
    _announce()
    key = _spread(_works)

    assert [delivering.due(NOW), delivering.due(NOW + SECOND), delivering.due(NOW + 31 * SECOND)] == [[key], [], [key]]


def test_a_delivery_whose_worker_died_is_free_again_when_the_lease_runs_out(app: Flask) -> None:
    def dies(*_: object) -> None:
        raise SystemExit

    _announce()
    key = _spread(_works)
    with pytest.raises(SystemExit):
        _deliver(key, dies)

    during, after = NOW + delivering.LEASE - SECOND, NOW + delivering.LEASE + SECOND
    assert (delivering.due(during), _deliver(key, _works, during)) == ([], False)
    assert (delivering.due(after), _deliver(key, _works, after)) == ([key], True)


def test_a_delivery_for_a_reaction_that_no_longer_exists_waits_for_a_person(app: Flask) -> None:
    _announce()
    key = _spread(_works)

    assert delivering.deliver(key, {}, lambda: NOW) is False
    assert "nobody reacts as tell" in str(_deliveries()[0].last_error)


def test_a_reaction_may_change_the_database_and_talk_to_peers(app: Flask) -> None:
    """It runs outside the transaction that claimed the delivery; otherwise this raises NestedTransaction."""
    _announce()
    key = _spread(_works)

    assert _deliver(key, lambda *_: _announce("told", 8)) is True
    assert builders.announced("told") == [("told", 8)]


def test_what_is_done_is_forgotten_in_time_and_what_waits_is_kept(app: Flask) -> None:
    _announce(subject=1)
    _announce(subject=2)
    delivering.spread({"order.paid": {"tell": _works}}, NOW)
    first, _second = [d.id for d in _deliveries()]
    _deliver(first, _works)

    gone = delivering.forget_done(NOW + timedelta(days=1))

    assert gone == 1
    with reading() as session:
        assert session.scalars(select(Announcement.subject)).all() == [2]
