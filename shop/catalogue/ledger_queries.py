"""Questions about the ledger of stock: a product's rows, and whether the books add up."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select

from shop.base.db import reading
from shop.catalogue.ledger_models import StockMovement
from shop.catalogue.models import Product, Stock
from shop.catalogue.states import MovementReason

PAGE = 30


class Entry(Struct, frozen=True):
    """One row of the ledger. `taken_since` is what travellers took between it and the next younger row (or now)."""

    id: int
    at: datetime
    reason: MovementReason
    quantity: int
    before: int
    after: int
    who: str
    note: str
    reference: int | None
    taken_since: int


class Entries(Struct, frozen=True):
    """Youngest first; `next` continues (`before=`)."""

    items: tuple[Entry, ...]
    next: int | None


class OutOfStep(Struct, frozen=True):
    """A product whose pieces on hand are not what its books say."""

    sku: str
    on_hand: int
    expected: int


def entries(product_id: int, before: int | None = None, limit: int = PAGE) -> Entries:
    """The ledger of a product, in one statement."""
    later = func.lag(StockMovement.handed_over).over(order_by=StockMovement.id.desc())
    present = select(Stock.handed_over).where(Stock.product_id == product_id).scalar_subquery()
    columns = StockMovement.__table__.c
    ledger = (
        select(*columns, (func.coalesce(later, present) - StockMovement.handed_over).label("taken_since"))
        .where(StockMovement.product_id == product_id)
        .subquery()
    )
    wanted: Any = select(ledger).order_by(ledger.c.id.desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(ledger.c.id < before)
    with reading() as session:
        rows = session.execute(wanted).all()
    items = tuple(
        Entry(
            row.id, row.at, MovementReason(row.reason), row.quantity, row.before, row.after, row.who, row.note, row.reference,
            row.taken_since,
        )
        for row in rows[:limit]
    )  # fmt: skip
    return Entries(items, items[-1].id if len(rows) > limit else None)


def out_of_step() -> list[OutOfStep]:
    """Products whose stock was changed past the ledger: on hand is not all movements minus what was handed over."""
    booked = select(func.sum(StockMovement.quantity)).where(StockMovement.product_id == Stock.product_id).scalar_subquery()
    expected = func.coalesce(booked, 0) - Stock.handed_over
    with reading() as session:
        rows = session.execute(
            select(Product.sku, Stock.on_hand, expected.label("expected"))
            .join(Product, Product.id == Stock.product_id)
            .where(Stock.on_hand != expected)
            .order_by(Product.sku)
        ).all()
    return [OutOfStep(row.sku, row.on_hand, int(row.expected)) for row in rows]
