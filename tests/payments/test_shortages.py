"""Pieces that cannot be found: refunded once for each key, only what is not packed, only by the point's own packers."""

from datetime import timedelta

import builders
import pytest
from flask import Flask
from races.together import copies, together

from shop.base.errors import ShopError
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number
from shop.orders.states import NoSuchMove, OrderState
from shop.payments import shortages
from shop.payments.refund_asking import KeyReused
from shop.payments.refund_queries import refunds_of
from shop.payments.states import Cause
from shop.pickup import packing
from shop.pickup.packing import Packer
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import ShortageTooLarge, TooMany, WrongArticle

LATER = builders.NOW + timedelta(minutes=5)


@pytest.fixture
def packer(app: Flask) -> Packer:
    return Packer.with_device(builders.a_device()[0])


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Three pieces at 10 euros and one at 20."""
    return builders.a_paid_order({builders.a_product(price=10_00): 3, builders.a_product(price=20_00): 1})


def missing(order: OrderView, packer: Packer, quantity: int = 1, key: str = "key-0001", position: int = 1) -> int:
    return shortages.refund_missing(order.number, position, quantity, key, None, packer, LATER)


def test_what_is_missing_is_refunded_and_no_longer_wanted(order: OrderView, packer: Packer) -> None:
    missing(order, packer, 2)

    (refund,) = refunds_of(order.id)
    assert (refund.amount_minor, refund.cause, refund.asked_by) == (20_00, Cause.SHORTAGE, packer.who)
    assert [line.wanted for line in parcel_of(order.number, None).lines] == [1, 1]


def test_the_same_key_is_answered_again_even_when_nothing_is_left_to_miss(order: OrderView, packer: Packer) -> None:
    first = missing(order, packer, 3)

    assert missing(order, packer, 3) == first
    assert len(refunds_of(order.id)) == 1


def test_the_key_of_another_shortage_refunds_nothing(order: OrderView, packer: Packer) -> None:
    missing(order, packer, 1)

    with pytest.raises(KeyReused):
        missing(order, packer, 2)
    assert len(refunds_of(order.id)) == 1


def test_what_lies_in_the_parcel_and_what_was_never_ordered_is_not_missing(order: OrderView, packer: Packer) -> None:
    packing.count_by_hand(order.number, 1, 2, packer, builders.NOW)

    for error, position, quantity in ((ShortageTooLarge, 1, 2), (WrongArticle, 9, 1)):
        with pytest.raises(error):
            missing(order, packer, quantity, position=position)
    assert refunds_of(order.id) == []


def test_a_packer_of_another_point_refunds_nothing(order: OrderView) -> None:
    stranger = Packer.with_device(builders.a_device(point=builders.OTHER_POINT)[0])

    with pytest.raises(NoSuchOrder):
        missing(order, stranger)
    assert refunds_of(order.id) == []


def test_when_everything_is_missing_the_order_ends(app: Flask, packer: Packer) -> None:
    order = builders.a_paid_order({builders.a_product(): 1})

    missing(order, packer)

    assert order_by_number(order.number).state is OrderState.CANCELLED
    with pytest.raises(NoSuchMove):
        missing(order, packer, key="key-0002")


@pytest.mark.postgresql
def test_one_page_sent_8_times_at_once_refunds_once(app: Flask, order: OrderView, packer: Packer) -> None:
    answers = copies(app, 8, lambda _: missing(order, packer, 3))

    assert len(set(answers)) == 1
    assert len(refunds_of(order.id)) == 1


@pytest.mark.postgresql
def test_8_packers_who_miss_the_same_piece_refund_no_more_than_there_was(app: Flask, order: OrderView, packer: Packer) -> None:
    answers = copies(app, 8, lambda n: missing(order, packer, 1, f"key-000{n}"))

    assert sum(isinstance(answer, int) for answer in answers) == 3
    assert all(isinstance(answer, int | ShopError) for answer in answers)
    assert sum(refund.amount_minor for refund in refunds_of(order.id)) == 30_00


@pytest.mark.postgresql
def test_a_piece_that_is_packed_while_it_is_missed_is_counted_out_before_the_parcel_is_ready(
    app: Flask, order: OrderView, packer: Packer
) -> None:
    packing.count_by_hand(order.number, 1, 2, packer, builders.NOW)
    packing.count_by_hand(order.number, 2, 1, packer, builders.NOW)

    packed, refunded = together(
        app,
        [lambda: packing.count_by_hand(order.number, 1, 3, packer, LATER), lambda: missing(order, packer)],
    )

    if isinstance(refunded, int) and not isinstance(packed, TooMany):
        with pytest.raises(ShopError, match="parcel_not_complete"):
            packing.finish(order.number, packer, LATER)
    else:
        packing.finish(order.number, packer, LATER)
        assert order_by_number(order.number).state is OrderState.READY
    assert len(refunds_of(order.id)) == int(isinstance(refunded, int))
