"""The page of one product: what is said of it, prices, stock; and what happens when two people have it open."""

import re
from typing import Any

import builders
import pytest
from builders import a_product, an_order, same, stock_of
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base import audit, clock
from shop.base.audit import AuditRow
from shop.base.db import reading
from shop.catalogue import commands as catalogue
from shop.catalogue import office_queries, queries, searching
from shop.catalogue.listing import Wanted
from shop.web.backoffice.catalogue import forms

PAGE = "/manage/catalogue/products/{}"
LATER = "2098-05-01T08:30"


def _form(office: FlaskClient, sku: str, **typed: str) -> dict[str, str]:
    """The product's form as the page fills it in, with what somebody types."""
    values = office_queries.product(sku, clock.now())
    return {**forms.typed_of(values.values), "version": str(values.version), **typed}


def _save(office: FlaskClient, sku: str, typed: dict[str, str]) -> Any:
    return office.post(PAGE.format(sku), data={name: text for name, text in typed.items() if not (name == "active" and not text)})


def _flat(answer: Any) -> str:
    return " ".join(answer.text.split())


def _deeds(thing: str) -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditRow.action).where(AuditRow.thing == thing).order_by(AuditRow.id)))


def test_what_is_said_of_a_product_is_saved_shown_and_on_record(office: FlaskClient) -> None:
    sku = a_product(alcohol=400)
    catalogue.put_categories([catalogue.NewCategory(code="wine", name=same("Wine"), rank=2)])
    typed = _form(office, sku, category="wine", name_en="Old <b>Whisky</b>", text_de="Torfig.\r\nRauchig.", alcohol="37.5",
                  location="a 3 2", publish_from="2020-01-01T06:00", rank="7")  # fmt: skip

    answer = _save(office, sku, typed)

    assert answer.status_code == 303
    offer = queries.offer(sku, clock.now())
    assert (offer.category, offer.name["en"], offer.alcohol_permille) == ("wine", "Old <b>Whisky</b>", 375)
    assert offer.text["de"] == "Torfig.\nRauchig."
    page = office.get(PAGE.format(sku)).text
    assert "Old &lt;b&gt;Whisky&lt;/b&gt;" in page
    assert 'value="A-3-2"' in page
    assert 'value="2020-01-01T06:00"' in page
    assert _deeds(f"product:{sku}") == ["product.changed"]
    assert audit.verify().whole
    assert [item.sku for item in searching.search("whisky", Wanted(), now=clock.now()).listed.items] == [sku]


def test_saving_what_is_there_already_changes_nothing(office: FlaskClient) -> None:
    sku = a_product()
    before = builders.everything()

    answer = _save(office, sku, _form(office, sku))

    assert answer.status_code == 303
    assert builders.everything() == before


