"""Asking for a refund in the back office: the form, the page that repeats it, and that it happens once."""
import html
import re
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from shop.base import clock
from shop.base.db import transaction
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import refund_queries, refunding
from shop.payments.refund_queries import RefundView
from shop.payments.refund_rules import Amount
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage
from shop.people.rights import Grant, Role
from shop.pickup import commands as pickup

CONFIRM = {"step": "confirm"}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: builders.NOW)


@pytest.fixture
def order() -> Callable[..., OrderView]:
    """A paid order of three pieces at 10.00 and one at 5.00."""
    return lambda: builders.a_paid_order({builders.a_product("THREE", price=10_00): 3, builders.a_product("ONE", price=5_00): 1})


def path(order: OrderView) -> str:
    return f"/manage/orders/{order.number}/refund"


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page, as its form would send them."""
    return {html.unescape(n): html.unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)}


def plan(page: str) -> str:
    found = re.search(r'<ul id="plan">(.*?)</ul>', page, re.DOTALL)
    assert found, page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def ask(office: FlaskClient, order: OrderView, **typed: str) -> Any:
    return office.post(path(order), data={"what": "whole", "cause": "goodwill", **typed})


def confirm(office: FlaskClient, order: OrderView, page: str) -> Any:
    return office.post(path(order), data={**hidden(page), **CONFIRM})


def refunds(order: OrderView) -> list[RefundView]:
    return refund_queries.refunds_of(order.id)


def line_of(order: OrderView, sku: str) -> int:
    return next(line.position for line in order.lines if line.sku == sku)


def test_everything_goes_back_after_a_page_that_says_so(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()

    checked = ask(office, paid, note="angry by phone")
    assert checked.status_code == 200
    assert refunds(paid) == [], "the first page changes nothing"
    said = plan(checked.text)
    for wanted in ("35.00 EUR of the 35.00 EUR", "3 of 3 ×", "1 of 1 ×", "cancelled and its pickup code void", "Agreed with our staff",
                   "angry by phone"):  # fmt: skip
        assert wanted in said
    done = confirm(office, paid, checked.text)

    assert (done.status_code, done.location.split("?")[0]) == (303, f"/manage/orders/{paid.number}")
    (refund,) = refunds(paid)
    assert (refund.amount_minor, refund.cause, refund.state) == (35_00, Cause.GOODWILL, RefundStage.REQUESTED)
    assert refund.note == "angry by phone"
    assert refund.asked_by.startswith("staff:")
    assert order_by_number(paid.number).state is OrderState.CANCELLED
    shown = office.get(done.location).text
    assert "The refund is written down" in shown
    assert "angry by phone" in shown


def test_some_pieces_go_back_and_the_rest_can_be_collected(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()

    pieces = {f"line-{line_of(paid, 'THREE')}": " 2 ", f"line-{line_of(paid, 'ONE')}": ""}
    checked = ask(office, paid, what="lines", cause="shortage", **pieces)
    said = plan(checked.text)
    assert "20.00 EUR of the 35.00 EUR" in said
    assert "2 of 3 ×" in said
    assert "off the stock" in said
    assert "1 of 1 ×" not in said
    confirm(office, paid, checked.text)

    assert [refund.lines for refund in refunds(paid)] == [((line_of(paid, "THREE"), 2),)]
    assert order_by_number(paid.number).state is OrderState.PAID
    assert builders.stock_of("THREE") == (8, 0, 1, 0)
    form = office.get(path(paid)).text
    assert "of 1 × Whisky" in form, "the form offers what is left"
    assert "15.00" in form


@pytest.mark.parametrize(("text", "minor"), [("12.50", 12_50), ("12,5", 12_50), (" 7 ", 7_00), ("0.01", 1)])
def test_an_amount_is_read_as_people_write_it(office: FlaskClient, order: Callable[..., OrderView], text: str, minor: int) -> None:
    paid = order()

    checked = ask(office, paid, what="amount", amount=text)
    assert "The order and its goods stay as they are." in plan(checked.text)
    confirm(office, paid, checked.text)

    assert [refund.amount_minor for refund in refunds(paid)] == [minor]
    assert order_by_number(paid.number).state is OrderState.PAID


def test_an_amount_of_all_that_is_left_is_said_to_end_the_order(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    assert "The order will be cancelled" in plan(ask(office, order(), what="amount", amount="35").text)


def test_a_collected_order_is_said_to_stay_collected(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    device, _ = builders.a_device()
    pickup.hand_over(pickup.Asked(builders.code_of(paid), "scan-id-1", builders.NOW), device, builders.SECRET, builders.NOW)

    checked = ask(office, paid)
    assert "has been handed over" in plan(checked.text)
    confirm(office, paid, checked.text)

    assert order_by_number(paid.number).state is OrderState.COLLECTED
    assert len(refunds(paid)) == 1


def test_confirming_twice_makes_one_refund(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    page = ask(office, paid, what="amount", amount="5").text

    answers = [confirm(office, paid, page) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len(refunds(paid)) == 1


def test_two_pages_of_the_same_refund_do_not_both_count(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    first, second = (ask(office, paid, what="amount", amount="5", note="twice").text for _ in range(2))

    assert confirm(office, paid, first).status_code == 303
    late = confirm(office, paid, second)

    assert late.status_code == 409
    assert 'data-code="refund_changed"' in late.text
    assert 'value="twice"' in late.text, "nothing typed is lost"
    assert len(refunds(paid)) == 1


def test_what_was_handed_over_meanwhile_is_not_cancelled_unseen(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    page = ask(office, paid).text
    device, _ = builders.a_device()
    pickup.hand_over(pickup.Asked(builders.code_of(paid), "scan-id-1", builders.NOW), device, builders.SECRET, builders.NOW)

    assert confirm(office, paid, page).status_code == 409
    assert refunds(paid) == []


def test_the_key_of_one_refund_does_not_make_another(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    sent = hidden(ask(office, paid, what="amount", amount="5").text)
    office.post(path(paid), data={**sent, **CONFIRM})

    other = office.post(path(paid), data={**sent, **CONFIRM, "amount": "6", "seen_minor": "600", "seen_left": "3000"})

    assert other.status_code == 422
    assert 'data-code="idempotency_key_reused"' in other.text
    assert len(refunds(paid)) == 1


@pytest.mark.parametrize("gone", ["key", "seen_minor", "seen_left"])
def test_a_confirmation_of_nothing_is_shown_what_would_happen_first(
    office: FlaskClient, order: Callable[..., OrderView], gone: str
) -> None:
    paid = order()
    sent = hidden(ask(office, paid).text)
    del sent[gone]

    answer = office.post(path(paid), data={**sent, **CONFIRM})

    assert 'id="plan"' in answer.text
    assert refunds(paid) == []


def test_going_back_to_the_form_keeps_what_was_typed(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    sent = hidden(ask(office, paid, what="amount", amount="5,25", note="<b>half</b>", cause="counter").text)

    form = office.post(path(paid), data={**sent, "step": "edit"})

    assert form.status_code == 200
    assert 'value="5,25"' in form.text
    assert 'value="&lt;b&gt;half&lt;/b&gt;"' in form.text
    assert re.search(r'value="amount" checked', form.text)
    assert re.search(r'<option value="counter" selected>', form.text)


@pytest.mark.parametrize(
    ("typed", "field", "status"),
    [
        ({"what": "amount", "amount": ""}, "amount", 400),
        ({"what": "amount", "amount": "-5"}, "amount", 400),
        ({"what": "amount", "amount": "5.123"}, "amount", 400),
        ({"what": "amount", "amount": "1e3"}, "amount", 400),
        ({"what": "amount", "amount": "9" * 21}, "amount", 400),
        ({"what": "amount", "amount": "٣"}, "amount", 400),
        ({"what": "amount", "amount": "0"}, "amount", 400),
        ({"what": "amount", "amount": "35.01"}, "amount", 422),
        ({"what": "lines"}, "lines", 400),
        ({"what": "lines", "line-1": "x"}, "line-1", 400),
        ({"what": "lines", "line-1": "-1"}, "line-1", 400),
        ({"what": "lines", "line-1": "4", "line-2": "4"}, "lines", 400),
        ({"what": "lines", "line-77": "1"}, "lines", 400),
        ({"what": "everything"}, "what", 400),
        ({"cause": "no_show"}, "cause", 400),
        ({"cause": ""}, "cause", 400),
        ({"note": "x" * 201}, "note", 400),
        ({"note": "a\x00b"}, "note", 400),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_beside_its_field_and_kept(
    office: FlaskClient, order: Callable[..., OrderView], typed: dict[str, str], field: str, status: int
) -> None:
    paid = order()

    answer = ask(office, paid, **typed)

    assert answer.status_code == status
    assert f'id="{field}-error"' in answer.text
    shown = [text for name, text in typed.items() if name in ("amount", "line-1", "note") and "\x00" not in text]
    assert all(html.escape(text) in answer.text for text in shown)
    assert refunds(paid) == []


def test_what_has_gone_back_already_cannot_go_again(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    confirm(office, paid, ask(office, paid).text)

    answer = ask(office, paid)

    assert answer.status_code == 409
    assert 'data-code="nothing_to_refund"' in answer.text
    assert "There is no money of this order left" in office.get(path(paid)).text
    assert 'id="refund"' not in office.get(f"/manage/orders/{paid.number}").text


def test_an_unpaid_order_has_nothing_to_refund(office: FlaskClient) -> None:
    waiting = builders.an_order()

    assert ask(office, waiting).status_code == 409
    assert 'id="refund"' not in office.get(f"/manage/orders/{waiting.number}").text


def test_a_year_after_the_payment_it_is_too_late(
    office: FlaskClient, order: Callable[..., OrderView], monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = order()
    monkeypatch.setattr(clock, "now", lambda: builders.NOW.replace(year=2027, month=12))

    answer = ask(office, paid)

    assert answer.status_code == 422
    assert "within a year" in answer.text


@pytest.mark.parametrize("number", ["D23456789A", "x", "%00", "口口"])
def test_an_order_that_does_not_exist_has_no_refund_form(office: FlaskClient, number: str) -> None:
    assert office.get(f"/manage/orders/{number}/refund").status_code == 404
    assert office.post(f"/manage/orders/{number}/refund", data={"what": "whole", "cause": "goodwill"}).status_code == 404


def test_whoever_is_no_manager_sees_the_money_and_sends_none_back(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    page = ask(office, paid).text
    builders.give_staff(Grant(Role.COUNTER))

    assert confirm(office, paid, page).status_code == 403
    assert office.get(path(paid)).status_code == 403
    shown = office.get(f"/manage/orders/{paid.number}").text
    assert 'id="money"' in shown
    assert 'id="refund"' not in shown
    assert refunds(paid) == []


def test_a_form_of_somebody_else_sends_nothing_back(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    sent = hidden(ask(office, paid).text)
    del office.environ_base["HTTP_X_CSRF_TOKEN"]

    answer = office.post(path(paid), data={**sent, **CONFIRM, "csrf_token": "made up"})

    assert answer.status_code == 403
    assert refunds(paid) == []


# --- the timeline -----------------------------------------------------------------------------------------------------


def steps(page: str) -> list[str]:
    return re.findall(r'<tr data-step="(\w+)">', page)


def test_the_timeline_tells_everything_in_its_order(office: FlaskClient, order: Callable[..., OrderView]) -> None:
    paid = order()
    refunding.ask_refund(paid.number, Amount(5_00), Why(Cause.COUNTER, "device:7", "<i>loud</i>"), builders.NOW)
    with transaction() as session:
        session.execute(
            update(refunding.Refund).values(
                sent_at=builders.NOW, tries=3, state="waiting_funds", last_said="NOT_ENOUGH", next_try_at=builders.NOW
            )
        )

    page = office.get(f"/manage/orders/{paid.number}").text

    assert steps(page) == ["attempt", "prepay", "payment", "notice", "refund_asked", "refund_sent", "refund_waiting"]
    assert "device 7" in page
    assert "&lt;i&gt;loud&lt;/i&gt;" in page
    assert "last of 3 tries (NOT_ENOUGH)" in page
    assert "Refund waits for funds" in page


@pytest.mark.parametrize("stage", list(RefundStage))
def test_every_state_of_a_refund_can_be_shown(office: FlaskClient, order: Callable[..., OrderView], stage: RefundStage) -> None:
    paid = order()
    refunding.ask_refund(paid.number, Amount(5_00), Why(Cause.SHORTAGE, "system"), builders.NOW)
    done = builders.NOW if stage in (RefundStage.SUCCESS, RefundStage.CLOSED) else None
    with transaction() as session:
        session.execute(update(refunding.Refund).values(state=stage.value, sent_at=builders.NOW, tries=1, done_at=done))

    for where in (f"/manage/orders/{paid.number}", "/manage/money/"):
        assert office.get(where).status_code == 200


def test_an_orders_page_asks_as_often_whatever_happened(
    office: FlaskClient, order: Callable[..., OrderView], statements: list[str]
) -> None:
    paid = order()
    refunding.ask_refund(paid.number, Amount(1_00), Why(Cause.GOODWILL, "staff:1"), builders.NOW)
    office.get(f"/manage/orders/{paid.number}")
    statements.clear()
    office.get(f"/manage/orders/{paid.number}")
    once = len(statements)
    for _ in range(5):
        refunding.ask_refund(paid.number, Amount(1_00), Why(Cause.GOODWILL, "staff:1"), builders.NOW)
    statements.clear()

    office.get(f"/manage/orders/{paid.number}")

    assert len(statements) == once <= 24
