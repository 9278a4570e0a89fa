"""Questions about products on sale. Rows are plain values; a page of products is one statement, however many there are."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, case, func, or_, select

from shop.base.asking import Question
from shop.base.db import UtcDateTime, reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import ProductId
from shop.base.money import Currency, Money
from shop.catalogue import rules
from shop.catalogue.models import Brand, Category, Product, Stock
from shop.catalogue.price_models import Price
from shop.catalogue.states import PriceKind

LANGUAGES = ("zh", "en", "de")
FEW = 5  # from here down the shop says how many are left
PAGE = 20
ESCAPE = "/"
NOTEXTS = dict.fromkeys(LANGUAGES, "")


class NoSuchProduct(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_product"


class NoSuchCategory(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_category"


class Shelf(Struct, frozen=True):
    """A category."""

    code: str
    name: dict[str, str]


class Offer(Struct, frozen=True):
    """A product as it is offered now. `left` is what an order could still get; `duty_paid` is for whoever stays in the EU.

    `picture_kind` says in which formats the first picture can be had, `gallery` (with the texts) has all of them.
    """

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
    duty_paid: Money | None = None
    reduced_from: Money | None = None  # the lowest price of the 30 days before it fell; None: it is no reduced price
    picture_kind: str = "webp"
    gallery: tuple[dict[str, Any], ...] = ()
    brand_code: str = ""  # known with the texts only
    not_sold: bool = False  # on a trip on which the duty is to be paid: there is no such price

    def sold(self, *, duty_paid: bool) -> "Offer":
        """The same as it is sold on a trip: its price is the duty-paid one there, or it is not sold."""
        if not duty_paid:
            return self
        if self.duty_paid is None:
            return replace(self, not_sold=True)
        return replace(self, price=self.duty_paid, reduced_from=None)

    @property
    def base_price(self) -> tuple[Money, str] | None:
        """What a litre (`l`) or a kilogram (`kg`) of it costs, where that has to be said."""
        return self.base_price_of(self.price, self.volume_ml, self.weight_g)

    @staticmethod
    def base_price_of(price: Money, volume_ml: int | None, weight_g: int | None) -> tuple[Money, str] | None:
        """The same of these values."""
        found = rules.base_price(price.minor, volume_ml, weight_g)
        return None if found is None else (Money(found[0], price.currency), found[1])

    @property
    def reduced_percent(self) -> int:
        """By how many whole percent it is below what it is reduced from, never more than is true; 0: nothing to say."""
        return rules.reduced_percent(self.price.minor, self.reduced_from.minor) if self.reduced_from is not None else 0

    @property
    def stock_state(self) -> str:
        """`not_sold` (on this trip), `sold_out`, `few` (say how many) or `available`."""
        if self.not_sold:
            return "not_sold"
        if self.left <= 0:
            return "sold_out"
        return "few" if self.left <= FEW else "available"


class Page(Struct, frozen=True):
    """`next` continues the list (`after=`), or is None at its end."""

    items: list[Offer]
    next: str | None


# Statements are put together once, not for every page: that took longer than PostgreSQL needs to answer them.
PRODUCTS: Any = Product.__table__
CATEGORIES: Any = Category.__table__
BRANDS: Any = Brand.__table__
STOCK: Any = Stock.__table__
PRICES: Any = Price.__table__
NOW = bindparam("p_now", type_=UtcDateTime)


def price_now(kind: PriceKind) -> ColumnElement[int]:
    """The price of this kind at `p_now`, as a column of a question about products.

    The product knows it until its next price is due. From that moment on the history is asked, whether or not somebody
    has settled what came due: no worker has to be awake for a price to change in time.
    """
    known = PRODUCTS.c.price_minor if kind is PriceKind.DUTY_FREE else PRODUCTS.c.duty_paid_minor
    latest = (
        select(PRICES.c.amount_minor)
        .where(
            PRICES.c.product_id == PRODUCTS.c.id, PRICES.c.kind == kind.value, PRICES.c.valid_from <= NOW,
            PRICES.c.withdrawn_at.is_(None),
        )
        .order_by(PRICES.c.valid_from.desc(), PRICES.c.id.desc())
        .limit(1)
        .correlate(PRODUCTS)
        .scalar_subquery()
    )  # fmt: skip
    return case((PRODUCTS.c.next_price_at <= NOW, latest), else_=known)


def reduced_now() -> ColumnElement[int | None]:
    """What must be said beside a reduced price. When a price has come due nothing is said until it is settled."""
    silent = or_(PRODUCTS.c.next_price_at <= NOW, PRODUCTS.c.reduced_until <= NOW)
    return case((silent, None), else_=PRODUCTS.c.reduced_from_minor)


def published_now() -> ColumnElement[bool]:
    """`rules.is_published` at `p_now` as a condition, and its category is shown; a test holds the two against each other."""
    return and_(
        PRODUCTS.c.active,
        or_(PRODUCTS.c.publish_from.is_(None), PRODUCTS.c.publish_from <= NOW),
        or_(PRODUCTS.c.publish_until.is_(None), PRODUCTS.c.publish_until > NOW),
        CATEGORIES.c.hidden.is_(False),
    )


TEXTS = (
    *(PRODUCTS.c[f"text_{language}"] for language in LANGUAGES), PRODUCTS.c.gallery,
    select(BRANDS.c.code).where(BRANDS.c.id == PRODUCTS.c.brand_id).correlate(PRODUCTS).scalar_subquery().label("brand_code"),
)  # fmt: skip
CARDS: Select[Any] = (
    select(
        *(PRODUCTS.c[name] for name in ("id", "sku", "ean", "brand")), CATEGORIES.c.code.label("category"),
        *(PRODUCTS.c[f"name_{language}"] for language in LANGUAGES),
        *(PRODUCTS.c[name] for name in ("volume_ml", "alcohol_permille", "weight_g", "price_currency")),
        price_now(PriceKind.DUTY_FREE).label("price_minor"), price_now(PriceKind.DUTY_PAID).label("duty_paid_minor"),
        reduced_now().label("reduced_from_minor"),
        PRODUCTS.c.picture, PRODUCTS.c.picture_kind, PRODUCTS.c.rank,
        func.coalesce(STOCK.c.on_hand - STOCK.c.held - STOCK.c.allocated, 0).label("left"),
    )
    .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).outerjoin(STOCK))
    .where(published_now())
)  # fmt: skip
_ONE = Question(CARDS.add_columns(*TEXTS).where(PRODUCTS.c.sku == bindparam("p_sku")))
_SHELVES = Question(
    select(*(CATEGORIES.c[name] for name in ("code", "name_zh", "name_en", "name_de")))
    .where(CATEGORIES.c.hidden.is_(False))
    .order_by(CATEGORIES.c.rank, CATEGORIES.c.id)
)


def some(count: int) -> Select[Any]:
    """The products of `count` SKUs `p_sku_0 …` (see `skus_as_values`) on sale at `p_now`."""
    return CARDS.where(PRODUCTS.c.sku.in_([bindparam(f"p_sku_{n}", type_=String) for n in range(count)]))


def skus_as_values(skus: Iterable[str]) -> dict[str, str]:
    """The values for `some`."""
    return {f"p_sku_{n}": sku for n, sku in enumerate(skus)}


@cache
def _some(count: int) -> Question:
    return Question(some(count))


@cache
def _list(category: bool, behind: bool, texts: bool) -> Question:
    """Products by rank: with `category` of `p_category`, with `behind` after a place."""
    wanted = CARDS.add_columns(*TEXTS) if texts else CARDS
    if category:
        wanted = wanted.where(CATEGORIES.c.code == bindparam("p_category"))
    if behind:
        rank, key = bindparam("p_rank", type_=BigInteger), bindparam("p_id", type_=BigInteger)
        wanted = wanted.where(or_(PRODUCTS.c.rank > rank, and_(PRODUCTS.c.rank == rank, PRODUCTS.c.id > key)))
    return Question(wanted.order_by(PRODUCTS.c.rank, PRODUCTS.c.id).limit(bindparam("p_limit", type_=BigInteger)))


def offer_of(row: Any, *, texts: bool = False) -> Offer:
    """A row of `CARDS` as a value."""
    currency = Currency(row.price_currency)
    return Offer(
        id=ProductId(row.id), sku=row.sku, ean=row.ean, brand=row.brand, category=row.category,
        name={"zh": row.name_zh, "en": row.name_en, "de": row.name_de},
        text={"zh": row.text_zh, "en": row.text_en, "de": row.text_de} if texts else NOTEXTS,
        volume_ml=row.volume_ml, alcohol_permille=row.alcohol_permille, weight_g=row.weight_g,
        price=Money(row.price_minor, currency), picture=row.picture, left=row.left,
        duty_paid=None if row.duty_paid_minor is None else Money(row.duty_paid_minor, currency),
        reduced_from=None if row.reduced_from_minor is None else Money(row.reduced_from_minor, currency),
        picture_kind=row.picture_kind, gallery=tuple(row.gallery or ()) if texts else (),
        brand_code=(row.brand_code or "") if texts else "",
    )  # fmt: skip


def shelves() -> list[Shelf]:
    """The categories that travellers see, in the shop's order."""
    with reading() as session:
        rows = _SHELVES.rows(session)
    return [Shelf(r.code, {"zh": r.name_zh, "en": r.name_en, "de": r.name_de}) for r in rows]


