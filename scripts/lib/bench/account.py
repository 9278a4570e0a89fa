"""The official account under load: the token of many threads, messages that come again, bodies that are none."""

import argparse
import gc
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from processes import Processes, free_port
from sqlalchemy import create_engine, text

from shop.sandbox.keys import keys_in
from shop.sandbox.push_sealing import PLAIN, SAFE, letter

from .at_once import ask_at_once
from .rubbish import rubbish

WORKERS, THREADS = 4, 20
ADDRESS = "/callbacks/official-account"
WITHIN = 1.0  # seconds, for an answer to a message
WITHIN_FUZZ = 0.020


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench-account", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000, help="pushed, each of them up to three times")
    parser.add_argument("--rate", type=float, default=50.0, help="of them in a second")
    parser.add_argument("--bodies", type=int, default=10_000, help="that are no messages")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    options = parser.parse_args()
    return run(options.messages, options.rate, options.bodies, postgresql=options.postgresql)


def run(messages: int, rate: float, bodies: int, *, postgresql: bool) -> int:
    """Print the figures; 1 when one of the promises is not kept."""
    server: Any = None
    with tempfile.TemporaryDirectory() as folder:
        if postgresql:
            import postgres_server

            server = postgres_server.start()
            url = postgres_server.create_database(server, "bench_account")
        else:
            url = f"sqlite:///{folder}/shop.db"
        processes = Processes(Path(folder))
        try:
            good = _whole(processes, url, messages, rate)
        finally:
            processes.stop()
            if server is not None:
                server.stop()
        return 0 if _bodies(Path(folder), bodies) and good else 1


def _whole(processes: Processes, url: str, messages: int, rate: float) -> bool:
    port = free_port()
    web = f"http://127.0.0.1:{port}"
    processes.env |= {
        "SHOP_ENV": "demo", "SHOP_DATABASE_URL": url, "SHOP_PUBLIC_URL": web, "SHOP_LOG_LEVEL": "ERROR", "SHOP_THREADS": str(THREADS),
    }  # fmt: skip
    told = processes.start_sandbox(port)
    processes.run("migrate")
    processes.start(
        "web",
        [sys.executable, "-m", "gunicorn", "-c", "shop/gunicorn.py", "-b", f"127.0.0.1:{port}", "-w", str(WORKERS), "--threads",
         str(THREADS), "shop.app:create_app()"],
    )  # fmt: skip
    _wait(f"{web}/healthz")
    good = _token(web, told["url"])
    return _messages(web, url, Path(processes.folder) / "keys", messages, rate) and good


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - loopback
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def _token(web: str, sandbox: str) -> bool:
    """Everybody needs a token, and nobody has one."""
    statuses = ask_at_once(web, WORKERS * THREADS)
    with urllib.request.urlopen(f"{sandbox}/__control__/requests", timeout=10) as answer:  # noqa: S310 - loopback
        paths = [one["path"] for one in json.load(answer)]
    tokens, tickets = paths.count("/cgi-bin/stable_token"), paths.count("/cgi-bin/ticket/getticket")
    print(f"token: {WORKERS} workers × {THREADS} threads, empty store: {tokens} token call, {tickets} ticket call, {set(statuses)}")
    return (tokens, tickets, set(statuses)) == (1, 1, {200})


def _messages(web: str, url: str, keys: Path, count: int, rate: float) -> bool:
    """Each message once, a third of them two or three times, at the same moment or a little later."""
    numbers, chance = keys_in(keys).numbers, random.Random(7)
    plan: list[tuple[float, dict[str, Any]]] = []
    for number in range(count):
        fields = {
            "ToUserName": "gh_1", "FromUserName": f"o{number % 97:027}", "CreateTime": int(time.time()), "MsgType": "text",
            "Content": chance.choice(["我的订单", "营业时间", "hello", "人工", "???"]), "MsgId": 10**15 + number,
        }  # fmt: skip
        for copy in range(chance.choice((1, 1, 2, 3))):
            plan.append((number / rate + copy * chance.choice((0.0, 0.4)), fields))
    plan.sort(key=lambda one: one[0])
    began, times, statuses = time.monotonic(), [], []
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))

    def send(fields: dict[str, Any]) -> None:
        query, body = letter(numbers, numbers.app_id, fields, SAFE, time.time())
        at = time.monotonic()
        answer = session.post(web + ADDRESS, params=query, data=body, timeout=10)
        times.append(time.monotonic() - at)
        statuses.append(answer.status_code)

    with ThreadPoolExecutor(64) as pool:
        for at, fields in plan:
            time.sleep(max(0.0, began + at - time.monotonic()))
            pool.submit(send, fields)
    engine = create_engine(url)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM chat_entries")).scalar()
        told = connection.execute(text("SELECT count(*) FROM announcements WHERE name = 'chat.message_arrived'")).scalar()
    engine.dispose()
    print(
        f"messages: {count} in {len(plan)} pushes at {rate:g}/s: {kept} kept, {told} announced, statuses {set(statuses)}, "
        f"median {statistics.median(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
    )
    return (kept, told, set(statuses)) == (count, count, {200}) and max(times) < WITHIN


def _bodies(folder: Path, count: int) -> bool:
    """Nothing that is thrown at the address is a fault, and nothing of ours comes back."""
    from shop import tables  # noqa: F401 - the mappers
    from shop.app import create_app
    from shop.base import schema
    from shop.settings import Environment, OfficialAccountSettings, Settings

    numbers = keys_in(folder / "keys").numbers
    url = f"sqlite:///{folder}/fuzz.db"
    schema.upgrade(url)
    made = {
        mode: create_app(Settings(
            environment=Environment.TEST, secret_key="x" * 40, database_url=url, log_level="CRITICAL", public_url="http://localhost",
            account=OfficialAccountSettings(
                app_id=numbers.app_id, secret="s",  # noqa: S106 - nobody is asked
                token=numbers.token, aes_key=numbers.aes_key if mode == SAFE else ""),
        )).test_client()
        for mode in (SAFE, PLAIN)
    }  # fmt: skip
    gc.collect()
    gc.freeze()  # as gunicorn does before it forks
    for client in made.values():
        client.get("/healthz")
    times, cpu, statuses, leaks = list[float](), list[float](), dict[int, int](), 0
    for number in range(-50, count):  # the first ones load what the first of a process loads
        if number == 0:
            times, cpu = [], []
        query, body, mode = rubbish(numbers, random.Random(number))
        at, own = time.perf_counter(), time.thread_time()
        answer = made[mode].post(ADDRESS, query_string=query, data=body)
        times.append(time.perf_counter() - at)
        cpu.append(time.thread_time() - own)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        leaks += len(answer.data) > 1200 or b"root:" in answer.data or numbers.token.encode() in answer.data
    slow = sum(one > WITHIN_FUZZ for one in cpu)
    print(
        f"bodies: {count}, statuses {dict(sorted(statuses.items()))}, {leaks} leaks, median {statistics.median(times) * 1000:.1f} ms, "
        f"99.9 % under {sorted(times)[int(count * 0.999) - 1] * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms; "
        f"of the processor: slowest {max(cpu) * 1000:.1f} ms, {slow} over 20 ms"
    )
    return not leaks and not any(status >= 500 for status in statuses) and not slow


if __name__ == "__main__":
    sys.exit(main())
