"""A period of so many orders that adding them up takes longer than a page: nothing is added up before somebody asks for it."""

from datetime import timedelta

import builders
import pytest
from flask import Flask
from sqlalchemy import text

from shop.base.db import db
from shop.reports import files, long_periods, pages
from shop.reports.asked import Asked, Day
from shop.reports.pages import Turn
from shop.reports.period import Period
from shop.reports.registry import REPORTS

from .conftest import EVER

OF_ALL_ORDERS = {"orders", "order_list", "by_day", "by_point", "by_flight", "by_campaign", "campaigns", "by_category", "by_brand",
                 "by_product"}  # fmt: skip


@pytest.fixture(autouse=True)
def two_are_many(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_periods, "MANY", 2)


def three_orders() -> None:
    for n in range(3):
        builders.a_paid_order({builders.a_product(price=1_234_50): 1}, now=builders.NOW + timedelta(seconds=n))


def asked_of(name: str, **filters: str) -> Asked:
    days = REPORTS[name].days
    return Asked(name, Period(*EVER), "en", days[0] if days else Day.ORDERED, filters)


def test_sums_of_many_orders_are_not_for_a_page_and_other_reports_always_are() -> None:
    three_orders()

    for name in REPORTS:
        page = pages.page_of(asked_of(name), Turn())

        assert page.long == (name in OF_ALL_ORDERS), name
        assert files.is_quick(asked_of(name)) == (name not in OF_ALL_ORDERS), name
        assert not (page.long and page.footer)


def test_two_orders_are_not_many() -> None:
    for n in range(2):
        builders.a_paid_order(now=builders.NOW + timedelta(seconds=n))

    page = pages.page_of(asked_of("by_day"), Turn())

    assert (page.long, page.count, len(page.rows)) == (False, 1, 1)


def test_a_list_has_its_rows_and_pages_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    three_orders()
    monkeypatch.setattr(pages, "ROWS", 2)

    first = pages.page_of(asked_of("order_list"), Turn())
    second = pages.page_of(asked_of("order_list"), Turn(after=first.links["more"]["after"]))

    assert (len(first.rows), len(second.rows)) == (2, 1)
    assert first.footer == second.footer == []


def test_whoever_is_patient_gets_the_sums_with_thousands_apart() -> None:
    three_orders()

    page = pages.page_of(asked_of("by_day"), Turn(), patient=True)

    (row,) = page.rows
    assert (page.long, page.count) == (False, 1)
    assert "3,703.50" in row
    german = Asked("by_day", Period(*EVER), "de")
    assert "3.703,50" in pages.page_of(german, Turn(), patient=True).rows[0]


def test_a_filter_that_leaves_few_orders_makes_a_period_short() -> None:
    three_orders()

    assert pages.page_of(asked_of("order_list", flight="CA932"), Turn()).long
    assert not pages.page_of(asked_of("order_list", flight="LH1"), Turn()).long


@pytest.mark.postgresql
def test_no_more_orders_are_looked_at_than_are_many(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a long period costs the same at a hundred thousand orders and at a million."""
    for n in range(9):
        builders.an_order(now=builders.NOW + timedelta(seconds=n))
    questions = []

    def explain(question: object) -> list[object]:
        questions.append(str(question.compile(db.engine, compile_kwargs={"literal_binds": True})))  # type: ignore[attr-defined]
        return []

    long_periods.is_long(explain, REPORTS["by_day"], asked_of("by_day"))
    with db.engine.connect() as connection:
        plan = "\n".join(connection.execute(text(f"EXPLAIN (ANALYZE, TIMING OFF) {questions[0]}")).scalars())

    assert "Limit" in plan
    assert "rows=3.00" in plan or "rows=3 " in plan, plan  # of nine
