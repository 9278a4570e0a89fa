"""What a line of a bill, our books and the order say of each other: truth tables."""
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shop.orders.states import OrderState
from shop.payments import matching
from shop.payments.matching import Action, Amount, ItemKind, Line, OurPayment, OurRefund
from shop.payments.states import RefundStage, Verdict

DAY = date(2026, 11, 23)
K, A = ItemKind, Action
EUR50, EUR40, CNY50 = Amount(5000, "EUR"), Amount(4000, "EUR"), Amount(5000, "CNY")
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # in Beijing
BEFORE_MIDNIGHT = datetime(2026, 11, 23, 15, 50, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 11, 22, 16, 10, tzinfo=UTC)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)


def a_line(kind: str = "payment", amount: Amount = EUR50, *, fee: int | None = 30, repeated: bool = False, said: str = "") -> Line:
    refund = kind == "refund"
    return Line(1, 7, DAY, kind, "4200", "T1", "5000" if refund else None, "R1" if refund else None, amount, fee, repeated, said)


def ours(amount: Amount = EUR50, verdict: Verdict = Verdict.SETTLES, refunded: int = 0) -> OurPayment:
    return OurPayment(11, 22, amount, verdict, refunded)


def our_refund(amount: Amount = EUR50, stage: RefundStage = RefundStage.SUCCESS) -> OurRefund:
    return OurRefund(33, 11, 22, amount, stage)


def told(findings: list[matching.Finding]) -> list[tuple[ItemKind, Action]]:
    return [(finding.kind, finding.action) for finding in findings]


@pytest.mark.parametrize(
    ("line", "payment", "expected"),
    [
        (a_line(), ours(), []),
        (a_line(), None, [(K.UNKNOWN_HERE, A.ASK_WECHAT)]),
        (a_line(amount=EUR40), ours(), [(K.AMOUNT_DIFFERS, A.ASK_WECHAT)]),
        (a_line(amount=CNY50), ours(), [(K.CURRENCY_DIFFERS, A.LOOK)]),
        (a_line(repeated=True), ours(), [(K.DUPLICATE_LINE, A.LOOK)]),
        (a_line(repeated=True), None, [(K.DUPLICATE_LINE, A.LOOK)]),
        (a_line(), ours(verdict=Verdict.REVIVES), []),
        (a_line(), ours(verdict=Verdict.TOO_LATE), [(K.PAID_NO_ORDER, A.REFUND)]),
        (a_line(), ours(verdict=Verdict.UNKNOWN_NUMBER, refunded=4999), [(K.PAID_NO_ORDER, A.REFUND)]),
        (a_line(), ours(verdict=Verdict.PAID_TWICE, refunded=5000), []),
        (a_line(), ours(refunded=5000), []),
        (a_line(amount=EUR40), ours(verdict=Verdict.WRONG_AMOUNT), [(K.AMOUNT_DIFFERS, A.ASK_WECHAT), (K.PAID_NO_ORDER, A.REFUND)]),
    ],
)
def test_a_payment_in_the_bill_against_ours(line: Line, payment: OurPayment | None, expected: list[Any]) -> None:
    assert told(matching.judge_payment_line(line, payment, None)) == expected


@pytest.mark.parametrize(
    ("line", "refund", "expected"),
    [
        (a_line("refund"), our_refund(), []),
        (a_line("refund"), None, [(K.REFUND_UNKNOWN_HERE, A.LOOK)]),
        (a_line("refund", EUR40), our_refund(), [(K.REFUND_AMOUNT_DIFFERS, A.LOOK)]),
        (a_line("refund", CNY50), our_refund(), [(K.CURRENCY_DIFFERS, A.LOOK)]),
        (a_line("refund", repeated=True), our_refund(), [(K.DUPLICATE_LINE, A.LOOK)]),
        (a_line("refund"), our_refund(stage=RefundStage.REQUESTED), [(K.REFUND_UNKNOWN_HERE, A.ASK_WECHAT)]),
        (a_line("refund"), our_refund(stage=RefundStage.WAITING_FUNDS), [(K.REFUND_UNKNOWN_HERE, A.ASK_WECHAT)]),
        (a_line("refund"), our_refund(stage=RefundStage.PROCESSING), []),
        (a_line("refund"), our_refund(stage=RefundStage.ABNORMAL), []),
        (a_line("refund"), our_refund(stage=RefundStage.CLOSED), []),
        (a_line("refund", said="PROCESSING"), our_refund(stage=RefundStage.CLOSED), []),
        (a_line("refund", said="SUCCESS"), our_refund(stage=RefundStage.CLOSED), [(K.REFUND_UNKNOWN_HERE, A.LOOK)]),
        (a_line("refund", said="SUCCESS"), our_refund(stage=RefundStage.BY_HAND), [(K.REFUND_UNKNOWN_HERE, A.LOOK)]),
        (a_line("refund"), our_refund(stage=RefundStage.BY_HAND), []),
        (a_line("refund", said="SUCCESS"), our_refund(stage=RefundStage.TO_SHOP), []),
    ],
)
def test_a_refund_in_the_bill_against_ours(line: Line, refund: OurRefund | None, expected: list[Any]) -> None:
    assert told(matching.judge_refund_line(line, refund, None)) == expected


def test_an_unknown_payment_names_the_order_whose_attempt_it_was() -> None:
    [finding] = matching.judge_payment_line(a_line(), None, 22)

    assert (finding.order_id, finding.payment_id, finding.key, finding.out_trade_no) == (22, None, "4200", "T1")
    assert (finding.ours, finding.theirs, finding.day, finding.line_number) == (None, EUR50, DAY, 7)


