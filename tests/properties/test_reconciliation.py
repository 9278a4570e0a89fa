"""Any day's events, a bill made of them, any faults put into it: every fault is found, and nothing else is reported."""
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import builders
from bank import Bank, Entry, back, book
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select, update

from shop.base.db import transaction
from shop.base.money import Currency
from shop.payments import reconcile_queries, reconciling
from shop.payments.bill_models import Bill, BillRow, OpenItem
from shop.payments.matching import Action, ItemKind, beijing_day, day_span
from shop.payments.models import Refund, Taken

EXAMPLES = int(os.environ.get("SHOP_TEST_EXAMPLES", "") or 25)
FIRST = date(2026, 3, 1)
DAYS = 3  # what happens, happens on the second; the bills of all three are compared
K = ItemKind
_count = iter(range(10**9))


@dataclass
class Story:
    """What is true, what the bill says, what our books say, and what must be reported therefore."""

    bills: list[tuple[Entry, date]] = field(default_factory=list)
    ours: list[Entry] = field(default_factory=list)
    expected: set[tuple[ItemKind, str]] = field(default_factory=set)
    late: set[str] = field(default_factory=set)  # payments that pay for no order

    def listed(self, entry: Entry, day: date | None = None) -> None:
        self.bills.append((entry, day or beijing_day(entry.at)))


@dataclass(frozen=True)
class Event:
    """A payment at a second of the day, perhaps with a refund, and what is wrong with its line or our row."""

    second: int
    minor: int
    refund: int  # percent of it; 0: none
    wait: int  # minutes until the refund
    fault: str
    refund_fault: str
    other_day: bool  # the bill lists it on the other side of a midnight that is near


