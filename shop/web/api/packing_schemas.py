"""What may be sent to the packing calls, and what they answer."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shop.orders.states import OrderState, RefundState
from shop.payments.states import RefundStage
from shop.pickup.packing_rules import Light, ParcelState
from shop.web.api.reading import Body, about, text, whole
from shop.web.api.schemas import CODE, LanguageQuery, Money, Truth

MOST_PIECES = 10_000
SLOT = "Where the parcel lies; needed where the pickup point has a shelf, ignored where it has none"


class PackingQuery(LanguageQuery):
    """The language of product names."""


class MakeWavesBody(Body):
    point = text(16, "Only this pickup point; else every one of this device's", pattern=CODE, required=False)


class PieceBody(Body):
    ean = text(40, "What was scanned: EAN, UPC or GTIN-14")
    scan_id = text(
        64, "The device's own id of this scan; the same id counts once", pattern="[0-9A-Za-z_-]{8,64}", code="wrong_scan_id"
    )
    remove = Truth(load_default=False, metadata=about("Take one piece out again"))


class ReadyBody(Body):
    slot = text(32, SLOT, required=False, allow_none=True)
    by_hand = Truth(
        load_default=True,
        metadata=about("Somebody says that all is in the parcel; `false`: refused until every piece was scanned"),
    )


class ShortageBody(Body):
    sku = text(32, "The product; or give the `position`", required=False)
    position = whole(0, 10**6, "The line's place in the order; or give the `sku`", strict=True, code="wrong_article")
    quantity = whole(1, MOST_PIECES, "How many pieces", strict=True, required=True, code="wrong_quantity")

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: object) -> None:
        if ("sku" in data) == ("position" in data):
            raise ValidationError("sku_or_position")


def _light() -> fields.String:
    words = about("How urgent: `red` in the last quarter of an hour and after, `amber` in the last hour")
    return fields.String(required=True, validate=validate.OneOf([str(one) for one in Light]), metadata=words)


def _moment(words: str, **more: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(required=True, metadata=about(words), **more)


class Wave(Schema):
    id = fields.Integer(required=True)
    point = fields.String(required=True)
    departs_from = _moment("First departure of the flight bank")
    departs_to = _moment("Last departure of the flight bank")
    flights = fields.List(fields.String(), required=True)
    orders = fields.Integer(required=True)
    left = fields.Integer(required=True, metadata=about("Orders that are not packed yet"))
    pieces_left = fields.Integer(required=True)
    due = _moment("When the first parcel has to be on the shelf; null when all are packed", allow_none=True)
    light = _light()


class WaveList(Schema):
    items = fields.List(fields.Nested(Wave), required=True)
    next = fields.String(required=True, allow_none=True, metadata=about("Always null: these are all"))


class PiecesOfOrder(Schema):
    number = fields.String(required=True)
    quantity = fields.Integer(required=True)


class PickLine(Schema):
    location = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True)
    ean = fields.String(required=True)
    name = fields.String(required=True)
    total = fields.Integer(required=True)
    orders = fields.List(fields.Nested(PiecesOfOrder), required=True)


class PickList(Schema):
    wave = fields.Integer(required=True)
    point = fields.String(required=True)
    departs_from = _moment("First departure")
    departs_to = _moment("Last departure")
    orders = fields.Integer(required=True)
    pieces = fields.Integer(required=True)
    lines = fields.List(fields.Nested(PickLine), required=True, metadata=about("Along the shelves"))


class DueOrder(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    initials = fields.String(required=True)
    flight = fields.String(required=True)
    departs_at = _moment("Departure")
    point = fields.String(required=True)
    wave = fields.Integer(required=True, allow_none=True)
    slot = fields.String(required=True, allow_none=True)
    pieces = fields.Integer(required=True)
    packed = fields.Integer(required=True)
    due = _moment("When the parcel has to be on the shelf")
    minutes_left = fields.Integer(required=True, metadata=about("Below zero when it is late"))
    light = _light()


class DueList(Schema):
    items = fields.List(fields.Nested(DueOrder), required=True)
    next = fields.String(required=True, allow_none=True, metadata=about("Always null: these are all"))


class LineToPack(Schema):
    position = fields.Integer(required=True)
    sku = fields.String(required=True)
    ean = fields.String(required=True)
    name = fields.String(required=True)
    picture = fields.String(required=True, allow_none=True)
    location = fields.String(required=True, allow_none=True)
    wanted = fields.Integer(required=True)
    packed = fields.Integer(required=True, metadata=about("May be more than `wanted` when pieces were refunded meanwhile"))


class PackedParcel(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    refund_state = fields.String(required=True, validate=validate.OneOf([str(s) for s in RefundState]))
    parcel = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([str(s) for s in ParcelState]),
        metadata=about("Null before anybody planned it"),
    )  # fmt: skip
    slot = fields.String(required=True, allow_none=True)
    proposed_slot = fields.String(required=True, allow_none=True, metadata=about("Where it should go; null: all are full, or no shelf"))
    point = fields.String(required=True)
    initials = fields.String(required=True)
    flight = fields.String(required=True)
    departs_at = _moment("Departure")
    due = _moment("When the parcel has to be on the shelf")
    wave = fields.Integer(required=True, allow_none=True)
    complete = fields.Boolean(required=True)
    label = fields.String(required=True, metadata=about("The text of the QR picture on the parcel's label"))
    lines = fields.List(fields.Nested(LineToPack), required=True)


class Counted(Schema):
    sku = fields.String(required=True)
    position = fields.Integer(required=True)
    packed = fields.Integer(required=True)
    wanted = fields.Integer(required=True)
    missing = fields.Integer(required=True, metadata=about("Pieces of the whole parcel that are not in it yet"))


class Shortage(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    refund = fields.String(required=True, metadata=about("Its number at WeChat Pay, `out_refund_no`"))
    amount = fields.Nested(Money, required=True)
    refund_state = fields.String(required=True, validate=validate.OneOf([str(s) for s in RefundStage]))


class Emptied(Schema):
    number = fields.String(required=True)
    parcel = fields.String(required=True, validate=validate.OneOf([str(s) for s in ParcelState]))
