"""Which cases of the whole suite run on which database and in which turn (docs/decisions/0036).

A turn is a number; `scripts/test` takes it from the commit. Without one everything runs wherever it can.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import pytest

PAGES, PROPERTIES = Path(__file__).parent / "web", Path(__file__).parent / "properties"
ONE_STEP = ("browser", "journey")  # these run once in `scripts/test`, whatever they use
Test = TypeVar("Test", bound=Callable[..., None])


def cases(*words: Any, **more: Any) -> Callable[[Test], Test]:
    """`pytest.mark.parametrize`; one of its cases runs in each turn."""
    return lambda test: pytest.mark.turns(pytest.mark.parametrize(*words, **more)(test))


def here(items: Sequence[pytest.Item], *, postgresql: bool, turn: int | None) -> list[pytest.Item]:
    """The tests that run on this database in this turn. Wants the mark `database` on whatever uses one, and all cases of each test.

    - What is marked `postgresql` runs there only, in every turn. Properties run on both, in every turn.
    - A test that is marked `turns` runs one of its cases in each turn.
    - A test of pages has one database in each turn, the other one in half of the others.
    - Of any other test that uses a database the cases are shared out between the two, in the next turn the other way round. A test
      without cases runs on PostgreSQL, the database of a live shop, and in half of the turns on SQLite too.
    """
    return [one for one, number, of in _counted(items) if _is_here(one, number, of, postgresql=postgresql, turn=turn)]


def _counted(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, int, int]]:
    """Each with its number among the cases of its test, and how many there are."""
    of = Counter(map(_test, items))
    before: Counter[str] = Counter()
    for one in items:
        name = _test(one)
        yield one, before[name], of[name]
        before[name] += 1


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _lot(name: str) -> int:
    """Always the same for this name, and like chance among several."""
    return crc32(name.encode())


def _is_here(item: pytest.Item, number: int, of: int, *, postgresql: bool, turn: int | None) -> bool:
    if item.get_closest_marker("postgresql"):
        return postgresql
    if turn is None:
        return True
    if item.get_closest_marker("turns"):
        return number == (_lot(_test(item)) + turn) % of
    if not item.get_closest_marker("database") or any(map(item.get_closest_marker, ONE_STEP)) or PROPERTIES in item.path.parents:
        return True
    if PAGES in item.path.parents:
        return (_lot(item.nodeid) + turn) % 2 == postgresql
    if of == 1:
        return postgresql or (_lot(item.nodeid) + turn) % 2 == 0
    return (number + turn) % 2 == postgresql
