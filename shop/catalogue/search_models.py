"""The tables of the search: which product is found by which term, which words there are, and what has been indexed."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model

BY_BYTES = String(32, collation="C").with_variant(String(32), "sqlite")  # as SQLite compares anyway: beginnings are ranges


class SearchTerm(Model):
    """A product is found by this term, which says so much of it (see `spelling`). All of a row is its key: one index answers."""

    __tablename__ = "search_terms"
    __table_args__ = (Index("ix_search_terms_product_id", "product_id"),)

    term: Mapped[str] = mapped_column(BY_BYTES, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    weight: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SearchSpelling(Model):
    """A word that products have, under a key that misspelt ones have too; `shown` is how the shop writes it."""

    __tablename__ = "search_spellings"

    key: Mapped[str] = mapped_column(BY_BYTES, primary_key=True)
    word: Mapped[str] = mapped_column(BY_BYTES, primary_key=True)
    shown: Mapped[str] = mapped_column(String(40))


class SearchEntry(Model):
    """What was indexed of a product. When the product says something else, or the index is made in another way by now
    (`made`), it is indexed again."""

    __tablename__ = "search_entries"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    made: Mapped[int] = mapped_column(Key)
    said: Mapped[str] = mapped_column(Text)
