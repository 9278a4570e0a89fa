"""Products as visitors see them, and how they get onto the shelves."""
from typing import Any

import builders
import pytest
from builders import NOW, a_product, a_searched_product, an_order, put_again, same, stock_of
from flask import Flask
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.catalogue import queries, searching
from shop.catalogue.listing import Wanted
from shop.catalogue.models import Product
from shop.catalogue.queries import NoSuchProduct


def _skus(**asked: Any) -> list[str]:
    return [item.sku for item in queries.page(**{"now": NOW, **asked}).items]


@pytest.mark.parametrize("count", [1, 20, 45])
def test_a_page_of_products_is_one_statement_however_many_there_are(app: Flask, statements: list[str], count: int) -> None:
    for _ in range(count):
        a_product()
    statements.clear()

    shown = queries.page(now=NOW)

    assert len(statements) == 1
    assert len(shown.items) == min(count, queries.PAGE)


def test_pages_follow_each_other_without_gaps_or_repeats(app: Flask) -> None:
    skus = [a_product(rank=n // 3) for n in range(8)]

    seen, after = [], None
    for _ in range(20):
        shown = queries.page(after=after, limit=3, now=NOW)
        seen += [item.sku for item in shown.items]
        after = shown.next
        if after is None:
            break

    assert seen == skus


@pytest.mark.parametrize("after", ["", "x", "1", "-", "1-", "-1", "1-x", "9" * 30 + "-1", "1-" + "9" * 30, "１-２", "1-1-1"])
def test_a_cursor_that_is_rubbish_is_the_beginning(app: Flask, after: str) -> None:
    sku = a_product()

    assert _skus(after=after) == [sku]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("glen", True),
        ("GLEN moor", True),
        ("moor glen", True),
        ("格兰", True),
        ("glen vodka", False),
        ("%", False),
        ("_", False),
        ("\\", False),
        ("'", False),
        ("  ", False),
        ("x" * 500, False),
    ],
)
def test_a_search_finds_every_word_in_any_language(app: Flask, words: str, found: bool) -> None:
    a_searched_product("SP-GLEN", name={"zh": "格兰穆尔", "en": "Glen Moor 12", "de": "Glen Moor 12 Jahre"})

    said = searching.search(words, Wanted(), now=NOW)

    assert (bool(said.listed.items) and not said.loosely) is found


@pytest.mark.parametrize("words", ["fichtental", "SP-0007", "2100000000007"])
def test_a_search_finds_brand_sku_and_ean(app: Flask, words: str) -> None:
    a_searched_product("SP-0007", ean="2100000000007")

    assert [item.sku for item in searching.search(words, Wanted(), now=NOW).listed.items] == ["SP-0007"]


def test_a_category_shows_its_own_products(app: Flask) -> None:
    whisky = a_product()
    catalogue.put_categories([catalogue.NewCategory(code="sweets", name=same("Sweets"), rank=0)])
    sweet = a_product(category="sweets")

    assert (_skus(category="sweets"), _skus(category="spirits"), _skus(category="none")) == ([sweet], [whisky], [])
    assert [shelf.code for shelf in queries.shelves()] == ["sweets", "spirits"]


@pytest.mark.parametrize(
    ("ordered", "left", "state"),
    [(0, 9, "available"), (3, 6, "available"), (4, 5, "few"), (8, 1, "few"), (9, 0, "sold_out")],
)
def test_what_others_hold_is_not_offered(app: Flask, ordered: int, left: int, state: str) -> None:
    sku = a_product(on_hand=9)
    if ordered:
        an_order({sku: ordered})

    offer = queries.offer(sku, NOW)

    assert (offer.left, offer.stock_state) == (left, state)


def test_a_product_taken_off_the_shelf_is_offered_no_more(app: Flask) -> None:
    sku = a_product()
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == sku).values(active=False))

    with pytest.raises(NoSuchProduct):
        queries.offer(sku, NOW)
    assert (_skus(), queries.offers([sku], NOW)) == ([], {})


def test_offers_answer_only_what_there_is_in_one_statement(app: Flask, statements: list[str]) -> None:
    skus = [a_product() for _ in range(3)]
    statements.clear()

    found = queries.offers([*skus, "NO-SUCH", skus[0]], NOW)

    assert (sorted(found), len(statements)) == (sorted(skus), 1)
    assert queries.offers([], NOW) == {}


def test_putting_a_product_again_changes_its_words_and_leaves_its_stock(app: Flask) -> None:
    sku = a_product(on_hand=10, price=50_00)
    an_order({sku: 4})

    a_product(sku, on_hand=99, price=60_00, ean="2199999999999")

    assert queries.offer(sku, NOW).price == Money(60_00, Currency.EUR)
    assert stock_of(sku) == (10, 4, 0, 0)


def test_putting_a_product_again_keeps_the_pictures_that_people_have_uploaded(app: Flask) -> None:
    sku = a_product(picture="sp-0001-1a2b3c4d")
    put_again(sku, picture="sp-0001-aaaaaaaa")
    drawn = queries.offer(sku, NOW)
    uploaded = {"stem": "up-1", "kind": "sizes", "alt": {"zh": ""}}
    with transaction() as session:
        session.execute(update(Product).values(picture="up-1", picture_kind="sizes", gallery=[uploaded]))

    put_again(sku, picture="sp-0001-1a2b3c4d")

    kept = queries.offer(sku, NOW)
    assert drawn.picture == "sp-0001-aaaaaaaa"
    assert (kept.picture, kept.picture_kind, kept.gallery) == ("up-1", "sizes", (uploaded,))


def test_a_price_in_another_currency_puts_nothing_on_the_shelf(app: Flask) -> None:
    a_product("SP-1")
    before = builders.everything()
    wanted = [
        catalogue.NewProduct(
            sku=sku, ean=ean, category="spirits", brand="B", name=same("W"), text=same("T"), price=Money(1, currency), on_hand=1, rank=1,
        )
        for sku, ean, currency in (("SP-2", "22", Currency.EUR), ("SP-3", "23", Currency.CNY))
    ]  # fmt: skip

    with pytest.raises(ValueError, match="SP-3: the shop sells in EUR"):
        catalogue.put_products(wanted, Currency.EUR, NOW)

    assert builders.everything() == before


def _location(sku: str) -> str | None:
    with reading() as session:
        return session.scalar(select(Product.location).where(Product.sku == sku))


def test_a_product_gets_its_place_in_the_store_room_where_it_is_made(app: Flask) -> None:
    sku = a_product(location=" a_03 2 ")

    assert _location(sku) == "A-03-2"
    assert _location(a_product()) is None


def test_changing_a_product_keeps_its_place_unless_another_is_said(app: Flask) -> None:
    sku = a_product(location="A-03-2")

    a_product(sku, price=60_00)
    kept = _location(sku)
    a_product(sku, location="B-1")
    moved = _location(sku)
    a_product(sku, location="")

    assert (kept, moved, _location(sku)) == ("A-03-2", "B-1", None)


@pytest.mark.parametrize("location", ["A--3!", "<b>", "A-" + "1" * 19, "甲-1", "-", "A\n;1"])
def test_what_cannot_be_a_place_is_refused_and_nothing_is_changed(app: Flask, location: str) -> None:
    with pytest.raises(ValueError, match="no place in the store room"):
        a_product("SP-NEW", location=location)

    assert "SP-NEW" not in _skus()
