"""Every product as one flat row: what a file of the catalogue holds of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.catalogue import rules
from shop.catalogue.models import Brand, Category, Product, Stock
from shop.catalogue.price_models import Price
from shop.catalogue.rules import PriceStep
from shop.catalogue.states import PriceKind

PRODUCTS: Any = Product.__table__
CATEGORIES: Any = Category.__table__
STOCK: Any = Stock.__table__
PRICES: Any = Price.__table__
PLAIN = (
    "sku", "ean", "active", "brand", "name_zh", "name_en", "name_de", "text_zh", "text_en", "text_de", "volume_ml", "alcohol_permille",
    "weight_g", "publish_from", "publish_until", "location", "rank",
)  # fmt: skip
COLUMNS = tuple(PRODUCTS.c[name] for name in ("id", *PLAIN, "price_minor", "duty_paid_minor", "price_currency", "next_price_at"))


class ProductRow(Struct, frozen=True, kw_only=True):
    """A product at a moment. Prices in minor units of `currency`; `planned_minor` is the duty-free price that comes next.

    `promised` pieces of those on hand are claimed by orders.
    """

    id: int
    sku: str
    ean: str
    active: bool
    category: str
    brand: str
    name_zh: str
    name_en: str
    name_de: str
    text_zh: str
    text_en: str
    text_de: str
    volume_ml: int | None
    alcohol_permille: int | None
    weight_g: int | None
    price: int
    planned_minor: int | None
    planned_from: datetime | None
    duty_paid: int | None
    currency: str
    publish_from: datetime | None
    publish_until: datetime | None
    location: str | None
    rank: int
    on_hand: int
    promised: int


def rows_in(session: Session, skus: Iterable[str], now: datetime) -> dict[str, ProductRow]:
    """The products among `skus`, by SKU, in the caller's transaction. Three statements at most."""
    found = _rows(session, PRODUCTS.c.sku.in_(sorted(set(skus))), now)
    return {row.sku: row for row in found}


def rows_of(ids: Sequence[int], now: datetime) -> list[ProductRow]:
    """These products, in this order; those that are gone are left out."""
    with reading() as session:
        found = {row.id: row for row in _rows(session, PRODUCTS.c.id.in_(ids), now)}
    return [found[id_] for id_ in ids if id_ in found]


def ids_in_order() -> list[int]:
    """Every product, as the shop's shelves have them: by category and rank."""
    with reading() as session:
        return list(
            session.scalars(
                select(PRODUCTS.c.id)
                .join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id)
                .order_by(CATEGORIES.c.rank, CATEGORIES.c.id, PRODUCTS.c.rank, PRODUCTS.c.id)
            )
        )


def how_many() -> int:
    """Products there are."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(PRODUCTS)) or 0


def category_codes() -> frozenset[str]:
    with reading() as session:
        return frozenset(session.scalars(select(CATEGORIES.c.code)))


def brand_names() -> frozenset[str]:
    with reading() as session:
        return frozenset(session.scalars(select(Brand.name)))


def owners_of(eans: Iterable[str]) -> dict[str, str]:
    """The SKU of the product that has each of these EANs."""
    with reading() as session:
        rows = session.execute(select(PRODUCTS.c.ean, PRODUCTS.c.sku).where(PRODUCTS.c.ean.in_(sorted(eans)))).all()
    return {row.ean: row.sku for row in rows}


def _rows(session: Session, which: Any, now: datetime) -> list[ProductRow]:
    found = session.execute(
        select(*COLUMNS, CATEGORIES.c.code.label("category"), STOCK.c.on_hand, (STOCK.c.held + STOCK.c.allocated).label("promised"))
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).outerjoin(STOCK))
        .where(which)
    ).all()
    told = prices_of(session, [row.id for row in found if row.next_price_at is not None])
    return [_row(row, told.get(row.id, {}), now) for row in found]


def prices_of(session: Session, ids: Sequence[int]) -> dict[int, dict[str, list[Any]]]:
    """By product and kind, every price that was not withdrawn, planned ones too, in the order in which they count."""
    if not ids:
        return {}
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    rows = session.execute(
        select(PRICES.c.id, PRICES.c.product_id, PRICES.c.kind, PRICES.c.amount_minor, PRICES.c.valid_from)
        .where(PRICES.c.product_id.in_(ids), PRICES.c.withdrawn_at.is_(None))
        .order_by(PRICES.c.valid_from, PRICES.c.id)
    )
    for row in rows:
        found[row.product_id][row.kind].append(row)
    return found


def next_of(prices: Sequence[Any], now: datetime) -> Any | None:
    """The planned price that comes first; of two for one moment the later written."""
    coming = [price for price in prices if price.valid_from > now]
    first = min((price.valid_from for price in coming), default=None)
    return next((price for price in reversed(coming) if price.valid_from == first), None)


def _row(row: Any, told: Mapping[str, Sequence[Any]], now: datetime) -> ProductRow:
    free, paid = (told.get(kind.value, []) for kind in (PriceKind.DUTY_FREE, PriceKind.DUTY_PAID))
    planned = next_of(free, now)
    return ProductRow(
        **{name: getattr(row, name) for name in PLAIN}, id=row.id, category=row.category, currency=row.price_currency,
        price=_now(free, now, row.price_minor) or row.price_minor, duty_paid=_now(paid, now, row.duty_paid_minor),
        planned_minor=planned.amount_minor if planned else None, planned_from=planned.valid_from if planned else None,
        on_hand=row.on_hand or 0, promised=row.promised or 0,
    )  # fmt: skip


def _now(prices: Sequence[Any], now: datetime, known: int | None) -> int | None:
    step = rules.in_force([PriceStep(price.valid_from, price.amount_minor) for price in prices], now)
    return known if step is None else step.minor
