"""Notices of payments and refunds: sealed, signed, sent, and sent again until the shop says 200 or 204.

WeChat Pay, payment notice: an answer within 5 seconds counts; the retries come after 15s/15s/30s/3m/10m/20m/30m/30m/
30m/60m/3h/3h/3h/6h/6h. Here every wait is multiplied by `World.speed`.
"""
import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import requests

from shop.sandbox.faults import NoticeOptions
from shop.sandbox.letters import make
from shop.sandbox.state import Order, Refund, World, moment

WAITS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)  # seconds
SENDERS = 16  # notices on their way at a time
APART = 0.05  # seconds between held notices when they are let go, so that their order is certain
FORGED_AMOUNT = 1  # what a forged notice says was paid or refunded


@dataclass(kw_only=True, eq=False)
class Delivery:
    """One notice on its way, with all its tries. `status` is what became of the refund, for a notice of a refund."""

    order: Order
    options: NoticeOptions
    refund: Refund | None = None
    status: str = "SUCCESS"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0
    forged: bool = False
    turn: int = 0  # the latest place in the queue; earlier ones no longer count
    epoch: int = -1  # between which two resets it was first planned; after the later one it is not sent again

    @property
    def url(self) -> str:
        return self.refund.notify_url if self.refund else self.order.notify_url


class NoticeBoard:
    """Sends notices from its own threads, and does what is due later. `close()` ends them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[float, int, Delivery | Callable[[], None]]] = []
        self._held: list[Delivery] = []
        self._numbers = itertools.count(1)
        self._wake = threading.Condition()
        self._closed = False
        self._under_way = 0
        self._epoch = 0
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
        """Drop what is waiting, and do not repeat what is on its way."""
        with self._wake:
            self._due.clear()
            self._held.clear()
            self._under_way = 0
            self._epoch += 1

    def paid(self, order: Order) -> None:
        """Tell the merchant that `order` is paid, in the way the waiting faults or the bad day want it."""
        self._announce(Delivery(order=order, options=self._options(order.out_trade_no)))

    def refunded(self, refund: Refund) -> None:
        """Tell the merchant how `refund` ended, if it said where."""
        if not refund.notify_url:
            return
        options = self._options(refund.order.out_trade_no, refund.out_refund_no)
        self._announce(Delivery(order=refund.order, refund=refund, status=refund.status, options=options))

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something in that many seconds, in a thread of the board. Forgotten with the rest."""
        self._push(seconds, what)

    def send_now(self, order: Order, options: NoticeOptions, refund: Refund | None = None) -> list[int | None]:
        """Send it and wait; the shop's statuses (None: no answer in time). No retries."""
        status = refund.status if refund else "SUCCESS"
        deliveries = self._copies(Delivery(order=order, refund=refund, status=status, options=options))
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
            due = [what for _, turn, what in self._due if isinstance(what, Delivery) and what.turn == turn]
            held = [one for one in self._held if one not in due]
            return len(due) + len(held) + self._under_way

    def _options(self, out_trade_no: str, out_refund_no: str = "") -> NoticeOptions:
        if ordered := self._world.faults.for_notice(out_trade_no, out_refund_no):
            return ordered
        if day := self._world.bad_day:
            return day.for_notice("refund" if out_refund_no else "payment")
        return NoticeOptions()

    def _announce(self, first: Delivery) -> None:
        options = first.options
        for _ in range(options.forged):
            self._plan(self._forgery(first), options.delay)
        if options.lose:
            self._log(first, error="lost on purpose")
            return
        for delivery in self._copies(first):
            if options.hold:
                self._hold(delivery)
            else:
                self._plan(delivery, options.delay)

    def _forgery(self, genuine: Delivery) -> Delivery:
        """The same, as somebody without the keys would send it; a stale one is an old genuine notice once more."""
        options = NoticeOptions(signature=genuine.options.forgery, retry=False)
        if options.signature != "stale":
            options = replace(options, amount=FORGED_AMOUNT)
        return replace(genuine, options=options, forged=True, id=str(uuid.uuid4()))

    def _copies(self, first: Delivery) -> list[Delivery]:
        copies = [first]
        for _ in range(first.options.copies - 1):
            copies.append(replace(first, id=str(uuid.uuid4()) if first.options.new_ids else first.id))
        return copies

    def _hold(self, delivery: Delivery) -> None:
        with self._wake:
            self._held.append(delivery)
            enough = len(self._held) >= delivery.options.hold
        if enough:
            self.release()
        elif delivery.options.hold_seconds:
            self._plan(delivery, delivery.options.hold_seconds)

    def _plan(self, delivery: Delivery, wait: float) -> None:
        self._push(wait, delivery)

    def _push(self, wait: float, what: Delivery | Callable[[], None]) -> None:
        with self._wake:
            if not self._closed:
                turn = next(self._numbers)
                if isinstance(what, Delivery):
                    if what.epoch not in {-1, self._epoch}:
                        return
                    what.turn, what.epoch = turn, self._epoch
                heapq.heappush(self._due, (time.monotonic() + wait, turn, what))
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._closed and not (self._due and self._due[0][0] <= time.monotonic()):
                    self._wake.wait(max(self._due[0][0] - time.monotonic(), 0) if self._due else None)
                if self._closed:
                    return
                _, turn, what = heapq.heappop(self._due)
                if isinstance(what, Delivery):
                    if what.turn != turn:
                        continue  # it was let go earlier
                    self._held = [one for one in self._held if one is not what]
                self._under_way += 1
                self._senders.submit(self._do, what, self._epoch)

    def _do(self, what: Delivery | Callable[[], None], epoch: int) -> None:
        try:
            if isinstance(what, Delivery):
                self._try_and_plan(what)
            else:
                what()
        finally:
            with self._wake:
                if epoch == self._epoch:
                    self._under_way -= 1

    def _try_and_plan(self, delivery: Delivery) -> None:
        if delivery.tries < delivery.options.lose_tries:
            delivery.tries += 1
            self._log(delivery, error="lost on purpose")
            status = None
        else:
            status = self._try(delivery)
        if status not in {200, 204} and delivery.options.retry and delivery.tries <= len(WAITS):
            self._plan(delivery, WAITS[delivery.tries - 1] * self._world.speed)

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
                answer = session.post(delivery.url, data=body, headers=headers, timeout=patience,
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
        accepted = status in {200, 204}
        if accepted and delivery.forged:
            with self._world.lock:
                self._world.forged_accepted += 1
        self._world.notices.append(
            {
                "id": delivery.id,
                "event": "refund" if delivery.refund else "payment",
                "out_trade_no": delivery.order.out_trade_no,
                "out_refund_no": delivery.refund.out_refund_no if delivery.refund else "",
                "forged": delivery.forged,
                "try": delivery.tries,
                "at": moment(self._world.now()),
                "url": delivery.url,
                "status": status,
                "accepted": accepted,
                "error": error,
                "ms": ms,
            }
        )
