"""Reports as files, for a manager's program."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from msgspec.structs import replace

from shop.exports import making
from shop.people.states import DeviceKind
from shop.web.api.exports import Export

ADDRESS = "/api/v1/exports"
BODY = {"report": "orders", "format": "csv", "from": "2026-11-01", "to": "2026-11-30"}
Device = Callable[..., dict[str, str]]


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    wiring = app.extensions["shop"]
    app.extensions["shop"] = replace(wiring, settings=replace(wiring.settings, export_folder=str(tmp_path)))
    return tmp_path


def post(client: FlaskClient, headers: dict[str, str], body: dict[str, Any], key: str = "k1") -> Any:
    return client.post(ADDRESS, json=body, headers={**headers, "Idempotency-Key": key})


def test_a_program_asks_waits_and_fetches(
    client: FlaskClient, device: Device, folder: Path, fits: Callable[[Any, type[Schema]], bool]
) -> None:
    order = builders.a_paid_order()
    token = device(DeviceKind.MANAGER, None)

    asked = post(client, token, BODY)
    assert (asked.status_code, asked.json["state"], asked.json["file"]) == (202, "waiting", None)
    assert fits(asked, Export)
    assert client.get(asked.headers["Location"] + "/file", headers=token).status_code == 404
    assert making.make_all(folder, lambda: datetime.now(UTC)) == 1

    done = client.get(asked.headers["Location"], headers=token)
    file = client.get(done.json["file"], headers=token)

    assert fits(done, Export)
    assert (done.json["state"], done.json["rows"], done.json["totals"][0]["line_total"]) == (
        "done",
        1,
        order.total.minor,
    )
    assert (file.status_code, file.mimetype) == (200, "text/csv")
    assert order.number.encode() in file.data
    assert len(file.data) == done.json["size"]
    file.close()


def test_the_same_key_gives_the_same_export(client: FlaskClient, device: Device, refused: Callable[..., Any]) -> None:
    token = device(DeviceKind.MANAGER, None)
    first = post(client, token, BODY)

    assert post(client, token, BODY).json["id"] == first.json["id"]
    refused(post(client, token, {**BODY, "format": "xlsx"}), 422, "idempotency_key_reused")
    refused(client.post(ADDRESS, json=BODY, headers=token), 400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"report": "secrets"}, 404, "unknown_report"), ({"to": "2026-10-01"}, 400, "wrong_period"),
        ({"to": "2036-11-01"}, 400, "wrong_period"),
        ({"filters": {"name": "WANG"}}, 400, "wrong_filter"), ({"filters": {"state": "lost"}}, 400, "wrong_filter"),
        ({"report": "tax_evidence"}, 403, "may_not_export"), ({"report": "refunds"}, 403, "may_not_export"),
        ({"day": "bank"}, 400, "wrong_filter"),
        ({"format": "pdf"}, 400, "invalid"), ({"columns": ["name"]}, 400, "invalid"), ({"from": "November"}, 400, "invalid"),
        ({"filters": {"point": 7}}, 400, "invalid"), ({"filters": "x"}, 400, "invalid"),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(
    client: FlaskClient, device: Device, refused: Callable[..., Any], more: dict[str, Any], status: int, code: str
) -> None:
    refused(post(client, device(DeviceKind.MANAGER, None), {**BODY, **more}), status, code)


def test_a_token_of_one_point_gets_that_points_part(
    client: FlaskClient, device: Device, refused: Callable[..., Any], folder: Path
) -> None:
    token = device(DeviceKind.MANAGER, builders.POINT)
    here, there = builders.a_paid_order(), builders.a_paid_order(pickup_point=builders.OTHER_POINT)

    asked = post(client, token, BODY)
    making.make_all(folder, lambda: datetime.now(UTC))

    assert asked.json["filters"] == {"point": builders.POINT}
    file = client.get(f"{ADDRESS}/{asked.json['id']}/file", headers=token)
    data = file.data
    file.close()
    assert (here.number.encode() in data, there.number.encode() in data) == (True, False)
    refused(post(client, token, {**BODY, "filters": {"point": builders.OTHER_POINT}}, "k2"), 400, "wrong_filter")


def test_another_program_does_not_see_it(client: FlaskClient, device: Device, refused: Callable[..., Any]) -> None:
    asked = post(client, device(DeviceKind.MANAGER, None), BODY)
    other = device(DeviceKind.MANAGER, None)

    refused(client.get(asked.headers["Location"], headers=other), 404, "no_such_export")
    refused(post(client, device(), BODY), 403, "wrong_kind_of_device")
