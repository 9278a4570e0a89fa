"""Search, filters, brands, favourites, and being told when something is back, as a visitor meets them: by HTTP, without script."""

import html
import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.catalogue import events as catalogue_events
from shop.catalogue import ledger, shelving, wishing
from shop.catalogue.states import MovementReason
from shop.web.storefront import favourites

EN = {"Accept-Language": "en"}


def products_on(page: str) -> list[str]:
    return re.findall(r'class="card" href="/products/([^"]+)"', page)


def get(client: FlaskClient, path: str, status: int = 200, **query: str) -> str:
    answer = client.get(path, query_string=query or None, headers=EN)
    assert answer.status_code == status, answer.text[:500]
    return html.unescape(answer.text)


@pytest.fixture
def goods(app: Flask) -> None:
    builders.a_searched_product("CHEAP", price=10_00, brand="Lancôme", rank=1, on_hand=5)
    builders.a_searched_product("DEAR", price=90_00, brand="Lancôme", rank=2, alcohol=400, on_hand=3)
    builders.a_searched_product("GONE", price=50_00, brand="Fichtental", rank=3, on_hand=0)


ADDRESSES = [
    ("q=lancome", ["CHEAP", "DEAR"]),
    ("q=lancme", ["CHEAP", "DEAR"]),
    ("q=lancome&sort=price_down", ["DEAR", "CHEAP"]),
    ("brand=lancome&high=20", ["CHEAP"]),
    ("low=20,50&high=100.00", ["DEAR", "GONE"]),
    ("stock=1&sort=price", ["CHEAP", "DEAR"]),
    ("alcohol=over22", ["DEAR"]),
    ("alcohol=none", []),
    ("category=spirits&sort=price_down", ["DEAR", "GONE", "CHEAP"]),
    ("sort=nonsense&category=..%2F..&alcohol=9&brand=%3Cb%3E&q=lancome", ["CHEAP", "DEAR"]),
]


def test_a_search_and_its_filters_are_an_address(client: FlaskClient, goods: None) -> None:
    for query, expected in ADDRESSES:
        answer = client.get(f"/search?{query}", headers=EN)

        if expected:
            assert products_on(answer.text) == expected, query
        else:
            assert "Nothing fits" in answer.text, query
        assert answer.headers.getlist("Set-Cookie") == [], query


def test_what_was_understood_as_another_word_is_said(client: FlaskClient, goods: None) -> None:
    assert "Nothing is called “lancme”. You see what fits “Lancôme”." in get(client, "/search", q="lancme")


def test_a_price_that_is_none_is_refused_beside_its_field_and_stays_typed(client: FlaskClient, goods: None) -> None:
    for query, field in (("low=cheap", "low"), ("high=-3", "high"), ("low=9&high=3", "high"), ("high=1e9", "high")):
        page = get(client, f"/search?q=lancome&{query}", 422)

        assert f'id="{field}-error"' in page, query
        assert f'value="{parse_qs(query)[field][0]}"' in page, query
        assert 'value="lancome"' in page, query


def test_each_filter_can_be_taken_away_and_all_of_them(client: FlaskClient, goods: None) -> None:
    page = get(client, "/search?q=lancome&category=spirits&low=500")

    links = re.findall(r'<a href="(/search[^"]*)" aria-label="Remove the filter: ([^"]+)"', page)
    assert [(parse_qs(urlsplit(link).query), words) for link, words in links] == [
        ({"q": ["lancome"], "low": ["500"]}, "Spirits"), ({"q": ["lancome"], "category": ["spirits"]}, "from 500"),
    ]  # fmt: skip
    way_out = re.search(r'href="([^"]+)">Remove all filters', page)
    assert way_out is not None
    assert products_on(get(client, way_out[1])) == ["CHEAP", "DEAR"]


def test_an_empty_search_offers_categories_and_something_to_look_at(client: FlaskClient, goods: None) -> None:
    page = get(client, "/search", q="qqqqqqqq")

    assert "Nothing found for “qqqqqqqq”" in page
    assert 'href="/categories/spirits"' in page
    assert products_on(page) == ["CHEAP", "DEAR", "GONE"]


