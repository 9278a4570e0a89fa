"""A shelf's cards are kept as text, and never say what is no longer true."""

from collections.abc import Callable

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.catalogue import commands as catalogue
from shop.catalogue.queries import Offer
from shop.web.storefront import cards


def test_every_field_of_an_offer_is_part_of_what_a_card_is_known_by_or_is_not_on_it() -> None:
    known = {*cards.SAID, *cards.UNSAID, "name", "left"}

    assert known == set(Offer.__struct_fields__)


@pytest.mark.parametrize("lang", ["zh", "en", "de"])
def test_a_card_is_rendered_once_while_it_says_the_same(client: FlaskClient, lang: str) -> None:
    builders.a_product("SP-1")
    client.get(f"/?lang={lang}")
    before = cards._rendered.cache_info()

    builders.a_product("SP-2")  # behind the first one, so the shelf is written anew
    client.get(f"/?lang={lang}")

    after = cards._rendered.cache_info()
    assert (after.misses, after.hits) == (before.misses + 1, before.hits + 1)


def test_price_stock_and_language_make_another_card(client: FlaskClient) -> None:
    sku = builders.a_product("SP-1", price=50_00, on_hand=10)
    assert "50.00" in client.get("/?lang=en").text
    assert "50,00" in client.get("/?lang=de").text

    builders.a_product("SP-1", price=60_00)
    builders.an_order({sku: 9})
    page = client.get("/?lang=en").text

    assert sku in page
    assert "60.00" in page
    assert "50.00" not in page
    assert "Only 1 left" in page


def test_a_shelf_is_written_once_while_it_says_the_same(client: FlaskClient, app: Flask) -> None:
    sku = builders.a_product("SP-1", on_hand=100)
    written = app.extensions["storefront"].written
    written._kept.clear()
    client.get("/categories/spirits")
    first = dict(written._kept)

    builders.an_order({sku: 9})  # there is plenty left: the shelf does not say how much
    client.get("/categories/spirits")

    assert len(first) == 1
    assert all(written._kept[key][1] is shelf for key, (_, shelf) in first.items())


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (lambda sku: builders.put_again(sku, price=61_00), "61.00"),
        (lambda sku: builders.an_order({sku: 9}), "Only 3 left"),
        (lambda sku: builders.put_again(sku, brand="Another Brand"), "Another Brand"),
        (lambda _: builders.a_product("SP-2", price=72_00), "72.00"),
        (lambda _: _rename("Strong drinks"), "Strong drinks"),
        (lambda _: builders.set_prices(minimum_minor=12_300), "€123.00"),
    ],
)
def test_whatever_a_shelf_says_is_said_at_once_when_it_changes(
    client: FlaskClient, change: Callable[[str], object], then: str
) -> None:
    sku = builders.a_product("SP-1", on_hand=12)
    assert then not in client.get("/categories/spirits?lang=en").text

    change(sku)

    assert then in client.get("/categories/spirits?lang=en").text


def test_an_unchanged_shelf_still_has_the_visitors_own_basket_on_it(client: FlaskClient) -> None:
    sku = builders.a_product("SP-1")
    assert "Items:" not in client.get("/categories/spirits?lang=en").text

    client.post("/basket", data={"do": "add", "sku": sku, "quantity": "2"}, headers={"Origin": "http://localhost"})

    page = client.get("/categories/spirits?lang=en").text
    assert "Items:</span> 2" in page
    assert client.get("/categories/spirits?lang=en").text == page


def _rename(name: str) -> None:
    catalogue.put_categories([catalogue.NewCategory(code="spirits", name=builders.same(name), rank=1)])
