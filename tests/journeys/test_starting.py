"""Starting: the first worker is there before all doors are open, makes room for one that shares them, and loses nobody."""

import threading
import time
from pathlib import Path

import requests
from journeys.running import Shop

PATIENCE = 30.0
ADDRESSES = ("/", "/counter/sign-in", "/manage/sign-in", "/api/v1/products", "/basket")


def workers_of(shop: Shop) -> set[str]:
    master = shop.processes.running["web"].pid
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def booted(shop: Shop) -> int:
    """How many workers gunicorn has started so far, by its own words."""
    return shop.processes.tail("web", 1_000_000).count("Booting worker")


class Visitor(threading.Thread):
    """Looks at one page after the other until told to leave. Before the shop has answered once, nobody may be there."""

    def __init__(self, origin: str, *, staying: bool) -> None:
        super().__init__()
        self.origin, self.leave, self.answers, self.lost = origin, threading.Event(), dict[str, set[int]](), list[str]()
        self.ask = requests.Session().get if staying else requests.get

    def run(self) -> None:
        while not self.leave.is_set():
            for address in ADDRESSES:
                try:
                    status = self.ask(f"{self.origin}{address}", timeout=PATIENCE).status_code
                    self.answers.setdefault(address, set()).add(status)
                except requests.ConnectionError as error:
                    if not self.answers:
                        time.sleep(0.01)
                        break
                    self.lost.append(f"{address}: {error}")


def test_while_a_shop_starts_nobody_who_was_let_in_is_lost(shop: Shop) -> None:
    shop.stop("web")
    before = booted(shop)
    visitors = [Visitor(shop.origin, staying=staying) for staying in (True, True, False, False)]
    for visitor in visitors:
        visitor.start()
    try:
        shop.start_web()
        until = time.monotonic() + PATIENCE
        while booted(shop) < before + 3 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        for visitor in visitors:
            visitor.leave.set()
        for visitor in visitors:
            visitor.join()

    assert [visitor.lost for visitor in visitors] == [[]] * 4
    assert [visitor.answers for visitor in visitors] == [{address: {200} for address in ADDRESSES}] * 4
    assert (len(workers_of(shop)), booted(shop) - before) == (2, 3), "one of two was replaced"
