"""The table of prices: what a product has cost, costs and will cost."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Price(Model):
    """From `valid_from` the product costs this, until the next row of its kind. Of two for one moment the later written counts.

    Written once: the database refuses to change or delete a row, and lets one be withdrawn only before it is valid.
    A `duty_paid` price without an amount says that from then on there is none.
    """

    __tablename__ = "prices"
    __table_args__ = (
        Index("ix_prices_in_time", "product_id", "kind", "valid_from", "id"),
        CheckConstraint("valid_from >= set_at", name="never_in_the_past"),
        CheckConstraint("amount_minor > 0 OR (amount_minor IS NULL AND kind = 'duty_paid')", name="costs_something"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at < valid_from", name="withdrawn_in_time"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    kind: Mapped[str] = mapped_column(String(10))  # a `states.PriceKind`
    amount_minor: Mapped[int | None]
    amount_currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(40))
    set_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(40))
