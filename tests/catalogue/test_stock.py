"""Four numbers of stock: claims move between them, whole orders at a time, and nothing is sold twice."""
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, a_product, an_order, stock_of
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from shop.base.db import reading, transaction
from shop.catalogue import stock
from shop.catalogue.models import Product, Stock, StockHold
from shop.catalogue.states import HoldState
from shop.catalogue.stock import OutOfStock

H = HoldState
LATER = NOW + timedelta(minutes=1)


def _move(reference: int, start: HoldState, end: HoldState) -> int:
    with transaction() as session:
        return stock.move(session, reference, start, end, LATER)


def _holds(reference: int) -> dict[str, int]:
    with reading() as session:
        rows = session.execute(select(StockHold.state, StockHold.quantity).where(StockHold.reference == reference)).all()
    return {row.state: row.quantity for row in rows}


@pytest.mark.parametrize(
    ("moves", "numbers"),
    [
        #                                                            on hand, held, allocated, handed over
        ([],                                                         (10, 3, 0, 0)),
        ([(H.HELD, H.RELEASED)],                                     (10, 0, 0, 0)),
        ([(H.HELD, H.ALLOCATED)],                                    (10, 0, 3, 0)),
        ([(H.HELD, H.ALLOCATED), (H.ALLOCATED, H.RELEASED)],         (10, 0, 0, 0)),
        ([(H.HELD, H.ALLOCATED), (H.ALLOCATED, H.HANDED_OVER)],      (7, 0, 0, 3)),
    ],
)  # fmt: skip
def test_each_move_of_a_claim_moves_the_numbers(
    app: Flask, moves: list[tuple[HoldState, HoldState]], numbers: tuple[int, int, int, int]
) -> None:
    sku = a_product(on_hand=10)
    order = an_order({sku: 3})

    counts = [_move(order.id, start, end) for start, end in moves]

    assert counts == [1] * len(moves)
    assert stock_of(sku) == numbers
    assert _holds(order.id) == {(moves[-1][1] if moves else H.HELD).value: 3}


@pytest.mark.parametrize(("start", "end"), [(H.HELD, H.RELEASED), (H.HELD, H.ALLOCATED)])
def test_a_move_made_twice_is_made_once(app: Flask, start: HoldState, end: HoldState) -> None:
    order = an_order({a_product(): 2})
    first = _move(order.id, start, end)
    before = builders.everything()

    assert (first, _move(order.id, start, end)) == (1, 0)
    assert builders.everything() == before


def test_a_move_touches_no_other_order(app: Flask) -> None:
    sku = a_product(on_hand=10)
    one, two = an_order({sku: 3}), an_order({sku: 4})

    _move(one.id, H.HELD, H.RELEASED)

    assert (stock_of(sku), _holds(two.id)) == ((10, 4, 0, 0), {"held": 4})


def test_what_was_released_can_be_claimed_again_while_it_is_there(app: Flask) -> None:
    one, two = a_product(on_hand=3), a_product(on_hand=3)
    order = an_order({one: 3, two: 1})
    _move(order.id, H.HELD, H.RELEASED)

    with transaction() as session:
        stock.hold_again(session, order.id, LATER)

    assert (stock_of(one), stock_of(two)) == ((3, 3, 0, 0), (3, 1, 0, 0))


def test_what_somebody_else_has_by_now_cannot_be_claimed_again_not_even_in_part(app: Flask) -> None:
    one, two = a_product(on_hand=3), a_product(on_hand=3)
    order = an_order({one: 3, two: 1})
    _move(order.id, H.HELD, H.RELEASED)
    an_order({one: 1})
    before = builders.everything()

    def claim_again() -> None:
        with transaction() as session:
            stock.hold_again(session, order.id, LATER)

    with pytest.raises(OutOfStock):
        claim_again()

    assert builders.everything() == before


@pytest.mark.parametrize(
    "numbers",
    [{"held": -1}, {"allocated": -1}, {"on_hand": -1}, {"handed_over": -1}, {"held": 11}, {"held": 6, "allocated": 5}],
    ids=str,
)
def test_the_database_itself_refuses_numbers_that_cannot_be(app: Flask, numbers: dict[str, Any]) -> None:
    sku = a_product(on_hand=10)

    def write() -> None:
        with transaction() as session:
            key = session.scalars(select(Product.id).where(Product.sku == sku)).one()
            session.execute(update(Stock).where(Stock.product_id == key).values(**numbers))

    with pytest.raises(IntegrityError):
        write()

    assert stock_of(sku) == (10, 0, 0, 0)
