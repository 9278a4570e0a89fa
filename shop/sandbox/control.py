"""The control API under /__control__: what a test or a developer turns, and what they may look at. JSON in and out."""
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from shop.sandbox.faults import Fault, NoticeOptions, WrongFault
from shop.sandbox.orders import STATES
from shop.sandbox.refund_calls import end_what_is_due
from shop.sandbox.state import Order
from shop.sandbox.travellers import Traveller
from shop.sandbox.web import json_answer, notices, world

control = Blueprint("control", __name__, url_prefix="/__control__")


class Wrong(Exception):
    """The wish cannot be met: HTTP status and a sentence."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@control.errorhandler(Wrong)
def refuse(error: Wrong) -> Response:
    return json_answer({"error": str(error)}, error.status)


@control.errorhandler(WrongFault)
def refuse_fault(error: WrongFault) -> Response:
    return json_answer({"error": str(error)}, 400)


def wish(*names: str) -> dict[str, Any]:
    """The JSON object of the request (empty body: no wish). With `names`, nothing else may be in it."""
    if not request.get_data(cache=True):
        return {}
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise Wrong("the body must be a JSON object")
    if names and (unknown := set(given) - set(names)):
        raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
    return given


def number(given: dict[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"{name} must be a number")
    return float(value)


def the_order(out_trade_no: str) -> Order:
    if order := world().find(out_trade_no):
        return order
    raise Wrong(f"no such order: {out_trade_no}", 404)


# --- faults ------------------------------------------------------------------------------------------------------


@control.get("/faults")
def list_faults() -> Response:
    return json_answer([one.shown() for one in world().faults.all()])


@control.post("/faults")
def add_fault() -> Response:
    return json_answer(world().faults.add(Fault.read(wish())).shown(), 201)


@control.delete("/faults")
def clear_faults() -> Response:
    world().faults.clear()
    return json_answer([])


# --- orders and notices ------------------------------------------------------------------------------------------


@control.get("/orders")
def list_orders() -> Response:
    return json_answer([one.shown() for one in list(world().orders.values())])


@control.get("/orders/<out_trade_no>")
def one_order(out_trade_no: str) -> Response:
    return json_answer(the_order(out_trade_no).shown())


@control.post("/orders/<out_trade_no>")
def change_order(out_trade_no: str) -> Response:
    """Put an order into another state, as if something had happened at WeChat: `{"trade_state": "USERPAYING"}`."""
    order = the_order(out_trade_no)
    state = wish("trade_state").get("trade_state")
    if state not in STATES:
        raise Wrong(f"trade_state must be one of {sorted(STATES)}")
    order.trade_state = state
    return json_answer(order.shown())


@control.post("/pay/<out_trade_no>")
def pay(out_trade_no: str) -> Response:
    """The traveller pays now. `notify` false: no notice goes out. `coupon`: fen that a coupon pays."""
    order = the_order(out_trade_no)
    given = wish("notify", "coupon")
    coupon = given.get("coupon", 0)
    if type(coupon) is not int or not 0 <= coupon < order.payer_full:
        raise Wrong("coupon must be a whole number of fen, smaller than the amount")
    with world().lock:
        if order.trade_state != "NOTPAY":
            raise Wrong(f"the order is {order.trade_state}", 409)
        world().settle(order, coupon)
    if given.get("notify", True):
        notices().paid(order)
    return json_answer(order.shown())


@control.post("/notices/<out_trade_no>")
def send_notice(out_trade_no: str) -> Response:
    """Send a notice now, honest or spoiled; the shop's statuses (null: no answer in time)."""
    order = the_order(out_trade_no)
    if order.transaction_id is None:
        raise Wrong("the order is not paid", 409)
    return json_answer({"statuses": notices().send_now(order, NoticeOptions.read(wish()))})


@control.post("/notices/release")
def release_notices() -> Response:
    return json_answer({"released": notices().release()})


@control.get("/notices")
def list_notices() -> Response:
    return json_answer({"sent": chosen(world().notices, "out_trade_no"), "waiting": notices().waiting()})


@control.get("/requests")
def list_requests() -> Response:
    return json_answer(chosen(world().requests, "path", prefix=True))


@control.delete("/requests")
def clear_requests() -> Response:
    world().requests.clear()
    return json_answer([])


