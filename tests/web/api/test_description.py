"""The API's description says all there is, and nothing that is not."""
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

PROMISED = [  # docs and other programs rely on these
    ("GET", "/products"), ("GET", "/products/{sku}"), ("GET", "/pickup-points"), ("GET", "/flights"), ("POST", "/orders"),
    ("GET", "/orders"), ("GET", "/orders/{number}"), ("POST", "/orders/{number}/payment"), ("POST", "/orders/{number}/payment/check"),
    ("POST", "/orders/{number}/cancel"), ("POST", "/orders/{number}/trip"), ("POST", "/orders/{number}/on-my-way"),
    ("GET", "/orders/{number}/pickup"), ("POST", "/counter/look"), ("POST", "/counter/scans"),
    ("POST", "/counter/scans/{scan_id}/undo"), ("GET", "/counter/manifest"),
    ("GET", "/packing/waves"), ("POST", "/packing/waves"), ("GET", "/packing/waves/{wave}"), ("POST", "/packing/waves/{wave}/close"),
    ("GET", "/packing/due"), ("GET", "/packing/orders/{number}"), ("POST", "/packing/orders/{number}/pieces"),
    ("POST", "/packing/orders/{number}/ready"), ("POST", "/packing/orders/{number}/shortage"),
    ("POST", "/packing/orders/{number}/back-to-stock"), ("GET", "/manage/orders"), ("GET", "/manage/orders/{number}"),
    ("POST", "/manage/orders/{number}/refunds"), ("POST", "/exports"), ("GET", "/exports/{token}"), ("GET", "/exports/{token}/file"),
    ("GET", "/pay-links/{token}"), ("POST", "/pay-links/{token}/payment"), ("POST", "/pay-links/{token}/payment/check"),
]  # fmt: skip
OPEN = {"/products", "/products/{sku}", "/pickup-points", "/flights"}


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/api/v1/openapi.json")
    assert response.mimetype == "application/json"
    return dict(response.json)


def _calls(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, call in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield method.upper(), path.removeprefix("/api/v1"), call


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def test_the_promised_calls_are_described_and_no_others(described: dict[str, Any]) -> None:
    assert sorted((method, path) for method, path, _ in _calls(described)) == sorted(PROMISED)


def test_every_route_of_the_api_is_described(app: Flask, described: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint not in ("api.description", "api.docs")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {(method, f"/api/v1{path}") for method, path, _ in _calls(described)}


def test_every_call_says_what_it_does_answers_and_refuses(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    for method, path, call in _calls(described):
        assert call["summary"], path
        success = [status for status in call["responses"] if status.startswith("2")]
        assert success, path
        kind = "text/csv" if path.endswith("/file") else "application/json"
        assert call["responses"][success[0]]["content"][kind]["schema"], path
        assert call["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
        assert call.get("security") or path in OPEN, (method, path)
        for name in re.findall(r"\{(\w+)\}", path):
            given = described["paths"][f"/api/v1{path}"].get("parameters", []) + call.get("parameters", [])
            assert any(p["name"] == name and p["in"] == "path" and p["required"] for p in given), path


def test_errors_are_described_as_problem_documents(described: dict[str, Any]) -> None:
    for response in described["components"]["responses"].values():
        assert list(response["content"]) == ["application/problem+json"]


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    found = set(_references(described))

    assert found
    for reference in found:
        at = described
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def test_what_is_unknown_in_a_body_is_said_to_be_refused(described: dict[str, Any]) -> None:
    for _, path, call in _calls(described):
        if "requestBody" in call:
            name = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert described["components"]["schemas"][name]["additionalProperties"] is False, path


def test_an_order_says_that_it_needs_a_key(described: dict[str, Any]) -> None:
    (key,) = described["paths"]["/api/v1/orders"]["post"]["parameters"]

    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", True)


def test_the_page_for_people_needs_no_foreign_host(client: FlaskClient, app: Flask) -> None:
    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert 'data-openapi="/api/v1/openapi.json"' in text
    assert "//" not in re.sub(r"<!doctype[^>]*>", "", text)
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
        assert (Path(app.static_folder or "") / address.removeprefix("/static/")).is_file()


def test_the_description_is_the_same_for_every_reader(client: FlaskClient) -> None:
    first, second = client.get("/api/v1/openapi.json"), client.get("/api/v1/openapi.json", headers={"Accept-Language": "de"})

    assert first.get_data() == second.get_data()
    assert "Set-Cookie" not in first.headers
    assert json.loads(first.get_data())["info"]["title"]
