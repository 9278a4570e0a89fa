"""The packing calls: waves, pick lists, what is due, pieces, ready, shortages, back to stock; each by the packer's own point."""
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base.db import reading
from shop.catalogue.models import Product
from shop.orders.queries import OrderView
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.states import DeviceKind
from shop.pickup import packing, scan_box
from shop.web.api import packing_schemas, schemas

Device = Callable[..., dict[str, str]]
Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, device: Device) -> Ask:
    """A call of the packing API by one packer of the first point, or with other headers."""
    mine = device(DeviceKind.PACKER)

    def call(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: str) -> Any:
        sent = {} if body is None else {"json": body}
        return client.open(f"/api/v1/packing/{path}", method=method, headers={**(headers or mine), **more}, **sent)

    return call


@pytest.fixture
def order(paid: Orders, now: datetime) -> OrderView:
    """Two pieces of one product and one of another, for a flight in five hours."""
    return soon(paid({builders.a_product("SP-TWO", price=50_00): 2, builders.a_product("SP-ONE", price=20_00): 1}), now)


def soon(order: OrderView, now: datetime) -> OrderView:
    departs = now + timedelta(hours=5)
    builders.set_order(order.number, departs_at=departs, collect_from=departs - timedelta(hours=4))
    return order


def ean(sku: str) -> str:
    with reading() as session:
        return session.scalars(select(Product.ean).where(Product.sku == sku)).one()


def test_orders_are_put_into_waves_and_listed_for_picking(ask: Ask, order: OrderView, fits: Fits) -> None:
    made = ask("POST", "waves")
    assert fits(made, packing_schemas.WaveList)
    (wave,) = made.json["items"]
    assert (wave["point"], wave["flights"], wave["orders"], wave["left"], wave["pieces_left"]) == (builders.POINT, ["CA932"], 1, 1, 3)
    assert ask("POST", "waves", {"point": builders.POINT}).json == ask("GET", "waves").json == made.json

    found = ask("GET", f"waves/{wave['id']}?lang=en")

    assert fits(found, packing_schemas.PickList)
    assert [(line["sku"], line["total"]) for line in found.json["lines"]] == [("SP-ONE", 1), ("SP-TWO", 2)]
    assert found.json["lines"][1]["orders"] == [{"number": order.number, "quantity": 2}]
    assert found.headers["Cache-Control"] == "no-store"


def test_a_wave_is_closed_once_and_for_all(ask: Ask, order: OrderView, fits: Fits) -> None:
    wave = ask("POST", "waves").json["items"][0]["id"]

    for _ in range(2):
        closed = ask("POST", f"waves/{wave}/close")
        assert fits(closed, packing_schemas.WaveList)
        assert closed.json["items"] == []


def test_what_is_due_says_how_urgent_it_is(ask: Ask, order: OrderView, fits: Fits) -> None:
    found = ask("GET", "due")

    assert fits(found, packing_schemas.DueList)
    (one,) = found.json["items"]
    assert (one["number"], one["light"], one["pieces"], one["packed"], one["wave"]) == (order.number, "amber", 3, 0, None)
    assert 28 <= one["minutes_left"] <= 30


def test_an_order_shows_its_lines_its_label_and_a_slot(ask: Ask, order: OrderView, fits: Fits) -> None:
    packing.put_slots(builders.point_id(builders.POINT), {"A1": 3})

    found = ask("GET", f"orders/{order.number.lower()}?lang=de")

    assert fits(found, packing_schemas.PackedParcel)
    assert (found.json["number"], found.json["proposed_slot"], found.json["slot"]) == (order.number, "A1", None)
    assert found.json["label"] == scan_box.label_text(order.number)
    assert found.json["initials"] == "WX"
    assert "WANG" not in found.text


