"""The table of product pictures that people have uploaded."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class ProductPicture(Model):
    """One picture of a product. `stem` is made of what the original holds, and all its files begin with it; `kind` says which
    there are (`states.PictureKind`).
    """

    __tablename__ = "product_pictures"
    __table_args__ = (Index("ix_product_pictures_product", "product_id", "rank", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    rank: Mapped[int]
    stem: Mapped[str] = mapped_column(String(80), index=True)
    width: Mapped[int]
    height: Mapped[int]
    alt_zh: Mapped[str] = mapped_column(String(160), default="")
    alt_en: Mapped[str] = mapped_column(String(160), default="")
    alt_de: Mapped[str] = mapped_column(String(160), default="")
    kind: Mapped[str] = mapped_column(String(8))
    uploaded_by: Mapped[str] = mapped_column(String(40))
    uploaded_at: Mapped[datetime]
