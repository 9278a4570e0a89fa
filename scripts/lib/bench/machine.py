"""What the bench starts on this machine, and what it reads of it: PostgreSQL, gunicorns, their CPU time and memory."""

import json
import os
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import postgres_server
from processes import ROOT, DidNotStart, Processes, free_port

TICK = os.sysconf("SC_CLK_TCK")
DATABASE = "shop_bench"
WORKERS, THREADS = 2, 8
SETTLED = 2.0  # seconds without a change among its workers, after which a gunicorn has started
HERE = Path(__file__).parent


@dataclass
class Machine:
    """PostgreSQL with fsync, one database, and the web servers that were started. `stop` ends all of it."""

    processes: Processes
    server: postgres_server.Server
    url: str
    postmaster: int | None  # None when PostgreSQL is another's
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path) -> "Machine":
        """A throw-away durable PostgreSQL with an empty database."""
        server = postgres_server.start(durable=True)
        return cls(Processes(folder), server, postgres_server.create_database(server, DATABASE), postmaster(server.folder))

    def stop(self) -> None:
        self.processes.stop()
        self.server.stop()

    def serve(self, name: str, app: str, ready: str, **env: str) -> int:
        """Start a gunicorn of 2 workers × 8 threads under the shop's own configuration; answers its port once it is ready.

        Raises DidNotStart.
        """
        port = self.launch(name, app, **env)
        self.processes.wait_for(name, f"http://127.0.0.1:{port}{ready}")
        # Both workers are up, and stay, before anything is measured: each answers a few of these. The shop's first is replaced.
        until, seen, since = time.monotonic() + 20, [0], time.monotonic()
        while (len(seen) < WORKERS or time.monotonic() < since + SETTLED) and time.monotonic() < until:
            time.sleep(0.05)
            if (now := sorted(self.workers(name))) != seen:
                seen, since = now, time.monotonic()
        for _ in range(20):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=20) as answer:
                answer.read()
        return port

    def launch(self, name: str, app: str, **env: str) -> int:
        """As `serve`, without waiting."""
        port = self.ports[name] = free_port()
        # No worker is replaced while it is measured.
        command = [sys.executable, "-m", "gunicorn", "--config", "shop/gunicorn.py", "--max-requests", "0", app]
        # As an installed shop is: compiled before it is started, without what only tests need.
        paths = os.pathsep.join(str(path) for path in (HERE / "production", ROOT, ROOT / "scripts" / "lib", ROOT / "tests"))
        sizes = {"SHOP_BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": str(WORKERS), "SHOP_THREADS": str(THREADS)}
        env = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": paths, **sizes, **env}
        self.processes.start(name, command, **env)
        return port

    def end(self, name: str) -> None:
        """Stop one server."""
        process = self.processes.running.pop(name)
        process.terminate()
        process.wait(timeout=30)

    def workers(self, name: str) -> list[int]:
        """The numbers of the worker processes of a gunicorn."""
        return children(self.processes.running[name].pid)

    def worker_seconds(self, name: str) -> float:
        """CPU time of its workers so far."""
        return sum(cpu_seconds(pid) for pid in self.workers(name))

    def database_seconds(self) -> float | None:
        """CPU time of PostgreSQL's processes that serve our database, or None when it is another machine's."""
        if self.postmaster is None:
            return None
        return sum(cpu_seconds(pid) for pid in children(self.postmaster) if DATABASE in command_line(pid))

    def check(self) -> None:
        """Raises DidNotStart when something that should run has ended."""
        if name := self.processes.ended():
            raise DidNotStart(f"{name} has ended\n{self.processes.tail(name)}")


def postmaster(folder: Path | None) -> int | None:
    if folder is None:
        return None
    while True:
        try:
            return int(json.loads((folder / "server.json").read_text())["postgres"])
        except json.JSONDecodeError:  # its guard is just writing it
            time.sleep(0.01)


def children(pid: int) -> list[int]:
    """The processes that `pid` has started itself."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def pss_megabytes(pid: int) -> float | None:
    """A process's share of memory, shared pages divided among those who share them; None where Linux does not say."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), None)
