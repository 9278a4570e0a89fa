"""Many rows at once are the rows that single INSERTs would have made, and are refused as those are."""

import builders
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from shop.base import bulk
from shop.base.db import reading, transaction
from shop.catalogue.models import Brand
from shop.catalogue.price_models import Price
from shop.exchange.models import CatalogueImport

BRANDS, PRICES, IMPORTS = Brand.__table__, Price.__table__, CatalogueImport.__table__
AWKWARD = 'Tab\t, line\n, back\\slash, \\N, "quote", 新品'


def test_what_is_put_is_what_is_read_letter_for_letter(app: Flask) -> None:
    notes = {"said": AWKWARD, "nothing": None, "list": [1, "2"]}
    row = {
        "name": AWKWARD, "size": 2**40, "currency": "EUR", "state": "checked", "sent_by": "", "sent_at": builders.NOW, "worked_at": None,
        "run": 0, "done": 0, "new": 0, "changed": 0, "unchanged": 0, "faulty": 0, "notes": notes,
    }  # fmt: skip
    with transaction() as session:
        bulk.put(session, IMPORTS, [row])

    with reading() as session:
        found = session.execute(select(IMPORTS)).one()
    assert {name: getattr(found, name) for name in row} == row


def test_reserved_keys_are_new_ascending_and_nobody_elses(app: Flask) -> None:
    with transaction() as session:
        keys = bulk.reserve(session, BRANDS, 3)
        bulk.put(session, BRANDS, [{"id": key, "code": f"b{key}", "name": f"B{key}", "rank": 0, "hidden": False} for key in keys])
        session.add(other := Brand(code="other", name="Other", rank=0, hidden=False))
        session.flush()
        number = session.scalar(select(func.count()).select_from(BRANDS).where(BRANDS.c.id.in_(keys)))
        last = other.id

    assert keys == sorted(set(keys))
    assert number == 3
    assert last > keys[-1]


def test_one_wrong_row_keeps_all_of_them_out_and_is_refused_as_any_insert(app: Flask) -> None:
    rows = [{"code": code, "name": code, "rank": 0, "hidden": False} for code in ("x-1", "x-2", "x-1")]

    with pytest.raises(IntegrityError), transaction() as session:
        bulk.put(session, BRANDS, rows)

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(BRANDS).where(BRANDS.c.code.like("x-%"))) == 0


def test_nothing_is_a_number_of_rows_too(app: Flask) -> None:
    with transaction() as session:
        bulk.put(session, BRANDS, [])
        assert bulk.reserve(session, BRANDS, 0) == []
