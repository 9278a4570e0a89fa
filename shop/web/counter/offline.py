"""For the counter page without network: the list of parcels that it keeps, and the scans that it brings back.

As the API's `/counter/manifest` and `/counter/scans`, for the browser: the session's cookie is the key, and the scans
come several at once.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf

from shop.base import clock
from shop.base.errors import ShopError
from shop.pickup import commands as pickup
from shop.pickup import looking, manifest
from shop.pickup.outcomes import FoundBy, Outcome
from shop.web import security
from shop.web.counter import forms, shift
from shop.web.guards import known_device
from shop.web.wiring import settings

MOST_SCANS = 50  # in one call
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
def parcels() -> dict[str, Any]:
    """The parcels of this counter's point, all or those that changed `since`; the token that forms of this page need; and who
    is at the counter."""
    listed = manifest.manifest(known_device(), settings().secret_key, request.args.get("since"), clock.now(), g.lang)
    return {**listed, "csrf": security.csrf_token(), "staff": shift.for_the_browser()}


@blueprint.post("/scans.json")
def scans() -> dict[str, Any] | tuple[dict[str, Any], int]:
    """Hand over what was handed over without network. One answer for each scan; the same `scan_id` gets the same answer."""
    try:
        sent = WaitingScans().load(request.get_json(silent=True) or {})
    except ValidationError as error:
        return {"errors": error.normalized_messages()}, HTTPStatus.BAD_REQUEST
    return {"answers": [_hand_over(scan, clock.now()) for scan in sent["scans"]]}


def _hand_over(scan: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A refusal is an answer as well: the scan would be refused for ever, and staff have to know."""
    secret, staff = settings().secret_key, shift.name_said(scan["staff"], now)
    asked = pickup.Asked(
        scan["code"], scan["scan_id"], scan["scanned_at"] or now, checks=scan["checks"], offline=True, staff=staff
    )
    if scan["refused"]:
        looking.refused_offline(asked, scan["refused"], scan["found_by"], known_device(), secret, now)
        return {"scan_id": scan["scan_id"], "outcome": "recorded"}
    try:
        outcome = pickup.hand_over(asked, known_device(), secret, now)
    except ShopError as refusal:
        return {"scan_id": scan["scan_id"], "outcome": "refused", "code": refusal.code}
    return {"scan_id": scan["scan_id"], "outcome": outcome.name.value, **_when_and_where(outcome)}


def _when_and_where(outcome: Outcome) -> dict[str, str]:
    at, by = getattr(outcome, "at", None), getattr(outcome, "by", "")
    return {**({"at": at.isoformat()} if at else {}), **({"by": by} if by else {})}
