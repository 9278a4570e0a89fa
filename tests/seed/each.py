"""One test for a rule about every row of the example data: a thousand tests of a microsecond each took longer to report than to run."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

Row = TypeVar("Row", bound=Mapping[str, Any])


def for_each(rows: Iterable[Row], key: str) -> Callable[[Callable[[Row], None]], Callable[[], None]]:
    """Turns a check of one row into a test of all: it fails with every row that is wrong, by its `key`."""

    def of(check: Callable[[Row], None]) -> Callable[[], None]:
        def test() -> None:
            wrong = {row[key]: said for row in rows if (said := _wrong(check, row))}
            assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return of


def _wrong(check: Callable[[Row], None], row: Row) -> str:
    try:
        check(row)
    except AssertionError as error:
        return str(error) or "is wrong"
    return ""
