"""The life of an export."""

from collections.abc import Mapping
from enum import StrEnum

from shop.base.errors import Kind, ShopError


class ExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # a fault of ours, or no end in sight; may be tried again
    CANCELLED = "cancelled"
    REFUSED = "refused"  # whoever asked may not see it any more
    EXPIRED = "expired"  # it was there, and its time is over


S = ExportState
MOVES: Mapping[ExportState, frozenset[ExportState]] = {
    S.WAITING: frozenset({S.RUNNING, S.CANCELLED}),
    S.RUNNING: frozenset({S.DONE, S.FAILED, S.CANCELLED, S.REFUSED, S.WAITING}),  # the last when its process died
    S.DONE: frozenset({S.EXPIRED}),
    S.FAILED: frozenset({S.WAITING}),
    S.CANCELLED: frozenset({S.WAITING}),
    S.REFUSED: frozenset(),
    S.EXPIRED: frozenset({S.WAITING}),
}
OPEN = frozenset({S.WAITING, S.RUNNING})


class NoSuchExportMove(ShopError):
    """The export's present state does not allow what was asked."""

    kind, code = Kind.CONFLICT, "export_state_changed"


def may_become(wanted: ExportState) -> frozenset[ExportState]:
    """The states from which an export may go to `wanted`."""
    return frozenset(state for state in ExportState if wanted in MOVES[state])
