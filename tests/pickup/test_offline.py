"""Without network: what a device knows, what it reports afterwards, and what a manager has to look into."""
import base64
import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from builders import NOW, OTHER_POINT, POINT, SECRET, a_device, a_paid_order, a_product, an_order, code_of, set_order
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.base.ids import PickupCode
from shop.orders import moving
from shop.orders.models import Order
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.people.queries import KnownDevice
from shop.pickup import codes, conflicts, events, undoing
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.commands import Asked
from shop.pickup.conflicts import NoSuchConflict
from shop.pickup.manifest import initials, manifest
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import AlreadyCollected, Collected, Name, Outcome

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NOW + HOUR  # when the network is back


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


@pytest.fixture
def order(app: Flask) -> OrderView:
    return a_paid_order({a_product("SP-TWO"): 2})


def report(code: str, device: KnownDevice, scan_id: str = "scan-0001", at: Any = NOW, **more: Any) -> Outcome:
    """A scan of `at` without network, sent an hour after the first."""
    return pickup.hand_over(Asked(code, scan_id, at, offline=True, **more), device, SECRET, LATER)


# --- reported afterwards ----------------------------------------------------------------------------------------------


def test_a_hand_over_without_network_counts_from_when_it_was(order: OrderView, device: KnownDevice) -> None:
    outcome = report(code_of(order), device)

    after = order_by_number(order.number)
    assert isinstance(outcome, Collected)
    assert (outcome.at, after.state, after.collected_at, after.history[-1].at) == (NOW, OrderState.COLLECTED, NOW, LATER)
    with reading() as session:
        row = session.execute(select(Scan.scanned_at, Scan.received_at, Scan.details)).one()
    assert tuple(row) == (NOW, LATER, {"offline": True})
    assert report(code_of(order), device) == outcome
    assert conflicts.conflicts() == []


@pytest.mark.parametrize("wrong", [LATER + 10 * MINUTE, LATER - timedelta(days=4)])
def test_a_clock_that_cannot_be_right_is_not_believed(order: OrderView, device: KnownDevice, wrong: Any) -> None:
    report(code_of(order), device, at=wrong)

    assert order_by_number(order.number).collected_at == LATER


def test_a_scan_with_network_happens_when_it_is_received(order: OrderView, device: KnownDevice) -> None:
    pickup.hand_over(Asked(code_of(order), "scan-0001", NOW), device, SECRET, LATER)

    assert order_by_number(order.number).collected_at == LATER


def test_two_counters_without_network_that_gave_the_same_parcel_are_a_conflict(order: OrderView, device: KnownDevice) -> None:
    other = a_device()[0]
    first = report(code_of(order), device, "scan-0001", NOW + MINUTE)

    second = [report(code_of(order), other, "scan-0002", NOW) for _ in range(3)]

    assert isinstance(first, Collected)
    assert second == [second[0]] * 3
    assert isinstance(second[0], AlreadyCollected)
    [found] = conflicts.conflicts()
    assert (found.number, found.outcome, found.scan_id, found.scanned_at) == (order.number, Name.ALREADY_COLLECTED, "scan-0002", NOW)
    assert (found.collected_at, found.collected_by, found.found_at) == (NOW + MINUTE, "Tablet", LATER)
    assert builders.announced(events.CONFLICT) == [(events.CONFLICT, order.id)]
    assert builders.stock_of("SP-TWO") == (8, 0, 0, 2)


def test_the_same_counter_that_scans_a_parcel_twice_is_no_conflict(order: OrderView, device: KnownDevice) -> None:
    report(code_of(order), device)

    assert report(code_of(order), device, "scan-0002").name is Name.ALREADY_COLLECTED
    assert conflicts.conflicts() == []


@pytest.mark.parametrize(
    ("change", "name"),
    [({"state": "cancelled"}, Name.CANCELLED), ({"state": "packing"}, Name.NOT_READY), ({"refund_state": "refunded"}, Name.REFUNDED)],
)
def test_goods_that_left_although_they_might_not_are_a_conflict(
    order: OrderView, device: KnownDevice, change: dict[str, str], name: Name
) -> None:
    set_order(order.number, **change)

    assert report(code_of(order), device).name is name
    assert [found.outcome for found in conflicts.conflicts()] == [name]


