"""A traveller's own orders."""
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.orders.queries import order_by_number
from shop.pickup import codes
from shop.web.api import schemas

Body = Callable[..., dict[str, Any]]
Place = Callable[..., Any]
Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]
PLACE_ON_SQLITE = 9   # its eight changes run one after another, in our own process; PostgreSQL does them in one statement


def test_an_order_is_placed_and_answered_whole(place: Place, body: Body, fits: Fits, day: date) -> None:
    sku = builders.a_product(price=50_00, on_hand=10, picture="sp-1", name=builders.same("Torf"))

    response = place(body({sku: 2}), headers={"Accept-Language": "en"})

    assert response.status_code == 201
    assert fits(response, schemas.Order)
    order = response.json
    assert response.headers["Location"] == f"/api/v1/orders/{order['number']}"
    assert (order["state"], order["refund_state"]) == ("awaiting_payment", "none")
    assert order["total"] == {"amount": 10000, "currency": "EUR"}
    assert order["lines"] == [
        {
            "sku": sku, "name": "Torf", "quantity": 2, "unit_price": {"amount": 5000, "currency": "EUR"},
            "total": {"amount": 10000, "currency": "EUR"}, "picture": "http://localhost/pictures/sp-1-360.webp",
        }
    ]  # fmt: skip
    assert order["trip"]["flight"] == "CA932"
    assert order["trip"]["date"] == day.isoformat()
    assert order["trip"]["departs_at"].endswith("Z")
    assert order["pickup_point"]["code"] == builders.POINT
    assert order["traveller"] == {"name": "WANG XIAOMING", "residence": "CN"}
    assert order["placed_at"] < order["pay_before"] < order["collect_from"]
    assert builders.stock_of(sku) == (10, 2, 0, 0)


def test_the_allowance_counts_strong_alcohol_by_volume_and_the_rest_by_value(place: Place, body: Body) -> None:
    whisky = builders.a_product(price=50_00, alcohol=400)
    wine = builders.a_product(price=20_00, alcohol=120, volume_ml=750)
    cream = builders.a_product(price=80_00)

    order = place(body({whisky: 2, wine: 1, cream: 1})).json

    trip = order["allowance"].pop("trip")
    assert order["allowance"] == {"customs_area": "CN", "alcohol_ml": 1400, "value": {"amount": 10000, "currency": "EUR"}}
    assert trip["level"] == "near"
    assert {bar["bar"]: (bar["level"], bar["used"], bar["limit"], bar["unit"]) for bar in trip["bars"]} == {
        "value": ("fine", 743_26, 5000_00, "CNY"), "alcohol": ("near", 1400, 1500, "ml"),
    }  # fmt: skip
    assert trip["rate"] == {"base": "EUR", "quote": "CNY", "value": "7.4326", "day": "2026-10-30"}
    assert [(rule["area"], rule["read_on"]) for rule in trip["rules"]] == [("CN", "2026-11-21")]


def confirmed(number: str) -> bool:
    return order_by_number(number).adult_confirmed_at is not None


@pytest.mark.parametrize(
    ("adult", "asks", "expected"),
    [
        (None, False, (201, False)), (True, False, (201, True)), (False, False, (400, "age_not_confirmed")),
        (None, True, (400, "age_not_confirmed")), (True, True, (201, True)), (False, True, (400, "age_not_confirmed")),
    ],
)  # fmt: skip
def test_who_orders_alcohol_says_to_be_18_where_the_shop_asks_for_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, place: Place, body: Body, adult: bool | None, asks: bool, expected: tuple[int, Any]
) -> None:
    shop = app.extensions["shop"]
    monkeypatch.setitem(app.extensions, "shop", replace(shop, settings=replace(shop.settings, api_asks_age=asks)))
    said = {} if adult is None else {"adult": adult}
    traveller = {"name": "WANG XIAOMING", "residence": "CN", **said}

    answer = place(body({builders.a_product(alcohol=400): 1}, traveller=traveller))

    told = answer.get_json(force=True)
    assert (answer.status_code, told["code"] if answer.status_code == 400 else confirmed(told["number"])) == expected
    if answer.status_code == 400:
        assert told["errors"] == {"adult": ["age_not_confirmed"]}
    chocolate = place(body({builders.a_product(): 1}, traveller=traveller), key="key-2")
    assert chocolate.status_code == 201, "nobody is asked for their age for chocolate"


