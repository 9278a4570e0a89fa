"""The ledger of stock: every change of what stands here that is not a hand-over."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class StockMovement(Model):
    """`before` and `after` are the pieces on hand, `handed_over` the product's counter at that moment: what travellers took
    between two rows is the difference. Written once; a mistake is corrected by another movement.

    The sum of all quantities is always on hand + handed over (decision 15). `request_key` makes a form that comes twice
    count once.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        Index("ix_stock_movements_product", "product_id", "id"),
        CheckConstraint("after = before + quantity", name="adds_up"),
        CheckConstraint("quantity <> 0 OR reason IN ('count', 'opening')", name="moves_something"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    reason: Mapped[str] = mapped_column(String(20))  # a `states.MovementReason`
    quantity: Mapped[int]
    before: Mapped[int]
    after: Mapped[int]
    handed_over: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    who: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    reference: Mapped[int | None]  # the order that came short, where that was the reason
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
