"""The life of an order, as a table. Nothing else decides where an order may go."""

from collections.abc import Mapping
from enum import StrEnum

from shop.base.errors import Kind, ShopError


class OrderState(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    PACKING = "packing"
    READY = "ready"
    COLLECTED = "collected"
    PARTLY_COLLECTED = "partly_collected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"


class RefundState(StrEnum):
    """Money moves apart from goods: what is being paid back."""

    NONE = "none"
    REQUESTED = "requested"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


S = OrderState
MOVES: Mapping[OrderState, frozenset[OrderState]] = {
    S.AWAITING_PAYMENT: frozenset({S.PAID, S.CANCELLED, S.EXPIRED}),
    S.PAID: frozenset({S.PACKING, S.READY, S.COLLECTED, S.PARTLY_COLLECTED, S.CANCELLED, S.NO_SHOW}),
    S.PACKING: frozenset({S.PAID, S.READY, S.CANCELLED, S.NO_SHOW}),
    S.READY: frozenset({S.PACKING, S.COLLECTED, S.PARTLY_COLLECTED, S.CANCELLED, S.NO_SHOW}),
    S.COLLECTED: frozenset({S.PAID, S.READY}),  # a hand-over that is undone
    S.PARTLY_COLLECTED: frozenset({S.PAID, S.READY}),  # likewise
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset({S.PAID}),  # a late payment, when the stock is still there
    S.NO_SHOW: frozenset(),
}
TERMINAL = frozenset({S.CANCELLED, S.NO_SHOW})
PAID_FOR = frozenset({S.PAID, S.PACKING, S.READY, S.COLLECTED, S.PARTLY_COLLECTED, S.NO_SHOW})


class NoSuchMove(ShopError):
    """The order's present state does not allow what was asked."""

    kind, code = Kind.CONFLICT, "order_state_changed"


def check_move(present: OrderState, wanted: OrderState) -> None:
    """Raises NoSuchMove."""
    if wanted not in MOVES[present]:
        raise NoSuchMove(state=present.value, wanted=wanted.value)


def may_become(wanted: OrderState) -> tuple[OrderState, ...]:
    """The states from which an order may go to `wanted`, in the table's order."""
    return tuple(state for state in OrderState if wanted in MOVES[state])
