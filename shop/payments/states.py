"""The life of an attempt, and the verdicts on what WeChat says."""

from collections.abc import Mapping
from enum import StrEnum


class AttemptState(StrEnum):
    CREATED = "created"  # written down; WeChat may or may not know it
    PREPAID = "prepaid"  # WeChat gave a prepay_id
    PAID = "paid"
    CLOSED = "closed"  # WeChat says that nobody can pay it any more


A = AttemptState
MOVES: Mapping[AttemptState, frozenset[AttemptState]] = {
    A.CREATED: frozenset({A.PREPAID, A.PAID, A.CLOSED}),
    A.PREPAID: frozenset({A.PREPAID, A.PAID, A.CLOSED}),  # a prepay_id lives two hours and may be renewed
    A.PAID: frozenset(),
    A.CLOSED: frozenset({A.PAID}),  # WeChat's word about money beats everything
}
OPEN = (A.CREATED, A.PREPAID)


class Verdict(StrEnum):
    """What a payment that WeChat tells us of means. Stored with every notice."""

    SETTLES = "settles"  # the order is paid by this
    REVIVES = "revives"  # late, but the stock is still there: the order lives again
    REPEAT = "repeat"  # we know
    NOT_A_SUCCESS = "not_a_success"  # about a payment that did not happen
    WRONG_AMOUNT = "wrong_amount"  # a person decides
    WRONG_CURRENCY = "wrong_currency"  # a person decides
    FOREIGN_MERCHANT = "foreign_merchant"  # genuine, but not about us
    UNKNOWN_NUMBER = "unknown_number"  # money for an attempt we do not know: a person decides
    REUSED_TRANSACTION = "reused_transaction"  # one payment of WeChat's for two attempts of ours: a person decides
    TOO_LATE = "too_late"  # the order is gone: the money goes back
    PAID_TWICE = "paid_twice"  # another attempt has paid the order: the money goes back
    ABOUT_A_REFUND = "about_a_refund"  # stored for the refunds


NEEDS_A_PERSON = frozenset(
    {Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.UNKNOWN_NUMBER, Verdict.REUSED_TRANSACTION}
)
GOES_BACK = frozenset({Verdict.TOO_LATE, Verdict.PAID_TWICE})