def test_pieces_are_counted_once_for_each_scan_and_can_come_out(ask: Ask, order: OrderView, fits: Fits) -> None:
    piece = {"ean": ean("SP-TWO"), "scan_id": "a-scan-0001"}
    first, again = (ask("POST", f"orders/{order.number}/pieces", piece) for _ in range(2))
    assert fits(first, packing_schemas.Counted)
    assert first.json == again.json == {"sku": "SP-TWO", "position": 1, "packed": 1, "wanted": 2, "missing": 2}

    out = ask("POST", f"orders/{order.number}/pieces", {**piece, "scan_id": "a-scan-0002", "remove": True})

    assert out.json["packed"] == 0


def test_a_wrong_article_and_one_too_many_are_refused(ask: Ask, order: OrderView, refused: Refused) -> None:
    path = f"orders/{order.number}/pieces"
    assert ask("POST", path, {"ean": ean("SP-ONE"), "scan_id": "a-scan-0001"}).status_code == 200

    refused(ask("POST", path, {"ean": ean("SP-ONE"), "scan_id": "a-scan-0002"}), 422, "too_many")
    refused(ask("POST", path, {"ean": "4006381333931", "scan_id": "a-scan-0003"}), 422, "wrong_article")
    refused(ask("POST", path, {"ean": ean("SP-TWO"), "scan_id": "a-scan-0004", "remove": True}), 422, "nothing_packed")


def test_a_parcel_is_ready_in_its_slot_where_there_is_a_shelf(ask: Ask, order: OrderView, refused: Refused, fits: Fits) -> None:
    packing.put_slots(builders.point_id(builders.POINT), {"A1": 1})
    path = f"orders/{order.number}/ready"
    refused(ask("POST", path), 422, "slot_needed")
    refused(ask("POST", path, {"slot": "Z9"}), 404, "no_such_slot")
    refused(ask("POST", path, {"slot": "A1", "by_hand": False}), 422, "parcel_not_complete")

    for _ in range(2):
        assert fits(ask("POST", path, {"slot": "a-1"}), schemas.State)

    assert ask("GET", f"orders/{order.number}").json["slot"] == "A1"
    assert builders.announced("orders.ready") == [("orders.ready", order.id)]


def test_a_shortage_refunds_once_for_each_key(ask: Ask, order: OrderView, refused: Refused, fits: Fits) -> None:
    path, body = f"orders/{order.number}/shortage", {"sku": "SP-TWO", "quantity": 1}
    refused(ask("POST", path, body), 400, "idempotency_key_missing")

    first, again = (ask("POST", path, body, **{"Idempotency-Key": "key-1"}) for _ in range(2))

    assert first.status_code == again.status_code == 202
    assert fits(first, packing_schemas.Shortage)
    assert first.json == again.json
    assert first.json["amount"] == {"amount": 50_00, "currency": "EUR"}
    (refund,) = refunds_of(order.id)
    assert refund.cause is Cause.SHORTAGE
    refused(ask("POST", path, {"sku": "SP-TWO", "quantity": 2}, **{"Idempotency-Key": "key-2"}), 422, "shortage_too_large")
    refused(ask("POST", path, {"position": 2, "quantity": 1}, **{"Idempotency-Key": "key-1"}), 422, "idempotency_key_reused")
    refused(ask("POST", path, {"sku": "NO-SUCH", "quantity": 1}, **{"Idempotency-Key": "key-3"}), 422, "wrong_article")


def test_when_every_piece_is_missing_the_order_ends(ask: Ask, paid: Orders) -> None:
    order = paid({builders.a_product("SP-ALL"): 1})
    path, body = f"orders/{order.number}/shortage", {"sku": "SP-ALL", "quantity": 1}

    first, again = (ask("POST", path, body, **{"Idempotency-Key": "key-1"}) for _ in range(2))

    assert first.json["state"] == "cancelled"
    assert again.json == first.json
    assert len(refunds_of(order.id)) == 1


