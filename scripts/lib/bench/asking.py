"""The requests of the bench, as the bytes that travellers, counters and WeChat Pay would send."""

import json
import random
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from . import goods
from .goods import Prepared
from .wechat import WeChat

CSRF = "bench-csrf-token"
JSON = {"Content-Type": "application/json"}


def raw(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: zh-CN"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Travellers:
    """Signed-in browsers: their cookies are made by the shop's own session interface."""

    def __init__(self, app: Flask, keys: Sequence[int]) -> None:
        self.signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        self.name = app.config["SESSION_COOKIE_NAME"]
        self.keys = list(keys)
        self.day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()

    def cookie(self, key: int) -> str:
        return f"{self.name}={self.signer.dumps({'traveller': key, 'csrf': CSRF})}"

    def page(self, path: str, n: int = 0) -> bytes:
        return raw("GET", path, {"Cookie": self.cookie(self.keys[n % len(self.keys)])})

    def post(self, key: int, path: str, body: Any, **more: str) -> bytes:
        headers = {
            "Cookie": self.cookie(key), "Origin": "http://127.0.0.1", "X-CSRF-Token": CSRF,
            **JSON, **{name.replace("_", "-"): value for name, value in more.items()},
        }  # fmt: skip
        return raw("POST", path, headers, json.dumps(body).encode())

    def order(self, skus: Sequence[str]) -> bytes:
        """An order of one of each, by anybody, with a key of its own."""
        body = {
            "lines": [{"sku": sku, "quantity": 1} for sku in skus],
            "trip": {"flight": goods.FLIGHT, "date": self.day, "final_destination": "PEK"},
            "pickup_point": goods.POINT,
            "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
        }
        return self.post(random.choice(self.keys), "/api/v1/orders", body, Idempotency_Key=secrets.token_hex(12))

    def orders(self, count: int, *, hot: bool = False) -> list[bytes]:
        """Orders of three products from three thirds of the catalogue; with `hot` the first one is always the same."""
        third = goods.PRODUCTS // 3
        return [
            self.order([f"SKU-{0 if hot and n == 0 else random.randrange(n * third, (n + 1) * third):06}" for n in range(3)])
            for _ in range(count)
        ]

    def payments(self, prepared: Sequence[Prepared]) -> list[bytes]:
        """Taps on "pay", one for each order."""
        return [self.post(one.traveller, f"/api/v1/orders/{one.number}/payment", {}) for one in prepared]


def notices(wechat: WeChat, prepared: Sequence[Prepared]) -> list[bytes]:
    """One notice for each order. To be sent soon: five minutes later they are stale."""
    made = []
    for one in prepared:
        headers, body = wechat.notice(one.out_trade_no, goods.LINES * goods.PRICE)
        made.append(raw("POST", "/callbacks/wechat-pay/payment", {**JSON, **headers}, body))
    return made


def scans(token: str, prepared: Sequence[Prepared]) -> list[bytes]:
    """One scan for each parcel, of the QR picture's text, each with an id of its own and the answers to every check."""
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    now = datetime.now(UTC)
    flown = (now + timedelta(days=goods.DAYS_AHEAD)).date().isoformat()
    said: dict[str, Any] = {
        "scanned_at": now.isoformat(timespec="seconds"), "looked_at": (now - timedelta(seconds=20)).isoformat(timespec="seconds"),
        "checks": {
            "boarding_pass": {"flight": goods.FLIGHT, "date": flown, "destination": goods.DESTINATION, "name_match": "same"},
            "age": "adult", "sealed_bag": "STEB-0042-1177", "identity": {"document_number": "E12345678", "residence": "CN"},
        },
    }  # fmt: skip
    return [
        raw(
            "POST", "/api/v1/counter/scans", headers,
            json.dumps({"code": one.token, "scan_id": secrets.token_hex(12), **said}).encode(),
        )
        for one in prepared
    ]  # fmt: skip
