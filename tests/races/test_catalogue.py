"""Managers at the same product at the same moment: one is told, nothing is lost, nothing is taken twice."""

import threading
from typing import Any

import builders
import pytest
from flask import Flask
from races.together import Unguarded, copies
from sqlalchemy import text

from shop.base import audit
from shop.base.db import db, transaction
from shop.base.money import Currency, Money
from shop.catalogue import editing, ledger, ledger_queries, office_queries, pricing, queries, rules, shelving, taking_in
from shop.catalogue.editing import ChangedMeanwhile, ProductData
from shop.catalogue.ledger import Booked, Booking
from shop.catalogue.states import MovementReason, PriceKind
from shop.orders.commands import Placed

from .test_stock import buy

pytestmark = pytest.mark.postgresql
SAVE = text("UPDATE scratch_product SET name = :name, version = version + 1")


def _data(name: str) -> ProductData:
    return ProductData(
        ean="4006381333931", category="spirits", brand="fichtental", name=builders.same(name), text=builders.same("T"), rank=1,
        active=True,
    )  # fmt: skip


def test_of_8_managers_who_save_one_product_one_saves_and_seven_are_told(app: Flask) -> None:
    sku = builders.a_product()

    answers = copies(app, 8, lambda n: editing.change(sku, _data(f"by {n}"), 1, f"staff:{n}", builders.NOW))

    won = [n for n, answer in enumerate(answers) if answer == 2]
    assert len(won) == 1
    assert sum(isinstance(answer, ChangedMeanwhile) for answer in answers) == 7
    assert queries.offer(sku, builders.NOW).name["en"] == f"by {won[0]}"
    assert audit.verify().whole


@pytest.mark.parametrize("make", ["category", "brand"])
def test_of_8_who_make_the_same_shelf_at_once_one_makes_it_and_seven_are_told(app: Flask, make: str) -> None:
    builders.a_product()

    def act(n: int) -> Any:
        if make == "category":
            return shelving.create_category("wine", builders.same("Wine"), f"staff:{n}", builders.NOW)
        return shelving.create_brand("Weinhof", f"staff:{n}", builders.NOW)

    answers = copies(app, 8, act)

    told = {"category": shelving.CodeTaken, "brand": shelving.NameTaken}[make]
    assert sum(isinstance(answer, told) for answer in answers) == 7, answers
    groups = office_queries.categories() if make == "category" else office_queries.brands()
    assert len(groups) == 2


def test_brands_made_at_once_with_names_that_are_written_alike_get_codes_of_their_own(app: Flask) -> None:
    answers = copies(app, 6, lambda n: shelving.create_brand("Wein Hof" + "!" * n, f"staff:{n}", builders.NOW))

    assert len(set(answers)) == 6, answers
    assert len(office_queries.brands()) == 6


def test_of_8_who_give_8_products_one_ean_at_once_one_does_and_seven_are_told(app: Flask) -> None:
    skus = [builders.a_product() for _ in range(8)]

    answers = copies(app, 8, lambda n: editing.change(skus[n], _data(f"by {n}"), 1, f"staff:{n}", builders.NOW))

    refused = [answer.fields for answer in answers if isinstance(answer, rules.WrongProduct)]
    assert (answers.count(2), refused) == (1, [{"ean": ["ean_taken"]}] * 7), answers


def test_of_8_who_make_8_products_with_one_ean_at_once_one_does_and_seven_are_told_which_field_is_wrong(app: Flask) -> None:
    builders.a_product()
    first = editing.FirstBooks(price=Money(10_00, Currency.EUR))

    def act(n: int) -> None:
        editing.create(f"NEW-{n}", _data(f"by {n}"), first, Currency.EUR, f"staff:{n}", builders.NOW)

    answers = copies(app, 8, act)

    refused = [answer.fields for answer in answers if isinstance(answer, rules.WrongProduct)]
    assert (answers.count(None), refused) == (1, [{"ean": ["ean_taken"]}] * 7), answers


def test_of_8_who_make_one_product_at_once_one_does_and_seven_are_told(app: Flask) -> None:
    builders.a_product()
    first = editing.FirstBooks(price=Money(10_00, Currency.EUR))

    answers = copies(app, 8, lambda n: editing.create("NEW", _data("x"), first, Currency.EUR, f"staff:{n}", builders.NOW))

    assert (answers.count(None), sum(isinstance(answer, editing.SkuTaken) for answer in answers)) == (1, 7), answers


