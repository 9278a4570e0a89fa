"""What WeChat's word about a payment means. Only answers."""

from datetime import datetime, timedelta

from msgspec import Struct

from shop.base.money import Money
from shop.orders.states import PAID_FOR, OrderState
from shop.payments.states import AttemptState, Verdict

PREPAY_LASTS = timedelta(hours=2) - timedelta(minutes=5)  # WeChat Pay: a prepay_id lives two hours
SHORTEST_TO_PAY = timedelta(minutes=1)  # WeChat Pay raises a nearer time_expire to one minute
ASK_AFTER = tuple(timedelta(seconds=s) for s in (5, 30, 60, 180, 300, 600, 1800))
ENOUGH_IN_VAIN = 4  # calls one after the other without an answer: then WeChat is away, and a round of work ends early

ASK_AGAIN_IN, ASK_AT_MOST_FOR = timedelta(minutes=10), timedelta(days=2)  # when WeChat was away at the end


class Told(Struct, frozen=True):
    """What WeChat says: `amount` None means a currency the shop does not know."""

    success: bool
    ours: bool
    amount: Money | None
    transaction_known_elsewhere: bool = False
    heard: bool = False  # it stands in our book already, as money for this number
    another: bool = False  # WeChat's number is not the one by which the attempt was paid


class Known(Struct, frozen=True):
    """What we know of the attempt it names."""

    attempt: AttemptState
    order: OrderState
    owed: Money


def judge(told: Told, known: Known | None) -> Verdict:
    """The verdict, before it is known whether the stock of a late order is still there (then TOO_LATE may revive)."""
    if not told.success:
        return Verdict.NOT_A_SUCCESS
    if not told.ours:
        return Verdict.FOREIGN_MERCHANT
    if known is None:
        return Verdict.REPEAT if told.heard else Verdict.UNKNOWN_NUMBER
    if told.transaction_known_elsewhere:
        return Verdict.REUSED_TRANSACTION
    if known.attempt is AttemptState.PAID:
        return Verdict.PAID_TWICE if told.another else Verdict.REPEAT
    if told.amount is None or told.amount.currency != known.owed.currency:
        return Verdict.REPEAT if told.heard else Verdict.WRONG_CURRENCY
    if told.amount != known.owed:
        return Verdict.REPEAT if told.heard else Verdict.WRONG_AMOUNT
    if known.order is OrderState.AWAITING_PAYMENT:
        return Verdict.SETTLES
    return Verdict.PAID_TWICE if known.order in PAID_FOR else Verdict.TOO_LATE


def next_question(opened_at: datetime, time_expire: datetime, asked: int, now: datetime) -> datetime | None:
    """When to ask WeChat again about an attempt: a ladder after it was opened, and once after its time is over."""
    if asked < len(ASK_AFTER):
        due = max(opened_at + ASK_AFTER[asked], now)
        if due < time_expire:
            return due
    after_the_end = time_expire + timedelta(seconds=20)
    return after_the_end if now < after_the_end else None


def without_answer(time_expire: datetime, now: datetime) -> datetime | None:
    """When to ask again after the last question on the ladder got no answer: money that came in must be found."""
    return now + ASK_AGAIN_IN if now < time_expire + ASK_AT_MOST_FOR else None
