"""Several packers, counters and refunds at one moment: real threads on PostgreSQL, each race with its control."""
from collections import Counter
from itertools import pairwise
from typing import Any

import builders
import pytest
from builders import NOW, POINT, a_device, a_paid_order, a_product, announced
from flask import Flask
from races.together import Unguarded, copies, together
from sqlalchemy import func, select, text

from shop.base.db import db, reading
from shop.base.errors import ShopError
from shop.catalogue.models import Product
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import MOVES, OrderState
from shop.payments import refunding
from shop.payments.refund_rules import Lines, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import commands as pickup
from shop.pickup import events, packing, packing_waves
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name
from shop.pickup.packing import Packer, SlotFull
from shop.pickup.packing_models import PackedLine, PackedParcel, WaveOrder
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import TooMany

pytestmark = pytest.mark.postgresql
AT_ONCE = 8


@pytest.fixture
def packers(app: Flask) -> list[Packer]:
    return [Packer.with_device(a_device()[0]) for _ in range(AT_ONCE)]


def ean(order: OrderView) -> str:
    with reading() as session:
        return session.scalars(select(Product.ean).where(Product.sku == order.lines[0].sku)).one()


def kinds(answers: list[Any]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def in_slot(code: str) -> int:
    with reading() as session:
        sql = "SELECT count(*) FROM parcels p JOIN shelf_slots s ON s.id = p.slot_id WHERE s.code = :code"
        return int(session.execute(text(sql), {"code": code}).scalar_one())


def packed(order: OrderView) -> int:
    with reading() as session:
        return int(session.scalar(select(func.sum(PackedLine.packed)).where(PackedLine.order_id == order.id)) or 0)


def check_history(order: OrderView) -> None:
    """Every step follows from the one before, as the table of moves allows."""
    for earlier, later in pairwise(order_by_number(order.number).history):
        assert later.old_state == earlier.new_state
        assert later.new_state in MOVES[earlier.new_state]


def outcome(act: Any) -> Any:
    """What was refused is an answer here."""
    try:
        return act()
    except ShopError as refused:
        return refused.code


# --- the shelf --------------------------------------------------------------------------------------------------------


def test_eight_packers_put_no_more_parcels_into_a_slot_than_it_takes(app: Flask, packers: list[Packer]) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 3})
    orders = [a_paid_order() for _ in range(AT_ONCE)]
    for order, packer in zip(orders, packers, strict=True):
        packing.start_packing(order.number, packer, NOW)

    answers = copies(app, AT_ONCE, lambda n: packing.put_on_shelf(orders[n].number, "A1", packers[n], NOW))

    assert kinds(answers) == {"str": 3, SlotFull.__name__: AT_ONCE - 3}
    assert in_slot("A1") == 3


def test_control_who_counts_first_and_puts_later_fills_a_slot_over_and_over(app: Flask, packers: list[Packer]) -> None:
    packing.put_slots(builders.point_id(POINT), {"A1": 3})
    orders = [a_paid_order() for _ in range(AT_ONCE)]
    for order, packer in zip(orders, packers, strict=True):
        packing.start_packing(order.number, packer, NOW)
    pause = Unguarded(AT_ONCE)

    def put(n: int) -> bool:
        with db.engine.connect() as connection:
            room = connection.scalar(text("SELECT count(*) < 3 FROM parcels WHERE slot_id = (SELECT id FROM shelf_slots)"))
            pause.wait()
            if room:
                connection.execute(
                    text("UPDATE parcels SET slot_id = (SELECT id FROM shelf_slots) WHERE order_id = :id"), {"id": orders[n].id}
                )
            return bool(room)

    assert sum(copies(app, AT_ONCE, put)) > 3
    assert in_slot("A1") > 3


# --- one order, several packers ---------------------------------------------------------------------------------------


def test_eight_packers_on_one_order_pack_exactly_what_is_wanted(app: Flask, packers: list[Packer]) -> None:
    order = a_paid_order({a_product(on_hand=10): 5})
    code = ean(order)

    answers = copies(app, AT_ONCE, lambda n: packing.scan_product(order.number, code, packers[n], NOW, f"scan-{n}"))

    assert kinds(answers) == {"Counted": 5, TooMany.__name__: AT_ONCE - 5}
    assert sorted(answer.packed for answer in answers if isinstance(answer, packing.Counted)) == [1, 2, 3, 4, 5]
    assert packed(order) == 5
    history = [change.new_state for change in order_by_number(order.number).history]
    assert history.count(OrderState.PACKING) == 1


