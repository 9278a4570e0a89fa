"""Orders as doors ask for them, in few statements."""

import builders
import pytest
from builders import NOW, a_product, a_traveller, an_order
from flask import Flask

from shop.base.money import Currency
from shop.orders import commands as orders
from shop.orders.queries import NoSuchOrder, order_by_number, order_of, orders_of


@pytest.mark.parametrize("count", [1, 5, 20])
def test_placing_an_order_takes_as_many_statements_for_one_line_as_for_twenty(app: Flask, statements: list[str], count: int) -> None:
    """PostgreSQL: a round trip each is what a busy shop waits for. SQLite lives in our process."""
    plan, traveller = builders.a_plan({a_product(): 1 for _ in range(count)}), a_traveller()
    statements.clear()

    orders.place(plan, traveller, "key-1", Currency.EUR, builders.WITHIN, NOW)

    wanted = {"postgresql": 3, "sqlite": 8}[builders.engine_name()]
    assert len(statements) == wanted


@pytest.mark.parametrize("lines", [1, 6])
def test_the_order_page_asks_at_most_four_times(app: Flask, statements: list[str], lines: int) -> None:
    traveller = a_traveller()
    order = an_order({a_product(): 1 for _ in range(lines)}, traveller=traveller)
    statements.clear()

    found = order_of(order.number, traveller)

    assert len(found.lines) == lines
    assert len(statements) <= 4


def test_a_list_of_orders_asks_the_same_number_of_times_for_any_length(app: Flask, statements: list[str]) -> None:
    traveller = a_traveller()
    asked = []
    for _ in range(3):
        an_order(traveller=traveller)
        statements.clear()
        orders_of(traveller)
        asked.append(len(statements))

    assert asked == [asked[0]] * 3
    assert asked[0] <= 3


def test_a_travellers_orders_are_paged_newest_first_without_gaps(app: Flask) -> None:
    traveller, sku = a_traveller(), a_product(on_hand=50)
    numbers = [an_order({sku: 1}, traveller=traveller).number for _ in range(5)]
    an_order({sku: 1})

    seen, after = [], None
    while True:
        page = orders_of(traveller, after, limit=2)
        seen += [order.number for order in page.items]
        after = page.next
        if after is None:
            break

    assert seen == numbers[::-1]


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "'; --", "１２"])
def test_a_cursor_that_is_rubbish_is_the_beginning(app: Flask, after: str) -> None:
    traveller = a_traveller()
    order = an_order(traveller=traveller)

    assert [o.number for o in orders_of(traveller, after).items] == [order.number]


@pytest.mark.parametrize("number", ["", "D", "no such", "D' OR 1=1", "中" * 100])
def test_a_number_nobody_has_is_refused(app: Flask, number: str) -> None:
    an_order()

    with pytest.raises(NoSuchOrder):
        order_by_number(number)


def test_an_order_number_may_be_typed_in_small_letters(app: Flask) -> None:
    order = an_order()

    assert order_by_number(f" {order.number.lower()} ").id == order.id
