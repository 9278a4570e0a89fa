"""What stands beside a price: about how many yuan, what a litre costs, the lowest price of 30 days, the note on VAT."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shop.app import create_app
from shop.base import clock
from shop.base.db import db
from shop.base.money import Currency, Money
from shop.catalogue import pricing, rate_keeping, rules
from shop.catalogue.states import PriceKind
from shop.gateways.reference_rates import DailyRates
from shop.policies import commands as policies
from shop.policies.first_values import PRICES
from shop.policies.rules import in_cny
from shop.settings import Settings

TODAY = datetime.now(UTC).date()


def a_rate(text: str, day: date = TODAY) -> None:
    rate_keeping.keep(DailyRates(day, {"CNY": Decimal(text)}), "a test", clock.now())


def decide(**what: Any) -> None:
    policies.change("prices", "all", {**PRICES, **what}, seen=None, by="staff:1", now=clock.now())


def seen(client: FlaskClient, path: str) -> str:
    page = client.get(path, headers={"Accept-Language": "en"}).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")


def reduced(sku: str, to: int) -> None:
    pricing.set_price(sku, pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=Money(to, Currency.EUR)), "staff:1", clock.now())


def test_a_card_says_yuan_litre_price_and_what_it_was(client: FlaskClient, app: Flask) -> None:
    a_rate("7.50")
    sku = builders.a_product(price=70_00, volume_ml=700)
    reduced(sku, 56_00)

    card = seen(client, "/categories/spirits")

    assert "€ 56.00 30-day low €70.00 −20 % ≈ ¥420 €80.00 per litre" in card
    assert f"≈ ¥ at the ECB rate of {TODAY.day} {TODAY:%b %Y}." in card


def test_every_page_with_a_price_says_the_same(client: FlaskClient, app: Flask) -> None:
    a_rate("7.50")
    sku = builders.a_product(price=70_00, volume_ml=700)
    client.post("/basket", data={"do": "add", "sku": sku, "quantity": "2", "then": "basket"})

    assert "≈ ¥525" in seen(client, "/")
    assert "≈ ¥525" in seen(client, "/search?q=whisky")
    assert "≈ ¥525 at the ECB rate of" in seen(client, f"/products/{sku}")
    assert "≈ ¥1,050 at the ECB rate of" in seen(client, "/basket")


def test_a_price_in_yuan_has_no_yuan_beside_it(client: FlaskClient, app: Flask) -> None:
    builders.a_product(currency=Currency.CNY)

    assert "≈" not in seen(client, "/")


def test_a_rate_of_the_shops_own_is_said_to_be_one(client: FlaskClient, app: Flask) -> None:
    sku = builders.a_product(price=10_00)
    decide(cny_rate="8", cny_day="2026-11-12")

    assert "≈ ¥80 at our rate of 12 Nov 2026" in seen(client, f"/products/{sku}")


def test_the_smallest_order_is_said_and_what_is_missing_of_it(client: FlaskClient, app: Flask) -> None:
    sku = builders.a_product(price=20_00)
    decide(minimum_minor=50_01, show_vat_note=True)
    client.post("/basket", data={"do": "add", "sku": sku, "quantity": "2", "then": "basket"})

    assert "Orders start at €50.01." in seen(client, "/")
    assert "Orders start at €50.01: €10.01 to go." in seen(client, "/basket")
    assert "Price without German VAT (19 %, food 7 %)" in seen(client, "/basket")
    more = app.test_client()
    more.post("/basket", data={"do": "add", "sku": sku, "quantity": "3"}, headers={"Origin": "http://localhost"})
    assert "€ 60.00" in seen(more, "/basket")
    assert "to go" not in seen(more, "/basket")


@pytest.fixture
def keeping(settings: Settings, app: Flask) -> Iterator[FlaskClient]:
    made = create_app(replace(settings, page_cache_seconds=60.0))
    yield made.test_client()
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def test_prices_cost_a_page_one_statement_and_a_warm_one_none(
    client: FlaskClient, app: Flask, statements: list[str], keeping: FlaskClient
) -> None:
    for n in range(30):
        builders.a_product(price=10_00 + n)
    a_rate("7.50")
    statements.clear()

    client.get("/categories/spirits")

    assert len(statements) <= 3, statements
    keeping.get("/categories/spirits")
    statements.clear()
    keeping.get("/categories/spirits")
    assert statements == []


@given(price=st.integers(1, 10**6), lowest=st.integers(1, 10**6))
def test_a_percentage_never_claims_more_than_is_true(price: int, lowest: int) -> None:
    said = rules.reduced_percent(price, lowest)

    assert 0 <= said < 100
    assert said * lowest <= max(0, lowest - price) * 100
    assert price >= lowest or (said + 1) * lowest > (lowest - price) * 100


@given(minor=st.integers(1, 10**7), amount=st.integers(10, 100_000))
def test_a_base_price_times_its_amount_is_the_price(minor: int, amount: int) -> None:
    """To within the half cent per unit that rounding once can cost."""
    found = rules.base_price(minor, amount, None)

    assert found is not None
    assert abs(found[0] * amount - minor * 1000) * 2 <= amount
    assert found[1] == "l"
    assert rules.base_price(minor, None, amount) == (found[0], "kg")


@given(minor=st.integers(0, 10**8), rate=st.decimals(min_value=Decimal("0.01"), max_value=Decimal(1000), places=4))
def test_yuan_are_off_by_half_a_yuan_at_most(minor: int, rate: Decimal) -> None:
    assert abs(in_cny(minor, str(rate)) - Decimal(minor) * rate / 100) <= Decimal("0.5")
