"""A declaration is kept whatever it says, moves money only when it is sure, and tells nobody which orders there are."""

from datetime import timedelta

import builders
import pytest
from builders import NOW
from flask import Flask

from shop.contracts import commands, events, queries
from shop.contracts.commands import Declaration
from shop.contracts.queries import WithdrawalView
from shop.contracts.rules import (
    AlreadyHandled,
    NoSuchWithdrawal,
    TooManyDeclarations,
    TooManyLetters,
    WrongDeclaration,
    WrongMail,
)
from shop.contracts.states import Course, Proof
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import OrderState, RefundState
from shop.payments import refund_queries
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name

pytestmark = pytest.mark.usefixtures("app")


def declare(order: OrderView, key: str = "", **more: object) -> WithdrawalView:
    said = {"number": order.number, "name": order.traveller_name, "key": key or f"key-{order.number}", **more}
    return queries.by_token(commands.withdraw(Declaration(**said), 14, NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize("sure", ["signed_in", "code"])
def test_the_owner_of_an_uncollected_order_gets_the_money_back_at_once(sure: str) -> None:
    sku = builders.a_product(on_hand=3)
    order = builders.a_paid_order({sku: 2})
    proof = {"traveller": order.traveller_id} if sure == "signed_in" else {"code": builders.code_of(order).lower()}

    found = declare(order, **proof)

    assert (found.proof, found.course, found.in_time) == (Proof.OWNED, Course.REFUNDED, True)
    after = order_by_number(order.number)
    assert (after.state, after.refund_state) == (OrderState.CANCELLED, RefundState.REQUESTED)
    [refund] = refund_queries.refunds_of(order.id)
    assert (refund.amount_minor, refund.id) == (order.total.minor, found.refund_id)
    assert builders.stock_of(sku) == (3, 0, 0, 0)
    assert builders.announced(events.WITHDRAWN) == [(events.WITHDRAWN, found.id)]


def test_number_and_name_alone_wait_for_a_person_and_touch_nothing() -> None:
    order = builders.a_paid_order()

    found = declare(order, name="xiaoming  wang")

    assert (found.proof, found.course, found.is_open) == (Proof.NAMED, Course.FOR_A_PERSON, True)
    assert order_by_number(order.number).state is OrderState.PAID
    assert not refund_queries.refunds_of(order.id)


@pytest.mark.parametrize("code", ["AAAAA-AAAAA", "22222-22222", "DF1" + "A" * 113, "x", "订单"])
def test_a_wrong_code_is_no_proof(code: str) -> None:
    order = builders.a_paid_order()

    assert declare(order, code=code).proof is Proof.NAMED
    assert declare(order, code=code, name="SOMEBODY ELSE", key="another").proof is Proof.NONE
    assert order_by_number(order.number).state is OrderState.PAID


def test_another_traveller_who_is_signed_in_is_nobody_special() -> None:
    order = builders.a_paid_order()

    found = declare(order, traveller=builders.a_traveller(), name="LI NA")

    assert (found.proof, found.order_id) == (Proof.NONE, None)


def test_a_declaration_that_fits_no_order_is_kept_all_the_same() -> None:
    token = commands.withdraw(Declaration(key="key-of-nothing", number="DNOSUCH", name="LI NA", email="li@example.com"), 14, NOW)

    found = queries.by_token(token)
    assert (found.order_id, found.in_time, found.course, found.order_number) == (None, None, Course.FOR_A_PERSON, "DNOSUCH")


def test_some_goods_only_are_for_a_person() -> None:
    order = builders.a_paid_order()

    found = declare(order, traveller=order.traveller_id, wish="only the whisky")

    assert found.course is Course.FOR_A_PERSON
    assert order_by_number(order.number).state is OrderState.PAID


def test_the_same_form_sent_twice_is_one_declaration() -> None:
    order = builders.a_paid_order()

    first, second = declare(order, traveller=order.traveller_id), declare(order, traveller=order.traveller_id)

    assert first.token == second.token
    assert len(queries.listed(only_open=False)) == 1


def test_after_the_hand_over_it_is_said_whether_it_is_in_time() -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, state="collected", collected_at=NOW - timedelta(days=13))
    late = builders.a_paid_order()
    builders.set_order(late.number, state="collected", collected_at=NOW - timedelta(days=30))

    in_time, too_late = declare(order, traveller=order.traveller_id), declare(late, traveller=late.traveller_id)

    assert (in_time.course, in_time.in_time) == (Course.FOR_A_PERSON, True)
    assert (too_late.course, too_late.in_time) == (Course.FOR_A_PERSON, False)


def test_the_code_of_a_withdrawn_order_opens_nothing_any_more() -> None:
    order = builders.a_paid_order()
    code, (device, _) = builders.code_of(order), builders.a_device()
    declare(order, traveller=order.traveller_id)

    answer = pickup.hand_over(Asked(code, "scan-after-withdrawal", NOW), device, builders.SECRET, NOW)

    assert answer.name is not Name.COLLECTED
    assert order_by_number(order.number).state is OrderState.CANCELLED


def test_a_payment_too_old_to_refund_is_left_to_a_person_and_nothing_is_half_done() -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, departs_at=NOW + timedelta(days=500))
    said = Declaration(key="late", number=order.number, name="x", traveller=order.traveller_id)

    found = queries.by_token(commands.withdraw(said, 14, NOW + timedelta(days=400)))

    assert (found.course, found.refund_id) == (Course.FOR_A_PERSON, None)
    assert order_by_number(order.number).state is OrderState.PAID
    assert not refund_queries.refunds_of(order.id)
    assert builders.stock_of(order.lines[0].sku)[2] == 1


