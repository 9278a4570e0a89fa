"""A shelf's cards are kept as text, and never say what is no longer true."""

import builders
import pytest
from flask.testing import FlaskClient

from shop.catalogue.queries import Offer
from shop.web.storefront import cards


def test_every_field_of_an_offer_is_part_of_what_a_card_is_known_by_or_is_not_on_it() -> None:
    known = {*cards.SAID, *cards.UNSAID, "name", "left"} - {"stock_state"}

    assert known == set(Offer.__struct_fields__)


@pytest.mark.parametrize("lang", ["zh", "en", "de"])
def test_a_card_is_rendered_once_while_it_says_the_same(client: FlaskClient, lang: str) -> None:
    builders.a_product("SP-1")
    client.get(f"/?lang={lang}")
    before = cards._rendered.cache_info()

    client.get(f"/?lang={lang}")

    after = cards._rendered.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)


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