def test_checks_are_asked_of_a_hand_over_without_network_too(order: OrderView, device: KnownDevice) -> None:
    pickup.put_rules(POINT, Asks(identity=True))

    assert report(code_of(order), device).name is Name.NEEDS_CHECK
    assert report(code_of(order), device, "scan-0002", checks={"identity": "seen"}).name is Name.COLLECTED
    assert len(conflicts.conflicts()) == 1


def test_an_unknown_code_that_was_believed_without_network_is_a_conflict_of_the_devices_point(device: KnownDevice) -> None:
    report("2345678999", device)

    [found] = conflicts.conflicts(point_id=device.pickup_point_id)
    assert (found.number, found.outcome) == (None, Name.UNKNOWN)
    assert conflicts.conflicts(point_id=builders.point_id(OTHER_POINT)) == []


def test_a_manager_settles_a_conflict_once(order: OrderView, device: KnownDevice) -> None:
    report(code_of(order), device)
    report(code_of(order), a_device()[0], "scan-0002")
    [found] = conflicts.conflicts(point_id=device.pickup_point_id)

    conflicts.resolve_conflict(found.id, " the second bag came back ", "staff:1", LATER + HOUR)

    assert conflicts.conflicts() == []
    [settled] = conflicts.conflicts(resolved=True)
    assert (settled.resolution, settled.resolved_by, settled.resolved_at) == ("the second bag came back", "staff:1", LATER + HOUR)
    with pytest.raises(NoSuchConflict):
        conflicts.resolve_conflict(found.id, "again", "staff:2", LATER)


def test_a_hand_over_that_was_reported_late_can_be_taken_back_for_a_quarter_of_an_hour(order: OrderView, device: KnownDevice) -> None:
    report(code_of(order), device)

    undoing.undo("scan-0001", device, LATER + 14 * MINUTE)

    assert order_by_number(order.number).state is OrderState.PAID


# --- the manifest -----------------------------------------------------------------------------------------------------


def on_its_day(order: OrderView) -> Any:
    return order.collect_from + MINUTE


def test_the_manifest_holds_the_parcels_of_the_point_and_least_of_each(order: OrderView, device: KnownDevice) -> None:
    a_paid_order(pickup_point=OTHER_POINT)
    an_order()
    told = manifest(device, SECRET, None, on_its_day(order))

    [parcel] = told["parcels"]
    assert parcel == {
        "c": code_of(order), "s": "paid", "n": order.number, "i": "W. X.", "v": "CA932", "d": "2026-11-26",
        "l": [[order.lines[0].name["zh"], 2]],
        "f": order.collect_from.strftime("%Y-%m-%dT%H:%M:%SZ"), "u": order.collect_until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip
    assert (told["point"], told["points"], told["full"], told["gone"]) == (POINT, {POINT: {"unpacked": True, "early": True}}, True, [])
    assert "XIAOMING" not in json.dumps(told)


def test_its_public_key_checks_the_seals_of_tokens(order: OrderView, device: KnownDevice) -> None:
    key = manifest(device, SECRET, None, NOW)["public_key"]
    token = codes.token_of(PickupCode(code_of(order)), SECRET)
    sealed = codes._bytes(token[len(codes.PREFIX) + codes.LENGTH :])

    Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key + "=")).verify(sealed or b"", token[:13].encode())

    assert len(key) == 43


@pytest.mark.parametrize(("when", "known"), [(-19, False), (-17, True), (0, True), (8, True), (30, False)])
def test_a_parcel_is_known_from_18_hours_before_until_some_hours_after(
    order: OrderView, device: KnownDevice, when: int, known: bool
) -> None:
    told = manifest(device, SECRET, None, order.collect_from + when * HOUR)

    assert bool(told["parcels"]) is known