def test_pages_of_a_narrowed_list_keep_what_was_asked(client: FlaskClient, app: Flask) -> None:
    skus = [builders.a_searched_product(price=10_00 + n) for n in range(25)]

    first = get(client, "/search?category=spirits&sort=price")
    following = re.search(r'href="([^"]+)" rel="next"', first)

    assert following is not None
    assert products_on(first) + products_on(get(client, following[1])) == skus


def test_brands_have_pages_of_their_own(client: FlaskClient, goods: None) -> None:
    brands = get(client, "/brands/")
    page = get(client, "/brands/lancome")

    assert re.findall(r'href="/brands/([a-z]+)"><span>', brands) == ["fichtental", "lancome"]
    assert products_on(page) == ["CHEAP", "DEAR"]
    assert '<a href="/brands/lancome">Lancôme</a>' in get(client, "/products/CHEAP")
    for unknown in ("nobody", "..", "%00", "A" * 80):
        assert client.get(f"/brands/{unknown}").status_code == 404


def test_finding_costs_few_statements(client: FlaskClient, goods: None, statements: list[str]) -> None:
    for _ in range(30):
        builders.a_searched_product()
    for path, most in (("/search?q=whisky", 4), ("/search?category=spirits&sort=price", 4), ("/search", 2), ("/brands/", 1),
                       ("/brands/lancome", 5), ("/favourites", 0), ("/recently-seen?sku=CHEAP,DEAR", 2)):  # fmt: skip
        statements.clear()
        client.get(path)
        assert len(statements) <= most, (path, statements)


# --- favourites -------------------------------------------------------------------------------------------------------


def mark(client: FlaskClient, sku: str, do: str = "add") -> int:
    with client.session_transaction() as cookie:
        token = cookie.get("csrf", "")
    return client.post("/favourites", data={"sku": sku, "do": do, "csrf_token": token}).status_code


def test_a_favourite_is_marked_listed_and_taken_away_without_script(client: FlaskClient, goods: None) -> None:
    assert 'aria-pressed="false"' in get(client, "/products/CHEAP")

    assert mark(client, "CHEAP") == 303
    assert 'aria-pressed="true"' in get(client, "/products/CHEAP")
    mark(client, "GONE")
    assert products_on(get(client, "/favourites")) == ["GONE", "CHEAP"]

    mark(client, "GONE", "remove")
    mark(client, "GONE", "remove")
    assert products_on(get(client, "/favourites")) == ["CHEAP"]


def test_favourites_have_an_end_and_take_only_products_there_are(client: FlaskClient, goods: None) -> None:
    with client.session_transaction() as cookie:
        cookie["favourites"] = [f"X-{n}" for n in range(favourites.MOST)]

    assert mark(client, "CHEAP") == 422
    assert mark(client, "NOTHING") == 404
    assert mark(client, "<b>") == 404
    assert f"{favourites.MOST} favourites are not sold any more." in get(client, "/favourites")


def test_what_somebody_wrote_into_the_cookie_is_dropped(client: FlaskClient, goods: None) -> None:
    for rubbish in ({"a": 1}, [1, None, "<b>", "CHEAP", "CHEAP"], "CHEAP"):
        with client.session_transaction() as cookie:
            cookie["favourites"] = rubbish
        assert products_on(get(client, "/favourites")) in ([], ["CHEAP"])


def test_looking_around_still_sets_no_cookie(client: FlaskClient, goods: None) -> None:
    lists = ("/favourites", "/recently-seen", "/recently-seen?sku=CHEAP", "/brands/", "/brands/lancome")
    for path in (*lists, "/search?sort=new", "/products/GONE"):
        assert client.get(path).headers.getlist("Set-Cookie") == [], path


def test_only_what_the_browser_asks_for_was_seen(client: FlaskClient, goods: None) -> None:
    assert products_on(get(client, "/recently-seen", sku="DEAR,CHEAP,NOTHING,<b>,DEAR")) == ["DEAR", "CHEAP"]
    assert products_on(get(client, "/recently-seen", sku=",".join(["CHEAP"] * 5000))) == ["CHEAP"]
    assert "Nothing seen yet" in get(client, "/recently-seen")


