"""A parcel is found by its label and by a boarding pass; who may have it is another question."""
import json
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

import builders
import pytest
from builders import (
    DAY,
    NOW,
    OTHER_POINT,
    POINT,
    SECRET,
    a_device,
    a_paid_order,
    a_product,
    an_order,
    code_of,
    set_order,
    set_point,
)
from flask import Flask
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import PickupCode
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.people.queries import KnownDevice
from shop.pickup import checks, codes, conflicts, packing, queries, rules
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks, Matter
from shop.pickup.commands import Asked, ScanIdReused
from shop.pickup.models import Scan
from shop.pickup.outcomes import (
    AlreadyCollected,
    Check,
    CheckKind,
    Collected,
    FoundBy,
    Name,
    NeedsCheck,
    OtherPoint,
    Outcome,
    Parcel,
    Several,
    Unknown,
)
from shop.pickup.rules import Facts
from shop.pickup.scan_box import label_text

MINUTE = timedelta(minutes=1)
NOT_SCANNED = Check(CheckKind.BOARDING_PASS, ("not_scanned",))


def a_pass(
    name: str = "WANG/XIAOMING MR", flight: str = "CA 0932", day: date = DAY, origin: str = "FRA", to: str = "PEK", more: str = "100"
) -> str:
    """A boarding pass of one leg, as its bar code says it."""
    return f"M1{name:<20}EABC123 {origin}{to}{flight:<8}{day.timetuple().tm_yday:03}Y012A0001 {more}"


def marketed_by(carrier: str) -> str:
    """What follows the status of a pass whose flight is sold by another airline as well."""
    return f"147>3180  6328BLH              2A             0 {carrier:<3}"


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


@pytest.fixture
def order(app: Flask) -> OrderView:
    return a_paid_order({a_product("SP-TWO", on_hand=10): 2})


def scan(text: str, device: KnownDevice, scan_id: str = "scan-0001", now: Any = NOW, **more: Any) -> Outcome:
    outside = {name: more.pop(name) for name in ("found_by", "number") if name in more}
    return pickup.hand_over(Asked(text, scan_id, now, **more), device, SECRET, now, **outside)


def look(text: str, device: KnownDevice, **more: Any) -> Outcome:
    return pickup.look(text, device, SECRET, NOW, **more)


def parcel_of(outcome: Outcome) -> Parcel:
    assert isinstance(outcome, Collected | NeedsCheck), outcome
    return outcome.parcel


def state(order: OrderView) -> OrderState:
    return order_by_number(order.number).state


def audit() -> list[tuple[str, int | None, Mapping[str, Any] | None]]:
    with reading() as session:
        return [tuple(row) for row in session.execute(select(Scan.outcome, Scan.order_id, Scan.details).order_by(Scan.id))]


def noted(**more: str) -> dict[str, str]:
    return {"flight": "CA932", "date": DAY.isoformat(), "destination": "PEK", "name_match": "same", **more}


# --- the rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by_code", "pass_fits", "unchecked"), list(product([True, False], repeat=3)))
def test_goods_leave_for_a_code_or_a_pass_that_fits_and_with_every_check_made(by_code: bool, pass_fits: bool, unchecked: bool) -> None:
    facts = Facts(
        OrderState.READY, queries.RefundState.NONE, revoked=False, collected=False, here=True, unpacked=False, early=False,
        collect_from=NOW, by_code=by_code, pass_fits=pass_fits, unchecked=unchecked,
    )  # fmt: skip

    may = (by_code or pass_fits) and not unchecked

    assert rules.meaning(facts, NOW) is (Name.COLLECTED if may else Name.NEEDS_CHECK)


PROOFS = [
    (noted(), False, True, ()),
    (noted(), True, True, ()),
    (noted(name_match="similar"), False, False, ("name",)),
    (noted(name_match="similar"), True, True, ("name",)),
    (noted(flight="LH720"), False, False, ("flight",)),
    (noted(flight="LH720"), True, True, ("flight",)),
    (noted(date="2026-11-25"), False, False, ("date",)),
    (noted(destination="HKG"), False, False, ("destination",)),
    (noted(destination="HKG", name_match="similar"), True, True, ("destination", "name")),
    (noted(name_match="different"), False, False, ("not_scanned",)),
    (noted(name_match="different"), True, False, ("not_scanned",)),
    ({"flight": "CA932", "date": DAY.isoformat()}, True, False, ("not_scanned",)),
    ({}, True, False, ("not_scanned",)),
    (None, False, False, ("not_scanned",)),
    ("seen", False, False, ("not_scanned",)),
]


