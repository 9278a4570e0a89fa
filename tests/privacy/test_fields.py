"""Nothing about people is kept that the table of fields does not name: why, until when, and what becomes of it."""

import re
from collections.abc import Mapping

from shop import tables
from shop.base.db import Base
from shop.privacy import fields, forgetting
from shop.privacy.erasing import POINTING
from shop.privacy.fields import NOT_A_PERSONS, PERSONAL, PLAIN, WITHOUT_PEOPLE, Kept

ADVICE = "name it in shop/privacy/fields.py: in PERSONAL with purpose and time, in PLAIN, or its table in WITHOUT_PEOPLE"
BY_HAND = {Kept.SIGN_IN_OVER, Kept.OUTBOX, Kept.WORKS_HERE, Kept.BOOK_YEARS, Kept.IDLE, Kept.EVIDENCE_YEARS}


def columns() -> dict[str, set[str]]:
    assert tables.__all__
    return {table.name: {column.name for column in table.c} for table in Base.metadata.sorted_tables}


def unclassified(known: Mapping[str, set[str]]) -> list[str]:
    """Columns that nobody has said anything about."""
    missing = []
    for table, names in known.items():
        for name in sorted(names):
            column = f"{table}.{name}"
            if column in PERSONAL or name in PLAIN.get(table, "").split():
                continue
            if table in WITHOUT_PEOPLE and (column in NOT_A_PERSONS or not re.search(fields.LOOKS_PERSONAL, name)):
                continue
            missing.append(column)
    return missing


def test_every_column_is_classified() -> None:
    assert unclassified(columns()) == [], ADVICE


def test_a_new_column_of_a_table_about_people_fails_and_so_does_one_that_looks_personal_anywhere() -> None:
    known = columns()
    more = {**known, "orders": known["orders"] | {"shoe_size"}, "products": known["products"] | {"buyer_email", "grip"}, "pets": {"id"}}

    assert sorted(unclassified(more)) == ["orders.shoe_size", "pets.id", "products.buyer_email"]


def test_nothing_is_classified_that_is_not_there_any_more() -> None:
    known = columns()
    every = {f"{table}.{name}" for table, names in known.items() for name in names}
    plain = {f"{table}.{name}" for table, names in PLAIN.items() for name in names.split()}

    assert sorted(set(PERSONAL) | plain | NOT_A_PERSONS) == sorted((set(PERSONAL) | plain | NOT_A_PERSONS) & every)
    assert set(known) >= WITHOUT_PEOPLE
    assert not set(PLAIN) & WITHOUT_PEOPLE
    assert not set(PERSONAL) & plain


def test_every_rule_is_some_fields_and_every_field_that_goes_by_a_rule_names_one_that_there_is() -> None:
    named = {field.rule for field in PERSONAL.values() if field.rule}

    assert named | {"orders_unpaid"} == set(forgetting.RULES), "orders_unpaid has the fields of orders_flown, sooner"
    assert all(field.rule or field.kept in BY_HAND for field in PERSONAL.values())


def test_whatever_points_to_a_traveller_is_known_to_erasing() -> None:
    pointing = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "travellers"
    }

    assert pointing == POINTING, "shop/privacy/erasing.py: erase_row has to take these along"
