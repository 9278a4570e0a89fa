"""The life of an import, and what can come of one of its lines."""

from collections.abc import Mapping
from enum import StrEnum


class ImportState(StrEnum):
    WAITING = "waiting"  # for the worker
    CHECKING = "checking"
    UNREADABLE = "unreadable"  # no table, or none with our columns
    FAULTY = "faulty"  # some of its lines cannot be taken, so none is
    CHECKED = "checked"  # can be applied
    CONFIRMED = "confirmed"  # somebody said so; the worker is at it
    APPLIED = "applied"
    OVERTAKEN = "overtaken"  # the catalogue has changed since the check; nothing was done


S = ImportState
MOVES: Mapping[ImportState, frozenset[ImportState]] = {
    S.WAITING: frozenset({S.CHECKING}),
    S.CHECKING: frozenset({S.CHECKING, S.UNREADABLE, S.FAULTY, S.CHECKED}),  # again, when its worker has died
    S.UNREADABLE: frozenset(),
    S.FAULTY: frozenset({S.WAITING}),  # categories may have been made meanwhile
    S.CHECKED: frozenset({S.CONFIRMED, S.WAITING}),
    S.CONFIRMED: frozenset({S.APPLIED, S.OVERTAKEN}),
    S.OVERTAKEN: frozenset({S.WAITING}),
    S.APPLIED: frozenset(),
}
CHECK_AGAIN = frozenset(state for state, to in MOVES.items() if S.WAITING in to)
AT_WORK = frozenset({S.WAITING, S.CHECKING, S.CONFIRMED})


class Outcome(StrEnum):
    """What a line would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULT = "fault"
