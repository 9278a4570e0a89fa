"""The ledger of stock: what people and the shop itself change of the pieces on hand, one row for each change.

Hand-overs are not rows: `stock.handed_over` counts them in the very update that takes the pieces (decision 15).
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.catalogue import rules
from shop.catalogue.ledger_models import StockMovement
from shop.catalogue.models import Product, Stock
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.states import MovementReason
from shop.catalogue.unique import looks_again


class Booking(Struct, frozen=True, kw_only=True):
    """What somebody wants to book. `number` as `rules.moved_by` reads it; `request_key` makes a form count once."""

    reason: MovementReason
    number: int
    note: str = ""
    request_key: str | None = None


class Booked(Struct, frozen=True):
    """Pieces on hand before and after; `new` is False when this very request was booked before."""

    before: int
    after: int
    new: bool = True


class BookedOtherwise(ShopError):
    """The same form has booked another movement before. Nothing was booked now."""

    kind, code = Kind.CONFLICT, "booked_otherwise"


@looks_again
def book(sku: str, wanted: Booking, actor: str, now: datetime) -> Booked:
    """Change what is on hand, with a reason.

    Raises NoSuchProduct, WrongCount, BookedOtherwise, and NotEnoughToTake when pieces that are promised to orders would be gone.
    """
    with transaction() as session:
        row = session.execute(select(Stock, Product.sku).join(Product).where(Product.sku == sku).with_for_update(of=Stock)).first()
        if row is None:
            raise NoSuchProduct(sku=sku)
        stock: Stock = row.Stock
        if (earlier := _booked_before(session, stock.product_id, wanted)) is not None:
            return earlier
        quantity = rules.moved_by(wanted.reason, wanted.number, stock.on_hand)
        before, free = stock.on_hand, stock.on_hand - stock.held - stock.allocated
        if quantity < -free:
            raise rules.NotEnoughToTake(fields={"number": ["not_enough_to_take"]}, free=free, promised=before - free)
        write(session, stock, wanted.reason, quantity, actor, now, note=wanted.note, request_key=wanted.request_key)
        stock.on_hand = before + quantity
        session.flush()
        said = {"reason": wanted.reason.value, "quantity": quantity, "on_hand": before + quantity, "note": wanted.note}
        audit.record(session, actor, "stock.moved", f"product:{sku}", now, {"on_hand": before}, said)
        return Booked(before, before + quantity)


def _booked_before(session: Session, product_id: int, wanted: Booking) -> Booked | None:
    """What this very form has booked already. Raises BookedOtherwise."""
    if wanted.request_key is None:
        return None
    row = session.scalar(select(StockMovement).where(StockMovement.request_key == wanted.request_key))
    if row is None:
        return None
    said = (product_id, wanted.reason.value, wanted.note, rules.moved_by(wanted.reason, wanted.number, row.before))
    if said != (row.product_id, row.reason, row.note, row.quantity):
        raise BookedOtherwise
    return Booked(row.before, row.after, new=False)


def write(
    session: Session, stock: Stock | Row[Any], reason: MovementReason, quantity: int, actor: str, now: datetime, *,
    note: str = "", reference: int | None = None, request_key: str | None = None,
) -> None:
    """One row of the ledger, in the caller's transaction, for a locked `stock` that still has its old number on hand."""
    told = row(stock, reason, quantity, actor, now, note=note, reference=reference, request_key=request_key)
    session.add(StockMovement(**told))


def row(
    stock: Stock | Row[Any], reason: MovementReason, quantity: int, actor: str, now: datetime, *,
    note: str = "", reference: int | None = None, request_key: str | None = None,
) -> dict[str, Any]:
    """The same as values, for whoever writes many at once."""
    return {
        "product_id": stock.product_id, "reason": reason.value, "quantity": quantity, "before": stock.on_hand,
        "after": stock.on_hand + quantity, "handed_over": stock.handed_over, "note": note, "who": actor, "at": now,
        "reference": reference, "request_key": request_key,
    }  # fmt: skip
