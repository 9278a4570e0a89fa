"""A traveller sees what is kept and until when, takes it along, and can be erased."""

import json

import builders
import pytest
from builders import SECRET
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import OrderView
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.privacy.rules import NOBODY, forgets_on


@pytest.fixture
def collected(paid: OrderView) -> OrderView:
    """The traveller's order, handed over."""
    now = clock.now()
    pickup.hand_over(Asked(builders.code_of(paid), "scan-account", now), builders.a_device()[0], SECRET, now)
    return paid


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_the_pages_say_what_is_kept_in_every_language(signed_in: FlaskClient, collected: OrderView, language: str) -> None:
    for address in ("/account/", "/account/erase", "/orders/"):
        page = signed_in.get(address, query_string={"lang": language})

        assert page.status_code == 200
    assert signed_in.get("/account/").text.count("data-kept") == 4


def test_an_order_says_on_which_day_the_name_is_deleted(signed_in: FlaskClient, collected: OrderView) -> None:
    page = signed_in.get(f"/orders/{collected.number}", query_string={"lang": "de"})

    day = forgets_on(collected.departs_at, paid=True)
    assert f"{day:%d.%m.%Y}" in page.text
    assert 'href="/account/"' in page.text


def test_the_file_is_the_travellers_own_and_in_no_cache(signed_in: FlaskClient, collected: OrderView) -> None:
    stranger = builders.a_paid_order(now=clock.now(), date=collected.flight_date)

    answer = signed_in.get("/account/data.json")

    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.text)
    assert [one["number"] for one in told["orders"]] == [collected.number]
    assert stranger.number not in answer.text


def test_an_open_order_stands_against_erasing_with_words(signed_in: FlaskClient, paid: OrderView) -> None:
    page = signed_in.get("/account/erase?lang=en")
    answer = signed_in.post("/account/erase", data={"csrf_token": "page", "sure": "yes"})

    assert "data-blocked" in page.text
    assert paid.number in page.text
    assert answer.status_code == 422
    assert "orders that have not come to an end" in answer.text
    assert signed_in.get(f"/orders/{paid.number}").status_code == 200


def test_erasing_takes_two_steps_and_ends_the_session_everywhere(
    app: Flask, signed_in: FlaskClient, collected: OrderView, traveller: TravellerId
) -> None:
    other = app.test_client()
    with other.session_transaction() as session:
        session["traveller"], session["csrf"] = traveller, "page"
    other.environ_base["HTTP_ORIGIN"] = "http://localhost"

    unsure = signed_in.post("/account/erase", data={"csrf_token": "page"})
    assert unsure.status_code == 422
    assert signed_in.get(f"/orders/{collected.number}").status_code == 200

    done = signed_in.post("/account/erase", data={"csrf_token": "page", "sure": "yes"}, follow_redirects=True)

    assert "data-erased" in done.text
    with signed_in.session_transaction() as session:
        assert "traveller" not in session
    assert builders.order_by_number(collected.number).traveller_name == NOBODY
    assert other.get(f"/orders/{collected.number}").status_code == 404
    assert other.get("/account/").status_code == 303
    with other.session_transaction() as session:
        assert "traveller" not in session


def test_an_old_session_of_an_erased_traveller_places_no_order(
    signed_in: FlaskClient, collected: OrderView, checkout_form: dict[str, str], traveller: TravellerId
) -> None:
    from shop.privacy import commands

    sku = builders.a_product()
    signed_in.post("/basket", data={"csrf_token": "page", "do": "add", "sku": sku, "quantity": "1"})
    commands.erase(traveller, by="staff:1", now=clock.now())
    before = builders.everything()

    answer = signed_in.post("/checkout", data={**checkout_form, f"line-{sku}": "1"})

    assert answer.status_code in (302, 303, 401)
    assert builders.everything() == before
