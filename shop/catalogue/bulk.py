"""Verbs about many products at once: look at what would happen, then do exactly that, to all of them or to none."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.catalogue import editing, pricing, rules
from shop.catalogue.models import Category, Product
from shop.catalogue.queries import NoSuchCategory
from shop.catalogue.states import PriceKind

MOST = 500  # products at once
LEAST_TENTHS, MOST_TENTHS = -900, 1000  # of a percent: a slip of the finger makes nothing free


class NothingChosen(ShopError):
    kind, code = Kind.INVALID, "nothing_chosen"


class TooManyChosen(ShopError):
    kind, code = Kind.INVALID, "too_many_chosen"


class WrongPercent(ShopError):
    kind, code = Kind.INVALID, "wrong_percent"


class BulkChanged(ShopError):
    """Something of what was shown is not so any more. Nothing was done."""

    kind, code = Kind.CONFLICT, "bulk_changed"


class BulkImpossible(ShopError):
    """It cannot be done to all of them, so it was done to none. Facts: `count`."""

    kind, code = Kind.CONFLICT, "bulk_impossible"


class Publish(Struct, frozen=True):
    """Put them on sale, or take them off."""

    active: bool


class ToCategory(Struct, frozen=True):
    code: str


class Percent(Struct, frozen=True):
    """Change their duty-free prices by so many tenths of a percent, from a moment on (None: now)."""

    tenths: int
    valid_from: datetime | None
    reason: str = ""


Deed = Publish | ToCategory | Percent


class Effect(Struct, frozen=True):
    """What would become of one product. `before` and `after` are plain (a price in minor units, a code, on sale or not);
    `problem` is the code of what is in the way. Equal values: nothing happens to it."""

    sku: str
    name: dict[str, str]
    before: Any
    after: Any
    problem: str | None = None


class Outlook(Struct, frozen=True):
    """What would happen, and a mark of exactly that."""

    effects: tuple[Effect, ...]
    missing: tuple[str, ...]

    @property
    def mark(self) -> str:
        said = repr([(effect.sku, effect.before, effect.after, effect.problem) for effect in self.effects])
        return hashlib.sha256(f"{said}{self.missing}".encode()).hexdigest()[:32]

    @property
    def changes(self) -> int:
        return sum(1 for effect in self.effects if effect.before != effect.after)

    @property
    def problems(self) -> int:
        return len(self.missing) + sum(1 for effect in self.effects if effect.problem)


def preview(skus: Sequence[str], deed: Deed, now: datetime) -> Outlook:
    """What `apply` would do at `now`. Raises NothingChosen, TooManyChosen, WrongPercent, NoSuchCategory, PriceInThePast."""
    _check(skus, deed, now)
    with reading() as session:
        return _outlook(session, _products(session, skus), skus, deed, now)


def apply(skus: Sequence[str], deed: Deed, mark: str, actor: str, now: datetime) -> int:
    """Do what a preview with this `mark` has shown; answers to how many products something happened.

    Raises BulkChanged when it would not be the same any more, BulkImpossible when it cannot be done to all, and what
    `preview` raises.
    """
    _check(skus, deed, now)
    with transaction() as session:
        products = _products(session, skus, lock=True)
        outlook = _outlook(session, products, skus, deed, now)
        if outlook.problems:
            raise BulkImpossible(count=outlook.problems)
        if outlook.mark != mark:
            raise BulkChanged
        done = [product for product, effect in zip(products, outlook.effects, strict=True) if effect.before != effect.after]
        effects = {effect.sku: effect for effect in outlook.effects}
        category = session.scalar(select(Category.id).where(Category.code == deed.code)) if isinstance(deed, ToCategory) else None
        for product in done:
            _do(session, product, deed, effects[product.sku], category, actor, now)
        session.flush()
        told = [(f"product:{product.sku}", effects[product.sku]) for product in done]
        action = _NAMES[type(deed)]
        audit.record_all(
            session, now, [audit.Deed(actor, action, thing, {"value": one.before}, _said(deed, one)) for thing, one in told]
        )
        return len(done)


_NAMES: dict[type[Any], str] = {
    Publish: "product.published",
    ToCategory: "product.category_changed",
    Percent: "product.price_set",
}


def _said(deed: Deed, effect: Effect) -> dict[str, Any]:
    more: dict[str, Any] = {"bulk": True}
    if isinstance(deed, Percent):
        more |= {"tenths_of_percent": deed.tenths, "valid_from": deed.valid_from.isoformat() if deed.valid_from else None}
    return {"value": effect.after, **more}


def _check(skus: Sequence[str], deed: Deed, now: datetime) -> None:
    if not skus:
        raise NothingChosen
    if len(skus) > MOST:
        raise TooManyChosen(most=MOST)
    if isinstance(deed, Percent):
        if not LEAST_TENTHS <= deed.tenths <= MOST_TENTHS or deed.tenths == 0:
            raise WrongPercent(fields={"percent": ["wrong_percent"]})
        if deed.valid_from is not None and deed.valid_from < now:
            raise pricing.PriceInThePast(fields={"valid_from": ["price_in_the_past"]})


def _products(session: Session, skus: Sequence[str], *, lock: bool = False) -> Sequence[Product]:
    wanted = select(Product).where(Product.sku.in_(set(skus))).order_by(Product.id)
    return session.scalars(wanted.with_for_update(key_share=True) if lock else wanted).all()


def _outlook(session: Session, products: Sequence[Product], skus: Sequence[str], deed: Deed, now: datetime) -> Outlook:
    codes = {row.id: row.code for row in session.execute(select(Category.id, Category.code))}
    if isinstance(deed, ToCategory) and deed.code not in codes.values():
        raise NoSuchCategory(fields={"category": ["wrong_choice"]})
    prices = _histories(session, products) if isinstance(deed, Percent) else {}
    effects = [_effect(product, deed, codes, prices.get(product.id, []), now) for product in products]
    found = {product.sku for product in products}
    return Outlook(tuple(effects), tuple(sorted(set(skus) - found)))


def _histories(session: Session, products: Sequence[Product]) -> dict[int, list[rules.PriceStep]]:
    """Every product's duty-free prices, in one statement."""
    found: dict[int, list[rules.PriceStep]] = {}
    for row in pricing.histories(session, [product.id for product in products], PriceKind.DUTY_FREE):
        found.setdefault(row.product_id, []).append(rules.PriceStep(row.valid_from, row.amount_minor))
    return found


