"""Measure the shop on this machine: what it does in a second, as shares of a bare Flask and of plain SQL."""

import argparse
import os
import shutil
import signal
import sys
import time

import psycopg
from processes import ROOT, free_port
from set_up import CannotSetUp

from . import counting, exports, front, goods, lists, phone, search, trials, verdict
from .asking import Travellers
from .machine import THREADS, WORKERS, Machine
from .measures import tally
from .mixes import Mixes
from .paths import PATHS, SECOND, Rounds, Stage
from .verdict import Found
from .wechat import SERIAL, WeChat

SECRET = "a secret of the benchmarks, long enough for everybody"
ALONE = ("exports", "exports browsing", "lists", "search", "lighthouse")  # jobs that stand for themselves
TRIALS = ("waiting", "oversell", "cookies", "nginx", "memory", "cold start")


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    options = _options()
    if options.only == "exports":  # a database of its own, and no web
        return exports.run(options.database, 50_000 if options.quick else 1_000_000, options.rounds)
    if options.only == "exports browsing":
        return exports.browsing(options.database, 50_000 if options.quick else 1_000_000, options.rounds, 3 * options.seconds)
    if options.only.startswith("lists"):
        return lists.run(options.database, 50_000 if options.quick else 1_000_000, options.only.removeprefix("lists").strip())
    if options.only == "search":  # likewise
        return search.run(options.database, 2_000 if options.quick else search.PRODUCTS, options.rounds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.only == "lighthouse":  # a browser, and no load
        return phone.run(1 if options.quick else options.rounds)
    folder = ROOT / "instance" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    say("PostgreSQL starts …")
    machine = Machine.start(folder)
    try:
        with psycopg.connect(machine.url.replace("+psycopg", ""), autocommit=True) as connection:
            return _bench(machine, connection, options, began)
    finally:
        machine.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s, for a first look; too short for a verdict")
    parser.add_argument("--rounds", type=int, default=0, help="interleaved rounds (default 4)")
    parser.add_argument("--seconds", type=float, default=0, help="of each path in each round (default 3)")
    parser.add_argument("--only", default="", metavar="NAME",
    help=f"only what has NAME in its name: a path, or {', '.join(TRIALS)}; or {', '.join(ALONE)}")
    parser.add_argument("--database", default="", metavar="URL",
    help="for exports and lists: one that scripts/seed-large has filled; for search: an empty one, or one it has filled before")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 3 if options.only == "lighthouse" else 4)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)
    known = (*TRIALS, *(path.name for path in PATHS))
    if not options.only.startswith(ALONE) and not any(options.only in name for name in known):
        parser.error(f"nothing has {options.only!r} in its name: {', '.join((*(p.name for p in PATHS), *TRIALS, *ALONE))}")
    return options


