"""What somebody types and what they find: Chinese, pinyin, initials, brands, mixed, and misspelt."""

import builders
import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from shop.base.db import reading, transaction
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.catalogue import editing, indexing, listing, searching, shelving, spelling
from shop.catalogue.listing import Sort, Wanted
from shop.catalogue.search_models import SearchEntry, SearchTerm

NOW = builders.NOW
GOODS = {
    # SKU: Chinese, English, German, brand, ml
    "WHISKY": ("雪域单一麦芽威士忌12年", "Snow Field Single Malt Whisky 12 Years", "Schneefeld Single Malt Whisky", "Johnnie Wälder", 700),
    "GIN": ("伦敦干金酒", "London Dry Gin", "Londoner Dry Gin", "Fichtental", 1000),
    "CREAM": ("兰蔻小黑瓶精华肌底液", "Advanced Génifique Serum", "Génifique Serum", "Lancôme", 50),
    "LIPSTICK": ("哑光口红 玫瑰红", "Matte Lipstick Rose", "Matter Lippenstift Rosé", "L'Oréal", None),
    "TONIC": ("神仙水护肤精华露", "Facial Treatment Essence", "Gesichtsessenz", "SK-II", 230),
    "CHOCOLATE": ("榛子牛奶巧克力", "Hazelnut Milk Chocolate", "Haselnuss-Milchschokolade", "Müller", None),
    "PERFUME": ("绿野淡香水", "Green Meadow Eau de Toilette", "Grüne Wiese Eau de Toilette", "Dior", 100),
}


@pytest.fixture
def shop(app: Flask) -> None:
    catalogue.put_categories(
        [
            catalogue.NewCategory(code="spirits", name={"zh": "烈酒", "en": "Spirits", "de": "Spirituosen"}, rank=1),
            catalogue.NewCategory(code="beauty", name={"zh": "美妆护肤", "en": "Beauty", "de": "Schönheit"}, rank=2),
        ]
    )
    rows = [
        catalogue.NewProduct(
            sku=sku, ean=f"22{n:011}", category="spirits" if sku in ("WHISKY", "GIN") else "beauty", brand=brand,
            name={"zh": zh, "en": en, "de": de}, text=builders.same("."), rank=n, volume_ml=ml, picture=None,
            price=Money(10_00 + n * 10_00, Currency.EUR), on_hand=0 if sku == "GIN" else 10,
            alcohol_permille=400 if sku in ("WHISKY", "GIN") else None,
        )
        for n, (sku, (zh, en, de, brand, ml)) in enumerate(GOODS.items())
    ]  # fmt: skip
    catalogue.put_products(rows, Currency.EUR, NOW)


def found(words: str, wanted: Wanted | None = None) -> searching.Found:
    return searching.search(words, wanted or Wanted(), now=NOW)


def skus(words: str) -> list[str]:
    return [offer.sku for offer in found(words).listed.items]


AS_IT_STANDS = [
    # Chinese: anywhere in the name, and the category
    ("威士忌", "WHISKY"), ("单一麦芽", "WHISKY"), ("口红", "LIPSTICK"), ("兰蔻", "CREAM"), ("神仙水", "TONIC"), ("巧克力", "CHOCOLATE"),
    # pinyin, whole, begun, and with blanks
    ("weishiji", "WHISKY"), ("weishi", "WHISKY"), ("wei shi ji", "WHISKY"), ("kouhong", "LIPSTICK"), ("lankou", "CREAM"),
    ("qiaokeli", "CHOCOLATE"), ("QIAOKELI", "CHOCOLATE"),
    # initials
    ("wsj", "WHISKY"), ("kh", "LIPSTICK"), ("sxs", "TONIC"), ("qkl", "CHOCOLATE"), ("dyMywsj", "WHISKY"),
    # Latin, accents folded, both ways of writing an umlaut, apostrophes and hyphens left out
    ("lancome", "CREAM"), ("Lancôme", "CREAM"), ("LANCÔME", "CREAM"), ("loreal", "LIPSTICK"), ("l'oréal", "LIPSTICK"),
    ("l’oreal", "LIPSTICK"),
    ("oreal", "LIPSTICK"), ("genifique", "CREAM"), ("sk-ii", "TONIC"), ("skii", "TONIC"), ("ＳＫ－Ⅱ", "TONIC"), ("muller", "CHOCOLATE"),
    ("mueller", "CHOCOLATE"), ("Müller", "CHOCOLATE"), ("johnniewalder", "WHISKY"), ("wälder", "WHISKY"), ("waelder", "WHISKY"),
    ("dior", "PERFUME"),
    ("milchschokolade", "CHOCOLATE"), ("grune wiese", "PERFUME"), ("grüne", "PERFUME"),
    # mixed, numbers, measures
    ("lancome 精华", "CREAM"), ("兰蔻genifique", "CREAM"), ("dior 香水", "PERFUME"), ("wsj 12", "WHISKY"), ("whisky 700ml", "WHISKY"),
    ("香水 100ml", "PERFUME"), ("威士忌 70cl", "WHISKY"), ("烈酒 johnnie", "WHISKY"), ("meizhuang lancome", "CREAM"),
    # codes
    ("2200000000000", "WHISKY"), ("whisky", "WHISKY"),
]  # fmt: skip


