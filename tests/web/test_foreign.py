"""Whatever belongs to somebody else does not exist: every address with an order, a trip or a link in it, for another traveller."""

from datetime import timedelta
from itertools import product
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView
from shop.trips import commands as trips
from shop.trips.queries import saved_of
from shop.trips.rules import Trip
from shop.web.admission import ROWS, Who

TRAVELLERS = sorted((row.method, row.address) for row in ROWS.values() if row.asks is Who.TRAVELLER)
OF_AN_ORDER = [row for row in TRAVELLERS if "<number>" in row[1]]
OF_A_TRIP = [row for row in TRAVELLERS if "trip_id" in row[1]]
OF_A_LINK = [row for row in TRAVELLERS if "<token>" in row[1]]
TRIP = "<int(max=9007199254740991):trip_id>"
# What a form or body would say that is right in every other way.
SAID: dict[str, Any] = {
    "flight": "CA932", "final_destination": "PEK", "pickup_point": builders.POINT, "refund": "1", "email": "li@example.com",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {"trip": {"flight": "CA932"}, "cancel": {"refund": True}}


@pytest.fixture
def theirs(app: Flask) -> list[OrderView]:
    """Another traveller's orders, unpaid and paid."""
    who, now = builders.a_traveller("oSomebody"), clock.now()
    more = {"traveller": who, "now": now, "date": (now + timedelta(days=3)).date()}
    return [builders.an_order(**more), builders.a_paid_order(**more)]


@pytest.fixture
def me(app: Flask, client: FlaskClient) -> FlaskClient:
    with client.session_transaction() as session:
        session["traveller"], session["csrf"] = builders.a_traveller("oMe"), "page"
    return client


def ask(me: FlaskClient, method: str, address: str) -> Any:
    day = (clock.now() + timedelta(days=4)).date().isoformat()
    if method == "GET":
        return me.get(address)
    if address.startswith("/api/"):
        body = {name: {**given, **({"date": day} if name == "trip" else {})} for name, given in BODIES.items()}
        return me.post(address, json=body.get(address.rsplit("/", 1)[1], {}), headers={"X-CSRF-Token": "page", "Idempotency-Key": "mine"})
    return me.post(address, data={**SAID, "date": day, "csrf_token": "page"})


def test_there_are_such_addresses() -> None:
    assert (len(OF_AN_ORDER) >= 20, len(OF_A_TRIP), len(OF_A_LINK)) == (True, 2, 6)


def test_somebody_elses_order_does_not_exist(me: FlaskClient, theirs: list[OrderView]) -> None:
    before = builders.everything()

    for (method, address), order in product(OF_AN_ORDER, theirs):
        answer = ask(me, method, address.replace("<number>", order.number))

        assert answer.status_code == 404, f"{method} {address}, {order.state}: {answer.status_code}"
        assert order.traveller_name not in answer.text
    assert builders.everything() == before


def test_somebody_elses_trip_does_not_exist(me: FlaskClient, theirs: list[OrderView]) -> None:
    now, owner = clock.now(), theirs[0].traveller_id
    trips.save(owner, Trip("CA932", (now + timedelta(days=3)).date(), "FRA", "PEK", "PEK", "CN", "1"), now + timedelta(days=3), now)
    saved = saved_of(owner, now)[0]

    for method, address in OF_A_TRIP:
        assert ask(me, method, address.replace(TRIP, str(saved.id))).status_code == 404
    assert [one.id for one in saved_of(owner, now)] == [saved.id]


def test_a_made_up_link_does_not_exist(me: FlaskClient, theirs: list[OrderView]) -> None:
    before = builders.everything()

    for (method, address), order in product(OF_A_LINK, theirs):
        assert ask(me, method, address.replace("<token>", f"{order.number}-{'0' * 32}")).status_code == 404
    assert builders.everything() == before


def test_a_basket_has_no_address_and_goes_with_its_own_cookie_only(me: FlaskClient, app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    me.post("/basket", data={"csrf_token": "page", "sku": sku, "do": "add", "quantity": "1"})

    assert f"/products/{sku}" in me.get("/basket").text
    assert f"/products/{sku}" not in app.test_client().get("/basket").text
    assert not [row for row in ROWS.values() if "basket" in row.address and "<" in row.address]
