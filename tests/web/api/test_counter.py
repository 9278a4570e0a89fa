"""What counter devices, packers and managers ask by bearer token."""
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.people import commands as people
from shop.people.states import AT_A_COUNTER, DeviceKind
from shop.pickup import codes
from shop.web.api import counter_schemas, schemas

Device = Callable[..., dict[str, str]]
Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]
SCAN_ON_SQLITE = 11   # eight of them are the hand-over, which PostgreSQL does in one statement


@pytest.fixture
def scan(client: FlaskClient, device: Device) -> Callable[..., Any]:
    """A scan at the counter of the point; every call is of the same device unless other headers are given."""
    mine = device()
    return lambda code, scan_id="scan-0001", headers=None, **more: client.post(
        "/api/v1/counter/scans", json={"code": code, "scan_id": scan_id, **more}, headers=headers or mine
    )


def test_a_look_says_what_a_scan_would_and_changes_nothing(client: FlaskClient, device: Device, paid: Orders, fits: Fits) -> None:
    sku = builders.a_product(picture="sp-9")
    order = paid({sku: 2})

    for _ in range(2):
        response = client.post("/api/v1/counter/look", json={"code": builders.code_of(order)}, headers=device())
        assert fits(response, counter_schemas.ScanAnswer)
        assert response.json["outcome"] == "collected"

    parcel = response.json["order"]
    assert (parcel["number"], parcel["traveller_name"], parcel["flight"]) == (order.number, "WANG XIAOMING", "CA932")
    assert [(line["sku"], line["quantity"]) for line in parcel["lines"]] == [(sku, 2)]
    assert parcel["point"] == builders.POINT
    assert response.headers["Cache-Control"] == "no-store"


def test_a_scan_hands_over_once_and_the_same_scan_gets_the_same_answer(scan: Callable[..., Any], paid: Orders, fits: Fits) -> None:
    order = paid()
    token = codes.token_of(builders.code_of(order), builders.SECRET)  # type: ignore[arg-type]

    first, repeat, other = scan(token), scan(token), scan(token, "scan-0002")

    for response in (first, repeat, other):
        assert response.status_code == 200
        assert fits(response, counter_schemas.ScanAnswer)
    assert [response.json["outcome"] for response in (first, repeat, other)] == ["collected", "collected", "already_collected"]
    assert first.json == repeat.json
    assert other.json["by"] == "Tablet"
    assert other.json["at"] == first.json["at"]


def test_unknown_and_forged_codes_are_ordinary_answers(scan: Callable[..., Any], paid: Orders, fits: Fits) -> None:
    genuine = codes.token_of(builders.code_of(paid()), builders.SECRET)  # type: ignore[arg-type]

    unknown, forged = scan("2345678999"), scan(genuine[:-2] + ("00" if genuine[-2:] != "00" else "22"), "scan-0002")

    assert fits(unknown, counter_schemas.ScanAnswer)
    assert unknown.json == {"outcome": "unknown", "forged": False}
    assert forged.json == {"outcome": "unknown", "forged": True}


def test_the_same_scan_of_an_unknown_code_gets_the_same_answer(scan: Callable[..., Any]) -> None:
    first, again = scan("2345678999"), scan("2345678999")

    assert first.json == again.json == {"outcome": "unknown", "forged": False}


def test_the_id_of_another_scan_hands_nothing_over(scan: Callable[..., Any], paid: Orders, refused: Refused) -> None:
    one, other = (builders.code_of(paid()) for _ in range(2))
    assert scan(one, "scan-0001").json["outcome"] == "collected"

    refused(scan(other, "scan-0001"), 422, "scan_id_reused")

    assert scan(other, "scan-0002").json["outcome"] == "collected"


def test_an_unready_parcel_and_one_of_another_counter_say_so(scan: Callable[..., Any], device: Device, paid: Orders, fits: Fits) -> None:
    order = paid()
    builders.set_point(builders.POINT, hands_over_unpacked=False)

    here, elsewhere = scan(builders.code_of(order)), scan(builders.code_of(order), "scan-0002", headers=device(point=builders.OTHER_POINT))

    assert here.json["outcome"] == "not_ready"
    assert elsewhere.json["outcome"] == "other_point"
    assert fits(elsewhere, counter_schemas.ScanAnswer)
    assert elsewhere.json["order"]["point"] == builders.POINT


def test_a_parcel_of_a_later_day_says_from_when(scan: Callable[..., Any], paid: Orders, fits: Fits) -> None:
    order = paid()
    builders.set_point(builders.POINT, hands_over_early=False)

    response = scan(builders.code_of(order))

    assert fits(response, counter_schemas.ScanAnswer)
    assert response.json["outcome"] == "wrong_day"
    assert response.json["collect_from"] > response.json["order"]["departs_at"][:10]


