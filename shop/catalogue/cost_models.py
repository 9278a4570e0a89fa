"""What the shop pays for its goods: for margins, and shown to nobody outside."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Model


class ProductCost(Model):
    """What a piece costs the shop from a day on. Without a row nothing is known of it."""

    __tablename__ = "product_costs"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True, autoincrement=False)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    cost_minor: Mapped[int]
    cost_currency: Mapped[str] = mapped_column(String(3))
    set_by: Mapped[str] = mapped_column(String(60))
    set_at: Mapped[datetime]
