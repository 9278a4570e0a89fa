"""What no rate can show: a slow WeChat Pay, a rush on the last bottles, cookies, memory, the first page after a start."""

import socket
import time

from . import asking, goods
from .load import Job, Running, drive
from .machine import Machine, pss_megabytes
from .measures import growth_per, median, tally
from .paths import Stage

WAITING, BROWSING, PAUSE = 64, 4, 0.3
BUYERS, LEFT = 64, 50
ANONYMOUS = (
    "/", "/categories/", "/categories/c3", "/products/SKU-000007", "/search", "/search?q=brand", "/pickup-points", "/basket",
    "/no-such-page",
)  # fmt: skip


def say(text: str) -> None:
    print(text, flush=True)


def browsing_while_others_pay(stage: Stage, seconds: float, rounds: int) -> float:
    """Share of the browsing that is left while 64 travellers tap "pay" and WeChat takes 300 ms to answer each."""
    server = "shop, uncached"
    port = stage.machine.ports[server]
    pages = [stage.travellers.page(f"/categories/c{n % goods.CATEGORIES}", n) for n in range(200)]
    browse = Job(port=port, requests=pages, connections=BROWSING, seconds=seconds, again=True)
    kept = []
    for _ in range(rounds):
        alone = drive(browse)
        taps = stage.travellers.payments(stage.stock.untouched(int(120 * (seconds + 1)) + WAITING))
        payers = Running(Job(port=port, requests=taps, connections=WAITING, seconds=seconds + 1, polite=True))
        time.sleep(0.5)
        during = drive(browse)
        paying = payers.result()
        say(f"  browsing {alone.rate:.0f}/s alone, {during.rate:.0f}/s meanwhile; payments: {tally(paying.statuses)}")
        if not paying.statuses.get(201):
            raise ValueError("no payment was opened")
        kept.append(during.rate / alone.rate)
    return median(kept)


def oversell(stage: Stage, sku: str) -> tuple[int, dict[int, int]]:
    """Sold of `LEFT` when 64 buyers at once send four orders each, and how all were answered."""
    orders = [stage.travellers.order([sku]) for _ in range(BUYERS * 4)]
    run = drive(Job(port=stage.machine.ports["shop"], requests=orders, connections=BUYERS, seconds=60))
    row = stage.stock.connection.execute(
        "SELECT held + allocated + handed_over FROM stock JOIN products p ON p.id = product_id WHERE sku = %s", (sku,)
    ).fetchone()
    sold = int(row[0]) if row else -1
    return (sold if run.statuses.get(201) == sold else -1), run.statuses


def anonymous_cookies(port: int) -> int:
    """Cookies set on pages for visitors who brought none (and did not choose a language)."""
    requests = [asking.raw("GET", path) for path in ANONYMOUS]
    return drive(Job(port=port, requests=requests, connections=1, seconds=30)).cookies


def memory(machine: Machine, pages: list[bytes], count: int) -> tuple[float, float] | None:
    """The largest worker's PSS in MB after everything, and its growth per 100,000 requests; None where it is not told."""
    names = [name for name in machine.ports if name.startswith("shop")]
    warm = Job(port=machine.ports["shop"], requests=pages, seconds=5, again=True)
    drive(warm)
    before = _largest(machine, ["shop"])
    run = drive(Job(port=machine.ports["shop"], requests=(pages * (count // len(pages) + 1))[:count], seconds=300))
    after, largest = _largest(machine, ["shop"]), _largest(machine, names)
    if before is None or after is None or largest is None:
        return None
    say(f"  {run.answers} requests later: {before:.1f} MB → {after:.1f} MB")
    return largest, growth_per(before, after, run.answers, 100_000)


def _largest(machine: Machine, names: list[str]) -> float | None:
    sizes = [pss_megabytes(pid) for name in names for pid in machine.workers(name)]
    told = [size for size in sizes if size is not None]
    return max(told) if told else None


def cold_start(machine: Machine, times: int, settings: dict[str, str]) -> float:
    """Time from starting the shop to its first catalogue page, as a multiple of a floor app's. The first start of each
    may compile its modules and is not counted."""
    shares = []
    for n in range(times + 1):
        floor = _first_page(machine, f"floor {n}", "bench.floor:app", "/page/core", settings)
        shop = _first_page(machine, f"cold {n}", "shop.app:create_app()", "/categories/c1", settings)
        if n:
            say(f"  floor {floor:.2f} s, shop {shop:.2f} s")
            shares.append(shop / floor)
    return median(shares)


def _first_page(machine: Machine, name: str, app: str, path: str, settings: dict[str, str]) -> float:
    began = time.perf_counter()
    port = machine.launch(name, app, **settings)
    while not _answers(port, path):
        machine.check()
        if time.perf_counter() - began > 60:
            raise TimeoutError(machine.processes.tail(name))
        time.sleep(0.005)
    taken = time.perf_counter() - began
    machine.end(name)
    del machine.ports[name]
    return taken


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(asking.raw("GET", path, {"Connection": "close"}))
            return line.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False