def test_a_scan_may_say_when_it_was_and_what_was_checked(scan: Callable[..., Any], paid: Orders) -> None:
    said = scan(builders.code_of(paid()), scanned_at="2026-11-24T09:00:00.123+01:00", checks={"age": True})

    assert said.json["outcome"] == "collected"


WRONG_SCANS: list[tuple[dict[str, Any], str, str]] = [
    ({"scan_id": "scan-0001"}, "code", "missing"),
    ({"code": "x"}, "scan_id", "missing"),
    ({"code": "x", "scan_id": "short"}, "scan_id", "wrong_scan_id"),
    ({"code": "x", "scan_id": "über-0001"}, "scan_id", "wrong_scan_id"),
    ({"code": 7, "scan_id": "scan-0001"}, "code", "not_a_text"),
    ({"code": "x\0", "scan_id": "scan-0001"}, "code", "forbidden_character"),
    ({"code": "x" * 2001, "scan_id": "scan-0001"}, "code", "wrong_length"),
    ({"code": "x", "scan_id": "scan-0001", "scanned_at": "2026-11-24T09:00:00"}, "scanned_at", "not_a_moment"),
    ({"code": "x", "scan_id": "scan-0001", "scanned_at": "0001-01-01T00:00:00+14:00"}, "scanned_at", "out_of_range"),
    ({"code": "x", "scan_id": "scan-0001", "checks": []}, "checks", "not_an_object"),
    ({"code": "x", "scan_id": "scan-0001", "offline": "yes"}, "offline", "not_true_or_false"),
    ({"code": "x", "scan_id": "scan-0001", "lines": []}, "lines", "wrong_lines"),
    ({"code": "x", "scan_id": "scan-0001", "lines": [{"quantity": 1}]}, "lines.0", "sku_or_position"),
    ({"code": "x", "scan_id": "scan-0001", "lines": [{"sku": "A", "quantity": "1"}]}, "lines.0.quantity", "not_a_number"),
    ({"code": "x", "scan_id": "scan-0001", "force": True}, "force", "unknown_field"),
]


def test_a_wrong_scan_is_refused_by_field(client: FlaskClient, device: Device, refused: Refused) -> None:
    headers = device()

    for body, field, code in WRONG_SCANS:
        said = refused(client.post("/api/v1/counter/scans", json=body, headers=headers), 400, "invalid")
        assert code in said["errors"].get(field, []), (body, said)


CALLS = [
    ("POST", "counter/look", AT_A_COUNTER),
    ("POST", "counter/scans", AT_A_COUNTER),
    ("POST", "counter/scans/scan-0001/undo", AT_A_COUNTER),
    ("GET", "counter/manifest", AT_A_COUNTER),
    ("POST", "packing/orders/D2/ready", AT_A_COUNTER | {DeviceKind.PACKER}),
    ("GET", "manage/orders", {DeviceKind.MANAGER}),
    ("GET", "manage/orders/D2", {DeviceKind.MANAGER}),
]


def test_a_token_opens_its_own_calls_only(client: FlaskClient, device: Device, refused: Refused) -> None:
    for kind in DeviceKind:
        headers = device(kind)
        for method, path, kinds in CALLS:
            response = client.open(f"/api/v1/{path}", method=method, headers=headers)
            if kind in kinds:
                assert response.status_code in (200, 404, 415), (kind, path)
            else:
                refused(response, 403, "wrong_kind_of_device")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic eDp5", "Bearer ünïcödé"])
def test_without_a_good_token_nothing_opens(client: FlaskClient, refused: Refused, header: str | None) -> None:
    for method, path, _ in CALLS:
        response = client.open(f"/api/v1/{path}", method=method, headers={"Authorization": header} if header else {})

        refused(response, 401, "wrong_token")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_opens_nothing(client: FlaskClient, refused: Refused, now: Any) -> None:
    known, token = builders.a_device()
    people.revoke_device(known.id, now)

    refused(client.post("/api/v1/counter/look", json={"code": ""}, headers={"Authorization": f"Bearer {token}"}), 401, "wrong_token")


def test_a_device_needs_no_origin(app: Flask, device: Device) -> None:
    said = app.test_client().post("/api/v1/counter/look", json={"code": "2345678999"}, headers=device())

    assert said.json == {"outcome": "unknown", "forged": False}


@pytest.mark.parametrize("body", [None, {}, {"slot": "A-12"}])
def test_a_packer_says_that_a_parcel_is_ready(client: FlaskClient, device: Device, paid: Orders, fits: Fits, body: Any) -> None:
    order = paid()

    for _ in range(2):
        response = client.post(f"/api/v1/packing/orders/{order.number.lower()}/ready", json=body, headers=device(DeviceKind.PACKER))
        assert fits(response, schemas.State)
        assert response.json == {"number": order.number, "state": "ready"}


