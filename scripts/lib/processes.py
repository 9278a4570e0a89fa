"""The shop's processes on this machine: sandbox, web and worker, started together and stopped by their own numbers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class DidNotStart(RuntimeError):
    """A process ended or stayed silent; the message holds the end of its log."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Processes:
    """Everything that was started, in order; `stop` ends it in the opposite order."""

    folder: Path  # data and logs
    env: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str], **more: str) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own; its words go to `<name>.log`, and its answer when `stdout` is piped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **self.env, **more}, stdin=subprocess.DEVNULL, stderr=log,
            stdout=subprocess.PIPE if name == "sandbox" else log, start_new_session=True,
        )  # fmt: skip
        log.close()
        self.running[name] = process
        return process

    def run(self, *words: str, **more: str) -> str:
        """Run `python -m shop WORDS` to its end and answer what it printed; raises DidNotStart when it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "shop", *words], cwd=ROOT, env={**os.environ, **self.env, **more}, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise DidNotStart(f"python -m shop {words[0]}:\n{done.stdout[-1500:]}{done.stderr[-3000:]}")
        return done.stdout

    def start_sandbox(
        self, web_port: int, port: int = 0, browser_port: int = 0, dialect: str = "crossborder"
    ) -> dict[str, Any]:
        """Start the sandbox, wait for it, and take over the settings that it offers."""
        process = self.start(
            "sandbox",
            [sys.executable, "-m", "shop.sandbox", "--keys", str(self.folder / "keys"), "--port", str(port), "--browser-port",
             str(browser_port), "--shop-url", f"http://127.0.0.1:{web_port}", "--dialect", dialect],
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise DidNotStart(self.tail("sandbox"))
        told: dict[str, Any] = json.loads(line)
        self.env |= told["env"]
        return told

    def start_web(self, port: int) -> None:
        self.start("web", [sys.executable, "-m", "gunicorn", "--config", "shop/gunicorn.py", "shop.app:create_app()"],
                   SHOP_BIND=f"127.0.0.1:{port}")  # fmt: skip
        self.wait_for("web", f"http://127.0.0.1:{port}/readyz")

    def start_worker(self) -> None:
        self.start("worker", [sys.executable, "-m", "shop", "worker"])

    def wait_for(self, name: str, url: str, seconds: float = 40) -> None:
        """Until `url` answers 200; raises DidNotStart."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.running[name].poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise DidNotStart(f"{name} does not answer at {url}\n{self.tail(name)}")

    def tail(self, name: str, characters: int = 3000) -> str:
        """The end of a process's log."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace")[-characters:] if file.exists() else ""

    def ended(self) -> str | None:
        """The name of a process that ended by itself, or None."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def stop(self) -> None:
        """End everything, gently and then for sure. Harmless twice."""
        for process in reversed(list(self.running.values())):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(list(self.running.values())):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)
        self.running.clear()


def demo_settings(folder: Path, public_url: str, database_url: str = "") -> dict[str, str]:
    """The settings of a shop on this machine, beside those of the sandbox."""
    return {
        "SHOP_ENV": "demo",
        "SHOP_SECRET_KEY": "demo-secret-that-everybody-knows",
        "SHOP_DATABASE_URL": database_url or f"sqlite:///{folder / 'shop.db'}",
        "SHOP_PICTURE_FOLDER": str(folder / "pictures"),
        "SHOP_EXPORT_FOLDER": str(folder / "exports"),
        "SHOP_DELIVERY_FOLDER": str(folder / "deliveries"),
        "SHOP_PUBLIC_URL": public_url,
        "SHOP_CURRENCY": "EUR",
        "SHOP_LOG_LEVEL": os.environ.get("SHOP_LOG_LEVEL", "WARNING"),
    }
