"""Runs the statements of `sql/` one after the other, with the indexes away while the rows are written."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
from processes import ROOT

SQL = Path(__file__).parent / "sql"
MOST = 9_000_000  # so that no two order numbers meet: see 01_words.sql
FILLED = (
    "travellers", "devices", "orders", "order_lines", "order_history", "attempts", "payment_notices", "payments", "refunds",
    "refund_lines", "pickups", "scans", "parcels", "parcel_lines", "stock_holds", "bills", "open_items",
)  # fmt: skip
NUMBERED = [name for name in FILLED if name not in {"order_lines", "refund_lines", "parcels", "parcel_lines"}]


class NotEmpty(RuntimeError):
    """The database holds orders already; this one only fills an empty shop."""


def prepare(url: str, folder: Path, say: Callable[[str], None]) -> None:
    """Bring the schema up to date and put the example shop into it, both harmless twice."""
    settings = {
        "SHOP_ENV": "demo", "SHOP_SECRET_KEY": "a secret of a database that is thrown away", "SHOP_DATABASE_URL": url,
        "SHOP_CURRENCY": "EUR", "SHOP_LOG_LEVEL": "ERROR", "SHOP_PICTURE_FOLDER": str(folder),
    }  # fmt: skip
    for verb in ("migrate", "seed"):
        done = subprocess.run(
            [sys.executable, "-m", "shop", verb],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        say(done.stdout.strip())


def fill(url: str, orders: int, seed: int, until: date, say: Callable[[str], None]) -> None:
    """Write everything in one transaction. Raises NotEmpty, and psycopg's errors; then nothing was written."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        if connection.execute("SELECT 1 FROM orders LIMIT 1").fetchone():
            raise NotEmpty("there are orders already")
        # Triggers and foreign keys rest: what is written here is right by how it is made, and checked at the end.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET LOCAL work_mem = '128MB'")
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        indexes = _without_indexes(connection)
        connection.execute(
            "SELECT set_config('seed.orders', %s, true), set_config('seed.seed', %s, true), set_config('seed.until', %s, true)",
            (str(orders), str(seed), until.isoformat()),
        )
        for file in sorted(SQL.glob("*.sql")):
            began = time.monotonic()
            for statement in file.read_text().split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())
            say(f"{file.stem[3:].replace('_', ' ')}: {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        for statement in indexes:
            connection.execute(statement.encode())
        for table in NUMBERED:
            last = f"(SELECT max(id) FROM {table})"  # noqa: S608 - a word of this file
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})".encode())
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        say(f"indexes and statistics: {time.monotonic() - began:.0f} s")


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drop the indexes and unique keys of the tables that are filled; answers what makes them again."""
    again: list[str] = []
    keys = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'u' AND conrelid = ANY(%s::regclass[]) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = pg_constraint.conindid)",
        (list(FILLED),),
    ).fetchall()
    for table, name, definition in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique",
        (list(FILLED),),
    ).fetchall()
    for name, definition in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
        again.append(definition)
    return again
