"""A program of its own, so that its memory is its own: reconciles one bill and prints what that took.

Arguments: database address, bill, folder, day. Prints CPU and wall seconds, the peak of resident memory in MB and the open items.
"""
import json
import resource
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

from shop.app import create_app
from shop.base.money import Currency
from shop.payments import reconcile_queries, reconciling
from shop.payments.matching import day_span
from shop.settings import Environment, PaySettings, Settings


def peak_megabytes() -> float:
    """The most that this program has had in memory. `ru_maxrss` also knows what its parent had before it began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(url: str, bill: str, folder: str, words: str) -> None:
    day = date.fromisoformat(words)
    now: datetime = day_span(day)[1] + timedelta(hours=11)
    app = create_app(Settings(environment=Environment.TEST, secret_key="x" * 40, database_url=url, pay=PaySettings(url="http://127.0.0.1:1")))
    with app.app_context():
        began = time.monotonic()
        result = reconciling.reconcile_file(day, Path(bill), app.extensions["shop"].pay, Path(folder), now, currency=Currency.EUR)
        took = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_SELF)
        found = Counter(item.kind.value for item in reconcile_queries.open_items(1000))
    lines = result.bills[0].lines
    told = {"cpu": used.ru_utime + used.ru_stime, "seconds": took, "megabytes": peak_megabytes()}
    print(json.dumps({**told, "lines": lines, "found": found, "takings": str(result.totals.takings_there)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
