"""The counter by API: checks, a part of a parcel, taking back, and what a device knows offline."""
import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup import commands as pickup
from shop.pickup import conflicts
from shop.pickup.checks import Asks
from shop.web.api import counter_schemas

Device = Callable[..., dict[str, str]]
Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]
Scan = Callable[..., Any]


@pytest.fixture
def headers(device: Device) -> dict[str, str]:
    return device()


@pytest.fixture
def scan(client: FlaskClient, headers: dict[str, str]) -> Scan:
    return lambda order, scan_id="scan-0001", by=None, **more: client.post(
        "/api/v1/counter/scans", json={"code": builders.code_of(order), "scan_id": scan_id, **more}, headers=by or headers
    )


def undo(client: FlaskClient, headers: dict[str, str], scan_id: str = "scan-0001") -> Any:
    return client.post(f"/api/v1/counter/scans/{scan_id}/undo", headers=headers)


def known(client: FlaskClient, headers: dict[str, str], query: str = "", **more: str) -> Any:
    return client.get(f"/api/v1/counter/manifest{query}", headers={**headers, **more})


def test_needs_check_says_what_and_the_answers_open_it(
    client: FlaskClient, headers: dict[str, str], scan: Scan, paid: Orders, fits: Fits
) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True, boarding_pass=True))
    order = paid({builders.a_product(alcohol=400): 1})
    looked = client.post("/api/v1/counter/look", json={"code": builders.code_of(order)}, headers=headers)

    first = scan(order)
    wrong = scan(order, "scan-0002", checks={"age": "adult", "boarding_pass": {"flight": "LH720", "date": "2026-01-01"}})
    right = scan(order, "scan-0003", checks={"age": "adult", "boarding_pass": {"flight": "LH720", "confirmed": True}})

    for response in (looked, first, wrong, right):
        assert fits(response, counter_schemas.ScanAnswer)
    assert looked.json == first.json
    assert first.json["checks"] == [{"kind": "boarding_pass", "hints": []}, {"kind": "age", "hints": ["age_unknown"]}]
    assert wrong.json["checks"] == [{"kind": "boarding_pass", "hints": ["flight", "date"]}]
    assert right.json["outcome"] == "collected"


def test_a_minor_is_told_apart(scan: Scan, paid: Orders, day: date) -> None:
    pickup.put_rules(builders.POINT, Asks(age=True))
    order = paid({builders.a_product(alcohol=400): 1})
    builders.set_order(order.number, birth_date=day.replace(year=day.year - 17, day=1))

    assert scan(order, checks={"age": "adult"}).json["checks"] == [{"kind": "age", "hints": ["minor"]}]


def test_a_part_is_handed_over_by_sku_or_position(scan: Scan, paid: Orders, fits: Fits, refused: Refused) -> None:
    one, two = builders.a_product(), builders.a_product()
    order = paid({one: 2, two: 1})
    refused(scan(order, lines=[{"sku": one, "quantity": 3}]), 400, "wrong_lines")

    response = scan(order, lines=[{"sku": one, "quantity": 1}, {"position": order.lines[1].position, "quantity": 0}])

    assert fits(response, counter_schemas.ScanAnswer)
    assert response.json["outcome"] == "collected"
    assert response.json["missing"] == [{"position": line.position, "quantity": 1} for line in order.lines]
    assert [(line["sku"], line["quantity"]) for line in response.json["order"]["lines"]] == [(one, 1)]
    assert scan(order).status_code == 200
    assert builders.order_by_number(order.number).state is OrderState.PARTLY_COLLECTED


def test_a_hand_over_is_taken_back_and_the_scan_says_so(
    client: FlaskClient, headers: dict[str, str], scan: Scan, paid: Orders, fits: Fits
) -> None:
    order = paid()
    scan(order)

    taken_back, twice = undo(client, headers), undo(client, headers)

    assert fits(taken_back, counter_schemas.Undone)
    assert taken_back.json == twice.json
    assert taken_back.json["state"] == "paid"
    assert scan(order).json["undone_at"] == taken_back.json["undone_at"]
    assert scan(order, "scan-0002").json["outcome"] == "collected"


def test_only_who_may_takes_back(client: FlaskClient, device: Device, scan: Scan, paid: Orders, refused: Refused) -> None:
    order = paid()
    scan(order)

    refused(undo(client, device()), 403, "not_your_hand_over")
    refused(undo(client, device(DeviceKind.SUPERVISOR, builders.OTHER_POINT)), 404, "no_such_scan")
    refused(undo(client, device(), "scan-9999"), 404, "no_such_scan")

    assert undo(client, device(DeviceKind.SUPERVISOR)).status_code == 200
    refused(undo(client, device(DeviceKind.SUPERVISOR), "x" * 500), 404, "no_such_scan")


def test_a_supervisors_device_hands_over_as_well(device: Device, scan: Scan, paid: Orders) -> None:
    assert scan(paid(), by=device(DeviceKind.SUPERVISOR)).json["outcome"] == "collected"


def test_a_scan_without_network_keeps_its_time_and_a_double_one_is_a_conflict(device: Device, scan: Scan, paid: Orders, now: Any) -> None:
    order, at = paid(), (now - timedelta(minutes=20)).replace(microsecond=0)
    written = at.isoformat()

    first = scan(order, offline=True, scanned_at=written)
    second = scan(order, "scan-0002", by=device(), offline=True, scanned_at=written)

    assert (first.json["outcome"], first.json["at"]) == ("collected", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert second.json["outcome"] == "already_collected"
    assert [found.number for found in conflicts.conflicts()] == [order.number]


def test_the_manifest_is_what_is_described_and_compressed_for_whoever_accepts_that(
    client: FlaskClient, headers: dict[str, str], paid: Orders, fits: Fits, now: Any
) -> None:
    order = paid()
    builders.set_order(order.number, collect_from=now, collect_until=now + timedelta(hours=3))

    plain, packed = known(client, headers), known(client, headers, **{"Accept-Encoding": "gzip, br"})

    assert fits(plain, counter_schemas.Manifest)
    assert [parcel["c"] for parcel in plain.json["parcels"]] == [builders.code_of(order)]
    assert (packed.headers["Content-Encoding"], "Accept-Encoding" in packed.headers["Vary"]) == ("gzip", True)
    assert json.loads(gzip.decompress(packed.data))["parcels"] == plain.json["parcels"]
    assert packed.headers["Cache-Control"] == "no-store"


def test_the_manifest_goes_on_from_its_cursor_and_speaks_the_languages(
    client: FlaskClient, headers: dict[str, str], paid: Orders, now: Any, refused: Refused
) -> None:
    order = paid()
    builders.set_order(order.number, collect_from=now, collect_until=now + timedelta(hours=3))
    first = known(client, headers, "?lang=de").json

    then = known(client, headers, f"?since={first['next']}").json

    assert first["parcels"][0]["l"] == [[order.lines[0].name["de"], 1]]
    assert (first["full"], then["full"]) == (True, False)
    refused(known(client, headers, "?since=" + "1" * 30), 400, "invalid")
