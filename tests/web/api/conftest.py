"""Who calls the API in these tests, and what they order. The clock is the real one, as it is for the door."""
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from msgspec.structs import replace

from shop.base import clock
from shop.base.ids import OutTradeNo, TravellerId
from shop.gateways.pay import Payment, PayUnavailable, PrepayId, PrepayRequest
from shop.people.states import DeviceKind


@dataclass
class PayPeer:
    """WeChat Pay as far as these tests need it: it opens everything, and knows the payments it is told of."""

    payments: dict[str, Payment] = field(default_factory=dict)
    opened: list[bytes] = field(default_factory=list)
    silent: bool = False

    def prepare(self, asked: PrepayRequest) -> bytes:
        return asked.out_trade_no.encode()

    def open_jsapi(self, body: bytes) -> PrepayId:
        self._answers()
        self.opened.append(body)
        return PrepayId("wx-" + body.decode())

    def find(self, no: OutTradeNo) -> Payment | None:
        self._answers()
        return self.payments.get(no)

    def close(self, no: OutTradeNo) -> None:
        self._answers()

    def jsapi_parameters(self, prepay_id: PrepayId, now: datetime) -> dict[str, str]:
        return {
            "appId": "wx1", "timeStamp": str(int(now.timestamp())), "nonceStr": "n", "package": f"prepay_id={prepay_id}",
            "signType": "RSA", "paySign": "s",
        }  # fmt: skip

    def _answers(self) -> None:
        if self.silent:
            raise PayUnavailable("timeout")


@pytest.fixture
def peer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> PayPeer:
    """WeChat Pay, wired into the app in place of the real one."""
    made = PayPeer()
    monkeypatch.setitem(app.extensions, "shop", replace(app.extensions["shop"], get_pay=lambda: made))
    return made


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def day(now: datetime) -> date:
    """The day of the flight: soon, but not too soon."""
    return (now + timedelta(days=3)).date()


@pytest.fixture
def traveller(app: Flask) -> TravellerId:
    return builders.a_traveller()


@pytest.fixture
def signed_in(client: FlaskClient, traveller: TravellerId) -> FlaskClient:
    """The traveller's browser."""
    with client.session_transaction() as session:
        session["traveller"] = traveller
    return client


@pytest.fixture
def body(day: date) -> Callable[..., dict[str, Any]]:
    """A body of POST /orders for these quantities by SKU."""

    def make(lines: dict[str, int], **more: Any) -> dict[str, Any]:
        return {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
            "trip": {"flight": "ca 932", "date": day.isoformat(), "final_destination": "PEK"},
            "pickup_point": builders.POINT,
            "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
            **more,
        }

    return make


@pytest.fixture
def place(signed_in: FlaskClient) -> Callable[..., Any]:
    """POST /orders by the traveller; answers the response."""
    return lambda body, key="key-1", **more: signed_in.post(
        "/api/v1/orders", json=body, headers={"Idempotency-Key": key, **more.pop("headers", {})}, **more
    )


@pytest.fixture
def device(app: Flask) -> Callable[..., dict[str, str]]:
    """The headers of a device of a kind and a point (None: all points)."""

    def make(kind: DeviceKind = DeviceKind.COUNTER, point: str | None = builders.POINT) -> dict[str, str]:
        return {"Authorization": f"Bearer {builders.a_device(kind, point)[1]}"}

    return make


@pytest.fixture
def paid(app: Flask, traveller: TravellerId, now: datetime, day: date) -> Callable[..., Any]:
    """A paid order of the traveller, placed just now."""
    return lambda lines=None, **more: builders.a_paid_order(lines, now=now, **{"traveller": traveller, "date": day, **more})


@pytest.fixture
def unpaid(app: Flask, traveller: TravellerId, now: datetime, day: date) -> Callable[..., Any]:
    """An order of the traveller that waits for its payment."""
    return lambda lines=None, **more: builders.an_order(lines, now=now, **{"traveller": traveller, "date": day, **more})


@pytest.fixture
def fits() -> Callable[[Any, type[Schema]], bool]:
    """Whether an answer is exactly what the API's description promises."""

    def check(response: Any, schema: type[Schema]) -> bool:
        assert response.mimetype == "application/json"
        assert schema().validate(response.json) == {}
        return True

    return check


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """Check a problem document and answer it."""

    def check(response: Any, status: int, code: str) -> dict[str, Any]:
        said = response.get_json(force=True)
        assert (response.status_code, said["code"]) == (status, code), said
        assert response.content_type == "application/problem+json"
        assert said["status"] == status
        assert said["title"]
        return dict(said)

    return check
