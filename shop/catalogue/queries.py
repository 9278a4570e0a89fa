"""Questions about products. Rows are plain values; a page of products is one statement, however many there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import ProductId
from shop.base.money import Currency, Money
from shop.catalogue.models import Category, Product, Stock

LANGUAGES = ("zh", "en", "de")
FEW = 5  # from here down the shop says how many are left
PAGE = 20


class NoSuchProduct(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_product"


class NoSuchCategory(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_category"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category."""

    code: str
    name: dict[str, str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as it is offered now. `left` is what an order could still get."""

    id: ProductId
    sku: str
    ean: str
    brand: str
    category: str
    name: dict[str, str]
    text: dict[str, str]
    volume_ml: int | None
    alcohol_permille: int | None
    weight_g: int | None
    price: Money
    picture: str | None
    left: int

    @property
    def stock_state(self) -> str:
        """`sold_out`, `few` (say how many) or `available`."""
        if self.left <= 0:
            return "sold_out"
        return "few" if self.left <= FEW else "available"


@dataclass(frozen=True, slots=True)
class Page:
    """`next` continues the list (`after=`), or is None at its end."""

    items: list[Offer]
    next: str | None


_CARD: tuple[Any, ...] = (
    Product.id, Product.sku, Product.ean, Product.brand, Category.code.label("category"),
    Product.name_zh, Product.name_en, Product.name_de, Product.volume_ml, Product.alcohol_permille, Product.weight_g,
    Product.price_minor, Product.price_currency, Product.picture, Product.rank,
    (func.coalesce(Stock.on_hand - Stock.held - Stock.allocated, 0)).label("left"),
)  # fmt: skip
_TEXTS: tuple[Any, ...] = (Product.text_zh, Product.text_en, Product.text_de)


def _cards(*more: Any) -> Select[Any]:
    return (
        select(*_CARD, *more)
        .select_from(Product)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(Stock, Stock.product_id == Product.id)
        .where(Product.active)
    )


def _offer(row: Any) -> Offer:
    texts = {lang: getattr(row, f"text_{lang}", "") for lang in LANGUAGES}
    return Offer(
        id=ProductId(row.id), sku=row.sku, ean=row.ean, brand=row.brand, category=row.category,
        name={"zh": row.name_zh, "en": row.name_en, "de": row.name_de}, text=texts,
        volume_ml=row.volume_ml, alcohol_permille=row.alcohol_permille, weight_g=row.weight_g,
        price=Money(row.price_minor, Currency(row.price_currency)), picture=row.picture, left=row.left,
    )  # fmt: skip


def shelves() -> list[Shelf]:
    """The categories in the shop's order."""
    with reading() as session:
        rows = session.execute(
            select(Category.code, Category.name_zh, Category.name_en, Category.name_de).order_by(Category.rank)
        ).all()
    return [Shelf(r.code, {"zh": r.name_zh, "en": r.name_en, "de": r.name_de}) for r in rows]


def _after(cursor: str | None) -> Any | None:
    """The keyset behind `cursor` (`rank-id`); a cursor that is rubbish starts at the beginning."""
    rank, _, key = (cursor or "").partition("-")
    if not (rank.isdecimal() and key.isdecimal() and len(rank) < 10 and len(key) < 18):
        return None
    return or_(Product.rank > int(rank), and_(Product.rank == int(rank), Product.id > int(key)))


def page(category: str | None = None, words: str | None = None, after: str | None = None, limit: int = PAGE) -> Page:
    """Products by rank: of a category, or that match every one of `words` in any language, brand, SKU or EAN."""
    wanted = _cards(*_TEXTS).order_by(Product.rank, Product.id).limit(limit + 1)
    if category:
        wanted = wanted.where(Category.code == category)
    for word in (words or "").lower().split()[:6]:
        wanted = wanted.where(Product.search_text.contains(word[:40], autoescape=True))
    if (behind := _after(after)) is not None:
        wanted = wanted.where(behind)
    with reading() as session:
        rows: Sequence[Any] = session.execute(wanted).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page([_offer(row) for row in rows[:limit]], f"{last.rank}-{last.id}" if last is not None else None)


def offer(sku: str) -> Offer:
    """One product. Raises NoSuchProduct."""
    with reading() as session:
        row = session.execute(_cards(*_TEXTS).where(Product.sku == sku)).first()
    if row is None:
        raise NoSuchProduct(sku=sku)
    return _offer(row)


def offers(skus: Iterable[str]) -> dict[str, Offer]:
    """The products among `skus` that are offered, by SKU."""
    with reading() as session:
        return offers_in(session, skus)


def offers_in(session: Session, skus: Iterable[str]) -> dict[str, Offer]:
    """As `offers`, in the caller's transaction."""
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    return {row.sku: _offer(row) for row in session.execute(_cards().where(Product.sku.in_(wanted)))}
