"""Refunds at the counter: chosen, read again, started once; and only where the parcel lies, before it is collected."""
import re
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Amount
from shop.payments.refunding import Why
from shop.payments.states import Cause


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    """A browser on which a device of the first pickup point is signed in."""
    return signed_in(client)


def signed_in(client: FlaskClient, point: str | None = builders.POINT) -> FlaskClient:
    _, token = builders.a_device(point=point)
    client.post("/counter/sign-in", data={"token": token})
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def order() -> OrderView:
    """Two pieces at 50 euros and one at 20."""
    return builders.a_paid_order({builders.a_product("SP-A", price=50_00): 2, builders.a_product("SP-B", price=20_00): 1})


def post(client: FlaskClient, path: str, fields: dict[str, str]) -> Any:
    with client.session_transaction() as session:
        token = str(session.setdefault("csrf", "made-by-a-page"))
    return client.post(path, data={"csrf_token": token, **fields})


def look(client: FlaskClient, order: OrderView) -> str:
    return str(post(client, "/counter/look", {"code": builders.code_of(order)}).text)


def ask(client: FlaskClient, order: OrderView, **chosen: str) -> Any:
    pieces = {f"pieces-{name.replace('_', '-')}": text for name, text in chosen.items() if name != "what"}
    return post(client, "/counter/refund", {"code": builders.code_of(order), "what": chosen.get("what", "pieces"), **pieces})


def form_in(page: str, action: str) -> dict[str, str]:
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))


def outcome_of(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found, "a page without an outcome"
    return found[1]


def state_of(order: OrderView) -> OrderState:
    return order_by_number(order.number).state


def test_a_parcel_that_may_be_handed_over_has_a_folded_refund_section(counter: FlaskClient, order: OrderView) -> None:
    page = look(counter, order)

    assert '<details class="mt-4 mb-3">' in page
    assert 'name="pieces-SP-A" value="0" min="0" max="2"' in page
    assert 'name="pieces-SP-B" value="0" min="0" max="1"' in page


@pytest.mark.parametrize("state", ["paid", "packing", "ready"])
def test_a_parcel_can_be_refunded_before_it_is_packed_and_before_its_day(
    counter: FlaskClient, order: OrderView, state: str
) -> None:
    builders.set_point(builders.POINT, hands_over_unpacked=False, hands_over_early=False)
    builders.set_order(order.number, state=state, collect_from=clock.now() + timedelta(days=2))

    page = look(counter, order)

    assert outcome_of(page) == ("wrong_day" if state == "ready" else "not_ready")
    assert 'action="/counter/refund"' in page


def test_pieces_are_refunded_after_a_second_look_at_the_amount(counter: FlaskClient, order: OrderView) -> None:
    asked = ask(counter, order, SP_A="1")
    assert asked.status_code == 200
    assert outcome_of(asked.text) == "refund"
    assert "Refund €50.00?" in asked.text
    assert "What remains can still be handed over." in asked.text
    assert refunds_of(order.id) == []

    page = counter.post("/counter/refund/start", data=form_in(asked.text, "/counter/refund/start"))

    assert page.status_code == 200
    assert outcome_of(page.text) == "look"
    assert "The refund of €50.00 is started" in page.text
    assert 'name="pieces-SP-A" value="0" min="0" max="1"' in page.text
    assert page.text.count('<td class="count">× 1</td>') == 2
    (refund,) = refunds_of(order.id)
    assert (refund.amount_minor, refund.cause, refund.lines) == (50_00, Cause.COUNTER, ((1, 1),))
    assert refund.asked_by.startswith("device:")
    assert builders.stock_of("SP-A")[2] == 1


def test_what_remains_is_handed_over(counter: FlaskClient, order: OrderView) -> None:
    asked = ask(counter, order, SP_A="2")
    page = counter.post("/counter/refund/start", data=form_in(asked.text, "/counter/refund/start")).text
    assert "SP-A" not in page.split("answer__title")[1].split("<details")[0]

    handed = counter.post("/counter/scan", data=form_in(page, "/counter/scan"))

    assert outcome_of(handed.text) == "collected"
    assert state_of(order) is OrderState.COLLECTED
    assert builders.stock_of("SP-A")[3] == 0
    assert builders.stock_of("SP-B")[3] == 1


def test_everything_ends_the_order_and_its_parcel_answers_refunded(counter: FlaskClient, order: OrderView) -> None:
    asked = ask(counter, order, what="everything")
    assert "Refund €120.00?" in asked.text
    assert "The whole order ends." in asked.text

    page = counter.post("/counter/refund/start", data=form_in(asked.text, "/counter/refund/start"))

    assert page.status_code == 200
    assert outcome_of(page.text) == "refunded"
    assert "The refund of €120.00 is started" in page.text
    assert 'action="/counter/refund"' not in page.text
    assert state_of(order) is OrderState.CANCELLED
    scanned = post(counter, "/counter/scan", {"code": builders.code_of(order), "scan_id": "a-scan-of-it"})
    assert outcome_of(scanned.text) == "refunded"


def test_all_pieces_one_by_one_are_everything(counter: FlaskClient, order: OrderView) -> None:
    asked = ask(counter, order, SP_A="2", SP_B="1")
    assert "The whole order ends." in asked.text

    counter.post("/counter/refund/start", data=form_in(asked.text, "/counter/refund/start"))

    assert state_of(order) is OrderState.CANCELLED
    assert outcome_of(look(counter, order)) == "refunded"


def test_everything_is_what_is_left_when_something_went_back_before(counter: FlaskClient, order: OrderView) -> None:
    refunding.ask_refund(order.number, Amount(15_00), Why(Cause.GOODWILL, "staff:1"), clock.now())

    asked = ask(counter, order, what="everything")

    assert "Refund €105.00?" in asked.text


def test_a_confirmation_sent_twice_refunds_once_and_answers_the_same(counter: FlaskClient, order: OrderView) -> None:
    form = form_in(ask(counter, order, SP_A="1").text, "/counter/refund/start")

    pages = [counter.post("/counter/refund/start", data=form) for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("The refund of €50.00 is started" in page.text for page in pages)
    assert [refund.amount_minor for refund in refunds_of(order.id)] == [50_00]


def test_a_confirmation_that_is_older_than_another_refund_does_nothing(counter: FlaskClient, order: OrderView) -> None:
    form = form_in(ask(counter, order, SP_A="1").text, "/counter/refund/start")
    refunding.ask_refund(order.number, Amount(15_00), Why(Cause.GOODWILL, "staff:1"), clock.now())

    page = counter.post("/counter/refund/start", data=form)

    assert page.status_code == 409
    assert "Something was refunded or handed over meanwhile" in page.text
    assert [refund.amount_minor for refund in refunds_of(order.id)] == [15_00]


@pytest.mark.parametrize("wrong", ["3", "-1", "1.5", "one", "٢", "99999999999999999999", "0", "", "1\x00"])
def test_pieces_that_cannot_be_are_refused_and_stay_typed(counter: FlaskClient, order: OrderView, wrong: str) -> None:
    answer = ask(counter, order, SP_A=wrong)

    assert answer.status_code == 400
    assert "Please choose what to refund" in answer.text
    assert '<details class="mt-4 mb-3" open>' in answer.text
    if wrong.isprintable():
        assert f'name="pieces-SP-A" value="{wrong}"' in answer.text
    assert refunds_of(order.id) == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"key": "short"}, 400), ({"key": ""}, 400), ({"key": "x" * 65}, 400), ({"code": ""}, 400), ({"seen": ""}, 409),
        ({"seen": "1-2"}, 409), ({"seen": "5000-12000-0-0"}, 409), ({"seen": "a-b-c"}, 409), ({"seen": "1-12000-0"}, 409),
        ({"pieces-SP-A": "7"}, 400), ({"what": "everything"}, 409), ({"code": "23456-78923"}, 409),
    ],
)  # fmt: skip
def test_a_broken_confirmation_refunds_nothing(
    counter: FlaskClient, order: OrderView, wrong: dict[str, str], status: int
) -> None:
    form = form_in(ask(counter, order, SP_A="1").text, "/counter/refund/start")

    answer = counter.post("/counter/refund/start", data={**form, **wrong})

    assert answer.status_code == status
    assert refunds_of(order.id) == []
    assert state_of(order) is OrderState.PAID


