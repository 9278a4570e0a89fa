"""A bad day, played on this machine: travellers order, pay, cancel and collect while WeChat, the network and the shop fail.

PostgreSQL, web (gunicorn, 2 workers), worker and the sandbox run as processes of their own; notices are doubled, late,
lost, overtaken and forged, calls are answered 429 and 500 or cut off before and after they took effect, and web and
worker are killed and started again every few seconds. Then everything is in order again, and what must be true is
asked of the tables: every payment on exactly one order or refunded, stock that adds up, nothing stuck, and a
reconciliation without a difference. Prints all figures; exit code 1 when one is wrong.
"""

import argparse
import queue
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from processes import ROOT, DidNotStart

from . import checks, evening
from .checks import Figure
from .people import Journal, Manager, Scanner
from .plans import WEIGHTS, Day, Town
from .running import Killer, Running

NOTICE_SPEED = 0.01  # the 15 tries of a notice, which take WeChat a day, take a quarter of an hour
STRENGTH = 0.2  # how likely each call and each trait of a notice is to go wrong
UNLUCKY_REFUNDS = ("CLOSED", "ABNORMAL", "CLOSED", "CLOSED", "ABNORMAL", "CLOSED")  # how single ones end, one every few seconds


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = ROOT / "instance" / "bad-day"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    say(f"seed {options.seed}, {options.dialect}; PostgreSQL, sandbox, web and worker start …")
    try:
        shop = Running.start(folder, options.dialect, scarce=max(2, options.orders // 40))
        try:
            figures = _play(shop, options)
        finally:
            shop.stop()
    except DidNotStart as failed:
        say(f"FAILED: {failed}")
        return 1
    wrong = [figure for figure in figures if figure.wrong]
    say(printed(figures))
    verdict = f"{len(wrong)} figures are wrong" if wrong else "every figure is right"
    say(f"\n{verdict}; seed {options.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=2000, help="orders of the day (default 2000)")
    parser.add_argument("--travellers", type=int, default=50, help="at a time (default 50)")
    parser.add_argument("--seed", type=int, default=0, help="of all chances (default: another one each time; it is printed)")
    parser.add_argument("--minutes", type=float, default=10, help="the day ends after these, whoever still wants to order (default 10)")
    parser.add_argument("--dialect", choices=["crossborder", "mainland"], default="crossborder")
    parser.add_argument("--kill-every", type=float, nargs=2, default=(1.0, 4.0), metavar=("FROM", "TO"), help="seconds (default 1 4)")
    parser.add_argument("--quick", action="store_true",
                        help="do not wait for the worker's full minutes: what it does then is done at once")  # fmt: skip
    options = parser.parse_args()
    if options.orders < 1 or not 1 <= options.travellers <= 500 or options.minutes <= 0:
        parser.error("orders and minutes must be more than nothing, travellers 1 to 500")
    options.seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    return options


def _play(shop: Running, options: argparse.Namespace) -> list[Figure]:
    journal, control = Journal(), shop.control
    town = Town(
        shop.books, journal,
        block=lambda no: _block(shop, options.dialect, no),
        wechat_state=lambda no, state: control.set_state(no, state) and None,
        wechat_pay=lambda no: control.pay(no) and None,
    )  # fmt: skip
    say(f"{options.travellers} travellers sign in …")
    days = [_day(shop, town, n) for n in range(options.travellers)]
    _begin(shop, options)
    killer = Killer(shop, options.seed, options.kill_every)
    killer.start()
    try:
        took = _travel(days, options, town, killer)
    finally:
        killer.finish()
    ended = evening.holds_end(shop, say, at_once=options.quick)
    evening.late_money_arrives(shop, town, days[0], say)
    faults = evening.all_is_well(shop)
    quiet = evening.gets_quiet(shop, say)
    compared = evening.nights_pass(shop, say, options.dialect, at_once=options.quick)
    quiet = evening.gets_quiet(shop, say) and quiet
    say("comparing WeChat's list with the shop's tables …")
    figures = checks.everything(shop.books, control.money(), shop.stock_at_first, journal)
    figures += _reconciled(shop)
    told = journal.counts
    figures += [
        Figure("the day", "orders asked for", told["orders placed by day"], options.orders),
        Figure("the day", "seconds of ordering", round(took)),
        Figure("the day", "kills", sum(killer.kills.values())),
        *(Figure("the day", f"killed: {what}", count) for what, count in sorted(killer.kills.items())),
        Figure("the day", "the shop got quiet afterwards", int(ended and quiet and compared), 1),
        *_faults(faults, shop),
        *(Figure("travellers", what, count) for what, count in sorted(told.items()) if not what.startswith("orders placed")),
    ]
    for text in (*journal.broken[:20], *journal.given_up[:5], *checks.suspects(shop.books, control.money(), journal)):
        say(f"  look at {text}")
    return figures


def _day(shop: Running, town: Town, n: int) -> Day:
    journal = town.journal
    who = shop.sign_in(f"traveller-{n}", journal)
    here, there = (Scanner(shop.origin, journal, shop.tokens[(n + m) % len(shop.tokens)]) for m in (0, 1))
    return Day(town, who, (here, there), Manager(shop.origin, journal, shop.manager))


def _block(shop: Running, dialect: str, out_trade_no: str) -> None:
    """Every call about this number is cut off before it takes effect."""
    prefix = "/v3/global" if dialect == "crossborder" else "/v3/pay"
    shop.control.fault("drop_before", path=f"{prefix}/transactions/out-trade-no/{out_trade_no}", count=0)


def _begin(shop: Running, options: argparse.Namespace) -> None:
    """From here on things go wrong."""
    control = shop.control
    control.speed(NOTICE_SPEED)
    control.behaviour(refund_gap_seconds=1.0, refund_seconds=1.0)
    if options.dialect == "crossborder":
        control.behaviour(funds=options.orders * 1500)  # less than will be refunded: the rest waits
    control.bad_day(options.seed, STRENGTH)


def _travel(days: list[Day], options: argparse.Namespace, town: Town, killer: Killer) -> float:
    """All orders of the day; how many seconds they took."""
    journal, control = town.journal, killer.shop.control
    began, end = time.monotonic(), time.monotonic() + 60 * options.minutes
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for n in range(options.orders):
        todo.put(n)

    def live(day: Day) -> None:
        while time.monotonic() < end:
            try:
                n = todo.get_nowait()
            except queue.Empty:
                return
            try:
                day.order(random.Random(f"{options.seed}/{n}"), WEIGHTS)
            except Exception as broken:
                journal.complain(f"order {n}: {type(broken).__name__}: {broken}")

    threads = [threading.Thread(target=live, args=(day,), name=f"traveller-{n}") for n, day in enumerate(days)]
    for thread in threads:
        thread.start()
    shown, unlucky = began, list(UNLUCKY_REFUNDS)
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        if time.monotonic() - shown >= 5:
            shown = time.monotonic()
            if unlucky:
                control.next_refund(unlucky.pop())
            say(f"  {shown - began:4.0f} s  {journal.counts['orders placed']:,} of {options.orders:,} orders, "
                f"{sum(killer.kills.values())} kills, {journal.counts['payments made']:,} payments")  # fmt: skip
    journal.counts["orders placed by day"] = journal.counts["orders placed"]
    return time.monotonic() - began


def _reconciled(shop: Running) -> list[Figure]:
    """Compare the bills of every day in Beijing on which something was paid, as a person would from the shell."""
    since, until = shop.books.rows("SELECT min(paid_at), max(paid_at) FROM payments")[0]
    if since is None:
        return []
    beijing = timedelta(hours=8)
    first, last = (since + beijing).date(), (until + beijing).date()
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        say(f"reconciling {day} …")
        for line in shop.processes.run("reconcile", "--date", day.isoformat()).splitlines()[:20]:
            say(f"  {line}")
    kinds = Counter(dict(shop.books.rows("SELECT kind, count(*) FROM open_items WHERE state = 'open' GROUP BY kind")))
    lines = dict(shop.books.rows("SELECT kind, count(*) FROM bill_lines GROUP BY kind"))
    return [
        Figure("reconciliation", "payments in WeChat's bills", lines.get("payment", 0)),
        Figure("reconciliation", "refunds in WeChat's bills", lines.get("refund", 0)),
        *(Figure("reconciliation", f"open items: {kind}", count) for kind, count in sorted(kinds.items())),
        Figure("reconciliation", "unexplained differences", sum(kinds.values()), 0),
    ]


def _faults(counts: Mapping[str, int], shop: Running) -> list[Figure]:
    sent = shop.control.notices()
    failed = sum(one["status"] == 500 for one in sent)
    return [
        *(Figure("faults", what, count) for what, count in sorted(counts.items()) if what != "forged notices believed"),
        Figure("faults", "notices sent, with every try", len(sent)),
        Figure("faults", "forged notices sent", sum(bool(one["forged"]) for one in sent)),
        Figure("faults", "forged notices believed", counts["forged notices believed"], 0),
        Figure("faults", "notices that the shop answered with 500", failed, 0),
    ]


def printed(figures: list[Figure]) -> str:
    """The table: what, how many, and whether that is as it must be."""
    lines, group = [], ""
    for one in figures:
        if one.group != group:
            group = one.group
            lines.append(f"\n{group}")
        mark = "" if one.wanted is None else f"WRONG, must be {one.wanted:,}" if one.wrong else "ok"
        lines.append(f"  {one.what:<72} {one.value:>12,}  {mark}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
