"""The tables of products and stock; prices, pictures and the ledger of stock have modules of their own beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.catalogue.states import HoldState


class Category(Model):
    """A shelf of the shop. A `hidden` one is not shown to travellers, and nothing that stands on it."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    name_de: Mapped[str] = mapped_column(String(60))
    rank: Mapped[int]
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())


class Brand(Model):
    """Whose product it is; a name is written the same in every language. A `hidden` one is not offered for new products."""

    __tablename__ = "brands"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    rank: Mapped[int] = mapped_column(default=0)
    hidden: Mapped[bool] = mapped_column(default=False)


class Product(Model):
    """A SKU a traveller can buy. `alcohol_permille` 400 is 40.0 % vol; the price is in the shop's settlement currency.

    `brand` is the name of the brand `brand_id`, kept here for whoever lists products. The two prices are those of the
    last look: they hold until `next_price_at`; from then on `prices` is asked (`queries.price_now`), until somebody
    settles what has come due. It is on sale while it is `active` and now lies between the two moments of publishing;
    `first_on_sale_at` is when that began for the first time. `version` grows with every change by a person.
    `picture` is the stem of the first picture's files, `picture_kind` says which there are (`states.PictureKind`), and
    `gallery` has all of them for the product's page.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_shelf", "category_id", "active", "rank", "id"),
        Index("ix_products_rank", "rank", "id"),
        Index(
            "ix_products_next_price",
            "next_price_at",
            postgresql_where=text("next_price_at IS NOT NULL"),
            sqlite_where=text("next_price_at IS NOT NULL"),
        ),
    )

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
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brands.id"), index=True)
    duty_paid_minor: Mapped[int | None]  # None: not sold to those who pay the duty
    next_price_at: Mapped[datetime | None]
    reduced_from_minor: Mapped[int | None]  # what must be said beside a price that fell: the lowest of the 30 days before
    reduced_until: Mapped[datetime | None]
    publish_from: Mapped[datetime | None]
    publish_until: Mapped[datetime | None]
    first_on_sale_at: Mapped[datetime | None]
    picture_kind: Mapped[str] = mapped_column(String(8), default="webp", server_default="webp")
    gallery: Mapped[list[Any] | None] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_at: Mapped[datetime | None]


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
