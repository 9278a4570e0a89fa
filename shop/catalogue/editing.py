"""Verbs about one product: make it, change what is said of it and when it is on sale.

Two people may have the same product open. Whoever saves second is told so, and nothing is overwritten unseen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency, Money
from shop.catalogue import books, indexing, pricing, rules
from shop.catalogue.models import Brand, Category, Product
from shop.catalogue.queries import LANGUAGES, NoSuchProduct
from shop.catalogue.unique import looks_again

LONGEST_SAID = 120  # letters of a text in the audit log
PLAIN = (
    "ean", "volume_ml", "alcohol_permille", "weight_g", "location", "rank", "active", "publish_from", "publish_until",
    *(f"{part}_{language}" for part in ("name", "text") for language in LANGUAGES),
)  # fmt: skip


class SkuTaken(ShopError):
    kind, code = Kind.CONFLICT, "sku_taken"


class ChangedMeanwhile(ShopError):
    """Somebody else has saved this product since it was shown. Facts: `version`, which it has now."""

    kind, code = Kind.CONFLICT, "changed_meanwhile"


class ProductData(Struct, frozen=True, kw_only=True):
    """All that is said of a product but its SKU, price, stock and pictures. Measures as in `models.Product`."""

    ean: str
    category: str
    brand: str
    name: Mapping[str, str]
    text: Mapping[str, str]
    rank: int
    volume_ml: int | None = None
    alcohol_permille: int | None = None
    weight_g: int | None = None
    location: str | None = None
    active: bool = False
    publish_from: datetime | None = None
    publish_until: datetime | None = None

    def columns(self) -> dict[str, Any]:
        """As the table has them, category and brand left out."""
        texts = {
            f"{part}_{language}": said.get(language, "")
            for part, said in (("name", self.name), ("text", self.text))
            for language in LANGUAGES
        }
        own = {name: getattr(self, name) for name in PLAIN if not name.startswith(("name_", "text_"))}
        return {**own, **texts, "location": rules.clean_location(self.location or "") or None}


class FirstBooks(Struct, frozen=True, kw_only=True):
    """With what a new product begins."""

    price: Money
    duty_paid: Money | None = None
    on_hand: int = 0


@looks_again
def create(sku: str, wanted: ProductData, first: FirstBooks, currency: Currency, actor: str, now: datetime) -> None:
    """Make a product with its first prices and what stands here of it.

    Raises SkuTaken, and WrongProduct or WrongPrice, which name the fields at fault.
    """
    rules.check_product(sku, wanted.ean, wanted.name, wanted.publish_from, wanted.publish_until)
    for name, money in (("price", first.price), ("duty_paid", first.duty_paid)):
        if money is not None and (money.currency is not currency or not 0 < money.minor <= rules.MOST_MINOR):
            raise pricing.WrongPrice(fields={name: ["wrong_price"]})
    if not 0 <= first.on_hand <= rules.MOST_PIECES:
        raise rules.WrongProduct(fields={"on_hand": ["wrong_count"]})
    with transaction() as session:
        if session.scalar(select(Product.id).where(Product.sku == sku)) is not None:
            raise SkuTaken(fields={"sku": ["sku_taken"]})
        groups = _groups(session, wanted)
        product = Product(
            sku=sku, price_minor=first.price.minor, price_currency=currency.value, version=1, changed_at=now,
            duty_paid_minor=first.duty_paid.minor if first.duty_paid else None,
        )  # fmt: skip
        _write(session, product, wanted, groups, now)
        session.add(product)
        session.flush()
        books.begin(session, product, first.on_hand, actor, now)
        session.flush()
        indexing.catch_up(session, [product.id])
        said = {**_said(wanted.columns()), "category": wanted.category, "brand": wanted.brand, "price_minor": first.price.minor}
        audit.record(session, actor, "product.created", f"product:{sku}", now, after=said)


@looks_again
def change(sku: str, wanted: ProductData, version: int, actor: str, now: datetime) -> int:
    """Save what is said of a product that was shown with this `version`; answers the new one. Saving the same changes nothing.

    Raises NoSuchProduct, WrongProduct, and ChangedMeanwhile when somebody else was quicker.
    """
    rules.check_product(sku, wanted.ean, wanted.name, wanted.publish_from, wanted.publish_until)
    with transaction() as session:
        groups = _groups(session, wanted)
        product = pricing.lock(session, sku)
        if product.version != version:
            raise ChangedMeanwhile(version=product.version)
        before = {**_columns(product), "category": _code(session, Category, product.category_id), "brand": product.brand}
        _write(session, product, wanted, groups, now)
        after = {**_columns(product), "category": wanted.category, "brand": product.brand}
        different = [name for name in after if before[name] != after[name]]
        if not different:
            return version
        touched(product, now)
        pricing.settle(session, product, now)
        session.flush()
        indexing.catch_up(session, [product.id])
        old, new = ({name: said[name] for name in different} for said in (before, after))
        audit.record(session, actor, "product.changed", f"product:{sku}", now, _said(old), _said(new))
        return product.version


def touched(product: Product, now: datetime) -> None:
    """A locked product was changed by a person: whoever still shows the old one will be told. In the caller's transaction."""
    product.version, product.changed_at = product.version + 1, now


def describe(product: Product) -> None:
    """What a search looks at, from what the product says of itself now."""
    names = (getattr(product, f"name_{language}") for language in LANGUAGES)
    product.search_text = " ".join([product.sku, product.ean, product.brand, *names]).lower()


def _groups(session: Session, wanted: ProductData) -> tuple[Category, Brand]:
    """Where it will stand and whose it is. Before the product is locked: who renames a brand locks its products after it."""
    category = session.scalar(select(Category).where(Category.code == wanted.category))
    brand = session.scalar(select(Brand).where(Brand.code == wanted.brand).with_for_update(read=True))
    if category is None or brand is None:
        raise rules.WrongProduct(
            fields={name: ["wrong_choice"] for name, found in (("category", category), ("brand", brand)) if found is None}
        )
    return category, brand


def _write(session: Session, product: Product, wanted: ProductData, groups: tuple[Category, Brand], now: datetime) -> None:
    category, brand = groups
    taken = session.scalar(select(Product.sku).where(Product.ean == wanted.ean, Product.sku != product.sku))
    if taken is not None:
        raise rules.WrongProduct(fields={"ean": ["ean_taken"]})
    for name, value in wanted.columns().items():
        setattr(product, name, value)
    product.category_id, product.brand_id, product.brand = category.id, brand.id, brand.name
    product.first_on_sale_at = rules.first_on_sale(product.first_on_sale_at, product.active, product.publish_from, now)
    describe(product)


def _columns(product: Product) -> dict[str, Any]:
    return {name: getattr(product, name) for name in PLAIN}


def _code(session: Session, model: Any, key: int) -> str:
    return str(session.scalar(select(model.code).where(model.id == key)))


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit log keeps it: plain, and long texts cut."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value[:LONGEST_SAID] if isinstance(value, str) else value


__all__ = ["ChangedMeanwhile", "FirstBooks", "NoSuchProduct", "ProductData", "SkuTaken", "change", "create", "describe", "touched"]
