"""The life of a hold, as a table."""

from collections.abc import Mapping
from enum import StrEnum


class HoldState(StrEnum):
    """Which of the four numbers of stock a claim counts in."""

    HELD = "held"  # for an unpaid order
    ALLOCATED = "allocated"  # for a paid order
    HANDED_OVER = "handed_over"  # gone with the traveller
    RELEASED = "released"  # free again


H = HoldState
MOVES: Mapping[HoldState, frozenset[HoldState]] = {
    H.HELD: frozenset({H.ALLOCATED, H.RELEASED}),
    H.ALLOCATED: frozenset({H.HANDED_OVER, H.RELEASED}),
    H.HANDED_OVER: frozenset({H.ALLOCATED}),  # a hand-over that is undone
    H.RELEASED: frozenset({H.HELD}),  # a late payment revives the order when the stock is still there
}
