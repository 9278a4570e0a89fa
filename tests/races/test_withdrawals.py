"""A withdrawal against the counter: either the goods go out, or the money goes back; and never twice."""

from collections import Counter
from collections.abc import Callable

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies, in_turn, together
from sqlalchemy import text

from shop.base.db import db
from shop.contracts import commands, queries
from shop.contracts.commands import Declaration
from shop.contracts.states import Course
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import refund_queries
from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name, Outcome

pytestmark = pytest.mark.postgresql
ROUNDS = 20


def withdraw(order: OrderView, key: str) -> str:
    said = Declaration(key=key, number=order.number, name=order.traveller_name, traveller=order.traveller_id)
    return commands.withdraw(said, 14, builders.NOW)


def scan(code: str, scan_id: str, device: KnownDevice) -> Outcome:
    return pickup.hand_over(Asked(code, scan_id, builders.NOW), device, builders.SECRET, builders.NOW)


def check_whole(order: OrderView, token: str, outcome: Outcome, sku: str) -> OrderState:
    """Goods out and no money back, or money back and no goods out."""
    found, after = queries.by_token(token), order_by_number(order.number)
    refunds = refund_queries.refunds_of(order.id)
    if outcome.name is Name.COLLECTED:
        assert (after.state, found.course, refunds) == (OrderState.COLLECTED, Course.FOR_A_PERSON, [])
        assert builders.stock_of(sku)[3] == 1
    else:
        assert (after.state, found.course) == (OrderState.CANCELLED, Course.REFUNDED)
        assert [refund.amount_minor for refund in refunds] == [order.total.minor]
        assert builders.stock_of(sku)[3] == 0
    return after.state


def test_a_withdrawal_against_a_hand_over_gives_goods_or_money_never_both(app: Flask) -> None:
    device, _ = builders.a_device()
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=1)
        order = builders.a_paid_order({sku: 1})
        code = builders.code_of(order)

        token, outcome = together(
            app,
            [lambda o=order, n=n: withdraw(o, f"race-{n}"), lambda c=code, n=n: scan(c, f"scan-of-withdrawal-{n}", device)],
        )

        check_whole(order, token, outcome, sku)


@pytest.mark.parametrize("first", ["withdrawal", "counter"])
def test_whoever_comes_first_wins_whichever_of_the_two_it_is(app: Flask, first: str) -> None:
    device, _ = builders.a_device()
    sku = builders.a_product(on_hand=1)
    order = builders.a_paid_order({sku: 1})
    code = builders.code_of(order)
    acts: dict[str, Callable[[], object]] = {
        "withdrawal": lambda: withdraw(order, "in-turn"), "counter": lambda: scan(code, "scan-in-turn", device),
    }  # fmt: skip
    names = ["withdrawal", "counter"] if first == "withdrawal" else ["counter", "withdrawal"]

    given = in_turn(app, "SELECT id FROM orders FOR UPDATE", [acts[name] for name in names])
    answers = dict(zip(names, given, strict=True))

    state = check_whole(order, str(answers["withdrawal"]), answers["counter"], sku)
    assert state is (OrderState.CANCELLED if first == "withdrawal" else OrderState.COLLECTED)


def test_one_form_sent_8_times_at_once_is_one_declaration_and_one_refund(app: Flask) -> None:
    order = builders.a_paid_order()

    answers = copies(app, 8, lambda _: withdraw(order, "sent-often"))

    assert len(set(answers)) == 1
    assert len(refund_queries.refunds_of(order.id)) == 1


def test_4_declarations_at_once_start_one_refund(app: Flask) -> None:
    order = builders.a_paid_order()

    tokens = copies(app, 4, lambda n: withdraw(order, f"declared-{n}"))

    courses = Counter(queries.by_token(token).course for token in tokens)
    assert courses == {Course.REFUNDED: 1, Course.OVER: 3}
    assert len(refund_queries.refunds_of(order.id)) == 1


def test_control_a_withdrawal_that_looks_at_the_order_without_holding_it_refunds_what_was_handed_over(
    app: Flask, scratch: Callable[[str], None]
) -> None:
    builders.a_paid_order()
    scratch("orders")
    pause = Unguarded(2)

    def unguarded(wanted: str) -> bool:
        with db.engine.connect() as connection:
            state = connection.scalar(text("SELECT state FROM scratch_orders"))
            pause.wait()
            if state != "paid":
                return False
            connection.execute(text("UPDATE scratch_orders SET state = :wanted"), {"wanted": wanted})
            connection.commit()
            return True

    assert together(app, [lambda: unguarded("cancelled"), lambda: unguarded("collected")]) == [True, True]
