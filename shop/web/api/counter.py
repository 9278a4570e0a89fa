"""What counter devices do: look at a parcel, hand it over, take that back, and know today's."""

import gzip
from datetime import datetime
from typing import Any

from flask import Response, g, request

from shop.base import clock
from shop.pickup import commands, manifest, undoing
from shop.pickup.commands import Asked
from shop.web import guards
from shop.web.api import answers, counter_schemas
from shop.web.api.reading import Blueprint
from shop.web.wiring import settings

WITH_TOKEN: list[dict[str, list[str]]] = [{"device": []}]

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


@blueprint.before_request
def only_counters() -> None:
    g.device = guards.bearer(*guards.AT_A_COUNTER)


@blueprint.after_request
def private(response: Response) -> Response:
    """Names of travellers are not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/look", tags=["Counter"])
@blueprint.arguments(counter_schemas.LookBody())
@blueprint.response(200, counter_schemas.ScanAnswer)
@blueprint.doc(security=WITH_TOKEN)
def look(body: dict[str, Any]) -> Response:
    """Look at a parcel

    What a scan would answer now. Changes nothing. A label and a boarding pass lead to their parcel too; of several that a pass
    fits, `parcels` are listed: look again with the `number` of one.
    """
    number = body.get("number", "")
    outcome = commands.look(body["code"], guards.known_device(), settings().secret_key, clock.now(), number=number)
    return answers.answer(answers.scan(outcome))


@blueprint.post("/scans", tags=["Counter"])
@blueprint.arguments(counter_schemas.ScanBody())
@blueprint.response(200, counter_schemas.ScanAnswer)
@blueprint.doc(security=WITH_TOKEN)
def scan(body: dict[str, Any]) -> Response:
    """Hand a parcel over

    200 for every outcome. The same `scan_id` sent again gets the same answer; of two counters that scan together one
    gets `collected`, the other `already_collected`. `needs_check` says what is still to be looked at: look, and scan again
    with the answers and a new `scan_id`. With `lines` only these pieces are handed over, and the others refunded. A boarding
    pass that fits the order's flight, day and name stands for the pickup code; a label never does.
    """
    now = clock.now()
    number = body.get("number", "")
    outcome = commands.hand_over(_asked(body, now), guards.known_device(), settings().secret_key, now, number=number)
    return answers.answer(answers.scan(outcome))


def _asked(body: dict[str, Any], now: datetime) -> Asked:
    lines = body.get("lines")
    return Asked(
        body["code"], body["scan_id"], body.get("scanned_at") or now, checks=body.get("checks") or {},
        lines=tuple((line.get("sku", line.get("position")), line["quantity"]) for line in lines) if lines is not None else None,
        offline=body["offline"], looked_at=body.get("looked_at"),
    )  # fmt: skip


@blueprint.post("/scans/<scan_id>/undo", tags=["Counter"])
@blueprint.response(200, counter_schemas.Undone)
@blueprint.doc(security=WITH_TOKEN)
def undo(scan_id: str) -> Response:
    """Take a hand-over back

    By the device that handed over within 15 minutes, by a supervisor's device of the point on the same day. Harmless twice.
    Refusals: `no_such_scan`, `not_your_hand_over`, `too_late_to_undo`, `nothing_to_undo` (it handed nothing over, or the
    parcel went again since, or all of its money has gone back).
    """
    return answers.answer(answers.undone(undoing.undo(scan_id, guards.known_device(), clock.now())))


@blueprint.get("/manifest", tags=["Counter"])
@blueprint.arguments(counter_schemas.ManifestQuery(), location="query")
@blueprint.response(200, counter_schemas.Manifest)
@blueprint.doc(security=WITH_TOKEN)
def known_parcels(query: dict[str, Any]) -> Response:
    """What a device knows for the time without network

    The parcels of the next 18 hours at its point. With `since` only what has changed. Compressed for whoever accepts gzip.
    """
    lang = query.get("lang") or "zh"
    told = manifest.manifest(guards.known_device(), settings().secret_key, query.get("since"), clock.now(), lang)
    response = answers.answer(told)
    response.vary.add("Accept-Encoding")
    if "gzip" in request.accept_encodings:
        response.set_data(gzip.compress(response.get_data(), 6))
        response.content_encoding = "gzip"
    return response
