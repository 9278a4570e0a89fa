"""A look into the shop's database by plain SQL, and the one thing that is changed there: how long ago everything was."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql


class Books:
    """One connection, used by one thread at a time."""

    def __init__(self, url: str) -> None:
        self._lock = threading.Lock()
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement.encode(), values).fetchall()

    def one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The only value of the only row; None when there is no row."""
        found = self.rows(statement, values)
        return found[0][0] if found else None

    def newest_attempt(self, order_number: str) -> str:
        """The number at WeChat Pay under which the order is to be paid."""
        return str(
            self.one(
                "SELECT a.out_trade_no FROM attempts a JOIN orders o ON o.id = a.order_id WHERE o.number = %s "
                "ORDER BY a.id DESC LIMIT 1",
                (order_number,),
            )
        )

    def attempt_state(self, out_trade_no: str) -> str:
        return str(self.one("SELECT state FROM attempts WHERE out_trade_no = %s", (out_trade_no,)))

    def grow_older(self, seconds: float) -> None:
        """Everything that is written down was so many seconds earlier. Clocks stay: what was to come later is due now."""
        columns: dict[str, list[str]] = {}
        for table, column in self.rows(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type = 'timestamp with time zone' AND table_name <> 'audit_log' ORDER BY 1, 2"  # hashed with its times
        ):
            columns.setdefault(table, []).append(column)
        with self._unguarded():
            for table, names in columns.items():
                self._age(table, names, seconds)

    @contextmanager
    def _unguarded(self) -> Iterator[None]:
        """Triggers that keep rows as they were written look away: it is time that changes them, and nobody."""
        self._connection.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            self._connection.execute("SET session_replication_role = origin")

    def _age(self, table: str, columns: list[str], seconds: float) -> None:
        changes = sql.SQL(", ").join(
            sql.SQL("{0} = {0} - make_interval(secs => {1})").format(sql.Identifier(name), sql.Literal(seconds))
            for name in columns
        )
        statement = sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), changes)
        while True:
            try:
                with self._lock:
                    self._connection.execute(statement)
            except errors.DeadlockDetected:  # the worker is at it: it goes first
                time.sleep(0.2)
            else:
                return
