"""What is exported and imported again changes nothing, whatever stands in the catalogue; both formats, every language."""

import io
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import builders
import pytest
from exchange.conftest import NOW, WHO, exported, faults_of, lines_of, shelves
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import delete, update

from shop.base.db import transaction
from shop.base.money import Currency, Money
from shop.catalogue import pricing
from shop.catalogue.models import Product
from shop.catalogue.states import PriceKind
from shop.exchange import applying, checking, commands, exporting, queries
from shop.exchange.models import CatalogueImport, ImportLine, ImportPart
from shop.exchange.queries import ImportView
from shop.exchange.states import ImportState

EXAMPLES = int(os.environ.get("SHOP_TEST_EXAMPLES", "") or 12)
LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")  # PostgreSQL keeps no NUL
NASTY = st.text(st.sampled_from(list("=+-@＝'\",;\t\n\r _x0041 \u2028\ufeff\ufffe酒é0")), max_size=30)
ODD = st.sampled_from(["-", "'-", "=1+1", "_x000D_", "x005F_", "NULL", "0", "TRUE", "\n- a\n- b"])
TEXT = st.one_of(st.text(LETTERS, max_size=60), NASTY, ODD)
LONG = st.one_of(TEXT, st.text(LETTERS, min_size=1, max_size=5).map(lambda some: some * 900))
NUMBER = st.one_of(st.none(), st.integers(0, 1_000_000))
FIRST, LAST = datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2099-01-01")
MOMENT = st.one_of(st.none(), st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
PRODUCT = st.fixed_dictionaries(
    {
        "ean": st.text(st.sampled_from("0123456789"), min_size=8, max_size=12), "brand": TEXT.map(lambda text: text[:60]),
        **{f"name_{la}": TEXT.map(lambda text: text[:120]) for la in ("zh", "en", "de")},
        **{f"text_{la}": LONG for la in ("zh", "en", "de")},
        "volume_ml": NUMBER, "weight_g": NUMBER, "alcohol_permille": st.one_of(st.none(), st.integers(0, 1000)), "active": st.booleans(),
        "publish_from": MOMENT, "publish_until": MOMENT, "rank": st.integers(0, 10**6),
    }
)  # fmt: skip
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


def put(number: int, values: dict[str, Any]) -> str:
    """A product with whatever stands there, also what no page of ours would let in."""
    sku = f"RT-{number}"
    builders.a_product(sku, price=12_34 + number, on_hand=number, location=f"A-{number}" if number % 2 else "")
    kept = {name: value for name, value in values.items() if not (isinstance(value, str) and "\x00" in value)}
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == sku).values({**kept, "ean": f"{values['ean'][:11]}{number:03}"}))
    return sku


def clear() -> None:
    with transaction() as session:
        for model in (ImportLine, ImportPart, CatalogueImport):
            session.execute(delete(model))


def come_back(content: bytes) -> ImportView:
    sent = commands.take_in(io.BytesIO(content), "round.trip", Currency.EUR, WHO, NOW)
    checking.check(sent, {}, NOW)
    return queries.one(sent)


@pytest.mark.parametrize(("kind", "language"), [("csv", "zh"), ("csv", "de"), ("xlsx", "en")])
def test_the_round_trip_changes_nothing(app: Flask, kind: str, language: str) -> None:
    @settings(max_examples=EXAMPLES, **SLOW)
    @given(st.lists(PRODUCT, min_size=1, max_size=3))
    def holds(products: list[dict[str, Any]]) -> None:
        for number, values in enumerate(products):
            put(number, values)
        clear()
        before = shelves()

        back = come_back(exported(kind, language))

        assert faults_of(back) == []
        assert [(line.sku, line.changes) for line in lines_of(back) if line.changes] == []
        assert (back.state, back.unchanged, back.notes["unknown"]) == (ImportState.CHECKED, back.done, [])
        commands.confirm(back.id, back.run, WHO, NOW)
        applying.apply(back.id, {}, NOW)
        assert queries.one(back.id).state is ImportState.APPLIED
        assert shelves() == before

    holds()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_prices_planned_and_duty_paid_come_back_too(app: Flask, kind: str) -> None:
    sku = builders.a_product(price=50_00)
    for price, amount, since in (
        (PriceKind.DUTY_PAID, 60_00, None), (PriceKind.DUTY_FREE, 45_00, NOW + timedelta(days=30, seconds=1)),
        (PriceKind.DUTY_FREE, 44_00, NOW + timedelta(days=60)),
    ):  # fmt: skip
        pricing.set_price(sku, pricing.NewPrice(kind=price, amount=Money(amount, Currency.EUR), valid_from=since), WHO, NOW)

    back = come_back(exported(kind, "de"))

    assert (back.state, back.unchanged, back.done) == (ImportState.CHECKED, 1, 1)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_makes_the_same_catalogue_in_an_empty_shop(app: Flask, kind: str) -> None:
    """So every value survives the file, and is not only compared with itself."""
    sku = builders.a_product(ean="0012345678905", alcohol=405, location="A-1-2", price=1299_90, name=builders.same("=1+1 'x"))
    first = exported(kind)
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == sku).values(sku="OLD", ean="99999999"))

    back = come_back(first)
    commands.confirm(back.id, back.run, WHO, NOW)
    applying.apply(back.id, {}, NOW)

    assert queries.one(back.id).state is ImportState.APPLIED
    with transaction() as session:
        session.execute(update(Product).where(Product.sku == "OLD").values(sku="OLD-2", rank=0, location=None))
    rows = {line.split(b",")[0]: line for line in exported("csv").splitlines()}
    was = {line.split(b",")[0]: line for line in first.splitlines()} if kind == "csv" else {}
    assert b"\t0012345678905" in rows[sku.encode()]
    assert b"'=1+1 'x" in rows[sku.encode()]
    assert b"1299.90" in rows[sku.encode()]
    if kind == "csv":
        assert rows[sku.encode()].rsplit(b",", 2)[0] == was[sku.encode()].rsplit(b",", 2)[0]  # all but the stock


def test_a_workbook_has_types_and_two_rows_of_names(app: Flask) -> None:
    builders.a_product("SP-TYPES", ean="0012345678905", alcohol=400, price=12_50)

    book = load_workbook(io.BytesIO(exported("xlsx", "de")))
    names, labels, row = ([cell.value for cell in row] for row in book.worksheets[0].iter_rows())

    found = dict(zip(names, row, strict=True))
    assert labels[:2] == ["SKU", "EAN"]
    assert (found["ean"], found["price"], found["alcohol_vol"], found["on_hand"], found["count"]) == ("0012345678905", 12.5, 40, 10, None)


@pytest.mark.parametrize("language", ["zh", "en", "de"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_has_every_column_and_no_product(app: Flask, kind: str, language: str) -> None:
    out = io.BytesIO()
    exporting.write_template(out, kind, language)

    back = come_back(out.getvalue())

    assert (back.state, back.notes["reason"]) == (ImportState.UNREADABLE, "no_rows")
    if kind == "xlsx":
        notes = load_workbook(out).worksheets[1]
        assert [row[0].value for row in notes.iter_rows()][:2] == ["sku", "ean"]
