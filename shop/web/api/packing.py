"""What packers do: waves and pick lists, what is due, pieces into a parcel, ready, missing, back to stock."""

from typing import Any

from flask import Response, g

from shop.base import clock
from shop.flights import queries as flights
from shop.flights.queries import NoSuchPoint
from shop.orders import queries as orders
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState
from shop.payments import refund_queries, shortages
from shop.pickup import packing, packing_parcel_queries, packing_queries, packing_waves, scan_box
from shop.pickup.packing import Packer
from shop.pickup.packing_parcel_queries import ParcelView
from shop.pickup.packing_rules import ParcelState, WrongArticle
from shop.pickup.packing_waves import NoSuchWave
from shop.web import guards
from shop.web.api import answers, packing_answers, packing_schemas, schemas
from shop.web.api.reading import OptionalBodyBlueprint, idempotency_key, key_parameter

WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]
SHORTAGE_KEY = key_parameter("shortage", "and body refund once")
LARGEST_KEY = 2**31 - 1  # of a wave, in every database

blueprint = OptionalBodyBlueprint("packing", __name__, url_prefix="/packing")


@blueprint.before_request
def only_packers_and_counters() -> None:
    g.device = guards.bearer(*guards.AT_PACKING)


@blueprint.after_request
def private(response: Response) -> Response:
    """What travellers ordered is not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _packer() -> Packer:
    return Packer.with_device(guards.known_device())


def _number(number: str) -> str:
    """The order's number as it is kept. Raises NoSuchOrder."""
    plain = number.strip().upper()
    if not scan_box.NUMBER.fullmatch(plain):
        raise NoSuchOrder
    return plain


def _wave(key: int) -> int:
    if key > LARGEST_KEY:
        raise NoSuchWave
    return key


def _waves() -> Response:
    found = packing_queries.waves(guards.known_device().pickup_point_id, clock.now())
    return answers.answer({"items": [packing_answers.wave(one) for one in found], "next": None})


@blueprint.get("/waves", tags=["Packing"])
@blueprint.response(200, packing_schemas.WaveList)
@blueprint.doc(security=WITH_TOKEN)
def waves() -> Response:
    """The open waves

    Of the device's pickup point, or of all for a device of all, by departure.
    """
    return _waves()


@blueprint.post("/waves", tags=["Packing"])
@blueprint.arguments(packing_schemas.MakeWavesBody(), required=False)
@blueprint.response(200, packing_schemas.WaveList)
@blueprint.doc(security=WITH_TOKEN)
def make_waves(body: dict[str, Any]) -> Response:
    """Put orders into waves

    Every order to be packed for a departure of the next 24 hours; answers the open waves. Harmless twice. Refusals:
    `no_such_pickup_point` (also for one that is not this device's).
    """
    own = guards.known_device().pickup_point_id
    wanted = [point.id for point in flights.points() if own in (None, point.id) and body.get("point") in (None, point.code)]
    if not wanted:
        raise NoSuchPoint(fields={"point": ["no_such_pickup_point"]})
    for point in wanted:
        packing_waves.make_waves(point, _packer(), clock.now())
    return _waves()


@blueprint.get("/waves/<int:wave>", tags=["Packing"])
@blueprint.arguments(packing_schemas.PackingQuery(), location="query")
@blueprint.response(200, packing_schemas.PickList)
@blueprint.doc(security=WITH_TOKEN)
def pick_list(_query: dict[str, Any], wave: int) -> Response:
    """The pick list of a wave

    What is still to be fetched, along the shelves: totals per product, and for which order. Refusals: `no_such_wave`.
    """
    found = packing_queries.pick_list(_wave(wave), guards.known_device().pickup_point_id)
    return answers.answer(packing_answers.pick_list(found))


@blueprint.post("/waves/<int:wave>/close", tags=["Packing"])
@blueprint.response(200, packing_schemas.WaveList)
@blueprint.doc(security=WITH_TOKEN)
def close_wave(wave: int) -> Response:
    """Close a wave

    What was not packed is free for the next one; answers the waves that are still open. Harmless twice. Refusals:
    `no_such_wave`.
    """
    packing_waves.close_wave(_wave(wave), _packer(), clock.now())
    return _waves()


@blueprint.get("/due", tags=["Packing"])
@blueprint.response(200, packing_schemas.DueList)
@blueprint.doc(security=WITH_TOKEN)
def due() -> Response:
    """What is due

    Orders that are not packed and leave in the next six hours, most urgent first.
    """
    found = packing_queries.due(guards.known_device().pickup_point_id, clock.now())
    return answers.answer({"items": [packing_answers.due(one) for one in found], "next": None})


