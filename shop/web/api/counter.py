"""What counter devices and packers do: look at a parcel, hand it over, say that it is ready."""

from typing import Any

from flask import Response, g

from shop.base import clock
from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup import commands
from shop.pickup.commands import Asked
from shop.web import guards
from shop.web.api import answers, schemas
from shop.web.api.reading import Blueprint, OptionalBodyBlueprint
from shop.web.wiring import settings

WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]

blueprint = Blueprint("counter", __name__, url_prefix="/counter")
packing = OptionalBodyBlueprint("packing", __name__, url_prefix="/packing")


@blueprint.before_request
def only_counters() -> None:
    g.device = guards.bearer(DeviceKind.COUNTER)


@packing.before_request
def only_packers_and_counters() -> None:
    g.device = guards.bearer(DeviceKind.PACKER, DeviceKind.COUNTER)


@blueprint.after_request
@packing.after_request
def private(response: Response) -> Response:
    """Names of travellers are not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/look", tags=["Counter"])
@blueprint.arguments(schemas.LookBody())
@blueprint.response(200, schemas.ScanAnswer)
@blueprint.doc(security=WITH_TOKEN)
def look(body: dict[str, Any]) -> Response:
    """Look at a parcel

    What a scan would answer now. Changes nothing.
    """
    outcome = commands.look(body["code"], guards.known_device(), settings().secret_key, clock.now())
    return answers.answer(answers.scan(outcome))


@blueprint.post("/scans", tags=["Counter"])
@blueprint.arguments(schemas.ScanBody())
@blueprint.response(200, schemas.ScanAnswer)
@blueprint.doc(security=WITH_TOKEN)
def scan(body: dict[str, Any]) -> Response:
    """Hand a parcel over

    200 for every outcome. The same `scan_id` sent again gets the same answer; of two counters that scan together one
    gets `collected`, the other `already_collected`.
    """
    now = clock.now()
    asked = Asked(body["code"], body["scan_id"], body.get("scanned_at") or now)
    outcome = commands.hand_over(asked, guards.known_device(), settings().secret_key, now)
    return answers.answer(answers.scan(outcome))


@packing.post("/orders/<number>/ready", tags=["Packing"])
@packing.arguments(schemas.ReadyBody(), required=False)
@packing.response(200, schemas.State)
@packing.doc(security=WITH_TOKEN)
def ready(body: dict[str, Any], number: str) -> Response:
    """The parcel is packed

    Harmless twice. Refusals: `no_such_order` (also for an order of another pickup point), `order_state_changed` (it is
    not paid, or gone).
    """
    commands.make_ready(number, guards.known_device(), clock.now())
    return answers.answer({"number": number.strip().upper(), "state": OrderState.READY.value})
