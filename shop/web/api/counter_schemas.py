"""What counter devices may send to the API and what it answers them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shop.orders.states import OrderState, RefundState
from shop.pickup.outcomes import CheckKind, FoundBy, Name
from shop.web.api.reading import MISSING, Body, Moment, Text, about, text, whole
from shop.web.api.schemas import LanguageQuery, Money, Truth


class LookBody(Body):
    code = text(2000, "What was scanned or typed: a pickup code or its picture, a parcel's label, a boarding pass", least=0)
    number = text(16, "Of several parcels that a boarding pass fits, the one that was chosen", required=False)


class ScanBody(LookBody):
    scan_id = text(
        64,
        "The device's own id of this scan; the same id gets the same answer",
        pattern="[!-~]{8,64}",
        code="wrong_scan_id",
    )
    scanned_at = Moment(metadata=about("When, by the device's clock; else now"))
    checks = fields.Dict(
        keys=Text(),
        metadata=about(
            "What staff looked at: `boarding_pass` (`seen`, or what it says: `flight`, `date`, `destination`, `name_match`, and "
            "`confirmed` when staff let differences be), `age` (`adult`), `sealed_bag` (its serial number), `identity` (`seen`, or "
            "`document_number`, `residence`). Only what the point is set to keep is kept"
        ),
        error_messages={"invalid": "not_an_object"},
    )
    lines = fields.List(
        fields.Nested(lambda: GivenLineBody()),
        validate=validate.Length(1, 100, error="wrong_lines"),
        metadata=about("What is handed over, when that is not all; the rest is refunded"),
        error_messages={**MISSING, "invalid": "not_a_list"},
    )
    offline = Truth(load_default=False, metadata=about("Done without network, and reported now: `scanned_at` says when"))
    looked_at = Moment(metadata=about("When the parcel was first shown, by the device's clock"))


class GivenLineBody(Body):
    sku = text(32, "The product; or give the `position`", required=False)
    position = whole(0, 10**6, "The line's place in the order; or give the `sku`", strict=True, code="wrong_lines")
    quantity = whole(0, 10**6, "How many pieces", strict=True, required=True, code="wrong_quantity")

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: object) -> None:
        if ("sku" in data) == ("position" in data):
            raise ValidationError("sku_or_position")


class ManifestQuery(LanguageQuery):
    since = text(20, "`next` of the answer before; without it, everything", least=0, required=False)


class ParcelLine(Schema):
    sku = fields.String(required=True)
    position = fields.Integer(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)
    picture = fields.String(required=True, allow_none=True)


class Parcel(Schema):
    number = fields.String(required=True)
    traveller_name = fields.String(required=True)
    flight = fields.String(required=True)
    departs_at = fields.AwareDateTime(required=True)
    final_destination = fields.String(required=True)
    point = fields.String(required=True)
    total = fields.Nested(Money, required=True)
    lines = fields.List(fields.Nested(ParcelLine), required=True)
    slot = fields.String(required=True, allow_none=True, metadata=about("Where it lies on the shelf"))
    big = fields.Boolean(required=True, metadata=about("So large that it is worth a second look"))
    connection = fields.Boolean(required=True, metadata=about("The journey goes on from the flight's destination"))


class CheckToMake(Schema):
    kind = fields.String(required=True, validate=validate.OneOf([str(kind) for kind in CheckKind]))
    hints = fields.List(
        fields.String(),
        required=True,
        metadata=about("`adult`, `minor`, `age_unknown`; or what differs: `flight`, `date`, `destination`, `name`; "
                       "of `identity` the fields to send, because the point keeps them: `document_number`, `residence`; "
                       "`not_scanned`: only a label led here, scan the pickup code or the boarding pass"),
    )


class FoundParcel(Schema):
    number = fields.String(required=True)
    initials = fields.String(required=True)
    slot = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    point = fields.String(required=True)


class MissingPieces(Schema):
    position = fields.Integer(required=True)
    quantity = fields.Integer(required=True)


class Undone(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    undone_at = fields.AwareDateTime(required=True)


class ManifestPoint(Schema):
    unpacked = fields.Boolean(required=True, metadata=about("A paid order may be handed over before it is ready"))
    early = fields.Boolean(required=True, metadata=about("Also before `f`"))


class ManifestParcel(Schema):
    c = fields.String(required=True, metadata=about("The pickup code"))
    s = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    n = fields.String(metadata=about("The order's number, as on the label"))
    i = fields.String(metadata=about("The traveller's initials"))
    v = fields.String(metadata=about("The flight"))
    d = fields.Date(metadata=about("The day of the flight, at its airport"))
    lines = fields.List(fields.List(fields.Raw()), data_key="l", metadata=about("[name, quantity] of each line"))
    f = fields.AwareDateTime(metadata=about("Can be collected from then"))
    u = fields.AwareDateTime(metadata=about("Can be collected until then"))
    slot = fields.String()
    k = fields.List(fields.List(fields.String()), metadata=about("The checks it needs: [kind, hint …] each"))
    b = fields.Integer(metadata=about("1: a big order"))
    r = fields.String(validate=validate.OneOf([str(s) for s in RefundState]), metadata=about("Its refund state"))
    p = fields.String(metadata=about("Its point, for a device that serves all"))


class Manifest(Schema):
    now = fields.AwareDateTime(required=True)
    point = fields.String(required=True, allow_none=True)
    public_key = fields.String(required=True, metadata=about("Ed25519, 32 bytes as base64url: checks the seals of pickup tokens"))
    full = fields.Boolean(required=True, metadata=about("Everything there is: forget what was known before"))
    points = fields.Dict(keys=fields.String(), values=fields.Nested(ManifestPoint), required=True)
    parcels = fields.List(fields.Nested(ManifestParcel), required=True)
    gone = fields.List(fields.String(), required=True, metadata=about("Codes that are no longer good here"))
    next = fields.String(required=True, metadata=about("The `since` of the next call"))


class ScanAnswer(Schema):
    outcome = fields.String(required=True, validate=validate.OneOf([str(name) for name in Name]))
    order = fields.Nested(Parcel)
    at = fields.AwareDateTime(metadata=about("collected, already_collected: when"))
    by = fields.String(metadata=about("already_collected: the device that handed over"))
    collect_from = fields.AwareDateTime(metadata=about("wrong_day: when it can be collected"))
    forged = fields.Boolean(metadata=about("unknown: a token that this shop did not make"))
    looked_for = fields.String(
        validate=validate.OneOf([str(by) for by in FoundBy]), metadata=about("unknown: what led to no parcel, when it was no code")
    )
    checks = fields.List(fields.Nested(CheckToMake), metadata=about("needs_check: what is still to be looked at"))
    parcels = fields.List(
        fields.Nested(FoundParcel),
        metadata=about("needs_check, without `order`: the boarding pass fits several; ask again with the `number` of one"),
    )
    missing = fields.List(fields.Nested(MissingPieces), metadata=about("collected in part: the pieces that are refunded"))
    undone_at = fields.AwareDateTime(metadata=about("collected, and taken back since"))
