"""The control API's part for money: refunds, funds, bills, keys under way, bad days, and what was taken and given back."""
import secrets
from typing import Any

from flask import Response, request

from shop.sandbox import bills
from shop.sandbox.badday import BadDay
from shop.sandbox.billfaults import BillFault
from shop.sandbox.control import Wrong, control, number, the_order, wish
from shop.sandbox.faults import NoticeOptions
from shop.sandbox.keychange import KeyChange
from shop.sandbox.refund_calls import finish, of_today
from shop.sandbox.refunds import Outcome, refunded
from shop.sandbox.state import CROSSBORDER, MAINLAND, ORDER_LIFE, Order, Refund
from shop.sandbox.web import json_answer, notices, world

STATUSES = {"PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED"}


def the_refund(out_refund_no: str) -> Refund:
    here = world()
    for dialect in (here.dialect, MAINLAND, CROSSBORDER):
        if one := here.refunds.get((dialect, out_refund_no)):
            return one
    raise Wrong(f"no such refund: {out_refund_no}", 404)


# --- refunds -----------------------------------------------------------------------------------------------------


@control.get("/refunds")
def list_refunds() -> Response:
    """All, or those of one order (`?out_trade_no=`)."""
    if wanted := request.args.get("out_trade_no", ""):
        return json_answer([one.shown() for one in the_order(wanted).refunds])
    return json_answer([one.shown() for one in list(world().refunds.values())])


@control.get("/refunds/<out_refund_no>")
def one_refund(out_refund_no: str) -> Response:
    return json_answer(the_refund(out_refund_no).shown())


@control.post("/refunds")
def plan_refunds() -> Response:
    """How the next refund ends: `{"status": "ABNORMAL", "out_refund_no": "", "out_trade_no": "", "count": 1}`."""
    given = wish("status", "out_refund_no", "out_trade_no", "count")
    if given.get("status") not in STATUSES - {"PROCESSING"}:
        raise Wrong(f"status must be one of {sorted(STATUSES - {'PROCESSING'})}")
    count = given.get("count", 1)
    if type(count) is not int or count < 0:
        raise Wrong("count must be a whole number, 0 for always")
    numbers = {name: given.get(name, "") for name in ("out_refund_no", "out_trade_no")}
    if not all(isinstance(one, str) for one in numbers.values()):
        raise Wrong("out_refund_no and out_trade_no must be texts")
    outcome = Outcome(status=given["status"], count=count, **numbers)
    with world().lock:
        world().outcomes.append(outcome)
    return json_answer({"status": outcome.status, "count": count, **numbers}, 201)


@control.post("/refunds/<out_refund_no>")
def end_refund(out_refund_no: str) -> Response:
    """End it now, or change its end: `{"status": "ABNORMAL", "notify": true}`."""
    one = the_refund(out_refund_no)
    given = wish("status", "notify")
    if given.get("status") not in STATUSES:
        raise Wrong(f"status must be one of {sorted(STATUSES)}")
    finish(world(), notices(), one, given["status"], bool(given.get("notify", True)))
    return json_answer(one.shown())


@control.post("/refunds/<out_refund_no>/notice")
def send_refund_notice(out_refund_no: str) -> Response:
    """Send a notice of it now, honest or spoiled; the shop's statuses (null: no answer in time)."""
    one = the_refund(out_refund_no)
    if one.status == "PROCESSING" or not one.notify_url:
        raise Wrong("the refund is still under way, or its request named no notify_url", 409)
    return json_answer({"statuses": notices().send_now(one.order, NoticeOptions.read(wish()), one)})


@control.get("/funds")
def show_funds() -> Response:
    here = world()
    with here.lock:
        return json_answer({"funds": here.behaviour.funds, "of_today": of_today(here), "topped_up": here.topped_up})


@control.post("/funds")
def top_up() -> Response:
    """Put money into the purse that refunds are paid from: `{"amount": 5000}` minor units."""
    amount = wish("amount").get("amount")
    if type(amount) is not int or amount < 0:
        raise Wrong("amount must be a whole number of minor units")
    here = world()
    with here.lock:
        if isinstance(here.behaviour.funds, int):
            here.behaviour.funds += amount
        else:
            here.topped_up += amount
    return show_funds()


# --- what was taken and given back -------------------------------------------------------------------------------


@control.get("/money")
def money() -> Response:
    """Every payment that was taken, in the order of paying, with its refunds; and the sums in each currency."""
    here = world()
    with here.lock:
        orders = [money_of(one) for one in here.payments.values()]
    sums: dict[str, dict[str, int]] = {}
    for one in orders:
        total = sums.setdefault(one["currency"], {"payments": 0, "paid": 0, "refunded": 0, "under_way": 0})
        total["payments"] += 1
        for name in ("paid", "refunded", "under_way"):
            total[name] += one[name]
    return json_answer({"orders": orders, "sums": sums})