def chosen(log: Iterable[dict[str, Any]], name: str, *, prefix: bool = False) -> list[dict[str, Any]]:
    """The entries of a log, narrowed by a parameter of the same name."""
    wanted = request.args.get(name, "")
    entries = list(log)
    if not wanted:
        return entries
    return [one for one in entries if (one[name].startswith(wanted) if prefix else one[name] == wanted)]


# --- knobs -------------------------------------------------------------------------------------------------------


@control.post("/shop")
def set_shop() -> Response:
    """Where the shop is: `{"url": "http://127.0.0.1:8000"}`."""
    url = wish("url").get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Wrong("url must be an http(s) address")
    world().shop_url = url.rstrip("/")
    return json_answer({"url": world().shop_url})


@control.post("/silent")
def set_silent() -> Response:
    """Who signs in without a page: `{"traveller": "wang"}`, or null for the page."""
    who = wish("traveller").get("traveller")
    if who is not None and who not in world().travellers:
        raise Wrong(f"no such traveller: {who}", 404)
    world().silent = who
    return json_answer({"traveller": who})


@control.get("/travellers")
def list_travellers() -> Response:
    app_id = world().keys.numbers.app_id
    return json_answer([one.shown(app_id) for one in list(world().travellers.values())])


@control.post("/travellers")
def add_traveller() -> Response:
    given = wish("id", "name", "note", "bound", "snapshot")
    try:
        traveller = Traveller(**{"name": str(given.get("id", "")), **given})
    except TypeError as problem:
        raise Wrong(str(problem)) from None
    if not isinstance(traveller.id, str) or not traveller.id:
        raise Wrong("id must be a text")
    with world().lock:
        world().travellers[traveller.id] = traveller
    return json_answer(traveller.shown(world().keys.numbers.app_id), 201)


@control.post("/speed")
def set_speed() -> Response:
    """`factor`: what every wait between the tries of a notice is multiplied by. `patience`: seconds for its answer."""
    given = wish("factor", "patience")
    factor = number({"factor": world().speed, **given}, "factor")
    patience = number({"patience": world().patience, **given}, "patience")
    if factor < 0 or patience <= 0:
        raise Wrong("factor must not be negative, patience must be more than nothing")
    world().speed, world().patience = factor, patience
    return json_answer({"factor": factor, "patience": patience})


@control.post("/clock")
def set_clock() -> Response:
    """Put WeChat's clock forward or back: `{"offset": 7200}` seconds against the machine's."""
    world().clock_offset = number(wish("offset"), "offset")
    return json_answer({"offset": world().clock_offset})


@control.post("/allowed-ips")
def set_allowed_ips() -> Response:
    """The addresses that may ask for tokens: `{"ips": ["203.0.113.7"]}`; none: every one."""
    ips = wish("ips").get("ips")
    if not isinstance(ips, list) or not all(isinstance(one, str) for one in ips):
        raise Wrong("ips must be a list of addresses")
    world().allowed_ips = ips
    return json_answer({"ips": ips})


@control.post("/age")
def age() -> Response:
    """Make everything there is older by `{"seconds": 7300}`: prepay ids, orders, refunds, OAuth codes, tokens."""
    seconds = number(wish("seconds"), "seconds")
    world().grow_older(seconds)
    for one in list(world().refunds.values()):
        end_what_is_due(world(), notices(), one)
    return json_answer({"seconds": seconds})


@control.get("/behaviour")
def show_behaviour() -> Response:
    return json_answer(asdict(world().behaviour))


@control.post("/behaviour")
def set_behaviour() -> Response:
    """Choose among readings of the documents, and how long and how much; see Behaviour."""
    behaviour = world().behaviour
    given = wish(*behaviour.CHOICES, *behaviour.NUMBERS)
    for name, value in given.items():
        if name in behaviour.NUMBERS:
            if number(given, name) < 0:
                raise Wrong(f"{name} must not be negative")
        elif name == "funds" and type(value) is int and value >= 0:
            continue
        elif value not in behaviour.CHOICES[name]:
            raise Wrong(f"{name} must be one of {sorted(behaviour.CHOICES[name])}")
    with world().lock:
        for name, value in given.items():
            setattr(behaviour, name, value)
    return json_answer(asdict(behaviour))


@control.post("/reset")
def reset() -> Response:
    """Forget orders, logs, faults and settings; keys and addresses stay."""
    notices().forget()
    world().reset()
    return json_answer({})
