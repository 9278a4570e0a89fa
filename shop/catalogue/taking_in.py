"""Many products at once, as a file has them: created and changed in the caller's transaction, a few statements for each batch.

What a single change of one product does (its search text, its version, its price history, its ledger) is done here for some
hundred of them together. Nothing here commits, and nothing here asks whether a value can be: whoever calls has.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from shop.base import bulk
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency
from shop.catalogue import books, brands, editing, indexing, ledger, pricing, rules
from shop.catalogue.books import MOVEMENTS, PRICES
from shop.catalogue.models import Brand, Category, Product, Stock
from shop.catalogue.price_models import Price
from shop.catalogue.rows import next_of, prices_of
from shop.catalogue.states import MovementReason, PriceKind

PLAIN = (
    "ean", "active", "name_zh", "name_en", "name_de", "text_zh", "text_en", "text_de", "volume_ml", "alcohol_permille", "weight_g",
    "publish_from", "publish_until", "location", "rank",
)  # fmt: skip
PRODUCTS: Any = Product.__table__
COLUMNS = tuple(column.name for column in PRODUCTS.columns)


class CannotTakeIn(ShopError):
    """What was checked before cannot be done any more; `facts` name the SKU and why. The caller's transaction must end."""

    kind, code = Kind.CONFLICT, "cannot_take_in"


class Planned(Struct, frozen=True, kw_only=True):
    """The duty-free price that comes next; `minor` None: none is to come."""

    minor: int | None
    valid_from: datetime | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """What a product is to become. `plain` are columns of its own (`PLAIN`); what is not named stays.

    `category` is a code, `brand` a name; prices are minor units, `duty_paid` in a tuple, as (None,) takes it away. `count`
    is what was counted, for a new product what stands here; `counted_from` what stood here when the file was checked.
    """

    sku: str
    plain: Mapping[str, Any] = field(default_factory=dict)
    category: str | None = None
    brand: str | None = None
    price: int | None = None
    duty_paid: tuple[int | None] | None = None
    planned: Planned | None = None
    count: int | None = None
    counted_from: int | None = None


