"""The order report of a whole year against PostgreSQL's own COPY of the same join: time as a ratio, and memory; and how long
travellers wait for a page meanwhile."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import postgres_server
import psycopg
from processes import ROOT, Processes
from seed_large import filling

from shop.exports.processes import be_modest

from . import asking
from .load import Job, drive
from .machine import Machine

GATES = {"csv": 1.8, "xlsx": 8.0}
MOST_MEGABYTES = 64
MOST_SLOWER = 3.0  # times: row 22
EVERYDAY = 50_000  # orders
WAYS = ("copy", "csv", "xlsx")


def say(text: str) -> None:
    print(text, flush=True)


def run(database: str, orders: int, rounds: int, seconds: float = 10.0) -> int:
    """Measure and print; 1 when a gate fails. Without `database` one is filled and thrown away."""
    with filled(database, orders) as url, tempfile.TemporaryDirectory(dir=ROOT / "instance") as folder:
        found: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for n in range(max(1, min(rounds, 3))):
            say(f"round {n + 1} …")
            for way in WAYS:
                found[way].append(_measured(url, way, Path(folder), 0))
        few = {way: _measured(url, way, Path(folder), EVERYDAY) for way in WAYS} if orders > EVERYDAY else {}
        slower = statistics.median(_browsing(url, Path(folder), max(1, min(rounds, 3)), seconds))
    failed = _told(found, few)
    say(f"browsing, p99 while an export runs, × alone: {slower:.2f}, gate {MOST_SLOWER:g}{'' if slower <= MOST_SLOWER else '  FAILED'}")
    return int(failed or slower > MOST_SLOWER)


def browsing(database: str, orders: int, rounds: int, seconds: float) -> int:
    """Only the last of it."""
    with filled(database, orders) as url, tempfile.TemporaryDirectory(dir=ROOT / "instance") as folder:
        slower = statistics.median(_browsing(url, Path(folder), max(1, min(rounds, 3)), seconds))
    say(f"browsing, p99 while an export runs, × alone: {slower:.2f}, gate {MOST_SLOWER:g}{'' if slower <= MOST_SLOWER else '  FAILED'}")
    return int(slower > MOST_SLOWER)


def _browsing(url: str, folder: Path, rounds: int, seconds: float) -> Iterator[float]:
    """p99 of category pages from the database, four travellers at a time, while everything is exported ÷ alone. As in
    production: two workers, and a process for exports that lets them go first."""
    machine = Machine(Processes(folder / "web", _env(url)), postgres_server.Server(url), url, None)
    try:
        port = machine.serve("shop", "shop.app:create_app()", "/readyz", SHOP_PAGE_CACHE_SECONDS="0", SHOP_PICTURE_FOLDER=str(folder))
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            codes = [row[0] for row in connection.execute("SELECT code FROM categories ORDER BY rank")]
        pages = [asking.raw("GET", f"/categories/{code}") for code in codes]
        job = Job(port=port, requests=pages, connections=4, seconds=seconds, again=True)
        drive(job)  # warms
        for _ in range(rounds):
            alone = drive(job)
            command = [sys.executable, "-B", "-m", "bench.one_export", "xlsx", str(folder / "beside.xlsx"), "0"]
            export = subprocess.Popen(command, cwd=ROOT, env=_env(url), stdout=subprocess.DEVNULL, preexec_fn=be_modest)
            try:
                time.sleep(3)  # until it has started
                during = drive(job)
                if export.poll() is not None:
                    say("  the export was over before the browsing: its p99 says little")
            finally:
                export.kill()
                export.wait()
            say(f"  browsing alone p50 {alone.p50:.1f}, p99 {alone.p99:.1f} ms; meanwhile {during.p50:.1f}, {during.p99:.1f} ms")
            if set(alone.statuses) | set(during.statuses) != {200}:
                raise ValueError(f"{alone.statuses} {during.statuses}")
            yield during.p99 / alone.p99
    finally:
        machine.processes.stop()


def _env(url: str) -> dict[str, str]:
    return {
        **os.environ, "SHOP_ENV": "demo", "SHOP_SECRET_KEY": "a secret of the benchmarks, long enough", "SHOP_DATABASE_URL": url,
        "SHOP_LOG_LEVEL": "ERROR", "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "scripts" / "lib"), str(ROOT / "tests"))),
    }  # fmt: skip


@contextmanager
def filled(database: str, orders: int) -> Iterator[str]:
    (ROOT / "instance").mkdir(exist_ok=True)
    if database:
        yield database
        return
    server = postgres_server.start(durable=True)
    try:
        url = postgres_server.create_database(server, "shop_exports")
        say(f"filling a database with {orders:,} orders …")
        with tempfile.TemporaryDirectory() as pictures:
            filling.prepare(url, Path(pictures), say)
        filling.fill(url, orders, 1, datetime.now(UTC).date(), say)
        yield url
    finally:
        server.stop()


def _measured(url: str, way: str, folder: Path, orders: int) -> dict[str, Any]:
    """One way in a process of its own: seconds, rows, bytes, and megabytes above what the process had when it was idle."""
    command = [sys.executable, "-B", "-m", "bench.one_export", way, str(folder / f"report.{way}"), str(orders)]
    done = subprocess.run(command, cwd=ROOT, env=_env(url), stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    what = f"{orders:,} orders" if orders else "everything"
    say(
        f"  {way:<5} {what}: {told['seconds']:.1f} s, {told['rows']:,} rows, {told['bytes'] / 1e6:.0f} MB, +{told['megabytes']:.0f} MB"
    )
    return told


def _told(found: dict[str, list[dict[str, Any]]], few: dict[str, dict[str, Any]]) -> int:
    middle = {way: statistics.median(each["seconds"] for each in rounds) for way, rounds in found.items()}
    most = {way: max(each["megabytes"] for each in rounds) for way, rounds in found.items()}
    failed = 0
    say(f"\n{'':<6}{'seconds':>9}{'× COPY':>9}{'gate':>7}{'memory MB':>11}{'gate':>6}")
    for way in WAYS:
        ratio, gate = middle[way] / middle["copy"], GATES.get(way)
        bad = gate is not None and (ratio > gate or most[way] > MOST_MEGABYTES)
        failed += bad
        limits = f"{gate:>7}{most[way]:>11.0f}{MOST_MEGABYTES:>6}" if gate else f"{'':>7}{most[way]:>11.0f}"
        say(f"{way:<6}{middle[way]:>9.1f}{ratio:>9.2f}{limits}{'  FAILED' if bad else ''}")
    for way, told in few.items():
        say(f"{EVERYDAY:,} orders, {way}: {told['seconds']:.2f} s")
    return int(failed > 0)


def timed(work: Any) -> tuple[float, Any]:
    began = time.monotonic()
    answer = work()
    return time.monotonic() - began, answer
