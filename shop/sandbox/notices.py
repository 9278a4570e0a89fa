"""Payment notices: made, sealed, signed, sent, and sent again by WeChat's timetable until the shop says 200 or 204.

WeChat Pay, payment notice: an answer within 5 seconds counts; the retries come after 15s/15s/30s/3m/10m/20m/30m/30m/
30m/60m/3h/3h/3h/6h/6h. Here every wait is multiplied by `World.speed`.
"""
import heapq
import itertools
import secrets
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from shop.sandbox.faults import NoticeOptions
from shop.sandbox.orders import transaction
from shop.sandbox.signing import compact, seal, signature_headers
from shop.sandbox.state import MAINLAND, Order, World, moment

WAITS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)  # seconds
SENDERS = 16  # notices on their way at a time
APART = 0.05  # seconds between held notices when they are let go, so that their order is certain


@dataclass(kw_only=True)
class Delivery:
    """One notice on its way, with all its tries."""

    order: Order
    options: NoticeOptions
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0


class NoticeBoard:
    """Sends notices from its own threads. `close()` ends them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[float, int, Delivery]] = []
        self._held: list[Delivery] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closed = False
        self._under_way = 0
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sandbox-notice")
        self._clock = threading.Thread(target=self._run, name="sandbox-notices", daemon=True)
        self._clock.start()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._due.clear()
            self._wake.notify_all()
        self._clock.join(timeout=2)
        self._senders.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """Drop what is waiting."""
        with self._wake:
            self._due.clear()
            self._held.clear()

    def paid(self, order: Order) -> None:
        """Tell the merchant that `order` is paid, in the way the waiting faults want it."""
        options = self._world.faults.for_notice(order.out_trade_no)
        if options.lose:
            self._log(Delivery(order=order, options=options), error="lost on purpose")
            return
        for delivery in self._copies(order, options):
            if options.hold:
                self._hold(delivery)
            else:
                self._plan(delivery, options.delay)

    def send_now(self, order: Order, options: NoticeOptions) -> list[int | None]:
        """Send it and wait; the shop's statuses (None: no answer in time). No retries."""
        deliveries = self._copies(order, options)
        if options.delay:
            time.sleep(options.delay)
        if not options.together:
            return [self._try(one) for one in deliveries]
        barrier = threading.Barrier(len(deliveries))
        with ThreadPoolExecutor(len(deliveries)) as pool:
            return list(pool.map(lambda one: self._try(one, barrier), deliveries))

    def release(self) -> int:
        """Let the held notices go, the last one first. How many there were."""
        with self._wake:
            held, self._held = self._held, []
        for place, delivery in enumerate(reversed(held)):
            self._plan(delivery, place * APART)
        return len(held)

    def waiting(self) -> int:
        """Notices that are due later, held back or on their way."""
        with self._wake:
            return len(self._due) + len(self._held) + self._under_way

    def _copies(self, order: Order, options: NoticeOptions) -> list[Delivery]:
        first = Delivery(order=order, options=options)
        copies = [first]
        for _ in range(options.copies - 1):
            copy = Delivery(order=order, options=options)
            if not options.new_ids:
                copy.id = first.id
            copies.append(copy)
        return copies

    def _hold(self, delivery: Delivery) -> None:
        with self._wake:
            self._held.append(delivery)
            enough = len(self._held) >= delivery.options.hold
        if enough:
            self.release()

    def _plan(self, delivery: Delivery, wait: float) -> None:
        with self._wake:
            if not self._closed:
                heapq.heappush(self._due, (time.monotonic() + wait, next(self._numbers), delivery))
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._closed and not (self._due and self._due[0][0] <= time.monotonic()):
                    self._wake.wait(max(self._due[0][0] - time.monotonic(), 0) if self._due else None)
                if self._closed:
                    return
                delivery = heapq.heappop(self._due)[2]
                self._under_way += 1
                self._senders.submit(self._try_and_plan, delivery)

    def _try_and_plan(self, delivery: Delivery) -> None:
        try:
            status = self._try(delivery)
            if status not in {200, 204} and delivery.options.retry and delivery.tries <= len(WAITS):
                self._plan(delivery, WAITS[delivery.tries - 1] * self._world.speed)
        finally:
            with self._wake:
                self._under_way -= 1

    def _try(self, delivery: Delivery, barrier: threading.Barrier | None = None) -> int | None:
        """One try. The shop's status, or None when there was no answer in time."""
        delivery.tries += 1
        headers, body = make(self._world, delivery)
        patience = self._world.patience
        started = time.monotonic()
        status, error = None, ""
        if barrier:
            barrier.wait(timeout=5)
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy stands between loopback and loopback
                answer = session.post(delivery.order.notify_url, data=body, headers=headers, timeout=patience,
                                      allow_redirects=False)
            if time.monotonic() - started <= patience:
                status = answer.status_code
            else:
                error = "too late"
        except requests.RequestException as problem:
            error = type(problem).__name__
        self._log(delivery, status=status, error=error, ms=round((time.monotonic() - started) * 1000))
        return status

    def _log(self, delivery: Delivery, *, status: int | None = None, error: str = "", ms: int = 0) -> None:
        self._world.notices.append(
            {
                "id": delivery.id,
                "out_trade_no": delivery.order.out_trade_no,
                "try": delivery.tries,
                "at": moment(self._world.now()),
                "url": delivery.order.notify_url,
                "status": status,
                "accepted": status in {200, 204},
                "error": error,
                "ms": ms,
            }
        )


def make(world: World, delivery: Delivery) -> tuple[dict[str, str], bytes]:
    """Headers and body of one try: a fresh time and signature each, the same id."""
    options = delivery.options
    spoiled = delivery.tries <= options.spoil_tries
    with world.lock:
        content = transaction(delivery.order, world.keys.numbers, world.behaviour)
    _change(content, delivery.order.dialect, options)
    api_key = secrets.token_hex(16) if options.wrong_key and spoiled else world.keys.numbers.api_v3_key
    resource: dict[str, Any] = {"original_type": "transaction", **seal(api_key, compact(content), "transaction")}
    if options.tamper and spoiled:
        first = resource["ciphertext"][0]
        resource["ciphertext"] = ("B" if first == "A" else "A") + resource["ciphertext"][1:]
    body = compact(
        {
            "id": delivery.id,
            "create_time": moment(delivery.order.success_at or world.now()),
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": resource,
        }
    )
    key = world.keys.signing(world.behaviour.notices)
    headers = signature_headers(key, body, world.now(), options.signature if spoiled else "")
    return {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "Mozilla/4.0", **headers}, body


def _change(content: dict[str, Any], dialect: str, options: NoticeOptions) -> None:
    """Make the content wrong in the ways that were asked for."""
    if options.amount is not None:
        content["amount"]["total"] = options.amount
    if options.currency is not None:
        content["amount"]["currency"] = options.currency
    if options.mchid is not None:
        content["mchid" if dialect == MAINLAND else "sub_mchid"] = options.mchid
    if options.trade_state is not None:
        content["trade_state"] = options.trade_state
