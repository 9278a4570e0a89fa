"""What is sent instead of a proper body gets a problem document with a code, never a fault."""
import copy
import json
import secrets
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.people.states import DeviceKind

Body = Callable[..., dict[str, Any]]
Device = Callable[..., dict[str, str]]
Refused = Callable[..., dict[str, Any]]
KEY = {"Idempotency-Key": "k"}
JSON = {"Content-Type": "application/json"}


NO_JSON = [
    b"", b"{", b"nonsense", b'{"a":1}x', b"\xff\xfe", b'{"lines": NaN}', b'{"lines": Infinity}', b"[" * 100_000, b'{"a":' * 50_000,
    b"1" * 10_000, '{"lines": "ü"}'.encode("utf-16"), b'{"a": "\xed\xa0\x80"}',
]  # fmt: skip


def test_what_is_no_json_is_refused(signed_in: FlaskClient, refused: Refused) -> None:
    for sent in NO_JSON:
        refused(signed_in.post("/api/v1/orders", data=sent, headers={**KEY, **JSON}), 400, "bad_json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", ""])
def test_a_body_that_does_not_say_it_is_json_is_refused(signed_in: FlaskClient, refused: Refused, kind: str) -> None:
    refused(signed_in.post("/api/v1/orders", data=b"{}", headers={**KEY, "Content-Type": kind}), 415, "http_415")


