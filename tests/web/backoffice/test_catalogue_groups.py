"""Categories and brands: made, renamed, hidden, put in order."""

from typing import Any

import builders
import pytest
from builders import a_product, same
from flask.testing import FlaskClient

from shop.base import clock
from shop.catalogue import commands as catalogue
from shop.catalogue import office_queries, queries, searching
from shop.catalogue.listing import Wanted

CATEGORIES, BRANDS = "/manage/catalogue/categories/", "/manage/catalogue/brands/"


def _post(office: FlaskClient, address: str, **typed: str) -> Any:
    return office.post(address, data=typed)


def _order() -> list[str]:
    return [group.code for group in office_queries.categories()]


def test_a_category_is_made_renamed_moved_and_hidden(office: FlaskClient) -> None:
    sku = a_product()

    _post(office, CATEGORIES, code="wine", name_zh="葡萄酒", name_en="Wine")
    made = [shelf.name for shelf in queries.shelves()]
    _post(office, CATEGORIES + "wine", do="up")
    moved = _order()
    _post(office, CATEGORIES + "wine", do="up")  # it is the first already
    _post(office, CATEGORIES + "spirits", do="save", name_zh="烈酒", name_en="Spirits", name_de="Spirituosen", hidden="yes")

    assert made[1] == {"zh": "葡萄酒", "en": "Wine", "de": "葡萄酒"}
    assert moved == _order() == ["wine", "spirits"]
    assert [shelf.code for shelf in queries.shelves()] == ["wine"]
    assert queries.offers([sku], clock.now()) == {}
    assert "烈酒" in office.get(CATEGORIES, headers={"Accept-Language": "zh"}).text


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"code": "spirits", "name_zh": "酒"}, 409, "There is one with this code already."),
        ({"code": "Wine!", "name_zh": "酒"}, 400, "A code has small letters"),
        ({"code": "wine", "name_zh": ""}, 422, "Please fill in this field."),
        ({"code": "wine", "name_zh": "酒" * 61}, 422, "That is too long."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_category_that_cannot_be_is_refused(office: FlaskClient, typed: dict[str, str], status: int, words: str) -> None:
    a_product()
    before = builders.everything()

    answer = _post(office, CATEGORIES, **typed)

    assert answer.status_code == status
    assert words in answer.text
    assert builders.everything() == before


def test_a_brand_that_is_renamed_has_its_new_name_on_its_products_and_in_the_search(office: FlaskClient) -> None:
    sku = a_product(brand="Alt & Söhne")

    answer = _post(office, BRANDS + "alt-sohne", do="save", name="Neu & Töchter")

    assert answer.status_code == 303
    assert queries.offer(sku, clock.now()).brand == "Neu & Töchter"
    assert [item.sku for item in searching.search("töchter", Wanted(), now=clock.now()).listed.items] == [sku]
    assert searching.search("söhne", Wanted(), now=clock.now()).listed.items == []


def test_a_hidden_brand_is_offered_only_where_it_is_chosen_already(office: FlaskClient) -> None:
    sku = a_product(brand="Verborgen")
    _post(office, BRANDS + "verborgen", do="save", name="Verborgen", hidden="yes")

    assert "Verborgen" not in office.get("/manage/catalogue/new").text
    assert "Verborgen" in office.get(f"/manage/catalogue/products/{sku}").text
    assert queries.offer(sku, clock.now()).brand == "Verborgen"


def test_two_brands_of_one_name_are_refused(office: FlaskClient) -> None:
    a_product(brand="One")
    _post(office, BRANDS, name="Two")

    made, renamed = _post(office, BRANDS, name="oNE"), _post(office, BRANDS + "two", do="save", name="One")

    assert (made.status_code, renamed.status_code) == (409, 409)
    assert "There is one of this name already." in made.text
    assert "There is one of this name already." in renamed.text


@pytest.mark.parametrize("address", [CATEGORIES + "no-such", BRANDS + "no-such"])
@pytest.mark.parametrize("do", ["up", "save"])
def test_what_is_not_there_cannot_be_changed(office: FlaskClient, address: str, do: str) -> None:
    assert _post(office, address, do=do, name="x", name_zh="x").status_code == 404


def test_the_pages_ask_one_question_each(office: FlaskClient, statements: list[str]) -> None:
    for n in range(10):
        a_product(brand=f"B{n}")
        catalogue.put_categories([catalogue.NewCategory(code=f"c{n}", name=same(f"C{n}"), rank=n)])
    for address in (CATEGORIES, BRANDS):
        statements.clear()

        assert office.get(address).status_code == 200

        assert len(statements) <= 2  # who asks, and the list
