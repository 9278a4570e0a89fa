"""Files of the catalogue, sent and worked on as the worker does it."""

import io
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask import Flask
from openpyxl import Workbook

from shop.base.money import Currency
from shop.exchange import applying, checking, commands, exporting, queries
from shop.exchange.queries import ImportView, LineView

NOW, WHO = builders.NOW, "staff:1"
Send = Callable[..., ImportView]


@pytest.fixture
def send(app: Flask) -> Send:
    """Take a file in and check it: bytes, or rows that become a CSV file."""

    def of(content: Any, now: Any = NOW) -> ImportView:
        kept = commands.take_in(io.BytesIO(content if isinstance(content, bytes) else csv_of(*content)), "file.csv", Currency.EUR, WHO, now)
        checking.check(kept, {}, now)
        return queries.one(kept)

    return of


@pytest.fixture
def apply() -> Send:
    """Confirm a checked import and do it."""

    def of(sent: ImportView, now: Any = NOW) -> ImportView:
        commands.confirm(sent.id, sent.run, WHO, now)
        applying.apply(sent.id, {}, now)
        return queries.one(sent.id)

    return of


def csv_of(*rows: str) -> bytes:
    return "\n".join(rows).encode() + b"\n"


def xlsx_of(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def exported(kind: str, language: str = "zh", now: Any = NOW) -> bytes:
    out = io.BytesIO()
    exporting.write_catalogue(out, kind, language, now)
    return out.getvalue()


def lines_of(sent: ImportView) -> list[LineView]:
    return list(queries.every_line(sent.id))


def faults_of(sent: ImportView) -> list[tuple[int, str, str]]:
    """Line, column and code of every fault."""
    return [(line.line, fault["column"], fault["code"]) for line in lines_of(sent) for fault in line.faults]


def shelves() -> dict[str, Any]:
    """Every table but those of imports, announcements and the audit: equal before and after means that no product changed."""
    ours = ("catalogue_import", "announcements", "deliveries", "audit_")
    return {name: rows for name, rows in builders.everything().items() if not name.startswith(ours)}