def test_without_the_version_the_last_one_overwrites_the_others_unseen(app: Flask) -> None:
    """The control: the same race without a guard loses what seven people have saved."""
    unguarded = Unguarded()
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE scratch_product (name text, version int)"))
        connection.execute(text("INSERT INTO scratch_product VALUES ('', 1)"))

    def save(n: int) -> int:
        with db.engine.begin() as connection:
            version = connection.scalar(text("SELECT version FROM scratch_product"))
            unguarded.wait()
            if version != 1:
                return 0
            return connection.execute(SAVE, {"name": f"by {n}"}).rowcount

    try:
        answers = copies(app, unguarded.threads, save)
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE scratch_product"))

    assert answers == [1] * unguarded.threads


def test_buyers_and_managers_together_take_no_more_than_is_there(app: Flask) -> None:
    sku = builders.a_product(on_hand=6)
    travellers = [builders.a_traveller() for _ in range(8)]

    def act(n: int) -> Any:
        if n % 2:
            return buy({sku: 1}, travellers[n // 2], f"buyer-{n}")
        return ledger.book(sku, Booking(reason=MovementReason.DAMAGE, number=1), f"staff:{n}", builders.NOW)

    answers = copies(app, 16, act)

    sold, broken = (sum(isinstance(answer, kind) for answer in answers) for kind in (Placed, Booked))
    assert sold + broken == 6
    assert builders.stock_of(sku) == (6 - broken, sold, 0, 0)
    assert {type(answer).__name__ for answer in answers} <= {"Placed", "Booked", "OutOfStock", "NotEnoughToTake"}
    assert ledger_queries.out_of_step() == []


@pytest.mark.parametrize("keys", [False, True], ids=["prices", "EANs"])
def test_checkouts_do_not_wait_for_a_file_that_is_taken_in_unless_it_deals_out_eans(app: Flask, keys: bool) -> None:
    """A file of 10,000 lines takes longer than a checkout waits for a lock. The second case is the control."""
    sku, traveller = builders.a_product(), builders.a_traveller()
    placed: list[Any] = []

    def order() -> None:
        placed.extend(copies(app, 1, lambda _: buy({sku: 1}, traveller, "key-0001")))

    buyer = threading.Thread(target=order, daemon=True)
    with transaction() as session:
        taking_in.locked(session, [sku])
        if keys:
            taking_in.lock_keys(session, [sku])
        buyer.start()
        buyer.join(2)
        placed_meanwhile = len(placed)
    buyer.join(20)

    assert placed_meanwhile == (0 if keys else 1)
    assert isinstance(placed[0], Placed)


def test_one_form_sent_eight_times_at_once_is_booked_once(app: Flask) -> None:
    sku = builders.a_product(on_hand=6)
    wanted = Booking(reason=MovementReason.DELIVERY, number=10, request_key="one-form")

    answers = copies(app, 8, lambda _: ledger.book(sku, wanted, "staff:1", builders.NOW))

    assert sorted(answer.new for answer in answers) == [False] * 7 + [True]
    assert builders.stock_of(sku)[0] == 16


def test_a_brand_that_is_renamed_while_products_are_saved_ends_up_with_one_name(app: Flask) -> None:
    skus = [builders.a_product() for _ in range(6)]

    def act(n: int) -> Any:
        if n >= len(skus):
            return shelving.change_brand("fichtental", f"Name {n}", False, "staff:1", builders.NOW)
        data = _data(f"by {n}")
        data = builders.replace(data, ean=f"400638133{n:04}")
        return editing.change(skus[n], data, 1, f"staff:{n}", builders.NOW)

    answers = copies(app, 8, act)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    name = office_queries.brands()[0].name["en"]
    assert {queries.offer(sku, builders.NOW).brand for sku in skus} == {name}


def test_prices_set_at_once_all_stand_in_the_books_and_the_last_one_counts(app: Flask) -> None:
    sku = builders.a_product(price=10_00)

    def set_price(n: int) -> None:
        wanted = pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=Money(20_00 + n, Currency.EUR))
        pricing.set_price(sku, wanted, f"staff:{n}", builders.NOW)

    answers = copies(app, 8, set_price)

    assert answers == [None] * 8
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT amount_minor FROM prices ORDER BY id")).scalars().all()
    assert len(rows) == 9
    assert queries.offer(sku, builders.NOW).price.minor == rows[-1]