def _effect(product: Product, deed: Deed, codes: dict[int, str], steps: list[rules.PriceStep], now: datetime) -> Effect:
    name = {"zh": product.name_zh, "en": product.name_en, "de": product.name_de}
    match deed:
        case Publish(active):
            return Effect(product.sku, name, product.active, active)
        case ToCategory(code):
            return Effect(product.sku, name, codes[product.category_id], code)
        case Percent(tenths, valid_from):
            at = (valid_from or now).astimezone(UTC)
            step = rules.in_force(steps, at)
            before = step.minor if step is not None and step.minor is not None else product.price_minor
            after = rules.by_percent(before, tenths)
            planned = valid_from is not None and at > now and any(one.since == at for one in steps)
            wrong = "price_already_planned" if planned else "wrong_price" if after > rules.MOST_MINOR else None
            return Effect(product.sku, name, before, after, wrong)


def _do(
    session: Session, product: Product, deed: Deed, effect: Effect, category: int | None, actor: str, now: datetime
) -> None:
    match deed:
        case Publish(active):
            product.active = active
            product.first_on_sale_at = rules.first_on_sale(product.first_on_sale_at, active, product.publish_from, now)
            editing.touched(product, now)
            pricing.settle(session, product, now)  # what it cost before it could be bought is no price to compare with
        case ToCategory():
            assert category is not None  # noqa: S101 - the outlook has found it
            product.category_id = category
            editing.touched(product, now)
        case Percent(_, valid_from, reason):
            wanted = pricing.NewPrice(
                kind=PriceKind.DUTY_FREE, amount=pricing.money_of(product, effect.after), valid_from=valid_from, reason=reason
            )
            pricing.write(session, product, wanted, actor, now)
