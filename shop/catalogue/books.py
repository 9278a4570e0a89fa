"""The books of new products: their stock, the first row of the ledger, and the first prices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shop.base import bulk
from shop.catalogue import ledger, pricing
from shop.catalogue.ledger_models import StockMovement
from shop.catalogue.models import Product, Stock
from shop.catalogue.price_models import Price
from shop.catalogue.states import MovementReason, PriceKind

STOCK: Any = Stock.__table__
MOVEMENTS: Any = StockMovement.__table__
PRICES: Any = Price.__table__


def begin(session: Session, product: Product, on_hand: int, actor: str, now: datetime) -> None:
    """Open them for a product that has its key and its prices, in the caller's transaction."""
    stock = Stock(product_id=product.id, on_hand=0, held=0, allocated=0, handed_over=0)
    session.add(stock)
    ledger.write(session, stock, MovementReason.OPENING, on_hand, actor, now)
    stock.on_hand = on_hand
    session.add_all(Price(**row) for row in first_prices(product, actor, now))


def begin_many(session: Session, opened: Sequence[tuple[Product, int]], actor: str, now: datetime) -> None:
    """The stock and the ledger of many new products, with what stands here of each; their rows are in the database already."""
    bulk.put(session, STOCK, [
        {"product_id": product.id, "on_hand": on_hand, "held": 0, "allocated": 0, "handed_over": 0} for product, on_hand in opened
    ])  # fmt: skip
    stocks = ((Stock(product_id=product.id, on_hand=0, handed_over=0), on_hand) for product, on_hand in opened)
    bulk.put(session, MOVEMENTS, [ledger.row(stock, MovementReason.OPENING, on_hand, actor, now) for stock, on_hand in stocks])


def first_prices(product: Product, actor: str, now: datetime) -> list[dict[str, Any]]:
    """The rows with which the price history of a new product begins."""
    first = [pricing.row(product, PriceKind.DUTY_FREE, product.price_minor, actor, now)]
    if product.duty_paid_minor is not None:
        first.append(pricing.row(product, PriceKind.DUTY_PAID, product.duty_paid_minor, actor, now))
    return first
