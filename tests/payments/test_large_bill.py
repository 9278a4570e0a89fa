"""A bill of 200,000 lines: its time and its memory, measured in a process of its own."""
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import builders
import pytest
from bank import Entry, csv_of
from flask import Flask
from sqlalchemy import bindparam, text

from shop.base.db import UtcDateTime, transaction
from shop.payments.matching import day_span
from shop.settings import Settings

LINES = 200_000
DAY = date(2026, 11, 23)
SECONDS, MEGABYTES = 60, 300
HERE = Path(__file__).parent


def _number(i: int) -> str:
    return f"42000000000000000000{i:08}"


COLUMNS = "transaction_id, out_trade_no, amount_minor, amount_currency, paid_at, heard_at, verdict, refunded_minor"
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :lines) {} FROM n",
    "postgresql": "{} FROM generate_series(1, :lines) AS n(i)",
}
PADDED = {"sqlite": "substr('0000000' || i, -8)", "postgresql": "lpad(i::text, 8, '0')"}


def _books() -> None:
    """200,000 payments of ours: one for every line of the bill but the last, and one that the bill lacks."""
    engine, at = builders.engine_name(), day_span(DAY)[0] + timedelta(hours=2)
    number = f"'42000000000000000000' || {PADDED[engine]}"
    values = f"SELECT {number}, 'T' || i, 1000 + i % 977, 'EUR', :at, :at, 'settles', 0"
    with transaction() as session:
        session.execute(
            text(f"INSERT INTO payments ({COLUMNS}) {NUMBERS[engine].format(values)}").bindparams(
                bindparam("at", type_=UtcDateTime)
            ),
            {"lines": LINES, "at": at},
        )


def _entry(i: int) -> Entry:
    at = day_span(DAY)[0] + timedelta(hours=2)
    return Entry(at, _number(i), f"T{i}", 1000 + i % 977 + (i == 77), fee=6)


@pytest.mark.postgresql  # the engine of a shop that has such bills; SQLite takes two thirds of the time
def test_a_bill_of_200_000_lines_takes_less_than_a_minute_and_300_megabytes(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    _books()
    bill = tmp_path / "bill.csv"
    with bill.open("wb") as file:
        file.writelines(csv_of(_entry(i) for i in range(2, LINES + 2)))

    done = subprocess.run(
        [sys.executable, HERE / "one_large_bill.py", settings.database_url, bill, tmp_path / "bills", DAY.isoformat()],
        capture_output=True, text=True, check=False, timeout=240, cwd=HERE.parents[1],
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(told)
    assert told["lines"] == LINES
    assert told["found"] == {"unknown_here": 1, "missing_there": 1, "amount_differs": 1}
    assert told["cpu"] < SECONDS  # not by the clock on the wall: other tests run on this machine
    assert told["megabytes"] < MEGABYTES
