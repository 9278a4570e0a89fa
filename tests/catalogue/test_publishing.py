"""What is on sale: active products between their two moments, on shelves that are shown."""

from datetime import datetime, timedelta
from itertools import product as every

import pytest
from builders import NOW, a_product
from flask import Flask
from sqlalchemy import update

from shop.base.db import transaction
from shop.catalogue import queries, rules
from shop.catalogue.models import Category, Product

TICK = timedelta(microseconds=1)
EDGES = (None, NOW - TICK, NOW, NOW + TICK)


def _on_sale(sku: str, now: datetime) -> bool:
    return sku in queries.offers([sku], now)


def test_the_condition_of_the_database_is_the_rule(app: Flask) -> None:
    sku = a_product()

    for active, start, end in every((True, False), EDGES, EDGES):
        with transaction() as session:
            session.execute(update(Product).where(Product.sku == sku).values(active=active, publish_from=start, publish_until=end))
        assert _on_sale(sku, NOW) is rules.is_published(active, start, end, NOW), (active, start, end)


@pytest.mark.parametrize(("moment", "shown"), [(NOW - TICK, False), (NOW, True), (NOW + timedelta(days=1), False)])
def test_a_product_is_on_sale_from_its_first_moment_until_just_before_its_last(app: Flask, moment: datetime, shown: bool) -> None:
    sku = a_product()
    with transaction() as session:
        session.execute(update(Product).values(publish_from=NOW, publish_until=NOW + timedelta(days=1)))

    assert _on_sale(sku, moment) is shown
    assert ([item.sku for item in queries.page(now=moment).items] == [sku]) is shown


def test_a_hidden_category_hides_what_stands_on_it(app: Flask) -> None:
    sku = a_product()
    with transaction() as session:
        session.execute(update(Category).values(hidden=True))

    assert not _on_sale(sku, NOW)
    assert queries.shelves() == []


@pytest.mark.parametrize(
    ("known", "active", "start", "expected"),
    [
        (None, True, None, NOW),
        (None, True, NOW + TICK, NOW + TICK),
        (None, True, NOW - TICK, NOW),
        (None, False, None, None),
        (NOW - TICK, False, None, NOW - TICK),  # it happened
        (NOW + TICK, False, None, None),  # it was only planned
        (NOW + TICK, True, NOW + 2 * TICK, NOW + 2 * TICK),
    ],
)
def test_the_first_moment_on_sale_is_kept_once_it_has_come(
    known: datetime | None, active: bool, start: datetime | None, expected: datetime | None
) -> None:
    assert rules.first_on_sale(known, active, start, NOW) == expected
