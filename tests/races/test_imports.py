"""Two managers and one catalogue: whoever applies second is told, and nothing is overwritten unseen."""

import io
from typing import Any

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies, together
from sqlalchemy import func, select, text

from shop.base.db import reading, transaction
from shop.base.money import Currency, Money
from shop.catalogue import pricing
from shop.catalogue.models import Product
from shop.catalogue.price_models import Price
from shop.catalogue.states import PriceKind
from shop.exchange import applying, checking, commands, queries
from shop.exchange.states import ImportState

pytestmark = pytest.mark.postgresql
NOW = builders.NOW


def confirmed(rows: list[str]) -> int:
    kept = commands.take_in(io.BytesIO("\n".join(["sku,price", *rows]).encode()), "x.csv", Currency.EUR, "staff:1", NOW)
    checking.check(kept, {}, NOW)
    commands.confirm(kept, queries.one(kept).run, "staff:1", NOW)
    return kept


def prices() -> dict[str, int]:
    with reading() as session:
        return {row.sku: row.price_minor for row in session.execute(select(Product.sku, Product.price_minor))}


def test_of_imports_for_the_same_products_one_is_applied_whole_and_the_others_not_at_all(app: Flask) -> None:
    skus = [builders.a_product(price=50_00) for _ in range(6)]
    orders = [skus, skus[::-1]] * 2  # in the files; they must not wait for each other in a ring
    sent = [confirmed([f"{sku},{60 + n}" for sku in order]) for n, order in enumerate(orders)]

    together(app, [lambda kept=kept: applying.apply(kept, {}, NOW) for kept in sent])

    states = [queries.one(kept).state for kept in sent]
    assert sorted(states) == [ImportState.APPLIED, *[ImportState.OVERTAKEN] * 3]
    assert set(prices().values()) == {(60 + states.index(ImportState.APPLIED)) * 100}


def test_one_import_applied_by_many_workers_is_applied_once(app: Flask) -> None:
    sku = builders.a_product(price=50_00)
    kept = confirmed([f"{sku},45"])

    copies(app, 6, lambda _: applying.apply(kept, {}, NOW))

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Price).where(Price.amount_minor == 45_00)) == 1
    assert queries.one(kept).state is ImportState.APPLIED


def test_a_price_set_by_hand_at_the_same_moment_is_never_overwritten_unseen(app: Flask) -> None:
    """Either the import was first and the hand second, or the import is told: never the import over the hand."""
    for n in range(4):
        sku = builders.a_product(price=50_00)
        kept = confirmed([f"{sku},45"])
        by_hand = pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=Money(70_00 + n, Currency.EUR))

        together(app, [lambda k=kept: applying.apply(k, {}, NOW), lambda s=sku, p=by_hand: pricing.set_price(s, p, "staff:2", NOW)])

        assert prices()[sku] == 70_00 + n


def test_control_without_a_lock_and_a_look_the_second_import_overwrites(app: Flask) -> None:
    sku = builders.a_product(price=50_00)
    unguarded = Unguarded(2)

    def apply(n: int) -> Any:
        with reading() as session:
            seen = session.scalar(select(Product.price_minor).where(Product.sku == sku))
        unguarded.wait()
        with transaction() as session:
            if seen == 50_00:
                session.execute(text("UPDATE products SET price_minor = :minor WHERE sku = :sku"), {"minor": 60_00 + n, "sku": sku})
        return seen == 50_00

    assert copies(app, 2, apply) == [True, True]  # both believe that theirs is what was shown
