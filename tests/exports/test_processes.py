"""The process that makes exports."""

import sys
import time
from collections.abc import Callable

from shop.exports.processes import ExportProcess


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.02)
    return condition()


def test_one_process_at_a_time_and_only_when_it_is_wanted() -> None:
    process = ExportProcess((sys.executable, "-c", "import time; time.sleep(60)"))
    process.look(wanted=False)
    assert not process.running

    process.look(wanted=True)
    first = process.pid
    process.look(wanted=True)

    assert process.running
    assert process.pid == first
    process.stop()
    assert not process.running
    process.stop()


def test_a_process_that_failed_is_followed_by_another_one() -> None:
    process = ExportProcess((sys.executable, "-c", "raise SystemExit(3)"))
    process.look(wanted=True)
    first = process.pid
    assert until(lambda: not process.running)

    process.look(wanted=True)

    assert process.pid != first
    assert until(lambda: not process.running)
    process.look(wanted=False)
    assert process.pid is None
