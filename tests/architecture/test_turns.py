"""Which cases run on which database and in which turn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import turns

PAGE, COMMAND = turns.PAGES / "storefront" / "test_x.py", Path(__file__).parents[1] / "orders" / "test_x.py"
PROPERTY = turns.PROPERTIES / "test_x.py"
DATABASES = {"sqlite": False, "postgresql": True}
CASES = [f"test_x[{n}]" for n in range(6)]


def items(path: Path, names: list[str], *marks: str) -> list[Any]:
    return [
        SimpleNamespace(path=path, nodeid=f"{path.name}::{name}", get_closest_marker=lambda mark: mark in marks or None) for name in names
    ]


def where(path: Path, names: list[str], *marks: str, turn: int | None) -> list[str]:
    """For each name the databases on which it runs in this turn, by their first letters."""
    made = items(path, names, *marks)
    found = {on: turns.here(made, postgresql=postgresql, turn=turn) for on, postgresql in DATABASES.items()}
    return ["".join(on[0] for on in found if one in found[on]) for one in made]


@pytest.mark.parametrize(
    ("path", "names", "marks", "turn", "on"),
    [
        (COMMAND, ["test_x"], ["database"], None, ["sp"]),
        (PROPERTY, ["test_x"], ["database"], 0, ["sp"]),
        (PROPERTY, ["test_x"], ["database"], 1, ["sp"]),
        (COMMAND, CASES[:3], ["database"], 0, ["s", "p", "s"]),
        (COMMAND, CASES[:3], ["database"], 1, ["p", "s", "p"]),
        (COMMAND, CASES[:3], ["database"], None, ["sp", "sp", "sp"]),
        (COMMAND, CASES[:2], [], 0, ["sp", "sp"]),  # the steps on PostgreSQL do not ask for what needs no database
        (COMMAND, CASES[:2], ["database", "journey"], 0, ["sp", "sp"]),  # nor SQLite's for journeys
        (COMMAND, CASES[:2], ["database", "postgresql"], 1, ["p", "p"]),
        (COMMAND, CASES[:2], ["database", "postgresql"], None, ["p", "p"]),
        (COMMAND, CASES[:3], ["turns"], None, ["sp", "sp", "sp"]),
        (PAGE, ["test_x"], ["database"], None, ["sp"]),
        (PAGE, ["test_x"], [], 0, ["sp"]),
        (PAGE, ["test_x"], ["database", "postgresql"], 0, ["p"]),
    ],
)
def test_a_case_runs_where_it_should_when_it_should(
    path: Path, names: list[str], marks: list[str], turn: int | None, on: list[str]
) -> None:
    assert where(path, names, *marks, turn=turn) == on


@pytest.mark.parametrize("turn", [0, 1, 0xC0FFEE])
def test_a_test_of_a_page_has_one_database_in_a_turn_and_the_other_in_the_next(turn: int) -> None:
    names = [f"test_{n}" for n in range(100)]
    now, then = (where(PAGE, names, "database", turn=turn + n) for n in range(2))

    assert all({one, other} == {"s", "p"} for one, other in zip(now, then, strict=True))
    assert 30 <= now.count("s") <= 70


@pytest.mark.parametrize("turn", range(6))
def test_of_a_question_that_takes_turns_one_case_runs_in_each_and_the_next_one_then(turn: int) -> None:
    now, then = (where(COMMAND, CASES, "turns", turn=turn + n) for n in range(2))

    assert sorted(now) == [""] * 5 + ["sp"]
    assert then.index("sp") == (now.index("sp") + 1) % 6


@pytest.mark.parametrize("marks", [["database"], ["turns"]])
def test_after_as_many_turns_as_it_has_cases_a_test_has_had_every_case_on_every_database(marks: list[str]) -> None:
    seen = [where(COMMAND, CASES, *marks, turn=turn) for turn in range(len(CASES))]

    assert all({letter for turn in seen for letter in turn[n]} == {"s", "p"} for n in range(len(CASES)))
    assert all("s" in "".join(turn) and "p" in "".join(turn) for turn in seen)


@pytest.mark.parametrize("turn", range(4))
def test_in_every_turn_each_test_with_cases_runs_on_both_databases_and_each_without_on_postgresql(turn: int) -> None:
    names = [f"test_{n}" for n in range(100)]
    now, then = (where(COMMAND, names, "database", turn=turn + n) for n in range(2))

    assert all(set("".join(where(COMMAND, CASES[:cases], "database", turn=turn))) == {"s", "p"} for cases in range(2, 7))
    assert all({one, other} == {"p", "sp"} for one, other in zip(now, then, strict=True))
    assert 30 <= now.count("sp") <= 70