def test_what_a_parcel_needs_is_in_the_manifest(device: KnownDevice) -> None:
    order = a_paid_order({a_product(alcohol=400): 2}, final_destination="HKG")
    pickup.put_rules(POINT, Asks(age=True, sealed_bag=True), big_pieces=2)

    [parcel] = manifest(device, SECRET, None, on_its_day(order), "de")["parcels"]

    assert parcel["k"] == [["age", "age_unknown"], ["sealed_bag"]]
    assert parcel["b"] == 1
    assert parcel["l"] == [[order.lines[0].name["de"], 2]]


def test_a_device_of_all_points_knows_the_parcels_of_all(order: OrderView) -> None:
    a_paid_order(pickup_point=OTHER_POINT)

    told = manifest(a_device(point=None)[0], SECRET, None, on_its_day(order))

    assert (told["point"], sorted(parcel["p"] for parcel in told["parcels"])) == (None, [POINT, OTHER_POINT])


def test_a_second_question_is_answered_with_what_has_changed(order: OrderView, device: KnownDevice) -> None:
    quiet = a_paid_order()
    now = on_its_day(order)
    first = manifest(device, SECRET, None, now)
    nothing = manifest(device, SECRET, first["next"], now + 5 * MINUTE)

    pickup.hand_over(Asked(code_of(order), "scan-0001", now), device, SECRET, now + 6 * MINUTE)
    then = manifest(device, SECRET, nothing["next"], now + 7 * MINUTE)

    assert {parcel["c"] for parcel in first["parcels"]} == {code_of(order), code_of(quiet)}
    assert (nothing["parcels"], nothing["gone"], nothing["full"]) == ([], [], False)
    assert then["parcels"] == [{"c": code_of(order), "s": "collected"}]


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"refund_state": "refunded"}, {"state": "no_show"}], ids=str)
def test_what_is_no_longer_good_is_named_as_gone(order: OrderView, device: KnownDevice, change: dict[str, str]) -> None:
    now = on_its_day(order)
    first = manifest(device, SECRET, None, now)
    set_order(order.number, changed_at=now + 5 * MINUTE, **change)

    then = manifest(device, SECRET, first["next"], now + 6 * MINUTE)

    assert (then["parcels"], then["gone"]) == ([], [code_of(order)])
    assert manifest(device, SECRET, None, now + 6 * MINUTE)["parcels"] == []


def test_a_revoked_code_and_a_flight_that_has_long_left_are_gone(order: OrderView, device: KnownDevice) -> None:
    now = on_its_day(order)
    revoked = a_paid_order()
    first = manifest(device, SECRET, None, now)
    with transaction() as session:
        session.execute(update(Pickup).where(Pickup.order_id == revoked.id).values(revoked_at=now + MINUTE))

    soon, late = (manifest(device, SECRET, first["next"], at) for at in (now + 2 * MINUTE, order.collect_until + 7 * HOUR))

    assert soon["gone"] == [code_of(revoked)]
    assert sorted(late["gone"]) == sorted([code_of(order), code_of(revoked)])


def to_point(order: OrderView, point: str, now: datetime) -> None:
    """As when the traveller takes another flight, from another terminal."""
    with transaction() as session:
        moved = session.scalars(select(Order).where(Order.id == order.id)).one()
        new = {"pickup_point_id": builders.point_id(point)}
        moving.write_change(session, moved, "traveller", "moved", new, now)
        moved.pickup_point_id, moved.changed_at = new["pickup_point_id"], now


