"""The books of a new product: its stock, the first row of its ledger, and its first prices."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.catalogue import ledger, pricing
from shop.catalogue.models import Product, Stock
from shop.catalogue.states import MovementReason, PriceKind


def begin(session: Session, product: Product, on_hand: int, actor: str, now: datetime) -> None:
    """Open them for a product that has its key and its prices, in the caller's transaction."""
    stock = Stock(product_id=product.id, on_hand=0, held=0, allocated=0, handed_over=0)
    session.add(stock)
    ledger.write(session, stock, MovementReason.OPENING, on_hand, actor, now)
    stock.on_hand = on_hand
    pricing.begin(session, product, PriceKind.DUTY_FREE, product.price_minor, actor, now)
    if product.duty_paid_minor is not None:
        pricing.begin(session, product, PriceKind.DUTY_PAID, product.duty_paid_minor, actor, now)