def test_a_birth_date_needs_no_confirmation_and_rubbish_is_none(place: Place, body: Body, refused: Refused) -> None:
    bottle, traveller = builders.a_product(alcohol=400), {"name": "WANG XIAOMING", "residence": "CN"}

    assert place(body({bottle: 1}, traveller={**traveller, "birth_date": "1990-05-17", "adult": None})).status_code == 201
    for rubbish in ("yes", 1, "true", [], {}):
        refused(place(body({bottle: 1}, traveller={**traveller, "adult": rubbish}), key="key-3"), 400, "invalid")


def test_the_same_key_and_body_give_the_same_order(place: Place, body: Body) -> None:
    sku = builders.a_product(on_hand=10)

    first, second = place(body({sku: 1})), place(body({sku: 1}))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert builders.stock_of(sku) == (10, 1, 0, 0)


def test_the_same_key_with_another_body_is_refused(place: Place, body: Body, refused: Refused) -> None:
    sku = builders.a_product()
    place(body({sku: 1}))

    refused(place(body({sku: 2})), 422, "idempotency_key_reused")


def test_another_traveller_may_use_the_same_key(place: Place, body: Body, app: Flask) -> None:
    sku = builders.a_product()
    mine = place(body({sku: 1})).json["number"]
    other = app.test_client()
    with other.session_transaction() as session:
        session["traveller"] = builders.a_traveller()

    theirs = other.post(
        "/api/v1/orders", json=body({sku: 1}), headers={"Idempotency-Key": "key-1", "Sec-Fetch-Site": "same-origin"}
    )

    assert theirs.status_code == 201
    assert theirs.json["number"] != mine


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "idempotency_key_missing"),
        ("   ", "idempotency_key_missing"),
        ("x" * 81, "wrong_idempotency_key"),
        ("schlüssel", "wrong_idempotency_key"),
    ],
)
def test_an_order_needs_a_key(place: Place, body: Body, refused: Refused, key: str, code: str) -> None:
    refused(place(body({builders.a_product(): 1}), key=key), 400, code)


def test_an_order_without_the_header_is_refused(signed_in: FlaskClient, body: Body, refused: Refused) -> None:
    refused(signed_in.post("/api/v1/orders", json=body({builders.a_product(): 1})), 400, "idempotency_key_missing")


@pytest.mark.parametrize("path", ["orders", "orders/D234567899", "orders/D234567899/pickup"])
def test_a_stranger_is_told_how_to_come_in(client: FlaskClient, refused: Refused, path: str) -> None:
    response = client.get(f"/api/v1/{path}")

    refused(response, 401, "not_signed_in")
    assert "Session" in response.headers["WWW-Authenticate"]


CHANGES = ["orders", "orders/D2/payment", "orders/D2/payment/check", "orders/D2/cancel"]


def test_a_stranger_changes_nothing(client: FlaskClient, refused: Refused) -> None:
    for path in CHANGES:
        refused(client.post(f"/api/v1/{path}", json={}), 401, "not_signed_in")


def test_a_page_of_somebody_else_changes_nothing(signed_in: FlaskClient, refused: Refused) -> None:
    for path in CHANGES:
        refused(signed_in.post(f"/api/v1/{path}", json={}, headers={"Origin": "https://elsewhere.example"}), 403, "forged_form")


