"""The shop as real processes on loopback: sandbox, gunicorn and worker, which a test may stop or kill and start again."""
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import builders
import requests
from flask import Flask
from sqlalchemy import select

from scripts.lib.processes import Processes, free_port
from shop import tables  # noqa: F401 - the mappers
from shop.base.db import db, engine_options, reading
from shop.catalogue.models import Stock
from shop.sandbox import Control

STOCK = 500


@dataclass
class Shop:
    """A running shop. `origin` is the web process's address, `wechat` what the test turns at the sandbox."""

    processes: Processes
    origin: str
    wechat: Control
    books: Flask                       # for a look into the database; serves nothing
    tokens: list[str] = field(default_factory=list)   # of counter devices
    stock_at_first: dict[int, int] = field(default_factory=dict)

    def end(self) -> None:
        """Stop everything. Nothing of it stays behind."""
        with self.books.app_context():
            db.session.remove()
            db.engine.dispose()
        box = self.processes.running.get("sandbox")
        self.processes.stop()
        if box is not None and box.stdout is not None:
            box.stdout.close()

    def start_web(self) -> None:
        """Start gunicorn and wait until it is ready."""
        self.processes.start_web(int(self.origin.rpartition(":")[2]))

    def start_worker(self) -> None:
        self.processes.start_worker()

    def is_running(self, name: str) -> bool:
        process = self.processes.running.get(name)
        return process is not None and process.poll() is None

    def stop(self, name: str) -> None:
        """End a process gently."""
        self._end(name, signal.SIGTERM)

    def kill(self, name: str) -> None:
        """`kill -9`, the process with all its children."""
        self._end(name, signal.SIGKILL)

    def kill_one_of_web(self) -> None:
        """`kill -9` one of gunicorn's workers; gunicorn puts a new one in its place."""
        master = self.processes.running["web"].pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def _end(self, name: str, sign: signal.Signals) -> None:
        process = self.processes.running.pop(name)
        os.killpg(process.pid, sign) if sign is signal.SIGKILL else process.send_signal(sign)
        process.wait(timeout=30)

    def whole(self) -> None:
        """As at first: everything runs, WeChat is in order, nobody waits."""
        self.wechat.clear_faults()
        for name, start in (("web", self.start_web), ("worker", self.start_worker)):
            if not self.is_running(name):
                self.processes.running.pop(name, None)
                start()

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        self.stop("worker")
        try:
            yield
        finally:
            self.start_worker()

    def counted(self) -> dict[str, float]:
        """What /metrics counts now: value by name with labels."""
        lines = requests.get(f"{self.origin}/metrics", timeout=10).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] not in ("#", ""))}


def start(folder: Path, database_url: str) -> Shop:
    """Migrate, put a small shop into the database, start everything. The caller calls `end()`."""
    port = free_port()
    processes = Processes(folder)
    try:
        told = processes.start_sandbox(port)
        processes.env |= _settings(folder, f"http://127.0.0.1:{port}", database_url)
        processes.run("migrate")
        shop = Shop(processes, f"http://127.0.0.1:{port}", Control(told["url"]), _books(database_url))
        shop.wechat.silent("wang")
        _furnish(shop)
        shop.start_web()
        shop.start_worker()
    except BaseException:
        processes.stop()
        raise
    return shop


def _settings(folder: Path, origin: str, database_url: str) -> Mapping[str, str]:
    return {
        "SHOP_ENV": "test", "SHOP_SECRET_KEY": builders.SECRET, "SHOP_DATABASE_URL": database_url, "SHOP_PUBLIC_URL": origin,
        "SHOP_PICTURE_FOLDER": str(folder / "pictures"), "SHOP_PAGE_CACHE_SECONDS": "0", "WEB_CONCURRENCY": "2", "SHOP_THREADS": "8",
        "SHOP_LOG_LEVEL": "WARNING", "TMPDIR": str(folder),  # who is killed cannot tidy up
    }  # fmt: skip


def _books(database_url: str) -> Flask:
    books = Flask("books")
    books.config.update(SQLALCHEMY_DATABASE_URI=database_url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(database_url))
    db.init_app(books)
    return books


def _furnish(shop: Shop) -> None:
    with shop.books.app_context():
        builders.a_timetable()
        for n in range(4):
            builders.a_product(f"JOURNEY-{n}", on_hand=STOCK)
        builders.a_product("JOURNEY-RARE", on_hand=2)
        shop.tokens = [builders.a_device()[1] for _ in range(2)]
        with reading() as session:
            shop.stock_at_first = {row.product_id: row.on_hand for row in session.scalars(select(Stock))}