def test_who_saves_second_is_told_sees_what_the_first_saved_and_loses_nothing(office: FlaskClient) -> None:
    sku = a_product()
    first, second = _form(office, sku, name_en="From Anna", rank="3"), _form(office, sku, name_en="From Ben", text_zh="本的话")
    _save(office, sku, first)

    refused = _save(office, sku, second)

    assert refused.status_code == 409
    page = _flat(refused)
    assert "Somebody else has saved this product since you opened it." in page
    assert 'value="From Ben"' in page
    assert "本的话" in page
    assert "Saved meanwhile: From Anna" in page
    assert 'data-meanwhile="rank"' in page
    assert 'data-meanwhile="ean"' not in page
    assert queries.offer(sku, clock.now()).name["en"] == "From Anna"

    version = re.search(r'name="version" value="([0-9]+)"', page)
    assert version
    assert _save(office, sku, {**second, "version": version[1]}).status_code == 303
    assert queries.offer(sku, clock.now()).name["en"] == "From Ben"


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"ean": "12"}, 400, "An EAN has 8 to 14 digits."),
        ({"ean": "１２３４５６７８"}, 400, "An EAN has 8 to 14 digits."),
        ({"category": "no-such"}, 400, "Please choose one of the list."),
        ({"brand": "no-such"}, 400, "Please choose one of the list."),
        ({"name_zh": ""}, 422, "Please fill in this field."),
        ({"name_en": "x" * 121}, 422, "That is too long."),
        ({"name_en": "a\x00b"}, 422, "This cannot be right."),
        ({"text_en": "x" * 5001}, 422, "That is too long."),
        ({"volume_ml": "-1"}, 422, "This cannot be right."),
        ({"volume_ml": "9" * 30}, 422, "This cannot be right."),
        ({"alcohol": "101"}, 422, "This cannot be right."),
        ({"alcohol": "strong"}, 422, "Please give a percentage"),
        ({"location": "甲-1"}, 422, "A place has letters, digits and hyphens"),
        ({"publish_from": "2026-02-30T10:00"}, 422, "Please give a day and a time"),
        ({"publish_from": "9999-01-01T10:00"}, 422, "Please give a day and a time"),
        ({"publish_from": LATER, "publish_until": LATER}, 400, "The last day lies before the first."),
        ({"rank": "soon"}, 422, "This cannot be right."),
        ({"version": "x"}, 422, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_typed(
    office: FlaskClient, typed: dict[str, str], status: int, words: str
) -> None:
    sku = a_product()
    before = builders.everything()

    answer = _save(office, sku, _form(office, sku, text_de="bleibt stehen", **typed))

    assert answer.status_code == status
    assert words in _flat(answer)
    assert "bleibt stehen" in answer.text
    assert builders.everything() == before


def test_an_ean_of_another_product_is_refused(office: FlaskClient) -> None:
    sku, _ = a_product(), a_product(ean="4006381333931")

    answer = _save(office, sku, _form(office, sku, ean="4006381333931"))

    assert answer.status_code == 400
    assert "Another product has this EAN." in answer.text


def test_a_product_is_made_with_its_first_price_and_stock_and_shown_when_it_is_put_on_the_shelf(office: FlaskClient) -> None:
    a_product()
    typed = {"sku": "neu-1", "price": "49,90", "duty_paid": "65", "on_hand": "12", "ean": "4006381333931", "category": "spirits",
             "brand": "fichtental", "name_zh": "新品"}  # fmt: skip

    made = office.post("/manage/catalogue/new", data=typed)

    assert made.status_code == 303
    assert stock_of("NEU-1") == (12, 0, 0, 0)
    assert "not on sale" in office.get(PAGE.format("NEU-1")).text
    assert queries.offers(["NEU-1"], clock.now()) == {}
    _save(office, "NEU-1", _form(office, "NEU-1", active="yes"))
    offer = queries.offers(["NEU-1"], clock.now())["NEU-1"]
    assert (offer.price.minor, offer.duty_paid and offer.duty_paid.minor, offer.left) == (49_90, 65_00, 12)
    assert _deeds("product:NEU-1") == ["product.created", "product.changed"]


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"sku": "SP-1"}, 409, "There is a product with this SKU already."),
        ({"sku": "a b"}, 400, "A SKU has Latin letters"),
        ({"price": "0"}, 400, "Please give a price above zero"),
        ({"price": "1.234"}, 422, "Please give an amount like 12.50."),
        ({"price": ""}, 422, "Please fill in this field."),
        ({"on_hand": "-1"}, 422, "This cannot be right."),
    ],
    ids=str,
)
def test_a_product_that_cannot_be_made_stays_typed(office: FlaskClient, typed: dict[str, str], status: int, words: str) -> None:
    a_product("SP-1")
    whole = {"sku": "NEU-1", "price": "49", "ean": "4006381333931", "category": "spirits", "brand": "fichtental", "name_zh": "新品"}
    before = builders.everything()

    answer = office.post("/manage/catalogue/new", data={**whole, **typed})

    assert answer.status_code == status
    assert words in _flat(answer)
    assert 'value="新品"' in answer.text
    assert builders.everything() == before


def _price(office: FlaskClient, sku: str, **typed: str) -> Any:
    return office.post(f"{PAGE.format(sku)}/prices", data={"kind": "duty_free", **typed}, follow_redirects=True)


def test_a_price_set_now_counts_and_the_shop_says_the_lowest_of_30_days(office: FlaskClient) -> None:
    sku = a_product(price=50_00)

    answer = _price(office, sku, amount="39,90", why="Sale")

    page = _flat(answer)
    assert answer.status_code == 200
    assert "The price counts from now on." in page
    assert "The shop says: lowest price of the last 30 days €50.00" in page
    assert queries.offer(sku, clock.now()).price.minor == 39_90
    assert "Lowest price of the last 30 days before:" in _flat(office.get(f"/products/{sku}"))
    assert _deeds(f"product:{sku}") == ["product.price_set"]


