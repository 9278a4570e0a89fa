"""What WeChat tells us may come often, together, and at the worst moment: money is counted once and never lost."""
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from properties.pretend_pay import PretendPay
from races.together import Unguarded, copies, together
from sqlalchemy import func, select, table, text

from shop.base.db import db
from shop.base.errors import ShopError
from shop.gateways.pay import PaymentState
from shop.orders import commands as orders
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState, RefundState
from shop.payments import commands as payments
from shop.payments import queries
from shop.payments.commands import PayDesk
from shop.payments.states import AttemptState, Verdict

pytestmark = pytest.mark.postgresql
DESK = PayDesk("http://localhost/callbacks/wechat-pay/payment", "Duty free")
ROUNDS = 10


def how_often(name: str, where: str = "true") -> int:
    with db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table(name)).where(text(where))) or 0


def an_open_payment(pay: PretendPay, sku: str) -> tuple[OrderView, str]:
    """An order whose payment is opened at WeChat: the order and its `out_trade_no`."""
    order = builders.an_order({sku: 1})
    payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW)
    return order, queries.attempts_of(order.id)[0].out_trade_no


def test_20_copies_of_a_notice_make_one_payment_and_get_one_verdict(app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    order = builders.an_order({sku: 1})
    notice = builders.a_notice(builders.a_payment(builders.an_attempt(order), order.total))

    answers = copies(app, 20, lambda _: payments.accept(notice, builders.NOW))

    assert answers == [Verdict.SETTLES] * 20
    assert [how_often(name) for name in ("payment_notices", "pickups")] == [1, 1]
    assert how_often("order_history", "new_state = 'paid'") == 1
    assert how_often("announcements", "name = 'orders.paid'") == 1
    assert builders.stock_of(sku) == (3, 0, 1, 0)


def test_20_different_notices_of_one_payment_settle_once_and_repeat_19_times(app: Flask) -> None:
    order = builders.an_order()
    payment = builders.a_payment(builders.an_attempt(order), order.total)

    answers = copies(app, 20, lambda _: payments.accept(builders.a_notice(payment), builders.NOW))

    assert Counter(answers) == {Verdict.SETTLES: 1, Verdict.REPEAT: 19}
    assert [how_often(name) for name in ("payment_notices", "pickups")] == [20, 1]


def test_20_copies_of_a_notice_with_a_wrong_amount_are_stored_once(app: Flask) -> None:
    order = builders.an_order()
    wrong = builders.a_payment(builders.an_attempt(order), order.total + order.total)
    notice = builders.a_notice(wrong)

    answers = copies(app, 20, lambda _: payments.accept(notice, builders.NOW))

    assert answers == [Verdict.WRONG_AMOUNT] * 20
    assert how_often("payment_notices") == 1
    assert order_by_number(order.number).state is OrderState.AWAITING_PAYMENT


def test_a_notice_and_a_question_about_one_payment_settle_once(app: Flask, pay: PretendPay) -> None:
    sku = builders.a_product(on_hand=50)

    for _ in range(ROUNDS):
        order, no = an_open_payment(pay, sku)
        pay.pay(no, builders.NOW)
        notice = builders.a_notice(pay.orders[no].told())
        later = builders.NOW + timedelta(seconds=6)
        answers = together(
            app,
            [
                lambda n=notice, t=later: payments.accept(n, t),
                lambda o=order, t=later: payments.check(o.number, o.traveller_id, pay, t),
                lambda t=later: payments.ask_about_waiting(pay, t),
            ],
        )
        assert answers[0] in (Verdict.SETTLES, Verdict.REPEAT)
        assert answers[1] is OrderState.PAID
        assert how_often("order_history", f"order_id = {order.id} AND new_state = 'paid'") == 1
    assert builders.stock_of(sku) == (50, 0, ROUNDS, 0)


def test_two_attempts_of_one_order_paid_together_settle_once_and_one_goes_back(app: Flask) -> None:
    for _ in range(ROUNDS):
        order = builders.an_order()
        notices = [builders.a_notice(builders.a_payment(builders.an_attempt(order), order.total)) for _ in range(2)]
        answers = copies(app, 2, lambda n, all=notices: payments.accept(all[n], builders.NOW))
        assert set(answers) == {Verdict.SETTLES, Verdict.PAID_TWICE}
        assert [a.state for a in queries.attempts_of(order.id)] == [AttemptState.PAID] * 2
        assert how_often("pickups", f"order_id = {order.id}") == 1


def pay_and_tell(pay: PretendPay, no: str, now: Any) -> Verdict | None:
    """The traveller pays, WeChat tells us at once. None: the order was closed before."""
    return payments.accept(builders.a_notice(pay.orders[no].told()), now) if pay.pay(no, now) else None


def test_cancelling_against_paying_ends_in_one_of_the_two_and_money_decides(app: Flask, pay: PretendPay) -> None:
    sku = builders.a_product(on_hand=50)
    numbers = []
    for n in range(ROUNDS):
        order, no = an_open_payment(pay, sku)
        cancel: Callable[[], Any] = lambda o=order: payments.cancel(o.number, o.traveller_id, pay, builders.NOW)  # noqa: E731
        settle: Callable[[], Any] = lambda no=no: pay_and_tell(pay, no, builders.NOW)  # noqa: E731
        if n % 2:  # the traveller pays just between the first question and the closing
            pay.before_close = settle
            together(app, [cancel])
            pay.before_close = lambda: None
        else:
            together(app, [cancel, settle])
        numbers.append((order.number, no))

    paid = 0
    for number, no in numbers:
        state, at_wechat = order_by_number(number).state, pay.orders[no].state
        assert (state, at_wechat) in (
            (OrderState.PAID, PaymentState.SUCCESS), (OrderState.CANCELLED, PaymentState.CLOSED),
        )  # fmt: skip
        paid += state is OrderState.PAID
    assert paid >= ROUNDS // 2
    assert builders.stock_of(sku) == (50, 0, paid, 0)


def test_expiring_against_a_notice_keeps_the_order_or_revives_it(app: Flask, pay: PretendPay) -> None:
    sku = builders.a_product(on_hand=50)
    for n in range(ROUNDS):
        order, no = an_open_payment(pay, sku)
        pay.pay(no, builders.NOW)
        late = order.hold_until + timedelta(seconds=1)
        notice = builders.a_notice(pay.orders[no].told())
        answers = together(app, [lambda t=late: orders.expire_due(t), lambda n=notice, t=late: payments.accept(n, t)])
        after = order_by_number(order.number)
        assert answers[1] in (Verdict.SETTLES, Verdict.REVIVES)
        assert (after.state, after.refund_state) == (OrderState.PAID, RefundState.NONE)
        assert builders.stock_of(sku) == (50, 0, n + 1, 0)


def test_the_last_bottle_goes_to_a_late_payment_or_to_a_new_buyer_never_to_both(app: Flask, pay: PretendPay) -> None:
    for _ in range(ROUNDS):
        sku = builders.a_product(on_hand=1)
        order, no = an_open_payment(pay, sku)
        pay.pay(no, builders.NOW)
        late = order.hold_until + timedelta(seconds=1)
        notice = builders.a_notice(pay.orders[no].told())
        told, bought = together(
            app, [lambda n=notice, t=late: payments.accept(n, t), lambda s=sku, t=late: builders.an_order({s: 1}, now=t)]
        )
        kept = told in (Verdict.SETTLES, Verdict.REVIVES)
        assert kept or told is Verdict.TOO_LATE
        assert isinstance(bought, ShopError) if kept else isinstance(bought, OrderView)
        after = order_by_number(order.number)
        assert after.refund_state is (RefundState.NONE if kept else RefundState.REQUESTED)
        assert builders.stock_of(sku) == ((1, 0, 1, 0) if kept else (1, 1, 0, 0))


def test_one_payment_button_pressed_10_times_at_once_opens_one_attempt(app: Flask, pay: PretendPay) -> None:
    order = builders.an_order()

    answers = copies(app, 10, lambda _: payments.start(order.number, order.traveller_id, DESK, pay, builders.NOW))

    assert all(isinstance(answer, dict) for answer in answers)
    assert len(pay.orders) == how_often("attempts") == 1


def test_control_a_notice_without_a_lock_is_settled_several_times(app: Flask, scratch: Callable[[str], None]) -> None:
    builders.an_attempt(builders.an_order())
    for name in ("attempts", "payment_notices", "pickups"):
        scratch(name)
    pause = Unguarded()

    def hear(_: int) -> str:
        with db.engine.connect() as connection:
            heard = connection.scalar(text("SELECT count(*) FROM scratch_payment_notices WHERE notice_id = 'one notice'"))
            state = connection.scalar(text("SELECT state FROM scratch_attempts"))
            pause.wait()
            if heard or state == "paid":
                return "repeat"
            connection.execute(text("INSERT INTO scratch_payment_notices (notice_id, verdict) VALUES ('one notice', 'settles')"))
            connection.execute(text("UPDATE scratch_attempts SET state = 'paid'"))
            connection.execute(text("INSERT INTO scratch_pickups (order_id, code) VALUES (1, 'one of several')"))
            return "settles"

    assert copies(app, pause.threads, hear).count("settles") > 1
    assert how_often("scratch_pickups") > 1


def test_control_a_notice_that_is_looked_up_before_the_lock_is_answered_with_faults(
    app: Flask, scratch: Callable[[str], None]
) -> None:
    scratch("payment_notices")
    pause = Unguarded()
    with db.engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX ON scratch_payment_notices (notice_id)"))

    def hear(_: int) -> str:
        with db.engine.connect() as connection:
            heard = connection.scalar(text("SELECT count(*) FROM scratch_payment_notices WHERE notice_id = 'one notice'"))
            pause.wait()
            if not heard:
                connection.execute(text("INSERT INTO scratch_payment_notices (notice_id, verdict) VALUES ('one notice', 'settles')"))
            return "settles"

    answers = copies(app, pause.threads, hear)

    assert answers.count("settles") == 1
    assert [type(answer).__name__ for answer in answers].count("IntegrityError") == pause.threads - 1


def test_control_cancelling_without_asking_wechat_frees_stock_that_is_paid(app: Flask, pay: PretendPay) -> None:
    sku = builders.a_product(on_hand=1)
    order, no = an_open_payment(pay, sku)
    late = order.hold_until + timedelta(seconds=1)

    orders.expire_due(late)  # ends the order without a word with WeChat
    builders.an_order({sku: 1}, now=late)

    assert pay_and_tell(pay, no, late) is Verdict.TOO_LATE
    assert order_by_number(order.number).refund_state is RefundState.REQUESTED
