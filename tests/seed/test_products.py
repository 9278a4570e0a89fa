"""The example products are believable, complete in three languages and free of slips."""
import re
from collections import Counter
from typing import Literal

import pytest
from seed.each import for_each

from shop.seed import Product, load

SEED = load()
LANGUAGES: tuple[Literal["zh", "en", "de"], ...] = ("zh", "en", "de")
DRINKS = ("spirits", "wine")
by_sku = for_each(SEED.products, "sku")


def check_digit(twelve: str) -> int:
    """GS1 General Specifications, 7.9: weights 1 and 3 from the left for 12 digits."""
    return -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10


def test_the_check_digit_of_a_well_known_example_is_right() -> None:
    assert check_digit("400638133393") == 1


def test_there_are_enough_products_in_eight_categories_that_are_all_filled() -> None:
    count = Counter(product["category"] for product in SEED.products)

    assert len(SEED.products) >= 128
    assert set(count) == {category["code"] for category in SEED.categories}
    assert len(count) == 8
    assert min(count.values()) >= 12


@pytest.mark.parametrize("field", ["sku", "ean", "rank", "location"])
def test_no_two_products_share(field: str) -> None:
    values = [product[field] for product in SEED.products]  # type: ignore[literal-required]

    assert len(set(values)) == len(values)


def test_no_two_products_share_a_name_in_any_language() -> None:
    for language in LANGUAGES:
        names = [product["name"][language] for product in SEED.products]
        assert len(set(names)) == len(names)


@by_sku
def test_an_ean_has_a_right_check_digit_and_is_no_real_article(product: Product) -> None:
    ean = product["ean"]

    assert re.fullmatch(r"2\d{12}", ean)
    assert int(ean[-1]) == check_digit(ean[:12])


@by_sku
def test_names_and_texts_exist_in_three_languages(product: Product) -> None:
    name, text = product["name"], product["text"]

    assert all(name[language].strip() == name[language] != "" for language in LANGUAGES)
    assert len({text[language] for language in LANGUAGES}) == 3
    assert name["zh"] not in (name["en"], name["de"])
    assert len(name["zh"]) <= 30
    assert max(len(name["en"]), len(name["de"])) <= 70
    assert re.search(r"[\u4e00-\u9fff]", name["zh"])
    assert re.search(r"[\u4e00-\u9fff]", text["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", name["en"] + name["de"] + text["en"] + text["de"])
    assert name["en"].startswith(product["brand"])
    assert name["de"].startswith(product["brand"])
    assert text["zh"].endswith("。")
    assert text["en"].endswith(".")
    assert text["de"].endswith(".")


@by_sku
def test_texts_make_no_claim_that_chinese_advertising_law_forbids(product: Product) -> None:
    """Advertising Law of the PRC, art. 9 (superlatives) and 17 (medical effect of what is no medicine)."""
    words = product["name"]["zh"] + product["text"]["zh"]

    assert not re.search("最|第一|国家级|顶级|极品|治疗|治愈|疗效|药妆|预防", words)


@by_sku
def test_nothing_is_tobacco(product: Product) -> None:
    words = " ".join([*product["name"].values(), product["category"]]).lower()  # type: ignore[list-item]

    assert not re.search("烟|雪茄|tobacco|cigar|tabak|zigar|nicotin", words)


@by_sku
def test_alcohol_and_volume_are_given_for_drinks_and_alcohol_for_nothing_else(product: Product) -> None:
    strength = product["alcohol_permille"]

    if product["category"] in DRINKS:
        assert strength is not None
        assert product["volume_ml"] is not None
        assert 50 <= strength <= 700
        assert 200 <= product["volume_ml"] <= 1500
    else:
        assert strength is None


@by_sku
def test_a_volume_in_the_name_is_the_volume_of_the_pack(product: Product) -> None:
    found = re.search(r"(?:(\d+)×)?(\d+(?:\.\d+)?)(毫升|升)", product["name"]["zh"])

    if found and "保温杯" not in product["name"]["zh"]:  # a flask holds so much, it does not contain it
        packs, amount, unit = int(found[1] or 1), float(found[2]), found[3]
        assert product["volume_ml"] == round(packs * amount * (1000 if unit == "升" else 1))


@by_sku
def test_a_weight_in_the_name_is_the_weight_of_the_pack(product: Product) -> None:
    found = re.search(r"(?:(\d+)×)?(\d+)克", product["name"]["zh"])

    if found:
        assert product["weight_g"] == int(found[1] or 1) * int(found[2])


@by_sku
def test_prices_are_sane_and_both_currencies_agree(product: Product) -> None:
    euros, yuan = product["price_eur_minor"], product["price_cny_minor"]

    assert 500 <= euros <= 150_000
    assert abs(yuan - euros * 7.43) <= 400
    assert yuan % 100 == 0
    assert yuan // 100 % 10 in (0, 8, 9)


def test_the_seed_shows_sold_out_scarce_and_dear_products() -> None:
    stock = [product["stock"] for product in SEED.products]

    assert min(stock) >= 0
    assert max(stock) <= 120
    assert 3 <= stock.count(0) <= 10
    assert sum(1 <= left <= 5 for left in stock) >= 10
    assert any(product["price_cny_minor"] > 500_000 and product["category"] not in DRINKS for product in SEED.products)


def test_the_first_products_shown_come_from_every_category() -> None:
    assert len({product["category"] for product in SEED.products[:8]}) == 8


def test_every_product_stands_in_a_place_of_its_own_in_the_zone_of_its_category() -> None:
    zones: dict[str, set[str]] = {}
    for product in SEED.products:
        assert re.fullmatch(r"[A-H]-\d\d-[1-4]", product["location"])
        zones.setdefault(product["category"], set()).add(product["location"][0])

    assert len({product["location"] for product in SEED.products}) == len(SEED.products)
    assert all(len(zone) == 1 for zone in zones.values())
    assert len(set.union(*zones.values())) == len(zones)


def test_the_products_of_a_brand_stand_side_by_side() -> None:
    walk = sorted(SEED.products, key=lambda product: product["location"])
    brands = [product["category"] + product["brand"] for product in walk]

    assert sum(a != b for a, b in zip(brands, brands[1:], strict=False)) == len(set(brands)) - 1


def test_a_good_part_of_the_goods_has_a_price_with_duty_and_vat_in_every_category_and_a_few_have_none() -> None:
    with_duty = Counter(product["category"] for product in SEED.products if "duty_paid_eur_minor" in product)
    count = Counter(product["category"] for product in SEED.products)

    assert all(0.7 * number <= with_duty[category] < number for category, number in count.items())


@by_sku
def test_a_price_with_duty_and_vat_is_believable(product: Product) -> None:
    """VAT of 7 % on food, 19 % otherwise (section 12 UStG); on spirits and sparkling wine a duty comes before it."""
    paid, yuan = product.get("duty_paid_eur_minor"), product.get("duty_paid_cny_minor")
    assert (paid is None) == (yuan is None)
    if paid is None or yuan is None:
        return
    free = product["price_eur_minor"]

    assert 1.07 * free <= paid <= 1.19 * (free + 900) + 100
    assert paid % 100 == 90
    assert 7.3 < yuan / paid < 8.6
