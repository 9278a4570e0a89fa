"""Verbs about the catalogue: put products on the shelves."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import transaction
from shop.base.money import Currency, Money
from shop.catalogue import books, brands, editing, indexing, pricing, rules
from shop.catalogue.models import Brand, Category, Product
from shop.catalogue.states import PriceKind

LANGUAGES = ("zh", "en", "de")


class NewCategory(Struct, frozen=True, kw_only=True):
    """Names by language; a low `rank` comes first."""

    code: str
    name: Mapping[str, str]
    rank: int


class NewProduct(Struct, frozen=True, kw_only=True):
    """A product to be offered, and how many of it stand here. Texts by language; measures as in `models.Product`.

    `location` is where it stands in the store room, `A-03-2`; None leaves it where it is known to be, "" forgets that. `duty_paid` is
    the price where duty and VAT are to be paid; None leaves what there is.
    """

    sku: str
    ean: str
    category: str
    brand: str
    name: Mapping[str, str]
    text: Mapping[str, str]
    price: Money
    on_hand: int
    rank: int
    volume_ml: int | None = None
    alcohol_permille: int | None = None
    weight_g: int | None = None
    picture: str | None = None
    location: str | None = None
    duty_paid: Money | None = None


def put_categories(categories: Iterable[NewCategory]) -> None:
    """Create or rename categories, by code."""
    with transaction() as session:
        known = {c.code: c for c in session.scalars(select(Category))}
        for wanted in categories:
            category = known.get(wanted.code) or Category(code=wanted.code)
            for language in LANGUAGES:
                setattr(category, f"name_{language}", wanted.name[language])
            category.rank = wanted.rank
            session.add(category)


def put_products(products: Iterable[NewProduct], currency: Currency, now: datetime, actor: str = "system") -> int:
    """Create or change products, by SKU, in one go; answers how many. A product's stock is set only when it is new.

    A price that differs from the present one counts from `now` on, and a brand that is not known yet is made. Pictures that
    people have uploaded stay.

    Raises ValueError for a price in another currency than the shop's and for a location that cannot be one, KeyError for an
    unknown category.
    """
    fresh: list[tuple[Product, NewProduct]] = []
    touched: list[Product] = []
    count = 0
    with transaction() as session:
        categories = {row.code: row.id for row in session.execute(select(Category.code, Category.id))}
        known = {p.sku: p for p in session.scalars(select(Product))}
        labels = {brand.name: brand for brand in session.scalars(select(Brand))}
        for wanted in products:
            if any(one is not None and one.currency is not currency for one in (wanted.price, wanted.duty_paid)):
                raise ValueError(f"{wanted.sku}: the shop sells in {currency}")
            product = known.get(wanted.sku)
            if product is None:
                product = Product(sku=wanted.sku, price_minor=wanted.price.minor, price_currency=currency.value, version=0)
                product.duty_paid_minor = wanted.duty_paid.minor if wanted.duty_paid is not None else None
                session.add(product)
                fresh.append((product, wanted))
            _describe(product, wanted, categories[wanted.category])
            product.brand_id = brands.named(session, labels, wanted.brand).id
            sold_since = product.first_on_sale_at
            product.first_on_sale_at = rules.first_on_sale(sold_since, True, product.publish_from, now)
            product.version, product.changed_at = product.version + 1, now
            if product.price_minor != wanted.price.minor or product.next_price_at is not None:
                pricing.write(session, product, pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=wanted.price), actor, now)
            if wanted.duty_paid is not None and product.duty_paid_minor != wanted.duty_paid.minor:
                pricing.write(session, product, pricing.NewPrice(kind=PriceKind.DUTY_PAID, amount=wanted.duty_paid), actor, now)
            if wanted.sku in known and product.first_on_sale_at != sold_since:
                pricing.settle(session, product, now)
            touched.append(product)
            count += 1
        session.flush()
        for product, wanted in fresh:
            books.begin(session, product, wanted.on_hand, actor, now)
        session.flush()
        indexing.catch_up(session, [product.id for product in touched])
    return count


def _describe(product: Product, wanted: NewProduct, category_id: int) -> None:
    product.ean, product.brand, product.category_id = wanted.ean, wanted.brand, category_id
    for language in LANGUAGES:
        setattr(product, f"name_{language}", wanted.name[language])
        setattr(product, f"text_{language}", wanted.text[language])
    product.volume_ml, product.alcohol_permille, product.weight_g = (
        wanted.volume_ml,
        wanted.alcohol_permille,
        wanted.weight_g,
    )
    product.rank, product.active = wanted.rank, True
    if product.gallery is None:  # else people have put pictures in order, and their files are of another kind
        product.picture = wanted.picture
    if wanted.location is not None:
        product.location = rules.clean_location(wanted.location) or None
    editing.describe(product)
