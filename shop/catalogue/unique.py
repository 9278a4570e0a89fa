"""Codes, names and EANs that only one may have. Two people who take the same one at the same moment do not see each other's."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import IntegrityError

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 8


def looks_again(verb: Callable[P, T]) -> Callable[P, T]:
    """For a verb that is one whole transaction and looks first whether what it wants is taken: when the database refuses it all
    the same, it looks again. By then the other one's is there, and the refusal says what is wrong."""

    @wraps(verb)
    def again(*args: P.args, **more: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return verb(*args, **more)
            except IntegrityError:
                continue
        return verb(*args, **more)

    return again
