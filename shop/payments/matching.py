"""What WeChat's bill, our books and the order say of each other, and what to do when they disagree. Only answers.

The bank's day is a day in Beijing, which begins at 17:00 or 18:00 of the day before in Frankfurt. A payment close to
midnight may stand in the bill of either day, and a refund in that of the next: such differences wait a day before they
count.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from shop.orders.states import OrderState
from shop.payments.states import RefundStage, Verdict

BEIJING = timezone(timedelta(hours=8))  # China changes no clocks
A_DAY = timedelta(days=1)
EDGE = timedelta(hours=1)  # a moment this close to midnight may be on either side in somebody else's books
FEE_TOLERANCE = 1  # minor units: WeChat rounds every fee by itself

PAYS_FOR_AN_ORDER = frozenset({Verdict.SETTLES, Verdict.REVIVES})
ACCEPTED = frozenset({RefundStage.PROCESSING, RefundStage.SUCCESS, RefundStage.ABNORMAL, RefundStage.TO_SHOP})
NOT_ACCEPTED = frozenset({RefundStage.REQUESTED, RefundStage.WAITING_FUNDS})
NOT_BY_WECHAT = frozenset({RefundStage.CLOSED, RefundStage.BY_HAND})  # the money went otherwise, or not at all
HANDED_OVER = frozenset({OrderState.COLLECTED, OrderState.PARTLY_COLLECTED})


class ItemKind(StrEnum):
    """The ways in which books can disagree."""

    UNKNOWN_HERE = "unknown_here"  # WeChat took money that we never heard of
    MISSING_THERE = "missing_there"  # we hold it for paid, no bill has it
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    PAID_NO_ORDER = "paid_no_order"  # the money pays for nothing and is not on its way back
    REFUND_UNKNOWN_HERE = "refund_unknown_here"  # paid back by WeChat; not asked by us, or we do not know that it worked
    REFUND_MISSING_THERE = "refund_missing_there"
    REFUND_AMOUNT_DIFFERS = "refund_amount_differs"
    HANDED_OVER_UNPAID = "handed_over_unpaid"  # the goods are gone and the money is not there: red
    DUPLICATE_LINE = "duplicate_line"
    FEE_DIFFERS = "fee_differs"


class Action(StrEnum):
    """What is proposed to whoever looks at an open item."""

    ASK_WECHAT = "ask_wechat"  # one question to WeChat, and our books follow its answer
    REFUND = "refund"
    WAIT_A_DAY = "wait_a_day"  # tomorrow's bill may have it
    LOOK = "look"  # only a person can decide


EXPLAINED = {
    ItemKind.UNKNOWN_HERE: "the payment is known here by now",
    ItemKind.MISSING_THERE: "a bill has the payment by now",
    ItemKind.AMOUNT_DIFFERS: "the amounts agree by now",
    ItemKind.CURRENCY_DIFFERS: "the currencies agree by now",
    ItemKind.PAID_NO_ORDER: "the money is on its way back, or pays for an order by now",
    ItemKind.REFUND_UNKNOWN_HERE: "the refund is known here by now",
    ItemKind.REFUND_MISSING_THERE: "a bill has the refund by now, or WeChat closed it",
    ItemKind.REFUND_AMOUNT_DIFFERS: "the amounts agree by now",
    ItemKind.HANDED_OVER_UNPAID: "the money is there by now, or the goods are back",
    ItemKind.DUPLICATE_LINE: "the bill has the line once by now",
    ItemKind.FEE_DIFFERS: "the fee agrees by now",
}


class Amount(NamedTuple):
    """Minor units of whatever currency somebody named, also one the shop does not settle in."""

    minor: int
    currency: str


class Line(NamedTuple):
    """A line of a bill. `repeated`: an earlier line, of this bill or another, is about the same payment or refund."""

    bill_id: int
    number: int
    day: date
    kind: str
    transaction_id: str | None
    out_trade_no: str | None
    refund_id: str | None
    out_refund_no: str | None
    amount: Amount
    fee_minor: int | None
    repeated: bool
    said: str = ""  # the state that the line names


class OurPayment(NamedTuple):
    id: int
    order_id: int | None
    amount: Amount
    verdict: Verdict
    refunded_minor: int


class OurRefund(NamedTuple):
    id: int
    payment_id: int
    order_id: int | None
    amount: Amount
    stage: RefundStage


class Finding(Struct, frozen=True, kw_only=True):
    """One difference. `kind` and `key` say which; the rest is what a person needs to see and what a repair needs to ask."""

    kind: ItemKind
    key: str
    day: date
    action: Action
    order_id: int | None = None
    payment_id: int | None = None
    refund_id: int | None = None
    bill_id: int | None = None
    line_number: int | None = None
    transaction_id: str | None = None
    out_trade_no: str | None = None
    out_refund_no: str | None = None
    ours: Amount | None = None
    theirs: Amount | None = None


def beijing_day(moment: datetime) -> date:
    """The day of the bank at this moment."""
    return moment.astimezone(BEIJING).date()


def day_span(day: date) -> tuple[datetime, datetime]:
    """The moments, in UTC, between which it is `day` in Beijing."""
    since = datetime.combine(day, time(), BEIJING).astimezone(UTC)
    return since, since + A_DAY


def judge_payment_line(
    line: Line, ours: OurPayment | None, order_of_attempt: int | None, fee_rate: Decimal | None = None
) -> list[Finding]:
    """A line that says money came in. `order_of_attempt` is the order whose attempt it names, when we know the number."""
    if line.repeated:
        return [_about(line, ItemKind.DUPLICATE_LINE, Action.LOOK, ours=ours)]
    if ours is None:
        return [_about(line, ItemKind.UNKNOWN_HERE, Action.ASK_WECHAT, order_id=order_of_attempt)]
    found = []
    if line.amount.currency != ours.amount.currency:
        found.append(_about(line, ItemKind.CURRENCY_DIFFERS, Action.LOOK, ours=ours))
    elif line.amount != ours.amount:
        found.append(_about(line, ItemKind.AMOUNT_DIFFERS, Action.ASK_WECHAT, ours=ours))
    if ours.verdict not in PAYS_FOR_AN_ORDER and ours.refunded_minor < ours.amount.minor:
        found.append(_about(line, ItemKind.PAID_NO_ORDER, Action.REFUND, ours=ours))
    return found + _judge_fee(line, ours, fee_rate)


def judge_refund_line(
    line: Line, ours: OurRefund | None, payment: OurPayment | None, fee_rate: Decimal | None = None
) -> list[Finding]:
    """A line that says money went back. `payment` is the one that it names as refunded, when we know it."""
    if line.repeated:
        return [_about(line, ItemKind.DUPLICATE_LINE, Action.LOOK, ours=ours or payment)]
    if ours is None:  # made in WeChat's own pages, or not made by anybody of ours
        finding = _about(line, ItemKind.REFUND_UNKNOWN_HERE, Action.LOOK)
        return [finding if payment is None else replace(finding, payment_id=payment.id, order_id=payment.order_id)]
    found = []
    if ours.stage in NOT_ACCEPTED:
        found.append(_about(line, ItemKind.REFUND_UNKNOWN_HERE, Action.ASK_WECHAT, ours=ours))
    if ours.stage in NOT_BY_WECHAT and line.said.upper() == "SUCCESS":
        found.append(_about(line, ItemKind.REFUND_UNKNOWN_HERE, Action.LOOK, ours=ours))
    if line.amount.currency != ours.amount.currency:
        found.append(_about(line, ItemKind.CURRENCY_DIFFERS, Action.LOOK, ours=ours))
    elif line.amount != ours.amount:
        found.append(_about(line, ItemKind.REFUND_AMOUNT_DIFFERS, Action.LOOK, ours=ours))
    return found + _judge_fee(line, ours, fee_rate)


def expected_fee(amount_minor: int, rate: Decimal) -> int:
    """What WeChat keeps of an amount, in minor units, rounded half up."""
    return int((amount_minor * rate).quantize(Decimal(1), ROUND_HALF_UP))


def judge_missing_payment(
    payment: OurPayment,
    paid_at: datetime,
    transaction_id: str,
    out_trade_no: str,
    order_state: OrderState | None,
    complete: Collection[date],
) -> list[Finding]:
    """A payment of ours that no bill has. `complete` are the days whose bills are here.

    Nothing while none of the days that could have it is complete; a day's patience while one of them is not.
    """
    possible = {beijing_day(paid_at + shift) for shift in (-EDGE, timedelta(), EDGE)}
    here = possible & set(complete)
    if not here:
        return []
    handed_over = order_state in HANDED_OVER
    waits = here != possible
    return [
        Finding(
            kind=ItemKind.HANDED_OVER_UNPAID if handed_over and not waits else ItemKind.MISSING_THERE,
            key=transaction_id,
            day=beijing_day(paid_at),
            action=Action.WAIT_A_DAY if waits else Action.ASK_WECHAT,
            order_id=payment.order_id, payment_id=payment.id, transaction_id=transaction_id, out_trade_no=out_trade_no,
            ours=payment.amount,
        )
    ]  # fmt: skip


def accepted_at(
    stage: RefundStage, sent_at: datetime | None, done_at: datetime | None, wechats_id: str | None
) -> datetime | None:
    """When WeChat took a refund on, at the latest; None when it did not, or not that we know."""
    if stage not in ACCEPTED or (stage is RefundStage.ABNORMAL and wechats_id is None):
        return None  # abnormal without a number of WeChat's: it was refused outright
    return done_at or sent_at


def judge_missing_refund(
    refund: OurRefund, accepted: datetime | None, out_refund_no: str, complete: Collection[date]
) -> list[Finding]:
    """A refund of ours that no bill has: it counts when the day on which WeChat took it on and the next are complete."""
    if accepted is None:
        return []
    day = beijing_day(accepted)
    here = {day, day + A_DAY} & set(complete)
    if not here:
        return []
    return [
        Finding(
            kind=ItemKind.REFUND_MISSING_THERE, key=out_refund_no, day=day,
            action=Action.ASK_WECHAT if len(here) == 2 else Action.WAIT_A_DAY,
            order_id=refund.order_id, payment_id=refund.payment_id, refund_id=refund.id, out_refund_no=out_refund_no,
            ours=refund.amount,
        )
    ]  # fmt: skip


def judge_order(order_id: int, number: str, collected_at: datetime, owed: Amount, kept_minor: int) -> list[Finding]:
    """A collected order: some of its money must still be here. `kept_minor` is what came in for it less what went back."""
    if kept_minor > 0:
        return []
    return [
        Finding(
            kind=ItemKind.HANDED_OVER_UNPAID, key=number, day=beijing_day(collected_at), action=Action.LOOK,
            order_id=order_id, ours=Amount(kept_minor, owed.currency), theirs=None,
        )
    ]  # fmt: skip


def _judge_fee(line: Line, ours: OurPayment | OurRefund, rate: Decimal | None) -> list[Finding]:
    if rate is None or line.fee_minor is None:
        return []
    wanted = expected_fee(line.amount.minor, rate) * (1 if line.kind == "payment" else -1)
    if abs(line.fee_minor - wanted) <= FEE_TOLERANCE:
        return []
    finding = _about(line, ItemKind.FEE_DIFFERS, Action.LOOK, ours=ours)
    return [
        replace(
            finding, ours=Amount(wanted, line.amount.currency), theirs=Amount(line.fee_minor, line.amount.currency)
        )
    ]


def _about(
    line: Line,
    kind: ItemKind,
    action: Action,
    *,
    ours: OurPayment | OurRefund | None = None,
    order_id: int | None = None,
) -> Finding:
    refund = line.kind == "refund"
    number = (line.out_refund_no or line.refund_id) if refund else (line.transaction_id or line.out_trade_no)
    return Finding(
        kind=kind, key=number or f"line {line.number} of {line.day}", day=line.day, action=action,
        order_id=ours.order_id if ours else order_id,
        payment_id=ours.payment_id if isinstance(ours, OurRefund) else ours.id if ours else None,
        refund_id=ours.id if isinstance(ours, OurRefund) else None,
        bill_id=line.bill_id, line_number=line.number, transaction_id=line.transaction_id, out_trade_no=line.out_trade_no,
        out_refund_no=line.out_refund_no, ours=ours.amount if ours else None, theirs=line.amount,
    )  # fmt: skip
