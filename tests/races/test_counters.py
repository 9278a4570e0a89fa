"""Counters against each other, against a refund and against an undo: whatever comes first, goods and money agree."""
from collections import Counter
from collections.abc import Callable
from typing import Any

import builders
import pytest
from builders import NOW, SECRET
from flask import Flask
from races.together import Unguarded, copies, in_turn, together
from sqlalchemy import select, text

from shop.base.db import db, reading
from shop.base.errors import ShopError
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState, RefundState
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Lines, Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup import conflicts, undoing
from shop.pickup.checks import Asks
from shop.pickup.commands import Asked
from shop.pickup.models import Scan
from shop.pickup.outcomes import Name, Outcome

pytestmark = pytest.mark.postgresql
ROUNDS = 15
WHY = Why(Cause.GOODWILL, "staff:1")


@pytest.fixture
def devices(app: Flask) -> list[KnownDevice]:
    return [builders.a_device()[0] for _ in range(2)]


def scan(order: OrderView, scan_id: str, device: KnownDevice, **more: Any) -> Outcome:
    return pickup.hand_over(Asked(builders.code_of(order), scan_id, NOW, **more), device, SECRET, NOW)


def sound(sku: str, order: OrderView, on_hand: int = 10) -> tuple[int, int, int, int]:
    """The numbers of stock; every piece is somewhere, and only once."""
    numbers = builders.stock_of(sku)
    assert numbers[0] + numbers[3] == on_hand, numbers
    assert numbers[1] == 0
    states = [change.new_state for change in order_by_number(order.number).history]
    assert states.count(OrderState.COLLECTED) <= states.count(OrderState.PAID) + 1
    return numbers


def agrees(given: bool, cancelled: bool) -> bool:
    """The goods went, or the order ended with its money: never both, never neither."""
    return given is not cancelled


@pytest.mark.parametrize("first", ["hand-over", "refund"])
def test_a_refund_of_everything_and_a_hand_over_take_turns_whoever_comes_first(
    app: Flask, devices: list[KnownDevice], first: str
) -> None:
    sku = builders.a_product(on_hand=10)
    order = builders.a_paid_order({sku: 2})
    acts: dict[str, Callable[[], Any]] = {
        "hand-over": lambda: scan(order, "scan-race-0001", devices[0]),
        "refund": lambda: refunding.ask_refund(order.number, Whole(), WHY, NOW),
    }
    names = sorted(acts, key=lambda name: name != first)

    answers = in_turn(app, f"SELECT id FROM orders WHERE id = {order.id} FOR UPDATE", [acts[name] for name in names])  # noqa: S608

    scanned = dict(zip(names, answers, strict=True))["hand-over"]
    after, given = order_by_number(order.number), scanned.name is Name.COLLECTED
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert agrees(given, after.state is OrderState.CANCELLED)
    assert (scanned.name, after.state) == (
        (Name.COLLECTED, OrderState.COLLECTED) if first == "hand-over" else (Name.REFUNDED, OrderState.CANCELLED)
    )
    assert sound(sku, order) == ((8, 0, 0, 2) if given else (10, 0, 0, 0))
    assert [refund.amount_minor for refund in refunds_of(order.id)] == [order.total.minor]


def test_a_refund_of_everything_against_a_hand_over_at_one_moment_leaves_one_of_them(app: Flask, devices: list[KnownDevice]) -> None:
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=10)
        order = builders.a_paid_order({sku: 2})

        answers = together(
            app,
            [
                lambda o=order, n=n: scan(o, f"scan-race-{n:04}", devices[0]),
                lambda o=order: refunding.ask_refund(o.number, Whole(), WHY, NOW),
            ],
        )

        assert not [a for a in answers if isinstance(a, Exception) and not isinstance(a, ShopError)], answers
        after, numbers = order_by_number(order.number), sound(sku, order)
        given = answers[0].name is Name.COLLECTED
        assert agrees(given, after.state is OrderState.CANCELLED)
        assert numbers == ((8, 0, 0, 2) if given else (10, 0, 0, 0))
        assert after.refund_state is RefundState.REQUESTED


def test_control_without_taking_turns_goods_go_and_their_order_ends(app: Flask, scratch: Callable[[str], None]) -> None:
    """The same two acts on a copy of the table, each looking before it writes and locking nothing."""
    builders.a_paid_order()
    scratch("orders")
    pause = Unguarded(2)

    def act(state: str) -> bool:
        with db.engine.connect() as connection:
            before = connection.scalar(text("SELECT state FROM scratch_orders"))
            pause.wait()
            if before != "paid":
                return False
            connection.execute(text("UPDATE scratch_orders SET state = :state"), {"state": state})
            connection.commit()
            return True

    given, cancelled = together(app, [lambda: act("collected"), lambda: act("cancelled")])

    assert not agrees(given, cancelled)


def test_a_refund_of_a_piece_against_a_hand_over_counts_every_piece_once(app: Flask, devices: list[KnownDevice]) -> None:
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=10)
        order = builders.a_paid_order({sku: 2})

        answers = together(
            app,
            [
                lambda o=order, n=n: scan(o, f"scan-race-{n:04}", devices[0]),
                lambda o=order: refunding.ask_refund(o.number, Lines({o.lines[0].position: 1}), WHY, NOW),
            ],
        )

        assert answers[0].name is Name.COLLECTED, answers
        assert sound(sku, order) in ((8, 0, 0, 2), (9, 0, 0, 1))
        assert [refund.amount_minor for refund in refunds_of(order.id)] == [50_00]


