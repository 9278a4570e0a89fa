"""After the travellers: time passes, late money arrives, everything is in order again, and the shop gets quiet."""

import time
from collections.abc import Callable

from shop.sandbox import ControlRefused

from .checks import UNFINISHED
from .plans import SCARCE, Day, Town, scarce_sku
from .running import PAY_WITHIN_MINUTES, Running

HOLDS_ARE_OVER = 60.0 * (PAY_WITHIN_MINUTES + 4)  # seconds after placing: the time to pay, and three minutes of grace
PATIENCE = 100.0  # the worker ends overdue orders at every full minute
QUIET_PATIENCE = 150.0
MOST_PER_LINE = 9
STEP = 600.0  # seconds that pass at once while the shop waits for something
TWO_DAYS = 48 * 3600.0
# How much of the bank's bill of the last day with a payment is still to be compared, or to be asked about.
NOT_COMPARED = """SELECT (CASE WHEN count(*) FILTER (WHERE matched_at IS NOT NULL AND claimed_until IS NULL) < %s THEN 1 ELSE 0 END)
  + (SELECT count(*) FROM open_items WHERE state = 'open' AND action = 'ask_wechat' AND asked_at IS NULL)
  FROM bills WHERE day = (SELECT (max(paid_at) AT TIME ZONE 'Asia/Shanghai')::date FROM payments)"""
BILLS = {"crossborder": 1, "mainland": 2}
Say = Callable[[str], None]


def holds_end(shop: Running, say: Say, *, at_once: bool) -> bool:
    """Let the time to pay pass, and wait until the worker has let go of every unpaid order. False: it has not.

    `at_once`: what it does at full minutes is done by us.
    """
    shop.books.grow_older(HOLDS_ARE_OVER)
    shop.control.age(HOLDS_ARE_OVER)
    say("evening: eight minutes have passed at once; waiting until unpaid orders are let go …")
    if at_once:
        shop.run_module("chaos.minute")
    return _until(lambda: _overdue(shop) == 0, PATIENCE)


def _overdue(shop: Running) -> int:
    return int(shop.books.one("SELECT count(*) FROM orders WHERE state = 'awaiting_payment' AND hold_until < now()"))


def late_money_arrives(shop: Running, town: Town, day: Day, say: Say) -> None:
    """Half of what is scarce is bought by others first; then the bank books the late payments."""
    shop.control.clear_faults()
    for n in range(SCARCE // 2):
        _buys_all(shop, town, day, scarce_sku(n))
    arrived = 0
    for number in town.late:
        try:
            town.wechat_pay(number)
            arrived += 1
        except ControlRefused:  # the worker has reached WeChat in between, and closed it
            town.journal.count("late payments that were closed just in time")
    town.journal.count("payments made", arrived)
    say(f"evening: {arrived} late payments have arrived")


def _buys_all(shop: Running, town: Town, day: Day, sku: str) -> None:
    question = "SELECT s.on_hand - s.held - s.allocated FROM stock s JOIN products p ON p.id = s.product_id WHERE p.sku = %s"
    while left := min(MOST_PER_LINE, int(shop.books.one(question, (sku,)))):
        answer = day.who.place({sku: left})
        if answer.status == 201:
            day.pays_and_leaves(town.journal.begin(str(answer.body["number"]), "buys what is scarce"))


def all_is_well(shop: Running) -> dict[str, int]:
    """No more faults at WeChat, and money for every refund. What went wrong there, by kind."""
    shop.control.clear_faults()
    shop.control.behaviour(funds="plenty")
    counts = shop.control.end_bad_day()
    return {**counts.get("done", {}), "forged notices believed": counts["forged_accepted"]}


def _send_on(shop: Running) -> None:
    """WeChat's operators send what could not be delivered to another account."""
    for one in shop.control.refunds():
        if one["status"] == "ABNORMAL":
            shop.control.end_refund(one["out_refund_no"], "SUCCESS")


def gets_quiet(shop: Running, say: Say) -> bool:
    """Wait until nothing is under way any more; what waits for a later hour sees that hour. False: it did not end."""
    end, shown, pauses = time.monotonic() + QUIET_PATIENCE, 0.0, 0
    while time.monotonic() < end:
        waiting = {what: n for what, question in UNFINISHED.items() if (n := int(shop.books.one(question)))}
        if notices := shop.control.notices_waiting():
            waiting["notices on their way"] = notices
        if not waiting:
            return True
        if time.monotonic() - shown > 4:
            shown = time.monotonic()
            say("quiet: " + ", ".join(f"{n} {what}" for what, n in waiting.items()))
            pauses += 1
            _send_on(shop)
            if pauses > 1:
                shop.books.grow_older(STEP)
                shop.control.age(STEP)
        time.sleep(0.5)
    return False


def nights_pass(shop: Running, say: Say, dialect: str, *, at_once: bool) -> bool:
    """The day is over, its bill is made, and the worker compares it at its next full minute. False: nobody has compared.

    `at_once`: what it does at full minutes is done by us.
    """
    shop.books.grow_older(TWO_DAYS)
    shop.control.age(TWO_DAYS)
    say("night: the bank's bill …")
    if at_once:
        shop.run_module("chaos.minute")
    return _until(lambda: shop.books.one(NOT_COMPARED, (BILLS[dialect],)) == 0, PATIENCE)


def _until(question: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.5)
    return question()
