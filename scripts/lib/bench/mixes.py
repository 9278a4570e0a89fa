"""What the database alone could do: the same business as plain SQL transactions, by pgbench at 8 clients."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import postgres_server
import psycopg

from .goods import SEASON

SQL = Path(__file__).parent / "sql"
CLIENTS, JOBS = 8, 2
_RATE = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_NOTICES = """
WITH made AS (
  INSERT INTO mix.orders (number, traveller_id, state, total_minor, point, flight, departs_at)
  SELECT 'N' || n, 1 + n %% 100000, 'awaiting_payment', 30000, 1, 'CA932', now() + interval '2 day'
  FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) n RETURNING id, number
), claims AS (
  INSERT INTO mix.claims SELECT id, 1 + (id + line * 333) %% 1000, 1, 'held' FROM made, generate_series(1, 3) line
)
INSERT INTO mix.attempts (order_id, channel, out_trade_no, amount_minor, state)
SELECT id, 'wechat', 'NT' || substr(number, 2), 30000, 'created' FROM made"""
_PARCELS = """
WITH made AS (
  INSERT INTO mix.orders (number, traveller_id, state, total_minor, point, flight, departs_at, code)
  SELECT 'R' || n, 1 + n %% 100000, 'ready', 30000, 1, 'CA932', now() + interval '2 day', 'R' || n
  FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) n RETURNING id
), lines AS (
  INSERT INTO mix.order_lines SELECT id, line, 1 + (id + line * 333) %% 1000, 1, 10000 FROM made, generate_series(1, 3) line
  RETURNING order_id, product_id, quantity
), claims AS (
  INSERT INTO mix.claims SELECT order_id, product_id, quantity, 'allocated' FROM lines
)
INSERT INTO mix.parcels (order_id, state, slot) SELECT id, 'ready', id %% 40 FROM made"""
_MAKE = {"notice": _NOTICES, "scan": _PARCELS}


class MixFailed(RuntimeError):
    """pgbench did not come to its end; the message is what it said."""


class Mixes:
    """pgbench in a schema of its own, beside the shop's tables, on the same server and disk."""

    def __init__(self, url: str, connection: psycopg.Connection) -> None:
        self.parts, self.connection = urlsplit(url), connection
        self.rates: dict[str, float] = {}
        self.used = dict.fromkeys(_MAKE, 0)
        connection.execute((SQL / "schema.sql").read_bytes())
        for name in _MAKE:  # as many orders of the past as the shop has, so that both are planned alike
            self._prepare(name, SEASON)
        connection.execute("SELECT setval('mix.next_notice', %(n)s), setval('mix.next_parcel', %(n)s)", {"n": SEASON})

    def run(self, name: str, seconds: float) -> float:
        """Transactions per second of `sql/NAME.sql` over about `seconds`. Raises MixFailed."""
        # By number and not by time: exactly as many rows are used up as were prepared.
        each = max(25, int(self.rates.get(name, 1000) * seconds / CLIENTS))
        if name in _MAKE:
            self._prepare(name, each * CLIENTS)
        self.rates[name] = self._pgbench(SQL / f"{name}.sql", each)
        return self.rates[name]

    def _prepare(self, name: str, count: int) -> None:
        self.connection.execute(_MAKE[name].encode(), {"first": self.used[name] + 1, "count": count})
        self.used[name] += count

    def _pgbench(self, script: Path, each: int) -> float:
        where = ["-h", self.parts.hostname, "-p", self.parts.port or 5432, "-U", self.parts.username or "postgres"]
        how: list[Any] = ["-n", "-M", "prepared", "-c", CLIENTS, "-j", JOBS, "-t", each, "-f", script, self.parts.path.strip("/")]
        command = [str(part) for part in (postgres_server.programs() / "pgbench", *where, *how)]
        env = {**os.environ, **({"PGPASSWORD": self.parts.password} if self.parts.password else {})}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
        found = _RATE.search(done.stdout)
        if done.returncode or found is None or "aborted" in done.stderr:
            raise MixFailed(f"{script.name}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return float(found[1])
