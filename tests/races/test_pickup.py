"""Ten counters, one bag: it is handed over once, and a scan whose answer got lost is told the same again."""
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies, together
from sqlalchemy import func, select, text

from shop.base.db import db, reading
from shop.orders import queries as orders
from shop.orders.states import MOVES, OrderState
from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup import packing
from shop.pickup.commands import Asked
from shop.pickup.models import Scan
from shop.pickup.outcomes import Name, Outcome

pytestmark = pytest.mark.postgresql


def scan(code: str, scan_id: str, device: KnownDevice) -> Outcome:
    return pickup.hand_over(Asked(code, scan_id, builders.NOW), device, builders.SECRET, builders.NOW)


def names(answers: list[Outcome]) -> Counter[Name]:
    return Counter(answer.name for answer in answers)


def scans_written() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Scan)) or 0


def test_of_10_counters_that_scan_together_one_hands_over(app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    order = builders.a_paid_order({sku: 2})
    code = builders.code_of(order)
    devices = [builders.a_device()[0] for _ in range(10)]

    answers = copies(app, 10, lambda n: scan(code, f"scan-of-{n:04}", devices[n]))

    assert names(answers) == {Name.COLLECTED: 1, Name.ALREADY_COLLECTED: 9}
    assert builders.stock_of(sku) == (1, 0, 0, 2)
    after = orders.order_by_number(order.number)
    assert after.state is OrderState.COLLECTED
    assert [change.new_state for change in after.history].count(OrderState.COLLECTED) == 1


def test_one_scan_that_is_sent_10_times_at_once_is_told_collected_10_times(app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    code = builders.code_of(builders.a_paid_order({sku: 1}))
    device, _ = builders.a_device()

    answers = copies(app, 10, lambda _: scan(code, "one-scan-sent-often", device))

    assert names(answers) == {Name.COLLECTED: 10}
    assert len({answer.at for answer in answers}) == 1
    assert builders.stock_of(sku) == (2, 0, 0, 1)
    assert scans_written() == 1


def test_a_refused_scan_that_is_sent_10_times_at_once_is_told_the_same_10_times(app: Flask) -> None:
    code = builders.code_of(builders.a_paid_order())
    device, _ = builders.a_device(point=builders.OTHER_POINT)

    answers = copies(app, 10, lambda _: scan(code, "scan-at-wrong-point", device))

    assert names(answers) == {Name.OTHER_POINT: 10}
    assert scans_written() == 1


def test_20_parcels_with_common_products_are_handed_over_together(app: Flask) -> None:
    skus = [builders.a_product(on_hand=50) for _ in range(3)]
    codes = [
        builders.code_of(builders.a_paid_order(dict.fromkeys(skus if n % 2 else reversed(skus), 1))) for n in range(20)
    ]
    device, _ = builders.a_device()

    answers = copies(app, 20, lambda n: scan(codes[n], f"scan-of-{n:04}", device))

    assert names(answers) == {Name.COLLECTED: 20}
    assert [builders.stock_of(sku) for sku in skus] == [(30, 0, 0, 20)] * 3


def test_packing_against_a_hand_over_leaves_a_parcel_collected_or_ready_never_both(app: Flask) -> None:
    device, _ = builders.a_device()

    for n in range(20):
        order = builders.a_paid_order()
        code = builders.code_of(order)
        answers = together(
            app,
            [
                lambda c=code, n=n: scan(c, f"scan-while-packing-{n}", device),
                lambda o=order: packing.finish(o.number, packing.Packer.with_device(device), builders.NOW, by_hand=True),
            ],
        )
        after = orders.order_by_number(order.number)
        assert answers[0].name is Name.COLLECTED
        assert after.state is OrderState.COLLECTED
        for earlier, later in pairwise(after.history):
            assert (later.old_state, later.new_state in MOVES[earlier.new_state]) == (earlier.new_state, True)


def test_control_a_parcel_that_is_looked_at_and_then_given_is_given_several_times(
    app: Flask, scratch: Callable[[str], None]
) -> None:
    builders.a_paid_order()
    scratch("pickups")
    pause = Unguarded()

    def give(_: int) -> bool:
        with db.engine.connect() as connection:
            given = connection.scalar(text("SELECT collected_at FROM scratch_pickups"))
            pause.wait()
            if given is not None:
                return False
            connection.execute(text("UPDATE scratch_pickups SET collected_at = now()"))
            return True

    assert sum(copies(app, pause.threads, give)) > 1