FAULTS = ["", "", "", "unknown_here", "missing_there", "amount", "currency", "twice", "no_order"]
REFUND_FAULTS = ["", "", "", "unknown_here", "missing_there", "amount", "currency", "twice", "not_known_to_have_worked"]
SECONDS = st.one_of(st.integers(0, 86_399), st.sampled_from([0, 1, 3_599, 3_601, 82_799, 82_801, 86_398, 86_399]))
EVENTS = st.lists(
    st.builds(
        Event, second=SECONDS, minor=st.integers(200, 10**7), refund=st.sampled_from([0, 0, 1, 50, 100]), wait=st.integers(1, 24 * 60),
        fault=st.sampled_from(FAULTS), refund_fault=st.sampled_from(REFUND_FAULTS), other_day=st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


def _near_day(at: datetime) -> date | None:
    """The day on the other side, when midnight is less than an hour away."""
    day = beijing_day(at)
    return next((d for d in (beijing_day(at - timedelta(minutes=59)), beijing_day(at + timedelta(minutes=59))) if d != day), None)


def _tell(story: Story, day: date, event: Event) -> None:
    number = f"{next(_count):012}"
    paid = Entry(day_span(day)[0] + timedelta(seconds=event.second), f"W{number}", f"T{number}", event.minor)
    fault = event.fault if not event.refund else event.fault.replace("unknown_here", "")  # a refund needs its payment here
    listed_on = (_near_day(paid.at) if event.other_day else None) or beijing_day(paid.at)
    if fault != "unknown_here":
        story.ours.append(paid)
    if fault == "no_order" and event.refund < 100:
        story.late.add(paid.transaction_id)
    theirs: dict[str, Callable[[], Entry]] = {
        "amount": lambda: replace(paid, minor=paid.minor + 1), "currency": lambda: replace(paid, currency="CNY"),
    }  # fmt: skip
    if fault != "missing_there":
        story.listed(theirs.get(fault, lambda: paid)(), listed_on)
    if fault == "twice":
        story.listed(paid, listed_on)
    kinds = {
        "unknown_here": K.UNKNOWN_HERE, "missing_there": K.MISSING_THERE, "amount": K.AMOUNT_DIFFERS,
        "currency": K.CURRENCY_DIFFERS, "twice": K.DUPLICATE_LINE,
    }  # fmt: skip
    if fault in kinds:
        story.expected.add((kinds[fault], paid.transaction_id))
    if event.refund:
        _tell_refund(story, paid, event)
    if paid.transaction_id in story.late:
        story.expected.add((K.PAID_NO_ORDER, paid.transaction_id))


def _tell_refund(story: Story, paid: Entry, event: Event) -> None:
    fault = event.refund_fault
    at = min(paid.at + timedelta(minutes=event.wait), day_span(FIRST + timedelta(days=2))[0] - timedelta(seconds=1))
    number = paid.transaction_id
    refund = replace(back(paid, at, paid.minor * event.refund // 100), refund_id=f"5{number}", out_refund_no=f"R{number}")
    if fault != "unknown_here":
        story.ours.append(refund)
    elif event.fault == "no_order":
        story.late.add(paid.transaction_id)  # we do not know that it went back
    theirs: dict[str, Callable[[], Entry]] = {
        "amount": lambda: replace(refund, minor=refund.minor + 1), "currency": lambda: replace(refund, currency="CNY"),
    }  # fmt: skip
    if fault != "missing_there":
        listed_on = beijing_day(at) + timedelta(days=int(event.other_day))
        story.listed(theirs.get(fault, lambda: refund)(), listed_on)
        if fault == "twice":
            story.listed(refund, listed_on)
    kinds = {
        "unknown_here": K.REFUND_UNKNOWN_HERE, "not_known_to_have_worked": K.REFUND_UNKNOWN_HERE, "amount": K.REFUND_AMOUNT_DIFFERS,
        "missing_there": K.REFUND_MISSING_THERE, "currency": K.CURRENCY_DIFFERS, "twice": K.DUPLICATE_LINE,
    }  # fmt: skip
    if fault in kinds:
        story.expected.add((kinds[fault], refund.out_refund_no))


def _write(story: Story) -> None:
    unknown = {f"R{e.transaction_id}" for e in story.ours if not e.out_refund_no} & {
        e.out_refund_no for e in story.ours if (K.REFUND_UNKNOWN_HERE, e.out_refund_no) in story.expected
    }
    book([e for e in story.ours if not e.out_refund_no])
    book([e for e in story.ours if e.out_refund_no and e.out_refund_no not in unknown])
    book([e for e in story.ours if e.out_refund_no in unknown], state="requested")
    with transaction() as session:
        session.execute(update(Taken).where(Taken.transaction_id.in_(story.late)).values(verdict="too_late"))


def _forget_everything() -> None:
    """Refunds are never deleted, triggers see to that; so they and their payments move out of the days that are compared."""
    with transaction() as session:
        for model in (OpenItem, BillRow, Bill):
            session.execute(model.__table__.delete())  # type: ignore[attr-defined]
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        session.execute(update(Refund).values(sent_at=long_ago, done_at=None, requested_at=long_ago))
        session.execute(update(Taken).values(paid_at=long_ago))


def _open() -> set[tuple[ItemKind, str]]:
    items = reconcile_queries.open_items(1000)
    assert all(item.action is not Action.WAIT_A_DAY for item in items), "every bill that could explain it is here"
    return {(item.kind, item.key) for item in items}


def test_every_fault_is_found_and_nothing_else_is_reported(app: Flask) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize="SHOP_TEST_EXAMPLES" not in os.environ, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(events=EVENTS, order=st.permutations(range(DAYS)))
    def holds(events: list[Event], order: list[int]) -> None:
        _forget_everything()
        story, bank = Story(), Bank()
        for event in events:
            _tell(story, FIRST + timedelta(days=1), event)
        for entry, day in story.bills:
            bank.lists(entry, day=day)
        _write(story)
        now = day_span(FIRST + timedelta(days=5))[0]
        with tempfile.TemporaryDirectory() as folder:

            def reconcile_all(numbers: Iterable[int]) -> None:
                for number in numbers:
                    day = FIRST + timedelta(days=number)
                    reconciling.reconcile(day, bank, Path(folder), now, currency=Currency.EUR)  # type: ignore[arg-type]

            reconcile_all(order)  # days may be made up for in any order
            found = _open()
            reconcile_all(range(DAYS))  # what is open is carried to the last day
            before = builders.everything()
            reconcile_all(range(DAYS))

        assert found == story.expected == _open()
        assert builders.everything() == before, "the second time changes nothing"

    holds()
    with transaction() as session:
        assert session.scalar(select(Taken.id)) is not None, "something was compared"
