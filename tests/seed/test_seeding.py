"""The example shop in the database: ready to be packed, and what people changed stays."""
from pathlib import Path

import pytest
from builders import NOW, point_id
from flask import Flask
from sqlalchemy import select

from shop import seed, seeding
from shop.base.db import reading
from shop.base.money import Currency
from shop.catalogue.models import Product
from shop.catalogue.price_models import Price
from shop.catalogue.states import PriceKind
from shop.pickup import packing, packing_shelf_queries
from shop.pickup.checks import EVIDENCE
from shop.pickup.models import HandOverRules


@pytest.fixture
def seeded(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the command said."""
    names = {product["sku"]: product["sku"].lower() for product in seed.load().products}
    monkeypatch.setattr(seeding.pictures, "write_pictures", lambda _products, _folder: names)  # drawing takes seconds
    said: list[str] = []
    seeding.put_example_shop(Currency.EUR, tmp_path, NOW, said.append)
    return said


def test_every_product_has_its_place_in_the_store_room(seeded: list[str]) -> None:
    with reading() as session:
        places = dict(session.execute(select(Product.sku, Product.location)).all())

    assert places == {product["sku"]: product["location"] for product in seed.load().products}


def test_every_point_has_its_shelf_and_asks_for_checks_and_one_asks_for_more(seeded: list[str]) -> None:
    points = seed.load().pickup_points
    with reading() as session:
        rules = {row.pickup_point_id: row for row in session.scalars(select(HandOverRules))}

    for point in points:
        shelf = packing_shelf_queries.shelf_of(point_id(point["code"]))
        assert [slot.code for slot in shelf] == [f"{row['row']}{n + 1}" for row in point["shelf"] for n in range(row["slots"])]
        asks = rules[point_id(point["code"])]
        assert (asks.asks_age, asks.asks_sealed_bag) == (True, True)
        assert asks.asks_boarding_pass is (point["code"] == seeding.STRICT_POINT)
        assert set(asks.keeps) <= EVIDENCE
    assert len(rules) == len(points)
    assert f"{len(points)} pickup points with 58 shelf slots" in seeded[-1]


def test_a_shelf_that_somebody_set_up_is_not_touched_by_seeding_again(seeded: list[str], tmp_path: Path) -> None:
    packing.put_slots(point_id("T1-B42"), {"Z9": 3})

    seeding.put_example_shop(Currency.EUR, tmp_path, NOW, seeded.append)

    assert [(slot.code, slot.capacity) for slot in packing_shelf_queries.shelf_of(point_id("T1-B42"))] == [("Z9", 3)]
    assert "shelf slots" not in seeded[-1]


def test_goods_have_their_price_with_duty_and_vat_and_seeding_again_writes_none_twice(seeded: list[str], tmp_path: Path) -> None:
    wanted = {product["sku"]: product.get("duty_paid_eur_minor") for product in seed.load().products}

    seeding.put_example_shop(Currency.EUR, tmp_path, NOW, seeded.append)

    with reading() as session:
        found = dict(session.execute(select(Product.sku, Product.duty_paid_minor)).all())
        written = session.scalars(select(Price.amount_minor).where(Price.kind == PriceKind.DUTY_PAID.value)).all()
    assert found == wanted
    assert sorted(written) == sorted(minor for minor in wanted.values() if minor is not None)