def test_an_emptied_parcel_goes_back_to_stock(ask: Ask, order: OrderView, refused: Refused, fits: Fits, now: datetime) -> None:
    path = f"orders/{order.number}/back-to-stock"
    ask("POST", f"orders/{order.number}/ready")
    refused(ask("POST", path), 409, "still_wanted")
    refunding.ask_refund(order.number, Whole(), Why(Cause.CANCELLED, "traveller"), now)

    for _ in range(2):
        emptied = ask("POST", path)
        assert fits(emptied, packing_schemas.Emptied)
        assert emptied.json == {"number": order.number, "parcel": "back_to_stock"}


CALLS = [
    ("GET", "orders/{}", None), ("POST", "orders/{}/pieces", {"ean": "1", "scan_id": "a-scan-0001"}), ("POST", "orders/{}/ready", None),
    ("POST", "orders/{}/shortage", {"position": 1, "quantity": 1}), ("POST", "orders/{}/back-to-stock", None),
]  # fmt: skip


def test_an_order_of_another_point_and_one_that_does_not_exist_are_the_same(
    ask: Ask, order: OrderView, device: Device, refused: Refused
) -> None:
    stranger = device(DeviceKind.PACKER, builders.OTHER_POINT)
    before = builders.everything()

    for method, path, body in CALLS:
        for headers, number in ((stranger, order.number), (None, "D234567892"), (None, "x" * 300), (None, "💥")):
            refused(ask(method, path.format(number), body, headers, **{"Idempotency-Key": "key-1"}), 404, "no_such_order")

    assert builders.everything() == before


def test_waves_of_another_point_are_not_there(ask: Ask, order: OrderView, device: Device, refused: Refused) -> None:
    stranger = device(DeviceKind.PACKER, builders.OTHER_POINT)
    wave = ask("POST", "waves").json["items"][0]["id"]

    assert ask("GET", "waves", headers=stranger).json["items"] == []
    assert ask("GET", "due", headers=stranger).json["items"] == []
    for number in (wave, 10**30):
        refused(ask("GET", f"waves/{number}", headers=stranger), 404, "no_such_wave")
        refused(ask("POST", f"waves/{number}/close", headers=stranger), 404, "no_such_wave")
    refused(ask("POST", "waves", {"point": builders.POINT}, stranger), 404, "no_such_pickup_point")


@pytest.mark.parametrize(("kind", "status"), [(DeviceKind.COUNTER, 200), (DeviceKind.SUPERVISOR, 200), (DeviceKind.MANAGER, 403)])
def test_packers_and_counters_pack_and_nobody_else(ask: Ask, device: Device, kind: DeviceKind, status: int) -> None:
    for path in ("waves", "due"):
        assert ask("GET", path, headers=device(kind)).status_code == status


WRONG = [
    ("pieces", {"ean": "1"}, "scan_id", "missing"),
    ("pieces", {"ean": "1", "scan_id": "short"}, "scan_id", "wrong_scan_id"),
    ("pieces", {"ean": "1\0", "scan_id": "a-scan-0001"}, "ean", "forbidden_character"),
    ("pieces", {"ean": "1", "scan_id": "a-scan-0001", "remove": "yes"}, "remove", "not_true_or_false"),
    ("ready", {"slot": 7}, "slot", "not_a_text"),
    ("ready", {"by_hand": 1}, "by_hand", "not_true_or_false"),
    ("shortage", {"quantity": 1}, "body", "sku_or_position"),
    ("shortage", {"position": 1, "quantity": 0}, "quantity", "wrong_quantity"),
    ("shortage", {"position": 1, "quantity": 1, "why": "x"}, "why", "unknown_field"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "body", "field", "code"), WRONG)
def test_a_wrong_body_is_refused_by_field(
    ask: Ask, order: OrderView, refused: Refused, call: str, body: dict[str, Any], field: str, code: str
) -> None:
    said = refused(ask("POST", f"orders/{order.number}/{call}", body, **{"Idempotency-Key": "key-1"}), 400, "invalid")

    assert code in said["errors"].get(field, []), said
