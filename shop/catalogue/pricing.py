"""Verbs about prices: set one now, plan one, withdraw a planned one, settle what has come due.

A price is written once, into `prices`; the product keeps what a page needs to know of it (`models.Product`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency, Money
from shop.catalogue import rules
from shop.catalogue.models import Product
from shop.catalogue.price_models import Price
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.rules import PriceStep
from shop.catalogue.states import PriceKind

ZONE = ZoneInfo("Europe/Berlin")  # in which the days of German price law are counted


class NoSuchPlannedPrice(ShopError):
    """It was withdrawn, or it is valid by now."""

    kind, code = Kind.NOT_FOUND, "no_such_planned_price"


class PriceInThePast(ShopError):
    kind, code = Kind.INVALID, "price_in_the_past"


class PriceAlreadyPlanned(ShopError):
    """For that very moment there is a price; withdraw it first."""

    kind, code = Kind.CONFLICT, "price_already_planned"


class WrongPrice(ShopError):
    kind, code = Kind.INVALID, "wrong_price"


class NewPrice(Struct, frozen=True, kw_only=True):
    """`amount` None (duty-paid only): from then on there is none. `valid_from` None: now."""

    kind: PriceKind
    amount: Money | None
    valid_from: datetime | None = None
    reason: str = ""


def set_price(sku: str, wanted: NewPrice, actor: str, now: datetime) -> None:
    """Set the price of a product, now or from a later moment on. Setting now what already counts changes nothing; a planned
    price stands in the books whatever counts until then, for that may still change.

    Raises NoSuchProduct, PriceInThePast, PriceAlreadyPlanned, and WrongPrice for none, too much or another currency.
    """
    with transaction() as session:
        product = lock(session, sku)
        before = product.price_minor if wanted.kind is PriceKind.DUTY_FREE else product.duty_paid_minor
        if write(session, product, wanted, actor, now):
            said = {"kind": wanted.kind.value, "minor": wanted.amount.minor if wanted.amount else None,
                    "valid_from": (wanted.valid_from or now).isoformat(), "reason": wanted.reason}  # fmt: skip
            session.flush()
            audit.record(session, actor, "product.price_set", f"product:{sku}", now, {"minor": before}, said)


def withdraw(sku: str, price_id: int, actor: str, now: datetime) -> None:
    """Take a planned price back before it counts. Raises NoSuchProduct, NoSuchPlannedPrice."""
    with transaction() as session:
        product = lock(session, sku)
        price = session.scalar(select(Price).where(Price.id == price_id, Price.product_id == product.id))
        if price is None or price.withdrawn_at is not None or price.valid_from <= now:
            raise NoSuchPlannedPrice
        price.withdrawn_at, price.withdrawn_by = now, actor
        session.flush()
        settle(session, product, now)
        session.flush()
        said = {"kind": price.kind, "minor": price.amount_minor, "valid_from": price.valid_from.isoformat()}
        audit.record(session, actor, "product.price_withdrawn", f"product:{sku}", now, before=said)


def settle_due(now: datetime, limit: int = 200) -> int:
    """Let products know the prices that have come due; answers how many. Anybody may call it, as often as they like."""
    with transaction() as session:
        due = session.scalars(
            select(Product)
            .where(Product.next_price_at <= now)
            .order_by(Product.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        for product in due:
            settle(session, product, now)
        return len(due)


# What follows takes the caller's session and never commits.


def lock(session: Session, sku: str) -> Product:
    """The product, locked: whoever changes it takes turns, and an order that is placed need not wait. Raises NoSuchProduct."""
    product = session.scalar(select(Product).where(Product.sku == sku).with_for_update(key_share=True))
    if product is None:
        raise NoSuchProduct(sku=sku)
    return product


def write(session: Session, product: Product, wanted: NewPrice, actor: str, now: datetime) -> bool:
    """As `set_price`, for a locked product; answers whether anything was written."""
    at = (wanted.valid_from or now).astimezone(UTC)  # zones that leap: such a moment equals none of another zone
    if at < now:
        raise PriceInThePast(fields={"valid_from": ["price_in_the_past"]})
    minor = _amount(wanted, product.price_currency)
    told = history(session, product.id, wanted.kind)
    if at > now and any(price.valid_from == at for price in told):
        raise PriceAlreadyPlanned(fields={"valid_from": ["price_already_planned"]})
    before = rules.in_force(steps(told), at)
    if at == now and (before.minor if before else None) == minor:
        return False
    session.add(
        Price(
            product_id=product.id, kind=wanted.kind.value, amount_minor=minor, amount_currency=product.price_currency, valid_from=at,
            set_by=actor, set_at=now, reason=wanted.reason,
        )
    )  # fmt: skip
    session.flush()
    settle(session, product, now)
    return True


def row(
    product: Product, kind: PriceKind, minor: int | None, actor: str, now: datetime, valid_from: datetime | None = None
) -> dict[str, Any]:
    """A row of the price history; `valid_from` None: from now on."""
    return {
        "product_id": product.id, "kind": kind.value, "amount_minor": minor, "amount_currency": product.price_currency,
        "valid_from": valid_from or now, "set_by": actor, "set_at": now, "reason": "",
    }  # fmt: skip


def _amount(wanted: NewPrice, currency: str) -> int | None:
    if wanted.amount is None:
        if wanted.kind is PriceKind.DUTY_FREE:
            raise WrongPrice(fields={"amount": ["wrong_price"]})
        return None
    if wanted.amount.currency is not Currency(currency) or not 0 < wanted.amount.minor <= rules.MOST_MINOR:
        raise WrongPrice(fields={"amount": ["wrong_price"]})
    return wanted.amount.minor


def history(session: Session, product_id: int, kind: PriceKind) -> Sequence[Any]:
    """Every price of this kind that was not withdrawn, planned ones too, in the order in which they count."""
    return session.execute(
        select(Price.id, Price.amount_minor, Price.valid_from)
        .where(Price.product_id == product_id, Price.kind == kind.value, Price.withdrawn_at.is_(None))
        .order_by(Price.valid_from, Price.id)
    ).all()


def histories(session: Session, product_ids: Sequence[int], kind: PriceKind) -> Sequence[Any]:
    """The same of several products, with their keys, in one statement."""
    return session.execute(
        select(Price.id, Price.product_id, Price.amount_minor, Price.valid_from)
        .where(Price.product_id.in_(product_ids), Price.kind == kind.value, Price.withdrawn_at.is_(None))
        .order_by(Price.product_id, Price.valid_from, Price.id)
    ).all()


def money_of(product: Product, minor: int) -> Money:
    """An amount in the currency of the product's price."""
    return Money(minor, Currency(product.price_currency))


def steps(prices: Iterable[Any]) -> list[PriceStep]:
    """The same as the rules want it."""
    return [PriceStep(price.valid_from, price.amount_minor) for price in prices]


def settle(session: Session, product: Product, now: datetime) -> None:
    """Write onto a locked product what pages need to know of its prices."""
    free, paid = (steps(history(session, product.id, kind)) for kind in (PriceKind.DUTY_FREE, PriceKind.DUTY_PAID))
    know(product, free, paid, now)


def know(product: Product, free: Sequence[PriceStep], paid: Sequence[PriceStep], now: datetime) -> None:
    """As `settle`, for whoever has the two histories already."""
    present, beside = rules.in_force(free, now), rules.in_force(paid, now)
    if present is not None and present.minor is not None:
        product.price_minor = present.minor
    product.duty_paid_minor = beside.minor if beside is not None else None
    product.next_price_at = min((step.since for step in (*free, *paid) if step.since > now), default=None)
    reduced = rules.reduction(free, now, ZONE, product.first_on_sale_at)
    product.reduced_from_minor = reduced.lowest if reduced else None
    product.reduced_until = reduced.until if reduced else None
