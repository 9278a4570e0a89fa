"""Whatever order placing, paying, cancelling, expiring, notices, questions and scans come in: stock and money add up."""
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import builders
import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from properties import model
from properties.pretend_pay import Back, PretendPay
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import OrderNumber, TravellerId
from shop.base.money import Currency, Money
from shop.base.outbox import Announcement
from shop.catalogue.models import Stock, StockHold
from shop.catalogue.stock import OutOfStock
from shop.gateways.pay import PaymentState, PayNotice, PayUnavailable, RefundState
from shop.orders import commands as orders
from shop.orders.models import Order
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import PAID_FOR, NoSuchMove, OrderState
from shop.orders.states import RefundState as OrderRefund
from shop.payments import commands as payments
from shop.payments import (
    events,
    money_queries,
    queries,
    refund_by_hand,
    refund_queries,
    refund_rules,
    refund_sending,
    refunding,
)
from shop.payments.commands import PayDesk, PayWindowClosed
from shop.payments.states import Cause, Verdict
from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup import packing
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name
from shop.settings import Settings

# By itself the suite walks the same examples every time; with SHOP_TEST_EXAMPLES=500 it goes looking for new ones.
EXAMPLES = os.environ.get("SHOP_TEST_EXAMPLES", "")
DESK = PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")
ON_HAND = (3, 4)
STAGES = ("placed", "opened", "paid", "told", "scanned")
WHICH = st.integers(0, 5)
WRONG = st.sampled_from(["", "", "", "amount", "currency", "merchant"])   # what is wrong with a notice
T = TypeVar("T")
LATE = {Verdict.REVIVES, Verdict.TOO_LATE}


class World:
    """What stays the same from one example to the next: the shop, two products, two travellers, a counter."""

    def __init__(self, shop_settings: Settings) -> None:
        self.settings = shop_settings
        self.skus = [builders.a_product(on_hand=count, price=1000 * count) for count in ON_HAND]
        self.travellers: list[TravellerId] = [builders.a_traveller() for _ in range(2)]
        self.device: KnownDevice = builders.a_device()[0]
        with reading() as session:
            self.on_hand = {row.product_id: row.on_hand for row in session.scalars(select(Stock).order_by(Stock.product_id))}
        self.product_ids = sorted(self.on_hand)


