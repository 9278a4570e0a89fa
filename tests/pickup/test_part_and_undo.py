"""A part of a parcel is handed over and the rest refunded; a hand-over is taken back; and both of it."""
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, OTHER_POINT, POINT, SECRET, a_device, a_paid_order, a_product, code_of, set_order, stock_of
from flask import Flask
from sqlalchemy import select

from shop.base.db import reading
from shop.base.outbox import Announcement
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState, RefundState
from shop.payments import refund_asking, refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Amount, Lines, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.queries import KnownDevice
from shop.people.states import DeviceKind
from shop.pickup import commands as pickup
from shop.pickup import events, packing, undoing
from shop.pickup.commands import Asked
from shop.pickup.models import Pickup, Scan
from shop.pickup.outcomes import AlreadyCollected, Collected, Name, Outcome
from shop.pickup.rules import NotYourHandOver, TooLateToUndo, WrongLines
from shop.pickup.undoing import NoSuchScan, NothingToUndo

MINUTE = timedelta(minutes=1)
GOODWILL = Why(Cause.GOODWILL, "staff:1")


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Three pieces at 50 euros and one at 20."""
    return a_paid_order({a_product("SP-A", price=50_00): 3, a_product("SP-B", price=20_00): 1})


def scan(order: OrderView, device: KnownDevice, *lines: tuple[int | str, int], scan_id: str = "scan-0001", now: Any = NOW) -> Outcome:
    return pickup.hand_over(Asked(code_of(order), scan_id, now, lines=lines or None), device, SECRET, now)


def state(order: OrderView) -> OrderState:
    return order_by_number(order.number).state


def work() -> int:
    """The worker hears of every hand-over in part; answers how many there were."""
    with reading() as session:
        heard = session.execute(
            select(Announcement.subject, Announcement.facts).where(Announcement.name == events.PARTLY_COLLECTED)
        ).all()
    for subject, facts in heard:
        refund_asking.refund_missing(subject, facts, NOW)
    return len(heard)


def refunded(order: OrderView) -> list[tuple[int, dict[int, int]]]:
    return [(refund.amount_minor, dict(refund.lines)) for refund in refunds_of(order.id)]


# --- a part ---------------------------------------------------------------------------------------------------------


def test_a_part_is_handed_over_and_the_rest_is_on_sale_again_and_refunded(order: OrderView, device: KnownDevice) -> None:
    first = order.lines[0].position

    outcome = scan(order, device, ("SP-A", 2))

    assert isinstance(outcome, Collected)
    assert outcome.missing == ((first, 1), (order.lines[1].position, 1))
    assert [(line.sku, line.quantity) for line in outcome.parcel.lines] == [("SP-A", 2)]
    assert state(order) is OrderState.PARTLY_COLLECTED
    assert order_by_number(order.number).collected_at == NOW
    assert (stock_of("SP-A"), stock_of("SP-B")) == ((8, 0, 0, 2), (10, 0, 0, 0))
    assert work() == 1
    assert refunded(order) == [(70_00, dict(outcome.missing))]
    assert refunds_of(order.id)[0].cause is Cause.COUNTER


def test_the_refund_of_the_rest_is_asked_for_once_however_often_it_is_heard(order: OrderView, device: KnownDevice) -> None:
    scan(order, device, (order.lines[0].position, 3))

    for _ in range(3):
        work()

    assert [minor for minor, _ in refunded(order)] == [20_00]
    assert order_by_number(order.number).refund_state is RefundState.REQUESTED


def test_the_same_part_sent_again_gets_the_same_answer(order: OrderView, device: KnownDevice) -> None:
    first = scan(order, device, ("SP-A", 2))
    before = builders.everything()

    assert scan(order, device, ("SP-A", 2)) == first
    assert builders.everything() == before
    assert isinstance(scan(order, device, scan_id="scan-0002"), AlreadyCollected)


def test_all_the_pieces_one_by_one_are_the_whole_parcel(order: OrderView, device: KnownDevice) -> None:
    outcome = scan(order, device, ("SP-A", 1), ("SP-A", 2), ("SP-B", 1))

    assert outcome.missing == ()  # type: ignore[union-attr]
    assert state(order) is OrderState.COLLECTED
    assert work() == 0


@pytest.mark.parametrize("lines", [(("SP-A", 4),), (("SP-X", 1),), ((99, 1),), (("SP-A", 0),), (("SP-A", 2), ("SP-A", 2))], ids=str)
def test_pieces_that_the_parcel_does_not_hold_hand_nothing_over(order: OrderView, device: KnownDevice, lines: Any) -> None:
    before = builders.everything()

    with pytest.raises(WrongLines):
        scan(order, device, *lines)

    assert builders.everything() == before


@pytest.mark.parametrize(("change", "name"), [({"state": "packing"}, Name.NOT_READY), ({"refund_state": "refunded"}, Name.REFUNDED)])
def test_no_part_of_what_may_not_be_handed_over(order: OrderView, device: KnownDevice, change: dict[str, str], name: Name) -> None:
    set_order(order.number, **change)

    assert scan(order, device, ("SP-A", 1)).name is name
    assert stock_of("SP-A") == (10, 0, 3, 0)


def test_money_that_went_back_meanwhile_is_not_paid_back_twice(order: OrderView, device: KnownDevice) -> None:
    scan(order, device, ("SP-A", 3))
    refunding.ask_refund(order.number, Amount(165_00), GOODWILL, NOW)

    work()
    refunding_left = refund_asking.left_of(order.number)

    assert sorted(minor for minor, _ in refunded(order)) == [5_00, 165_00]
    assert refunding_left is not None
    assert refunding_left.minor == 0


def test_what_went_back_before_is_not_in_the_parcel(order: OrderView, device: KnownDevice) -> None:
    refunding.ask_refund(order.number, Lines({order.lines[0].position: 1}), GOODWILL, NOW)

    with pytest.raises(WrongLines):
        scan(order, device, ("SP-A", 3))
    outcome = scan(order, device, ("SP-A", 2), scan_id="scan-0002")

    assert isinstance(outcome, Collected)
    assert [quantity for _, quantity in outcome.missing] == [1]
    assert stock_of("SP-A") == (8, 0, 0, 2)


# --- taken back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [OrderState.PAID, OrderState.READY])
def test_a_hand_over_is_taken_back_and_the_parcel_waits_as_before(order: OrderView, device: KnownDevice, before: OrderState) -> None:
    if before is OrderState.READY:
        packing.finish(order.number, packing.Packer.with_device(device), NOW, by_hand=True)
    paid_at = order_by_number(order.number).paid_at
    scan(order, device)

    undone = undoing.undo("scan-0001", device, NOW + 15 * MINUTE)

    after = order_by_number(order.number)
    assert (undone.number, undone.state, undone.at) == (order.number, before, NOW + 15 * MINUTE)
    assert (after.state, after.collected_at, after.paid_at) == (before, None, paid_at)
    assert (after.history[-1].old_state, after.history[-1].why) == (OrderState.COLLECTED, "hand-over undone")
    assert (stock_of("SP-A"), stock_of("SP-B")) == ((10, 0, 3, 0), (10, 0, 1, 0))
    assert builders.announced(events.UNDONE) == [(events.UNDONE, order.id)]


def test_the_audit_keeps_what_was_taken_back(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)
    undoing.undo("scan-0001", device, NOW + MINUTE)

    with reading() as session:
        [row] = session.execute(select(Scan.outcome, Scan.undone_at, Scan.undone_by)).all()
        [code] = session.execute(select(Pickup.collected_at, Pickup.collected_by, Pickup.scan_id)).all()
    assert tuple(row) == ("collected", NOW + MINUTE, device.id)
    assert tuple(code) == (None, None, None)


def test_what_was_taken_back_is_handed_over_again_by_a_new_scan_only(order: OrderView, device: KnownDevice) -> None:
    first = scan(order, device)
    undoing.undo("scan-0001", device, NOW + MINUTE)

    again = scan(order, device, now=NOW + 2 * MINUTE)

    assert isinstance(again, Collected)
    assert (again.at, again.undone_at) == (NOW, NOW + MINUTE)
    assert isinstance(first, Collected)
    assert state(order) is OrderState.PAID
    assert scan(order, device, scan_id="scan-0002", now=NOW + 3 * MINUTE).name is Name.COLLECTED
    assert (state(order), stock_of("SP-A")) == (OrderState.COLLECTED, (7, 0, 0, 3))


def test_taking_back_twice_is_harmless_also_after_the_quarter_of_an_hour(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)
    first = undoing.undo("scan-0001", device, NOW + MINUTE)
    before = builders.everything()

    assert undoing.undo("scan-0001", device, NOW + 60 * MINUTE) == first
    assert builders.everything() == before


def test_an_old_scan_does_not_take_back_a_newer_hand_over(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)
    undoing.undo("scan-0001", device, NOW + MINUTE)
    scan(order, device, scan_id="scan-0002", now=NOW + 2 * MINUTE)

    undoing.undo("scan-0001", device, NOW + 3 * MINUTE)

    assert state(order) is OrderState.COLLECTED


@pytest.mark.parametrize(
    ("kind", "point", "after", "refusal"),
    [
        (DeviceKind.COUNTER,    POINT,       1 * MINUTE,   NotYourHandOver),
        (DeviceKind.COUNTER,    OTHER_POINT, 1 * MINUTE,   NoSuchScan),
        (DeviceKind.SUPERVISOR, OTHER_POINT, 1 * MINUTE,   NoSuchScan),
        (DeviceKind.SUPERVISOR, POINT,       1 * MINUTE,   None),
        (DeviceKind.SUPERVISOR, None,        600 * MINUTE, None),
        (DeviceKind.SUPERVISOR, POINT,       1440 * MINUTE, TooLateToUndo),
    ],
)  # fmt: skip
def test_another_counter_takes_nothing_back_and_a_supervisor_only_that_day_and_here(
    order: OrderView, device: KnownDevice, kind: DeviceKind, point: str | None, after: timedelta, refusal: type[Exception] | None
) -> None:
    scan(order, device)
    other = a_device(kind, point)[0]

    if refusal:
        with pytest.raises(refusal):
            undoing.undo("scan-0001", other, NOW + after)
    else:
        undoing.undo("scan-0001", other, NOW + after)

    assert (state(order) is OrderState.COLLECTED) is (refusal is not None)


def test_after_a_quarter_of_an_hour_it_is_too_late(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)

    with pytest.raises(TooLateToUndo):
        undoing.undo("scan-0001", device, NOW + 15 * MINUTE + timedelta(seconds=1))


def test_a_scan_that_handed_nothing_over_cannot_be_taken_back(order: OrderView, device: KnownDevice) -> None:
    set_order(order.number, state="packing")
    scan(order, device)

    with pytest.raises(NothingToUndo):
        undoing.undo("scan-0001", device, NOW)
    with pytest.raises(NoSuchScan):
        undoing.undo("scan-0009", device, NOW)


# --- and the money --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", ["was quick", "comes later"])
def test_after_a_part_was_taken_back_only_that_part_waits_and_the_rest_stays_refunded(
    order: OrderView, device: KnownDevice, worker: str
) -> None:
    scan(order, device, ("SP-A", 2))
    if worker == "was quick":
        work()
    undoing.undo("scan-0001", device, NOW + MINUTE)
    work()

    assert (stock_of("SP-A"), stock_of("SP-B")) == ((10, 0, 2, 0), (10, 0, 0, 0))
    again = scan(order, device, scan_id="scan-0002")

    assert isinstance(again, Collected)
    assert [(line.sku, line.quantity) for line in again.parcel.lines] == [("SP-A", 2)]
    assert (state(order), stock_of("SP-A")) == (OrderState.COLLECTED, (8, 0, 0, 2))
    assert [minor for minor, _ in refunded(order)] == [70_00]


def test_what_was_refunded_after_the_hand_over_is_on_sale_again_when_it_is_taken_back(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)
    refunding.ask_refund(order.number, Lines({order.lines[0].position: 1}), GOODWILL, NOW)

    undoing.undo("scan-0001", device, NOW + MINUTE)

    assert (stock_of("SP-A"), stock_of("SP-B")) == ((10, 0, 2, 0), (10, 0, 1, 0))


def test_what_was_paid_back_altogether_is_not_taken_back(order: OrderView, device: KnownDevice) -> None:
    scan(order, device)
    refunding.ask_refund(order.number, Whole(), GOODWILL, NOW)

    with pytest.raises(NothingToUndo):
        undoing.undo("scan-0001", device, NOW + MINUTE)
    assert state(order) is OrderState.COLLECTED
