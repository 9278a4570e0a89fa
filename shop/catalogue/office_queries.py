"""Questions of the back office about products, on sale or not: the list with its filters, and all about one of them."""

from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, func, or_, select

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.catalogue import rules
from shop.catalogue.models import Brand, Category, Product, Stock
from shop.catalogue.queries import (
    CATEGORIES,
    ESCAPE,
    FEW,
    LANGUAGES,
    NOW,
    PRODUCTS,
    STOCK,
    NoSuchProduct,
    containing,
    price_now,
    published_now,
)
from shop.catalogue.states import PriceKind

PAGE = 50
MOST_WORDS = 6
BRANDS: Any = Brand.__table__
LEFT = func.coalesce(STOCK.c.on_hand - STOCK.c.held - STOCK.c.allocated, 0)
STATES = ("on_sale", "off", "planned", "ended")
STOCKS = ("out", "low")


class Group(Struct, frozen=True):
    """A category or a brand, with how many products it has. A brand has the same name in every language."""

    code: str
    name: dict[str, str]
    hidden: bool
    products: int


class Listed(Struct, frozen=True):
    """A product as the list shows it. `missing` are the languages in which its name or its text is missing."""

    sku: str
    brand: str
    category: dict[str, str]
    name: dict[str, str]
    price: Money
    left: int
    on_sale: bool
    active: bool
    publish_from: datetime | None
    publish_until: datetime | None
    picture: str | None
    missing: tuple[str, ...]

    def state_at(self, now: datetime) -> str:
        """One of STATES, or `hidden` with its category."""
        if self.on_sale:
            return "on_sale"
        if not self.active:
            return "off"
        if self.publish_from is not None and now < self.publish_from:
            return "planned"
        return "ended" if self.publish_until is not None and self.publish_until <= now else "hidden"


class ListPage(Struct, frozen=True):
    items: tuple[Listed, ...]
    next: str | None


class Asked(Struct, frozen=True, kw_only=True):
    """Filters and order of the list; None: all. `missing` is a language, `sort` one of SORTS."""

    words: str | None = None
    category: str | None = None
    brand: str | None = None
    state: str | None = None
    missing: str | None = None
    stock: str | None = None
    sort: str = "shop"
    after: str | None = None


class Stand(Struct, frozen=True):
    """The four numbers of a product's stock."""

    on_hand: int
    held: int
    allocated: int
    handed_over: int

    @property
    def free(self) -> int:
        return self.on_hand - self.held - self.allocated


class Whole(Struct, frozen=True):
    """One product with everything that is said of it, as forms show it: `values` by the names of the form's fields."""

    id: int
    sku: str
    name: dict[str, str]
    brand: str
    values: dict[str, Any]
    version: int
    changed_at: datetime | None
    first_on_sale_at: datetime | None
    stand: Stand
    on_sale: bool
    currency: Currency


def _price() -> ColumnElement[int]:
    return price_now(PriceKind.DUTY_FREE)


# By name: the expression, whether it falls, and what its cursor holds. The key decides between equals.
SORTS: dict[str, tuple[Any, bool, Any]] = {
    "shop": (PRODUCTS.c.rank, False, BigInteger),
    "sku": (PRODUCTS.c.sku, False, String),
    "name_zh": (PRODUCTS.c.name_zh, False, String),
    "name_en": (PRODUCTS.c.name_en, False, String),
    "name_de": (PRODUCTS.c.name_de, False, String),
    "cheap": (_price(), False, BigInteger),
    "dear": (_price(), True, BigInteger),
    "scarce": (LEFT, False, BigInteger),
    "plenty": (LEFT, True, BigInteger),
    "newest": (PRODUCTS.c.id, True, BigInteger),
}


def _missing(language: str) -> ColumnElement[bool]:
    return or_(PRODUCTS.c[f"name_{language}"] == "", PRODUCTS.c[f"text_{language}"] == "")


def _state(state: str) -> ColumnElement[bool]:
    match state:
        case "on_sale":
            return published_now()
        case "off":
            return PRODUCTS.c.active.is_(False)
        case "planned":
            return and_(PRODUCTS.c.active, PRODUCTS.c.publish_from > NOW)
        case _:
            return and_(PRODUCTS.c.active, PRODUCTS.c.publish_until <= NOW)


@cache
def _question(
    words: int, category: bool, brand: bool, state: str | None, missing: str | None, stock: str | None, sort: str, behind: bool
) -> Question:
    by, falls, kind = SORTS[sort]
    wanted: Select[Any] = (
        select(
            *(PRODUCTS.c[name] for name in ("id", "sku", "brand", "name_zh", "name_en", "name_de", "price_currency", "active",
                                            "publish_from", "publish_until", "picture")),
            CATEGORIES.c.name_zh.label("category_zh"), CATEGORIES.c.name_en.label("category_en"), CATEGORIES.c.name_de.label("category_de"),
            _price().label("price_minor"), LEFT.label("left"), published_now().label("on_sale"), by.label("sorted_by"),
            *(_missing(language).label(f"missing_{language}") for language in LANGUAGES),
        )
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).outerjoin(BRANDS).outerjoin(STOCK))
    )  # fmt: skip
    for n in range(words):
        wanted = wanted.where(PRODUCTS.c.search_text.like(bindparam(f"p_word_{n}"), escape=ESCAPE))
    if category:
        wanted = wanted.where(CATEGORIES.c.code == bindparam("p_category"))
    if brand:
        wanted = wanted.where(BRANDS.c.code == bindparam("p_brand"))
    if state:
        wanted = wanted.where(_state(state))
    if missing:
        wanted = wanted.where(_missing(missing))
    if stock:
        wanted = wanted.where(LEFT <= 0 if stock == "out" else and_(LEFT > 0, LEFT <= FEW))
    if behind:
        place, key = bindparam("p_place", type_=kind), bindparam("p_id", type_=BigInteger)
        further, next_key = (by < place, PRODUCTS.c.id < key) if falls else (by > place, PRODUCTS.c.id > key)
        wanted = wanted.where(or_(further, and_(by == place, next_key)))
    order = (by.desc(), PRODUCTS.c.id.desc()) if falls else (by, PRODUCTS.c.id)
    return Question(wanted.order_by(*order).limit(bindparam("p_limit", type_=BigInteger)))


