"""The shop's processes on a bad day: PostgreSQL stays, web and worker are killed and started again every few seconds."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import builders
import postgres_server
import requests
from flask import Flask
from processes import ROOT, DidNotStart, Processes, free_port

from shop import tables  # noqa: F401 - the mappers
from shop.base.db import db, engine_options
from shop.base.money import Currency
from shop.people import commands as people
from shop.people.states import DeviceKind
from shop.sandbox import Control

from .books import Books
from .people import Journal, Traveller
from .plans import PLENTY, SCARCE, plain_sku, scarce_sku

PAY_WITHIN_MINUTES = 4
ON_HAND = 100_000
COUNTERS = 4
KILLS = {"one web process": 45, "all of web": 25, "the worker": 30}


@dataclass
class Running:
    """Everything that runs. `stop` ends it all; nothing of it stays behind."""

    processes: Processes
    server: postgres_server.Server
    books: Books
    control: Control
    origin: str
    sandbox: str
    tokens: list[str] = field(default_factory=list)  # of counter devices
    manager: str = ""  # token of a program in the back office
    stock_at_first: dict[str, int] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path, dialect: str, scarce: int) -> "Running":
        """PostgreSQL, an empty shop with its furniture, sandbox, web and worker. `scarce`: pieces of each rare product."""
        server, processes = postgres_server.start(), Processes(folder)
        try:
            url, port = postgres_server.create_database(server, f"bad_day_{os.getpid()}"), free_port()
            told = processes.start_sandbox(port, dialect=dialect)
            origin = f"http://127.0.0.1:{port}"
            processes.env |= _settings(folder, origin, url, dialect)
            processes.run("migrate")
            shop = cls(processes, server, Books(url), Control(told["url"]), origin, told["url"])
            shop._furnish(url, Currency.CNY if dialect == "mainland" else Currency.EUR, scarce)
            processes.start_web(port)
            processes.start_worker()
        except BaseException:
            _end(processes)
            server.stop()
            raise
        return shop

    def stop(self) -> None:
        self.books.close()
        _end(self.processes)
        self.server.stop()

    def _furnish(self, url: str, currency: Currency, scarce: int) -> None:
        """A timetable, products of which there is plenty or little, and devices, through the shop's own commands."""
        app = Flask("furniture")
        app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url))
        db.init_app(app)
        self.stock_at_first = {plain_sku(n): ON_HAND for n in range(PLENTY)} | {scarce_sku(n): scarce for n in range(SCARCE)}
        with app.app_context():
            builders.a_timetable()
            for n, (sku, on_hand) in enumerate(self.stock_at_first.items()):
                builders.a_product(sku, on_hand=on_hand, price=19_00 + 7_31 * n, currency=currency)
            self.tokens = [people.create_device(f"Counter {n}", DeviceKind.COUNTER, None, None, _now()) for n in range(COUNTERS)]
            self.manager = people.create_device("Back office", DeviceKind.MANAGER, None, None, _now())
            db.session.remove()
            db.engine.dispose()

    def sign_in(self, name: str, journal: Journal) -> Traveller:
        """Somebody new opens the shop in WeChat, and is signed in silently."""
        self.control.add_traveller(name)
        self.control.silent(name)
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(f"{self.origin}/sign-in", params={"next": "/orders/"}, timeout=30)
            if page.status_code != 200 or not page.url.startswith(f"{self.origin}/orders"):
                raise DidNotStart(f"signing in ended at {page.url}: {page.status_code}")
            token = browser.get(f"{self.origin}/api/v1/orders", timeout=30).headers.get("X-CSRF-Token", "")
            cookie = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        return Traveller(self.origin, self.sandbox, journal, cookie, token)

    def run_module(self, name: str) -> str:
        """Run one of our modules to its end, with the shop's settings; raises DidNotStart when it failed."""
        done = subprocess.run(
            [sys.executable, "-B", "-m", name], cwd=ROOT, env={**os.environ, **self.processes.env}, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise DidNotStart(f"{name}:\n{done.stdout[-1500:]}{done.stderr[-3000:]}")
        return done.stdout

    def kill(self, name: str) -> None:
        """`kill -9`: the process with all its children."""
        process = self.processes.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    def kill_one_of_web(self, chance: random.Random) -> bool:
        """`kill -9` one of gunicorn's workers; gunicorn puts a new one in its place. False: there was none to be seen."""
        master = self.processes.running["web"].pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(int(chance.choice(children)), signal.SIGKILL)
        return True

    def start_web(self) -> None:
        self.processes.start_web(int(self.origin.rpartition(":")[2]))

    def start_worker(self) -> None:
        self.processes.start_worker()


class Killer(threading.Thread):
    """Kills something every few seconds until told to stop, and starts it again. Which and when: by the seed."""

    def __init__(self, shop: Running, seed: int, pause: tuple[float, float]) -> None:
        super().__init__(name="killer")
        self.shop, self.chance, self.pause = shop, random.Random(f"{seed}/kills"), pause
        self.kills: Counter[str] = Counter()
        self.failed: Exception | None = None
        self._enough = threading.Event()

    def run(self) -> None:
        try:
            while not self._enough.wait(self.chance.uniform(*self.pause)):
                self.turn(self.chance.choices(list(KILLS), list(KILLS.values()))[0])
        except Exception as failed:  # told by `finish`; the day goes on with what runs
            self.failed = failed

    def turn(self, what: str) -> None:
        if what == "one web process":
            self.kills[what] += self.shop.kill_one_of_web(self.chance)
            return
        if what == "all of web":
            self.shop.kill("web")
            time.sleep(self.chance.uniform(0, 0.5))
            self.shop.start_web()
        else:
            self.shop.kill("worker")
            self.shop.start_worker()
        self.kills[what] += 1

    def finish(self) -> None:
        """No more kills; everything runs when this returns. Raises DidNotStart when something did not come back."""
        self._enough.set()
        self.join()
        if self.failed is not None:
            raise DidNotStart(f"the killer could not go on: {self.failed!r}")


def _settings(folder: Path, origin: str, database_url: str, dialect: str) -> dict[str, str]:
    return {
        "SHOP_ENV": "test", "SHOP_SECRET_KEY": builders.SECRET, "SHOP_DATABASE_URL": database_url, "SHOP_PUBLIC_URL": origin,
        "SHOP_CURRENCY": "CNY" if dialect == "mainland" else "EUR", "SHOP_PICTURE_FOLDER": str(folder / "pictures"),
        "SHOP_BILL_FOLDER": str(folder / "bills"), "SHOP_PAY_WITHIN_MINUTES": str(PAY_WITHIN_MINUTES),
        "WEB_CONCURRENCY": "2", "SHOP_THREADS": "16", "SHOP_LOG_LEVEL": "WARNING", "TMPDIR": str(folder),  # who is killed cannot tidy up
    }  # fmt: skip


def _end(processes: Processes) -> None:
    sandbox = processes.running.get("sandbox")
    processes.stop()
    if sandbox is not None and sandbox.stdout is not None:
        sandbox.stdout.close()


def _now() -> datetime:
    return datetime.now(UTC)
