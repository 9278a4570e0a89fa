"""Lists of products as a visitor wants them: narrowed, sorted, of a brand, and what a search has found, best first."""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading
from shop.catalogue import spelling
from shop.catalogue.models import Brand
from shop.catalogue.queries import (
    CARDS,
    CATEGORIES,
    PAGE,
    PRODUCTS,
    STOCK,
    TEXTS,
    Offer,
    offer_of,
    price_now,
    published_now,
    reduced_now,
)
from shop.catalogue.search_models import SearchTerm
from shop.catalogue.states import PriceKind

FARTHEST = 2000  # products into a list that is not by rank: nobody turns so many pages
SOLD_OUT = 15  # what a product that is sold out loses in a search
ONE_MORE = 100  # what each further word counts that fits, where not all of them do
TERMS: Any = SearchTerm.__table__
BRANDS: Any = Brand.__table__
PRICE = price_now(PriceKind.DUTY_FREE)
AVAILABLE = func.coalesce(STOCK.c.on_hand - STOCK.c.held - STOCK.c.allocated, 0)


class Sort(StrEnum):
    BEST = "best"  # how well it fits what was searched; without a search the shop's own order
    CHEAP = "price"
    DEAR = "price_down"
    NEW = "new"


class Wanted(Struct, frozen=True):
    """What of the shop somebody wants to see. Prices in minor units, alcohol in tenths of a percent; None and False: no matter.

    `terms` are those of a search (`spelling.tokens`); every one must be met, with `any_term` one of them.
    """

    category: str | None = None
    brand: str | None = None
    low: int | None = None
    high: int | None = None
    in_stock: bool = False
    reduced: bool = False
    alcohol_from: int | None = None
    alcohol_to: int | None = None
    sort: Sort = Sort.BEST
    terms: tuple[str, ...] = ()
    any_term: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether anything but words, category and sorting narrows it."""
        return self != replace(Wanted(), category=self.category, sort=self.sort, terms=self.terms, any_term=self.any_term)


class Listed(Struct, frozen=True):
    """`next` is how many products into the list it goes on; None at its end."""

    items: list[Offer]
    next: int | None


class Label(Struct, frozen=True):
    """A brand that has something on sale, and how much."""

    code: str
    name: str
    count: int


class Span(Struct, frozen=True):
    """What there is to choose from: prices in minor units and alcohol in tenths of a percent; None where there is none."""

    low: int | None
    high: int | None
    alcohol: bool


def products(wanted: Wanted, start: int, limit: int = PAGE, *, now: datetime, texts: bool = False) -> Listed:
    """Products on sale at `now` that are wanted, from the `start`-th on, in one statement."""
    start = min(max(start, 0), FARTHEST)
    with reading() as session:
        rows = _question(_shape(wanted), texts).rows(session, {**_values(wanted), "p_now": now, "p_start": start, "p_limit": limit + 1})
    more = len(rows) > limit and start + limit <= FARTHEST
    return Listed([offer_of(row, texts=texts) for row in rows[:limit]], start + limit if more else None)


def _values(wanted: Wanted) -> dict[str, Any]:
    values: dict[str, Any] = {
        "p_category": wanted.category, "p_brand": wanted.brand, "p_low": wanted.low, "p_high": wanted.high,
        "p_alcohol_from": wanted.alcohol_from, "p_alcohol_to": wanted.alcohol_to,
    }  # fmt: skip
    for n, term in enumerate(wanted.terms):
        values |= {f"p_term_{n}": term, f"p_beyond_{n}": beyond(term)}
    return values


def beyond(term: str) -> str:
    """The first text that comes after all that begin with this one. A single letter begins half of all words: it must be one."""
    return f"{term} " if len(term) == 1 and not spelling.is_chinese(term) else term[:-1] + chr(ord(term[-1]) + 1)


def _shape(wanted: Wanted) -> Wanted:
    """The same without its values: lists that differ only in these are the same statement."""
    return Wanted(
        category="" if wanted.category else None, brand="" if wanted.brand else None, low=_set(wanted.low), high=_set(wanted.high),
        in_stock=wanted.in_stock, reduced=wanted.reduced, alcohol_from=_set(wanted.alcohol_from), alcohol_to=_set(wanted.alcohol_to),
        sort=wanted.sort, terms=("",) * len(wanted.terms), any_term=wanted.any_term,
    )  # fmt: skip


def _set(value: int | None) -> int | None:
    return None if value is None else 0


@cache
def _question(shape: Wanted, texts: bool) -> Question:
    found = CARDS.add_columns(*TEXTS) if texts else CARDS
    found = found.where(*_conditions(shape))
    order: list[Any] = [PRODUCTS.c.rank, PRODUCTS.c.id]
    if shape.terms:
        hits = _found_by(len(shape.terms), not shape.any_term)
        found = found.join(hits, hits.c.product_id == PRODUCTS.c.id)
        order.insert(0, (hits.c.score - case((AVAILABLE <= 0, SOLD_OUT), else_=0)).desc())
    match shape.sort:
        case Sort.CHEAP:
            order.insert(0, PRICE)
        case Sort.DEAR:
            order.insert(0, PRICE.desc())
        case Sort.NEW:
            order[:0] = [PRODUCTS.c.first_on_sale_at.is_(None), PRODUCTS.c.first_on_sale_at.desc()]
        case Sort.BEST:
            pass
    start, limit = bindparam("p_start", type_=BigInteger), bindparam("p_limit", type_=BigInteger)
    return Question(found.order_by(*order).limit(limit).offset(start))


def _conditions(shape: Wanted) -> list[ColumnElement[bool]]:
    whole, own = BigInteger(), select(BRANDS.c.id).where(BRANDS.c.code == bindparam("p_brand", type_=String()))
    asked: list[tuple[bool, Any]] = [
        (shape.category is not None, CATEGORIES.c.code == bindparam("p_category", type_=String())),
        (shape.brand is not None, PRODUCTS.c.brand_id.in_(own)),
        (shape.low is not None, bindparam("p_low", type_=whole) <= PRICE),
        (shape.high is not None, bindparam("p_high", type_=whole) >= PRICE),
        (shape.in_stock, AVAILABLE > 0),
        (shape.reduced, reduced_now().is_not(None)),
        (shape.alcohol_from is not None, PRODUCTS.c.alcohol_permille >= bindparam("p_alcohol_from", type_=whole)),
        (shape.alcohol_to is not None, PRODUCTS.c.alcohol_permille <= bindparam("p_alcohol_to", type_=whole)),
    ]
    return [condition for is_set, condition in asked if is_set]


def _hits(n: int) -> Select[Any]:
    """The products that the n-th term finds, each with the most that a term of it says; more when it is the whole term."""
    term, end = bindparam(f"p_term_{n}", type_=String()), bindparam(f"p_beyond_{n}", type_=String())
    worth = TERMS.c.weight + case((TERMS.c.term == term, spelling.WHOLE), else_=0)
    return (
        select(TERMS.c.product_id, func.max(worth).label("score"))
        .where(TERMS.c.term >= term, TERMS.c.term < end)
        .group_by(TERMS.c.product_id)
    )


def _found_by(count: int, every: bool) -> Any:
    """Products that every term finds, or some: then those that more of them find come first.

    Each term's products are added up once and for all. Joined to each other they were looked up anew for every product: a database
    cannot know how many words begin with something, and takes it for one.
    """
    if count == 1:
        return _hits(0).subquery("hits")
    parts = union_all(*(_hits(n) for n in range(count))).subquery("parts")
    score, met = func.sum(parts.c.score), func.count()
    total = score if every else score + met * literal(ONE_MORE, Integer)
    found = select(parts.c.product_id, total.label("score")).group_by(parts.c.product_id)
    return (found.having(met == count) if every else found).subquery("hits")


def known(session: Session, terms: list[str]) -> set[str]:
    """Which of these terms find anything at all, whether or not it is on sale; one statement."""
    if not terms:
        return set()
    found = [select(literal(1)).where(TERMS.c.term >= term, TERMS.c.term < beyond(term)).exists() for term in terms]
    columns = [one.label(f"known_{n}") for n, one in enumerate(found)]
    row = session.execute(select(*columns)).one()
    return {term for term, found in zip(terms, row, strict=True) if found}


def labels(category: str | None = None, *, now: datetime) -> list[Label]:
    """The brands that have something on sale (in a category), by name, in one statement."""
    found = (
        select(BRANDS.c.code, BRANDS.c.name, func.count().label("pieces"))
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).join(BRANDS, BRANDS.c.id == PRODUCTS.c.brand_id))
        .where(published_now())
        .group_by(BRANDS.c.code, BRANDS.c.name)
    )
    if category:
        found = found.where(CATEGORIES.c.code == category)
    with reading() as session:
        rows = session.execute(found, {"p_now": now}).all()
    return sorted((Label(row.code, row.name, row.pieces) for row in rows), key=lambda label: spelling.fold(label.name))


def label(code: str, *, now: datetime) -> Label | None:
    """A brand by its code, with how much of it is on sale; None: there is no such brand."""
    on_sale = (
        select(func.count())
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id))
        .where(PRODUCTS.c.brand_id == BRANDS.c.id, published_now())
        .correlate(BRANDS)
        .scalar_subquery()
    )
    found = select(BRANDS.c.code, BRANDS.c.name, on_sale.label("pieces")).where(BRANDS.c.code == code)
    with reading() as session:
        row = session.execute(found, {"p_now": now}).first()
    return Label(row.code, row.name, row.pieces) if row else None


def span(category: str | None = None, *, now: datetime) -> Span:
    """The lowest and the highest price (of a category), and whether something with alcohol is among it, in one statement."""
    found = (
        select(func.min(PRICE).label("low"), func.max(PRICE).label("high"), func.max(PRODUCTS.c.alcohol_permille).label("alcohol"))
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id))
        .where(published_now())
    )
    if category:
        found = found.where(CATEGORIES.c.code == category)
    with reading() as session:
        row = session.execute(found, {"p_now": now}).one()
    return Span(row.low, row.high, bool(row.alcohol))