@pytest.mark.parametrize(("said", "confirmed", "proves", "hints"), PROOFS, ids=repr)
def test_a_pass_stands_for_the_code_when_it_fits_or_nearly_fits_and_staff_let_that_be(
    said: Any, confirmed: bool, proves: bool, hints: tuple[str, ...]
) -> None:
    matter = Matter("CA932", DAY, "PEK", "PEK", None, alcohol=False, liquids=False)
    answers = checks.read({"boarding_pass": {**said, "confirmed": confirmed} if isinstance(said, dict) else said})

    wanted = checks.needed(Asks(), matter, DAY, by_code=False)

    assert checks.proves(answers, matter) is proves
    assert wanted == (Check(CheckKind.BOARDING_PASS),)
    assert checks.still_open(wanted, answers, matter, by_code=False) == (() if proves else (Check(CheckKind.BOARDING_PASS, hints),))
    assert checks.needed(Asks(), matter, DAY) == (), "with the code nobody asks for the pass"


# --- labels -----------------------------------------------------------------------------------------------------------


def the_number(order: OrderView) -> list[str]:
    return [label_text(order.number), order.number, f"{order.number[:5]} {order.number[5:]}".lower()]


def test_a_label_and_its_number_open_the_parcel_and_prove_nothing(order: OrderView, device: KnownDevice) -> None:
    for text in the_number(order):
        outcome = look(text, device)

        assert isinstance(outcome, NeedsCheck)
        assert (outcome.parcel.number, outcome.checks) == (order.number, (NOT_SCANNED,))
        assert (outcome.parcel.proven, outcome.parcel.on_pass) == (False, None)


@pytest.mark.parametrize("sent", [{}, {"boarding_pass": "seen"}, {"boarding_pass": "seen", "identity": "seen", "age": "adult"}], ids=repr)
@pytest.mark.parametrize("packed", [False, True])
def test_a_label_alone_never_hands_over(order: OrderView, device: KnownDevice, sent: dict[str, Any], packed: bool) -> None:
    if packed:
        packing.finish(order.number, packing.Packer.with_device(device), NOW, by_hand=True)
    before = state(order)

    for n, text in enumerate(the_number(order)):
        assert scan(text, device, f"scan-{n:04}", checks=sent).name is Name.NEEDS_CHECK
        assert scan(text, device, f"part-{n:04}", checks=sent, lines=(("SP-TWO", 1),)).name is Name.NEEDS_CHECK

    assert state(order) is before
    assert builders.stock_of("SP-TWO") == (10, 0, 2, 0)
    rows = [(name, key, (details or {}).get("found_by")) for name, key, details in audit()]
    assert rows == [("needs_check", order.id, "parcel_label")] * 6


def test_a_label_with_what_a_scanned_pass_said_hands_over(order: OrderView, device: KnownDevice) -> None:
    looked = look(label_text(order.number), device, on_pass=noted())
    assert isinstance(looked, Collected)
    assert looked.parcel.on_pass == noted()

    assert scan(label_text(order.number), device, checks={"boarding_pass": noted()}).name is Name.COLLECTED
    assert state(order) is OrderState.COLLECTED


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"state": "packing"}, Name.NOT_READY), ({"state": "cancelled"}, Name.CANCELLED), ({"refund_state": "refunded"}, Name.REFUNDED)],
    ids=str,
)
def test_a_label_and_a_pass_say_how_it_stands_with_the_parcel(
    order: OrderView, device: KnownDevice, changes: dict[str, str], name: Name
) -> None:
    set_order(order.number, **changes)

    assert {look(text, device).name for text in (label_text(order.number), a_pass())} == {name}
    assert {scan(label_text(order.number), device).name, scan(a_pass(), device, "scan-0002").name} == {name}


