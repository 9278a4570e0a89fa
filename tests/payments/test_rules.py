"""What WeChat's word about a payment means, whatever the attempt and the order are by then."""
from datetime import datetime, timedelta
from itertools import product

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from shop.base.money import Currency, Money
from shop.orders.states import PAID_FOR, OrderState
from shop.payments import rules
from shop.payments.rules import Known, Told
from shop.payments.states import GOES_BACK, NEEDS_A_PERSON, AttemptState, Verdict

OWED = Money(50_00, Currency.EUR)
A, S, V = AttemptState, OrderState, Verdict


def _told(*, success: bool = True, ours: bool = True, amount: Money | None = OWED, elsewhere: bool = False) -> Told:
    return Told(success, ours, amount, elsewhere)


@pytest.mark.parametrize(
    ("told", "attempt", "order", "verdict"),
    [
        # what was said                         attempt     order              verdict
        (_told(),                               A.PREPAID,  S.AWAITING_PAYMENT, V.SETTLES),
        (_told(),                               A.CREATED,  S.AWAITING_PAYMENT, V.SETTLES),   # the answer with the prepay_id was lost
        (_told(),                               A.CLOSED,   S.AWAITING_PAYMENT, V.SETTLES),   # WeChat's word beats our book
        (_told(),                               A.PAID,     S.PAID,             V.REPEAT),
        (_told(),                               A.PAID,     S.COLLECTED,        V.REPEAT),
        (_told(),                               A.PAID,     S.EXPIRED,          V.REPEAT),    # it was too late, and heard before
        (_told(),                               A.PREPAID,  S.PAID,             V.PAID_TWICE),
        (_told(),                               A.CLOSED,   S.COLLECTED,        V.PAID_TWICE),
        (_told(),                               A.PREPAID,  S.NO_SHOW,          V.PAID_TWICE),
        (_told(),                               A.PREPAID,  S.EXPIRED,          V.TOO_LATE),
        (_told(),                               A.CLOSED,   S.CANCELLED,        V.TOO_LATE),
        (_told(amount=Money(49_99, OWED.currency)), A.PREPAID, S.AWAITING_PAYMENT, V.WRONG_AMOUNT),
        (_told(amount=Money(50_01, OWED.currency)), A.PREPAID, S.AWAITING_PAYMENT, V.WRONG_AMOUNT),
        (_told(amount=Money(0, OWED.currency)),     A.PREPAID, S.EXPIRED,          V.WRONG_AMOUNT),
        (_told(amount=Money(50_00, Currency.CNY)),  A.PREPAID, S.AWAITING_PAYMENT, V.WRONG_CURRENCY),
        (_told(amount=None),                        A.PREPAID, S.AWAITING_PAYMENT, V.WRONG_CURRENCY),
        (_told(amount=None),                        A.PAID,    S.PAID,             V.REPEAT),
        (_told(elsewhere=True),                 A.PREPAID,  S.AWAITING_PAYMENT, V.REUSED_TRANSACTION),
        (_told(elsewhere=True),                 A.PAID,     S.PAID,             V.REUSED_TRANSACTION),
        (_told(ours=False),                     A.PREPAID,  S.AWAITING_PAYMENT, V.FOREIGN_MERCHANT),
        (_told(success=False),                  A.PREPAID,  S.AWAITING_PAYMENT, V.NOT_A_SUCCESS),
        (_told(success=False, ours=False),      A.PREPAID,  S.AWAITING_PAYMENT, V.NOT_A_SUCCESS),
    ],
)  # fmt: skip
def test_a_payment_is_judged_by_what_was_said_and_what_we_know(
    told: Told, attempt: AttemptState, order: OrderState, verdict: Verdict
) -> None:
    assert rules.judge(told, Known(attempt, order, OWED)) is verdict


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (_told(),                          V.UNKNOWN_NUMBER),
        (_told(amount=None),               V.UNKNOWN_NUMBER),
        (_told(ours=False),                V.FOREIGN_MERCHANT),
        (_told(success=False),             V.NOT_A_SUCCESS),
    ],
)  # fmt: skip
def test_money_for_a_number_we_do_not_know_is_not_ignored(told: Told, verdict: Verdict) -> None:
    assert rules.judge(told, None) is verdict


AMOUNTS = [OWED, Money(1, Currency.EUR), Money(50_00, Currency.CNY), None]


@pytest.mark.parametrize("order", OrderState)
@pytest.mark.parametrize("attempt", AttemptState)
def test_only_the_right_money_for_a_waiting_order_settles(attempt: AttemptState, order: OrderState) -> None:
    for success, ours, amount, elsewhere in product((True, False), (True, False), AMOUNTS, (True, False)):
        verdict = rules.judge(Told(success, ours, amount, elsewhere), Known(attempt, order, OWED))
        right = success and ours and amount == OWED and not elsewhere

        assert (verdict is V.SETTLES) == (right and order is S.AWAITING_PAYMENT and attempt is not A.PAID)
        if right and attempt is not A.PAID and order is not S.AWAITING_PAYMENT:
            assert verdict is (V.PAID_TWICE if order in PAID_FOR else V.TOO_LATE), "money is never ignored"
        if success and ours and not right:
            assert verdict in NEEDS_A_PERSON | {V.REPEAT}


def test_every_verdict_that_leaves_money_open_is_followed_up() -> None:
    nothing_open = {V.SETTLES, V.REVIVES, V.REPEAT, V.NOT_A_SUCCESS, V.FOREIGN_MERCHANT, V.ABOUT_A_REFUND}

    assert nothing_open | NEEDS_A_PERSON | GOES_BACK == set(Verdict)
    assert not NEEDS_A_PERSON & GOES_BACK


# --- when to ask ------------------------------------------------------------------------------------------------------


def _at(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "now", "next_at"),
    [
        (0, 0,    5),
        (1, 5,    30),
        (2, 30,   60),
        (3, 60,   180),
        (6, 600,  1820),    # the ladder's last step is the end itself: once after it
        (7, 601,  1820),
        (99, 601, 1820),
        (0, 100,  100),     # a step that was missed is made up for at once
        (3, 1500, 1500),
        (7, 1819, 1820),
        (7, 1820, None),    # asked after the end: what is still unknown is for the closing of the order
        (0, 5000, None),
    ],
)  # fmt: skip
def test_wechat_is_asked_on_a_ladder_and_once_after_the_end(asked: int, now: int, next_at: int | None) -> None:
    assert rules.next_question(NOW, _at(1800), asked, _at(now)) == (None if next_at is None else _at(next_at))


@given(st.integers(0, 7200), st.integers(60, 7200), st.integers(0, 10))
def test_a_question_is_never_planned_for_the_past_and_never_long_after_the_end(now: int, lasts: int, asked: int) -> None:
    due = rules.next_question(NOW, _at(lasts), asked, _at(now))

    assert due is None or _at(now) <= due <= _at(lasts) + timedelta(seconds=20)


@pytest.mark.parametrize(
    ("since_the_end", "again_in"),
    [(-600, 600), (0, 600), (3600, 600), (2 * 24 * 3600 - 1, 600), (2 * 24 * 3600, None)],
)
def test_a_question_without_an_answer_is_asked_again_for_two_days(since_the_end: int, again_in: int | None) -> None:
    end, now = _at(1800), _at(1800 + since_the_end)

    due = rules.without_answer(end, now)

    assert due == (None if again_in is None else now + timedelta(seconds=again_in))
