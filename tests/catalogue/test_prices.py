"""Prices count from the moment they were said for, with or without a worker; what was is never changed."""

from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from builders import NOW, a_product, an_order, put_again
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from shop.base.db import reading, transaction
from shop.base.money import Currency, Money
from shop.catalogue import bulk, pricing, queries
from shop.catalogue.models import Product
from shop.catalogue.price_models import Price
from shop.catalogue.pricing import NewPrice, NoSuchPlannedPrice, PriceAlreadyPlanned, PriceInThePast, WrongPrice
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.states import PriceKind

TICK = timedelta(microseconds=1)
TOMORROW = NOW + timedelta(days=1)
FREE, PAID = PriceKind.DUTY_FREE, PriceKind.DUTY_PAID


def _euro(minor: int) -> Money:
    return Money(minor, Currency.EUR)


def _set(sku: str, minor: int | None, at: datetime | None = None, kind: PriceKind = FREE, now: datetime = NOW) -> None:
    amount = None if minor is None else _euro(minor)
    pricing.set_price(sku, NewPrice(kind=kind, amount=amount, valid_from=at, reason="list of autumn"), "staff:1", now)


def _prices(sku: str, *moments: datetime) -> list[int]:
    return [queries.offer(sku, moment).price.minor for moment in moments]


def _rows(sku: str) -> list[tuple[Any, ...]]:
    with reading() as session:
        rows = session.execute(
            select(Price.kind, Price.amount_minor, Price.valid_from, Price.set_by)
            .join(Product)
            .where(Product.sku == sku)
            .order_by(Price.id)
        ).all()
    return [tuple(row) for row in rows]


def _planned(sku: str) -> int:
    with reading() as session:
        return session.scalars(select(Price.id).join(Product).where(Product.sku == sku).order_by(Price.valid_from.desc())).first() or 0


def test_a_new_product_begins_its_history_and_a_price_set_now_counts_now(app: Flask) -> None:
    sku = a_product(price=50_00)

    _set(sku, 45_00, now=TOMORROW)

    assert _rows(sku) == [("duty_free", 50_00, NOW, "system"), ("duty_free", 45_00, TOMORROW, "staff:1")]
    assert _prices(sku, TOMORROW) == [45_00]


def test_a_planned_price_counts_from_its_very_moment_though_nobody_is_awake(app: Flask) -> None:
    sku = a_product(price=50_00)
    _set(sku, 60_00, TOMORROW)
    _set(sku, 70_00, TOMORROW + timedelta(hours=1))

    seen = _prices(sku, NOW, TOMORROW - TICK, TOMORROW, TOMORROW + timedelta(hours=1) - TICK, TOMORROW + timedelta(hours=1))

    assert seen == [50_00, 50_00, 60_00, 60_00, 70_00]
    assert [item.price.minor for item in queries.page(now=TOMORROW).items] == [60_00]
    assert queries.offers([sku], TOMORROW)[sku].price == _euro(60_00)


@pytest.mark.parametrize(("at", "paid"), [(TOMORROW - TICK, 50_00), (TOMORROW, 60_00)])
def test_an_order_is_placed_at_the_price_of_its_very_moment(app: Flask, at: datetime, paid: int) -> None:
    sku = a_product(price=50_00)
    _set(sku, 60_00, TOMORROW)

    order = an_order({sku: 2}, now=at)

    assert (order.lines[0].unit_price, order.total) == (_euro(paid), _euro(2 * paid))


def test_settling_what_came_due_changes_no_price_that_anybody_sees(app: Flask) -> None:
    sku, other = a_product(price=50_00), a_product(price=20_00)
    _set(sku, 60_00, TOMORROW)
    _set(sku, 70_00, TOMORROW + timedelta(days=1))
    moments = (TOMORROW, TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=9))
    before = _prices(sku, *moments)

    counts = [pricing.settle_due(TOMORROW - TICK), pricing.settle_due(TOMORROW), pricing.settle_due(TOMORROW)]

    assert counts == [0, 1, 0]
    assert _prices(sku, *moments) == before == [60_00, 70_00, 70_00]
    assert _prices(other, TOMORROW) == [20_00]
    with reading() as session:
        row = session.execute(select(Product.price_minor, Product.next_price_at).where(Product.sku == sku)).one()
    assert tuple(row) == (60_00, TOMORROW + timedelta(days=1))