def test_an_undo_against_a_new_hand_over_leaves_the_parcel_in_one_place(app: Flask, devices: list[KnownDevice]) -> None:
    seen = Counter[Name]()
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=10)
        order = builders.a_paid_order({sku: 2})
        scan(order, f"scan-first-{n:04}", devices[0])

        answers = together(
            app,
            [
                lambda n=n: undoing.undo(f"scan-first-{n:04}", devices[0], NOW),
                lambda o=order, n=n: scan(o, f"scan-again-{n:04}", devices[1]),
            ],
        )

        assert not isinstance(answers[0], Exception), answers
        after, numbers = order_by_number(order.number), sound(sku, order)
        seen[answers[1].name] += 1
        given = answers[1].name is Name.COLLECTED
        assert after.state is (OrderState.COLLECTED if given else OrderState.PAID)
        assert numbers == ((8, 0, 0, 2) if given else (10, 0, 2, 0))
    assert set(seen) <= {Name.COLLECTED, Name.ALREADY_COLLECTED}


def test_an_undo_against_a_refund_never_leaves_goods_that_wait_without_their_money(app: Flask, devices: list[KnownDevice]) -> None:
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=10)
        order = builders.a_paid_order({sku: 2})
        scan(order, f"scan-first-{n:04}", devices[0])

        answers = together(
            app,
            [
                lambda n=n: undoing.undo(f"scan-first-{n:04}", devices[0], NOW),
                lambda o=order: refunding.ask_refund(o.number, Whole(), WHY, NOW),
            ],
        )

        assert isinstance(answers[1], int), answers
        after, numbers = order_by_number(order.number), sound(sku, order)
        if isinstance(answers[0], undoing.NothingToUndo):
            assert (after.state, numbers) == (OrderState.COLLECTED, (8, 0, 0, 2))
        else:
            assert (after.state, numbers) == (OrderState.CANCELLED, (10, 0, 0, 0))


def test_ten_undos_of_one_hand_over_take_it_back_once(app: Flask, devices: list[KnownDevice]) -> None:
    sku = builders.a_product(on_hand=10)
    order = builders.a_paid_order({sku: 2})
    scan(order, "scan-first", devices[0])

    answers = copies(app, 8, lambda _: undoing.undo("scan-first", devices[0], NOW))

    assert len(set(answers)) == 1
    assert sound(sku, order) == (10, 0, 2, 0)


def test_a_part_against_the_whole_gives_one_of_them(app: Flask, devices: list[KnownDevice]) -> None:
    for n in range(ROUNDS):
        sku = builders.a_product(on_hand=10)
        order = builders.a_paid_order({sku: 3})

        answers = together(
            app,
            [
                lambda o=order, n=n, s=sku: scan(o, f"scan-part-{n:04}", devices[0], lines=((s, 1),)),
                lambda o=order, n=n: scan(o, f"scan-whole-{n:04}", devices[1]),
            ],
        )

        assert Counter(answer.name for answer in answers) == {Name.COLLECTED: 1, Name.ALREADY_COLLECTED: 1}, answers
        part = answers[0].name is Name.COLLECTED
        assert order_by_number(order.number).state is (OrderState.PARTLY_COLLECTED if part else OrderState.COLLECTED)
        assert sound(sku, order) == ((9, 0, 0, 1) if part else (7, 0, 0, 3))


def test_of_8_offline_reports_of_one_parcel_one_is_collected_and_each_other_device_is_a_conflict(app: Flask) -> None:
    order = builders.a_paid_order()
    tablets = [builders.a_device()[0] for _ in range(8)]

    answers = copies(app, 8, lambda n: scan(order, f"scan-off-{n:04}", tablets[n], offline=True))

    assert Counter(answer.name for answer in answers) == {Name.COLLECTED: 1, Name.ALREADY_COLLECTED: 7}
    assert len(conflicts.conflicts()) == 7


def test_a_second_scan_sent_ten_times_at_once_is_in_the_audit_once(app: Flask, devices: list[KnownDevice]) -> None:
    order = builders.a_paid_order()
    scan(order, "scan-first", devices[0])

    answers = copies(app, 8, lambda _: scan(order, "scan-second", devices[1]))

    assert {answer.name for answer in answers} == {Name.ALREADY_COLLECTED}
    with reading() as session:
        assert session.scalars(select(Scan.scan_id).order_by(Scan.id)).all() == ["scan-first", "scan-second"]


def test_checks_and_the_hand_over_are_one_step_for_two_counters(app: Flask, devices: list[KnownDevice]) -> None:
    builders_point = builders.POINT
    pickup.put_rules(builders_point, Asks(identity=True))
    order = builders.a_paid_order()

    answers = copies(app, 8, lambda n: scan(order, f"scan-{n:04}", devices[n % 2], checks={"identity": "seen"} if n != 3 else {}))

    names = Counter(answer.name for answer in answers)
    assert names[Name.COLLECTED] == 1
    assert names[Name.ALREADY_COLLECTED] >= 6


def test_control_an_undo_that_looks_and_then_writes_takes_one_hand_over_back_several_times(
    app: Flask, scratch: Callable[[str], None], devices: list[KnownDevice]
) -> None:
    sku = builders.a_product(on_hand=10)
    order = builders.a_paid_order({sku: 2})
    scan(order, "scan-first", devices[0])
    scratch("pickups")
    scratch("stock")
    pause = Unguarded()

    def take_back(_: int) -> bool:
        with db.engine.connect() as connection:
            given = connection.scalar(text("SELECT collected_at FROM scratch_pickups"))
            pause.wait()
            if given is None:
                return False
            connection.execute(text("UPDATE scratch_pickups SET collected_at = NULL"))
            connection.execute(text("UPDATE scratch_stock SET on_hand = on_hand + 2, handed_over = handed_over - 2"))
            return True

    assert sum(copies(app, pause.threads, take_back)) > 1
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT max(on_hand) FROM scratch_stock")) > 10
