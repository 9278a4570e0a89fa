"""The process that makes exports: started by the worker when something waits, with a low priority, one at a time."""

import os
import subprocess
import sys

import structlog

LOG = structlog.get_logger("shop.exports")
COMMAND = (sys.executable, "-m", "shop", "make-exports")
PATIENCE = 10.0  # seconds for a process that is told to end
NICE = 10  # those who wait for a page come first


class ExportProcess:
    """At most one process at a time. `look` never waits."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int | None:
        """Its number; None when there is none."""
        return self._running.pid if self._running else None

    def look(self, *, wanted: bool) -> None:
        """Start one when it is wanted and none is there; note how the last one ended."""
        if self.running:
            return
        if self._running is not None:
            if self._running.returncode:
                LOG.error("export process ended", code=self._running.returncode)
            self._running = None
        if wanted:
            self._running = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command

    def stop(self) -> None:
        """End it; what it had in hand is made again by the next one."""
        if self._running is None or self._running.poll() is not None:
            return
        self._running.terminate()
        try:
            self._running.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()


def be_modest() -> None:
    """Let the processes that answer people go first."""
    if hasattr(os, "nice"):
        os.nice(NICE)