def test_a_parcel_that_was_moved_to_another_counter_is_gone_here_and_comes_in_there(order: OrderView, device: KnownDevice) -> None:
    there, everywhere = a_device(point=OTHER_POINT)[0], a_device(point=None)[0]
    now = on_its_day(order)
    before = [manifest(one, SECRET, None, now)["next"] for one in (device, there, everywhere)]
    to_point(order, OTHER_POINT, now + 5 * MINUTE)

    here, other, all_of_them = (
        manifest(one, SECRET, since, now + 6 * MINUTE) for one, since in zip((device, there, everywhere), before, strict=True)
    )

    assert (here["parcels"], here["gone"]) == ([], [code_of(order)])
    assert ([one["c"] for one in other["parcels"]], other["gone"]) == ([code_of(order)], [])
    assert ([one["p"] for one in all_of_them["parcels"]], all_of_them["gone"]) == ([OTHER_POINT], [])
    later = manifest(device, SECRET, here["next"], now + 8 * MINUTE)["next"]
    assert manifest(device, SECRET, later, now + 60 * MINUTE)["gone"] == []


def test_a_parcel_that_comes_back_to_its_counter_is_there(order: OrderView, device: KnownDevice) -> None:
    now = on_its_day(order)
    first = manifest(device, SECRET, None, now)
    to_point(order, OTHER_POINT, now + 5 * MINUTE)
    to_point(order, POINT, now + 6 * MINUTE)

    then = manifest(device, SECRET, first["next"], now + 7 * MINUTE)

    assert ([one["c"] for one in then["parcels"]], then["gone"]) == ([code_of(order)], [])


def test_a_flight_that_now_left_long_ago_is_gone(order: OrderView, device: KnownDevice) -> None:
    now = on_its_day(order)
    first = manifest(device, SECRET, None, now)
    set_order(order.number, collect_until=now - 20 * HOUR, changed_at=now + MINUTE)

    assert manifest(device, SECRET, first["next"], now + 2 * MINUTE)["gone"] == [code_of(order)]


def test_a_traveller_on_the_way_is_in_the_next_answer(order: OrderView, device: KnownDevice) -> None:
    now = on_its_day(order)
    first = manifest(device, SECRET, None, now)
    set_order(order.number, on_my_way_at=now + 5 * MINUTE)

    [parcel] = manifest(device, SECRET, first["next"], now + 6 * MINUTE)["parcels"]

    assert "w" not in first["parcels"][0]
    assert parcel["w"] == (now + 5 * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_parcel_comes_in_when_its_day_comes(order: OrderView, device: KnownDevice) -> None:
    before = order.collect_from - 19 * HOUR
    first = manifest(device, SECRET, None, before)

    then = manifest(device, SECRET, first["next"], before + 2 * HOUR)

    assert first["parcels"] == []
    assert [parcel["c"] for parcel in then["parcels"]] == [code_of(order)]


@pytest.mark.parametrize("cursor", ["", "yesterday", "-1", "1", "9" * 40, "１７９５４８７６５４３２１", "1795487654321x"])
def test_a_cursor_that_is_none_of_ours_gets_everything(order: OrderView, device: KnownDevice, cursor: str) -> None:
    told = manifest(device, SECRET, cursor, on_its_day(order))

    assert told["full"] is True
    assert len(told["parcels"]) == 1


@pytest.mark.parametrize(("name", "short"), [("WANG XIAOMING", "W. X."), ("王小明", "王"), ("Ana Maria de la Cruz", "A. M. d."), ("", "")])
def test_initials_are_enough_to_ask_for_a_name(name: str, short: str) -> None:
    assert initials(name) == short


def test_2000_parcels_take_four_statements_and_are_small(app: Flask, device: KnownDevice, statements: list[str]) -> None:
    order = a_paid_order({a_product(alcohol=400, name=builders.same(f"Single Malt 十二年单一麦芽威士忌 {n}")): 1 for n in range(3)})
    pickup.put_rules(POINT, Asks(age=True, sealed_bag=True))
    builders.copies(order, 1999)
    manifest(device, SECRET, None, on_its_day(order))
    statements.clear()

    for _ in range(5):
        packed = gzip.compress(json.dumps(manifest(device, SECRET, None, on_its_day(order)), ensure_ascii=False).encode(), 6)

    assert len(json.loads(gzip.decompress(packed))["parcels"]) == 2000
    assert len(packed) < 300_000
    assert len(statements) <= 5 * 3  # no question after what is gone in a full answer
