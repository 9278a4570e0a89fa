"""How many SQL statements a request sends, and that a repeated scan writes nothing: one request at a time, in this process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event

from shop.base.db import db
from shop.base.fragments import KEEP

from . import asking, goods
from .load import Job, drive
from .paths import CATALOGUE, NOTICE, ORDER, PRODUCT, REPEAT, SCAN, SECOND, WARM, Stage

MOST = {CATALOGUE: 3, WARM: 0, PRODUCT: 4, ORDER: 8, SCAN: 4, NOTICE: 6}
TRIES = 3


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent meanwhile, transaction control left out."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def count(stage: Stage, cached: Flask, uncached: Flask) -> dict[str, int]:
    """Statements by path; for lists and orders the same for few rows and for many, or ValueError."""
    for app in (cached, uncached):  # what is asked once a second is not counted by chance
        app.config[KEEP] = 3600.0
    skus = [f"SKU-{n:06}" for n in range(10)]
    parcels, unpaid = stage.stock.parcels(3), stage.stock.unpaid(2)
    scans = asking.scans(stage.counter, parcels[:2])
    notices = asking.notices(stage.wechat, unpaid)
    travellers = stage.travellers
    _ask(cached, travellers.page("/categories/c1"))
    _ask(uncached, travellers.page("/categories/c1"))
    _ask(uncached, travellers.page("/search?q=brand"))
    found = {
        CATALOGUE: _count(uncached, travellers.page("/categories/c1")),
        WARM: _count(cached, travellers.page("/categories/c1")),
        PRODUCT: _count(cached, travellers.page("/products/SKU-000007")),
        ORDER: _count_order(cached, travellers, skus[:1]),
        SCAN: _count(cached, scans[0]),
        SECOND: _count(cached, asking.scans(stage.counter, parcels[:1])[0]),
        NOTICE: _count(cached, notices[0]),
        REPEAT: _count(cached, notices[0]),
    }
    _ask(uncached, travellers.page("/search?q=brand"))  # what a process reads now and then
    few, many = _count(uncached, travellers.page("/search?q=SKU-000007")), _count(uncached, travellers.page("/search?q=brand"))
    ten = _count_order(cached, travellers, skus)
    if many > few or ten > found[ORDER]:
        raise ValueError(f"the number of statements grows with the rows: search {few} and {many}, order {found[ORDER]} and {ten}")
    return found


def _ask(app: Flask, request: bytes) -> None:
    """Let the app answer these bytes, without a network. Raises ValueError when it refuses."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    answer = app.test_client(use_cookies=False).open(path, method=method, headers=headers, data=body)
    if answer.status_code >= 300:
        raise ValueError(f"{method} {path}: {answer.status}")


def _count(app: Flask, request: bytes) -> int:
    with app.app_context(), statements() as sent:
        _ask(app, request)
    return len(sent)


def _count_order(app: Flask, travellers: asking.Travellers, skus: Sequence[str]) -> int:
    """Of an order for a trip that somebody has just ordered for."""
    _ask(app, travellers.order(skus))
    return _count(app, travellers.order(skus))


def writes_of_repeated_scans(stage: Stage, connection: psycopg.Connection) -> int:
    """Transactions that wrote anything while 20 scans of collected parcels were sent again; the least of a few tries, because
    PostgreSQL has work of its own. A second scan with an id of its own is written into the audit, once."""
    parcels = stage.stock.parcels(20)
    port = stage.machine.ports["shop"]
    drive(Job(port=port, requests=asking.scans(stage.counter, parcels), connections=1, seconds=30))
    again = asking.scans(stage.counter, parcels)
    drive(Job(port=port, requests=again, connections=1, seconds=30))
    least = len(parcels)
    for _ in range(TRIES):
        before = _next_transaction(connection)
        run = drive(Job(port=port, requests=again, connections=1, seconds=30))
        if run.statuses != {200: len(parcels)}:
            raise ValueError(f"repeated scans: {run.statuses}")
        least = min(least, _next_transaction(connection) - before)
    return least


def _next_transaction(connection: psycopg.Connection) -> int:
    """PostgreSQL numbers only the transactions that write."""
    row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    return int(row[0]) if row else 0


def wrong_stock(connection: psycopg.Connection) -> int:
    """Products whose stock disagrees with the claims on it: after all this, none."""
    row = connection.execute(
        "SELECT count(*) FROM stock LEFT JOIN ("
        "  SELECT product_id, coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held,"
        "    coalesce(sum(quantity) FILTER (WHERE state = 'allocated'), 0) AS allocated,"
        "    coalesce(sum(quantity) FILTER (WHERE state = 'handed_over'), 0) AS handed_over"
        "  FROM stock_holds GROUP BY product_id) claims USING (product_id) "
        "WHERE (stock.held, stock.allocated, stock.handed_over) IS DISTINCT FROM"
        "  (coalesce(claims.held, 0), coalesce(claims.allocated, 0), coalesce(claims.handed_over, 0))"
    ).fetchone()
    return int(row[0]) if row else goods.PRODUCTS