def listed(asked: Asked, now: datetime, limit: int = PAGE) -> ListPage:
    """Products that match, in one statement. A cursor that is rubbish starts at the beginning."""
    sort = asked.sort if asked.sort in SORTS else "shop"
    sought = (asked.words or "").lower().split()[:MOST_WORDS]
    behind = _after(asked.after, number=SORTS[sort][2] is BigInteger)
    values: dict[str, Any] = {f"p_word_{n}": containing(word[:40]) for n, word in enumerate(sought)}
    values |= {"p_limit": limit + 1, "p_now": now, "p_category": asked.category, "p_brand": asked.brand}
    if behind is not None:
        values |= {"p_place": behind[0], "p_id": behind[1]}
    question = _question(
        len(sought), asked.category is not None, asked.brand is not None, asked.state, asked.missing, asked.stock, sort,
        behind is not None,
    )  # fmt: skip
    with reading() as session:
        rows = question.rows(session, values)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return ListPage(tuple(map(_listed, rows[:limit])), f"{last.id}.{last.sorted_by}" if last is not None else None)


def _after(cursor: str | None, *, number: bool) -> tuple[Any, int] | None:
    key, point, place = (cursor or "").partition(".")
    if not (point and key.isascii() and key.isdecimal() and len(key) < 18):
        return None
    if not number:
        return (place, int(key)) if "\x00" not in place else None
    digits = place.removeprefix("-")
    return (int(place), int(key)) if digits.isascii() and digits.isdecimal() and len(digits) < 18 else None


def _listed(row: Any) -> Listed:
    return Listed(
        sku=row.sku, brand=row.brand, category={"zh": row.category_zh, "en": row.category_en, "de": row.category_de},
        name={"zh": row.name_zh, "en": row.name_en, "de": row.name_de}, price=Money(row.price_minor, Currency(row.price_currency)),
        left=row.left, on_sale=bool(row.on_sale), active=bool(row.active), publish_from=row.publish_from, publish_until=row.publish_until,
        picture=row.picture, missing=tuple(language for language in LANGUAGES if getattr(row, f"missing_{language}")),
    )  # fmt: skip


def product(sku: str, now: datetime) -> Whole:
    """Everything that is said of one product. Raises NoSuchProduct."""
    with reading() as session:
        row = session.execute(
            select(Product, Stock, Category.code.label("category"), Category.hidden, Brand.code.label("brand"))
            .select_from(Product)
            .join(Category, Category.id == Product.category_id)
            .outerjoin(Brand, Brand.id == Product.brand_id)
            .join(Stock, Stock.product_id == Product.id)
            .where(Product.sku == sku)
        ).first()
        if row is None:
            raise NoSuchProduct(sku=sku)
        return _whole(row, now)


def _whole(row: Any, now: datetime) -> Whole:
    one: Product = row.Product
    names = ("ean", "volume_ml", "alcohol_permille", "weight_g", "location", "rank", "active", "publish_from", "publish_until",
             *(f"{part}_{language}" for part in ("name", "text") for language in LANGUAGES))  # fmt: skip
    return Whole(
        id=one.id, sku=one.sku, name={language: getattr(one, f"name_{language}") for language in LANGUAGES}, brand=one.brand,
        values={**{name: getattr(one, name) for name in names}, "category": row.category, "brand": row.brand or ""},
        version=one.version, changed_at=one.changed_at, first_on_sale_at=one.first_on_sale_at,
        stand=Stand(row.Stock.on_hand, row.Stock.held, row.Stock.allocated, row.Stock.handed_over),
        on_sale=not row.hidden and rules.is_published(one.active, one.publish_from, one.publish_until, now),
        currency=Currency(one.price_currency),
    )  # fmt: skip


def categories() -> list[Group]:
    """Every category, hidden ones too, in the shop's order."""
    count = func.count(Product.id)
    wanted = select(Category, count.label("products")).outerjoin(Product, Product.category_id == Category.id).group_by(Category.id)
    with reading() as session:
        rows = session.execute(wanted.order_by(Category.rank, Category.id)).all()
    return [
        Group(
            row.Category.code, {language: getattr(row.Category, f"name_{language}") for language in LANGUAGES}, row.Category.hidden,
            row.products,
        )
        for row in rows
    ]  # fmt: skip


def brands() -> list[Group]:
    """Every brand, hidden ones too, in order."""
    count = func.count(Product.id)
    wanted = select(Brand, count.label("products")).outerjoin(Product, Product.brand_id == Brand.id).group_by(Brand.id)
    with reading() as session:
        rows = session.execute(wanted.order_by(Brand.rank, Brand.name)).all()
    return [
        Group(row.Brand.code, dict.fromkeys(LANGUAGES, row.Brand.name), row.Brand.hidden, row.products) for row in rows
    ]