class Shelves:
    """Categories and brands, read once for all batches; brands that are not known yet are made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._categories = {row.code: row.id for row in session.execute(select(Category.code, Category.id))}
        self._brands = {brand.name: brand for brand in session.scalars(select(Brand))}

    def category(self, wanted: Wanted) -> int:
        """The key of its category. Raises CannotTakeIn."""
        if wanted.category not in self._categories:
            raise CannotTakeIn(sku=wanted.sku, reason="no_such_category")
        return self._categories[wanted.category]

    def brand(self, name: str) -> int:
        return brands.named(self._session, self._brands, name).id


def locked(session: Session, skus: Sequence[str]) -> dict[str, Product]:
    """These products by SKU, locked in the order of their keys: whoever changes one takes turns, an order need not wait."""
    found = session.scalars(
        select(Product).where(Product.sku.in_(skus)).order_by(Product.id).with_for_update(of=Product, key_share=True)
    )
    return {product.sku: product for product in found}


def lock_keys(session: Session, skus: Sequence[str]) -> None:
    """Lock also what other tables refer to, of locked products whose EAN will change. Orders of them wait from here on: to be done
    before any stock is locked, for which orders wait while they hold the product."""
    if skus:
        session.execute(select(Product.id).where(Product.sku.in_(skus)).order_by(Product.id).with_for_update()).all()


def free_eans(session: Session, skus: Sequence[str]) -> None:
    """Take the EANs of these products away, so that they can be dealt out anew, in any order."""
    session.execute(
        update(Product)
        .where(Product.sku.in_(skus))
        .values(ean=literal("~") + func.cast(Product.id, Product.sku.type))
        .execution_options(synchronize_session=False)
    )


def create(session: Session, batch: Sequence[Wanted], shelves: Shelves, currency: Currency, actor: str, now: datetime) -> None:
    """Make these products, with their prices and what stands here of them. Raises CannotTakeIn; IntegrityError: SKU or EAN are taken."""
    made: list[tuple[Product, Wanted]] = []
    prices: list[dict[str, Any]] = []
    for key, wanted in zip(bulk.reserve(session, PRODUCTS, len(batch)), batch, strict=True):
        product = _fresh(key, wanted, currency, now)
        _describe(product, wanted, shelves, now)
        first = books.first_prices(product, actor, now)
        prices += first
        if wanted.planned is not None:
            writer = _Writer(product, actor, now, {row["kind"]: [Price(**row)] for row in first})
            writer.write_all(wanted)
            prices += writer.written
        made.append((product, wanted))
    bulk.put(session, PRODUCTS, [{name: getattr(product, name) for name in COLUMNS} for product, _ in made])
    books.begin_many(session, [(product, wanted.count or 0) for product, wanted in made], actor, now)
    bulk.put(session, PRICES, prices)
    indexing.catch_up(session, [product.id for product, _ in made])


def _fresh(key: int, wanted: Wanted, currency: Currency, now: datetime) -> Product:
    """A product that no session knows, with nothing said of it yet."""
    return Product(
        id=key, sku=wanted.sku, price_minor=wanted.price, price_currency=currency.value, version=1, changed_at=now, volume_ml=None,
        alcohol_permille=None, weight_g=None, location=None, name_en="", name_de="", text_zh="", text_en="", text_de="", rank=0,
        active=False, publish_from=None, publish_until=None, first_on_sale_at=None, picture=None, picture_kind="webp", gallery=None,
        duty_paid_minor=wanted.duty_paid[0] if wanted.duty_paid else None, next_price_at=None, reduced_from_minor=None, reduced_until=None,
    )  # fmt: skip


def change(
    session: Session, products: Mapping[str, Product], batch: Sequence[Wanted], shelves: Shelves, actor: str, now: datetime
) -> None:
    """Change these locked products. Raises CannotTakeIn; IntegrityError: an EAN is taken."""
    pairs = [(products[wanted.sku], wanted) for wanted in batch]
    for product, wanted in pairs:
        _describe(product, wanted, shelves, now)
        editing.touched(product, now)
    _price(session, pairs, actor, now)
    _count(session, pairs, actor, now)
    session.flush()
    indexing.catch_up(session, [product.id for product, _ in pairs])


def _describe(product: Product, wanted: Wanted, shelves: Shelves, now: datetime) -> None:
    for name in PLAIN:
        if name in wanted.plain:
            setattr(product, name, wanted.plain[name])
    if wanted.category is not None:
        product.category_id = shelves.category(wanted)
    if wanted.brand is not None:
        product.brand, product.brand_id = wanted.brand, shelves.brand(wanted.brand)
    product.first_on_sale_at = rules.first_on_sale(product.first_on_sale_at, product.active, product.publish_from, now)
    editing.describe(product)


def _price(session: Session, pairs: Sequence[tuple[Product, Wanted]], actor: str, now: datetime) -> None:
    """Write what changes into the histories, and onto the products what pages need to know of them."""
    told = prices_of(session, [product.id for product, _ in pairs])
    written: list[dict[str, Any]] = []
    withdrawn: list[int] = []
    for product, wanted in pairs:
        writer = _Writer(product, actor, now, told.get(product.id, {}))
        writer.write_all(wanted)
        written += writer.written
        withdrawn += writer.withdrawn
    bulk.put(session, PRICES, written)
    if withdrawn:
        session.execute(
            update(Price)
            .where(Price.id.in_(withdrawn))
            .values(withdrawn_at=now, withdrawn_by=actor)
            .execution_options(synchronize_session=False)
        )


def _steps(prices: Sequence[Any]) -> list[rules.PriceStep]:
    return pricing.steps(sorted(prices, key=lambda price: price.valid_from))


class _Writer:
    """What becomes of the price history of one product that is `told` so far, by kind: rows `written`, keys `withdrawn`."""

    def __init__(self, product: Product, actor: str, now: datetime, told: Mapping[str, Sequence[Any]]) -> None:
        self._product, self._actor, self._now = product, actor, now
        self._free, self._paid = (list(told.get(kind.value, [])) for kind in (PriceKind.DUTY_FREE, PriceKind.DUTY_PAID))
        self.written: list[dict[str, Any]] = []
        self.withdrawn: list[int] = []

    def write_all(self, wanted: Wanted) -> None:
        """The histories as somebody wants them, and on the product what pages need to know. Raises CannotTakeIn."""
        if wanted.price is not None:
            self._write(PriceKind.DUTY_FREE, self._free, wanted.price, self._now)
        if wanted.duty_paid is not None:
            self._write(PriceKind.DUTY_PAID, self._paid, wanted.duty_paid[0], self._now)
        if wanted.planned is not None:
            self._plan(wanted.planned)
        pricing.know(self._product, _steps(self._free), _steps(self._paid), self._now)

    def _write(self, kind: PriceKind, prices: list[Any], minor: int | None, at: datetime) -> None:
        before = rules.in_force(_steps(prices), at)
        if at == self._now and (before.minor if before else None) == minor:
            return  # a planned one stands in the books, whatever counts until then
        row = pricing.row(self._product, kind, minor, self._actor, self._now, at)
        self.written.append(row)
        prices.append(Price(**row))

    def _plan(self, planned: Planned) -> None:
        """Put another price in the place of the one that comes next."""
        old = next_of(self._free, self._now)
        gone = [price for price in self._free if old is not None and price.valid_from == old.valid_from]
        self._free = [price for price in self._free if price not in gone]
        if planned.minor is not None and planned.valid_from is not None:
            if planned.valid_from <= self._now:
                raise CannotTakeIn(sku=self._product.sku, reason="price_in_the_past")
            if any(price.valid_from == planned.valid_from for price in self._free):
                raise CannotTakeIn(sku=self._product.sku, reason="price_already_planned")
            self._write(PriceKind.DUTY_FREE, self._free, planned.minor, planned.valid_from)
        self.withdrawn += [price.id for price in gone]


def _count(session: Session, pairs: Sequence[tuple[Product, Wanted]], actor: str, now: datetime) -> None:
    """Book what was counted. Stock comes last: checkouts wait for these rows until the transaction ends."""
    counted = {product.id: (wanted.count, wanted) for product, wanted in pairs if wanted.count is not None}
    if not counted:
        return
    found = session.scalars(select(Stock).where(Stock.product_id.in_(counted)).order_by(Stock.product_id).with_for_update())
    moved = []
    for stock in found:
        number, wanted = counted[stock.product_id]
        if stock.on_hand != wanted.counted_from:
            raise CannotTakeIn(sku=wanted.sku, reason="stock_moved")
        if number < stock.held + stock.allocated:
            raise CannotTakeIn(sku=wanted.sku, reason="not_enough_to_take")
        moved.append(ledger.row(stock, MovementReason.COUNT, number - stock.on_hand, actor, now))
        stock.on_hand = number
    bulk.put(session, MOVEMENTS, moved)
