"""The campaign report: what each mark brought, with the margin where the cost is known and what is unknown beside it."""

from datetime import date, timedelta
from typing import Any

import builders
import pytest
from flask import Flask

from shop.base.money import Currency
from shop.campaigns import commands
from shop.campaigns.rules import Came, Touches
from shop.campaigns.states import CampaignKind
from shop.catalogue import costs
from shop.reports import pages
from shop.reports.asked import Asked
from shop.reports.period import Period, frankfurt_days

NOW, DAY = builders.NOW, date(2026, 11, 24)


@pytest.fixture
def marks(app: Flask) -> None:
    for mark, kind in (("a-1", CampaignKind.ARTICLE), ("p-1", CampaignKind.POSTER)):
        commands.create(kind, f"Campaign {mark}", "/", mark, "staff:1", NOW)


def asked(language: str = "en", **filters: str) -> Asked:
    return Asked("campaigns", Period(*frankfurt_days(DAY, DAY)), language, filters=filters)


def shown(language: str = "en", **filters: str) -> dict[str, dict[str, Any]]:
    page = pages.page_of(asked(language, **filters), pages.Turn())
    names = [column.name for column in page.columns]
    rows = [dict(zip(names, row, strict=True)) for row in page.rows]
    return {row["campaign"]: row for row in rows}


def visit(mark: str, times: int) -> None:
    from shop.campaigns import queries

    for _ in range(times):
        commands.count_visit(queries.campaign(mark).id, DAY)


def test_a_campaign_shows_visits_orders_takings_conversion_and_margin(marks: None) -> None:
    known, unknown = builders.a_product("SP-0001", price=50_00), builders.a_product("SP-0002", price=20_00)
    costs.put([(known, 30_00)], Currency.EUR, DAY - timedelta(days=30), "staff:1", NOW)
    visit("a-1", 40)
    order = builders.a_paid_order({known: 2, unknown: 1}, campaign="a-1")
    commands.credit(order.id, Touches(Came("p-1", NOW), Came("a-1", NOW)), NOW)
    builders.an_order({known: 1}, campaign="a-1")

    row = shown()["a-1"]

    assert (row["kind"], row["title"], row["visits"], row["orders"], row["paid_orders"]) == ("Article", "Campaign a-1", "40", "2", "1")
    assert (row["taken"], row["refunded"], row["net"], row["currency"]) == ("120.00", "0.00", "120.00", "EUR")
    assert (row["conversion"], row["margin"], row["no_cost"]) == ("2.5", "40.00", "1")
    assert (shown()["p-1"]["first_orders"], shown()["p-1"]["orders"]) == ("1", "0")


def test_a_margin_that_nobody_can_know_is_empty_and_not_nought(marks: None) -> None:
    builders.a_paid_order({builders.a_product(): 1}, campaign="a-1")

    assert (shown()["a-1"]["margin"], shown()["a-1"]["no_cost"]) == ("", "1")


def test_the_cost_of_the_day_of_the_order_counts(marks: None) -> None:
    sku = builders.a_product(price=50_00)
    costs.put([(sku, 30_00)], Currency.EUR, DAY - timedelta(days=30), "staff:1", NOW)
    costs.put([(sku, 10_00)], Currency.EUR, DAY + timedelta(days=1), "staff:1", NOW)
    builders.a_paid_order({sku: 1}, campaign="a-1")

    assert shown()["a-1"]["margin"] == "20.00"


def test_visits_without_orders_and_orders_without_visits_are_both_there(marks: None) -> None:
    visit("p-1", 3)
    builders.a_paid_order({builders.a_product(): 1}, campaign="from-the-api")

    found = shown("zh")

    assert (found["p-1"]["visits"], found["p-1"]["orders"], found["p-1"]["conversion"]) == ("3", "0", "0.0")
    assert (found["from-the-api"]["kind"], found["from-the-api"]["visits"], found["from-the-api"]["conversion"]) == ("未登记", "0", "")


def test_orders_without_a_campaign_are_left_out_and_sums_stand_below(marks: None) -> None:
    sku = builders.a_product(price=50_00)
    builders.a_paid_order({sku: 1})
    builders.a_paid_order({sku: 1}, campaign="a-1")
    builders.a_paid_order({sku: 2}, campaign="p-1")

    visit("a-1", 1)
    page = pages.page_of(asked(), pages.Turn())

    assert page.count == 2
    assert "150.00" in page.footer[0]
    assert list(shown(campaign="p-1")) == ["p-1"]
