"""Packing: pieces into a parcel, onto the shelf, ready, short, off the shelf, back to stock."""
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, POINT, a_device, a_paid_order, a_product, announced, set_order, stock_of
from flask import Flask
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.catalogue.models import Product
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState, RefundState
from shop.payments import refunding
from shop.payments.refund_rules import Lines, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import commands as pickup
from shop.pickup import events, packing
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name
from shop.pickup.packing import NoParcel, NoSuchSlot, Packer, SlotFull, SlotNeeded, StillWanted
from shop.pickup.packing_models import PackedParcel, ShelfSlot
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import (
    NotComplete,
    NothingPacked,
    ParcelMoved,
    ParcelState,
    ShortageTooLarge,
    TooMany,
    WrongArticle,
    WrongSlot,
)

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def packer(app: Flask) -> Packer:
    """Somebody with a tablet of the first counter."""
    return Packer.with_device(a_device()[0])


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Two bottles of one article and one of another, paid."""
    return a_paid_order({a_product("SP-TWO", on_hand=10): 2, a_product("SP-ONE", on_hand=10): 1})


def ean(sku: str) -> str:
    with reading() as session:
        return session.scalars(select(Product.ean).where(Product.sku == sku)).one()


def shelf(**capacities: int) -> None:
    packing.put_slots(builders.point_id(POINT), capacities)


def pack(order: OrderView, packer: Packer) -> None:
    for line in order.lines:
        for _ in range(line.quantity):
            packing.scan_product(order.number, ean(line.sku), packer, NOW)


def state(order: OrderView) -> tuple[OrderState, ParcelState | None]:
    seen = parcel_of(order.number, None)
    return seen.state, seen.parcel


def packed(order: OrderView) -> dict[str, int]:
    return {line.sku: line.packed for line in parcel_of(order.number, None).lines}


def row(order: OrderView) -> Any:
    with reading() as session:
        return session.execute(select(PackedParcel.__table__).where(PackedParcel.order_id == order.id)).first()


def refund(order: OrderView, what: Any, cause: Cause = Cause.CANCELLED) -> None:
    refunding.ask_refund(order.number, what, Why(cause, "staff:1"), NOW)


# --- pieces -----------------------------------------------------------------------------------------------------------


def test_packing_starts_once_however_often_it_is_said(order: OrderView, packer: Packer) -> None:
    packing.start_packing(order.number, packer, NOW)
    packing.start_packing(f" {order.number.lower()} ", packer, LATER)

    assert state(order) == (OrderState.PACKING, ParcelState.PACKING)
    moves = [(change.new_state, change.who) for change in order_by_number(order.number).history]
    assert moves.count((OrderState.PACKING, packer.who)) == 1


def test_a_scanned_piece_counts_up_and_says_what_is_missing(order: OrderView, packer: Packer) -> None:
    first = packing.scan_product(order.number, ean("SP-TWO"), packer, NOW)
    second = packing.scan_product(order.number, ean("SP-ONE"), packer, NOW)

    assert (first.sku, first.packed, first.wanted, first.missing) == ("SP-TWO", 1, 2, 2)
    assert (second.sku, second.packed, second.wanted, second.missing) == ("SP-ONE", 1, 1, 1)
    assert state(order)[0] is OrderState.PACKING


def test_a_wrong_article_is_refused_and_changes_nothing(order: OrderView, packer: Packer) -> None:
    a_product("SP-OTHER")
    before = builders.everything()

    for scanned in (ean("SP-OTHER"), "", "4006381333931", "garbage"):
        with pytest.raises(WrongArticle):
            packing.scan_product(order.number, scanned, packer, NOW)

    assert builders.everything() == before


def test_one_piece_too_many_is_refused(order: OrderView, packer: Packer) -> None:
    pack(order, packer)

    with pytest.raises(TooMany) as refused:
        packing.scan_product(order.number, ean("SP-ONE"), packer, NOW)

    assert refused.value.facts == {"sku": "SP-ONE", "wanted": 1}
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 1}


def test_a_scan_that_is_sent_again_counts_once(order: OrderView, packer: Packer) -> None:
    answers = [packing.scan_product(order.number, ean("SP-TWO"), packer, NOW, scan_id) for scan_id in ("s-1", "s-1", "s-2", "s-1")]

    assert [answer.packed for answer in answers] == [1, 1, 2, 2]
    assert packed(order)["SP-TWO"] == 2


def test_a_parcel_remembers_the_latest_scans_only(order: OrderView, packer: Packer) -> None:
    for n in range(packing.REMEMBERED):
        packing.scan_product(order.number, ean("SP-TWO"), packer, NOW, f"in-{n}")
        packing.unpack(order.number, ean("SP-TWO"), packer, NOW, f"out-{n}")

    remembered = row(order).recent_scans

    assert len(remembered) == packing.REMEMBERED
    assert remembered[-1] == f"out-{packing.REMEMBERED - 1}"


def test_a_piece_can_be_taken_out_again_but_not_one_that_is_not_there(order: OrderView, packer: Packer) -> None:
    packing.scan_product(order.number, ean("SP-TWO"), packer, NOW)

    assert packing.unpack(order.number, ean("SP-TWO"), packer, NOW).packed == 0
    with pytest.raises(NothingPacked):
        packing.unpack(order.number, ean("SP-TWO"), packer, NOW)
    assert packed(order) == {"SP-TWO": 0, "SP-ONE": 0}


def test_what_cannot_be_scanned_is_counted_by_hand(order: OrderView, packer: Packer) -> None:
    position = next(line.position for line in order.lines if line.sku == "SP-TWO")

    assert packing.count_by_hand(order.number, position, 2, packer, NOW).missing == 1
    assert packing.count_by_hand(order.number, position, 2, packer, NOW).packed == 2
    with pytest.raises(TooMany):
        packing.count_by_hand(order.number, position, 3, packer, NOW)
    with pytest.raises(NothingPacked):
        packing.count_by_hand(order.number, position, -1, packer, NOW)
    with pytest.raises(WrongArticle):
        packing.count_by_hand(order.number, 99, 1, packer, NOW)
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 0}


@pytest.mark.parametrize(
    "values",
    [
        {"state": "awaiting_payment"}, {"state": "cancelled"}, {"state": "expired"}, {"state": "no_show"},
        {"state": "collected"}, {"state": "partly_collected"}, {"state": "ready"},
        {"state": "paid", "refund_state": RefundState.REFUNDED.value},
    ],
)  # fmt: skip
def test_only_an_order_that_is_paid_and_waits_can_be_packed(order: OrderView, packer: Packer, values: dict[str, str]) -> None:
    set_order(order.number, **values)

    with pytest.raises(NoSuchMove):
        packing.start_packing(order.number, packer, NOW)
    with pytest.raises(NoSuchMove):
        packing.scan_product(order.number, ean("SP-ONE"), packer, NOW)

    assert row(order) is None


def test_a_packer_of_another_point_finds_no_such_order(order: OrderView) -> None:
    stranger = Packer.with_device(a_device(point=builders.OTHER_POINT)[0])
    everywhere = Packer.with_device(a_device(point=None)[0])

    for act in (packing.start_packing, packing.finish, packing.reopen, packing.back_to_stock):
        with pytest.raises(NoSuchOrder):
            act(order.number, stranger, NOW)
    with pytest.raises(NoSuchOrder):
        packing.check_shortage(order.number, 1, 1, stranger)
    with pytest.raises(NoSuchOrder):
        packing.start_packing("D" + "X" * 4000, everywhere, NOW)
    packing.start_packing(order.number, everywhere, NOW)

    assert state(order)[0] is OrderState.PACKING


def test_packing_a_piece_takes_few_statements(order: OrderView, packer: Packer, statements: list[str]) -> None:
    code = ean("SP-TWO")
    packing.scan_product(order.number, code, packer, NOW, "s-1")
    statements.clear()

    packing.scan_product(order.number, code, packer, NOW, "s-2")

    assert len(statements) == 5, statements


# --- ready ------------------------------------------------------------------------------------------------------------


def test_a_complete_parcel_on_the_shelf_is_ready_and_announced_once(order: OrderView, packer: Packer) -> None:
    shelf(A1=2)
    pack(order, packer)

    packing.finish(order.number, packer, NOW, slot="a-1")
    packing.finish(order.number, packer, LATER)
    packing.reopen(order.number, packer, LATER)
    packing.finish(order.number, packer, LATER, slot="A1")

    assert state(order) == (OrderState.READY, ParcelState.READY)
    assert announced(events.READY) == [("orders.ready", order.id)]
    assert (row(order).told_at, row(order).packed_at, row(order).packed_by) == (NOW, LATER, packer.who)


def test_a_parcel_with_something_missing_is_not_ready(order: OrderView, packer: Packer) -> None:
    packing.scan_product(order.number, ean("SP-ONE"), packer, NOW)

    with pytest.raises(NotComplete) as refused:
        packing.finish(order.number, packer, NOW)

    assert refused.value.facts == {"missing": 2, "surplus": 0}
    assert state(order)[0] is OrderState.PACKING
    assert announced(events.READY) == []


def test_a_person_may_say_that_all_is_in_the_parcel(order: OrderView, packer: Packer) -> None:
    packing.finish(order.number, packer, NOW, by_hand=True)

    assert state(order) == (OrderState.READY, ParcelState.READY)
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 1}


def test_where_there_is_a_shelf_a_parcel_needs_a_slot(order: OrderView, packer: Packer) -> None:
    shelf(A1=1)
    pack(order, packer)

    with pytest.raises(SlotNeeded):
        packing.finish(order.number, packer, NOW)
    packing.put_on_shelf(order.number, "A1", packer, NOW)
    packing.finish(order.number, packer, NOW)

    assert parcel_of(order.number, None).slot == "A1"


def test_a_parcel_that_is_opened_again_leaves_the_shelf(order: OrderView, packer: Packer) -> None:
    shelf(A1=1)
    pack(order, packer)
    packing.finish(order.number, packer, NOW, slot="A1")

    packing.reopen(order.number, packer, LATER)
    packing.reopen(order.number, packer, LATER)

    seen = parcel_of(order.number, None)
    assert (seen.state, seen.parcel, seen.slot) == (OrderState.PACKING, ParcelState.PACKING, None)
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 1}


def test_a_parcel_nobody_packs_cannot_be_opened_again_or_shelved(order: OrderView, packer: Packer) -> None:
    shelf(A1=1)

    with pytest.raises(NoSuchMove):
        packing.reopen(order.number, packer, NOW)
    with pytest.raises(NoSuchMove):
        packing.put_on_shelf(order.number, "A1", packer, NOW)


# --- the shelf --------------------------------------------------------------------------------------------------------


def test_a_full_slot_takes_no_more_and_a_parcel_that_moves_leaves_room(app: Flask, packer: Packer) -> None:
    shelf(A1=1, A2=1)
    one, two = (a_paid_order() for _ in range(2))
    for each in (one, two):
        packing.start_packing(each.number, packer, NOW)

    packing.put_on_shelf(one.number, "A1", packer, NOW)
    assert packing.put_on_shelf(one.number, "A1", packer, LATER) == "A1"
    with pytest.raises(SlotFull):
        packing.put_on_shelf(two.number, "A1", packer, NOW)
    packing.put_on_shelf(one.number, "A2", packer, NOW)
    packing.put_on_shelf(two.number, "A1", packer, NOW)

    assert (parcel_of(one.number, None).slot, parcel_of(two.number, None).slot) == ("A2", "A1")


def test_a_slot_of_another_point_or_one_that_was_given_up_is_no_slot(order: OrderView, packer: Packer) -> None:
    shelf(A1=1, A2=1)
    shelf(A1=3)
    packing.put_slots(builders.point_id(builders.OTHER_POINT), {"H1": 1})
    packing.start_packing(order.number, packer, NOW)

    for code in ("A2", "H1", "B9"):
        with pytest.raises(NoSuchSlot):
            packing.put_on_shelf(order.number, code, packer, NOW)
    with pytest.raises(WrongSlot):
        packing.put_on_shelf(order.number, "架", packer, NOW)


def test_the_slots_of_a_point_are_what_was_said_last(app: Flask) -> None:
    shelf(A1=1, A2=2)
    packing.put_slots(builders.point_id(POINT), {"a-2": 5, "A3": 4})

    with reading() as session:
        rows = session.execute(select(ShelfSlot.code, ShelfSlot.capacity, ShelfSlot.active).order_by(ShelfSlot.code)).all()

    assert [tuple(found) for found in rows] == [("A1", 1, False), ("A2", 5, True), ("A3", 4, True)]
    with pytest.raises(WrongSlot):
        shelf(A1=0)


# --- shortage ---------------------------------------------------------------------------------------------------------


def test_what_is_short_is_refunded_and_the_rest_is_packed(order: OrderView, packer: Packer) -> None:
    position = next(line.position for line in order.lines if line.sku == "SP-TWO")
    packing.scan_product(order.number, ean("SP-TWO"), packer, NOW)
    packing.scan_product(order.number, ean("SP-ONE"), packer, NOW)

    number = packing.check_shortage(order.number, position, 1, packer)
    refunding.ask_refund(number, Lines({position: 1}), Why(Cause.SHORTAGE, packer.who), NOW)
    packing.finish(order.number, packer, NOW)

    assert state(order) == (OrderState.READY, ParcelState.READY)
    assert packed(order) == {"SP-TWO": 1, "SP-ONE": 1}
    assert stock_of("SP-TWO") == (9, 0, 1, 0)


def test_what_lies_in_the_parcel_is_not_short(order: OrderView, packer: Packer) -> None:
    position = next(line.position for line in order.lines if line.sku == "SP-TWO")
    packing.scan_product(order.number, ean("SP-TWO"), packer, NOW)

    for quantity in (2, 0, -1):
        with pytest.raises(ShortageTooLarge):
            packing.check_shortage(order.number, position, quantity, packer)
    with pytest.raises(WrongArticle):
        packing.check_shortage(order.number, 99, 1, packer)
    set_order(order.number, state="cancelled")
    with pytest.raises(NoSuchMove):
        packing.check_shortage(order.number, position, 1, packer)


def test_pieces_that_are_refunded_after_they_were_packed_have_to_come_out(order: OrderView, packer: Packer) -> None:
    position = next(line.position for line in order.lines if line.sku == "SP-TWO")
    pack(order, packer)
    refund(order, Lines({position: 1}))

    with pytest.raises(NotComplete) as refused:
        packing.finish(order.number, packer, NOW)
    packing.unpack(order.number, ean("SP-TWO"), packer, NOW)
    packing.finish(order.number, packer, NOW)

    assert refused.value.facts == {"missing": 0, "surplus": 1}
    assert packed(order) == {"SP-TWO": 1, "SP-ONE": 1}


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [OrderState.CANCELLED, OrderState.NO_SHOW])
def test_the_parcel_of_an_order_that_is_over_goes_back_and_frees_its_slot(
    order: OrderView, packer: Packer, ended: OrderState
) -> None:
    shelf(A1=1)
    pack(order, packer)
    packing.finish(order.number, packer, NOW, slot="A1")
    with pytest.raises(StillWanted):
        packing.back_to_stock(order.number, packer, NOW)
    refund(order, Whole(), Cause.NO_SHOW if ended is OrderState.NO_SHOW else Cause.CANCELLED)

    packing.back_to_stock(order.number, packer, NOW)
    packing.back_to_stock(order.number, packer, LATER)

    assert state(order) == (ended, ParcelState.BACK_TO_STOCK)
    assert (row(order).slot_id, row(order).changed_at) == (None, NOW)
    assert packed(order) == {}


def test_an_order_that_was_never_packed_has_nothing_to_put_back(order: OrderView, packer: Packer) -> None:
    refund(order, Whole())

    with pytest.raises(NoParcel):
        packing.back_to_stock(order.number, packer, NOW)


def test_a_parcel_that_was_handed_over_does_not_go_back_to_stock(order: OrderView, packer: Packer) -> None:
    pack(order, packer)
    with transaction() as session:
        session.execute(update(PackedParcel).values(state=ParcelState.COLLECTED.value))
    set_order(order.number, state="cancelled")

    with pytest.raises(ParcelMoved):
        packing.back_to_stock(order.number, packer, NOW)


def test_a_packed_parcel_is_handed_over_by_a_scan_of_its_code(order: OrderView, packer: Packer) -> None:
    device, _ = a_device()
    packing.start_packing(order.number, packer, NOW)
    code = builders.code_of(order)

    early = pickup.hand_over(Asked(code, "scan-0001", NOW), device, builders.SECRET, NOW)
    packing.finish(order.number, packer, NOW, by_hand=True)
    taken = pickup.hand_over(Asked(code, "scan-0002", NOW), device, builders.SECRET, NOW)

    assert (early.name, taken.name) == (Name.NOT_READY, Name.COLLECTED)


def test_the_part_for_the_hand_over_empties_the_slot_of_that_order_only(app: Flask, packer: Packer) -> None:
    shelf(A1=2)
    orders = [a_paid_order() for _ in range(2)]
    without = a_paid_order()
    for each in orders:
        packing.finish(each.number, packer, NOW, slot="A1", by_hand=True)

    gone = [hand(each) for each in (orders[0], without)]

    assert gone == [1, 0]
    assert [(row(each).state, row(each).slot_id is None) for each in orders] == [("collected", True), ("ready", False)]
    with transaction() as session:
        packing.taken_back(session, orders[0].id, LATER)
    assert (row(orders[0]).state, row(orders[0]).slot_id) == ("ready", None)


def hand(order: OrderView) -> int:
    """Run the part alone; answers how many parcels it changed."""
    source = select(Order.id).where(Order.id == order.id).subquery("source")
    _, change = packing.collected_part(source)
    with transaction() as session:
        return int(session.connection().execute(change, {"p_now": LATER}).rowcount)