def money_of(order: Order) -> dict[str, Any]:
    """`refunded`: what arrived; `under_way`: what is processed or abnormal. Minor units of the order's currency."""
    arrived = sum(one.amount for one in order.refunds if one.status == "SUCCESS")
    return {
        "out_trade_no": order.out_trade_no,
        "dialect": order.dialect,
        "transaction_id": order.transaction_id,
        "trade_state": order.trade_state,
        "currency": order.currency,
        "paid": order.total,
        "refunded": arrived,
        "under_way": refunded(order) - arrived,
        "refunds": [
            {"out_refund_no": one.out_refund_no, "refund_id": one.refund_id, "amount": one.amount,
             "status": one.status}
            for one in order.refunds
        ],
    }


@control.post("/strange-payment")
def strange_payment() -> Response:
    """Somebody pays for a number that the shop never opened: `{"total": 1750, "notify_url": "…"}`, and its number."""
    here = world()
    given = wish("out_trade_no", "total", "currency", "notify_url", "traveller", "notify")
    total = given.get("total", 1750)
    if type(total) is not int or total < 1:
        raise Wrong("total must be a whole number of minor units, 1 or more")
    traveller = here.travellers.get(given.get("traveller", "wang"))
    if traveller is None:
        raise Wrong("no such traveller", 404)
    numbers, now = here.keys.numbers, here.now()
    sub = {"sp_appid": numbers.sp_app_id, "sp_mchid": numbers.sp_mch_id, "sub_appid": numbers.app_id,
           "sub_mchid": numbers.sub_mch_id}
    order = Order(
        dialect=here.dialect,
        out_trade_no=str(given.get("out_trade_no") or "STRANGE" + secrets.token_hex(8)),
        asked={"description": "?", **(sub if here.dialect == CROSSBORDER else {})},
        app_id=numbers.app_id,
        openid=traveller.openid(numbers.app_id),
        total=total,
        currency=str(given.get("currency") or ("CNY" if here.dialect == MAINLAND else "EUR")),
        notify_url=str(given.get("notify_url", "")),
        created_at=now,
        expires_at=now + ORDER_LIFE,
    )
    with here.lock:
        if (here.dialect, order.out_trade_no) in here.orders:
            raise Wrong("this number is known", 409)
        here.orders[here.dialect, order.out_trade_no] = order
        here.settle(order)
    if given.get("notify", True) and order.notify_url:
        notices().paid(order)
    return json_answer(order.shown(), 201)


# --- bills -------------------------------------------------------------------------------------------------------


@control.get("/bill-faults")
def list_bill_faults() -> Response:
    return json_answer([one.shown() for one in world().bill_faults])


@control.post("/bill-faults")
def add_bill_fault() -> Response:
    """Let something be wrong with a bill, until it is cleared; see BillFault."""
    with world().lock:
        fault = BillFault.read(wish(), len(world().bill_faults) + 1)
        world().bill_faults.append(fault)
    return json_answer(fault.shown(), 201)


@control.delete("/bill-faults")
def clear_bill_faults() -> Response:
    with world().lock:
        world().bill_faults = []
    return json_answer([])


@control.get("/bills/<kind>/<day>")
def show_bill(kind: str, day: str) -> Response:
    """The bill as it would be sent: kind trades, fund_flow or statement, day yyyy-mm-dd in Beijing."""
    if kind not in bills.DIALECTS:
        raise Wrong(f"kind must be one of {sorted(bills.DIALECTS)}")
    return json_answer(bills.shown(bills.make_bill(world(), kind, day)))


# --- keys and bad days -------------------------------------------------------------------------------------------


@control.get("/keys")
def show_keys() -> Response:
    """Which key signs how much, and the keys that come next, the new API v3 key included: they are made up."""
    return json_answer(world().key_change.shown(world().keys))


@control.post("/keys")
def change_keys() -> Response:
    """Change keys: see KeyChange. What is not named stays as it is."""
    here = world()
    with here.lock:
        here.key_change = KeyChange.read(wish(), here.key_change)
    return show_keys()


@control.get("/bad-day")
def show_bad_day() -> Response:
    """What went wrong so far, counted by kind; `on` false when the day is over (or has not been)."""
    here = world()
    day = here.bad_day
    return json_answer({"on": day is not None, "forged_accepted": here.forged_accepted, **(day.shown() if day else {})})


@control.post("/bad-day")
def begin_bad_day() -> Response:
    """From now on things go wrong by chance: `{"seed": 7, "strength": 0.2}`. A seed begins its day anew."""
    given = wish("seed", "strength")
    day = BadDay(given.get("seed", 1), number({"strength": 0.2, **given}, "strength"))
    with world().lock:
        world().bad_day = day
        world().forged_accepted = 0
    return show_bad_day()


@control.delete("/bad-day")
def end_bad_day() -> Response:
    """All is well again; what was planned already still happens. The counts once more."""
    counts = show_bad_day().get_json()
    with world().lock:
        world().bad_day = None
    return json_answer({**counts, "on": False})
