"""A manager's program sends money back: what it says, once for each key, and never too much."""
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.payments import refund_queries
from shop.people.states import DeviceKind
from shop.web.api import schemas

Device = Callable[..., dict[str, str]]
Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, device: Device) -> Ask:
    """POST …/refunds as a manager's program."""
    mine = device(DeviceKind.MANAGER, None)

    def post(order: Any, body: dict[str, Any], key: str = "key-1", headers: dict[str, str] | None = None) -> Any:
        number = getattr(order, "number", order)
        sent = {"Idempotency-Key": key, **(headers or mine)}
        return client.post(f"/api/v1/manage/orders/{number}/refunds", json={"reason": "goodwill", **body}, headers=sent)

    return post


@pytest.fixture
def order(paid: Orders) -> Any:
    """Three pieces at 10.00 and one at 5.00."""
    return paid({builders.a_product("THREE", price=10_00): 3, builders.a_product("ONE", price=5_00): 1})


def amounts(order: Any) -> list[int]:
    return [refund.amount_minor for refund in refund_queries.refunds_of(order.id)]


def test_everything_goes_back_when_nothing_else_is_said(ask: Ask, order: Any, fits: Fits) -> None:
    answer = ask(order, {"note": "by phone"})

    assert answer.status_code == 202
    assert fits(answer, schemas.Refund)
    assert (answer.json["amount"], answer.json["state"]) == ({"amount": 35_00, "currency": "EUR"}, "requested")
    assert (answer.json["cause"], answer.json["note"], answer.json["order"]) == ("goodwill", "by phone", order.number)
    assert {line["sku"]: line["quantity"] for line in answer.json["lines"]} == {"THREE": 3, "ONE": 1}
    assert answer.headers["Cache-Control"] == "no-store"
    assert order_by_number(order.number).state is OrderState.CANCELLED


def test_pieces_go_back_by_sku_or_position(ask: Ask, order: Any) -> None:
    position = next(line.position for line in order.lines if line.sku == "THREE")

    ask(order, {"lines": [{"sku": "THREE", "quantity": 1}], "reason": "shortage"})
    answer = ask(order, {"lines": [{"position": position, "quantity": 1}, {"sku": "ONE", "quantity": 1}]}, "key-2")

    assert answer.status_code == 202
    assert amounts(order) == [10_00, 15_00]
    assert order_by_number(order.number).state is OrderState.PAID


def test_a_sum_goes_back(ask: Ask, order: Any) -> None:
    assert ask(order, {"amount": {"amount": 1_23, "currency": "EUR"}}).json["lines"] == []
    assert amounts(order) == [1_23]


def test_the_same_key_and_body_give_the_same_refund(ask: Ask, order: Any) -> None:
    body = {"amount": {"amount": 1_00, "currency": "EUR"}}

    first, again = ask(order, body), ask(order, body)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert amounts(order) == [1_00]


def test_the_same_key_with_another_body_is_refused(ask: Ask, order: Any, paid: Orders, refused: Refused) -> None:
    ask(order, {"amount": {"amount": 1_00, "currency": "EUR"}})

    refused(ask(order, {"amount": {"amount": 2_00, "currency": "EUR"}}), 422, "idempotency_key_reused")
    refused(ask(paid(), {"amount": {"amount": 1_00, "currency": "EUR"}}), 422, "idempotency_key_reused")

    assert amounts(order) == [1_00]


def test_another_program_may_use_the_same_key(ask: Ask, order: Any, device: Device) -> None:
    body = {"amount": {"amount": 1_00, "currency": "EUR"}}

    ask(order, body)
    ask(order, body, headers=device(DeviceKind.MANAGER, None))

    assert amounts(order) == [1_00, 1_00]