class Shopping(RuleBasedStateMachine):
    """One shop, its travellers, its counter, and WeChat Pay in memory."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        model.forget_everything(self.world.on_hand)
        self.now: datetime = builders.NOW
        self.pay = PretendPay(self.world.settings.pay)
        self.taken: dict[str, int] = {}
        self.heard: set[str] = set()
        self.placed: list[OrderNumber] = []
        self.opened: list[OrderNumber] = []   # those whose payment button was pressed
        self.paid: list[OrderNumber] = []     # those that WeChat took money for
        self.told: list[tuple[PayNotice, Verdict]] = []       # notices that came once, with their verdict
        self.scanned: list[tuple[str, str, Name]] = []        # code, scan id and answer of scans that came once

    @initialize(stages=st.lists(st.tuples(st.sampled_from(STAGES), WRONG), min_size=1, max_size=3))
    def orders_that_were_there_before(self, stages: list[tuple[str, str]]) -> None:
        """So that short examples, too, meet orders in every stage of their life."""
        for stage, wrong in stages:
            self.place(0, (1, 1))
            steps: list[Callable[[int], None]] = [
                lambda which: self.press_the_payment_button(which, "good"), self.pay_on_the_phone,
                lambda which, wrong=wrong: self.a_notice_comes(which, wrong), self.scan,
            ]  # fmt: skip
            for step in steps[: STAGES.index(stage)]:
                step(-1)

    def order(self, number: str) -> OrderView:
        return order_by_number(number)

    def one(self, of: Sequence[T], which: int) -> T:
        return of[which % len(of)]

    # -- travellers ----------------------------------------------------------------------------------------------------

    @rule(buyer=st.sampled_from([0, 1]), counts=st.tuples(st.integers(0, 2), st.integers(0, 3)).filter(any))
    def place(self, buyer: int, counts: tuple[int, int]) -> None:
        lines = {sku: count for sku, count in zip(self.world.skus, counts, strict=True) if count}
        free = self.free_when_the_due_are_let_go()
        enough = all(free[key] >= count for key, count in zip(self.world.product_ids, counts, strict=True))
        key = secrets.token_hex(8)
        try:
            first = self.send(lines, buyer, key)
        except OutOfStock:
            assert not enough, "out of stock, with enough on the shelf"
            return
        assert enough
        assert self.send(lines, buyer, key) == orders.Placed(first.number, new=False)
        self.placed.append(first.number)

    def send(self, lines: dict[str, int], buyer: int, key: str) -> orders.Placed:
        plan = builders.a_plan(lines)
        return orders.place(plan, self.world.travellers[buyer], key, Currency.EUR, builders.WITHIN, self.now)

    def free_when_the_due_are_let_go(self) -> dict[int, int]:
        with reading() as session:
            free = {s.product_id: s.on_hand - s.held - s.allocated for s in session.scalars(select(Stock))}
            due = select(Order.id).where(Order.state == OrderState.AWAITING_PAYMENT.value, Order.hold_until < self.now)
            for hold in session.scalars(select(StockHold).where(StockHold.reference.in_(due))):
                free[hold.product_id] += hold.quantity
        return free

    @precondition(lambda self: self.placed)
    @rule(which=WHICH, line=st.sampled_from(["good", "good", "cut after", "cut before"]))
    def press_the_payment_button(self, which: int, line: str) -> None:
        number = self.one(self.placed, which)

        def cut() -> None:
            raise PayUnavailable("connection")

        order = self.order(number)
        self.pay.before_open = cut if line == "cut before" else lambda: None
        self.pay.after_open = cut if line == "cut after" else lambda: None
        try:
            parameters = payments.start(number, order.traveller_id, DESK, self.pay, self.now)
        except PayWindowClosed:
            too_late = self.now >= order.pay_before - timedelta(minutes=1)
            assert order.state is not OrderState.AWAITING_PAYMENT or too_late or self.is_over_at_wechat(number)
        except PayUnavailable:
            assert line != "good"
        else:
            prepays = [prepay for one in self.pay.orders.values() for prepay in one.prepays]
            assert parameters["package"].removeprefix("prepay_id=") in prepays
        self.opened.append(number)
        self.note_what_was_heard()

    def is_over_at_wechat(self, number: str) -> bool:
        return any(
            one.state is not PaymentState.NOTPAY
            for attempt in queries.attempts_of(self.order(number).id)
            if (one := self.pay.orders.get(attempt.out_trade_no))
        )

    @precondition(lambda self: self.opened)
    @rule(which=WHICH)
    def pay_on_the_phone(self, which: int) -> None:
        """At any time, also long after the last moment to pay: `time_expire` closes nothing by itself."""
        number = self.one(self.opened, which)
        for attempt in queries.attempts_of(self.order(number).id):
            if self.pay.pay(attempt.out_trade_no, self.now):
                one = self.pay.orders[attempt.out_trade_no]
                self.taken[one.transaction_id] = one.amount.minor
                self.paid.append(number)

    @rule()
    def pay_when_the_goods_are_gone(self) -> None:
        """Too late, and somebody else has them by now: rare by chance, so it is a step of its own."""
        before = len(self.placed)
        self.place(0, (1, 1))
        if len(self.placed) == before:
            return
        self.press_the_payment_button(-1, "good")
        late = self.placed[-1]
        self.now += timedelta(minutes=34)
        orders.expire_due(self.now)
        while len(self.placed) > before:
            before = len(self.placed)
            self.place(1, (0, 1))
        if late in self.opened:
            self.pay_on_the_phone(self.opened.index(late))

    @precondition(lambda self: self.placed)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        number = self.one(self.placed, which)
        before = self.order(number)
        try:
            state = payments.cancel(number, before.traveller_id, self.pay, self.now)
        except NoSuchMove:
            assert before.state in PAID_FOR
        else:
            assert state is self.order(number).state
            assert state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.PAID)
            assert (state is OrderState.PAID) <= self.is_over_at_wechat(number)
        self.note_what_was_heard()

    @precondition(lambda self: self.placed)
    @rule(which=WHICH)
    def look_at_the_order(self, which: int) -> None:
        """The order page asks our server, which asks WeChat Pay."""
        number = self.one(self.placed, which)
        state = payments.check(number, self.order(number).traveller_id, self.pay, self.now)
        assert state is self.order(number).state_at(self.now)
        self.note_what_was_heard()

    # -- WeChat Pay ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.paid)
    @rule(which=WHICH, wrong=WRONG)
    def a_notice_comes(self, which: int, wrong: str) -> None:
        number = self.one(self.paid, which)
        paid = [
            one for attempt in queries.attempts_of(self.order(number).id)
            if (one := self.pay.orders.get(attempt.out_trade_no)) and one.state is PaymentState.SUCCESS
        ]  # fmt: skip
        payment = paid[-1].told(**self.spoil(wrong, paid[-1].amount))
        before = self.order(number).state
        notice = builders.a_notice(payment, now=self.now)
        verdict = payments.accept(notice, self.now)
        if not wrong:
            self.heard.add(paid[-1].transaction_id)
            assert verdict in {Verdict.REPEAT, Verdict.SETTLES} | LATE
            assert (verdict is Verdict.SETTLES) <= (before is OrderState.AWAITING_PAYMENT)
        else:
            assert verdict in {Verdict.REPEAT, Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.FOREIGN_MERCHANT}
            assert self.order(number).state is before, "a wrong notice moved the order"
        self.told.append((notice, verdict))

    def spoil(self, wrong: str, amount: Money) -> dict[str, Any]:
        spoiled: dict[str, dict[str, Any]] = {
            "": {},
            "amount": {"amount": amount + Money(1, amount.currency)},
            "currency": {"amount": None},
            "merchant": {"ours": False},
        }
        return spoiled[wrong]

    @precondition(lambda self: self.told)
    @rule(which=WHICH)
    def the_same_notice_comes_again(self, which: int) -> None:
        notice, verdict = self.one(self.told, which)
        assert payments.accept(notice, self.now) is verdict

    # -- the shop by itself --------------------------------------------------------------------------------------------

    @rule(by=st.sampled_from([timedelta(seconds=7), timedelta(minutes=2), timedelta(minutes=34)]))
    def time_goes_by(self, by: timedelta) -> None:
        self.now += by

    @rule()
    def ask_about_what_waits(self) -> None:
        payments.ask_about_waiting(self.pay, self.now)
        self.note_what_was_heard()

    @rule()
    def let_the_overdue_go(self) -> None:
        """With WeChat's word."""
        payments.expire_overdue(self.pay, self.now)
        self.note_what_was_heard()

    @rule()
    def let_the_overdue_go_without_wechat(self) -> None:
        self.pay.silent = True
        payments.expire_overdue(self.pay, self.now)
        self.pay.silent = False
        orders.expire_due(self.now)

    # -- money back ----------------------------------------------------------------------------------------------------

    def ask_back(self, number: OrderNumber, what: refund_rules.What) -> None:
        with suppress(refund_rules.NothingToRefund, refund_rules.RefundTooLarge, refund_rules.WrongRefund):
            refunding.ask_refund(number, what, refunding.Why(Cause.GOODWILL, "staff:1"), self.now)

    @precondition(lambda self: self.placed)
    @rule(which=WHICH)
    def give_a_paid_order_back(self, which: int) -> None:
        number = self.one(self.placed, which)
        before = self.order(number)
        try:
            state = refunding.cancel_paid(number, before.traveller_id, self.now)
        except NoSuchMove:
            assert before.state not in (OrderState.PAID, OrderState.READY)
        else:
            assert state is OrderState.CANCELLED

    @precondition(lambda self: self.paid)
    @rule(which=WHICH, pieces=st.dictionaries(st.integers(1, 2), st.integers(1, 2), min_size=1))
    def pay_pieces_back(self, which: int, pieces: dict[int, int]) -> None:
        self.ask_back(self.one(self.paid, which), refund_rules.Lines(pieces))

    @precondition(lambda self: self.paid)
    @rule(which=WHICH, minor=st.integers(1, 9000))
    def pay_a_sum_back(self, which: int, minor: int) -> None:
        self.ask_back(self.one(self.paid, which), refund_rules.Amount(minor))

    @rule(funds=st.booleans(), line=st.sampled_from(["good", "good", "breaks"]))
    def send_refunds(self, funds: bool, line: str) -> None:
        self.pay.has_funds = funds
        self.pay.after_refund = (lambda: None) if line == "good" else self.line_breaks
        self.do_refunds()

    def do_refunds(self) -> None:
        """What the worker does: reactions first, then sending and asking."""
        with reading() as session:
            due = session.execute(
                select(Announcement.subject, Announcement.facts).where(Announcement.name == events.REFUND_DUE)
            ).all()
        for subject, facts in due:
            refunding.send_back(subject, facts, self.now)
        refund_sending.send_due(self.pay, "http://localhost/callbacks/wechat-pay/refund", self.now)
        refund_sending.ask_about(self.pay, self.now)

    @precondition(lambda self: self.pay.refunds)
    @rule(
        which=WHICH, says_so=st.booleans(),
        state=st.sampled_from([RefundState.SUCCESS, RefundState.ABNORMAL, RefundState.ABNORMAL, RefundState.CLOSED]),
    )
    def wechat_ends_a_refund(self, which: int, says_so: bool, state: RefundState) -> None:
        back = self.one(list(self.pay.refunds.values()), which)
        if back.state is RefundState.PROCESSING or (back.state is RefundState.ABNORMAL and state is RefundState.CLOSED):
            back.state = state
        if says_so:
            self.tell_of(back)

    @precondition(lambda self: self.pay.refunds)
    @rule(which=WHICH)
    def a_refund_notice_comes(self, which: int) -> None:
        self.tell_of(self.one(list(self.pay.refunds.values()), which))

    def tell_of(self, back: Back) -> None:
        verdict = payments.accept(builders.a_refund_notice(back.told(), now=self.now), self.now)
        assert verdict is Verdict.ABOUT_A_REFUND

    @precondition(lambda self: self.pay.refunds)
    @rule(which=WHICH, hurries=st.booleans())
    def a_person_sees_to_a_refund(self, which: int, hurries: bool) -> None:
        """Tries again what WeChat cannot deliver, or pays the traveller in another way."""
        stuck = [*refund_queries.for_a_person(), *money_queries.given_up()]
        if not stuck:
            return
        refund = self.one(stuck, which)
        if hurries:
            refund_by_hand.try_now(refund.id, self.now)
        elif not refund_by_hand.settle(refund.id, "bank transfer", "staff:1", self.pay, self.now):
            refund_by_hand.settle_closed(refund.id, "bank transfer", "staff:1", self.now)

    def line_breaks(self) -> None:
        raise PayUnavailable("connection")

    def note_what_was_heard(self) -> None:
        """The shop asked WeChat Pay by itself: what it wrote down as an answer counts as heard."""
        with reading() as session:
            asked = session.scalars(
                select(model.PaymentNotice.transaction_id).where(model.PaymentNotice.event_type == "QUERY")
            ).all()
        self.heard |= {str(transaction_id) for transaction_id in asked}

    # -- the counter ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.placed)
    @rule(which=WHICH)
    def pack(self, which: int) -> None:
        number = self.one(self.placed, which)
        before = self.order(number).state
        try:
            packing.finish(number, packing.Packer.with_device(self.world.device), self.now, by_hand=True)
        except NoSuchMove:
            assert before not in (OrderState.PAID, OrderState.READY)
        else:
            assert before in (OrderState.PAID, OrderState.READY)

    @precondition(lambda self: self.paid)
    @rule(which=WHICH)
    def scan(self, which: int) -> None:
        number = self.one(self.paid, which)
        order = self.order(number)
        if not any(change.new_state is OrderState.PAID for change in order.history):
            return  # it has no code yet
        code, scan_id = builders.code_of(order), secrets.token_hex(8)
        answer = self.hand_over(code, scan_id)
        if order.state is OrderState.COLLECTED:
            assert answer is Name.ALREADY_COLLECTED
        elif order.state is OrderState.CANCELLED or order.refund_state is OrderRefund.REFUNDED:
            assert answer is Name.REFUNDED
        else:
            assert answer is Name.COLLECTED
            assert self.order(number).state is OrderState.COLLECTED
        if answer is not Name.REFUNDED:
            self.scanned.append((code, scan_id, answer))

    @precondition(lambda self: self.scanned)
    @rule(which=WHICH)
    def the_same_scan_is_sent_again(self, which: int) -> None:
        code, scan_id, answer = self.one(self.scanned, which)
        assert self.hand_over(code, scan_id) is answer

    @precondition(lambda self: self.scanned)
    @rule(which=WHICH)
    def another_counter_scans_it(self, which: int) -> None:
        code, _, _ = self.one(self.scanned, which)
        assert self.hand_over(code, secrets.token_hex(8)) is Name.ALREADY_COLLECTED

    def hand_over(self, code: str, scan_id: str) -> Name:
        return pickup.hand_over(Asked(code, scan_id, self.now), self.world.device, builders.SECRET, self.now).name

    # -- what is always true -------------------------------------------------------------------------------------------

    @invariant()
    def stock_adds_up(self) -> None:
        model.check_stock(self.world.on_hand)

    @invariant()
    def every_order_went_a_way_there_is(self) -> None:
        model.check_orders()

    @invariant()
    def no_money_is_lost_or_counted_twice(self) -> None:
        model.check_money(self.taken, self.heard, self.pay)

    def teardown(self) -> None:
        """In the end, with WeChat asked about everything, no money is unaccounted for and no stock is held for nothing."""
        self.pay.before_open = self.pay.after_open = lambda: None
        with reading() as session:
            numbers = list(session.scalars(select(Order.number)))
        for _ in range(2):
            self.now += timedelta(hours=1)
            payments.expire_overdue(self.pay, self.now)
            orders.expire_due(self.now)
            for number in numbers:
                payments.check(OrderNumber(number), self.order(number).traveller_id, self.pay, self.now)
        model.check_stock(self.world.on_hand)
        model.check_orders()
        model.check_money(self.taken, set(self.taken), self.pay)
        self.all_the_money_goes_where_it_should()
        assert all(self.order(number).state is not OrderState.AWAITING_PAYMENT for number in numbers)


    def all_the_money_goes_where_it_should(self) -> None:
        """Whatever is on its way back arrives, as WeChat's sums and ours; what cannot be delivered is a person's."""
        self.pay.has_funds, self.pay.after_refund = True, lambda: None
        for _ in range(60):
            self.now += timedelta(hours=2)
            self.do_refunds()
            for back in self.pay.refunds.values():
                if back.state is RefundState.PROCESSING:
                    back.state = RefundState.SUCCESS
            if not refund_sending.any_due(self.now + timedelta(days=2)):
                break
        model.check_refunds(self.pay)
        model.check_nothing_is_kept(self.pay)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_stock_and_money_add_up_whatever_comes_in_whatever_order(app: Flask, settings: Settings) -> None:
    Shopping.world = World(settings)
    run_state_machine_as_test(Shopping, settings=_how_hard())


def _how_hard() -> settings:
    return settings(
        max_examples=int(EXAMPLES or 25), stateful_step_count=25, deadline=None, database=None, derandomize=not EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )  # fmt: skip