def test_a_price_set_now_keeps_what_is_planned(app: Flask) -> None:
    sku = a_product(price=50_00)
    _set(sku, 60_00, TOMORROW)

    _set(sku, 55_00, now=NOW + timedelta(hours=1))

    assert _prices(sku, NOW + timedelta(hours=1), TOMORROW) == [55_00, 60_00]


def test_a_planned_price_can_be_withdrawn_until_it_counts(app: Flask) -> None:
    sku = a_product(price=50_00)
    _set(sku, 60_00, TOMORROW)
    planned = _planned(sku)

    with pytest.raises(NoSuchPlannedPrice):
        pricing.withdraw(sku, planned, "staff:1", TOMORROW)
    pricing.withdraw(sku, planned, "staff:1", TOMORROW - TICK)
    with pytest.raises(NoSuchPlannedPrice):
        pricing.withdraw(sku, planned, "staff:1", TOMORROW - TICK)

    assert _prices(sku, TOMORROW) == [50_00]
    assert len(_rows(sku)) == 2, "the books keep what was planned"


def test_a_price_of_another_product_cannot_be_withdrawn_here(app: Flask) -> None:
    sku, other = a_product(), a_product()
    _set(sku, 60_00, TOMORROW)

    with pytest.raises(NoSuchPlannedPrice):
        pricing.withdraw(other, _planned(sku), "staff:1", NOW)


def test_setting_the_price_that_counts_already_writes_nothing(app: Flask) -> None:
    sku = a_product(price=50_00)
    before = builders.everything()

    _set(sku, 50_00, now=TOMORROW)

    assert builders.everything() == before


def test_the_end_of_a_reduction_may_be_planned_before_its_beginning(app: Flask) -> None:
    sku = a_product(price=50_00)
    in_a_week = NOW + timedelta(days=7)

    _set(sku, 50_00, in_a_week)  # what it costs today: this must not be lost
    _set(sku, 40_00, TOMORROW)

    assert _prices(sku, NOW, TOMORROW, in_a_week) == [50_00, 40_00, 50_00]
    assert queries.offer(sku, in_a_week).reduced_from is None


def test_one_moment_is_one_moment_in_every_zone_even_where_a_clock_leaps(app: Flask) -> None:
    """Python finds a moment in the hour that a zone leaps over, or has twice, equal to no moment of another zone."""
    sku = a_product(price=50_00)
    leaps = datetime(2098, 10, 26, 2, 30, tzinfo=pricing.ZONE)  # the clocks went back at three
    _set(sku, 60_00, leaps)

    with pytest.raises(PriceAlreadyPlanned):
        _set(sku, 61_00, leaps)


@pytest.mark.parametrize("again", ["bulk", "import"])
def test_a_price_that_nobody_could_ever_pay_is_no_price_that_was_reduced(app: Flask, again: str) -> None:
    sku = a_product(price=40_00)
    with transaction() as session:  # made, but not offered yet
        session.execute(update(Product).values(active=False, first_on_sale_at=None))
    _set(sku, 30_00, now=NOW + timedelta(hours=1))

    if again == "bulk":
        wanted = bulk.Publish(active=True)
        bulk.apply([sku], wanted, bulk.preview([sku], wanted, TOMORROW).mark, "staff:1", TOMORROW)
    else:
        put_again(sku, price=30_00, now=TOMORROW)

    shown = queries.offer(sku, TOMORROW)
    assert (shown.price, shown.reduced_from) == (_euro(30_00), None)


