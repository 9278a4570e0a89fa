"""One order's money in the order in which it happened, from the books of attempts, notices, payments, refunds and bills."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from enum import StrEnum

from msgspec import Struct

from shop.payments.matching import BEIJING
from shop.payments.queries import AttemptView, NoticeView
from shop.payments.reconcile_queries import BillLineView
from shop.payments.refund_queries import RefundView, TakenView
from shop.payments.states import RefundStage


class Step(StrEnum):
    """What can happen; of things at the same moment the earlier one here comes first."""

    ATTEMPT = "attempt"  # written down, before WeChat was called
    PREPAY = "prepay"  # WeChat gave a prepay_id
    ASKED = "asked"  # WeChat was asked about it, for the last time then
    PAYMENT = "payment"  # WeChat took the money
    NOTICE = "notice"  # WeChat told us
    ANSWER = "answer"  # WeChat told us because we asked
    REFUND_ASKED = "refund_asked"
    REFUND_SENT = "refund_sent"  # the last try
    REFUND_WAITING = "refund_waiting"  # WeChat has no money of the day for it
    REFUND_ABNORMAL = "refund_abnormal"
    REFUND_DONE = "refund_done"
    REFUND_CLOSED = "refund_closed"
    REFUND_HANDLED = "refund_handled"  # a person has settled it in another way
    BILL = "bill"  # WeChat's bill has it


ORDER = {step: number for number, step in enumerate(Step)}


class Entry(Struct, frozen=True):
    """One line of the timeline; exactly one of the views is there, `step` says which and what happened to it."""

    at: datetime
    step: Step
    attempt: AttemptView | None = None
    notice: NoticeView | None = None
    taken: TakenView | None = None
    refund: RefundView | None = None
    line: BillLineView | None = None


def timeline(
    attempts: Sequence[AttemptView], notices: Sequence[NoticeView], payments: Sequence[TakenView],
    refunds: Sequence[RefundView], lines: Sequence[BillLineView],
) -> list[Entry]:  # fmt: skip
    """Everything, oldest first."""
    entries = [entry for attempt in attempts for entry in _of_attempt(attempt)]
    for notice in notices:
        step = Step.ANSWER if notice.event_type == "QUERY" else Step.NOTICE
        entries.append(Entry(notice.received_at, step, notice=notice))
    entries += [Entry(taken.paid_at, Step.PAYMENT, taken=taken) for taken in payments]
    entries += [entry for refund in refunds for entry in _of_refund(refund)]
    for line in lines:
        entries.append(Entry(line.at or datetime.combine(line.day, time(), BEIJING), Step.BILL, line=line))
    return sorted(entries, key=lambda entry: (entry.at, ORDER[entry.step]))


def _of_attempt(attempt: AttemptView) -> Iterator[Entry]:
    yield Entry(attempt.created_at, Step.ATTEMPT, attempt=attempt)
    if attempt.prepay_at:
        yield Entry(attempt.prepay_at, Step.PREPAY, attempt=attempt)
    if attempt.checked_at:
        yield Entry(attempt.checked_at, Step.ASKED, attempt=attempt)


def _of_refund(refund: RefundView) -> Iterator[Entry]:
    yield Entry(refund.requested_at, Step.REFUND_ASKED, refund=refund)
    if refund.sent_at:
        yield Entry(refund.sent_at, Step.REFUND_SENT, refund=refund)
    stopped = {
        RefundStage.WAITING_FUNDS: Step.REFUND_WAITING, RefundStage.ABNORMAL: Step.REFUND_ABNORMAL,
        RefundStage.TO_SHOP: Step.REFUND_ABNORMAL,
    }  # fmt: skip
    if step := stopped.get(refund.state):
        yield Entry(refund.sent_at or refund.requested_at, step, refund=refund)
    if refund.done_at and refund.state is not RefundStage.BY_HAND:
        closed = refund.state is RefundStage.CLOSED
        yield Entry(refund.done_at, Step.REFUND_CLOSED if closed else Step.REFUND_DONE, refund=refund)
    if refund.handled_at:
        yield Entry(refund.handled_at, Step.REFUND_HANDLED, refund=refund)