def test_one_scan_sent_eight_times_at_once_counts_once(app: Flask, packers: list[Packer]) -> None:
    order = a_paid_order({a_product(on_hand=10): 5})
    code = ean(order)

    answers = copies(app, AT_ONCE, lambda _: packing.scan_product(order.number, code, packers[0], NOW, "the-same"))

    assert [answer.packed for answer in answers] == [1] * AT_ONCE
    assert packed(order) == 1


def test_control_who_reads_a_count_and_writes_one_more_loses_pieces(app: Flask, packers: list[Packer]) -> None:
    order = a_paid_order({a_product(on_hand=10): 8})
    packing.start_packing(order.number, packers[0], NOW)
    pause = Unguarded(AT_ONCE)

    def count(_: int) -> None:
        with db.engine.connect() as connection:
            before = connection.scalar(text("SELECT packed FROM parcel_lines"))
            pause.wait()
            connection.execute(text("UPDATE parcel_lines SET packed = :n"), {"n": before + 1})

    copies(app, AT_ONCE, count)

    assert packed(order) < AT_ONCE


def test_a_parcel_finished_by_eight_packers_at_once_is_announced_once(app: Flask, packers: list[Packer]) -> None:
    order = a_paid_order()

    answers = copies(app, AT_ONCE, lambda n: packing.finish(order.number, packers[n], NOW, by_hand=True))

    assert answers == [None] * AT_ONCE
    assert announced(events.READY) == [(events.READY, order.id)]
    check_history(order)


# --- waves ------------------------------------------------------------------------------------------------------------


def test_waves_made_eight_times_at_once_are_made_once_while_others_start_to_pack(app: Flask, packers: list[Packer]) -> None:
    orders = [a_paid_order() for _ in range(4)]
    point = builders.point_id(POINT)
    now = orders[0].departs_at - packing_waves.LOOK_AHEAD / 2

    answers = together(
        app,
        [lambda: packing_waves.make_waves(point, packers[0], now)] * 4
        + [lambda o=order: packing.start_packing(o.number, packers[1], now) for order in orders],
    )

    assert [answer for answer in answers[4:] if answer is not None] == []
    assert len({tuple(keys) for keys in answers[:4]}) == 1
    assert len(answers[0]) == 1
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(WaveOrder)) == 4
        assert set(session.scalars(select(PackedParcel.state))) == {"packing"}


# --- packing against money and the counter ----------------------------------------------------------------------------


def test_a_refund_against_packing_leaves_a_parcel_that_fits_the_order(app: Flask, packers: list[Packer]) -> None:
    for n in range(6):
        order = a_paid_order({a_product(on_hand=10): 2})
        code = ean(order)
        packing.scan_product(order.number, code, packers[0], NOW)
        what = Whole() if n % 2 else Lines({1: 1})

        refused = together(
            app,
            [
                lambda o=order, c=code: outcome(lambda: packing.scan_product(o.number, c, packers[0], NOW)),
                lambda o=order: outcome(lambda: packing.finish(o.number, packers[1], NOW)),
                lambda o=order, w=what: refunding.ask_refund(o.number, w, Why(Cause.CANCELLED, "traveller"), NOW),
            ],
        )[2]

        assert isinstance(refused, int), refused
        seen = parcel_of(order.number, None)
        check_history(order)
        if n % 2:
            assert seen.state is OrderState.CANCELLED
        elif seen.state is OrderState.READY:
            assert packed(order) in (1, 2)
        else:
            assert seen.state is OrderState.PACKING


def test_a_hand_over_against_packing_never_leaves_both(app: Flask, packers: list[Packer]) -> None:
    device, _ = a_device()
    for n in range(10):
        order = a_paid_order()
        code = builders.code_of(order)

        scan, _, _ = together(
            app,
            [
                lambda c=code, n=n: pickup.hand_over(Asked(c, f"scan-while-packing-{n}", NOW), device, builders.SECRET, NOW),
                lambda o=order: outcome(lambda: packing.start_packing(o.number, packers[0], NOW)),
                lambda o=order: outcome(lambda: packing.finish(o.number, packers[1], NOW, by_hand=True)),
            ],
        )

        after = order_by_number(order.number)
        check_history(order)
        assert scan.name in (Name.COLLECTED, Name.NOT_READY)
        assert (after.state is OrderState.COLLECTED) == (scan.name is Name.COLLECTED)
