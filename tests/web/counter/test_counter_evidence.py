"""What staff write down from a passport: asked where the point keeps it, kept nowhere else, and taken back hand-overs."""

from datetime import timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from web.counter.counter_forms import form_in, look, outcome_of, post, scan, scans, signed_in

from shop.base import clock
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.models import Scan

BOTH = frozenset({"document_number", "residence"})


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    return signed_in(client)


@pytest.fixture
def order() -> OrderView:
    return builders.a_paid_order()


def test_what_the_point_keeps_is_asked_with_fields_and_kept(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=BOTH))
    page = look(counter, order)
    typed = {"check-identity": "seen", "identity-document_number": " e 1234-5678 ", "identity-residence": "China"}

    answer = post(counter, "/counter/scan", {**form_in(page, "/counter/scan"), **typed})

    for name in BOTH:
        assert f'for="identity-{name}"' in page
    assert outcome_of(answer.text) == "collected"
    assert scans()[0].details["checks"] == {"identity": {"document_number": "E12345678", "residence": "CHINA"}}


@pytest.mark.parametrize("keeps", [frozenset(), frozenset({"residence"})])
def test_what_the_point_does_not_keep_is_neither_asked_nor_kept(counter: FlaskClient, order: OrderView, keeps: frozenset[str]) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=keeps))
    page = look(counter, order)
    typed = {"check-identity": "seen", "identity-document_number": "E12345678", "identity-residence": "CN"}

    answer = post(counter, "/counter/scan", {**form_in(page, "/counter/scan"), **typed})

    assert 'name="identity-document_number"' not in page
    assert outcome_of(answer.text) == "collected"
    assert scans()[0].details["checks"] == {"identity": {"residence": "CN"} if keeps else "seen"}


@pytest.mark.parametrize(
    "typed",
    [
        {}, {"identity-document_number": "E12345678"}, {"identity-document_number": "E1", "identity-residence": "CN"},
        {"identity-document_number": "E12345678", "identity-residence": "1"},
        {"identity-document_number": "护照号码一二三四五", "identity-residence": "中国"},
        {"identity-document_number": "x" * 3000, "identity-residence": "CN"},
        {"identity-document_number": "E1234\x0056", "identity-residence": "CN"},
    ],
)  # fmt: skip
def test_a_field_that_is_missing_or_cannot_be_right_hands_nothing_over(
    counter: FlaskClient, order: OrderView, typed: dict[str, str]
) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=BOTH))
    fields = form_in(look(counter, order), "/counter/scan")

    page = post(counter, "/counter/scan", {**fields, "check-identity": "seen", **typed}).text

    assert outcome_of(page) == "needs_check"
    assert order_by_number(order.number).state is OrderState.PAID


def test_what_was_typed_is_kept_and_the_error_stands_beside_its_field(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=BOTH))
    fields = form_in(look(counter, order), "/counter/scan")
    typed = {"check-identity": "seen", "identity-document_number": "E1", "identity-residence": "China"}

    page = post(counter, "/counter/scan", {**fields, **typed}).text

    assert 'value="E1" aria-invalid="true" aria-describedby="identity-document_number-error"' in page
    assert 'value="China">' in page
    assert 'id="identity-residence-error"' not in page


def test_the_list_for_the_time_without_network_names_the_fields(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True, keeps=BOTH))
    now = clock.now()
    builders.set_order(order.number, collect_from=now, collect_until=now + timedelta(hours=3))
    listed = counter.get("/counter/manifest.json").json
    a_scan = {"code": builders.code_of(order), "scanned_at": now.isoformat()}
    read = {"document_number": "E12345678", "residence": "CN"}
    sent = [{**a_scan, "scan_id": "scan-0001", "checks": {"identity": read}}]

    answer = counter.post("/counter/scans.json", json={"scans": sent}, headers={"X-CSRF-Token": listed["csrf"]})

    assert listed["parcels"][0]["k"] == [["identity", "document_number", "residence"]]
    assert answer.json["answers"][0]["outcome"] == "collected"
    assert scans()[0].details["checks"] == {"identity": read}


# --- taken back from a later scan -------------------------------------------------------------------------------------


def collected(client: FlaskClient, order: OrderView) -> None:
    post(client, "/counter/scan", form_in(look(client, order), "/counter/scan"))


def age(**by: Any) -> None:
    with builders.transaction() as session:
        session.query(Scan).update({"received_at": clock.now() - timedelta(**by)})


def test_a_later_scan_of_the_parcel_offers_to_take_the_hand_over_back(counter: FlaskClient, order: OrderView) -> None:
    collected(counter, order)

    page = look(counter, order)
    answer = post(counter, "/counter/undo", form_in(page, "/counter/undo"))

    assert (outcome_of(page), outcome_of(answer.text)) == ("already_collected", "undone")
    assert order_by_number(order.number).state is OrderState.PAID
    assert outcome_of(look(counter, order)) == "look"


def test_a_hand_over_without_network_is_taken_back_when_it_is_back(counter: FlaskClient, order: OrderView) -> None:
    csrf = counter.get("/counter/manifest.json").json["csrf"]
    given = {"code": builders.code_of(order), "scan_id": "scan-0001", "scanned_at": (clock.now() - timedelta(hours=1)).isoformat()}
    counter.post("/counter/scans.json", json={"scans": [given]}, headers={"X-CSRF-Token": csrf})

    answer = post(counter, "/counter/undo", form_in(look(counter, order), "/counter/undo"))

    assert outcome_of(answer.text) == "undone"


@pytest.mark.parametrize(
    ("kind", "late", "offered"),
    [
        (None, {"minutes": 14}, True), (None, {"minutes": 16}, False), (DeviceKind.COUNTER, {"minutes": 1}, False),
        (DeviceKind.SUPERVISOR, {"minutes": 1}, True), (DeviceKind.SUPERVISOR, {"days": 1}, False),
    ],
)  # fmt: skip
def test_it_is_offered_to_whoever_may(
    client: FlaskClient, order: OrderView, kind: DeviceKind | None, late: dict[str, int], offered: bool
) -> None:
    collected(signed_in(client), order)
    age(**late)
    if kind is not None:
        signed_in(client, kind)

    page = scan(client, client.get("/counter/").text, builders.code_of(order))

    assert outcome_of(page) == "already_collected"
    assert ('action="/counter/undo"' in page) is offered


def test_what_was_refused_at_the_first_scan_is_not_offered(counter: FlaskClient, order: OrderView) -> None:
    builders.set_order(order.number, state="collected")

    assert 'action="/counter/undo"' not in look(counter, order)
