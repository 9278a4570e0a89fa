"""A traveller's own orders: place one, pay it, look at it, cancel it, get its pickup code."""

from datetime import time, timedelta
from typing import Any

from flask import Response, g, request, session

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.ids import OrderNumber
from shop.base.metrics import ORDERS_PLACED, ORDERS_REFUSED
from shop.orders import commands, declaring, moving, queries, trip_queries
from shop.orders.commands import Plan
from shop.orders.moving import NewTrip
from shop.orders.rules import Wanted
from shop.payments import commands as payments
from shop.payments import refund_queries, refunding
from shop.payments.commands import PayDesk
from shop.pickup import codes
from shop.pickup import queries as pickup
from shop.web import guards, security, touches
from shop.web.api import answers, schemas, trip_schemas
from shop.web.api.reading import OptionalBodyBlueprint, idempotency_key, key_parameter
from shop.web.wiring import settings, wiring

TAGS = ["Orders"]
SIGNED_IN: list[dict[str, list[str]]] = [{"traveller": []}]
ORDER_KEY = key_parameter("order", "and body give the same order")

blueprint = OptionalBodyBlueprint("orders", __name__)


@blueprint.before_request
def only_travellers() -> None:
    """Who asks, and for changes: that it is our own page that asks."""
    g.traveller = guards.traveller()
    security.check_form()


@blueprint.after_request
def private(response: Response) -> Response:
    """Nobody keeps a copy; a reader of our own origin learns the token its changes need."""
    response.headers["Cache-Control"] = "no-store"
    if request.method in security.SAFE and "csrf" in session:
        response.headers["X-CSRF-Token"] = session["csrf"]
    return response


@blueprint.post("/orders", tags=TAGS)
@blueprint.arguments(schemas.OrderBody())
@blueprint.response(201, schemas.Order, description="The order, placed now or by an earlier request with the same key")
@blueprint.doc(security=SIGNED_IN, parameters=[ORDER_KEY])
def place(body: dict[str, Any]) -> Response:
    """Place an order

    Its stock is held until `pay_before`. Refusals: `out_of_stock` (nothing is held then), `no_such_product`,
    `no_such_pickup_point`, `no_such_airport`, `wrong_flight_number`, `not_flying_that_day`, `departure_time_needed`,
    `too_close_to_departure`, `too_far_ahead`, `pickup_point_closed`, `not_collected_here`, `not_duty_free` (the duty is to be
    paid, and some of the goods have no such price), `below_minimum`, `over_allowance`, `too_young_for_alcohol`,
    `age_not_confirmed` (alcohol, without a birth date and without `adult`), `wrong_name`, `wrong_quantity`, `empty_basket`,
    `idempotency_key_missing`, `idempotency_key_reused`.
    """
    now, shop = clock.now(), settings()
    try:
        within = timedelta(minutes=shop.pay_within_minutes)
        placed = commands.place(_plan(body), g.traveller, idempotency_key(), shop.currency, within, now)
    except ShopError as refused:
        ORDERS_REFUSED.labels(refused.code).inc()
        raise
    if placed.new:
        ORDERS_PLACED.inc()
        if placed.order is not None:
            touches.credit_said(placed.order.id, body.get("campaign"), now)
    order, carried, meter = placed.order, placed.carried, placed.meter
    if order is None or carried is None:
        order, carried = queries.declared(placed.number, g.traveller)
        meter = declaring.measured(order, now).meter
    return answers.answer(answers.order_of_trip(order, carried, meter, now), 201, Location=f"/api/v1/orders/{placed.number}")


def _plan(body: dict[str, Any]) -> Plan:
    trip, traveller = body["trip"], body["traveller"]
    departs, lands = trip.get("departure_time"), trip.get("destination")
    return Plan(
        lines=tuple(Wanted(line["sku"], line["quantity"]) for line in body["lines"]),
        flight=trip["flight"],
        date=trip["date"],
        final_destination=trip["final_destination"].upper(),
        departs_local=time.fromisoformat(departs) if departs else None,
        pickup_point=body["pickup_point"],
        name=traveller["name"],
        residence=traveller["residence"],
        birth_date=traveller.get("birth_date"),
        adult=_adult(traveller.get("adult")),
        campaign=body.get("campaign"),
        language=g.lang,
        destination=lands.upper() if lands else None,
    )


def _adult(said: bool | None) -> bool | None:
    """What stands of the traveller's age; where the shop asks for it, silence is a no."""
    return False if said is None and settings().api_asks_age else said


def _number(text: str) -> OrderNumber:
    """Order numbers are written in capitals; people type them as they like."""
    return OrderNumber(text.upper())


@blueprint.get("/orders", tags=TAGS)
@blueprint.arguments(schemas.PageQuery(), location="query")
@blueprint.response(200, schemas.OrderPage)
@blueprint.doc(security=SIGNED_IN)
def my_orders(asked: dict[str, Any]) -> Response:
    """The traveller's orders

    Newest first, without their history.
    """
    now, page = clock.now(), queries.orders_of(g.traveller, asked.get("after"), asked["limit"])
    carried = queries.carried(order.id for order in page.items)
    return answers.answer(answers.order_page(page, carried, now))