def _after(cursor: str | None) -> tuple[int, int] | None:
    """Rank and key of the cursor (`rank-id`); one that is rubbish starts at the beginning."""
    rank, _, key = (cursor or "").partition("-")
    if not (rank.isdecimal() and key.isdecimal() and len(rank) < 10 and len(key) < 18):
        return None
    return int(rank), int(key)


def containing(word: str) -> str:
    """The LIKE pattern for texts that hold this word as it is."""
    for special in (ESCAPE, "%", "_"):
        word = word.replace(special, ESCAPE + special)
    return f"%{word}%"


def page(
    category: str | None = None, after: str | None = None, limit: int = PAGE, *, now: datetime, texts: bool = True
) -> Page:
    """Products on sale at `now`, by rank: of a category, or all of them. What is narrowed, sorted or searched is in `listing`.

    Without `texts` their `text` is empty: a shelf does not show it.
    """
    behind = _after(after)
    values: dict[str, Any] = {"p_limit": limit + 1, "p_category": category, "p_now": now}
    if behind is not None:
        values |= {"p_rank": behind[0], "p_id": behind[1]}
    with reading() as session:
        rows = _list(bool(category), behind is not None, texts).rows(session, values)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    items = [offer_of(row, texts=texts) for row in rows[:limit]]
    return Page(items, f"{last.rank}-{last.id}" if last is not None else None)


def offer(sku: str, now: datetime) -> Offer:
    """One product on sale at `now`. Raises NoSuchProduct."""
    with reading() as session:
        row = _ONE.row(session, {"p_sku": sku, "p_now": now})
    if row is None:
        raise NoSuchProduct(sku=sku)
    return offer_of(row, texts=True)


def offers(skus: Iterable[str], now: datetime) -> dict[str, Offer]:
    """The products among `skus` that are on sale at `now`, by SKU."""
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    with reading() as session:
        rows = _some(len(wanted)).rows(session, {"p_now": now, **skus_as_values(wanted)})
    return {row.sku: offer_of(row) for row in rows}