def test_one_number_is_declared_about_five_times_a_day_and_no_more() -> None:
    order = builders.a_paid_order()
    for n in range(5):
        declare(order, key=f"try-{n}", name="WRONG")

    with pytest.raises(TooManyDeclarations):
        declare(order, key="try-6")
    later = Declaration(key="tomorrow", number=order.number, name="LI")
    assert commands.withdraw(later, 14, NOW + timedelta(days=1, seconds=1))


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"number": ""}, {"number": ["missing"]}), ({"number": "订单"}, {"number": ["wrong_number"]}),
        ({"name": "  "}, {"name": ["missing"]}), ({"name": "A" * 121}, {"name": ["too_long"]}),
        ({"wish": "A" * 1001}, {"wish": ["too_long"]}), ({"email": "nowhere"}, {"email": ["wrong_mail"]}),
    ],
)  # fmt: skip
def test_what_the_law_asks_for_has_to_be_there(wrong: dict[str, str], fields: dict[str, list[str]]) -> None:
    with pytest.raises(WrongDeclaration) as refused:
        commands.withdraw(Declaration(**{"key": "k", "number": "D2", "name": "LI", **wrong}), 14, NOW)

    assert refused.value.fields == fields
    assert not queries.listed(only_open=False)


def test_a_person_sees_to_a_declaration_once() -> None:
    found = declare(builders.a_paid_order())
    assert queries.open_count() == 1

    commands.handle(found.id, "goods are back, refunded", by="staff:1", now=NOW)

    with pytest.raises(AlreadyHandled):
        commands.handle(found.id, "again", by="staff:2", now=NOW)
    with pytest.raises(NoSuchWithdrawal):
        commands.handle(found.id + 1, "", by="staff:1", now=NOW)
    after = queries.by_id(found.id)
    assert (after.handled_by, after.handled_note, queries.open_count()) == ("staff:1", "goods are back, refunded", 0)


def test_the_confirmation_goes_by_mail_three_times_at_most_and_only_for_ones_own_order() -> None:
    order = builders.a_paid_order()
    for _ in range(3):
        commands.ask_letter(order.number, order.traveller_id, "li@example.com", "zh", NOW)

    with pytest.raises(TooManyLetters):
        commands.ask_letter(order.number, order.traveller_id, "li@example.com", "zh", NOW)
    with pytest.raises(NoSuchOrder):
        commands.ask_letter(order.number, builders.a_traveller(), "li@example.com", "zh", NOW)
    with pytest.raises(WrongMail):
        commands.ask_letter(order.number, order.traveller_id, "x", "zh", NOW)
    assert len(builders.announced(events.LETTER_ASKED)) == 3


def test_a_page_of_declarations_is_one_statement(app: Flask, statements: list[str]) -> None:
    for _ in range(3):
        declare(builders.a_paid_order())
    statements.clear()

    assert len(queries.listed(only_open=True)) == 3
    assert len(statements) == 1
