"""The list of products in the back office: search, filters, order, pages, and many products at once."""

import re
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import a_product, same
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from shop.base import clock
from shop.base.db import transaction
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.catalogue import office_queries, pricing, queries
from shop.catalogue.models import Product
from shop.catalogue.office_queries import Asked
from shop.catalogue.states import PriceKind

LIST, BULK = "/manage/catalogue/", "/manage/catalogue/bulk"


def _set(sku: str, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == sku).values(**values))


def _shown(page: str) -> list[str]:
    return re.findall(r'name="sku" value="([^"]+)"', page)


def _listed(office: FlaskClient, **asked: str) -> list[str]:
    return _shown(office.get(LIST, query_string=asked).text)


@pytest.fixture
def shelf(app: Flask) -> dict[str, str]:
    """One product of each kind that a filter can ask for."""
    now = clock.now()
    catalogue.put_categories([catalogue.NewCategory(code="sweets", name=same("Sweets"), rank=0)])
    skus = {
        "plain": a_product("A-1", rank=1, price=30_00),
        "sweet": a_product("B-1", rank=2, category="sweets", brand="Zartbitter", price=10_00),
        "off": a_product("C-1", rank=3, price=20_00),
        "planned": a_product("D-1", rank=4, price=40_00),
        "ended": a_product("E-1", rank=5, price=50_00),
        "wordless": a_product("F-1", rank=6, price=60_00, name={"zh": "酒", "en": "Wine", "de": ""}),
        "out": a_product("G-1", rank=7, price=70_00, on_hand=0),
        "low": a_product("H-1", rank=8, price=80_00, on_hand=3),
    }
    _set("C-1", active=False)
    _set("D-1", publish_from=now + timedelta(days=1))
    _set("E-1", publish_until=now - timedelta(days=1))
    return skus


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "A-1 B-1 C-1 D-1 E-1 F-1 G-1 H-1"),
        ({"q": "zartbitter"}, "B-1"),
        ({"q": "酒"}, "F-1"),
        ({"q": "%"}, ""),
        ({"category": "sweets"}, "B-1"),
        ({"brand": "zartbitter"}, "B-1"),
        ({"state": "off"}, "C-1"),
        ({"state": "planned"}, "D-1"),
        ({"state": "ended"}, "E-1"),
        ({"state": "on_sale", "category": "sweets"}, "B-1"),
        ({"missing": "de"}, "F-1"),
        ({"missing": "en"}, ""),
        ({"stock": "out"}, "G-1"),
        ({"stock": "low"}, "H-1"),
        ({"sort": "cheap", "stock": "", "state": "on_sale"}, "B-1 A-1 F-1 G-1 H-1"),
        ({"sort": "dear", "state": "on_sale"}, "H-1 G-1 F-1 A-1 B-1"),
        ({"sort": "scarce", "state": "on_sale"}, "G-1 H-1 A-1 B-1 F-1"),
        ({"sort": "newest"}, "H-1 G-1 F-1 E-1 D-1 C-1 B-1 A-1"),
    ],
    ids=str,
)
def test_a_filter_lists_what_it_says(office: FlaskClient, shelf: dict[str, str], asked: dict[str, str], found: str) -> None:
    assert _listed(office, **asked) == found.split()


@pytest.mark.parametrize("asked", [{"state": "x"}, {"missing": "fr"}, {"sort": "random"}, {"q": "x" * 99}, {"stock": "\x00"}], ids=str)
def test_a_filter_that_makes_no_sense_lists_nothing_and_says_so(office: FlaskClient, shelf: dict[str, str], asked: dict[str, str]) -> None:
    answer = office.get(LIST, query_string=asked)

    assert answer.status_code == 400
    assert _shown(answer.text) == []
    assert "invalid-feedback" in answer.text


