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
    ABOUT_A_REFUND = "about_a_refund"  # one of our refunds went on
    UNKNOWN_REFUND = "unknown_refund"  # genuine, but no refund of ours has this number and amount: a person decides


NEEDS_A_PERSON = frozenset(
    {
        Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.UNKNOWN_NUMBER, Verdict.REUSED_TRANSACTION, Verdict.UNKNOWN_REFUND,
    }
)  # fmt: skip
GOES_BACK = frozenset({Verdict.TOO_LATE, Verdict.PAID_TWICE})


class Cause(StrEnum):
    """Why money goes back. The traveller is told in these words' translations."""

    CANCELLED = "cancelled"  # a paid order was cancelled by its traveller
    LATE_PAYMENT = "late_payment"  # paid when the goods were gone
    PAID_TWICE = "paid_twice"
    WRONG_AMOUNT = "wrong_amount"
    UNKNOWN_PAYMENT = "unknown_payment"  # money for a number we do not know
    SHORTAGE = "shortage"  # missing while packing
    NO_SHOW = "no_show"
    COUNTER = "counter"  # agreed at the counter
    GOODWILL = "goodwill"


class RefundStage(StrEnum):
    """The life of a refund."""

    REQUESTED = "requested"  # written down; WeChat may or may not know it
    WAITING_FUNDS = "waiting_funds"  # cross-border: paid from the money of the day, tried again
    PROCESSING = "processing"  # WeChat has accepted it
    SUCCESS = "success"
    ABNORMAL = "abnormal"  # WeChat cannot deliver the money: a person decides
    TO_SHOP = "to_shop"  # WeChat has paid it to the shop's own account: a person pays the traveller
    BY_HAND = "by_hand"  # a person has settled it in another way; the money has gone back all the same
    CLOSED = "closed"  # WeChat gave up: only now may there be a new number


G = RefundStage
REFUND_MOVES: Mapping[RefundStage, frozenset[RefundStage]] = {
    G.REQUESTED: frozenset({G.WAITING_FUNDS, G.PROCESSING, G.SUCCESS, G.ABNORMAL, G.CLOSED, G.BY_HAND}),
    G.WAITING_FUNDS: frozenset({G.REQUESTED, G.PROCESSING, G.SUCCESS, G.ABNORMAL, G.CLOSED, G.BY_HAND}),
    G.PROCESSING: frozenset({G.SUCCESS, G.ABNORMAL, G.CLOSED, G.TO_SHOP}),
    G.SUCCESS: frozenset(),
    G.ABNORMAL: frozenset({G.PROCESSING, G.SUCCESS, G.CLOSED, G.TO_SHOP, G.BY_HAND}),  # it was sent on to another card
    G.TO_SHOP: frozenset({G.BY_HAND}),
    G.BY_HAND: frozenset(),  # whatever WeChat says from here on is for a person
    G.CLOSED: frozenset(),
}
TO_SEND = (G.REQUESTED, G.WAITING_FUNDS)
UNDER_WAY = (G.REQUESTED, G.WAITING_FUNDS, G.PROCESSING, G.ABNORMAL, G.TO_SHOP)
GONE_BACK = (G.SUCCESS, G.BY_HAND)
BY_A_PERSON = (G.ABNORMAL, G.TO_SHOP)
TOOK_MONEY = frozenset(
    {
        Verdict.SETTLES, Verdict.REVIVES, Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.UNKNOWN_NUMBER,
        Verdict.TOO_LATE, Verdict.PAID_TWICE,
    }
)  # fmt: skip
