"""A small bad day, played by the real script; and proof that its figures would show what is wrong."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import builders
import pytest
from flask import Flask

from scripts.lib.chaos import checks
from scripts.lib.chaos.books import Books
from scripts.lib.chaos.people import Journal
from shop.base.db import db
from shop.gateways.pay import PaymentState
from shop.orders.queries import OrderView

ROOT = Path(__file__).resolve().parents[2]
ORDERS, TRAVELLERS, SEED = 120, 12, 20261124


@pytest.mark.journey
@pytest.mark.postgresql
def test_after_a_small_bad_day_every_figure_is_right() -> None:
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "scripts" / "lib", ROOT / "tests"))
    asked = ["--orders", str(ORDERS), "--travellers", str(TRAVELLERS), "--seed", str(SEED), "--quick", "--kill-every", "1", "3"]

    day = subprocess.run(
        [sys.executable, "-B", "-m", "chaos", *asked], cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, text=True,
        capture_output=True, timeout=240, check=False,
    )  # fmt: skip

    assert day.returncode == 0, day.stdout[-8000:] + day.stderr[-4000:]
    figures = {line.rsplit(maxsplit=2)[0].strip(): line for line in day.stdout.splitlines() if line.endswith(" ok")}
    for promise in ("neither on an order nor refunded", "unexplained differences", "handed over twice, by the audit"):
        assert promise in figures, day.stdout[-8000:]


@pytest.fixture
def paid(app: Flask) -> OrderView:
    return builders.a_paid_order({builders.a_product("CHAOS-1", on_hand=5): 2})


def _wrong(database_url: str, money: dict[str, Any]) -> set[str]:
    """The figures that are wrong."""
    db.session.remove()
    books, journal = Books(database_url), Journal()
    journal.counts["orders placed"] = 1
    try:
        found = checks.everything(books, money, {"CHAOS-1": 5}, journal)
    finally:
        books.close()
    return {figure.what for figure in found if figure.wrong}


def _money(database_url: str, **more: Any) -> dict[str, Any]:
    """WeChat's list when it holds what the shop's book holds."""
    books = Books(database_url)
    rows = books.rows("SELECT transaction_id, amount_minor, amount_currency FROM payments")
    books.close()
    orders = [
        {"transaction_id": no, "paid": minor, "currency": currency, "refunded": 0, "under_way": 0, "refunds": [], **more}
        for no, minor, currency in rows
    ]
    return {"orders": orders}


def _settle_the_outbox(database_url: str) -> None:
    _change(database_url, "UPDATE announcements SET spread_at = now() RETURNING 1")


def _change(database_url: str, statement: str) -> None:
    books = Books(database_url)
    books.rows(statement)
    books.close()


@pytest.mark.postgresql
def test_one_paid_order_is_all_right(paid: OrderView, database_url: str) -> None:
    _settle_the_outbox(database_url)

    assert _wrong(database_url, _money(database_url)) == set()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        ("UPDATE stock SET on_hand = on_hand - 1 RETURNING 1", "products of which pieces appeared or vanished"),
        ("UPDATE stock SET allocated = allocated - 1 RETURNING 1", "products whose numbers are not the sums of their orders' claims"),
        ("UPDATE orders SET state = 'cancelled' RETURNING 1", "neither on an order nor refunded"),
        ("UPDATE payments SET amount_minor = amount_minor + 1 RETURNING 1", "with another amount or currency"),
        ("UPDATE payments SET transaction_id = 'another' RETURNING 1", "of them unknown to the shop"),
        ("UPDATE orders SET state = 'awaiting_payment', hold_until = '2026-01-01Z' RETURNING 1", "orders past their time to pay"),
        ("UPDATE orders SET refund_state = 'requested' RETURNING 1", "orders marked as being refunded, with no refund under way"),
        ("UPDATE attempts SET state = 'prepaid', next_check_at = now() RETURNING 1", "questions to ask"),
        ("UPDATE announcements SET spread_at = NULL RETURNING 1", "announcements"),
    ],
)  # fmt: skip
def test_a_figure_shows_what_is_wrong(paid: OrderView, database_url: str, spoil: str, shown: str) -> None:
    _settle_the_outbox(database_url)
    money = _money(database_url)

    _change(database_url, spoil)

    assert shown in _wrong(database_url, money)


@pytest.mark.postgresql
def test_a_refund_that_only_one_side_knows_is_shown(paid: OrderView, database_url: str) -> None:
    _settle_the_outbox(database_url)
    refund = {"out_refund_no": "R1", "refund_id": "50", "amount": 100, "status": PaymentState.SUCCESS.value}

    wrong = _wrong(database_url, _money(database_url, refunded=100, refunds=[refund]))

    assert {"done there but not here, or the other way round", "at WeChat that the shop never asked for"} <= wrong
