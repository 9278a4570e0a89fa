"""Every scan is in the audit: those that the page refuses while it looks, those without network, and who made them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from web.counter.counter_forms import a_pass, form_in, post, scans, signed_in

from shop.base import clock
from shop.base.ids import OrderNumber, PickupCode
from shop.orders.queries import OrderView
from shop.pickup import codes, conflicts, reporting
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.models import Pickup
from shop.pickup.scan_box import label_text

ID = "scan-of-a-look-01"


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    return signed_in(client)


def look(client: FlaskClient, code: str, scan_id: str = ID, **more: str) -> str:
    answer = post(client, "/counter/look", {"code": code, "scan_id": scan_id, **more})
    assert answer.status_code == 200
    return str(answer.text)


def send(client: FlaskClient, *scans: dict[str, Any]) -> Any:
    csrf = client.get("/counter/manifest.json").json["csrf"]
    return client.post("/counter/scans.json", json={"scans": list(scans)}, headers={"X-CSRF-Token": csrf, "Origin": "http://localhost"})


def revoke(order: OrderView) -> None:
    with builders.transaction() as session:
        session.query(Pickup).filter_by(order_id=order.id).update({"revoked_at": builders.NOW})


REFUSED: dict[str, dict[str, Any]] = {
    "not_ready": {"state": "packing"},
    "not_paid": {"state": "awaiting_payment"},
    "cancelled": {"state": "cancelled"},
    "refunded": {"refund_state": "refunded"},
}


@pytest.mark.parametrize("outcome", [*REFUSED, "revoked", "other_point", "wrong_day", "already_collected"])
def test_a_look_that_is_refused_is_in_the_audit_once_however_often_it_is_sent(counter: FlaskClient, outcome: str) -> None:
    order = builders.a_paid_order()
    if outcome in REFUSED:
        builders.set_order(order.number, **REFUSED[outcome])
    elif outcome == "revoked":
        revoke(order)
    elif outcome == "other_point":
        builders.set_order(order.number, pickup_point_id=builders.point_id(builders.OTHER_POINT))
    elif outcome == "wrong_day":
        builders.set_point(builders.POINT, hands_over_early=False)
        builders.set_order(order.number, collect_from=clock.now() + timedelta(days=2))
    else:
        post(counter, "/counter/scan", {"code": builders.code_of(order), "scan_id": "the-hand-over"})
    before = len(scans())

    for _ in range(3):
        page = look(counter, builders.code_of(order))

    assert f'data-outcome="{outcome}"' in page
    [scan] = scans()[before:]
    assert (scan.scan_id, scan.outcome, scan.order_id, scan.details["look"]) == (ID, outcome, order.id, True)


@pytest.mark.parametrize(
    ("what", "details"), [("typed", {"forged": False}), ("forged", {"forged": True}), ("pass", {"found_by": "boarding_pass"})]
)
def test_what_leads_to_no_parcel_is_in_the_audit_and_its_text_is_not(counter: FlaskClient, what: str, details: dict[str, Any]) -> None:
    token = codes.token_of(PickupCode("7777788888"), builders.SECRET)
    texts = {"typed": "7777788888", "forged": token[:-1] + ("0" if token[-1] != "0" else "1"), "pass": a_pass("NOBODY/HERE")}

    look(counter, texts[what])

    [scan] = scans()
    assert (scan.outcome, scan.order_id) == ("unknown", None)
    assert details.items() <= scan.details.items()
    assert texts[what][2:12] not in str(scan.details)


def test_a_parcel_that_its_label_only_finds_and_several_of_a_pass_are_scans(counter: FlaskClient) -> None:
    order = builders.a_paid_order()
    look(counter, label_text(order.number))
    builders.a_paid_order()

    look(counter, a_pass(), "scan-of-a-pass-01")

    first, second = scans()
    assert (first.outcome, first.order_id, first.details["found_by"]) == ("needs_check", order.id, "parcel_label")
    assert (second.outcome, second.order_id, second.details["several"]) == ("needs_check", None, 2)


def test_a_look_that_is_fine_writes_nothing_and_its_hand_over_is_the_scan(counter: FlaskClient, statements: list[str]) -> None:
    pickup.put_rules(builders.POINT, Asks(identity=True))
    order = builders.a_paid_order()
    statements.clear()

    page = look(counter, builders.code_of(order))

    assert not [one for one in statements if "INSERT INTO scans" in one]
    assert scans() == []
    post(counter, "/counter/scan", {**form_in(page, "/counter/scan"), "check-identity": "seen"})
    assert [scan.outcome for scan in scans()] == ["collected"]


def test_the_same_page_used_for_another_code_is_another_scan(counter: FlaskClient) -> None:
    one, other = builders.a_paid_order(), builders.a_paid_order()
    for order in (one, other):
        builders.set_order(order.number, state="packing")
        look(counter, builders.code_of(order))

    assert [scan.order_id for scan in scans()] == [one.id, other.id]
    assert len({scan.scan_id for scan in scans()}) == 2


def test_the_forms_of_a_page_have_ids_of_their_own(counter: FlaskClient) -> None:
    page = look(counter, builders.code_of(builders.a_paid_order()))

    assert form_in(page, "/counter/look")["scan_id"] != form_in(page, "/counter/scan")["scan_id"]


def test_the_look_of_the_api_leaves_no_trace(counter: FlaskClient) -> None:
    device, token = builders.a_device()
    answer = counter.post("/api/v1/counter/look", json={"code": "7777788888"}, headers={"Authorization": f"Bearer {token}"})

    assert (answer.json["outcome"], scans()) == ("unknown", [])


# --- whose clock, and who ---------------------------------------------------------------------------------------------


def test_a_scan_keeps_the_devices_time_beside_ours(counter: FlaskClient) -> None:
    order, device_time = builders.a_paid_order(), "2026-11-24T07:59:30+00:00"
    page = look(counter, builders.code_of(order), scanned_at=device_time)

    post(counter, "/counter/scan", form_in(page, "/counter/scan"))

    [scan] = scans()
    assert scan.scanned_at == datetime.fromisoformat(device_time)
    assert abs(clock.now() - scan.received_at) < timedelta(minutes=1)
    assert abs(datetime.fromisoformat(scan.details["shown_at"]) - scan.received_at) < timedelta(minutes=1)
    seconds = reporting.seconds_of(scan.details, scan.scanned_at, scan.received_at)
    assert seconds is not None
    assert seconds < 60


@pytest.mark.parametrize(
    "absurd", ["yesterday", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "+275760-09-13T00:00:00.000Z", "1970-01-01T00:00:00Z"]
)
def test_an_absurd_clock_stops_no_hand_over_and_says_nothing_about_when_the_goods_left(counter: FlaskClient, absurd: str) -> None:
    order = builders.a_paid_order()
    page = look(counter, builders.code_of(order), scanned_at=absurd)

    answer = post(counter, "/counter/scan", form_in(page, "/counter/scan"))
    later = send(counter, {"code": builders.code_of(builders.a_paid_order()), "scan_id": "scan-offline", "scanned_at": absurd})

    assert 'data-outcome="collected"' in answer.text
    assert later.json["answers"][0]["outcome"] == "collected"
    left_at = builders.order_by_number(OrderNumber(order.number)).collected_at
    assert left_at is not None
    assert abs(left_at - clock.now()) < timedelta(minutes=1)


def test_who_is_at_the_counter_stands_beside_every_scan_and_in_the_report(counter: FlaskClient) -> None:
    given, twice, offline, part = (builders.a_paid_order({builders.a_product(): 2}) for _ in range(4))
    post(counter, "/counter/shift", {"name": "mei"})
    post(counter, "/counter/scan", form_in(look(counter, builders.code_of(given)), "/counter/scan"))
    post(counter, "/counter/scan", {"code": builders.code_of(given), "scan_id": "second-scan"})
    post(counter, "/counter/scan", {"code": builders.code_of(part), "scan_id": "part-of-it", f"give-{part.lines[0].position}": "1"})
    look(counter, "7777788888")
    post(counter, "/counter/shift", {"name": "li wei"})
    staff = counter.get("/counter/manifest.json").json["staff"]["name"]
    a_scan = {"scanned_at": clock.now().isoformat(), "staff": staff}
    send(
        counter, {**a_scan, "code": builders.code_of(offline), "scan_id": "scan-offline"},
        {**a_scan, "code": builders.code_of(twice), "scan_id": "refused-offline", "refused": "not_ready"},
    )  # fmt: skip

    now = datetime.now(UTC)
    report = reporting.counter_report(now - timedelta(days=1), now + timedelta(days=1))

    assert [(scan.outcome, scan.staff) for scan in scans()] == [
        ("collected", "MEI"), ("already_collected", "MEI"), ("collected", "MEI"), ("unknown", "MEI"), ("collected", "LI WEI"),
        ("not_ready", "LI WEI"),
    ]  # fmt: skip
    assert [(one.staff, one.handed_over, one.refused) for one in report.people] == [("LI WEI", 1, 1), ("MEI", 2, 2)]
    assert report.outcomes == {"collected": 3, "already_collected": 1, "unknown": 1, "not_ready": 1}


def test_a_code_is_no_name_without_network_either(counter: FlaskClient) -> None:
    order = builders.a_paid_order()
    send(
        counter,
        {"code": builders.code_of(order), "scan_id": "scan-0001", "scanned_at": clock.now().isoformat(), "staff": builders.code_of(order)},
    )

    assert [scan.staff for scan in scans()] == [None]


# --- refused without network ------------------------------------------------------------------------------------------


def test_a_scan_that_was_refused_without_network_is_a_record_and_never_a_conflict(counter: FlaskClient) -> None:
    order, when = builders.a_paid_order(), "2026-11-24T07:00:00+00:00"
    told = {"already_collected": builders.code_of(order), "not_listed": "7777788888", "needs_network": "", "forged": "", "several": ""}
    sent = [
        {"code": code, "scan_id": f"refused-{name}", "scanned_at": when, "refused": name, "found_by": None if code else "boarding_pass"}
        for name, code in told.items()
    ]

    answers = [send(counter, *sent).json["answers"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert {one["outcome"] for one in answers[0]} == {"recorded"}
    assert [(scan.outcome, scan.order_id, scan.details.get("told")) for scan in scans()] == [
        ("already_collected", order.id, None), ("unknown", None, "not_listed"), ("unknown", None, "needs_network"),
        ("unknown", None, "forged"), ("needs_check", None, "several"),
    ]  # fmt: skip
    assert all(scan.details["offline"] and scan.scanned_at == datetime.fromisoformat(when) for scan in scans())
    assert conflicts.conflicts() == []
    assert builders.order_by_number(order.number).state.value == "paid"


@pytest.mark.parametrize(
    "wrong", [{"refused": "collected"}, {"refused": "made_up"}, {"refused": None, "code": ""}, {"found_by": "a crystal ball"}]
)
def test_what_no_page_of_ours_records_is_refused(counter: FlaskClient, wrong: dict[str, Any]) -> None:
    scan = {"code": "7777788888", "scan_id": "scan-0001", "scanned_at": clock.now().isoformat(), "refused": "unknown", **wrong}

    assert send(counter, scan).status_code == 400
    assert scans() == []
