"""Verbs and questions about what goods cost the shop: lines of a list come in whole or not at all."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import select

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency, Money
from shop.catalogue.cost_models import ProductCost
from shop.catalogue.models import Product

LINE = re.compile(r"([0-9A-Za-z][0-9A-Za-z._-]{0,31})\s*[,;\t]\s*([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
MOST_LINES = 2000


class WrongCosts(ShopError):
    """`lines`: by number, what is wrong with each. Nothing was kept."""

    kind, code = Kind.INVALID, "wrong_costs"

    def __init__(self, lines: dict[int, str]) -> None:
        super().__init__(fields={"costs": ["wrong_costs"]}, lines=lines)
        self.lines = lines


class Known(Struct, frozen=True):
    """How many products there are on sale, and of how many of these the cost is known."""

    products: int
    known: int


def read_lines(text: str) -> list[tuple[str, int]]:
    """`SKU,12.50` a line; empty ones are passed over. Raises WrongCosts."""
    wrong, found = {}, []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if number > MOST_LINES or (match := LINE.fullmatch(line.strip())) is None:
            wrong[number] = "wrong_cost_line"
        else:
            found.append((match[1], int(match[2]) * 100 + int((match[3] or "").ljust(2, "0"))))
    if wrong or not found:
        raise WrongCosts(wrong or {0: "missing"})
    return found


def put(lines: Sequence[tuple[str, int]], currency: Currency, valid_from: date, by: str, now: datetime) -> int:
    """What these products cost from a day on; answers how many. The same again changes nothing. Raises WrongCosts."""
    with transaction() as session:
        asked = select(Product.sku, Product.id).where(Product.sku.in_([sku for sku, _ in lines]))
        ids = {row.sku: row.id for row in session.execute(asked)}
        if wrong := {number: "no_such_product" for number, (sku, _) in enumerate(lines, start=1) if sku not in ids}:
            raise WrongCosts(wrong)
        for sku, minor in lines:
            session.merge(
                ProductCost(
                    product_id=ids[sku], valid_from=valid_from, cost_minor=minor, cost_currency=currency.value, set_by=by, set_at=now
                )
            )
        after = {"from": valid_from.isoformat(), "costs": {sku: str(Money(minor, currency)) for sku, minor in lines[:200]}}
        audit.record(session, by, "product.costs_set", "products", now, after=after)
    return len(lines)


def known(day: date) -> Known:
    """Of how many products on sale the cost is known on this day."""
    with reading() as session:
        on_sale = session.scalars(select(Product.id).where(Product.active)).all()
        priced = set(session.scalars(select(ProductCost.product_id).where(ProductCost.valid_from <= day)))
    return Known(len(on_sale), sum(one in priced for one in on_sale))