def test_a_label_of_another_counter_says_which_and_one_of_nothing_is_unknown(order: OrderView) -> None:
    elsewhere = a_device(point=OTHER_POINT)[0]
    unpaid = an_order()

    outcome = look(label_text(order.number), elsewhere)

    assert isinstance(outcome, OtherPoint)
    assert outcome.parcel.point == POINT
    for number in ("D7KQ2M9XDA", unpaid.number):
        assert look(label_text(number), elsewhere) == Unknown(looked_for=FoundBy.LABEL)
    assert look("D7KQ2M9XDA", elsewhere) == Unknown()
    assert [scan(label_text(unpaid.number), elsewhere) for _ in range(2)] == [Unknown(looked_for=FoundBy.LABEL)] * 2
    assert [(name, details) for name, _, details in audit()] == [("unknown", {"forged": False, "found_by": "parcel_label"})]


def test_a_code_that_looks_like_a_number_is_still_a_code(order: OrderView, device: KnownDevice) -> None:
    with builders.transaction() as session:
        session.execute(builders.update(builders.Pickup).where(builders.Pickup.order_id == order.id).values(code="D23456789A"))

    assert isinstance(scan("D2345-6789A", device), Collected)


# --- boarding passes --------------------------------------------------------------------------------------------------


def test_a_pass_that_fits_finds_the_parcel_and_hands_it_over(order: OrderView, device: KnownDevice) -> None:
    a_paid_order(name="LI HUA")

    looked = look(a_pass(), device)
    assert isinstance(looked, Collected)
    assert (looked.parcel.number, looked.parcel.proven, looked.parcel.on_pass) == (order.number, True, noted())
    assert state(order) is OrderState.PAID

    answers = [scan(a_pass(), device) for _ in range(3)]

    assert isinstance(answers[0], Collected)
    assert answers == [answers[0]] * 3
    assert state(order) is OrderState.COLLECTED
    assert [(name, key, details) for name, key, details in audit()] == [
        ("collected", order.id, {"checks": {"boarding_pass": "seen"}, "found_by": "boarding_pass"})
    ]


def test_the_points_check_of_the_pass_is_settled_by_the_scan_and_its_other_checks_are_not(order: OrderView, device: KnownDevice) -> None:
    pickup.put_rules(POINT, Asks(boarding_pass=True, identity=True, keeps=frozenset({"flight", "date"})))

    looked = look(a_pass(), device)
    assert isinstance(looked, NeedsCheck)
    assert [check.kind for check in looked.checks] == [CheckKind.IDENTITY]

    first = scan(a_pass(), device)
    assert first == scan(a_pass(), device)
    assert first.name is Name.NEEDS_CHECK
    assert scan(a_pass(), device, "scan-0002", checks={"identity": "seen"}).name is Name.COLLECTED
    assert (audit()[-1][2] or {})["checks"] == {"boarding_pass": {"date": DAY.isoformat(), "flight": "CA932"}, "identity": "seen"}


NEARLY = [
    (a_pass("WANG/XIAOMIN"), ("name",)),
    (a_pass(day=DAY - timedelta(days=1)), ("date",)),
    (a_pass(to="HKG"), ("destination",)),
    (a_pass(flight="CA 0932A"), ("flight",)),
    (a_pass(flight="LH 0720", more=marketed_by("CA")), ("flight",)),
    (a_pass("WANG/XIAOMIN", flight="LH 0720", more=marketed_by("CA")), ("flight", "name")),
]


@pytest.mark.parametrize(("text", "hints"), NEARLY, ids=repr)
def test_a_pass_that_nearly_fits_is_a_hint_that_staff_confirm(
    order: OrderView, device: KnownDevice, text: str, hints: tuple[str, ...]
) -> None:
    looked, scanned = look(text, device), scan(text, device)

    for outcome in (looked, scanned):
        assert isinstance(outcome, NeedsCheck)
        assert outcome.checks == (Check(CheckKind.BOARDING_PASS, hints),)
        assert not outcome.parcel.proven
    assert state(order) is OrderState.PAID
    assert scan(text, device, "scan-0002", checks={"boarding_pass": "seen"}).name is Name.COLLECTED


OTHERS = [
    a_pass("LI/HUA MS"), a_pass(flight="CA 0966"), a_pass(day=DAY + timedelta(days=2)), a_pass(origin="MUC"), a_pass(flight="CA 9321"),
    a_pass(flight="LH 0932"), a_pass(flight="LH 0720", more=marketed_by("UA")),
]  # fmt: skip


