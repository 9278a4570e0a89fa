"""Load over keep-alive connections to this machine: a child process with raw non-blocking sockets, and little to do.

It answers the only questions that matter here: how many, how fast, with which status. Requests are whole byte strings
made beforehand, so that the load costs the two cores as little as possible and is the same for every path.
"""

import gc
import heapq
import multiprocessing
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from .measures import percentile

HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds for the last answers after the end
_FORK = multiprocessing.get_context("fork")


class LoadFailed(RuntimeError):
    """The server hung up, or did not answer any more."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """`requests` are sent in order, by whichever connection is free; each once, or round and round (`again`).

    It ends after `seconds`, or when the requests are used up. With `polite`, who is told to retry after some seconds
    does so. `ahead` requests go out at once on a connection (pipelining, RFC 9112 9.3.2), for servers so quick that asking one
    by one would measure this process and not them.
    """

    port: int
    requests: Sequence[bytes]
    connections: int = 8
    seconds: float = 3.0
    again: bool = False
    polite: bool = False
    ahead: int = 1


@dataclass(frozen=True)
class Run:
    """`counted` answers came within `seconds`; `statuses` hold those that came later, too."""

    seconds: float
    counted: int
    statuses: dict[int, int]
    p50: float  # milliseconds
    p99: float
    cookies: int  # answers with Set-Cookie
    bytes: int

    @property
    def rate(self) -> float:
        return self.counted / self.seconds

    @property
    def answers(self) -> int:
        return sum(self.statuses.values())


@dataclass(eq=False)
class _Line:
    """One connection and what it is in the middle of."""

    socket: socket.socket
    sent_at: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    waiting: int = 0  # answers that have not come yet
    start: int = 0  # of the next answer in what came
    size: int = 0  # of that answer, once its head is known


class Running:
    """A job under way in its own process."""

    def __init__(self, job: Job) -> None:
        self._ear, mouth = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_child, args=(job, mouth), daemon=True)
        self._process.start()
        mouth.close()

    def result(self) -> Run:
        """Wait for its end. Raises LoadFailed."""
        try:
            said = self._ear.recv()
        except EOFError:
            said = "the load process died"
        self._process.join()
        if isinstance(said, str):
            raise LoadFailed(said)
        return said


def drive(job: Job) -> Run:
    """Run a job to its end. Raises LoadFailed."""
    return Running(job).result()


def _child(job: Job, mouth: Connection) -> None:
    gc.disable()
    try:
        mouth.send(_Load(job).run())
    except (OSError, LoadFailed, ValueError) as fault:
        mouth.send(f"{type(fault).__name__}: {fault}")


class _Load:
    def __init__(self, job: Job) -> None:
        self.job, self.next = job, 0
        self.selector = selectors.DefaultSelector()
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []
        self.sleeping: list[tuple[float, int, _Line]] = []
        self.busy = self.cookies = self.bytes = 0
        self.last = 0.0

    def run(self) -> Run:
        lines = [_Line(_connected(self.job.port)) for _ in range(self.job.connections)]
        began = time.perf_counter()
        self.end = began + self.job.seconds
        for line in lines:
            self._send(line)
        while self.busy or (self.sleeping and time.perf_counter() < self.end):
            self._wait()
        for line in lines:
            line.socket.close()
        times = sorted(self.times)
        # Requests that ran out early end the time early; otherwise it is what was asked for.
        seconds = self.job.seconds if self.last >= self.end or not self._used_up() else self.last - began
        return Run(
            seconds, len(times), dict(self.statuses), percentile(times, 0.5), percentile(times, 0.99), self.cookies, self.bytes
        )

    def _used_up(self) -> bool:
        return not self.job.again and self.next >= len(self.job.requests)

    def _send(self, line: _Line) -> None:
        if self._used_up() or time.perf_counter() >= self.end:
            return
        line.got.clear()
        line.start = line.size = 0
        line.sent_at = time.perf_counter()
        line.socket.sendall(self._take(line))  # a few kilobytes: they fit into the socket's buffer
        self.selector.register(line.socket, selectors.EVENT_READ, line)
        self.busy += 1

    def _take(self, line: _Line) -> bytes:
        """The next requests, and how many answers the line waits for from now on."""
        left = self.job.ahead if self.job.again else min(self.job.ahead, len(self.job.requests) - self.next)
        asked = [self.job.requests[(self.next + n) % len(self.job.requests)] for n in range(left)]
        self.next += left
        line.waiting = left
        return asked[0] if left == 1 else b"".join(asked)

    def _wait(self) -> None:
        now = time.perf_counter()
        if now > self.end + PATIENCE:
            raise LoadFailed(f"{self.busy} answers did not come")
        while self.sleeping and self.sleeping[0][0] <= now:
            self._send(heapq.heappop(self.sleeping)[2])
        pause = max(0.0, self.sleeping[0][0] - now) if self.sleeping else 1.0
        for key, _ in self.selector.select(min(pause, 1.0)):
            self._read(key.data)

    def _read(self, line: _Line) -> None:
        part = line.socket.recv(262_144)
        if not part:
            raise LoadFailed(f"hung up in the middle: {bytes(line.got[:200])!r}")
        line.got += part
        while line.waiting:
            if not line.size:
                head = line.got.find(b"\r\n\r\n", line.start)
                if head < 0:
                    return
                line.size = head + 4 - line.start + _length(bytes(line.got[line.start : head]))
            if len(line.got) < line.start + line.size:
                return
            self._done(line)

    def _done(self, line: _Line) -> None:
        now = time.perf_counter()
        start = line.start
        status = int(line.got[start + 9 : start + 12])
        head = bytes(line.got[start : line.got.find(b"\r\n\r\n", start)])
        self.statuses[status] += 1
        self.cookies += b"\r\nSet-Cookie:" in head
        self.bytes += line.size
        self.last = now
        if now <= self.end:
            self.times.append((now - line.sent_at) * 1000)
        line.start, line.size, line.waiting = start + line.size, 0, line.waiting - 1
        if not line.waiting:
            self._go_on(line, head, status)

    def _go_on(self, line: _Line, head: bytes, status: int) -> None:
        """The line has all its answers: the next ones, now or after the pause that the last answer asked for."""
        self.selector.unregister(line.socket)
        self.busy -= 1
        if b"\r\nConnection: close" in head:
            line.socket.close()
            line.socket = _connected(self.job.port)
        pause = _retry_after(head) if self.job.polite and status == 503 else 0.0
        if pause:
            heapq.heappush(self.sleeping, (time.perf_counter() + pause, id(line), line))
        else:
            self._send(line)


def _connected(port: int) -> socket.socket:
    made = socket.create_connection((HOST, port), timeout=10)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _header(head: bytes, name: bytes) -> bytes | None:
    at = head.find(b"\r\n" + name + b": ")
    if at < 0:
        return None
    start = at + len(name) + 4
    end = head.find(b"\r\n", start)
    return head[start:] if end < 0 else head[start:end]


def _length(head: bytes) -> int:
    """The body's bytes. Raises LoadFailed: every answer here says its length."""
    said = _header(head, b"Content-Length")
    if said is None:
        raise LoadFailed(f"an answer without a length: {head[:300]!r}")
    return int(said)


def _retry_after(head: bytes) -> float:
    return float(_header(head, b"Retry-After") or 0)
