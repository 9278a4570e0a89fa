"""On which database a test runs in the full run: on both, but for the tests of pages, which take turns (docs/decisions/0036)."""

from pathlib import Path
from zlib import crc32

import pytest

PAGES = Path(__file__).parent / "web"


def is_here(item: pytest.Item, *, postgresql: bool, take_turns: bool) -> bool:
    """Whether this database is the test's. Wants the mark `database` on whatever uses one."""
    if item.get_closest_marker("postgresql"):
        return postgresql
    if not take_turns or PAGES not in item.path.parents or not item.get_closest_marker("database"):
        return True
    return (crc32(item.nodeid.encode()) % 2 == 1) == postgresql