@pytest.mark.parametrize(
    ("minor", "at", "refusal"),
    [
        (60_00, NOW - TICK, PriceInThePast),
        (0, None, WrongPrice),
        (-1, None, WrongPrice),
        (100_000_001, None, WrongPrice),
        (None, None, WrongPrice),
        (61_00, TOMORROW, PriceAlreadyPlanned),
    ],
)
def test_a_price_that_cannot_be_is_refused_and_nothing_is_changed(
    app: Flask, minor: int | None, at: datetime | None, refusal: type[Exception]
) -> None:
    sku = a_product(price=50_00)
    _set(sku, 60_00, TOMORROW)
    before = builders.everything()

    with pytest.raises(refusal):
        _set(sku, minor, at)

    assert builders.everything() == before


def test_a_price_in_another_currency_is_refused(app: Flask) -> None:
    sku = a_product()

    with pytest.raises(WrongPrice):
        pricing.set_price(sku, NewPrice(kind=FREE, amount=Money(100, Currency.CNY)), "staff:1", NOW)
    with pytest.raises(NoSuchProduct):
        _set("NO-SUCH", 100)


def test_the_duty_paid_price_comes_and_goes_by_itself(app: Flask) -> None:
    sku = a_product(price=50_00)

    before = queries.offer(sku, NOW).duty_paid
    _set(sku, 65_00, kind=PAID)
    _set(sku, None, TOMORROW, PAID)

    assert before is None
    assert queries.offer(sku, NOW).duty_paid == _euro(65_00)
    assert queries.offer(sku, TOMORROW - TICK).duty_paid == _euro(65_00)
    assert queries.offer(sku, TOMORROW).duty_paid is None
    assert _prices(sku, NOW, TOMORROW) == [50_00, 50_00]


def test_a_reduced_price_says_the_lowest_of_the_30_days_before_and_ends_by_itself(app: Flask) -> None:
    sku = a_product(price=50_00)
    later = NOW + timedelta(days=3)

    _set(sku, 40_00, now=later)

    assert queries.offer(sku, later).reduced_from == _euro(50_00)
    assert queries.offer(sku, later + timedelta(days=30) - TICK).reduced_from == _euro(50_00)
    assert queries.offer(sku, later + timedelta(days=30)).reduced_from is None


def test_a_planned_reduction_is_announced_only_once_it_is_settled(app: Flask) -> None:
    sku = a_product(price=50_00)
    _set(sku, 40_00, TOMORROW)

    due = queries.offer(sku, TOMORROW)
    pricing.settle_due(TOMORROW)
    settled = queries.offer(sku, TOMORROW)

    assert (due.price, due.reduced_from) == (_euro(40_00), None)
    assert (settled.price, settled.reduced_from) == (_euro(40_00), _euro(50_00))


def _change(values: dict[str, Any]) -> None:
    with transaction() as session:
        session.execute(update(Price).values(**values))


@pytest.mark.parametrize("values", [{"amount_minor": 1}, {"valid_from": TOMORROW}, {"set_by": "nobody"}, {"reason": "x"}], ids=str)
def test_the_database_itself_keeps_prices_as_they_were_written(app: Flask, values: dict[str, Any]) -> None:
    a_product()

    with pytest.raises(IntegrityError):
        _change(values)


def test_the_database_itself_refuses_to_delete_or_to_withdraw_what_counts_and_to_write_into_the_past(app: Flask) -> None:
    a_product(price=50_00)

    def delete_all() -> None:
        with transaction() as session:
            session.execute(delete(Price))

    def write_back() -> None:
        with transaction() as session:
            session.add(
                Price(
                    product_id=1, kind="duty_free", amount_minor=1, amount_currency="EUR", valid_from=NOW - TICK, set_by="x", set_at=NOW,
                )
            )  # fmt: skip

    with pytest.raises(IntegrityError):
        delete_all()
    with pytest.raises(IntegrityError):
        _change({"withdrawn_at": NOW, "withdrawn_by": "x"})
    with pytest.raises(IntegrityError):
        write_back()


def test_a_page_with_prices_that_are_due_is_one_statement_like_any_other(app: Flask, statements: list[str]) -> None:
    skus = [a_product() for _ in range(5)]
    for sku in skus:
        _set(sku, 60_00, TOMORROW)
    statements.clear()

    queries.page(now=TOMORROW)
    queries.offer(skus[0], TOMORROW)
    queries.offers(skus, TOMORROW)

    assert len(statements) == 3