def test_a_wrong_method_is_refused_with_the_right_ones(client: FlaskClient, refused: Refused) -> None:
    response = client.delete("/api/v1/orders")

    refused(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_a_body_that_is_too_large_is_refused(signed_in: FlaskClient, refused: Refused) -> None:
    refused(signed_in.post("/api/v1/orders", data=b" " * 300_000, headers={**KEY, **JSON}), 413, "too_large")


FIELDS: list[tuple[list[Any], Any, str, str]] = [
    (["surprise"], 1, "surprise", "unknown_field"),
    (["trip", "seat"], "1A", "trip.seat", "unknown_field"),
    (["lines", 0, "price"], 1, "lines.0.price", "unknown_field"),
    (["lines"], None, "lines", "missing"),
    (["lines"], {}, "lines", "not_a_list"),
    (["lines", 0], 5, "lines.0", "not_an_object"),
    (["lines"], [{"sku": "x", "quantity": 1}] * 101, "lines", "too_many"),
    (["lines", 0, "sku"], "x" * 33, "lines.0.sku", "wrong_length"),
    (["lines", 0, "sku"], "a\0", "lines.0.sku", "forbidden_character"),
    (["lines", 0, "sku"], "\ud800", "lines.0.sku", "forbidden_character"),
    (["lines", 0, "quantity"], 0, "lines.0.quantity", "wrong_quantity"),
    (["lines", 0, "quantity"], 10, "lines.0.quantity", "wrong_quantity"),
    (["lines", 0, "quantity"], 10**400, "lines.0.quantity", "wrong_quantity"),
    (["lines", 0, "quantity"], True, "lines.0.quantity", "not_a_number"),
    (["lines", 0, "quantity"], 1.0, "lines.0.quantity", "not_a_number"),
    (["lines", 0, "quantity"], "1", "lines.0.quantity", "not_a_number"),
    (["trip"], [], "trip", "not_an_object"),
    (["trip", "date"], "2026-11-24T00:00:00", "trip.date", "not_a_date"),
    (["trip", "date"], 20261124, "trip.date", "not_a_date"),
    (["trip", "date"], "0001-01-01", "trip.date", "out_of_range"),
    (["trip", "date"], "9999-12-31", "trip.date", "out_of_range"),
    (["trip", "departure_time"], "24:00", "trip.departure_time", "not_a_time"),
    (["trip", "departure_time"], "09:00\n", "trip.departure_time", "wrong_length"),
    (["trip", "final_destination"], "P3K", "trip.final_destination", "no_such_airport"),
    (["traveller", "residence"], "cn", "traveller.residence", "wrong_country"),
    (["traveller", "name"], "", "traveller.name", "wrong_length"),
    (["traveller", "birth_date"], "1899-12-31", "traveller.birth_date", "out_of_range"),
    (["campaign"], "x" * 65, "campaign", "wrong_length"),
]


def test_every_field_is_checked(signed_in: FlaskClient, refused: Refused, body: Body) -> None:
    right = body({builders.a_product(): 1})

    for path, value, field, code in FIELDS:
        sent = json.dumps(_with(right, path, value))
        said = refused(signed_in.post("/api/v1/orders", data=sent, headers={**KEY, **JSON}), 400, "invalid")
        assert code in said["errors"].get(field, []), (path, said)


def test_a_body_of_nothing_but_rubbish_is_not_repeated_whole(signed_in: FlaskClient, refused: Refused) -> None:
    sent = {f"{n}" * 300: n for n in range(300)}

    said = refused(signed_in.post("/api/v1/orders", json=sent, headers=KEY), 400, "invalid")

    assert len(json.dumps(said)) < 10_000


def _with(body: Any, path: list[Any], value: Any) -> Any:
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


TEXT = st.text(st.characters(codec=None), max_size=40)   # with halves of surrogate pairs
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
ORDER_PATHS: list[list[Any]] = [
    ["lines"], ["lines", 0], ["lines", 0, "sku"], ["lines", 0, "quantity"], ["trip"], ["trip", "flight"], ["trip", "date"],
    ["trip", "final_destination"], ["trip", "departure_time"], ["pickup_point"], ["traveller"], ["traveller", "name"],
    ["traveller", "residence"], ["traveller", "birth_date"], ["campaign"], ["extra"],
]  # fmt: skip
SCAN_PATHS: list[list[Any]] = [["code"], ["scan_id"], ["scanned_at"], ["checks"], ["extra"]]
BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _is_sane(response: Any) -> None:
    assert response.status_code < 500, response.get_data(as_text=True)
    if response.status_code >= 400:
        said = response.get_json(force=True)
        assert response.content_type == "application/problem+json"
        assert said["code"]


@BOUNDED
@given(sent=ANY)
def test_any_json_at_all_gets_an_answer_from_every_call(app: Flask, peer: Any, signed_in: FlaskClient, device: Device, sent: Any) -> None:
    text = json.dumps(sent)
    for path in ("orders", "orders/D234567899/payment", "orders/D234567899/payment/check", "orders/D234567899/cancel"):
        _is_sane(signed_in.post(f"/api/v1/{path}", data=text, headers={**KEY, **JSON}))
    for path in ("counter/look", "counter/scans", "packing/orders/D234567899/ready"):
        _is_sane(signed_in.post(f"/api/v1/{path}", data=text, headers={**device(DeviceKind.COUNTER), **JSON}))


@BOUNDED
@given(path=st.sampled_from(ORDER_PATHS), value=ANY)
def test_any_value_in_any_field_of_an_order_gets_an_answer(signed_in: FlaskClient, body: Body, path: list[Any], value: Any) -> None:
    sent = _with(body({"NO-SUCH": 1}), path, value)

    _is_sane(signed_in.post("/api/v1/orders", data=json.dumps(sent), headers={**KEY, **JSON}))


@BOUNDED
@given(name=st.text(st.characters(codec=None), max_size=130), flight=st.text(max_size=17), campaign=st.text(max_size=65))
def test_any_text_in_an_order_that_can_be_placed_gets_an_answer(
    signed_in: FlaskClient, body: Body, name: str, flight: str, campaign: str
) -> None:
    sent = body({builders.a_product(): 1}, traveller={"name": name, "residence": "CN"}, campaign=campaign)
    response = signed_in.post("/api/v1/orders", data=json.dumps(sent), headers={"Idempotency-Key": f"{hash((name, campaign))}", **JSON})
    _is_sane(response)

    sent["trip"]["flight"] = flight
    _is_sane(signed_in.post("/api/v1/orders", data=json.dumps(sent), headers={"Idempotency-Key": "flight", **JSON}))


@BOUNDED
@given(path=st.sampled_from(SCAN_PATHS), value=ANY)
def test_any_value_in_any_field_of_a_scan_gets_an_answer(client: FlaskClient, device: Device, path: list[Any], value: Any) -> None:
    sent = _with({"code": "2345678999", "scan_id": secrets.token_hex(8)}, path, value)

    _is_sane(client.post("/api/v1/counter/scans", data=json.dumps(sent), headers={**device(), **JSON}))


@BOUNDED
@given(text=st.text(max_size=60))
def test_any_text_in_an_address_gets_an_answer(signed_in: FlaskClient, device: Device, text: str) -> None:
    manager = device(DeviceKind.MANAGER, None)
    for name in ("q", "category", "after", "limit", "lang"):
        _is_sane(signed_in.get("/api/v1/products", query_string={name: text}))
    for name in ("q", "state", "from", "to", "point", "after"):
        _is_sane(signed_in.get("/api/v1/manage/orders", query_string={name: text}, headers=manager))
    _is_sane(signed_in.get("/api/v1/flights", query_string={"number": text, "date": "2026-11-26"}))
    _is_sane(signed_in.get("/api/v1/orders/" + text.replace("/", "")[:40].replace("?", "").replace("#", "").replace("%", "")))
