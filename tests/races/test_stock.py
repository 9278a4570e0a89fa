"""Two buyers, one bottle: whoever comes together, what is sold is there, and what is there is sold."""
from collections import Counter
from collections.abc import Callable

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies
from sqlalchemy import text

from shop.base.db import db
from shop.base.money import Currency
from shop.catalogue.stock import OutOfStock
from shop.orders import commands as orders
from shop.orders.commands import Placed

pytestmark = pytest.mark.postgresql
HOLD_ONE = text("UPDATE scratch_stock SET held = held + 1 WHERE product_id = :key")


def buy(lines: dict[str, int], traveller: int, key: str) -> Placed:
    plan = builders.a_plan(lines)
    return orders.place(plan, traveller, key, Currency.EUR, builders.WITHIN, builders.NOW)  # type: ignore[arg-type]


def kinds(answers: list[object]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def test_of_40_buyers_of_5_bottles_exactly_5_get_one(app: Flask) -> None:
    sku = builders.a_product(on_hand=5)
    travellers = [builders.a_traveller() for _ in range(40)]

    answers = copies(app, 40, lambda n: buy({sku: 1}, travellers[n], f"buyer-{n}"))

    assert kinds(answers) == {"Placed": 5, "OutOfStock": 35}
    assert builders.stock_of(sku) == (5, 5, 0, 0)


def test_the_last_bottles_go_to_whoever_fits_and_nothing_is_left_half_held(app: Flask) -> None:
    plenty, scarce = builders.a_product(on_hand=100), builders.a_product(on_hand=5)
    travellers = [builders.a_traveller() for _ in range(20)]

    answers = copies(app, 20, lambda n: buy({plenty: 1, scarce: 1 + n % 2}, travellers[n], f"buyer-{n}"))

    won = [n for n, answer in enumerate(answers) if isinstance(answer, Placed)]
    sold = sum(1 + n % 2 for n in won)
    assert kinds(answers) == {"Placed": len(won), "OutOfStock": 20 - len(won)}
    assert sold in (4, 5)  # 4: the last one was left when only wishes for two were still asked
    assert builders.stock_of(scarce) == (5, sold, 0, 0)
    assert builders.stock_of(plenty) == (100, len(won), 0, 0)


def test_baskets_in_opposite_order_neither_wait_for_each_other_nor_miss_what_is_there(app: Flask) -> None:
    skus = [builders.a_product(on_hand=500) for _ in range(4)]
    travellers = [builders.a_traveller() for _ in range(20)]

    for turn in range(3):
        baskets = [dict.fromkeys(skus if n % 2 else reversed(skus), 1) for n in range(20)]
        answers = copies(app, 20, lambda n, t=turn, b=baskets: buy(b[n], travellers[n], f"basket-{t}-{n}"))
        assert kinds(answers) == {"Placed": 20}

    assert [builders.stock_of(sku) for sku in skus] == [(500, 60, 0, 0)] * 4


def test_baskets_that_share_only_some_products_are_all_placed(app: Flask) -> None:
    skus = [builders.a_product(on_hand=500) for _ in range(5)]
    travellers = [builders.a_traveller() for _ in range(20)]

    answers = copies(
        app, 20, lambda n: buy({skus[(n + step) % 5]: 1 for step in range(1 + n % 4)}, travellers[n], f"basket-{n}")
    )

    assert kinds(answers) == {"Placed": 20}
    assert sum(builders.stock_of(sku)[1] for sku in skus) == sum(1 + n % 4 for n in range(20))


def test_what_unpaid_orders_let_go_is_sold_again_only_once(app: Flask) -> None:
    sku = builders.a_product(on_hand=3)
    for _ in range(3):
        builders.an_order({sku: 1})
    later = builders.NOW + builders.WITHIN * 2
    travellers = [builders.a_traveller() for _ in range(12)]

    answers = copies(
        app, 12, lambda n: orders.place(builders.a_plan({sku: 1}), travellers[n], f"late-{n}", Currency.EUR, builders.WITHIN, later)
    )  # fmt: skip

    # One of them cleans up while the others look: who looks too early is refused, nobody gets what is not there.
    assert 1 <= kinds(answers)["Placed"] <= 3
    assert set(kinds(answers)) <= {"Placed", "OutOfStock"}
    assert builders.stock_of(sku) == (3, kinds(answers)["Placed"], 0, 0)
    left = 3 - kinds(answers)["Placed"]
    for n in range(left):
        orders.place(builders.a_plan({sku: 1}), travellers[0], f"rest-{n}", Currency.EUR, builders.WITHIN, later)
    with pytest.raises(OutOfStock):
        orders.place(builders.a_plan({sku: 1}), travellers[0], "one-more", Currency.EUR, builders.WITHIN, later)


def test_one_key_sent_10_times_at_once_places_one_order(app: Flask) -> None:
    sku = builders.a_product(on_hand=10)
    traveller = builders.a_traveller()

    answers = copies(app, 10, lambda _: buy({sku: 1}, traveller, "one wish"))

    assert kinds(answers) == {"Placed": 10}
    assert len({answer.number for answer in answers}) == 1
    assert sum(answer.new for answer in answers) == 1
    assert builders.stock_of(sku) == (10, 1, 0, 0)


def test_one_key_with_two_wishes_at_once_places_one_and_refuses_the_other(app: Flask) -> None:
    sku = builders.a_product(on_hand=10)
    traveller = builders.a_traveller()

    answers = copies(app, 10, lambda n: buy({sku: 1 + n % 2}, traveller, "one key"))

    assert kinds(answers) == {"Placed": 5, "KeyReused": 5}
    assert len({answer.number for answer in answers if isinstance(answer, Placed)}) == 1


def test_control_stock_that_is_read_and_then_written_is_sold_twice(app: Flask, scratch: Callable[[str], None]) -> None:
    builders.a_product(on_hand=5)
    scratch("stock")
    pause = Unguarded()

    def sell(_: int) -> bool:
        with db.engine.connect() as connection:
            free = connection.scalar(text("SELECT on_hand - held - allocated FROM scratch_stock"))
            pause.wait()
            if free < 1:
                return False
            connection.execute(text("UPDATE scratch_stock SET held = held + 1"))
            return True

    assert sum(copies(app, pause.threads, sell)) > 5


def test_control_the_same_race_with_the_guard_in_the_update_sells_5(app: Flask, scratch: Callable[[str], None]) -> None:
    builders.a_product(on_hand=5)
    scratch("stock")
    pause = Unguarded()

    def sell(_: int) -> int:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT on_hand - held - allocated FROM scratch_stock"))
            pause.wait()
            return connection.execute(text("UPDATE scratch_stock SET held = held + 1 WHERE on_hand - held - allocated >= 1")).rowcount

    assert sum(copies(app, pause.threads, sell)) == 5


def test_control_stock_that_is_locked_in_the_baskets_order_meets_a_deadlock(app: Flask, scratch: Callable[[str], None]) -> None:
    for _ in range(2):
        builders.a_product(on_hand=500)
    scratch("stock")
    pause = Unguarded(2)
    with db.engine.connect() as connection:
        keys = list(connection.scalars(text("SELECT product_id FROM scratch_stock ORDER BY product_id")))

    def hold(n: int) -> str:
        with db.engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            first, second = keys if n else reversed(keys)
            connection.execute(HOLD_ONE, {"key": first})
            pause.wait()
            connection.execute(HOLD_ONE, {"key": second})
            connection.commit()
            return "held"

    answers = copies(app, 2, hold)

    assert answers.count("held") == 1
    assert any("deadlock detected" in str(answer) for answer in answers)


def test_control_a_key_that_is_looked_up_and_then_written_places_several_orders(
    app: Flask, scratch: Callable[[str], None]
) -> None:
    builders.an_order()
    scratch("orders")
    pause = Unguarded()

    def place(n: int) -> bool:
        with db.engine.connect() as connection:
            known = connection.scalar(text("SELECT count(*) FROM scratch_orders WHERE idempotency_key = 'one wish'"))
            pause.wait()
            if known:
                return False
            connection.execute(text("INSERT INTO scratch_orders (id, idempotency_key) VALUES (:id, 'one wish')"), {"id": n + 100})
            return True

    assert sum(copies(app, pause.threads, place)) > 1
