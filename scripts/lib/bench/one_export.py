"""One export in this process, as the worker's process makes it: `python -m bench.one_export csv|xlsx|copy FILE ORDERS`."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from shop import tables  # noqa: F401 - the mappers
from shop.app import create_app
from shop.base.db import db
from shop.orders.models import Order
from shop.reports import order_rows
from shop.reports.asked import Asked, Who
from shop.reports.declared import Filled
from shop.reports.files import write_report
from shop.reports.period import Period
from shop.reports.registry import ORDERS_REPORT
from shop.reports.snapshots import View, snapshot
from shop.reports.writing import PlainValues

from .exports import timed

EVER = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class AsStored(PlainValues):
    """The same join, cells as PostgreSQL has them."""

    in_postgresql = True


def megabytes(name: str) -> float:
    """`VmRSS` or `VmHWM` of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def asked(orders: int) -> Asked:
    """The whole set, or the first so many orders."""
    if not orders:
        return Asked("orders", EVER, "zh")
    with db.engine.connect() as connection:
        first = connection.scalar(select(Order.placed_at).order_by(Order.placed_at).limit(1))
        last = connection.scalar(
            select(Order.placed_at).order_by(Order.placed_at, Order.id).offset(orders - 1).limit(1)
        )
    return Asked("orders", Period(first, last + timedelta(microseconds=1)), "zh")


def copied(view: View, wanted: Asked, path: Path) -> int:
    """PostgreSQL's own COPY of the join, in one statement and in its order."""
    rows, filled = 0, Filled(ORDERS_REPORT.first.sheet, order_rows.line_rows)
    with path.open("wb") as file:
        for block, count in view.copied(filled, wanted, AsStored(), "(FORMAT csv)"):
            file.write(block)
            rows += count
    return rows


def main(way: str, path: Path, orders: int) -> dict[str, Any]:
    with create_app().app_context():
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        wanted, idle = asked(orders), megabytes("VmRSS")
        if way == "copy":
            with snapshot(db.engine, slowest="20min") as view:
                seconds, rows = timed(lambda: copied(view, wanted, path))
        else:
            who = Who("bench", datetime.now(UTC))
            seconds, made = timed(lambda: write_report(path, way, wanted, who))  # type: ignore[arg-type]
            rows = made.rows
        size = path.stat().st_size
        path.unlink()
        return {"seconds": seconds, "rows": rows, "bytes": size, "megabytes": megabytes("VmHWM") - idle}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