def test_a_session_with_a_form_token_needs_it_and_a_reading_call_tells_it(signed_in: FlaskClient, body: Body, refused: Refused) -> None:
    with signed_in.session_transaction() as session:
        session["csrf"] = "token-of-the-session"
    wanted, key = body({builders.a_product(): 1}), {"Idempotency-Key": "k"}
    refused(signed_in.post("/api/v1/orders", json=wanted, headers=key), 403, "forged_form")

    told = signed_in.get("/api/v1/orders").headers["X-CSRF-Token"]

    assert signed_in.post("/api/v1/orders", json=wanted, headers={**key, "X-CSRF-Token": told}).status_code == 201


def test_what_is_sold_out_is_refused_and_nothing_is_held(place: Place, body: Body, refused: Refused) -> None:
    plenty, none = builders.a_product(on_hand=10), builders.a_product(on_hand=0)

    refused(place(body({plenty: 1, none: 1})), 409, "out_of_stock")

    assert builders.stock_of(plenty) == (10, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"lines": []}, 400, "empty_basket", "lines"),
        ({"lines": [{"sku": "NO", "quantity": 1}]}, 404, "no_such_product", "lines"),
        ({"pickup_point": "T9-X"}, 404, "no_such_pickup_point", "pickup_point"),
        ({"traveller": {"name": "<b>", "residence": "CN"}}, 400, "wrong_name", "name"),
        ({"traveller": {"name": "HANS", "residence": "DE"}}, 422, "not_duty_free", "residence"),
        ({"trip": {"final_destination": "CDG"}}, 422, "not_duty_free", "final_destination"),
        ({"trip": {"final_destination": "ZZZ"}}, 404, "no_such_airport", "final_destination"),
        ({"trip": {"flight": "nonsense"}}, 400, "wrong_flight_number", "flight"),
        ({"trip": {"flight": "LH720"}}, 400, "departure_time_needed", "departure_time"),
        ({"trip": {"date": "2001-01-01"}}, 422, "too_close_to_departure", "date"),
        ({"trip": {"date": "2099-01-01"}}, 422, "too_far_ahead", "date"),
    ],
)  # fmt: skip
def test_a_rule_says_no_with_its_code_and_field(
    place: Place, body: Body, refused: Refused, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    wanted = body({builders.a_product(): 1})
    wanted |= {**change, "trip": wanted["trip"] | change.get("trip", {})}

    assert field in refused(place(wanted), status, code)["errors"]


def test_a_minor_buys_no_alcohol(place: Place, body: Body, refused: Refused, day: date) -> None:
    traveller = {"name": "WANG", "residence": "CN", "birth_date": (day - timedelta(days=17 * 365)).isoformat()}

    refused(place(body({builders.a_product(alcohol=400): 1}, traveller=traveller)), 422, "too_young_for_alcohol")


def test_a_flight_outside_the_timetable_says_its_time_itself(place: Place, body: Body) -> None:
    wanted = body({builders.a_product(): 1}, campaign="autumn")
    wanted["trip"] |= {"flight": "LH720", "departure_time": "17:25"}

    order = place(wanted).json

    assert order["trip"]["flight"] == "LH720"
    assert order["trip"]["departs_at"][14:] == "25:00Z"


def test_my_orders_come_newest_first_page_by_page(
    signed_in: FlaskClient, unpaid: Orders, fits: Fits, statements: list[str], now: Any, day: date
) -> None:
    numbers = [unpaid().number for _ in range(3)]
    builders.an_order(now=now, date=day)   # somebody else's
    statements.clear()

    first = signed_in.get("/api/v1/orders?limit=2")
    asked = len(statements)
    second = signed_in.get(f"/api/v1/orders?limit=2&after={first.json['next']}")

    assert fits(first, schemas.OrderPage)
    assert [order["number"] for order in first.json["items"] + second.json["items"]] == numbers[::-1]
    assert second.json["next"] is None
    assert "history" not in first.json["items"][0]
    assert first.headers["Cache-Control"] == "no-store"
    assert asked <= 4


def test_nobody_has_an_empty_list_of_somebody_elses_orders(signed_in: FlaskClient) -> None:
    assert signed_in.get("/api/v1/orders").json == {"items": [], "next": None}


def test_one_order_comes_with_its_history(signed_in: FlaskClient, paid: Orders, fits: Fits) -> None:
    order = paid()

    response = signed_in.get(f"/api/v1/orders/{order.number.lower()}")

    assert fits(response, schemas.Order)
    assert [(step["from"], step["to"]) for step in response.json["history"]] == [
        (None, "awaiting_payment"), ("awaiting_payment", "paid"),
    ]  # fmt: skip
    assert response.json["paid_at"]


def test_an_unpaid_order_past_its_hold_is_expired_without_a_worker(signed_in: FlaskClient, unpaid: Orders, now: Any, day: date) -> None:
    order = unpaid()
    builders.set_order(order.number, hold_until=now - timedelta(minutes=1))

    assert signed_in.get(f"/api/v1/orders/{order.number}").json["state"] == "expired"


def test_somebody_elses_order_does_not_exist(signed_in: FlaskClient, peer: Any, refused: Refused, now: Any, day: date) -> None:
    theirs = builders.an_order(now=now, date=day)

    for call in ("GET ", "GET /pickup", "POST /payment", "POST /payment/check", "POST /cancel"):
        method, _, rest = call.partition(" ")
        refused(signed_in.open(f"/api/v1/orders/{theirs.number}{rest}", method=method), 404, "no_such_order")


def test_a_payment_is_opened_once_and_answered_again(signed_in: FlaskClient, peer: Any, unpaid: Orders, fits: Fits) -> None:
    order = unpaid()

    first = signed_in.post(f"/api/v1/orders/{order.number}/payment")
    again = signed_in.post(f"/api/v1/orders/{order.number.lower()}/payment", json={}, headers={"Idempotency-Key": "another"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert fits(first, schemas.Payment)
    assert first.json["jsapi"]["package"] == again.json["jsapi"]["package"]
    assert len(peer.opened) == 1


def test_a_paid_order_is_not_paid_again(signed_in: FlaskClient, peer: Any, paid: Orders, refused: Refused) -> None:
    refused(signed_in.post(f"/api/v1/orders/{paid().number}/payment"), 409, "not_payable")

    assert peer.opened == []


def test_a_silent_peer_is_said_so(signed_in: FlaskClient, peer: Any, unpaid: Orders, refused: Refused) -> None:
    peer.silent = True

    refused(signed_in.post(f"/api/v1/orders/{unpaid().number}/payment"), 502, "pay_unavailable")


def test_a_check_asks_wechat_and_believes_the_answer(signed_in: FlaskClient, peer: Any, unpaid: Orders, fits: Fits) -> None:
    order = unpaid()
    signed_in.post(f"/api/v1/orders/{order.number}/payment")
    peer.payments[peer.opened[0].decode()] = builders.a_payment(peer.opened[0].decode(), order.total)

    response = signed_in.post(f"/api/v1/orders/{order.number}/payment/check", json={})

    assert fits(response, schemas.State)
    assert response.json == {"number": order.number, "state": "paid"}


def test_a_check_answers_what_we_know_when_wechat_is_silent(signed_in: FlaskClient, peer: Any, unpaid: Orders) -> None:
    order = unpaid()
    signed_in.post(f"/api/v1/orders/{order.number}/payment")
    peer.silent = True

    assert signed_in.post(f"/api/v1/orders/{order.number}/payment/check").json["state"] == "awaiting_payment"


def test_an_unpaid_order_is_cancelled_and_harmlessly_so_twice(signed_in: FlaskClient, peer: Any, unpaid: Orders, fits: Fits) -> None:
    sku = builders.a_product(on_hand=5)
    order = unpaid({sku: 2})

    first, again = (signed_in.post(f"/api/v1/orders/{order.number}/cancel") for _ in range(2))

    assert fits(first, schemas.State)
    assert first.json == again.json == {"number": order.number, "state": "cancelled"}
    assert builders.stock_of(sku) == (5, 0, 0, 0)


def test_a_paid_order_is_not_cancelled(signed_in: FlaskClient, peer: Any, paid: Orders, refused: Refused) -> None:
    refused(signed_in.post(f"/api/v1/orders/{paid().number}/cancel"), 409, "order_state_changed")


def test_nothing_is_cancelled_while_wechat_is_silent(signed_in: FlaskClient, peer: Any, unpaid: Orders, refused: Refused) -> None:
    order = unpaid()
    signed_in.post(f"/api/v1/orders/{order.number}/payment")
    peer.silent = True

    refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel"), 502, "pay_unavailable")

    assert signed_in.get(f"/api/v1/orders/{order.number}").json["state"] == "awaiting_payment"


def test_a_paid_order_has_a_pickup_code_and_a_token_that_is_ours(signed_in: FlaskClient, paid: Orders, fits: Fits) -> None:
    order = paid()

    response = signed_in.get(f"/api/v1/orders/{order.number}/pickup")

    assert fits(response, schemas.Ticket)
    ticket = response.json
    assert ticket["code"] == builders.code_of(order)
    read = codes.read(ticket["token"], builders.SECRET)
    assert read is not None
    assert (read.code, read.forged) == (ticket["code"], False)
    assert ticket["qr"] == f"http://localhost/orders/{order.number}/pickup.png"


def test_an_unpaid_order_has_no_pickup_code(signed_in: FlaskClient, unpaid: Orders, refused: Refused) -> None:
    refused(signed_in.get(f"/api/v1/orders/{unpaid().number}/pickup"), 404, "no_pickup_code")


def test_placing_an_order_takes_few_statements(app: Flask, place: Place, body: Body, statements: list[str]) -> None:
    on_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    skus = {builders.a_product(): 1 for _ in range(3)}
    place(body(skus), key="warm")
    statements.clear()

    assert place(body(skus), key="counted").status_code == 201

    assert len(statements) <= (PLACE_ON_SQLITE if on_sqlite else 4), statements


def test_inside_the_eu_an_order_is_priced_with_the_duty(place: Place, body: Body, refused: Refused) -> None:
    sku, other = builders.a_product(price=50_00), builders.a_product()
    builders.set_duty_paid(sku, 64_90)
    at_home = body({sku: 2})
    at_home["traveller"]["residence"] = "DE"

    order = place(at_home, key="paid").json

    assert (order["treatment"], order["total"]["amount"], order["lines"][0]["unit_price"]["amount"]) == ("duty_paid", 12980, 6490)
    said = refused(place({**at_home, "lines": [{"sku": other, "quantity": 1}]}, key="free-only"), 422, "not_duty_free")
    assert said["errors"] == {"residence": ["not_duty_free"]}


def test_a_rule_that_stops_refuses_over_all_orders_of_the_trip(
    place: Place, body: Body, refused: Refused, signed_in: FlaskClient
) -> None:
    gin = builders.a_product(alcohol=400, volume_ml=500, on_hand=20)
    builders.set_allowance("CN", stops=True)
    first = place(body({gin: 3}), key="first").json

    refused(place(body({gin: 1}), key="second"), 422, "over_allowance")

    seen = signed_in.get(f"/api/v1/orders/{first['number']}").json["allowance"]["trip"]
    assert (first["allowance"]["trip"]["level"], seen["level"]) == ("near", "near")
    assert seen == first["allowance"]["trip"]


def test_a_flight_that_nobody_knows_says_where_it_lands(place: Place, body: Body, refused: Refused) -> None:
    asked = body({builders.a_product(): 1})
    asked["trip"] |= {"flight": "XX12", "departure_time": "14:05", "destination": "HKG"}

    order = place(asked, key="via").json

    assert (order["trip"]["destination"], order["trip"]["final_destination"]) == ("HKG", "PEK")
    assert [rule["area"] for rule in order["allowance"]["trip"]["rules"]] == ["CN_VIA_HK"]
    asked["trip"]["destination"] = "XXX"
    refused(place(asked, key="nowhere"), 404, "no_such_airport")
