"""The tables of products and stock."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.catalogue.states import HoldState


class Category(Model):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    name_de: Mapped[str] = mapped_column(String(60))
    rank: Mapped[int]


class Product(Model):
    """A SKU a traveller can buy. `alcohol_permille` 400 is 40.0 % vol; the price is in the shop's settlement currency."""

    __tablename__ = "products"
    __table_args__ = (Index("ix_products_shelf", "category_id", "active", "rank", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sku: Mapped[str] = mapped_column(String(32), unique=True)
    ean: Mapped[str] = mapped_column(String(14), unique=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    brand: Mapped[str] = mapped_column(String(60))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    name_de: Mapped[str] = mapped_column(String(120))
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    text_de: Mapped[str] = mapped_column(Text)
    volume_ml: Mapped[int | None]
    alcohol_permille: Mapped[int | None]
    weight_g: Mapped[int | None]
    price_minor: Mapped[int]
    price_currency: Mapped[str] = mapped_column(String(3))
    picture: Mapped[str | None] = mapped_column(String(120))
    search_text: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    rank: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(20))  # where it stands in the store room, as packers walk: `A-12`


class Stock(Model):
    """Four numbers, never one: what stands here, what unpaid and paid orders claim of it, what has been handed over."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint(
            "on_hand >= 0 AND held >= 0 AND allocated >= 0 AND handed_over >= 0", name="no_number_below_zero"
        ),
        CheckConstraint("held + allocated <= on_hand", name="never_sold_twice"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)
    handed_over: Mapped[int] = mapped_column(default=0)


class StockHold(Model):
    """What one order claims of one product. `reference` is the order's key; the room above says what it means."""

    __tablename__ = "stock_holds"
    __table_args__ = (UniqueConstraint("reference", "product_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    reference: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default=HoldState.HELD.value)
    changed_at: Mapped[datetime]
