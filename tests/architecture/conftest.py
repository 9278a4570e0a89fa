"""The source of the whole shop is kept in memory while the tests of this folder look at it, and no longer."""

from collections.abc import Iterator

import pytest

from .source import MODULES


@pytest.fixture(scope="package", autouse=True)
def _source() -> Iterator[None]:
    yield
    for module in MODULES:
        module.forget()