def test_a_planned_price_is_listed_and_can_be_withdrawn(office: FlaskClient) -> None:
    sku = a_product(price=50_00)

    planned = _price(office, sku, amount="60", valid_from=LATER)
    address = re.search(rf'action="({PAGE.format(sku)}/prices/[0-9]+/withdraw)"', planned.text)
    assert address
    gone = office.post(address[1], follow_redirects=True)
    again = office.post(address[1])

    assert "The price is planned." in planned.text
    assert "€60.00" in planned.text
    assert "The planned price is withdrawn." in gone.text
    assert f"{address[1]}" not in gone.text
    assert again.status_code == 404
    assert "This price is not planned any more" in again.text
    assert queries.offer(sku, clock.now()).price.minor == 50_00


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"amount": ""}, 422, "Please fill in this field."),
        ({"amount": "much"}, 422, "Please give an amount like 12.50."),
        ({"amount": "0"}, 400, "Please give a price above zero"),
        ({"amount": "9999999"}, 400, "Please give a price above zero"),
        ({"amount": "5", "valid_from": "2001-01-01T00:00"}, 400, "This moment has passed."),
        ({"amount": "5", "valid_from": "tomorrow"}, 422, "Please give a day and a time"),
        ({"amount": "5", "kind": "free"}, 422, "Please choose one of the list."),
        ({"amount": "5", "why": "x" * 201}, 422, "That is too long."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_price_that_cannot_be_is_refused_and_stays_typed(
    office: FlaskClient, typed: dict[str, str], status: int, words: str
) -> None:
    sku = a_product(price=50_00)
    before = builders.everything()

    answer = _price(office, sku, **{"why": "because", **typed})

    assert answer.status_code == status
    assert words in _flat(answer)
    assert f'value="{typed.get("why", "because")}"' in answer.text
    assert builders.everything() == before


def _book(office: FlaskClient, sku: str, **typed: str) -> Any:
    return office.post(f"{PAGE.format(sku)}/stock", data=typed, follow_redirects=True)


def test_a_movement_is_booked_once_and_is_in_the_ledger_with_what_travellers_took(office: FlaskClient) -> None:
    sku = a_product(on_hand=10)

    first = _book(office, sku, movement="delivery", number="24", note="Pallet 7", key="k1")
    second = _book(office, sku, movement="delivery", number="24", note="Pallet 7", key="k1")

    assert (first.status_code, second.status_code) == (200, 200)
    assert stock_of(sku)[0] == 34
    assert "Pallet 7" in second.text
    ledger = office.get(f"{PAGE.format(sku)}/stock").text
    assert re.search(r'<td class="number">\+24</td><td class="number">34</td>', ledger)
    assert _deeds(f"product:{sku}") == ["stock.moved"]


def test_a_second_movement_from_the_back_button_is_not_swallowed_but_can_be_sent_again(office: FlaskClient) -> None:
    sku = a_product(on_hand=10)
    _book(office, sku, movement="delivery", number="24", key="k1")

    refused = _book(office, sku, movement="damage", number="3", note="Broken", key="k1")
    fresh = re.search(r'name="key" value="([^"]+)"', refused.text)

    assert refused.status_code == 409
    assert "This page has booked another movement before" in _flat(refused)
    assert 'value="Broken"' in refused.text
    assert stock_of(sku)[0] == 34
    assert fresh
    _book(office, sku, movement="damage", number="3", note="Broken", key=fresh[1])
    assert stock_of(sku)[0] == 31


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"movement": "delivery", "number": "-5"}, 400, "Please give a whole number of pieces."),
        ({"movement": "delivery", "number": "1.5"}, 422, "Please give a whole number of pieces."),
        ({"movement": "damage", "number": "9"}, 409, "only 8 pieces here are free, 2 are promised to orders"),
        ({"movement": "count", "number": "1"}, 409, "Settle those orders first."),
        ({"movement": "opening", "number": "1"}, 422, "Please choose one of the list."),
        ({"movement": "", "number": "1"}, 422, "Please fill in this field."),
        ({"movement": "correction", "number": "9" * 40}, 400, "Please give a whole number of pieces."),
    ],
    ids=str,
)
def test_a_movement_that_cannot_be_books_nothing_and_stays_typed(
    office: FlaskClient, typed: dict[str, str], status: int, words: str
) -> None:
    sku = a_product(on_hand=10)
    an_order({sku: 2})
    before = builders.everything()

    answer = _book(office, sku, note="as typed", **typed)

    assert answer.status_code == status
    assert words in _flat(answer)
    assert 'value="as typed"' in answer.text
    assert builders.everything() == before


def test_the_products_page_asks_few_questions_however_much_there_is(office: FlaskClient, statements: list[str]) -> None:
    sku = a_product()
    for n in range(12):
        _price(office, sku, amount=str(60 + n))
        _book(office, sku, movement="delivery", number=str(n + 1))
    statements.clear()

    office.get(PAGE.format(sku))

    assert len(statements) <= 7, statements


@pytest.mark.parametrize("path", ["", "/stock"])
@pytest.mark.parametrize("sku", ["NO-SUCH", "x'--", "%00"])
def test_a_product_that_is_not_there_is_not_found(office: FlaskClient, sku: str, path: str) -> None:
    assert office.get(PAGE.format(sku) + path).status_code == 404


def test_nobody_gets_in_unknown(client: FlaskClient) -> None:
    sku = a_product()

    for method, path in (("GET", ""), ("GET", "products/" + sku), ("POST", "bulk"), ("POST", f"products/{sku}/prices")):
        answer = client.open(f"/manage/catalogue/{path}", method=method)
        assert answer.status_code in (302, 403)
    assert stock_of(sku)[0] == 10
