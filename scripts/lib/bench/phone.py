"""What a slow phone sees: Lighthouse's mobile run of six pages of the shop, by the Chromium that set-up found.

Lighthouse simulates a phone four times slower than this machine on a slow 4G line. It is a package of npm with a lock of its own,
installed the first time this job runs. The pages are those of a signed-in traveller where they have to be.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import set_up
from processes import ROOT, Processes, demo_settings, free_port
from visitor import Visitor

from .measures import Gate, median, number, table

HERE = Path(__file__).parent / "lighthouse"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
RUNS, POINT, CATEGORY, SKU = 3, "T1-B42", "wine", "SP-0001"
LIMITS = (
    ("performance", ">=", 95, 1), ("accessibility", ">=", 100, 1), ("best-practices", ">=", 100, 1), ("bytes", "<=", 200, 1000),
    ("script", "<=", 20, 1000), ("lcp", "<=", 2.0, 1), ("cls", "==", 0, 1),
)  # fmt: skip
WORDS = {"bytes": "KB with pictures", "script": "KB of JavaScript", "lcp": "s to the largest content", "cls": "layout shift"}
HEAD = ("page", "performance", "accessible", "practices", "KB", "JS KB", "LCP s", "CLS", "TBT ms", "requests")


class LighthouseFailed(RuntimeError):
    """It did not come to figures; the message is what it said."""


@dataclass(frozen=True)
class Opened:
    """A page to measure: its name, its address, and the headers of its visitor."""

    name: str
    url: str
    headers: dict[str, str]

    def asked(self) -> dict[str, Any]:
        return {"name": self.name, "url": self.url, "headers": self.headers}


def say(text: str) -> None:
    print(text, flush=True)


def run(runs: int) -> int:
    """Measure and print; 1 when a gate fails, or when this machine lacks what it takes."""
    try:
        node = _install()
    except set_up.CannotSetUp as lacking:
        say(f"FAIL  lighthouse could not run: {lacking}")
        return 1
    found: dict[str, list[dict[str, Any]]] = {}
    with _open_shop() as pages:
        for n in range(runs):
            say(f"round {n + 1} of {runs}: {', '.join(page.name for page in pages)} …")
            for figures in _measured(node, pages):
                found.setdefault(figures["name"], []).append(figures)
    return _told(found)


def _install() -> str:
    """Lighthouse at the versions of its lock, and the path of a Node that runs it. Raises CannotSetUp."""
    if not set_up.find_browser():
        raise set_up.CannotSetUp("there is no Chromium: run scripts/_setup --browser")
    node, npm = set_up.node_commands()
    env = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    packages = [HERE / "package.json", HERE / "package-lock.json"]
    fetch = [*npm, "ci", "--prefix", HERE, "--ignore-scripts", "--no-audit", "--no-fund"]
    made, words = HERE / "node_modules" / ".package-lock.json", "installing Lighthouse"
    set_up.step("lighthouse", set_up.fingerprint(packages), made, words, lambda: set_up.run(fetch, "npm ci", env))
    return node[0]


@contextmanager
def _open_shop() -> Iterator[list[Opened]]:
    """The shop with its example goods, as it runs in production, and a traveller with a basket and a paid order."""
    folder = ROOT / "instance" / "bench-phone"
    shutil.rmtree(folder, ignore_errors=True)
    processes, port = Processes(folder), free_port()
    try:
        told = processes.start_sandbox(port)
        processes.env |= demo_settings(folder, told["browser_url"]) | {
            "SHOP_PICTURE_FOLDER": str(ROOT / "instance" / "bench-pictures"), "WEB_CONCURRENCY": "1", "SHOP_THREADS": "8",
        }  # fmt: skip
        processes.run("migrate")
        processes.run("seed")
        processes.start_web(port)
        yield _pages(told, f"http://127.0.0.1:{port}")
    finally:
        processes.stop()


def _pages(told: dict[str, Any], shop: str) -> list[Opened]:
    traveller = Visitor(told["browser_url"])
    traveller.get("/sign-in?next=/basket")
    traveller.get(next(link for link in traveller.page.links if "code=" in link or "traveller=" in link))
    order = _paid_order(traveller, told["url"])
    traveller.get(f"/products/{SKU}")
    traveller.submit("/basket", quantity="1", then="basket")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in traveller.http.cookies)
    anybody = {"Accept-Language": "zh-CN"}
    own = {**anybody, "Cookie": cookies}
    return [
        Opened("home", f"{shop}/", anybody), Opened("category", f"{shop}/categories/{CATEGORY}", anybody),
        Opened("product", f"{shop}/products/{SKU}", anybody), Opened("basket", f"{shop}/basket", own),
        Opened("checkout", f"{shop}/checkout", own), Opened("order", f"{shop}/orders/{order}", own),
    ]  # fmt: skip


def _paid_order(traveller: Visitor, sandbox: str) -> str:
    """An order of two products, paid as the shop has found out by asking; its number."""
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    body = {
        "lines": [{"sku": SKU, "quantity": 1}, {"sku": "CO-0001", "quantity": 2}],
        "trip": {"flight": "CA932", "date": day, "final_destination": "PEK"},
        "pickup_point": POINT, "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
    }  # fmt: skip
    number = str(traveller.call("POST", "/api/v1/orders", 201, body, **{"Idempotency-Key": "a-slow-phone"})["number"])
    traveller.get(f"/orders/{number}")  # whose pages know the session's secret
    jsapi = traveller.call("POST", f"/api/v1/orders/{number}/payment", 201)["jsapi"]
    requests.post(f"{sandbox}/phone/pay", json={**jsapi, "decision": "pay"}, timeout=10).raise_for_status()
    traveller.call("POST", f"/api/v1/orders/{number}/payment/check")
    return number


def _measured(node: str, pages: Sequence[Opened]) -> Iterator[dict[str, Any]]:
    """The figures of each page. Raises LighthouseFailed."""
    asked = json.dumps({"flags": FLAGS, "pages": [page.asked() for page in pages]})
    env = {**os.environ, "CHROMIUM": str(set_up.find_browser())}
    done = subprocess.run(
        [node, str(HERE / "run.mjs")], input=asked, capture_output=True, text=True, timeout=240 * len(pages), env=env, check=False
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [f"{line['name']}: {line['error']}" for line in lines if "error" in line]
    if done.returncode or wrong or len(lines) != len(pages):
        raise LighthouseFailed("\n".join(wrong) or done.stderr[-2000:])
    yield from lines


def gates(found: dict[str, list[dict[str, Any]]]) -> list[Gate]:
    """Each limit for each page, against the median of its runs; layout shift counts from a thousandth on."""
    return [
        Gate("–", f"{page}, {WORDS.get(what, what)}", kind, limit, _middle(runs, what, per))  # type: ignore[arg-type]
        for page, runs in found.items()
        for what, kind, limit, per in LIMITS
    ]


def _middle(runs: Sequence[dict[str, Any]], what: str, per: int = 1) -> float:
    return round(median([run[what] for run in runs]) / per, 3)


def _told(found: dict[str, list[dict[str, Any]]]) -> int:
    rows = []
    for page, runs in found.items():
        whole = [number(_middle(runs, what)) for what in ("performance", "accessibility", "best-practices")]
        sizes = [number(_middle(runs, what, 1000), 1) for what in ("bytes", "script")]
        rest = [number(_middle(runs, "lcp"), 2), number(_middle(runs, "cls"), 3), number(_middle(runs, "tbt"))]
        rows.append((page, *whole, *sizes, *rest, number(_middle(runs, "requests"))))
    kept = gates(found)
    failed = [gate for gate in kept if not gate.kept]
    say("\n" + table(HEAD, rows) + "\n")
    for gate in failed:
        say(gate.line())
    for page, runs in found.items():
        if any(gate.what.startswith(f"{page},") for gate in failed):
            say(f"  {page}: {'; '.join(runs[-1]['lost'])}\n  {page}, heaviest: {'; '.join(runs[-1]['heaviest'])}")
    say(f"{len(failed)} of {len(kept)} gates failed" if failed else f"all {len(kept)} gates kept")
    return 1 if failed else 0
