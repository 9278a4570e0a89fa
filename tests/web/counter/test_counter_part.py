"""A part is handed over and the rest refunded, in one step on the page."""

import builders
import pytest
from flask.testing import FlaskClient
from web.counter.counter_forms import form_in, look, outcome_of, post, scans, signed_in

from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments.refund_queries import refunds_of
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    return signed_in(client)


@pytest.fixture
def order() -> OrderView:
    """Two bottles at 50 euros and a box at 20."""
    return builders.a_paid_order({builders.a_product("SP-A", price=50_00, alcohol=400): 2, builders.a_product("CO-B", price=20_00): 1})


def choose(client: FlaskClient, page: str, *given: str) -> str:
    fields = form_in(page, "/counter/part")
    names = sorted(name for name in fields if name.startswith("give-"))
    return str(post(client, "/counter/part", {**fields, **dict(zip(names, given, strict=True))}).text)


def test_the_form_holds_everything_until_somebody_changes_it(counter: FlaskClient, order: OrderView) -> None:
    page = look(counter, order)

    assert [text for name, text in sorted(form_in(page, "/counter/part").items()) if name.startswith("give-")] == ["2", "1"]
    assert outcome_of(choose(counter, page, "2", "1")) == "look"


def test_refused_pieces_are_refunded_on_the_spot_and_the_sum_is_shown_before(counter: FlaskClient, order: OrderView) -> None:
    page = choose(counter, look(counter, order), "1", "1")
    before = order_by_number(order.number).state
    answer = post(counter, "/counter/scan", form_in(page, "/counter/scan")).text

    assert (outcome_of(page), before, "€50.00" in page) == ("part", OrderState.PAID, True)
    assert outcome_of(answer) == "collected"
    assert "1 piece was not handed over" in answer
    assert order_by_number(order.number).state is OrderState.PARTLY_COLLECTED
    [written] = scans()
    assert (written.outcome, written.details["missing"]) == ("collected", [[order.lines[0].position, 1]])


def test_the_same_part_sent_again_gives_and_refunds_no_more(counter: FlaskClient, order: OrderView) -> None:
    fields = form_in(choose(counter, look(counter, order), "0", "1"), "/counter/scan")

    pages = [post(counter, "/counter/scan", fields).text for _ in range(2)]

    assert [outcome_of(page) for page in pages] == ["collected", "collected"]
    assert len(scans()) == 1
    assert [line.refunded for line in order_by_number(order.number).lines] == [2, 0]


def test_only_the_checks_of_the_given_pieces_are_asked(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True))
    builders.set_order(order.number, birth_date=builders.DAY.replace(year=2015))
    page = look(counter, order)

    bottle, box = choose(counter, page, "1", "1"), choose(counter, page, "0", "1")

    assert "under 18" in page
    assert "under 18" in bottle
    assert "under 18" not in box
    assert outcome_of(post(counter, "/counter/scan", form_in(bottle, "/counter/scan")).text) == "needs_check"
    assert outcome_of(post(counter, "/counter/scan", form_in(box, "/counter/scan")).text) == "collected"


def test_an_answer_that_is_missing_asks_again_for_the_same_part(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True))
    page = choose(counter, look(counter, order), "1", "0")

    again = post(counter, "/counter/scan", form_in(page, "/counter/scan")).text
    answer = post(counter, "/counter/scan", {**form_in(again, "/counter/scan"), "check-identity": "seen"})

    assert (outcome_of(again), outcome_of(answer.text)) == ("needs_check", "collected")
    assert [line.refunded for line in order_by_number(order.number).lines] == [1, 1]


@pytest.mark.parametrize("given", [("3", "1"), ("0", "0"), ("-1", "1"), ("many", "1"), ("9" * 400, "1"), ("", "")])
def test_pieces_that_cannot_be_given_are_refused_beside_the_form_and_kept(
    counter: FlaskClient, order: OrderView, given: tuple[str, str]
) -> None:
    page = choose(counter, look(counter, order), *given)

    assert (outcome_of(page), 'id="part-error"' in page, "<details class=\"mt-3 mb-3\" open>" in page) == ("look", True, True)
    assert order_by_number(order.number).state is OrderState.PAID


@pytest.mark.parametrize("name", ["give-x", "give-", "give--1", "give-" + "9" * 500])
def test_rubbish_in_the_form_is_an_answer_and_no_fault(counter: FlaskClient, order: OrderView, name: str) -> None:
    sent = {"code": builders.code_of(order), name: "1"}

    asked = post(counter, "/counter/part", sent)
    scanned = post(counter, "/counter/scan", {**sent, "scan_id": "scan-0001"})

    assert (asked.status_code, scanned.status_code) == (400, 400)
    assert order_by_number(order.number).state is OrderState.PAID


def test_what_another_counter_handed_over_meanwhile_is_said(counter: FlaskClient, order: OrderView) -> None:
    page = look(counter, order)
    post(counter, "/counter/scan", {"code": builders.code_of(order), "scan_id": "somebody-else"})

    assert outcome_of(choose(counter, page, "1", "1")) == "already_collected"
    assert counter.get("/counter/part").location == "/counter/"
    assert refunds_of(order.id) == []