@pytest.mark.parametrize("sort", list(office_queries.SORTS))
def test_pages_in_every_order_follow_each_other_without_gaps_or_repeats(app: Flask, sort: str) -> None:
    now = clock.now()
    for n in range(11):
        a_product(rank=n // 3, price=1000 + n % 4, on_hand=n % 3, name={"zh": f"名{n % 3}", "en": f"N{n % 2}", "de": f"D.{n % 5}"})
    whole = [item.sku for item in office_queries.listed(Asked(sort=sort), now).items]

    seen, after = [], None
    for _ in range(20):
        page = office_queries.listed(Asked(sort=sort, after=after), now, limit=3)
        seen += [item.sku for item in page.items]
        if (after := page.next) is None:
            break

    assert seen == whole
    assert len(whole) == 11


@pytest.mark.parametrize("after", ["x", "1", ".", "1.x", "x.1", "1." + "9" * 40, "9" * 40 + ".1", "1.\x00", "１.１", "1.-"])
def test_a_cursor_that_is_rubbish_is_the_beginning(app: Flask, after: str) -> None:
    sku = a_product()

    assert [item.sku for item in office_queries.listed(Asked(after=after), clock.now()).items] == [sku]


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_asks_four_questions_however_long_it_is(office: FlaskClient, statements: list[str], count: int) -> None:
    for _ in range(count):
        a_product()
    office.get(LIST)
    statements.clear()

    assert len(_listed(office)) == count

    assert len(statements) <= 4, statements  # who asks; products; categories; brands


def _bulk(office: FlaskClient, skus: list[str], **more: str) -> Any:
    return office.post(BULK, data={"sku": skus, **more})


def _mark(page: str) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


def _price(sku: str) -> Money:
    return queries.offer(sku, clock.now()).price


def test_prices_change_by_percent_after_a_look_at_every_one_of_them(office: FlaskClient) -> None:
    one, two, other = a_product(price=19_99), a_product(price=10_05), a_product(price=5_00)

    looked = _bulk(office, [one, two], deed="percent", percent="-10", why="Autumn", step="check")
    unchanged = (_price(one), _price(two))
    done = _bulk(office, [one, two], deed="percent", percent="-10", why="Autumn", step="confirm", mark=_mark(looked.text))

    assert looked.status_code == 200
    assert all(words in looked.text for words in ("19.99 EUR", "17.99 EUR", "10.05 EUR", "9.05 EUR", "2 products change."))
    assert unchanged == (Money(19_99, Currency.EUR), Money(10_05, Currency.EUR))
    assert done.status_code == 303
    assert [_price(sku).minor for sku in (one, two, other)] == [17_99, 9_05, 5_00]


def test_prices_planned_for_many_count_from_their_moment(office: FlaskClient) -> None:
    sku = a_product(price=20_00)
    asked = {"deed": "percent", "percent": "5,5", "valid_from": "2098-01-01T00:00"}

    looked = _bulk(office, [sku], **asked, step="check")
    _bulk(office, [sku], **asked, step="confirm", mark=_mark(looked.text))

    assert _price(sku).minor == 20_00
    assert queries.offer(sku, clock.now().replace(year=2099)).price.minor == 21_10


def test_products_are_taken_off_the_shelf_put_back_and_moved(office: FlaskClient, shelf: dict[str, str]) -> None:
    for deed, more in (("unpublish", {}), ("category", {"to_category": "sweets"}), ("publish", {})):
        looked = _bulk(office, ["A-1", "C-1"], deed=deed, **more, step="check")
        assert _bulk(office, ["A-1", "C-1"], deed=deed, **more, step="confirm", mark=_mark(looked.text)).status_code == 303

    assert _listed(office, state="on_sale", category="sweets") == ["A-1", "B-1", "C-1"]


def test_what_has_changed_since_the_look_stops_all_of_it_and_is_shown_anew(office: FlaskClient) -> None:
    one, two = a_product(price=10_00), a_product(price=20_00)
    looked = _bulk(office, [one, two], deed="percent", percent="-10", step="check")
    pricing.set_price(one, pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=Money(12_00, Currency.EUR)), "staff:9", clock.now())
    before = builders.everything()

    answer = _bulk(office, [one, two], deed="percent", percent="-10", step="confirm", mark=_mark(looked.text))

    assert answer.status_code == 409
    assert "this is what would happen now" in answer.text
    assert "10.80 EUR" in answer.text
    assert builders.everything() == before


def test_one_product_in_the_way_stops_all_of_it(office: FlaskClient) -> None:
    one, two = a_product(price=10_00), a_product(price=20_00)
    asked = {"deed": "percent", "percent": "-10", "valid_from": "2098-01-01T00:00"}
    first = _bulk(office, [one], **asked, step="check")
    _bulk(office, [one], **asked, step="confirm", mark=_mark(first.text))
    before = builders.everything()

    looked = _bulk(office, [one, two, "NO-SUCH"], **asked, step="check")
    answer = _bulk(office, [one, two, "NO-SUCH"], **asked, step="confirm", mark=_mark(looked.text))

    assert "a price is planned already" in looked.text
    assert "There is no such product." in looked.text
    assert 'value="confirm"' not in looked.text
    assert answer.status_code == 409
    assert builders.everything() == before


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"deed": "percent", "percent": "-91"}, 400, "from -90 to 100"),
        ({"deed": "percent", "percent": "0"}, 400, "and not 0"),
        ({"deed": "percent", "percent": "much"}, 422, "Please give a percentage"),
        ({"deed": "percent", "percent": ""}, 422, "Please fill in this field."),
        ({"deed": "percent", "percent": "-5", "valid_from": "2001-01-01T00:00"}, 400, "This moment has passed."),
        ({"deed": "percent", "percent": "-5", "valid_from": "soon"}, 422, "Please give a day and a time"),
        ({"deed": "category", "to_category": "no-such"}, 404, "Please choose one of the list."),
        ({"deed": "category"}, 422, "Please fill in this field."),
        ({"deed": "burn"}, 422, "Please choose one of the list."),
        ({}, 422, "Please fill in this field."),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_and_the_choice_is_kept(
    office: FlaskClient, shelf: dict[str, str], asked: dict[str, str], status: int, words: str
) -> None:
    before = builders.everything()

    answer = _bulk(office, ["A-1"], **asked, step="check")

    assert answer.status_code == status
    assert words in " ".join(answer.text.split())
    assert re.search(r'value="A-1"[^>]* checked', answer.text)
    assert builders.everything() == before


def test_nothing_chosen_and_far_too_much_chosen_are_refused(office: FlaskClient) -> None:
    nothing = _bulk(office, ["x'; DROP TABLE products", "<b>"], deed="publish", step="check")
    much = _bulk(office, [f"SKU-{n}" for n in range(501)], deed="publish", step="check")

    assert (nothing.status_code, much.status_code) == (400, 400)
    assert "Please choose products first." in nothing.text
    assert "At most 500 products at once." in much.text
