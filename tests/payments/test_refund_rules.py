"""How much may go back, and when: truth tables and what holds for any sums."""
from datetime import timedelta

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from shop.orders.states import OrderState
from shop.payments import refund_rules
from shop.payments.refund_rules import (
    UNCOLLECTED,
    Amount,
    Effect,
    Lines,
    NothingToRefund,
    OrderedLine,
    RefundTooLarge,
    TooManyRefunds,
    TooOldToRefund,
    Whole,
    WrongRefund,
    amount_of,
    effect_of,
)
from shop.payments.states import REFUND_MOVES, RefundStage

TWO = OrderedLine(1, 11, 2, 0, 30_00)
ONE_LEFT = OrderedLine(2, 12, 3, 2, 10_00)
LINES = [TWO, ONE_LEFT]


@pytest.mark.parametrize(
    ("what", "left", "minor", "pieces"),
    [
        # asked for           what is left  goes back  pieces
        (Whole(),             90_00,        90_00,     {1: 2, 2: 1}),
        (Whole(),             5_00,         5_00,      {1: 2, 2: 1}),   # sums went back before
        (Lines({1: 1}),       90_00,        30_00,     {1: 1}),
        (Lines({1: 2, 2: 1}), 90_00,        70_00,     {1: 2, 2: 1}),
        (Lines({1: 1, 2: 0}), 90_00,        30_00,     {1: 1}),
        (Amount(1),           90_00,        1,         {}),
        (Amount(90_00),       90_00,        90_00,     {}),
    ],
)  # fmt: skip
def test_what_goes_back(what: refund_rules.What, left: int, minor: int, pieces: dict[int, int]) -> None:
    assert amount_of(what, LINES, left) == (minor, pieces)


