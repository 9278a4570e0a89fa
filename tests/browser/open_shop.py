"""The whole shop as real processes (sandbox, web, worker), and quick ways to get a traveller somewhere in it."""

import fcntl
import sqlite3
import sys
from collections.abc import MutableMapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext

from shop.sandbox import Control

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts" / "lib"))

from processes import Processes, demo_settings, free_port  # noqa: E402 - lives beside the scripts that use it

MANAGER, PASSWORD = "manager", "a-password-for-tests"
FLIGHT, DESTINATION, POINT, OTHER_POINT = "CA932", "PEK", "T1-B42", "T3-H07"
BOTTLE, CHOCOLATE = "SP-0001", "CO-0001"  # the second holds no alcohol
TRIP_DAY: date = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date() + timedelta(days=3)


@dataclass
class OpenShop:
    """Where everything is, and what has to be known to come in."""

    url: str  # the shop as WeChat's browser shows it
    control: Control
    database: Path
    counter_token: str
    processes: Processes = field(repr=False)
    signed_in: dict[str, Any] = field(default_factory=dict, repr=False)  # cookies of counters and managers, by who it is
    tokens: MutableMapping[BrowserContext, str] = field(default_factory=WeakKeyDictionary, repr=False)  # of travellers' sessions

    @classmethod
    def start(cls, folder: Path, shared: Path) -> "OpenShop":
        """Sandbox, a database with the example data, one web process with eight threads, worker. The database is made by the first who
        asks in the folder `shared`, and copied. Raises DidNotStart."""
        processes = Processes(folder)
        try:
            port = free_port()
            told = processes.start_sandbox(port)
            database = folder / "shop.db"
            processes.env |= demo_settings(folder, told["browser_url"]) | {
                # Drawn once per checkout: a picture's name changes when its drawing does.
                "SHOP_PICTURE_FOLDER": str(ROOT / "instance" / "test-pictures"),
                "WEB_CONCURRENCY": "1", "SHOP_THREADS": "8", "SHOP_PAGE_CACHE_SECONDS": "0",
            }  # fmt: skip
            token = _copy(processes, shared, database)
            processes.start_web(port)
            processes.start_worker()
        except BaseException:
            _end(processes)
            raise
        return cls(told["browser_url"], Control(told["url"]), database, token, processes)

    def sign_in(self, context: BrowserContext, who: str) -> None:
        """Sign a traveller of that name in, silently, as WeChat does for the menu of a Service Account."""
        if who not in self.control.travellers():
            self.control.add_traveller(who)
        self.control.silent(who)
        try:
            answer = context.request.get(f"{self.url}/sign-in?next=/basket")
        finally:
            self.control.silent(None)
        assert answer.url == f"{self.url}/basket", f"signing in ended at {answer.url}"

    def call(self, context: BrowserContext, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON API with this traveller's session."""
        headers = {"Origin": self.url, "Idempotency-Key": f"test-{datetime.now(UTC).timestamp()}"}
        sent: dict[str, Any] = {} if method == "GET" else {"data": {} if body is None else body}
        for known in (True, False):  # the session, and with it the token, may be another one by now
            if method != "GET":
                headers["X-CSRF-Token"] = self._token(context, known)
            answer = context.request.fetch(f"{self.url}/api/v1{path}", method=method, headers=headers, **sent)
            if answer.status != 403:
                break
        assert answer.status == status, f"{method} {path}: {answer.status}\n{answer.text()[:800]}"
        return answer.json()

    def _token(self, context: BrowserContext, known: bool) -> str:
        if not known or context not in self.tokens:
            headers = context.request.get(f"{self.url}/api/v1/orders?limit=1").headers
            self.tokens[context] = headers.get("x-csrf-token", "")
        return self.tokens[context]

    def order(
        self, context: BrowserContext, lines: dict[str, int] | None = None, point: str = POINT, destination: str = DESTINATION
    ) -> str:
        """Place an order as this traveller; its number."""
        body = {
            "lines": [{"sku": sku, "quantity": count} for sku, count in (lines or {BOTTLE: 1}).items()],
            "trip": {"flight": FLIGHT, "date": TRIP_DAY.isoformat(), "final_destination": destination},
            "pickup_point": point, "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
        }  # fmt: skip
        return str(self.call(context, "POST", "/orders", body, 201)["number"])

    def pay(self, context: BrowserContext, number: str) -> None:
        """The traveller pays; whether the shop has heard of it by then depends on the notice."""
        jsapi = self.call(context, "POST", f"/orders/{number}/payment", status=201)["jsapi"]
        said = self.control.launch(jsapi, "pay")
        assert said["err_msg"] == "get_brand_wcpay_request:ok", said

    def paid_order(self, context: BrowserContext, point: str = POINT, destination: str = DESTINATION) -> str:
        """An order that is paid, as the shop itself has found out by asking; its number."""
        number = self.order(context, point=point, destination=destination)
        self.pay(context, number)
        checked = self.call(context, "POST", f"/orders/{number}/payment/check")
        assert checked["state"] == "paid", checked
        return number

    def state(self, context: BrowserContext, number: str) -> str:
        return str(self.call(context, "GET", f"/orders/{number}")["state"])

    def pickup(self, context: BrowserContext, number: str) -> dict[str, str]:
        """`code`, `token` and the address of the picture."""
        return dict(self.call(context, "GET", f"/orders/{number}/pickup"))

    def leave_in_stock(self, sku: str, free: int) -> None:
        """So many of a product can still be sold."""
        self.change(
            "UPDATE stock SET on_hand = held + allocated + ? WHERE product_id = (SELECT id FROM products WHERE sku = ?)", free, sku
        )

    def asks(self, point: str = POINT, **wanted: int) -> None:
        """What this point asks for from now on: `boarding_pass`, `age`, `sealed_bag`, `identity`, and from how many pieces on an
        order is big (`pieces`). Nothing else."""
        checks = [int(wanted.get(name, 0)) for name in ("boarding_pass", "age", "sealed_bag", "identity")]
        self.change("DELETE FROM hand_over_rules WHERE pickup_point_id = (SELECT id FROM pickup_points WHERE code = ?)", point)
        self.change(
            "INSERT INTO hand_over_rules (pickup_point_id, asks_boarding_pass, asks_age, asks_sealed_bag, asks_identity, keeps, big_pieces)"
            " SELECT id, ?, ?, ?, ?, '[]', ? FROM pickup_points WHERE code = ?",
            *checks, wanted.get("pieces"), point,
        )  # fmt: skip

    def set_order(self, number: str, **values: object) -> None:
        """As if the order had come that far."""
        columns = ", ".join(f"{name} = ?" for name in values)
        self.change(f"UPDATE orders SET {columns} WHERE number = ?", *(_kept(value) for value in values.values()), number)  # noqa: S608

    def change(self, statement: str, *values: object) -> None:
        """Behind the shop's back: what takes hours, or another person."""
        with closing(sqlite3.connect(f"file:{quote(str(self.database))}", uri=True, timeout=20)) as database, database:
            database.execute(statement, values)

    def stop(self) -> None:
        """End every process, and close what was read from the sandbox."""
        _end(self.processes)


def _copy(processes: Processes, shared: Path, database: Path) -> str:
    """What `_make` has made, by now or by another one at the same time; the token of the counter's device."""
    made, token = shared / "browser-shop.db", shared / "browser-shop.token"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not token.exists():
            token.write_text(_make(processes, made))
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(database)) as copy:
        source.backup(copy)
    return token.read_text()


def _make(processes: Processes, database: Path) -> str:
    """A database with the example data, a manager and a counter's device, whose token is answered."""
    here = {"SHOP_DATABASE_URL": f"sqlite:///{database}"}
    processes.run("migrate", **here)
    processes.run("seed", **here)
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute("DELETE FROM hand_over_rules")  # a test that is about checks asks for them
        connection.execute("UPDATE stock SET on_hand = on_hand + 1000 WHERE on_hand > 0")  # all tests buy in one shop
    secret = database.with_suffix(".password")
    secret.write_text(PASSWORD)
    processes.run("create-manager", MANAGER, "--password-file", str(secret), **here)
    return processes.run("create-device", "Counter B42", "--point", POINT, **here).strip().splitlines()[-1]


def _kept(value: object) -> object:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _end(processes: Processes) -> None:
    pipes = [process.stdout for process in processes.running.values() if process.stdout]
    processes.stop()
    for pipe in pipes:
        pipe.close()
