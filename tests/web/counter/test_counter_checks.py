"""Checks and taking back on the counter's pages, without any script."""
import re
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.models import Scan


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    return signed_in(client)


def signed_in(client: FlaskClient, kind: DeviceKind = DeviceKind.COUNTER) -> FlaskClient:
    _, token = builders.a_device(kind)
    post(client, "/counter/sign-in", {"token": token})
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def order() -> OrderView:
    """A bottle, for a journey that goes on from Beijing to Hong Kong."""
    return builders.a_paid_order({builders.a_product(alcohol=400): 1}, final_destination="HKG")


def post(client: FlaskClient, path: str, fields: dict[str, str]) -> Any:
    with client.session_transaction() as session:
        token = str(session.setdefault("csrf", "made-by-a-page"))
    return client.post(path, data={"csrf_token": token, **fields})


def look(client: FlaskClient, order: OrderView) -> str:
    return str(post(client, "/counter/look", {"code": builders.code_of(order)}).text)


def form_in(page: str, action: str) -> dict[str, str]:
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form))


def outcome_of(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found, "a page without an outcome"
    return found[1]


def test_a_look_asks_for_the_checks_and_none_is_answered_beforehand(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(boarding_pass=True, age=True, sealed_bag=True, identity=True))

    page = look(counter, order)

    assert outcome_of(page) == "needs_check"
    assert "answer--check" in page
    for name in ("boarding_pass", "age", "sealed_bag", "identity"):
        assert f'name="check-{name}"' in page
        assert f'for="check-{name}"' in page
    assert "checked" not in page.replace("unchecked", "")


def test_with_every_answer_the_parcel_is_handed_over(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True, sealed_bag=True))
    fields = form_in(look(counter, order), "/counter/scan")

    answer = post(counter, "/counter/scan", {**fields, "check-age": "adult", "check-sealed_bag": "steb-0042"})

    assert outcome_of(answer.text) == "collected"
    with builders.reading() as session:
        details = session.query(Scan).one().details
    assert details["checks"] == {"age": "adult", "sealed_bag": "STEB-0042"}
    assert details["shown_at"]


def test_a_missing_answer_hands_nothing_over_and_asks_again_with_an_id_of_its_own(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True))
    fields = form_in(look(counter, order), "/counter/scan")

    again = post(counter, "/counter/scan", fields).text
    answer = post(counter, "/counter/scan", {**form_in(again, "/counter/scan"), "check-age": "adult"})

    assert outcome_of(again) == "needs_check"
    assert "Nothing was handed over" in again
    assert form_in(again, "/counter/scan")["scan_id"] != fields["scan_id"]
    assert outcome_of(answer.text) == "collected"


def test_what_needs_a_check_can_be_refunded_instead(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True))
    builders.set_order(order.number, birth_date=builders.DAY.replace(year=2015))

    page = look(counter, order)
    answer = post(counter, "/counter/refund", {"code": builders.code_of(order), "what": "everything"})

    assert "under 18" in page
    assert outcome_of(answer.text) == "refund"


def test_a_big_order_says_so(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(), big_pieces=1)

    assert "A big order" in look(counter, order)


def test_a_hand_over_is_taken_back_from_its_page(counter: FlaskClient, order: OrderView) -> None:
    done = post(counter, "/counter/scan", form_in(look(counter, order), "/counter/scan")).text

    answer = post(counter, "/counter/undo", form_in(done, "/counter/undo"))

    assert outcome_of(answer.text) == "undone"
    assert order.number in answer.text
    assert order_by_number(order.number).state is OrderState.PAID
    assert outcome_of(look(counter, order)) == "look"


def test_the_page_of_a_hand_over_that_was_taken_back_says_stop(counter: FlaskClient, order: OrderView) -> None:
    fields = form_in(look(counter, order), "/counter/scan")
    done = post(counter, "/counter/scan", fields).text
    post(counter, "/counter/undo", form_in(done, "/counter/undo"))

    again = post(counter, "/counter/scan", fields).text

    assert outcome_of(again) == "taken_back"
    assert "answer--stop" in again
    assert "taken back" in again
    assert 'action="/counter/undo"' not in again


@pytest.mark.parametrize(("scan_id", "status"), [("", 400), ("no-such-scan", 404), ("x" * 3000, 400)])
def test_an_undo_of_nothing_says_so_and_the_page_still_scans(counter: FlaskClient, scan_id: str, status: int) -> None:
    answer = post(counter, "/counter/undo", {"scan_id": scan_id})

    assert answer.status_code == status
    assert 'name="code"' in answer.text


def test_after_a_quarter_of_an_hour_only_a_supervisor_takes_back(
    client: FlaskClient, order: OrderView, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().replace(hour=11)  # a supervisor may for the rest of the day, and this test runs just after midnight, too
    monkeypatch.setattr(clock, "now", lambda: noon)
    done = post(signed_in(client), "/counter/scan", form_in(look(client, order), "/counter/scan")).text
    with builders.transaction() as session:
        session.query(Scan).update({"received_at": clock.now() - timedelta(minutes=16)})

    late = post(client, "/counter/undo", form_in(done, "/counter/undo"))
    allowed = post(signed_in(client, DeviceKind.SUPERVISOR), "/counter/undo", form_in(done, "/counter/undo"))

    assert (late.status_code, "15 minutes" in late.text) == (422, True)
    assert outcome_of(allowed.text) == "undone"


def test_an_address_that_was_typed_leads_to_the_scan_box(counter: FlaskClient) -> None:
    assert counter.get("/counter/undo").location == "/counter/"