@blueprint.get("/orders/<number>", tags=TAGS)
@blueprint.arguments(schemas.LanguageQuery(), location="query")
@blueprint.response(200, schemas.Order)
@blueprint.doc(security=SIGNED_IN)
def my_order(asked: dict[str, Any], number: str) -> Response:
    """One order with its history and its refunds

    Somebody else's order does not exist: `no_such_order`.
    """
    order = queries.order_of(_number(number), g.traveller)
    carried = queries.carried([order.id])[order.id]
    refunds = [answers.refund_of_order(refund) for refund in refund_queries.refunds_of(order.id)]
    trip = answers.trip_of_order(order, trip_queries.trip_changes(order.id) if order.trip_changed_at else ())
    now = clock.now()
    said = answers.order_with_history(order, carried, now)
    allowance = {**said["allowance"], "trip": answers.meter(declaring.measured(order, now).meter)}
    return answers.answer({**said, **trip, "allowance": allowance, "refunds": refunds})


@blueprint.post("/orders/<number>/trip", tags=TAGS)
@blueprint.arguments(trip_schemas.MoveBody())
@blueprint.response(200, schemas.Order)
@blueprint.doc(security=SIGNED_IN)
def move(body: dict[str, Any], number: str) -> Response:
    """Move an order to another flight

    Until it is handed over; the order keeps its code, its goods and its parcel. Harmless twice. Refusals:
    `order_state_changed` (handed over or over), `parcel_packed` (another pickup point cannot be chosen any more),
    `too_close_to_departure`, `too_far_ahead`, `pickup_point_closed` (then cancel it with its refund, or choose another
    flight), `not_duty_free`, `too_young_for_alcohol`, `wrong_flight_number`, `not_flying_that_day`, `departure_time_needed`,
    `no_such_pickup_point`, `no_such_airport`.
    """
    departs, final = body.get("departure_time"), body.get("final_destination")
    wanted = NewTrip(
        flight=body["flight"],
        date=body["date"],
        final_destination=final.upper() if final else None,
        departs_local=time.fromisoformat(departs) if departs else None,
        pickup_point=body.get("pickup_point"),
    )
    now = clock.now()
    moving.move_trip(_number(number), g.traveller, wanted, now)
    order, carried = queries.declared(_number(number), g.traveller)
    return answers.answer(answers.order_of_trip(order, carried, declaring.measured(order, now).meter, now))


@blueprint.post("/orders/<number>/on-my-way", tags=TAGS)
@blueprint.response(200, trip_schemas.OnMyWay)
@blueprint.doc(security=SIGNED_IN)
def on_my_way(number: str) -> Response:
    """Say that one is on the way to the counter

    On the day of collection, for an order that is paid: the counter sees it on top of its list. Harmless twice. Refusals:
    `too_early_to_come`, `order_state_changed`.
    """
    said_at = moving.on_my_way(_number(number), g.traveller, clock.now())
    return answers.answer({"number": _number(number), "on_my_way_at": answers.moment(said_at)})


def pay_desk() -> PayDesk:
    """Where notices of payments go and what the traveller's bill says."""
    return PayDesk(notify_url=f"{settings().public_url}/callbacks/wechat-pay/payment", description=settings().shop_name)


@blueprint.post("/orders/<number>/payment", tags=TAGS)
@blueprint.response(201, schemas.Payment)
@blueprint.doc(security=SIGNED_IN)
def pay(number: str) -> Response:
    """Open the payment

    What the page hands to WeChat. Repeating it is harmless with or without an `Idempotency-Key`: an open payment is
    opened again, never a second one. What WeChat's client says afterwards is a hint; ask `payment/check`. Refusals:
    `not_payable`, `pay_busy` and `pay_unavailable` (try again shortly), `pay_refused`.
    """
    jsapi = payments.start(_number(number), g.traveller, pay_desk(), wiring().pay, clock.now())
    return answers.answer({"jsapi": jsapi}, 201)


@blueprint.post("/orders/<number>/payment/check", tags=TAGS)
@blueprint.response(200, schemas.State)
@blueprint.doc(security=SIGNED_IN)
def check_payment(number: str) -> Response:
    """Ask WeChat about the payment

    Answers the order's state after that; when WeChat does not answer, the state we know of.
    """
    state = payments.check(_number(number), g.traveller, wiring().pay, clock.now())
    return answers.answer({"number": _number(number), "state": state.value})


@blueprint.post("/orders/<number>/cancel", tags=TAGS)
@blueprint.arguments(schemas.CancelBody())
@blueprint.response(200, schemas.State)
@blueprint.doc(security=SIGNED_IN)
def cancel(body: dict[str, Any], number: str) -> Response:
    """Cancel an order

    Without a body, or with `"refund": false`: an unpaid one. Answers `paid` when a payment slipped in between. With
    `"refund": true`: a paid one, before it is collected and before the flight leaves; the refund is started then, see
    `refunds` of the order. Both are harmless twice. Refusals: `order_state_changed` (it is paid already, or with `refund`:
    it is not, or it is collected), `nothing_to_refund`, `too_old_to_refund`, `pay_unavailable` (WeChat cannot be asked
    whether somebody is paying; nothing has changed).
    """
    if body["refund"]:
        state = refunding.cancel_paid(_number(number), g.traveller, clock.now())
    else:
        state = payments.cancel(_number(number), g.traveller, wiring().pay, clock.now())
    return answers.answer({"number": _number(number), "state": state.value})


@blueprint.get("/orders/<number>/pickup", tags=TAGS)
@blueprint.response(200, schemas.Ticket)
@blueprint.doc(security=SIGNED_IN)
def ticket(number: str) -> Response:
    """The pickup code

    Refused with `no_pickup_code` before the order is paid.
    """
    order = queries.order_of(_number(number), g.traveller)
    code = pickup.ticket_of(order.id).code
    picture = f"{settings().public_url}/orders/{order.number}/pickup.png"
    return answers.answer({"code": code, "token": codes.token_of(code, settings().secret_key), "qr": picture})