def test_a_refund_needs_a_key(client: FlaskClient, device: Device, order: Any, refused: Refused) -> None:
    answer = client.post(
        f"/api/v1/manage/orders/{order.number}/refunds", json={"reason": "goodwill"}, headers=device(DeviceKind.MANAGER, None)
    )

    refused(answer, 400, "idempotency_key_missing")
    assert amounts(order) == []


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"reason": "because"}, 400, "invalid", "reason"),
        ({"reason": "no_show"}, 400, "invalid", "reason"),
        ({"reason": None}, 400, "invalid", "reason"),
        ({"lines": []}, 400, "invalid", "lines"),
        ({"lines": {}}, 400, "invalid", "lines"),
        ({"lines": [{"quantity": 1}]}, 400, "invalid", "lines.0"),
        ({"lines": [{"sku": "ONE", "position": 1, "quantity": 1}]}, 400, "invalid", "lines.0"),
        ({"lines": [{"sku": "ONE", "quantity": 0}]}, 400, "invalid", "lines.0.quantity"),
        ({"lines": [{"sku": "ONE", "quantity": "1"}]}, 400, "invalid", "lines.0.quantity"),
        ({"lines": [{"sku": "NONE", "quantity": 1}]}, 400, "wrong_refund", "lines.0.sku"),
        ({"lines": [{"sku": "ONE", "quantity": 2}]}, 400, "wrong_refund", "lines"),
        ({"lines": [{"sku": "ONE", "quantity": 1}, {"sku": "ONE", "quantity": 1}]}, 400, "wrong_refund", "lines"),
        ({"lines": [{"position": 77, "quantity": 1}]}, 400, "wrong_refund", "lines"),
        ({"amount": {"amount": 0, "currency": "EUR"}}, 400, "invalid", "amount.amount"),
        ({"amount": {"amount": 1.5, "currency": "EUR"}}, 400, "invalid", "amount.amount"),
        ({"amount": {"amount": 100, "currency": "CNY"}}, 400, "wrong_refund", "amount.currency"),
        ({"amount": {"amount": 100, "currency": "USD"}}, 400, "invalid", "amount.currency"),
        ({"amount": {"amount": 35_01, "currency": "EUR"}}, 422, "refund_too_large", "amount"),
        ({"amount": {"amount": 10**12, "currency": "EUR"}}, 422, "refund_too_large", "amount"),
        ({"amount": {"amount": 1, "currency": "EUR"}, "lines": [{"sku": "ONE", "quantity": 1}]}, 400, "invalid", "amount"),
        ({"note": "x" * 201}, 400, "invalid", "note"),
        ({"note": "a\x00b"}, 400, "invalid", "note"),
        ({"extra": 1}, 400, "invalid", "extra"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(
    ask: Ask, order: Any, refused: Refused, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    said = refused(ask(order, body), status, code)

    assert field in said["errors"], said
    assert amounts(order) == []


def test_nothing_is_left_after_everything_went_back(ask: Ask, order: Any, unpaid: Orders, refused: Refused) -> None:
    ask(order, {})

    refused(ask(order, {}, "key-2"), 409, "nothing_to_refund")
    refused(ask(unpaid(), {}, "key-3"), 409, "nothing_to_refund")


def test_only_managers_of_the_orders_point_send_money_back(
    ask: Ask, client: FlaskClient, device: Device, order: Any, refused: Refused
) -> None:
    refused(ask(order, {}, headers=device()), 403, "wrong_kind_of_device")
    refused(ask(order, {}, headers=device(DeviceKind.PACKER)), 403, "wrong_kind_of_device")
    refused(ask(order, {}, headers=device(DeviceKind.MANAGER, builders.OTHER_POINT)), 404, "no_such_order")
    refused(ask("D23456789A", {}), 404, "no_such_order")
    refused(client.post(f"/api/v1/manage/orders/{order.number}/refunds", json={"reason": "goodwill"}), 401, "wrong_token")

    assert amounts(order) == []
    assert ask(order, {}, headers=device(DeviceKind.MANAGER)).status_code == 202


def test_a_manager_sees_the_refunds_of_an_order(ask: Ask, client: FlaskClient, device: Device, order: Any, fits: Fits) -> None:
    made = ask(order, {"amount": {"amount": 1_00, "currency": "EUR"}}).json

    answer = client.get(f"/api/v1/manage/orders/{order.number}", headers=device(DeviceKind.MANAGER, None))

    assert fits(answer, schemas.ManagedOrder)
    assert answer.json["refunds"] == [made]
    assert answer.json["refund_state"] == "requested"