def test_a_refund_that_nobody_here_asked_for_names_the_payment_it_was_taken_from() -> None:
    [finding] = matching.judge_refund_line(a_line("refund"), None, ours())

    assert (finding.payment_id, finding.order_id, finding.refund_id, finding.key) == (11, 22, None, "R1")


@pytest.mark.parametrize(
    ("paid_at", "complete", "expected"),
    [
        (NOON, [], []),
        (NOON, [TOMORROW], []),
        (NOON, [DAY], [(K.MISSING_THERE, A.ASK_WECHAT)]),
        (BEFORE_MIDNIGHT, [DAY], [(K.MISSING_THERE, A.WAIT_A_DAY)]),
        (BEFORE_MIDNIGHT, [DAY, TOMORROW], [(K.MISSING_THERE, A.ASK_WECHAT)]),
        (AFTER_MIDNIGHT, [DAY], [(K.MISSING_THERE, A.WAIT_A_DAY)]),
        (AFTER_MIDNIGHT, [YESTERDAY, DAY], [(K.MISSING_THERE, A.ASK_WECHAT)]),
        (AFTER_MIDNIGHT, [YESTERDAY], [(K.MISSING_THERE, A.WAIT_A_DAY)]),
    ],
)
def test_a_payment_that_no_bill_has_waits_for_every_day_that_could_have_it(
    paid_at: datetime, complete: list[date], expected: list[Any]
) -> None:
    found = matching.judge_missing_payment(ours(), paid_at, "4200", "T1", OrderState.PAID, complete)

    assert told(found) == expected
    assert {finding.day for finding in found} <= {DAY}


@pytest.mark.parametrize("state", [OrderState.COLLECTED, OrderState.PARTLY_COLLECTED])
def test_a_missing_payment_is_red_once_the_goods_are_gone(state: OrderState) -> None:
    missing = matching.judge_missing_payment(ours(), NOON, "4200", "T1", state, [DAY])
    edge = matching.judge_missing_payment(ours(), BEFORE_MIDNIGHT, "4200", "T1", state, [DAY])

    assert told(missing) == [(K.HANDED_OVER_UNPAID, A.ASK_WECHAT)]
    assert told(edge) == [(K.MISSING_THERE, A.WAIT_A_DAY)], "on the edge of the day it may simply be in tomorrow's bill"


@pytest.mark.parametrize(
    ("complete", "expected"),
    [
        ([], []),
        ([DAY], [(K.REFUND_MISSING_THERE, A.WAIT_A_DAY)]),
        ([DAY, TOMORROW], [(K.REFUND_MISSING_THERE, A.ASK_WECHAT)]),
    ],
)
def test_a_refund_that_no_bill_has_counts_after_a_day(complete: list[date], expected: list[Any]) -> None:
    assert told(matching.judge_missing_refund(our_refund(), NOON, "R1", complete)) == expected


G = RefundStage


@pytest.mark.parametrize(
    ("stage", "done_at", "wechats_id", "expected"),
    [
        (G.REQUESTED, None, None, None),
        (G.WAITING_FUNDS, None, None, None),
        (G.PROCESSING, None, "50", NOON),
        (G.SUCCESS, BEFORE_MIDNIGHT, "50", BEFORE_MIDNIGHT),
        (G.ABNORMAL, None, "50", NOON),
        (G.ABNORMAL, None, None, None),
        (G.CLOSED, BEFORE_MIDNIGHT, "50", None),
    ],
)
def test_when_wechat_took_a_refund_on(
    stage: RefundStage, done_at: datetime | None, wechats_id: str | None, expected: datetime | None
) -> None:
    assert matching.accepted_at(stage, NOON, done_at, wechats_id) == expected


@pytest.mark.parametrize(("kept", "found"), [(5000, 0), (1, 0), (0, 1), (-1, 1)])
def test_something_of_a_collected_orders_money_must_be_here(kept: int, found: int) -> None:
    findings = matching.judge_order(22, "D123", NOON, EUR50, kept)

    assert told(findings) == [(K.HANDED_OVER_UNPAID, A.LOOK)] * found


@pytest.mark.parametrize(
    ("kind", "fee", "rate", "wrong"),
    [
        ("payment", 30, "0.006", False),
        ("payment", 31, "0.006", False),   # they round every fee by themselves
        ("payment", 32, "0.006", True),
        ("payment", None, "0.006", False),
        ("refund", -30, "0.006", False),
        ("refund", 30, "0.006", True),
    ],
)  # fmt: skip
def test_a_fee_is_reported_only_when_it_fails_the_rate(kind: str, fee: int | None, rate: str, wrong: bool) -> None:
    line = a_line(kind, fee=fee)
    if kind == "payment":
        found = matching.judge_payment_line(line, ours(), None, Decimal(rate))
    else:
        found = matching.judge_refund_line(line, our_refund(), None, Decimal(rate))

    assert told(found) == [(K.FEE_DIFFERS, A.LOOK)] * wrong


@pytest.mark.parametrize(("minor", "rate", "fee"), [(5000, "0.006", 30), (75, "0.006", 0), (250, "0.006", 2), (84, "0.006", 1)])
def test_fees_are_rounded_half_up(minor: int, rate: str, fee: int) -> None:
    assert matching.expected_fee(minor, Decimal(rate)) == fee


def test_every_kind_has_its_explanation() -> None:
    assert set(matching.EXPLAINED) == set(ItemKind)


def test_the_banks_day_begins_in_the_evening_in_frankfurt() -> None:
    since, until = matching.day_span(DAY)

    assert (since, until) == (datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC))
    assert [matching.beijing_day(at) for at in (since, until)] == [DAY, TOMORROW]