# --- tell me when it is back ------------------------------------------------------------------------------------------


def ask(client: FlaskClient, sku: str, do: str = "") -> int:
    with client.session_transaction() as cookie:
        token = cookie.get("csrf", "")
    return client.post(f"/products/{sku}/tell-me", data={"do": do, "csrf_token": token}).status_code


def take_in(sku: str, pieces: int = 3) -> None:
    ledger.book(sku, ledger.Booking(reason=MovementReason.DELIVERY, number=pieces), "staff:1", clock.now())


def test_a_stranger_is_asked_to_sign_in_first_and_comes_back_to_the_product(client: FlaskClient, goods: None) -> None:
    answer = client.post("/products/GONE/tell-me", headers=EN)

    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_a_traveller_is_told_once_when_it_is_back(signed_in: FlaskClient, goods: None) -> None:
    assert "Tell me when it is back" in get(signed_in, "/products/GONE")
    assert ask(signed_in, "GONE") == 303
    assert ask(signed_in, "GONE") == 303  # twice is once
    page = get(signed_in, "/products/GONE")
    assert "Stop waiting" in page
    assert products_on(get(signed_in, "/favourites")) == ["GONE"]

    assert wishing.announce_back(clock.now()) == 0
    take_in("GONE")
    assert wishing.announce_back(clock.now()) == 1
    assert wishing.announce_back(clock.now()) == 0

    (told,) = builders.announced(catalogue_events.BACK_IN_STOCK)
    wish = wishing.wish_by_id(told[1])
    assert wish is not None
    assert wish.sku == "GONE"
    assert wish.told_at is not None
    assert "Only 3 left" in get(signed_in, "/products/GONE")
    assert "You waited for these: they are back" in get(signed_in, "/favourites")


def test_who_stops_waiting_is_not_told(signed_in: FlaskClient, goods: None) -> None:
    ask(signed_in, "GONE")
    ask(signed_in, "GONE", "stop")
    take_in("GONE")

    assert wishing.announce_back(clock.now()) == 0


def test_there_is_nothing_to_wait_for_where_there_is_stock_or_no_product(signed_in: FlaskClient, goods: None) -> None:
    assert ask(signed_in, "CHEAP") == 422
    assert ask(signed_in, "NOTHING") == 404


def test_a_product_that_is_back_and_hidden_is_not_announced(signed_in: FlaskClient, goods: None) -> None:
    ask(signed_in, "GONE")
    take_in("GONE")
    shelving.change_category("spirits", builders.same("Spirits"), True, "staff:1", clock.now())

    assert wishing.announce_back(clock.now()) == 0


# --- once more --------------------------------------------------------------------------------------------------------


def test_an_order_is_put_into_the_basket_again_as_far_as_it_is_sold(
    signed_in: FlaskClient, traveller: TravellerId, goods: None, day: date
) -> None:
    order = builders.an_order({"CHEAP": 2, "DEAR": 3}, traveller=traveller, now=clock.now(), date=day)
    with signed_in.session_transaction() as cookie:
        token = cookie["csrf"]

    answer = signed_in.post(f"/orders/{order.number}/again", data={"csrf_token": token})

    assert answer.status_code == 303
    page = get(signed_in, answer.location)
    assert re.findall(r'name="quantity" value="(\d)"', page) == ["2"]
    assert "Not sold any more, or not as many:" in page  # the three others are held by the order itself


def test_somebody_elses_order_cannot_be_ordered_again(signed_in: FlaskClient, goods: None) -> None:
    other = builders.an_order({"CHEAP": 1})
    with signed_in.session_transaction() as cookie:
        token = cookie.get("csrf", "")

    assert signed_in.post(f"/orders/{other.number}/again", data={"csrf_token": token}).status_code == 404
    assert "Not sold any more" not in get(signed_in, f"/basket?again={other.number}")