def _parcel(number: str) -> ParcelView:
    return packing_parcel_queries.parcel_of(_number(number), guards.known_device().pickup_point_id)


@blueprint.get("/orders/<number>", tags=["Packing"])
@blueprint.arguments(packing_schemas.PackingQuery(), location="query")
@blueprint.response(200, packing_schemas.PackedParcel)
@blueprint.doc(security=WITH_TOKEN)
def parcel(_query: dict[str, Any], number: str) -> Response:
    """One order to pack

    Its lines with what lies in the parcel, and the shelf slot that is proposed. Refusals: `no_such_order`.
    """
    found = _parcel(number)
    return answers.answer(packing_answers.parcel(found, packing_parcel_queries.proposed_slot(found.number)))


@blueprint.post("/orders/<number>/pieces", tags=["Packing"])
@blueprint.arguments(packing_schemas.PieceBody())
@blueprint.response(200, packing_schemas.Counted)
@blueprint.doc(security=WITH_TOKEN)
def piece(body: dict[str, Any], number: str) -> Response:
    """Scan a piece into the parcel

    Or out of it. The same `scan_id` counts once. Refusals: `wrong_article`, `too_many`, `nothing_packed`, `no_such_order`,
    `order_state_changed`.
    """
    step = packing.unpack if body["remove"] else packing.scan_product
    counted = step(_number(number), body["ean"], _packer(), clock.now(), body["scan_id"])
    return answers.answer(packing_answers.counted(counted))


@blueprint.post("/orders/<number>/ready", tags=["Packing"])
@blueprint.arguments(packing_schemas.ReadyBody(), required=False)
@blueprint.response(200, schemas.State)
@blueprint.doc(security=WITH_TOKEN)
def ready(body: dict[str, Any], number: str) -> Response:
    """The parcel is packed

    It lies in `slot`; the order's page says that it is ready. Harmless twice. Refusals: `no_such_order` (also for an order of
    another pickup point), `order_state_changed` (it is not paid, or gone), `slot_needed`, `no_such_slot`, `slot_full`, `wrong_slot`,
    `parcel_not_complete` (with `by_hand: false`).
    """
    found = _parcel(number)
    slot = body.get("slot") if packing_parcel_queries.shelf_for(found.number) else None
    packing.finish(found.number, _packer(), clock.now(), slot=slot, by_hand=body["by_hand"])
    return answers.answer({"number": found.number, "state": OrderState.READY.value})


@blueprint.post("/orders/<number>/shortage", tags=["Packing"])
@blueprint.arguments(packing_schemas.ShortageBody())
@blueprint.response(202, packing_schemas.Shortage)
@blueprint.doc(security=WITH_TOKEN, parameters=[SHORTAGE_KEY])
def shortage(body: dict[str, Any], number: str) -> Response:
    """Pieces cannot be found

    Their money goes back by itself, which the order's page says; when nothing remains the order is cancelled. The same
    `Idempotency-Key` refunds once. Refusals: `shortage_too_large`, `wrong_article`, `no_such_order`, `order_state_changed`,
    `idempotency_key_missing`, `idempotency_key_reused`.
    """
    found = _parcel(number)
    positions = {line.sku: line.position for line in orders.order_by_number(found.number).lines}
    position = body["position"] if "position" in body else positions.get(body["sku"])
    if position is None:
        raise WrongArticle(fields={"sku": ["wrong_article"]})
    key = idempotency_key()
    refund_id = shortages.refund_missing(found.number, position, body["quantity"], key, None, _packer(), clock.now())
    order_id = orders.order_by_number(found.number).id
    (made,) = (each for each in refund_queries.refunds_of(order_id) if each.id == refund_id)
    return answers.answer(packing_answers.shortage(_parcel(number), made), 202)


@blueprint.post("/orders/<number>/back-to-stock", tags=["Packing"])
@blueprint.response(200, packing_schemas.Emptied)
@blueprint.doc(security=WITH_TOKEN)
def back_to_stock(number: str) -> Response:
    """The parcel was emptied

    Of an order that was cancelled or never collected; its shelf slot is free. Harmless twice. Refusals: `still_wanted`,
    `no_parcel`, `no_such_order`, `parcel_state_changed` (it was collected).
    """
    plain = _number(number)
    packing.back_to_stock(plain, _packer(), clock.now())
    return answers.answer({"number": plain, "parcel": ParcelState.BACK_TO_STOCK.value})
