"""What a packer does in these tests, by the forms of the pages."""

import re
from datetime import datetime, timedelta
from typing import Any

import builders
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base import clock
from shop.base.db import reading
from shop.catalogue.models import Product
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup import packing
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import ParcelState

HOME = "/counter/packing/"


def signed_in(client: FlaskClient, kind: DeviceKind = DeviceKind.PACKER, point: str | None = builders.POINT) -> FlaskClient:
    _, token = builders.a_device(kind, point)
    client.post("/counter/sign-in", data={"token": token})
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def soon(order: OrderView, hours: float = 5) -> OrderView:
    """The order's flight leaves in so many hours."""
    departs: datetime = clock.now() + timedelta(hours=hours)
    builders.set_order(order.number, departs_at=departs, collect_from=departs - timedelta(hours=4))
    return order


def shelf(**capacities: int) -> None:
    packing.put_slots(builders.point_id(builders.POINT), capacities)


def ean(sku: str) -> str:
    with reading() as session:
        return session.scalars(select(Product.ean).where(Product.sku == sku)).one()


def post(client: FlaskClient, path: str, **fields: str) -> Any:
    with client.session_transaction() as session:
        token = str(session.setdefault("csrf", "made-by-a-page"))
    return client.post(HOME + path, data={"csrf_token": token, **fields})


def scan(client: FlaskClient, order: OrderView, sku: str, scan_id: str) -> Any:
    return post(client, f"orders/{order.number}/pieces", ean=ean(sku), scan_id=scan_id)


def pack(client: FlaskClient, order: OrderView) -> None:
    for n, sku in enumerate(("SP-TWO", "SP-TWO", "SP-ONE")):
        assert scan(client, order, sku, f"a-scan-{n:04}").status_code == 200


def outcome_of(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found, "a page without an outcome"
    return found[1]


def form_in(page: str, action: str) -> dict[str, str]:
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))


def packed(order: OrderView) -> dict[str, int]:
    return {line.sku: line.packed for line in parcel_of(order.number, None).lines}


def state(order: OrderView) -> tuple[OrderState, ParcelState | None]:
    seen = parcel_of(order.number, None)
    return seen.state, seen.parcel


def a_wave(packer: FlaskClient) -> str:
    assert post(packer, "waves/").status_code == 303
    found = re.findall(r'href="(/counter/packing/waves/\d+)"', packer.get(f"{HOME}waves/").text)
    return str(found[0])
