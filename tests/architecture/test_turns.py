"""Which tests run on which database."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import turns

PAGE, COMMAND = turns.PAGES / "storefront" / "test_x.py", Path(__file__).parents[1] / "orders" / "test_x.py"


def databases(path: Path, name: str = "test_x", *marks: str, take_turns: bool = True) -> list[str]:
    item = SimpleNamespace(path=path, nodeid=f"{path.name}::{name}", get_closest_marker=lambda mark: mark in marks or None)
    where = {"sqlite": False, "postgresql": True}
    return [on for on, postgresql in where.items() if turns.is_here(item, postgresql=postgresql, take_turns=take_turns)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "marks", "take_turns", "on"),
    [
        (COMMAND, ["database"], True, ["sqlite", "postgresql"]),
        (COMMAND, ["database"], False, ["sqlite", "postgresql"]),
        (PAGE, ["database"], False, ["sqlite", "postgresql"]),
        (PAGE, [], True, ["sqlite", "postgresql"]),  # the steps on PostgreSQL do not ask for it
        (PAGE, ["database", "postgresql"], True, ["postgresql"]),
        (COMMAND, ["database", "postgresql"], False, ["postgresql"]),
    ],
)
def test_commands_have_both_databases_and_what_only_postgresql_can_show_has_that_one(
    path: Path, marks: list[str], take_turns: bool, on: list[str]
) -> None:
    assert databases(path, "test_x", *marks, take_turns=take_turns) == on


def test_the_tests_of_pages_take_turns_and_none_is_left_out() -> None:
    where = [databases(PAGE, f"test_{n}", "database") for n in range(100)]

    assert {tuple(one) for one in where} == {("sqlite",), ("postgresql",)}
    assert 30 <= sum(one == ["sqlite"] for one in where) <= 70
