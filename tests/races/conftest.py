"""Tables that look like ours and have none of their guards, for the controls."""
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from properties.pretend_pay import PretendPay
from sqlalchemy import text

from shop.base.db import db
from shop.settings import Settings


@pytest.fixture
def pay(settings: Settings) -> PretendPay:
    return PretendPay(settings.pay)


@pytest.fixture
def scratch(app: Flask) -> Iterator[Callable[[str], None]]:
    """`scratch("stock")` makes `scratch_stock`: the table with its rows, without checks, keys and uniqueness."""
    made: list[str] = []

    def copy(table: str) -> None:
        name = f"scratch_{table}"
        with db.engine.begin() as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
            connection.execute(text(f"CREATE TABLE {name} AS SELECT * FROM {table}"))  # noqa: S608 - names of this file
        made.append(name)

    yield copy
    with db.engine.begin() as connection:
        for name in made:
            connection.execute(text(f"DROP TABLE {name}"))
