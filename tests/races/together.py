"""Many threads at one moment: each in its own application context, as requests are."""
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import text

from shop.base.db import db

AT_ONCE = 8       # connections of one process: so many can be inside the database at the same moment
PATIENCE = 30.0   # seconds


class DidNotEnd(AssertionError):
    """A thread still waits: two of them hold what the other one wants."""


def together(app: Flask, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all at the same moment; answers what each gave back, in order. An exception of one of them is its answer."""
    gate = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                gate.wait(PATIENCE)
                answers[place] = act()
            except Exception as error:
                answers[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n, act), daemon=True) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    if any(thread.is_alive() for thread in threads):
        raise DidNotEnd
    return answers


def copies(app: Flask, count: int, act: Callable[[int], Any]) -> list[Any]:
    """`act(0)` … `act(count - 1)` at the same moment."""
    return together(app, [lambda n=n: act(n) for n in range(count)])  # type: ignore[misc]


def in_turn(app: Flask, hold: str, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Force an order: while somebody else holds the rows of `hold` (a SELECT … FOR UPDATE), the acts arrive one after the other
    and wait for them; then all run on, the first of them first. Answers as `together`. Fails when an act does not wait."""
    answers: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                answers[place] = act()
            except Exception as error:
                answers[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n, act), daemon=True) for n, act in enumerate(acts)]
    with db.engine.connect() as holder:
        held = holder.execution_options(isolation_level="READ COMMITTED").execute(text(hold)).all()
        assert held, "nothing is held"
        for n, thread in enumerate(threads, start=1):
            thread.start()
            _wait_until_blocked(n, thread)
        holder.commit()
    for thread in threads:
        thread.join(PATIENCE)
    if any(thread.is_alive() for thread in threads):
        raise DidNotEnd
    return answers


def _wait_until_blocked(count: int, thread: threading.Thread) -> None:
    asked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    until = time.monotonic() + PATIENCE
    with db.engine.connect() as watcher:
        while (watcher.scalar(asked) or 0) < count:
            assert thread.is_alive(), f"act {count} did not wait for the lock"
            assert time.monotonic() < until, f"act {count} neither waits nor ends"
            watcher.rollback()
            time.sleep(0.01)


class Unguarded:
    """Read, wait until everybody has read, write: how code without a guard behaves on a bad day, on every day."""

    def __init__(self, threads: int = AT_ONCE) -> None:
        self._all_have_read = threading.Barrier(threads)
        self.threads = threads

    def wait(self) -> None:
        """Between the read and the write."""
        self._all_have_read.wait(PATIENCE)
