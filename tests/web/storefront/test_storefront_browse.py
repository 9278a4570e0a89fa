"""What anybody sees: home, categories, search, a product, the counters."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.app import create_app
from shop.base import clock
from shop.base.db import db
from shop.orders.queries import order_by_number
from shop.orders.states import OrderState
from shop.settings import Settings

OPEN_PAGES = [
    "/",
    "/categories/",
    "/categories/spirits",
    "/search",
    "/search?q=whisky",
    "/products/SP-1",
    "/basket",
    "/pickup-points",
]


@pytest.fixture
def product(app: Flask) -> str:
    return builders.a_searched_product("SP-1", price=1299_50, alcohol=375, picture="sp-1-abc")


@pytest.fixture
def keeping(settings: Settings, app: Flask) -> Iterator[FlaskClient]:
    """A visitor of a process that keeps its pages for a minute."""
    made = create_app(replace(settings, page_cache_seconds=60.0))
    yield made.test_client()
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_every_page_opens_in_every_language_and_sets_no_cookie(
    client: FlaskClient, product: str, language: str
) -> None:
    for path in OPEN_PAGES:
        answer = client.get(path, headers={"Accept-Language": language})

        assert answer.status_code == 200
        assert answer.headers.getlist("Set-Cookie") == []
        assert f'<html lang="{"zh-CN" if language == "zh" else language}">' in answer.text


def test_no_page_has_inline_script_style_or_handlers(client: FlaskClient, product: str) -> None:
    for path in OPEN_PAGES:
        page = client.get(path).text

        assert not re.search(r"style=|<style|<script>|\son[a-z]+=", page), path


def test_a_cache_in_between_is_told_what_a_page_depends_on(client: FlaskClient, product: str) -> None:
    vary = client.get("/").headers["Vary"]

    assert "Accept-Language" in vary
    assert "Cookie" in vary


@pytest.mark.parametrize("path", ["/", "/categories/spirits"])
def test_a_shelf_costs_few_statements_and_none_when_it_is_kept(
    keeping: FlaskClient, product: str, statements: list[str], path: str
) -> None:
    statements.clear()
    keeping.get(path)
    cold = len(statements)
    statements.clear()
    keeping.get(path)

    assert cold <= 3
    assert statements == []


@pytest.mark.parametrize(("path", "most"), [("/products/SP-1", 4), ("/basket", 4), ("/search?q=whisky", 4)])
def test_other_pages_cost_few_statements(
    client: FlaskClient, product: str, statements: list[str], path: str, most: int
) -> None:
    with client.session_transaction() as session:
        session["basket"] = {"SP-1": 1}
    statements.clear()

    client.get(path)

    assert 0 < len(statements) <= most


def test_a_kept_shelf_is_of_its_own_language_and_page(keeping: FlaskClient, app: Flask) -> None:
    skus = [builders.a_searched_product() for _ in range(25)]

    first = keeping.get("/?lang=en").text
    second = keeping.get("/?lang=en&after=" + first.split("?after=")[1].split('"')[0]).text
    chinese = keeping.get("/?lang=zh").text

    assert f"/products/{skus[0]}" in first
    assert f"/products/{skus[0]}" not in second
    assert f"/products/{skus[24]}" in second
    assert "Spirits（中）" in chinese
    assert "Spirits（中）" not in first


def test_a_kept_shelf_shows_nothing_of_the_address_it_was_made_for(keeping: FlaskClient, product: str) -> None:
    keeping.get("/?q=somebodys-words&after=rubbish&lang=zh")

    page = keeping.get("/?lang=zh").text

    assert "somebodys-words" not in page
    assert "rubbish" not in page


def test_the_badge_is_not_kept_with_the_shelf(keeping: FlaskClient, product: str) -> None:
    before = keeping.get("/").text
    with keeping.session_transaction() as session:
        session["basket"] = {"SP-1": 4}
    after = keeping.get("/").text

    assert "weui-badge" not in before
    assert 'class="weui-badge"' in after


def test_looking_around_frees_what_was_not_paid_in_time(keeping: FlaskClient) -> None:
    old = clock.now() - timedelta(hours=2)
    sku = builders.a_searched_product(on_hand=1)
    order = builders.an_order({sku: 1}, now=old, date=(old + timedelta(days=3)).date())

    keeping.get("/")

    assert order_by_number(order.number).state is OrderState.EXPIRED
    assert builders.stock_of(sku) == (1, 0, 0, 0)


def test_a_card_shows_its_picture_in_two_sizes_and_its_price(client: FlaskClient, product: str) -> None:
    page = client.get("/?lang=en").text

    assert 'srcset="/pictures/sp-1-abc-360.webp 360w, /pictures/sp-1-abc-720.webp 720w"' in page
    assert "<small>€</small>1,299.50" in page
    assert 'width="360" height="360"' in page


def test_only_the_first_pictures_are_loaded_at_once(client: FlaskClient) -> None:
    for n in range(8):
        builders.a_searched_product(picture=f"p{n}")

    page = client.get("/").text

    assert page.count('loading="lazy"') == 4
    assert page.count('fetchpriority="high"') == 1


@pytest.mark.parametrize(("on_hand", "words"), [(3, "Only 3 left"), (0, "Sold out"), (50, "")])
def test_scarcity_is_said_when_it_is_true(client: FlaskClient, on_hand: int, words: str) -> None:
    builders.a_searched_product(on_hand=on_hand)

    page = client.get("/?lang=en").text

    assert words in page
    assert ('class="stock' in page) == bool(words)


def test_a_product_says_what_it_is(client: FlaskClient, product: str) -> None:
    page = client.get("/products/SP-1?lang=de").text

    assert "1.299,50" in page
    assert "700 ml" in page
    assert "37,5 % vol" in page
    assert "EAN" in page
    assert "Peaty. (de)" in page


def test_a_sold_out_product_has_no_form(client: FlaskClient) -> None:
    sku = builders.a_searched_product(on_hand=0)

    page = client.get(f"/products/{sku}").text

    assert 'action="/basket"' not in page
    assert "已售罄" in page


def test_names_are_never_markup(client: FlaskClient) -> None:
    sku = builders.a_searched_product(name=builders.same("<script>alert(1)</script>"))

    for path in ("/", f"/products/{sku}", "/search?q=<b>x</b>"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<b>x" not in page


def test_what_is_not_there_is_not_found(client: FlaskClient) -> None:
    for path in (
        "/products/NOPE",
        "/products/%00",
        "/categories/nope",
        "/categories/%00",
        "/categories/a%20b",
        "/nope",
    ):
        answer = client.get(path)

        assert answer.status_code == 404, path
        assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    "query", ["after=rubbish", "after=1-2-3", "after=%00", "after=" + "9" * 40, "lang=xx", "lang=%00"]
)
def test_rubbish_in_an_address_does_no_harm(client: FlaskClient, product: str, query: str) -> None:
    for path in ("/", "/categories/spirits", "/search", "/products/SP-1", "/basket", "/pickup-points"):
        assert client.get(f"{path}?{query}&q=whisky").status_code == 200


def test_search_finds_by_name_brand_and_number(client: FlaskClient, product: str) -> None:
    for words in ("whisky", "WHISKY", "sp-1", "fichtental whisky"):
        assert "/products/SP-1" in client.get("/search", query_string={"q": words}).text, words


def test_a_search_without_result_shows_the_categories(client: FlaskClient, product: str) -> None:
    for words in ("zzz", "%", "_", "\x00", "'; --", "😀" * 200):
        answer = client.get("/search", query_string={"q": words})

        assert answer.status_code == 200, words
        assert "没有找到" in answer.text or words == "\x00", words
        assert 'href="/categories/spirits"' in answer.text


def test_a_long_search_goes_on(client: FlaskClient) -> None:
    for _ in range(22):
        builders.a_searched_product()

    first = client.get("/search?q=whisky").text
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    assert client.get(following).text.count('class="card"') == 2


def test_another_language_keeps_the_question(client: FlaskClient) -> None:
    assert 'href="?q=gin&amp;lang=de"' in client.get("/search?q=gin").text


def test_the_counters_say_their_hours_and_how_late_one_may_order(client: FlaskClient) -> None:
    page = client.get("/pickup-points?lang=en").text

    assert "Daily 06:00–21:30" in page
    assert "3 hours before departure" in page
    assert "Turn right" in page


def test_the_counters_know_the_cut_off_of_a_flight(client: FlaskClient, day: date) -> None:
    page = client.get("/pickup-points", query_string={"flight": "ca-932", "date": day.isoformat(), "lang": "en"}).text

    assert "11:05" in page  # three hours before 14:05
    assert "10:05" in page  # open for it four hours before


@pytest.mark.parametrize(
    ("flight", "day", "words"),
    [
        ("XX", "2026-12-24", "Please check the flight number"),
        ("XX9999", "2027-01-24", "We do not know this flight"),
        ("CA932", "yesterday", "Please give a date"),
        ("CA932", "", "Please fill in this field."),
        ("CA932", "0001-01-01", "Please give a date"),
        ("CA932", "9999-12-31", "Please give a date"),
        ("CA932", "2020-01-01", "too late"),
        ("CA932", "2099-01-01", "too far ahead"),
        ("\x00C", "\x00", "Please fill in this field."),
    ],
)
def test_a_flight_that_cannot_be_is_explained_beside_its_field(
    client: FlaskClient, flight: str, day: str, words: str
) -> None:
    answer = client.get("/pickup-points", query_string={"flight": flight, "date": day, "lang": "en"})

    assert words in answer.text
    assert answer.status_code == 422


def test_a_product_sold_by_volume_says_what_a_litre_costs(client: FlaskClient) -> None:
    bottle, bag = builders.a_searched_product(price=35_00, volume_ml=700), builders.a_product(volume_ml=None)

    assert "€50.00 per litre" in client.get(f"/products/{bottle}?lang=en").text
    assert "price__base" not in client.get(f"/products/{bag}?lang=en").text