def test_the_same_key_with_another_wish_is_refused(counter: FlaskClient, order: OrderView) -> None:
    form = form_in(ask(counter, order, SP_A="1").text, "/counter/refund/start")
    counter.post("/counter/refund/start", data=form)

    answer = counter.post("/counter/refund/start", data={**form, "pieces-SP-B": "1"})

    assert answer.status_code == 422
    assert len(refunds_of(order.id)) == 1


def test_a_parcel_of_another_counter_is_not_refunded_here(counter: FlaskClient) -> None:
    elsewhere = builders.a_paid_order(pickup_point=builders.OTHER_POINT)
    assert 'action="/counter/refund"' not in look(counter, elsewhere)

    for path in ("/counter/refund", "/counter/refund/start"):
        fields = {"code": builders.code_of(elsewhere), "what": "everything", "key": "a-key-of-mine", "seen": "5000-5000-1"}
        answer = post(counter, path, fields)

        assert answer.status_code == 409
        assert outcome_of(answer.text) == "other_point"
    assert refunds_of(elsewhere.id) == []


def test_a_device_of_all_points_refunds_anywhere(client: FlaskClient) -> None:
    counter, elsewhere = signed_in(client, None), builders.a_paid_order(pickup_point=builders.OTHER_POINT)

    asked = ask(counter, elsewhere, what="everything")
    counter.post("/counter/refund/start", data=form_in(asked.text, "/counter/refund/start"))

    assert len(refunds_of(elsewhere.id)) == 1


@pytest.mark.parametrize("state", ["collected", "cancelled", "awaiting_payment", "no_show"])
def test_nothing_is_refunded_of_an_order_that_is_not_waiting_here(counter: FlaskClient, order: OrderView, state: str) -> None:
    form = form_in(ask(counter, order, what="everything").text, "/counter/refund/start")
    builders.set_order(order.number, state=state)

    for path in ("/counter/refund", "/counter/refund/start"):
        answer = counter.post(path, data=form)

        assert answer.status_code == 409
        assert 'action="/counter/refund"' not in answer.text
    assert refunds_of(order.id) == []


def test_a_form_from_elsewhere_refunds_nothing(counter: FlaskClient, order: OrderView) -> None:
    form = form_in(ask(counter, order, what="everything").text, "/counter/refund/start")

    answer = counter.post("/counter/refund/start", data={**form, "csrf_token": "guessed"})

    assert answer.status_code == 403
    assert refunds_of(order.id) == []


def test_nobody_refunds_without_a_device(client: FlaskClient, order: OrderView) -> None:
    answer = client.post("/counter/refund/start", data={"code": builders.code_of(order), "what": "everything"})

    assert answer.location == "/counter/sign-in"
    assert refunds_of(order.id) == []


@pytest.mark.parametrize("path", ["/counter/refund", "/counter/refund/start"])
def test_an_address_that_was_typed_leads_to_the_scan_box(counter: FlaskClient, path: str) -> None:
    assert counter.get(path).location == "/counter/"
