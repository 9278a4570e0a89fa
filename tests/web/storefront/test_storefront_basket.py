"""The basket as a value, and the pages that change it."""

import html

import builders
import pytest
from flask.testing import FlaskClient

from shop.orders.rules import MOST_LINES, MOST_PER_LINE, WrongQuantity
from shop.web.storefront.basket import Basket, BasketFull


def basket_in(client: FlaskClient) -> dict[str, int]:
    with client.session_transaction() as session:
        return dict(session.get("basket", {}))


def test_the_same_product_is_added_up() -> None:
    assert Basket().add("A", 2).add("B", 1).add("A", 3).quantities == {"A": 5, "B": 1}


def test_zero_takes_a_product_out() -> None:
    assert Basket({"A": 2, "B": 1}).set("A", 0).quantities == {"B": 1}


@pytest.mark.parametrize("quantity", [-1, MOST_PER_LINE + 1, 10**9])
def test_a_quantity_that_cannot_be_ordered_is_refused(quantity: int) -> None:
    with pytest.raises(WrongQuantity):
        Basket().set("A", quantity)


def test_a_basket_holds_no_more_products_than_an_order() -> None:
    full = Basket({f"A{n}": 1 for n in range(MOST_LINES)})

    with pytest.raises(BasketFull):
        full.add("B", 1)
    assert full.add("A0", 1).quantities["A0"] == 2


@pytest.mark.parametrize(
    "left_behind",
    [
        None,
        [],
        "A",
        {"A": "2"},
        {"A": 0},
        {"A": -3},
        {"A": True},
        {"": 1},
        {"a b": 1},
        {"A\x00": 1},
        {1: 1},
        {"A" * 40: 1},
    ],
)
def test_what_cannot_be_a_basket_is_an_empty_one(left_behind: object) -> None:
    assert not Basket.of({"basket": left_behind})


def test_an_old_cookie_with_too_much_is_cut() -> None:
    kept = Basket.of({"basket": {f"A{n}": 99 for n in range(50)}})

    assert len(kept.quantities) == MOST_LINES
    assert set(kept.quantities.values()) == {MOST_PER_LINE}


def test_adding_stays_at_the_product_and_says_so(client: FlaskClient) -> None:
    sku = builders.a_product()

    answer = client.post("/basket", data={"do": "add", "sku": sku, "quantity": "2", "then": "stay"})

    assert (answer.status_code, answer.location) == (303, f"/products/{sku}?added=1")
    assert basket_in(client) == {sku: 2}
    assert 'class="alert alert--good"' in client.get(answer.location).text


def test_ordering_now_goes_on_to_the_basket(client: FlaskClient) -> None:
    answer = client.post("/basket", data={"do": "add", "sku": builders.a_product(), "quantity": "1", "then": "basket"})

    assert (answer.status_code, answer.location) == (303, "/basket")


def test_a_wrong_quantity_is_shown_again_with_what_was_typed(client: FlaskClient) -> None:
    sku = builders.a_product()

    for typed in ("", "0", "10", "-1", "two", "1.5", "9" * 30, "１000", "<b>"):
        answer = client.post("/basket", data={"do": "add", "sku": sku, "quantity": typed})

        assert answer.status_code == 422, typed
        assert 'role="alert"' in answer.text
        assert f'name="quantity" form="buy" value="{html.escape(typed)[:20]}"' in answer.text
        assert basket_in(client) == {}


def test_more_than_there_is_cannot_be_added(client: FlaskClient) -> None:
    sku = builders.a_product(on_hand=2)
    client.post("/basket", data={"do": "add", "sku": sku, "quantity": "2"})
    client.get("/basket")
    with client.session_transaction() as session:
        token = session["csrf"]

    answer = client.post("/basket", data={"do": "add", "sku": sku, "quantity": "1", "csrf_token": token})

    assert answer.status_code == 409
    assert basket_in(client) == {sku: 2}


def test_a_product_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    for sku in ("", "NOPE", "../etc", "a\x00b", "x" * 300):
        assert client.post("/basket", data={"do": "add", "sku": sku, "quantity": "1"}).status_code == 404, sku


def test_the_basket_is_changed_and_emptied(client: FlaskClient) -> None:
    one, other = builders.a_product(price=10_00), builders.a_product(price=5_50)
    for sku in (one, other):
        client.post("/basket", data={"do": "add", "sku": sku, "quantity": "1", "csrf_token": csrf(client)})

    client.post("/basket", data={"do": "set", "sku": one, "quantity": "3", "csrf_token": csrf(client)})
    page = client.get("/basket?lang=en").text
    client.post("/basket", data={"do": "remove", "sku": other, "csrf_token": csrf(client)})

    assert "<small>€</small>35.50" in page
    assert basket_in(client) == {one: 3}


def csrf(client: FlaskClient) -> str:
    with client.session_transaction() as session:
        return str(session.get("csrf", ""))


def test_a_wrong_change_keeps_what_was_typed_and_the_old_quantity(client: FlaskClient) -> None:
    sku = builders.a_product()
    with client.session_transaction() as session:
        session["basket"], session["csrf"] = {sku: 2}, "page"

    answer = client.post("/basket", data={"do": "set", "sku": sku, "quantity": "many", "csrf_token": "page"})

    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert basket_in(client) == {sku: 2}


def test_the_basket_marks_what_can_no_longer_be_ordered(client: FlaskClient) -> None:
    short, fine = builders.a_product(on_hand=1), builders.a_product()
    with client.session_transaction() as session:
        session["basket"] = {short: 3, fine: 1, "GONE": 1}

    page = client.get("/basket?lang=en").text

    assert "Only 1 left" in page
    assert "This product is no longer offered." in page
    assert 'href="/checkout"' not in page


def test_a_page_from_before_the_session_changes_nothing_and_says_so(client: FlaskClient) -> None:
    sku = builders.a_product()
    with client.session_transaction() as session:
        session["basket"], session["csrf"] = {sku: 1}, "newer"

    answer = client.post("/basket", data={"do": "add", "sku": sku, "quantity": "1", "csrf_token": ""})

    assert (answer.status_code, answer.location) == (303, "/basket?old=1")
    assert 'role="alert"' in client.get(answer.location).text
    assert basket_in(client) == {sku: 1}


def test_another_site_cannot_fill_a_basket(client: FlaskClient) -> None:
    sku = builders.a_product()

    client.post("/basket", data={"do": "add", "sku": sku, "quantity": "1"}, headers={"Origin": "https://evil.example"})

    assert basket_in(client) == {}


def test_the_empty_basket_leads_back_to_the_shop(client: FlaskClient) -> None:
    page = client.get("/basket").text

    assert 'class="empty"' in page
    assert 'class="tabs"' in page