def test_what_is_typed_finds_it_in_one_statement(shop: None, statements: list[str]) -> None:
    for words, sku in AS_IT_STANDS:
        statements.clear()

        said = found(words)

        assert [offer.sku for offer in said.listed.items][:1] == [sku], words
        assert said.instead == (), words
        assert len(statements) == 1, words


MEANT = [
    # misspelt: a letter wrong, missing, too many, changed places, written by ear
    ("lancme", "CREAM", "Lancôme"), ("lancoome", "CREAM", "Lancôme"), ("lacnome", "CREAM", "Lancôme"), ("lancone", "CREAM", "Lancôme"),
    ("lankome", "CREAM", "Lancôme"), ("lorael", "LIPSTICK", "L’Oréal"), ("jonnie", "WHISKY", "Johnnie"), ("johnie", "WHISKY", "Johnnie"),
    ("whiskey", "WHISKY", "Whisky"), ("wisky", "WHISKY", "Whisky"), ("choclate", "CHOCOLATE", "Chocolate"),
    ("hazzelnut", "CHOCOLATE", "Hazelnut"),
    ("lipstik", "LIPSTICK", "Lipstick"), ("mulller", "CHOCOLATE", "Müller"), ("weshiji", "WHISKY", "威士忌"),
    # other characters of the same sound, and traditional ones
    ("威士记", "WHISKY", "威士忌"), ("巧克利", "CHOCOLATE", "巧克力"), ("蘭蔻", "CREAM", None),
    # sounds that many do not tell apart
    ("weisiji", "WHISKY", None), ("senxiansui", "TONIC", None), ("nankou", "CREAM", None),
    # names without blanks
    ("雪域威士忌", "WHISKY", None), ("兰蔻精华", "CREAM", None), ("lancomeserum", "CREAM", None), ("榛子巧克力", "CHOCOLATE", None),
    # a misspelt brand beside something else
    ("lancme 精华", "CREAM", "Lancôme"), ("wisky 700ml", "WHISKY", "Whisky"),
]  # fmt: skip


def test_what_may_have_been_meant_is_found_and_said(shop: None, statements: list[str]) -> None:
    for words, sku, shown in MEANT:
        statements.clear()

        said = found(words)

        assert [offer.sku for offer in said.listed.items][:1] == [sku], words
        assert not said.loosely, words
        assert shown is None or shown in [one.shown for one in said.instead], words
        assert len(statements) <= 5, words


MEANS_NOTHING = ["", "   ", "%", "_", "'; --", "😀" * 50, "\x00", "qqqqxxxx", "龘龘龘", "a" * 5000, "é" * 300, "́" * 90]


def test_what_means_nothing_finds_nothing_and_breaks_nothing(shop: None) -> None:
    for words in MEANS_NOTHING:
        assert found(words).listed.items == [], words


