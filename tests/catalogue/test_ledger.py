"""Whatever changes the pieces on hand has a reason, and the books add up."""

from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, a_paid_order, a_product, an_order, stock_of
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from shop.base.db import reading, transaction
from shop.catalogue import ledger, ledger_queries
from shop.catalogue.ledger import Booked, BookedOtherwise, Booking
from shop.catalogue.ledger_models import StockMovement
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.rules import NotEnoughToTake, WrongCount
from shop.catalogue.states import BY_PEOPLE, MovementReason

R = MovementReason
LATER = NOW + timedelta(hours=1)


def _book(sku: str, reason: MovementReason, number: int, **more: Any) -> Booked:
    return ledger.book(sku, Booking(reason=reason, number=number, **more), "staff:3", LATER)


def _rows() -> list[tuple[Any, ...]]:
    with reading() as session:
        rows = session.execute(
            select(StockMovement.reason, StockMovement.quantity, StockMovement.before, StockMovement.after, StockMovement.who).order_by(
                StockMovement.id
            )
        ).all()
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("reason", "number", "after"),
    [(R.DELIVERY, 12, 22), (R.COUNT, 7, 7), (R.COUNT, 10, 10), (R.COUNT, 0, 0), (R.DAMAGE, 2, 8), (R.THEFT, 1, 9), (R.SAMPLE, 1, 9),
     (R.CUSTOMER_RETURN, 1, 11), (R.SUPPLIER_RETURN, 10, 0), (R.CORRECTION, 3, 13), (R.CORRECTION, -3, 7)],
)  # fmt: skip
def test_each_reason_changes_what_is_on_hand_and_is_written_down(app: Flask, reason: MovementReason, number: int, after: int) -> None:
    sku = a_product(on_hand=10)

    assert _book(sku, reason, number) == Booked(10, after)

    assert stock_of(sku) == (after, 0, 0, 0)
    assert _rows() == [("opening", 10, 0, 10, "system"), (reason.value, after - 10, 10, after, "staff:3")]
    assert ledger_queries.out_of_step() == []


@pytest.mark.parametrize("reason", BY_PEOPLE)
@pytest.mark.parametrize("number", [-1, 0, 1_000_001, -1_000_001])
def test_a_number_that_cannot_be_meant_books_nothing(app: Flask, reason: MovementReason, number: int) -> None:
    if (reason, number) in {(R.CORRECTION, -1), (R.COUNT, 0)}:
        return
    sku = a_product(on_hand=10)
    before = builders.everything()

    with pytest.raises(WrongCount):
        _book(sku, reason, number)

    assert builders.everything() == before


@pytest.mark.parametrize(
    ("reason", "most"), [(R.DAMAGE, 5), (R.CORRECTION, -5), (R.SUPPLIER_RETURN, 5), (R.COUNT, 5)]
)
def test_pieces_promised_to_orders_cannot_be_booked_away(app: Flask, reason: MovementReason, most: int) -> None:
    sku = a_product(on_hand=10)
    an_order({sku: 2})
    a_paid_order({sku: 3})
    one_more = {R.COUNT: 4, R.CORRECTION: -6}.get(reason, 6)

    with pytest.raises(NotEnoughToTake) as refused:
        _book(sku, reason, one_more)

    assert refused.value.facts == {"free": 5, "promised": 5}
    assert _book(sku, reason, most).after == 5


@pytest.mark.parametrize("change", [{"reason": R.DAMAGE}, {"number": 6}, {"note": "Pallet 8"}, {"sku": "OTHER"}], ids=str)
def test_another_movement_from_a_page_that_has_booked_before_is_refused_and_not_swallowed(app: Flask, change: dict[str, Any]) -> None:
    """The browser's back button shows the old form with its old key."""
    a_product("ONE"), a_product("OTHER")
    first: dict[str, Any] = {"sku": "ONE", "reason": R.DELIVERY, "number": 5, "note": "Pallet 7", "request_key": "k1"}
    _book(**first)
    before = builders.everything()

    with pytest.raises(BookedOtherwise):
        _book(**{**first, **change})

    assert builders.everything() == before


@pytest.mark.parametrize("reason", BY_PEOPLE)
def test_the_same_movement_again_is_known_though_stock_has_moved_since(app: Flask, reason: MovementReason) -> None:
    sku = a_product(on_hand=10)
    first = _book(sku, reason, 5, request_key="k1")
    _book(sku, R.DELIVERY, 7)

    again = _book(sku, reason, 5, request_key="k1")

    assert again == builders.replace(first, new=False)


def test_the_shop_itself_opens_no_book_for_what_is_not_there(app: Flask) -> None:
    with pytest.raises(NoSuchProduct):
        _book("NO-SUCH", R.DELIVERY, 1)
    with pytest.raises(WrongCount):
        _book(a_product(), R.OPENING, 1)


def test_a_form_that_comes_twice_is_booked_once(app: Flask) -> None:
    sku = a_product(on_hand=10)

    first = _book(sku, R.DELIVERY, 5, request_key="k1")
    second = _book(sku, R.DELIVERY, 5, request_key="k1")

    assert (first, second) == (Booked(10, 15), Booked(10, 15, new=False))
    assert stock_of(sku)[0] == 15


def test_the_database_itself_keeps_the_ledger_as_it_was_written(app: Flask) -> None:
    a_product()

    def run(change: Any) -> None:
        with transaction() as session:
            session.execute(change)

    for change in (update(StockMovement).values(note="x"), delete(StockMovement)):
        with pytest.raises(IntegrityError):
            run(change)


def test_stock_that_was_changed_past_the_ledger_is_found(app: Flask) -> None:
    from shop.catalogue.models import Stock

    sku, other = a_product(on_hand=10), a_product(on_hand=10)
    with transaction() as session:
        session.execute(update(Stock).where(Stock.product_id == 1).values(on_hand=9))

    found = ledger_queries.out_of_step()

    assert [(one.sku, one.on_hand, one.expected) for one in found] == [(sku, 9, 10)]
    assert other not in [one.sku for one in found]
