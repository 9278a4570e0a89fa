"""The table of product pictures that people have uploaded."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class ProductPicture(Model):
    """One picture of a product. `stem` is made of what the original holds; its files are `<stem>.jpg` and the sizes.

    `sizes` are the widths that the worker has made in every format, and None until then; `failed` says why it could not.
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
    sizes: Mapped[list[Any] | None] = mapped_column(JSON)
    failed: Mapped[str | None] = mapped_column(String(80))
    uploaded_by: Mapped[str] = mapped_column(String(40))
    uploaded_at: Mapped[datetime]