@given(words=st.text(max_size=60))
@tries(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_breaks_a_search(shop: None, words: str) -> None:
    assert len(found(words.replace("\x00", "")).listed.items) <= listing.PAGE


def test_when_nothing_has_all_words_those_with_some_are_shown_and_that_is_said(shop: None) -> None:
    said = found("lancome 威士忌")

    assert said.loosely
    assert {offer.sku for offer in said.listed.items} == {"CREAM", "WHISKY"}


def test_a_brand_comes_before_a_word_in_a_name_and_a_whole_word_before_its_beginning(shop: None) -> None:
    builders.a_searched_product("OTHER", name={"zh": "某物", "en": "Diorama for Lancome lovers", "de": "x"}, brand="Anders")
    builders.a_searched_product("PLAIN", name={"zh": "某物", "en": "Diorama", "de": "x"}, brand="Anders")

    assert skus("dior")[0] == "PERFUME"
    assert skus("lancome") == ["CREAM", "OTHER"]


def test_what_is_sold_out_comes_after_what_fits_as_well(shop: None) -> None:
    builders.a_searched_product("GIN-2", name={"zh": "伦敦干金酒", "en": "London Dry Gin", "de": "Gin"}, rank=99)

    assert skus("金酒") == ["GIN-2", "GIN"]


NARROWED = [
    (Wanted(category="spirits"), {"WHISKY", "GIN"}),
    (Wanted(category="spirits", in_stock=True), {"WHISKY"}),
    (Wanted(brand="lancome"), {"CREAM"}),
    (Wanted(low=40_00, high=60_00), {"LIPSTICK", "TONIC", "CHOCOLATE"}),
    (Wanted(alcohol_from=121), {"WHISKY", "GIN"}),
    (Wanted(alcohol_from=401), set()),
    (Wanted(reduced=True), set()),
    (Wanted(brand="no-such"), set()),
]


def test_a_list_is_narrowed_in_one_statement(shop: None, statements: list[str]) -> None:
    for wanted, expected in NARROWED:
        statements.clear()

        listed = listing.products(wanted, 0, now=NOW)

        assert {offer.sku for offer in listed.items} == expected, wanted
        assert len(statements) == 1, wanted


def test_lists_are_sorted_by_price_both_ways_and_by_age(shop: None) -> None:
    def order(sort: Sort) -> list[str]:
        return [offer.sku for offer in listing.products(Wanted(sort=sort), 0, now=NOW).items]

    assert order(Sort.CHEAP) == list(GOODS)
    assert order(Sort.DEAR) == list(reversed(GOODS))
    assert set(order(Sort.NEW)) == set(GOODS)


def test_pages_of_a_search_follow_each_other_without_gaps_or_repeats(shop: None) -> None:
    made = [builders.a_searched_product(rank=n) for n in range(45)]
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        said = searching.search("whisky", Wanted(category="spirits", brand="fichtental"), start, now=NOW)
        seen += [offer.sku for offer in said.listed.items]
        start = said.listed.next

    assert seen == made


def test_a_later_page_of_a_misspelt_search_goes_on(shop: None) -> None:
    for n in range(25):
        builders.a_searched_product(rank=n)

    said = searching.search("fichtenthal", Wanted(), 20, now=NOW)

    assert said.listed.items
    assert [one.shown for one in said.instead] == ["Fichtental"]


def test_the_index_follows_what_is_said_of_a_product(shop: None) -> None:
    shelving.change_brand("lancome", "Neuer Name", False, "staff:1", NOW)
    assert skus("neuer name") == ["CREAM"]
    assert found("lancome").listed.items == []

    shelving.change_category("beauty", {"zh": "香氛世界", "en": "Scents", "de": "Düfte"}, False, "staff:1", NOW)
    assert "CREAM" in skus("香氛世界")


def test_what_many_change_at_once_is_indexed_by_the_worker(shop: None) -> None:
    with transaction() as session:
        session.execute(delete(SearchTerm))
        session.execute(delete(SearchEntry))
    assert found("威士忌").listed.items == []

    assert indexing.index_due() == len(GOODS)
    assert indexing.index_due() == 0

    assert skus("威士忌") == ["WHISKY"]


def test_words_that_nobody_has_any_more_are_dropped(shop: None) -> None:
    shelving.change_brand("lancome", "Zeder", False, "staff:1", NOW)

    assert indexing.tidy() > 0
    assert found("lancme").listed.items == []
    assert skus("zedr") == ["CREAM"]


def test_a_hidden_product_is_not_found(shop: None) -> None:
    wanted = editing.ProductData(
        ean="2200000000002", category="beauty", brand="lancome", name=builders.same("兰蔻"), text=builders.same("."), rank=1, active=False
    )
    editing.change("CREAM", wanted, 1, "staff:1", NOW)

    assert found("lancome").listed.items == []


def test_a_product_needs_no_more_rows_than_its_names_are_long(shop: None) -> None:
    with reading() as session:
        rows = session.execute(select(SearchTerm.product_id, func.count()).group_by(SearchTerm.product_id)).all()

    assert all(count < 110 for _, count in rows), rows


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@given(word=st.text(alphabet=LETTERS, min_size=4, max_size=14), place=st.integers(0, 13), letter=st.sampled_from("aeiouxz"))
def test_one_typing_error_always_leaves_a_key_in_common(word: str, place: int, letter: str) -> None:
    place %= len(word)
    errors = {
        word[:place] + word[place + 1 :], word[:place] + letter + word[place:], word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :],
    }  # fmt: skip

    for wrong in errors:
        assert spelling.spelling_keys(wrong) & spelling.spelling_keys(word), wrong
        assert spelling.distance(wrong, word) <= 1
