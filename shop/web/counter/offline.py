"""For the counter page without network: the list of parcels that it keeps, and the scans that it brings back.

As the API's `/counter/manifest` and `/counter/scans`, for the browser: the session's cookie is the key, and the scans
come several at once.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Response, g, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup import commands as pickup
from shop.pickup import looking, manifest
from shop.pickup.outcomes import FoundBy, Outcome
from shop.web import security
from shop.web.compression import compressed
from shop.web.counter import forms, shift
from shop.web.guards import known_device
from shop.web.wiring import settings

LOG = structlog.get_logger("shop.counter")
MOST_SCANS = 50  # in one call
MOST_NAMESAKES = 8  # scans of one id; a page makes each id once
WORDS = forms.WORDS

blueprint = Blueprint("counter_offline", __name__, url_prefix="/counter")


class WaitingScan(Schema):
    """A hand-over that was made without network; or, with `refused`, a scan that was told so and gave nothing.

    `scanned_at` by the device's clock; `staff` as the list said who is here; `found_by` what led to the parcel, if no code.
    The `code` of a refused scan may be missing: a boarding pass is kept nowhere.
    """

    class Meta:
        unknown = EXCLUDE

    code = fields.String(load_default="", validate=Length(max=forms.LONGEST_SCAN))
    scan_id = fields.String(required=True, validate=Length(min=8, max=64))
    scanned_at = forms.DeviceMoment(format="iso", required=True, default_timezone=UTC)
    checks = fields.Dict(keys=fields.String(), values=fields.Raw(), load_default=dict)
    staff = fields.String(load_default=None, allow_none=True, validate=Length(max=200))
    refused = fields.String(load_default=None, allow_none=True, validate=OneOf(sorted(looking.REFUSALS)))
    found_by = fields.Enum(FoundBy, by_value=True, load_default=None, allow_none=True)

    @validates_schema
    def check_code(self, data: dict[str, Any], **_: object) -> None:
        if not data["code"] and data["refused"] is None:
            raise ValidationError("missing", "code")


class WaitingScans(Schema):
    """What waited in the browser, oldest first."""

    scans = fields.List(fields.Nested(WaitingScan), required=True, validate=Length(min=1, max=MOST_SCANS))


@blueprint.after_request
def private(response: Response) -> Response:
    """Who flies when is not for caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/manifest.json")
def parcels() -> Response:
    """The parcels of this counter's point, all or those that changed `since`; the token that forms of this page need; and who
    is at the counter. Compressed for whoever accepts gzip."""
    listed = manifest.manifest(known_device(), settings().secret_key, request.args.get("since"), clock.now(), g.lang)
    told = {**listed, "csrf": security.csrf_token(), "staff": shift.for_the_browser()}
    return compressed(Response(json.dumps(told, ensure_ascii=False, separators=(",", ":")), mimetype="application/json"))


@blueprint.post("/scans.json")
def scans() -> dict[str, Any] | tuple[dict[str, Any], int]:
    """Hand over what was handed over without network. One answer for each scan; the same `scan_id` gets the same answer."""
    try:
        sent = WaitingScans().load(request.get_json(silent=True) or {})
    except ValidationError as error:
        return {"errors": error.normalized_messages()}, HTTPStatus.BAD_REQUEST
    return {"answers": [_hand_over(scan, clock.now()) for scan in sent["scans"]]}


def _hand_over(scan: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The answer to one scan. "later" for one that could not be written down this time: it stays in the browser and comes
    again. Nothing else leaves without a row in the audit, and what the shop would have refused is a conflict."""
    device, secret, staff = known_device(), settings().secret_key, shift.name_said(scan["staff"], now)
    for scan_id in _ids(scan["scan_id"]):
        asked = pickup.Asked(
            scan["code"], scan_id, scan["scanned_at"] or now, checks=scan["checks"], offline=True, staff=staff
        )
        try:
            if scan["refused"]:
                looking.refused_offline(asked, scan["refused"], scan["found_by"], device, secret, now)
                return {"scan_id": scan["scan_id"], "outcome": "recorded"}
            outcome = pickup.hand_over(asked, device, secret, now)
        except pickup.ScanIdReused:
            continue
        except Exception as fault:  # of this scan; those behind it must not wait for it
            LOG.warning("offline scan", scan_id=scan_id, device=device.id, exc_info=not isinstance(fault, ShopError))
            break
        return {"scan_id": scan["scan_id"], "outcome": outcome.name.value, **_when_and_where(outcome)}
    return {"scan_id": scan["scan_id"], "outcome": "later"}


def _ids(scan_id: str) -> Iterator[str]:
    """The id of a scan, and others in a fixed order for one whose id another parcel's scan has: its goods are given as well,
    and sent again it finds its own."""
    yield scan_id
    yield from (f"{scan_id[:60]}-{n}" for n in range(2, 2 + MOST_NAMESAKES))


def _when_and_where(outcome: Outcome) -> dict[str, str]:
    at, by = getattr(outcome, "at", None), getattr(outcome, "by", "")
    return {**({"at": at.isoformat()} if at else {}), **({"by": by} if by else {})}