@pytest.mark.parametrize("text", OTHERS)
def test_a_pass_of_another_flight_day_or_traveller_finds_nothing(order: OrderView, device: KnownDevice, text: str) -> None:
    assert look(text, device) == Unknown(looked_for=FoundBy.PASS)
    assert [scan(text, device) for _ in range(2)] == [Unknown(looked_for=FoundBy.PASS)] * 2
    assert audit() == [("unknown", None, {"forged": False, "found_by": "boarding_pass"})]
    assert state(order) is OrderState.PAID


def test_an_arriving_feeder_leg_does_not_count_and_the_onward_leg_does(order: OrderView, device: KnownDevice) -> None:
    yday = f"{DAY.timetuple().tm_yday:03}"
    text = f"M2WANG/XIAOMING MR    EABC123 MUCFRALH 0099 {yday}Y012A0001 100ABC123 FRAPEKCA 0932 {yday}Y012A0001 100"

    assert look(text, device).name is Name.COLLECTED
    assert look(a_pass(origin="PEK", to="FRA"), device).name is Name.UNKNOWN


def test_several_parcels_are_listed_with_least_data_and_one_is_chosen(order: OrderView, device: KnownDevice) -> None:
    second = a_paid_order({a_product("SP-ONE", on_hand=10): 1})
    packing.put_slots(builders.point_id(POINT), {"A1": 5})
    packing.finish(second.number, packing.Packer.with_device(device), NOW, slot="A1", by_hand=True)

    listed = look(a_pass(), device)

    assert isinstance(listed, Several)
    assert [(one.number, one.initials, one.slot, one.state, one.on_pass) for one in listed.parcels] == [
        (order.number, "WX", None, OrderState.PAID, noted()), (second.number, "WX", "A1", OrderState.READY, noted()),
    ]  # fmt: skip
    assert [scan(a_pass(), device).name for _ in range(2)] == [Name.NEEDS_CHECK] * 2
    assert audit() == [("needs_check", None, {"several": 2, "found_by": "boarding_pass"})]
    chosen = look(a_pass(), device, number=second.number)
    assert isinstance(chosen, Collected)
    assert chosen.parcel.number == second.number
    assert scan(a_pass(), device, "scan-0002", number=second.number).name is Name.COLLECTED
    assert [scan(a_pass(), device, "scan-0003").name for _ in range(2)] == [Name.COLLECTED] * 2, "one is left"
    assert (state(order), state(second)) == (OrderState.COLLECTED, OrderState.COLLECTED)
    assert isinstance(look(a_pass(), device), Several), "both are gone: who has which?"
    assert look(a_pass(), device, number="D7KQ2M9XDA") == Unknown(looked_for=FoundBy.PASS)


def test_a_scan_sent_again_is_told_the_same_although_more_parcels_fit_by_now(order: OrderView, device: KnownDevice) -> None:
    unknown = scan(a_pass("LI/HUA"), device)
    first = scan(a_pass(), device, "scan-0002")
    later, new = a_paid_order(name="LI HUA"), a_paid_order()

    assert scan(a_pass("LI/HUA"), device) == unknown
    assert scan(a_pass(), device, "scan-0002") == first
    assert scan(a_pass(), device, "scan-0003").name is Name.COLLECTED
    assert (state(later), state(new)) == (OrderState.PAID, OrderState.COLLECTED)
    with pytest.raises(ScanIdReused):
        scan(a_pass("LI/HUA"), device, "scan-0002")


def test_parcels_of_this_counter_come_first_and_one_elsewhere_says_where(order: OrderView, device: KnownDevice) -> None:
    there = a_paid_order(pickup_point=OTHER_POINT)
    elsewhere = a_device(point=OTHER_POINT)[0]

    assert [parcel_of(look(a_pass(), at)).number for at in (device, elsewhere)] == [order.number, there.number]
    assert isinstance(look(a_pass(), a_device(point=None)[0]), Several)
    set_order(there.number, traveller_name="LI HUA")
    assert isinstance(look(a_pass(), elsewhere), OtherPoint)


def test_a_second_scan_of_a_pass_says_that_the_parcel_is_gone_and_is_in_the_audit(order: OrderView, device: KnownDevice) -> None:
    scan(a_pass(), device)

    again = scan(a_pass(), device, "scan-0002", NOW + MINUTE)

    assert isinstance(again, AlreadyCollected)
    assert again.at == NOW
    assert [(name, (details or {}).get("found_by")) for name, _, details in audit()] == [
        ("collected", "boarding_pass"), ("already_collected", "boarding_pass"),
    ]  # fmt: skip