def _bench(machine: Machine, connection: psycopg.Connection, options: argparse.Namespace, began: float) -> int:
    wechat, pay_port = WeChat.make(machine.processes.folder / "keys"), free_port()
    settings = {
        "SHOP_ENV": "demo", "SHOP_SECRET_KEY": SECRET, "SHOP_DATABASE_URL": machine.url, "SHOP_CURRENCY": "EUR",
        "SHOP_LOG_LEVEL": "ERROR", "SHOP_PUBLIC_URL": "http://127.0.0.1", "SHOP_PAGE_CACHE_SECONDS": "2",
        "SHOP_PICTURE_FOLDER": str(machine.processes.folder / "pictures"), **wechat.settings(f"http://127.0.0.1:{pay_port}"),
    }  # fmt: skip
    machine.processes.env |= settings
    machine.processes.run("migrate", **settings)
    say(f"filling the shop: {goods.PRODUCTS} products in {goods.CATEGORIES} categories …")
    os.environ.update(settings)
    from shop.app import create_app

    cached = create_app()
    os.environ["SHOP_PAGE_CACHE_SECONDS"] = "0"
    uncached = create_app()
    os.environ["SHOP_PAGE_CACHE_SECONDS"] = "2"
    with cached.app_context():
        goods.fill()
        counter = goods.a_counter()
        scarce = goods.a_scarce_product(1, trials.LEFT)
    stock = goods.Stockroom(connection, SECRET)
    travellers = Travellers(cached, stock.travellers())
    stock.a_season()
    mixes = Mixes(machine.url, connection)
    connection.execute("ANALYZE")
    stage = Stage(machine, travellers, stock, wechat, mixes, counter)
    say(f"starting the servers, each {WORKERS} workers × {THREADS} threads …")
    machine.serve("hello", "bench.hello:app", "/")
    machine.serve("shop", "shop.app:create_app()", "/readyz")
    machine.serve("shop, uncached", "shop.app:create_app()", "/readyz", SHOP_PAGE_CACHE_SECONDS="0")
    found = Found(statements=counting.count(stage, cached, uncached))
    rounds = Rounds(stage, options.only)
    say("warming up …")
    rounds.run(min(1.0, options.seconds), counts=False)
    for n in range(options.rounds):
        say(f"round {n + 1} of {options.rounds} …")
        rounds.run(options.seconds)
    _try(stage, found, options, settings, scarce, pay_port)
    found.wrong_stock = counting.wrong_stock(connection)
    gates = verdict.gates(rounds, found)
    say("\n" + verdict.printed(rounds, found))
    say("\n" + "\n".join(gate.line() for gate in gates))
    failed = [gate for gate in gates if not gate.kept]
    end = f"{len(failed)} of {len(gates)} gates failed" if failed else f"all {len(gates)} gates kept"
    took = time.monotonic() - began
    say(f"\n{end}; {rounds.answered:,} requests in {options.rounds} rounds of {options.seconds:g} s; {took:.0f} s")
    return 1 if failed else 0


def _try(
    stage: Stage, found: Found, options: argparse.Namespace, settings: dict[str, str], scarce: str, pay_port: int
) -> None:
    """The trials that were asked for."""
    machine, quick = stage.machine, options.quick
    wanted = [name for name in TRIALS if options.only in name]
    if "waiting" in wanted:
        say(f"{trials.WAITING} travellers wait {trials.PAUSE * 1000:.0f} ms for WeChat Pay, {trials.BROWSING} browse …")
        _start_slow_pay(machine, stage.wechat, pay_port)
        found.kept = trials.browsing_while_others_pay(stage, options.seconds, options.rounds)
    if "oversell" in wanted:
        say(f"{trials.BUYERS} buyers at once, {trials.LEFT} pieces …")
        found.sold, statuses = trials.oversell(stage, scarce)
        say(f"  {tally(statuses)}")
    if "cookies" in wanted:
        found.cookies = trials.anonymous_cookies(machine.ports["shop"])
    if "nginx" in wanted:
        say("anonymous pages through nginx …")
        try:
            found.front = front.share(stage, options.seconds, options.rounds)
        except CannotSetUp as lacking:
            say(f"  {lacking}")
            found.front = (0.0, False)
    if options.only in SECOND:
        found.writes = counting.writes_of_repeated_scans(stage, stage.stock.connection)
    if "memory" in wanted:
        say("memory of the workers …")
        pages = [stage.travellers.page(f"/categories/c{n % goods.CATEGORIES}", n) for n in range(200)]
        told = trials.memory(machine, pages, 2_000 if quick else 25_000)
        found.pss, found.growth = told or (None, None)
    if "cold start" in wanted:
        say("cold starts …")
        for name in ("hello", "shop", "shop, uncached"):
            machine.end(name)
        found.cold = trials.cold_start(machine, 2 if quick else 5, settings)


def _start_slow_pay(machine: Machine, wechat: WeChat, port: int) -> None:
    key = str(wechat.folder / "wechat.pem")
    command = [sys.executable, "-m", "bench.slow_pay", str(port), key, SERIAL, str(trials.PAUSE)]
    machine.processes.start("slow pay", command, PYTHONPATH=str(ROOT / "scripts" / "lib"))
    machine.processes.wait_for("slow pay", f"http://127.0.0.1:{port}/")


if __name__ == "__main__":
    sys.exit(main())
