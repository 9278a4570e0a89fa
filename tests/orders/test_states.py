"""The life of an order, of a refund, of a hold and of an attempt: the tables are whole."""
from collections.abc import Collection, Mapping
from enum import StrEnum

import pytest

from shop.catalogue import states as catalogue
from shop.orders import states
from shop.orders.states import MOVES, PAID_FOR, TERMINAL, NoSuchMove, OrderState
from shop.payments import states as payments

S = OrderState
TABLES: list[tuple[type[StrEnum], Mapping[StrEnum, Collection[StrEnum]], StrEnum, set[StrEnum]]] = [
    (OrderState, MOVES, S.AWAITING_PAYMENT, set(TERMINAL)),
    (catalogue.HoldState, catalogue.MOVES, catalogue.HoldState.HELD, set()),
    (payments.AttemptState, payments.MOVES, payments.AttemptState.CREATED, {payments.AttemptState.PAID}),
]  # type: ignore[assignment]
NAMES = ["orders", "holds", "attempts"]
Moves = Mapping[StrEnum, Collection[StrEnum]]


@pytest.mark.parametrize(("kind", "moves", "first", "last"), TABLES, ids=NAMES)
def test_every_state_has_a_row(kind: type[StrEnum], moves: Moves, first: StrEnum, last: set[StrEnum]) -> None:
    assert set(moves) == set(kind)


@pytest.mark.parametrize(("kind", "moves", "first", "last"), TABLES, ids=NAMES)
def test_every_state_can_be_reached(kind: type[StrEnum], moves: Moves, first: StrEnum, last: set[StrEnum]) -> None:
    reached, new = set[StrEnum](), {first}
    while new:
        reached |= new
        new = {following for state in new for following in moves[state]} - reached

    assert reached == set(kind)


@pytest.mark.parametrize(("kind", "moves", "first", "last"), TABLES, ids=NAMES)
def test_states_from_which_nothing_follows_are_named(kind: type[StrEnum], moves: Moves, first: StrEnum, last: set[StrEnum]) -> None:
    assert {state for state in kind if not moves[state]} == last


ALLOWED = {(start, end) for start, ends in MOVES.items() for end in ends}


@pytest.mark.parametrize("start", OrderState)
@pytest.mark.parametrize("end", OrderState)
def test_a_move_is_allowed_or_refused_by_the_table_alone(start: OrderState, end: OrderState) -> None:
    if (start, end) in ALLOWED:
        states.check_move(start, end)
        assert start in states.may_become(end)
    else:
        with pytest.raises(NoSuchMove):
            states.check_move(start, end)
        assert start not in states.may_become(end)


@pytest.mark.parametrize("state", [S.AWAITING_PAYMENT, S.EXPIRED, S.CANCELLED])
def test_goods_are_never_handed_over_unpaid(state: OrderState) -> None:
    assert not MOVES[state] & {S.READY, S.PACKING, S.COLLECTED, S.PARTLY_COLLECTED}
    assert state not in PAID_FOR


def test_the_way_to_paid_for_leads_through_paid_alone() -> None:
    ways = {(start, end) for start, end in ALLOWED if start not in PAID_FOR and end in PAID_FOR}

    assert {end for _, end in ways} == {S.PAID}
