"""At the counter: look, then hand over, once and only once."""
from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from builders import (
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
    stock_of,
)
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.base.ids import PickupCode
from shop.catalogue.models import Stock, StockHold
from shop.orders import events
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState, RefundState
from shop.people.queries import KnownDevice
from shop.pickup import codes, packing
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked, ScanIdReused, WrongScanId
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import AlreadyCollected, Collected, Name, OtherPoint, Outcome, Unknown, WrongDay
from shop.pickup.packing import Packer
from shop.pickup.queries import NoPickupCode, ticket_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    """A tablet of the first counter."""
    return a_device()[0]


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Two bottles of ten, paid."""
    return a_paid_order({a_product("SP-TWO", on_hand=10): 2})


def _scan(text: str, device: KnownDevice, scan_id: str = "scan-0001", now: datetime = NOW) -> Outcome:
    return pickup.hand_over(Asked(text, scan_id, now), device, SECRET, now)


def _look(text: str, device: KnownDevice, now: datetime = NOW) -> Outcome:
    return pickup.look(text, device, SECRET, now)


def _audit() -> list[tuple[str, str]]:
    with reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(Scan.scan_id, Scan.outcome).order_by(Scan.id))]


def _revoke(order: OrderView) -> None:
    with transaction() as session:
        session.execute(update(Pickup).where(Pickup.order_id == order.id).values(revoked_at=NOW))


def _state(order: OrderView) -> OrderState:
    return order_by_number(order.number).state


# --- the hand-over ----------------------------------------------------------------------------------------------------


def test_a_scan_hands_the_parcel_over(order: OrderView, device: KnownDevice) -> None:
    outcome = _scan(code_of(order), device)

    assert isinstance(outcome, Collected)
    assert (outcome.parcel.number, [(line.sku, line.quantity) for line in outcome.parcel.lines]) == (order.number, [("SP-TWO", 2)])
    later = order_by_number(order.number)
    assert (later.state, later.collected_at, stock_of("SP-TWO")) == (OrderState.COLLECTED, NOW, (8, 0, 0, 2))
    assert later.history[-1].who == f"device:{device.id}"
    assert builders.announced(events.COLLECTED) == [(events.COLLECTED, order.id)]
    assert _audit() == [("scan-0001", "collected")]
    assert ticket_of(order.id).collected_at == NOW


def test_the_token_of_the_picture_does_the_same_as_the_code(order: OrderView, device: KnownDevice) -> None:
    assert isinstance(_scan(codes.token_of(PickupCode(code_of(order)), SECRET), device), Collected)


def test_a_scan_sent_twice_hands_over_once_and_answers_the_same(order: OrderView, device: KnownDevice) -> None:
    first = _scan(code_of(order), device)
    before = builders.everything()

    again = [_scan(code_of(order), device, now=NOW + n * MINUTE) for n in (0, 1, 600)]

    assert again == [first] * 3
    assert builders.everything() == before


def test_a_second_scan_is_told_when_and_by_whom_and_is_in_the_audit_once(order: OrderView, device: KnownDevice) -> None:
    _scan(code_of(order), device)
    before = builders.everything()

    outcome = _scan(code_of(order), device, "scan-0002", NOW + MINUTE)
    after = builders.everything()
    again = _scan(code_of(order), device, "scan-0002", NOW + 2 * MINUTE)

    assert isinstance(outcome, AlreadyCollected)
    assert (outcome.at, outcome.by) == (NOW, "Tablet")
    assert again == outcome
    assert _audit() == [("scan-0001", "collected"), ("scan-0002", "already_collected")]
    assert builders.everything() == after
    assert {name for name in after if after[name] != before[name]} == {"scans"}


def test_a_look_changes_nothing_and_says_what_a_scan_would(order: OrderView, device: KnownDevice) -> None:
    before = builders.everything()

    looks = [_look(code_of(order), device) for _ in range(2)]

    assert [look.name for look in looks] == [Name.COLLECTED] * 2
    assert builders.everything() == before
    assert _scan(code_of(order), device).name is Name.COLLECTED
    assert _look(code_of(order), device).name is Name.ALREADY_COLLECTED


def test_a_device_of_every_point_may_hand_over_anywhere(order: OrderView) -> None:
    assert isinstance(_scan(code_of(order), a_device(point=None)[0]), Collected)


# --- refusals ---------------------------------------------------------------------------------------------------------


def _change(order: OrderView, **changes: Any) -> None:
    for name, value in changes.items():
        if name == "point":
            set_point(POINT, **value)
        elif name == "revoked":
            _revoke(order)
        else:
            set_order(order.number, **{name: value})


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": "packing"}, Name.NOT_READY),
        ({"point": {"hands_over_unpacked": False}}, Name.NOT_READY),
        ({"state": "cancelled"}, Name.CANCELLED),
        ({"state": "no_show"}, Name.CANCELLED),
        ({"refund_state": "refunded"}, Name.REFUNDED),
        ({"revoked": True}, Name.REVOKED),
        ({"state": "awaiting_payment"}, Name.NOT_PAID),
        ({"point": {"hands_over_early": False}}, Name.WRONG_DAY),
    ],
    ids=str,
)
def test_a_refused_scan_hands_nothing_over_and_is_in_the_audit_once(
    order: OrderView, device: KnownDevice, changes: dict[str, Any], name: Name
) -> None:
    _change(order, **changes)
    numbers, state = stock_of("SP-TWO"), _state(order)

    looked = _look(code_of(order), device)
    scanned = [_scan(code_of(order), device) for _ in range(2)]

    assert {looked.name, *(outcome.name for outcome in scanned)} == {name}
    assert (stock_of("SP-TWO"), _state(order)) == (numbers, state)
    assert _audit() == [("scan-0001", name.value)]


def test_a_parcel_of_another_counter_says_which(order: OrderView) -> None:
    outcome = _scan(code_of(order), a_device(point=OTHER_POINT)[0])

    assert isinstance(outcome, OtherPoint)
    assert outcome.parcel.point == POINT
    assert _state(order) is OrderState.PAID


def test_a_parcel_for_a_later_day_says_from_when(order: OrderView, device: KnownDevice) -> None:
    set_point(POINT, hands_over_early=False)

    outcome = _scan(code_of(order), device)

    assert isinstance(outcome, WrongDay)
    assert outcome.collect_from == order.collect_from
    assert _scan(code_of(order), device, "scan-0002", order.collect_from).name is Name.COLLECTED


def test_a_refused_scan_sent_again_gets_its_old_answer_although_the_parcel_is_ready_by_now(order: OrderView, device: KnownDevice) -> None:
    set_order(order.number, state="packing")
    _scan(code_of(order), device)
    set_order(order.number, state="ready")

    assert _scan(code_of(order), device).name is Name.NOT_READY
    assert _state(order) is OrderState.READY
    assert _scan(code_of(order), device, "scan-0002").name is Name.COLLECTED


@pytest.mark.parametrize("text", ["", "nonsense", "7KQ2M-9XDAB", "中" * 300, "\x00"])
def test_what_is_no_code_of_ours_is_unknown_and_stays_so(order: OrderView, device: KnownDevice, text: str) -> None:
    assert _look(text, device) == Unknown()
    assert [_scan(text, device) for _ in range(3)] == [Unknown()] * 3
    assert _audit() == [("scan-0001", "unknown")]


def test_a_forged_token_hands_nothing_over_although_its_code_exists(order: OrderView, device: KnownDevice) -> None:
    forged = codes.token_of(PickupCode(code_of(order)), "another secret")

    assert (_look(forged, device), _scan(forged, device)) == (Unknown(forged=True), Unknown(forged=True))
    assert _state(order) is OrderState.PAID
    with reading() as session:
        assert session.scalars(select(Scan.details)).all() == [{"forged": True}]


@pytest.mark.parametrize("scan_id", ["", "short", "x" * 65])
def test_a_scan_needs_an_id_of_its_own(order: OrderView, device: KnownDevice, scan_id: str) -> None:
    with pytest.raises(WrongScanId):
        _scan(code_of(order), device, scan_id)
    assert _state(order) is OrderState.PAID


@pytest.mark.parametrize("first", ["another parcel", "a refused parcel", "no code"])
def test_an_id_that_belongs_to_a_scan_of_another_code_hands_nothing_over(order: OrderView, device: KnownDevice, first: str) -> None:
    other = a_paid_order()
    if first == "a refused parcel":
        _revoke(other)
    _scan("nonsense" if first == "no code" else code_of(other), device)
    before = builders.everything()

    with pytest.raises(ScanIdReused):
        _scan(code_of(order), device)

    assert builders.everything() == before


def test_an_unpaid_order_has_no_code(app: Flask) -> None:
    with pytest.raises(NoPickupCode):
        ticket_of(an_order().id)


def test_the_text_that_was_scanned_is_not_kept(order: OrderView, device: KnownDevice) -> None:
    """A boarding pass scanned by mistake holds personal data."""
    _scan("M1WANG/XIAOMING EABCDEF FRAPEKCA 0932 330Y012A0001", device)

    assert "XIAOMING EABC" not in repr(builders.everything())


# --- ready ------------------------------------------------------------------------------------------------------------


def _packed(number: str, device: KnownDevice, now: datetime = NOW) -> None:
    packing.finish(number, Packer.with_device(device), now, by_hand=True)


def test_a_packed_parcel_is_ready_and_saying_so_twice_is_harmless(order: OrderView, device: KnownDevice) -> None:
    set_point(POINT, hands_over_unpacked=False)
    _packed(f" {order.number.lower()} ", device)
    before = builders.everything()

    _packed(order.number, device, NOW + MINUTE)

    assert builders.everything() == before
    assert _scan(code_of(order), device).name is Name.COLLECTED


@pytest.mark.parametrize("state", ["awaiting_payment", "cancelled", "expired", "no_show"])
def test_what_is_not_paid_for_cannot_be_ready(order: OrderView, device: KnownDevice, state: str) -> None:
    set_order(order.number, state=state)

    with pytest.raises(NoSuchMove):
        _packed(order.number, device)
    assert _state(order).value == state


def test_a_device_makes_only_parcels_of_its_own_point_ready(order: OrderView) -> None:
    with pytest.raises(NoSuchOrder):
        _packed(order.number, a_device(point=OTHER_POINT)[0])
    with pytest.raises(NoSuchOrder):
        _packed("D000000000", a_device()[0])


# --- the guard of the take and the rule -------------------------------------------------------------------------------

# Every state without and with a refund; the later refund states where goods could still be given.
ORDERS_TO_TRY = [
    *((state, refund) for state in OrderState for refund in (RefundState.NONE, RefundState.REQUESTED)),
    *((state, refund) for state in (OrderState.PAID, OrderState.READY) for refund in (RefundState.PARTLY_REFUNDED, RefundState.REFUNDED)),
]


@pytest.mark.parametrize(("state", "refund"), ORDERS_TO_TRY, ids=lambda value: value.value)
def test_the_guard_of_the_take_and_the_rule_agree(order: OrderView, state: OrderState, refund: RefundState) -> None:
    """Every counter, allowance and hour for this state: the database hands over exactly when the rule says it may."""
    here, elsewhere = a_device()[0], replace(a_device()[0], pickup_point_id=builders.point_id(OTHER_POINT))
    code, count = code_of(order), 0
    set_order(order.number, state=state.value, refund_state=refund.value)
    for revoked in (False, True):
        if revoked:
            _revoke(order)
        for unpacked, early in ((True, True), (True, False), (False, True), (False, False)):
            set_point(POINT, hands_over_unpacked=unpacked, hands_over_early=early)
            for device, now in ((here, order.collect_from), (here, order.collect_from - MINUTE), (elsewhere, order.collect_from)):
                expected = _look(code, device, now).name
                count += 1

                outcome = _scan(code, device, f"scan-{count:04}", now)

                assert outcome.name is expected
                assert (_state(order) is OrderState.COLLECTED) == (state is OrderState.COLLECTED or expected is Name.COLLECTED)
                if expected is Name.COLLECTED:
                    _put_back(order, state, refund)
    assert count == 24


def _put_back(order: OrderView, state: OrderState, refund: RefundState) -> None:
    """Undo a hand-over, so that the next line of the table starts where this one did."""
    set_order(order.number, state=state.value, refund_state=refund.value)
    with transaction() as session:
        session.execute(update(Pickup).where(Pickup.order_id == order.id).values(collected_at=None, collected_by=None, scan_id=None))
        session.execute(update(StockHold).where(StockHold.reference == order.id).values(state="allocated"))
        session.execute(update(Stock).values(on_hand=10, held=0, allocated=2, handed_over=0))


# --- statements -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 8])
def test_a_scan_takes_few_statements_however_much_is_in_the_parcel(device: KnownDevice, statements: list[str], lines: int) -> None:
    order = a_paid_order({a_product(): 1 for _ in range(lines)})
    code = code_of(order)
    statements.clear()

    assert _scan(code, device).name is Name.COLLECTED

    assert len(statements) <= {"postgresql": 4, "sqlite": 10}[builders.engine_name()]


def test_a_second_scan_takes_at_most_four_statements(order: OrderView, device: KnownDevice, statements: list[str]) -> None:
    code = code_of(order)
    _scan(code, device)
    statements.clear()

    _scan(code, device, "scan-0002")

    assert len(statements) <= 4
