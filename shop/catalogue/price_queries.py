"""Questions about prices: what a product cost, costs and will cost, and what the shop says beside it."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.catalogue import rules
from shop.catalogue.models import Product
from shop.catalogue.price_models import Price
from shop.catalogue.pricing import ZONE
from shop.catalogue.rules import PriceStep
from shop.catalogue.states import PriceKind

SHOWN = 100  # rows of a product's history


class PriceRow(Struct, frozen=True):
    """A row of the books. `amount` None: from then on there is no such price."""

    id: int
    kind: PriceKind
    amount: Money | None
    valid_from: datetime
    set_by: str
    set_at: datetime
    reason: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class Prices(Struct, frozen=True):
    """Of one product: what counts now, what is planned (soonest first), and all of its history (youngest first).

    `lowest` is the lowest duty-free price of the last 30 days; `reduced_from` what the shop must and does say beside a
    reduced price, until `reduced_until`.
    """

    duty_free: Money | None
    duty_paid: Money | None
    planned: tuple[PriceRow, ...]
    history: tuple[PriceRow, ...]
    lowest: Money | None
    reduced_from: Money | None
    reduced_until: datetime | None


def prices(product_id: int, now: datetime) -> Prices:
    """All of it in one statement."""
    with reading() as session:
        rows = session.execute(
            select(Price.__table__, Product.first_on_sale_at)
            .join(Product, Product.id == Price.product_id)
            .where(Price.product_id == product_id)
            .order_by(Price.valid_from, Price.id)
        ).all()
    told = [
        PriceRow(
            row.id, PriceKind(row.kind), _money(row.amount_minor, row.amount_currency), row.valid_from, row.set_by, row.set_at, row.reason,
            row.withdrawn_at, row.withdrawn_by,
        )
        for row in rows
    ]  # fmt: skip
    free, paid = (_steps(told, kind) for kind in (PriceKind.DUTY_FREE, PriceKind.DUTY_PAID))
    currency = rows[0].amount_currency if rows else Currency.EUR.value
    reduced = rules.reduction(free, now, ZONE, rows[0].first_on_sale_at if rows else None)
    present, beside = rules.in_force(free, now), rules.in_force(paid, now)
    return Prices(
        duty_free=_money(present.minor if present else None, currency), duty_paid=_money(beside.minor if beside else None, currency),
        planned=tuple(row for row in told if row.valid_from > now and row.withdrawn_at is None),
        history=tuple(reversed([row for row in told if row.valid_from <= now or row.withdrawn_at is not None]))[:SHOWN],
        lowest=_money(rules.lowest_since(free, rules.window_start(now, ZONE), now), currency),
        reduced_from=_money(reduced.lowest if reduced else None, currency), reduced_until=reduced.until if reduced else None,
    )  # fmt: skip


def _steps(rows: list[PriceRow], kind: PriceKind) -> list[PriceStep]:
    return [
        PriceStep(row.valid_from, row.amount.minor if row.amount else None)
        for row in rows
        if row.kind is kind and row.withdrawn_at is None
    ]


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, Currency(currency))
