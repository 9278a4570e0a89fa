"""Cancelling a paid order with its money back, and what the order says of refunds."""
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Lines
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.web.api import schemas

Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]


def test_a_paid_order_is_cancelled_with_its_refund_and_harmlessly_so_twice(
    signed_in: FlaskClient, peer: Any, paid: Orders, fits: Fits
) -> None:
    sku = builders.a_product(on_hand=5)
    order = paid({sku: 2})

    first, again = (signed_in.post(f"/api/v1/orders/{order.number}/cancel", json={"refund": True}) for _ in range(2))

    assert fits(first, schemas.State)
    assert first.json == again.json == {"number": order.number, "state": "cancelled"}
    assert [refund.amount_minor for refund in refunds_of(order.id)] == [order.total.minor]
    assert builders.stock_of(sku) == (5, 0, 0, 0)


@pytest.mark.parametrize("sent", [{}, {"json": {}}, {"json": {"refund": False}}])
def test_a_caller_that_believes_the_order_unpaid_does_not_cancel_a_paid_one(
    signed_in: FlaskClient, peer: Any, paid: Orders, refused: Refused, sent: dict[str, Any]
) -> None:
    order = paid()

    refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel", **sent), 409, "order_state_changed")

    assert order_by_number(order.number).state is OrderState.PAID
    assert refunds_of(order.id) == []


def test_with_refund_an_unpaid_order_is_not_cancelled(signed_in: FlaskClient, peer: Any, unpaid: Orders, refused: Refused) -> None:
    order = unpaid()

    refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel", json={"refund": True}), 409, "order_state_changed")

    assert order_by_number(order.number).state is OrderState.AWAITING_PAYMENT


@pytest.mark.parametrize("change", [{"state": "collected"}, {"state": "no_show"}, {"departs_at": "now"}])
def test_what_is_collected_or_has_flown_is_not_cancelled(
    signed_in: FlaskClient, paid: Orders, refused: Refused, now: Any, change: dict[str, Any]
) -> None:
    order = paid()
    builders.set_order(order.number, **({"departs_at": now - timedelta(seconds=1)} if "departs_at" in change else change))

    refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel", json={"refund": True}), 409, "order_state_changed")

    assert refunds_of(order.id) == []


@pytest.mark.parametrize("wrong", ["yes", 1, None, [], {}, "true", 1.0])
def test_only_true_itself_means_that_money_goes_back(signed_in: FlaskClient, paid: Orders, refused: Refused, wrong: Any) -> None:
    order = paid()

    said = refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel", json={"refund": wrong}), 400, "invalid")

    assert "refund" in said["errors"]
    assert order_by_number(order.number).state is OrderState.PAID


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {"refund": True, "reason": "?"}}, 400, "invalid"),
        ({"data": "{", "content_type": "application/json"}, 400, "bad_json"),
        ({"data": "refund=true", "content_type": "application/x-www-form-urlencoded"}, 415, "http_415"),
        ({"json": [True]}, 400, "invalid"),
    ],
)
def test_a_broken_body_cancels_nothing(
    signed_in: FlaskClient, paid: Orders, refused: Refused, sent: dict[str, Any], status: int, code: str
) -> None:
    order = paid()

    refused(signed_in.post(f"/api/v1/orders/{order.number}/cancel", **sent), status, code)

    assert order_by_number(order.number).state is OrderState.PAID


def test_somebody_elses_paid_order_cannot_be_cancelled(signed_in: FlaskClient, refused: Refused, now: Any, day: Any) -> None:
    theirs = builders.a_paid_order(now=now, date=day)

    refused(signed_in.post(f"/api/v1/orders/{theirs.number}/cancel", json={"refund": True}), 404, "no_such_order")

    assert refunds_of(theirs.id) == []


def test_an_order_tells_its_refunds_to_its_traveller(signed_in: FlaskClient, paid: Orders, fits: Fits, now: Any) -> None:
    order = paid({builders.a_product(price=50_00): 2})
    refunding.ask_refund(order.number, Lines({1: 1}), Why(Cause.SHORTAGE, "device:1"), now)

    response = signed_in.get(f"/api/v1/orders/{order.number}")

    assert fits(response, schemas.Order)
    assert response.json["refund_state"] == "requested"
    (refund,) = response.json["refunds"]
    assert refund.pop("requested_at").endswith("Z")
    assert refund == {
        "amount": {"amount": 5000, "currency": "EUR"}, "state": "requested", "cause": "shortage", "done_at": None,
    }  # fmt: skip


def test_an_order_without_refunds_says_so_and_a_list_says_nothing(signed_in: FlaskClient, paid: Orders) -> None:
    order = paid()

    assert signed_in.get(f"/api/v1/orders/{order.number}").json["refunds"] == []
    assert "refunds" not in signed_in.get("/api/v1/orders").json["items"][0]
