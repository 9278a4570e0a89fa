"""Pieces that are kept: how long, how many, and made by one at a time."""

import threading
import time

import pytest

from shop.base.fragments import Fragments, NowAndThen


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_piece_is_made_once_until_it_is_too_old() -> None:
    now, made = Clock(), []
    kept: Fragments[int] = Fragments(seconds_now=now)

    def make() -> int:
        made.append(now())
        return len(made)

    first = [kept.get("home", 2.0, make), kept.get("home", 2.0, make)]
    now.seconds = 2.0
    later = kept.get("home", 2.0, make)

    assert first == [1, 1]
    assert later == 2


def test_nothing_is_kept_when_that_is_switched_off() -> None:
    kept: Fragments[str] = Fragments()

    assert [kept.get("home", 0, lambda: "a"), kept.get("home", 0, lambda: "b")] == ["a", "b"]
    assert len(kept) == 0


def test_the_longest_unused_piece_goes_first() -> None:
    kept: Fragments[str] = Fragments(most=2)
    kept.get("a", 60, lambda: "a")
    kept.get("b", 60, lambda: "b")
    kept.get("a", 60, lambda: "again")
    kept.get("c", 60, lambda: "c")

    assert len(kept) == 2
    assert kept.get("a", 60, lambda: "made anew") == "a"
    assert kept.get("b", 60, lambda: "made anew") == "made anew"


def test_many_at_once_make_a_piece_once() -> None:
    kept: Fragments[int] = Fragments()
    made: list[int] = []
    ready = threading.Barrier(8)
    answers: list[int] = []

    def make() -> int:
        made.append(1)
        time.sleep(0.05)
        return len(made)

    def ask() -> None:
        ready.wait()
        answers.append(kept.get("home", 60, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), answers) == (1, [1] * 8)


def test_a_piece_that_cannot_be_made_leaves_nothing() -> None:
    kept: Fragments[int] = Fragments()

    with pytest.raises(ZeroDivisionError):
        kept.get("home", 60, lambda: 1 // 0)

    assert len(kept) == 0
    assert kept.get("home", 60, lambda: 7) == 7


def test_now_and_then_says_yes_once_in_its_time() -> None:
    now = Clock()
    sweep = NowAndThen(10, now)

    said = [sweep.due(), sweep.due()]
    now.seconds = 10.0

    assert said == [True, False]
    assert sweep.due()
