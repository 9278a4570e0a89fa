"""What a person does in the back office is in the audit log: who, what, to which thing, and what it was before."""

import builders
import pytest
from builders import NOW, POINT
from flask import Flask
from flask.testing import FlaskClient

from shop import __main__ as shell
from shop.base import audit, audit_search, clock
from shop.base.audit_search import AuditView
from shop.people import inviting, staffing
from shop.people.rights import Grant, Role
from shop.pickup import commands as pickup
from shop.pickup import conflicts
from shop.pickup.commands import Asked


def last() -> AuditView:
    return audit_search.search().items[0]


def test_devices_are_on_record(office: FlaskClient) -> None:
    office.post("/manage/devices/", data={"name": "Left", "kind": "counter", "point": POINT})
    made = last()
    device = made.thing.removeprefix("device:")
    for _ in range(2):
        office.post(f"/manage/devices/{device}/revoke")

    assert (made.actor, made.action) == ("staff:1", "device.made")
    assert made.after == {"name": "Left", "kind": "counter", "point": builders.point_id(POINT)}
    assert (last().actor, last().action, last().thing) == ("staff:1", "device.revoked", made.thing)
    assert audit.verify().length == 2, "revoking it again changes nothing"


def test_a_delay_is_on_record_with_what_was_said_before(office: FlaskClient) -> None:
    for minutes in ("90", "120"):
        office.post("/manage/delays/", data={"flight": "CA932", "date": "2026-11-26", "minutes": minutes})

    assert (last().actor, last().action, last().thing) == ("staff:1", "flight.delayed", "flight:CA932/2026-11-26")
    assert last().before == {"departs_at": "2026-11-26T14:35:00+00:00"}
    assert last().after == {"departs_at": "2026-11-26T15:05:00+00:00", "orders": 0}


def test_a_refund_is_on_record_once_however_often_it_is_sent(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    wish = {"what": "amount", "amount": "7.50", "cause": "goodwill", "step": "confirm", "key": "once", "seen_minor": "750"}
    wish |= {"seen_left": str(order.total.minor), "seen_ends": "no"}

    for _ in range(2):
        assert office.post(f"/manage/orders/{order.number}/refund", data=wish).status_code == 303

    assert audit.verify().length == 1
    assert (last().actor, last().action, last().thing) == ("staff:1", "order.refunded", f"order:{order.number}")
    assert {**last().after, "refund": 0} == {"refund": 0, "amount": 7_50, "currency": "EUR", "cause": "goodwill"}


def test_a_settled_conflict_is_on_record(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    for n in range(2):
        pickup.hand_over(Asked(builders.code_of(order), f"scan-{n}-{n}", NOW, offline=True), builders.a_device()[0], builders.SECRET, NOW)
    key = conflicts.conflicts()[0].id

    office.post(f"/manage/counter/conflicts/{key}", data={"note": "the wife took it"})

    assert (last().actor, last().action, last().thing) == ("staff:1", "conflict.settled", f"conflict:{key}")
    assert "wife" not in repr(last()), "what people write stays where it is"


@pytest.fixture
def from_a_shell(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_app", lambda: app)
    builders.a_timetable()


def test_a_points_rules_are_on_record_when_they_change(from_a_shell: None) -> None:
    for _ in range(2):
        assert shell.main(["hand-over-rules", POINT, "--age", "--big-pieces", "8"]) == 0

    assert audit_search.search(action="point.rules_set").items == [last()]
    assert (last().actor, last().thing, last().after["asks_age"], last().after["big_pieces"]) == ("system", f"point:{POINT}", True, 8)


def test_an_invitation_from_a_shell(from_a_shell: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["invite", "Wang Fang", "--role", "counter", "--point", POINT]) == 0
    token = capsys.readouterr().out.strip().rpartition("/")[2]

    assert inviting.look(token, clock.now()).grants == {Grant(Role.COUNTER, builders.point_id(POINT))}
    assert (last().actor, last().action) == ("system", "staff.invited")
    assert shell.main(["invite", "x", "--point", "T9-X99"]) == 1
    assert shell.main(["invite", "x", "--role", "king"]) == 1


def test_a_second_factor_taken_away_from_a_shell(from_a_shell: None) -> None:
    builders.a_colleague(Grant(Role.ADMIN), name="anna")

    assert shell.main(["reset-second-factor", "anna"]) == 0

    assert (last().actor, last().action, last().thing) == ("system", "staff.second_factor_reset", f"staff:{staffing.by_name('anna')}")
    assert shell.main(["reset-second-factor", "nobody"]) == 1
