"""Pieces that are kept: how long, how many, and made by one at a time."""

import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from msgspec.structs import replace

from shop.app import create_app
from shop.base.fragments import KEEP, Fragments, Known, NowAndThen, Unchanged
from shop.settings import Settings


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


def test_what_the_database_knows_is_asked_again_only_after_its_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    known: Known[int] = Known()
    answers = iter(range(10))

    def ask() -> int:
        return next(answers)

    at_once = [known.get("a", ask), known.get("a", ask)]
    monkeypatch.setitem(app.config, KEEP, 60.0)
    kept = [known.get("a", ask), known.get("a", ask), known.get("b", ask)]

    assert at_once == [0, 1]  # tests see every change at once
    assert kept == [2, 2, 3]


def test_what_is_known_belongs_to_its_database(app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, KEEP, 60.0)
    known: Known[str] = Known()
    known.get("a", lambda: "ours")
    another = create_app(replace(settings, database_url=f"sqlite:///{tmp_path}/another.sqlite"))
    another.config[KEEP] = 60.0

    with another.app_context():
        theirs = known.get("a", lambda: "theirs")

    assert (known.get("a", lambda: "asked again"), theirs) == ("ours", "theirs")


def test_a_text_is_written_anew_only_from_something_else() -> None:
    texts: Unchanged[str] = Unchanged(most=2)
    written: list[str] = []

    def text(key: str, said: list[int]) -> str:
        def write() -> str:
            written.append(key)
            return f"{key} {said}"

        return texts.get(key, said, write)

    assert [text("a", [1]), text("a", [1]), text("a", [2]), text("b", [1]), text("a", [2])] == ["a [1]", "a [1]", "a [2]", "b [1]", "a [2]"]
    assert written == ["a", "a", "b"]
    text("c", [1])  # a third one, and the longest unwritten goes
    text("b", [1])
    text("a", [2])
    assert written == ["a", "a", "b", "c", "a"]


def test_now_and_then_says_yes_once_in_its_time() -> None:
    now = Clock()
    sweep = NowAndThen(10, now)

    said = [sweep.due(), sweep.due()]
    now.seconds = 10.0

    assert said == [True, False]
    assert sweep.due()
