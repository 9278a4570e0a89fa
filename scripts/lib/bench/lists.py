"""Every list, dashboard and report page of the back office over a large database: the server's time, warm, median of five; and
its CPU time, PostgreSQL's too, which says more on a machine that does other things meanwhile."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, event, text

from .exports import filled, say

MOST_MS = {"list": 100, "dashboard": 300, "report": None}  # what is promised; report pages add up whole periods
TIMES = 5


def run(database: str, orders: int, only: str = "") -> int:
    """Measure and print; 1 when something is slower than is promised. Without `database` one is filled and thrown away."""
    with filled(database, orders) as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "SHOP_ENV": "demo", "SHOP_SECRET_KEY": "a secret of the benchmarks, long enough", "SHOP_DATABASE_URL": url,
            "SHOP_LOG_LEVEL": "CRITICAL", "SHOP_PICTURE_FOLDER": folder, "SHOP_EXPORT_FOLDER": folder,
        }  # fmt: skip
        from shop import tables  # noqa: F401 - the mappers
        from shop.app import create_app

        app = create_app()
        with app.app_context():
            _count_days()
            manager, local = _staff()
            return _told(list(_measured(app, {"": manager, "one point": local}, _cases(url), only)))


def _count_days() -> None:
    from shop.figures.commands import count_days

    began, days = time.monotonic(), 0
    while counted := count_days(datetime.now(UTC)):
        days += counted
    say(f"{days} days counted for the dashboard in {time.monotonic() - began:.0f} s")


def _staff() -> tuple[str, str]:
    """Sessions of a manager, and of somebody who may do the same at the first pickup point only."""
    from shop.base.db import transaction
    from shop.people import sessions, staffing
    from shop.people.rights import Grant, Role

    now, tokens = datetime.now(UTC), []
    for point in (None, 1):
        with transaction() as session:
            staff = staffing.employ(session, f"bench {now:%H%M%S%f} {point}", "no hash", (Grant(Role.MANAGER, point),), now)
            tokens.append(sessions.start(session, staff, True, sessions.Visit("bench", "127.0.0.1"), now))
    return tokens[0], tokens[1]


def _cases(url: str) -> list[tuple[str, str, str]]:
    """Kind, whose eyes, address."""
    engine = create_engine(url)
    with engine.connect() as connection:
        one: Any = connection.execute(text(
            "SELECT o.number, o.traveller_name, o.flight_number, o.flight_date, p.transaction_id, k.code, l.sku, s.code AS point "
            "FROM orders o JOIN payments p ON p.order_id = o.id JOIN pickups k ON k.order_id = o.id "
            "JOIN order_lines l ON l.order_id = o.id JOIN pickup_points s ON s.id = o.pickup_point_id "
            "WHERE o.placed_at < now() - interval '40 days' ORDER BY o.placed_at DESC LIMIT 1"
        )).one()  # fmt: skip
    engine.dispose()
    orders = list(_orders(one))
    found = [("list", "", f"/manage/orders/?{query}") for query in orders]
    found += [("list", "one point", f"/manage/orders/?{query}") for query in orders[:24]]
    found += [("list", "", address) for address in OTHERS]
    return found + _dashboards() + _reports()


def _orders(one: Any) -> Iterator[str]:
    today = datetime.now(UTC).date()
    day, week, month, year = (today - timedelta(days=n) for n in (1, 7, 30, 364))
    yield from ("", "attention=yes", "paid=yes", "paid=no", "refund=any", "ready=late", "ready=on_time")
    yield from (f"state={state}" for state in (
        "awaiting_payment", "paid", "packing", "ready", "collected", "cancelled", "expired", "no_show", "partly_collected"
    ))  # fmt: skip
    yield from (f"refund={state}" for state in ("requested", "partially_refunded", "refunded"))
    yield from (f"point={one.point}", f"sku={one.sku}", "least=900", "most=3", f"hour=3&flight_from={month}&flight_to={today}")
    for hour in (12, 2):
        yield from (f"hour={hour}&flight_from={first}&flight_to={today}" for first in (day, week, today - timedelta(days=92)))
    placed, leaving, this_week = f"from={year}&to={today}", f"flight_from={year}&flight_to={today}", f"flight_from={week}&flight_to={today}"
    yield from (f"from={first}&to={today}" for first in (today, week, month, year))
    yield from (f"flight_from={first}&flight_to={today}" for first in (today, week, month, year))
    yield from (f"{placed}&{more}" for more in ("refund=any", "paid=no", "state=no_show", "ready=late", f"point={one.point}"))
    rare = ("ready=late", "state=no_show&paid=yes", f"sku={one.sku}", "refund=any")
    yield from (f"{leaving}&{more}" for more in rare)
    yield from (f"{this_week}&{more}" for more in (*rare, "paid=yes&hour=12", "sort=total&hour=12"))
    yield from (f"sort={sort}&direction={way}" for sort in ("placed", "departure", "total") for way in ("up", "down"))
    yield from (f"attention=yes&sort={sort}&direction={way}" for sort in ("placed", "departure", "total") for way in ("up", "down"))
    yield from (f"sort=total&direction=up&{more}" for more in ("ready=late", "state=ready", "refund=any", "least=100&most=101"))
    names = (one.traveller_name, one.traveller_name.split()[0], "W", "li", "zhang wei", "王", "nobody at all")
    for words in (one.number, one.code, one.transaction_id, one.flight_number, f"{one.flight_number} {one.flight_date}", *names):
        yield f"q={quote(words)}"
    yield f"q={quote(one.traveller_name.split()[0])}&attention=yes"
    yield f"after={int((datetime.now(UTC) - timedelta(days=200)).timestamp() * 1_000_000)}-5"


OTHERS = (
    "/manage/", "/manage/money/", "/manage/delays/", "/manage/counter/", "/manage/counter/scans", "/manage/counter/conflicts/",
    "/manage/devices/", "/manage/audit/", "/manage/catalogue/", "/manage/catalogue/brands/", "/manage/catalogue/categories/",
    "/manage/catalogue/products/SP-0001/stock", "/manage/exchange/", "/manage/exports/", "/manage/settings/", "/manage/settings/history",
    "/manage/staff/", "/manage/privacy/", "/manage/reports/", "/manage/reports/saved/",
)  # fmt: skip


def _dashboards() -> list[tuple[str, str, str]]:
    today = datetime.now(UTC).date()
    year = f"from={today - timedelta(days=364)}&to={today}"
    found = [("dashboard", "", f"/manage/?{query}") for query in ("days=1", "days=7", "days=30", "days=90", year)]
    return found + [("dashboard", "one point", f"/manage/?{query}") for query in ("days=7", year)]


def _reports() -> list[tuple[str, str, str]]:
    from shop.reports.registry import REPORTS

    today = datetime.now(UTC).date()
    spans = (f"from={today - timedelta(days=7)}&to={today}", f"from={today - timedelta(days=364)}&to={today}")
    return [("report", "", f"/manage/reports/show/{name}?{span}") for name in REPORTS for span in spans]


Told = tuple[str, str, str, float, float, int]  # kind, eyes, address, median milliseconds, those of CPU, status


def _cpu(pids: list[int]) -> float:
    """Seconds that this process and these have computed so far: what a request costs, however busy the machine is."""
    told = (Path(f"/proc/{pid}/schedstat") for pid in pids)
    return time.process_time() + sum(int(file.read_text().split()[0]) for file in told if file.exists()) / 1e9


def _measured(app: Any, tokens: dict[str, str], cases: list[tuple[str, str, str]], only: str) -> Iterator[Told]:
    from shop.base.db import db

    spent: list[float] = []
    begun: list[float] = []
    event.listen(db.engine, "before_cursor_execute", lambda *_: begun.append(time.perf_counter()))
    event.listen(db.engine, "after_cursor_execute", lambda *_: spent.append(time.perf_counter() - begun.pop()))
    for kind, eyes, address in cases:
        if only and only not in f"{kind} {address}":
            continue
        client, pids = app.test_client(), _backends(db.engine)
        with client.session_transaction() as cookie:
            cookie["staff_session"], cookie["csrf"] = tokens[eyes], "x"
        rounds = []
        times = TIMES if kind != "report" else 1
        for _ in range(times + 1):  # the first one warms
            spent.clear()
            start, worked = time.perf_counter(), _cpu(pids)
            status = client.get(address).status_code
            rounds.append((time.perf_counter() - start, sum(spent), len(spent), _cpu(pids) - worked))
        middle = sorted(rounds[1:])[times // 2]
        cpu = sorted(each[3] for each in rounds[1:])[times // 2]
        found = (kind, eyes, address, middle[0] * 1000, cpu * 1000, status)
        most = MOST_MS[kind]
        mark = "" if most is None or found[3] <= most else "  SLOW"
        mark += "" if status == 200 else f"  {status}"
        took = f"{found[3]:>7.0f} ms, {middle[1] * 1000:>5.0f} in {middle[2]:>2} statements, {found[4]:>5.0f} of CPU"
        say(f"{kind:<10}{eyes:<10}{took}  {address}{mark}")
        yield found


def _backends(engine: Any) -> list[int]:
    """PostgreSQL's processes that serve this one; none when they are on another machine."""
    with engine.connect() as connection:
        ours = "datname = current_database() AND backend_type = 'client backend'"
        pids = connection.scalars(text(f"SELECT pid FROM pg_stat_activity WHERE {ours}")).all()  # noqa: S608 - words of this file
    return [pid for pid in pids if Path(f"/proc/{pid}/schedstat").exists()]


def _told(found: list[Told]) -> int:
    failed = 0
    for kind, most in MOST_MS.items():
        mine = [each for each in found if each[0] == kind]
        if mine:
            slow = [each for each in mine if most is not None and each[3] > most]
            failed += len(slow)
            over = f", {len(slow)} over {most} ms" if most else ""
            say(f"{kind}: {len(mine)} measured, slowest {max(each[3] for each in mine):.0f} ms{over}")
            costs = sorted(each[4] for each in mine)
            more = f", {sum(cost > most for cost in costs)} over {most} ms" if most else ""
            say(f"  by CPU: median {costs[len(costs) // 2]:.0f} ms, most {costs[-1]:.0f} ms{more}")
    return int(failed > 0)