@pytest.mark.parametrize(
    ("what", "left", "error"),
    [
        (Whole(),             0,     NothingToRefund),
        (Amount(1),           0,     NothingToRefund),
        (Amount(0),           90_00, WrongRefund),
        (Amount(-5),          90_00, WrongRefund),
        (Amount(90_01),       90_00, RefundTooLarge),
        (Lines({}),           90_00, WrongRefund),
        (Lines({1: 3}),       90_00, WrongRefund),   # more pieces than were ordered
        (Lines({2: 2}),       90_00, WrongRefund),   # two of three went back before
        (Lines({1: -1}),      90_00, WrongRefund),
        (Lines({9: 1}),       90_00, WrongRefund),
        (Lines({1: 2}),       59_99, RefundTooLarge),
    ],
)  # fmt: skip
def test_what_may_not_go_back(what: refund_rules.What, left: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        amount_of(what, LINES, left)


BOTH = {1: 2, 2: 1}  # all pieces that are left
ENDS, GOES_ON = True, False


@pytest.mark.parametrize(
    ("what", "left", "state", "effect"),
    [
        # asked for     what is left  the order                     goes back, its pieces, and then
        (Whole(),       90_00,        OrderState.PAID,              Effect(90_00, BOTH, ENDS)),
        (Whole(),       90_00,        OrderState.PACKING,           Effect(90_00, BOTH, ENDS)),
        (Whole(),       90_00,        OrderState.READY,             Effect(90_00, BOTH, ENDS)),
        (Whole(),       90_00,        OrderState.COLLECTED,         Effect(90_00, BOTH, GOES_ON)),
        (Whole(),       90_00,        OrderState.PARTLY_COLLECTED,  Effect(90_00, BOTH, GOES_ON)),
        (Whole(),       90_00,        OrderState.NO_SHOW,           Effect(90_00, BOTH, GOES_ON)),
        (Lines({1: 1}), 90_00,        OrderState.PAID,              Effect(30_00, {1: 1}, GOES_ON)),
        (Lines({1: 2}), 90_00,        OrderState.PAID,              Effect(60_00, {1: 2}, GOES_ON)),
        (Lines(BOTH),   90_00,        OrderState.PAID,              Effect(70_00, BOTH, ENDS)),       # the last pieces
        (Lines(BOTH),   70_00,        OrderState.READY,             Effect(70_00, BOTH, ENDS)),
        (Lines(BOTH),   90_00,        OrderState.COLLECTED,         Effect(70_00, BOTH, GOES_ON)),
        (Lines({1: 1}), 30_00,        OrderState.PAID,              Effect(30_00, BOTH, ENDS)),       # the last of the money
        (Lines({1: 1}), 30_00,        OrderState.COLLECTED,         Effect(30_00, {1: 1}, GOES_ON)),
        (Amount(1),     90_00,        OrderState.PAID,              Effect(1, {}, GOES_ON)),
        (Amount(90_00), 90_00,        OrderState.PAID,              Effect(90_00, BOTH, ENDS)),
        (Amount(90_00), 90_00,        OrderState.COLLECTED,         Effect(90_00, {}, GOES_ON)),
    ],
)  # fmt: skip
def test_an_order_that_waits_ends_with_its_last_money_or_its_last_piece(
    what: refund_rules.What, left: int, state: OrderState, effect: Effect
) -> None:
    assert effect_of(what, LINES, left, state) == effect


@pytest.mark.parametrize("lines", [[], [OrderedLine(1, 11, 2, 2, 30_00)]])
def test_a_sum_is_not_the_last_piece_of_an_order_that_has_none_left(lines: list[OrderedLine]) -> None:
    assert effect_of(Amount(5_00), lines, 10_00, OrderState.PAID) == Effect(5_00, {}, GOES_ON)
    assert effect_of(Amount(10_00), lines, 10_00, OrderState.PAID) == Effect(10_00, {}, ENDS)
    assert effect_of(Whole(), lines, 10_00, OrderState.PAID) == Effect(10_00, {}, ENDS)


@pytest.mark.parametrize("state", OrderState)
def test_only_an_order_that_waits_for_its_traveller_can_be_ended_by_a_refund(state: OrderState) -> None:
    assert effect_of(Whole(), LINES, 90_00, state).ends is (state in UNCOLLECTED)


@given(
    left=st.integers(0, 10_000),
    wanted=st.dictionaries(st.integers(0, 4), st.integers(-1, 5), max_size=4),
    lines=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(0, 3000)), max_size=4),
)
def test_never_more_than_is_left_and_never_more_pieces_than_were_ordered(
    left: int, wanted: dict[int, int], lines: list[tuple[int, int, int]]
) -> None:
    ordered = [OrderedLine(n, n, quantity, min(refunded, quantity), price) for n, (quantity, refunded, price) in enumerate(lines, 1)]
    for what in (Whole(), Lines(wanted), Amount(wanted.get(0, 1))):
        try:
            minor, pieces = amount_of(what, ordered, left)
        except (NothingToRefund, RefundTooLarge, WrongRefund):
            continue
        assert 0 < minor <= left
        assert all(0 < quantity <= next(line.left for line in ordered if line.position == p) for p, quantity in pieces.items())


@pytest.mark.parametrize(
    ("age", "parts", "error"),
    [
        (timedelta(days=365), 49, None),
        (timedelta(days=365, seconds=1), 0, TooOldToRefund),
        (timedelta(0), 50, TooManyRefunds),
    ],
)
def test_wechat_refunds_within_a_year_in_fifty_parts(age: timedelta, parts: int, error: type[Exception] | None) -> None:
    if error is None:
        refund_rules.check_limits(NOW - age, parts, NOW)
    else:
        with pytest.raises(error):
            refund_rules.check_limits(NOW - age, parts, NOW)


def test_the_last_step_of_a_ladder_repeats() -> None:
    ladder = refund_rules.FUNDS_AGAIN_AFTER

    assert [refund_rules.step(ladder, done) for done in (0, 1, 2, 3, 99)] == [ladder[0], ladder[0], ladder[1], ladder[2], ladder[2]]


def test_what_has_ended_does_not_go_on() -> None:
    for stage in (RefundStage.SUCCESS, RefundStage.CLOSED):
        assert REFUND_MOVES[stage] == frozenset()
    assert all(stage in REFUND_MOVES for stage in RefundStage)
