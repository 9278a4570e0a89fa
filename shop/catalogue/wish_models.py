"""The table of wishes: who wants to be told when a product is back."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Wish(Model):
    """A traveller waits for a product that was sold out. `told_at`: it was back then, and that was announced, once."""

    __tablename__ = "wishes"
    __table_args__ = (UniqueConstraint("traveller_id", "product_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    traveller_id: Mapped[int] = mapped_column(ForeignKey("travellers.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    made_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