def test_a_parcel_is_ready_without_any_body(client: FlaskClient, device: Device, paid: Orders) -> None:
    assert client.post(f"/api/v1/packing/orders/{paid().number}/ready", headers=device(DeviceKind.PACKER)).status_code == 200


def test_an_unpaid_order_is_not_made_ready(client: FlaskClient, device: Device, unpaid: Orders, refused: Refused) -> None:
    refused(client.post(f"/api/v1/packing/orders/{unpaid().number}/ready", headers=device()), 409, "order_state_changed")


def test_a_packer_of_another_point_does_not_see_the_order(client: FlaskClient, device: Device, paid: Orders, refused: Refused) -> None:
    headers = device(DeviceKind.PACKER, builders.OTHER_POINT)

    refused(client.post(f"/api/v1/packing/orders/{paid().number}/ready", headers=headers), 404, "no_such_order")


def test_a_scan_takes_few_statements(app: Flask, scan: Callable[..., Any], paid: Orders, statements: list[str]) -> None:
    on_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    warm, code = builders.code_of(paid()), builders.code_of(paid({builders.a_product(): 1, builders.a_product(): 1}))
    scan(warm, "scan-warm")
    statements.clear()

    assert scan(code).json["outcome"] == "collected"

    assert len(statements) <= (SCAN_ON_SQLITE if on_sqlite else 4), statements


def test_a_manager_finds_any_order(client: FlaskClient, device: Device, paid: Orders, unpaid: Orders, fits: Fits, now: Any) -> None:
    one, two, mine = paid(), unpaid(), device(DeviceKind.MANAGER, None)
    today, long_ago = now.strftime("%Y-%m-%d"), (now - timedelta(days=9)).strftime("%Y-%m-%d")
    tomorrow = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def numbers(asked: str) -> set[str]:
        response = client.get(f"/api/v1/manage/orders?{asked}", headers=mine)
        assert fits(response, schemas.OrderPage)
        return {order["number"] for order in response.json["items"]}

    assert numbers("") == {one.number, two.number}
    assert numbers("state=paid") == {one.number}
    assert numbers(f"q={two.number}") == {two.number}
    assert numbers("q=%25") == set()
    assert numbers(f"from={long_ago}&to={tomorrow}") == {one.number, two.number}
    assert numbers(f"from={tomorrow}") == set()
    assert numbers(f"to={long_ago}") == set()
    assert numbers(f"point={builders.OTHER_POINT}&from={today}") == set()


def test_a_manager_sees_one_order_with_its_history(client: FlaskClient, device: Device, paid: Orders, fits: Fits) -> None:
    order = paid()

    response = client.get(f"/api/v1/manage/orders/{order.number}", headers=device(DeviceKind.MANAGER, None))

    assert fits(response, schemas.Order)
    assert len(response.json["history"]) == 2


def test_a_manager_of_one_point_sees_only_its_orders(client: FlaskClient, device: Device, paid: Orders, refused: Refused) -> None:
    order, elsewhere = paid(), device(DeviceKind.MANAGER, builders.OTHER_POINT)

    assert client.get("/api/v1/manage/orders", headers=elsewhere).json["items"] == []
    assert client.get(f"/api/v1/manage/orders?point={builders.POINT}", headers=elsewhere).json["items"] == []
    refused(client.get(f"/api/v1/manage/orders/{order.number}", headers=elsewhere), 404, "no_such_order")
    assert len(client.get("/api/v1/manage/orders", headers=device(DeviceKind.MANAGER)).json["items"]) == 1


WRONG_QUESTIONS = [
    ("state=lost", "state", "not_a_choice"),
    ("from=yesterday", "from", "not_a_moment"),
    ("to=2026-13-01", "to", "not_a_date"),
    ("point=%27", "point", "wrong_text"),
    ("after=" + "1" * 41, "after", "wrong_length"),
]


def test_a_wrong_question_of_a_manager_is_refused(client: FlaskClient, device: Device, refused: Refused) -> None:
    headers = device(DeviceKind.MANAGER, None)

    for asked, field, code in WRONG_QUESTIONS:
        assert refused(client.get(f"/api/v1/manage/orders?{asked}", headers=headers), 400, "invalid")["errors"] == {field: [code]}


def test_the_end_of_a_day_is_its_end_in_frankfurt(client: FlaskClient, device: Device, paid: Orders) -> None:
    order = paid()
    summer_midnight = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)   # half past midnight on 1 July in Frankfurt
    builders.set_order(order.number, placed_at=summer_midnight)
    headers = device(DeviceKind.MANAGER, None)

    assert client.get("/api/v1/manage/orders?to=2026-06-30", headers=headers).json["items"] == []
    assert len(client.get("/api/v1/manage/orders?from=2026-07-01&to=2026-07-01", headers=headers).json["items"]) == 1