def test_a_part_of_a_parcel_is_handed_over_for_a_pass(order: OrderView, device: KnownDevice) -> None:
    outcome = scan(a_pass(), device, lines=(("SP-TWO", 1),))

    assert isinstance(outcome, Collected)
    assert outcome.missing == ((1, 1),) or [quantity for _, quantity in outcome.missing] == [1]
    assert scan(a_pass(), device, lines=(("SP-TWO", 1),)) == outcome
    assert state(order) is OrderState.PARTLY_COLLECTED


def test_a_code_that_our_own_page_had_from_a_pass_needs_that_pass_to_fit(order: OrderView, device: KnownDevice) -> None:
    code = code_of(order)

    answers = [
        scan(code, device, f"scan-{n:04}", found_by=FoundBy.PASS, checks=sent).name
        for n, sent in enumerate([{}, {"boarding_pass": noted(name_match="similar")}, {"boarding_pass": noted()}])
    ]

    assert answers == [Name.NEEDS_CHECK, Name.NEEDS_CHECK, Name.COLLECTED]


def test_a_label_reported_from_a_time_without_network_is_a_conflict(order: OrderView, device: KnownDevice) -> None:
    assert scan(label_text(order.number), device, offline=True).name is Name.NEEDS_CHECK

    assert [found.outcome for found in conflicts.conflicts()] == [Name.NEEDS_CHECK]


def test_nothing_of_a_pass_is_kept_or_logged_but_what_the_point_asks_for(
    order: OrderView, device: KnownDevice, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    a_paid_order()
    caplog.set_level(logging.DEBUG)
    texts = [a_pass(), a_pass("LI/HUA"), a_pass("WANG/XIAOMIN", to="HKG"), a_pass().replace("FRA", "F"), a_pass()[:45]]
    shown = []
    for n, text in enumerate(texts):
        shown += [repr(look(text, device)), repr(scan(text, device, f"scan-{n:04}"))]
        scan(text, device, f"more-{n:04}", number=order.number, checks={"boarding_pass": "seen"})

    rows = builders.everything()
    written = repr([rows["scans"], rows["order_history"], rows["announcements"]]) + caplog.text + "".join(capsys.readouterr())
    for secret in ("ABC123", "XIAOMING MR", "WANG/", "012A", "LI/HUA"):
        assert secret not in written + json.dumps(shown)


@pytest.mark.parametrize("others", [0, 30])
def test_a_look_by_label_or_pass_takes_few_statements_however_full_the_flight(
    order: OrderView, device: KnownDevice, statements: list[str], others: int
) -> None:
    sku = a_product(on_hand=100)
    for _ in range(others):
        a_paid_order({sku: 1}, name="LI HUA")
    counted = []
    for text in (label_text(order.number), a_pass()):
        statements.clear()
        look(text, device)
        counted.append(len(statements))

    assert max(counted) <= 4, counted


def test_the_parcel_is_worth_what_is_left_in_it(app: Flask, device: KnownDevice) -> None:
    order = a_paid_order({a_product("SP-A", price=50_00): 3, a_product("SP-B", price=20_00): 1})
    outcome = scan(code_of(order), device, lines=(("SP-A", 1), ("SP-B", 1)))
    assert parcel_of(outcome).total.minor == 70_00

    other = a_paid_order({"SP-A": 2, "SP-B": 1})
    with builders.transaction() as session:
        line = queries.OrderLine.__table__
        session.execute(builders.update(line).where(line.c.order_id == other.id, line.c.sku == "SP-A").values(refunded=1))

    parcel = parcel_of(look(codes.token_of(PickupCode(code_of(other)), SECRET), device))
    assert (parcel.total.minor, [(line.sku, line.quantity) for line in parcel.lines]) == (70_00, [("SP-A", 1), ("SP-B", 1)])


def test_a_parcel_of_a_later_day_is_found_by_its_pass_and_waits(order: OrderView, device: KnownDevice) -> None:
    set_point(POINT, hands_over_early=False)

    assert {look(text, device).name for text in (a_pass(), label_text(order.number))} == {Name.WRONG_DAY}
