"""What packers scan and type: parcel labels, order numbers, products; as forms and as values."""

import re
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from marshmallow.validate import Length, Range, Regexp

from shop.base import clock
from shop.base.errors import Kind, ShopError
from shop.orders.queries import NoSuchOrder
from shop.pickup import scan_box
from shop.pickup.packing import Packer
from shop.pickup.scan_box import ParcelLabel, PickupCodeTyped
from shop.web.counter.forms import WORDS
from shop.web.guards import known_device
from shop.web.wiring import settings

MOST_PIECES = 10_000
LARGEST_KEY = 2**31 - 1  # of a wave, in every database
KEY = r"[0-9A-Za-z_-]{8,64}\Z"


class NotALabel(ShopError):
    """Neither a parcel's label nor an order number."""

    kind, code = Kind.INVALID, "not_a_label"


class WrongForm(ShopError):
    """A field is missing, or holds what cannot be; `fields` says which."""

    kind, code = Kind.INVALID, "wrong_value"


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


def _key() -> Any:
    """An id that our page or its script made up, so that what is sent twice is done once."""
    return fields.String(
        required=True, validate=Regexp(KEY, error="wrong_value"), error_messages={**WORDS, "required": "wrong_value"}
    )


def _number(least: int, most: int = MOST_PIECES, **more: Any) -> Any:
    return fields.Integer(validate=Range(least, most, error="wrong_value"), error_messages=WORDS, **more)


class PieceForm(_Form):
    """A product that was scanned into the parcel, or with `out` taken out of it."""

    ean = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)
    scan_id = _key()
    out = fields.String(load_default="")


class CountForm(_Form):
    """So many pieces of a line lie in the parcel."""

    position = _number(0, required=True)
    packed = _number(0, required=True)


class FinishForm(_Form):
    """The parcel is complete. `by_hand`: somebody says so, whatever was scanned."""

    slot = fields.String(load_default="")
    by_hand = fields.String(load_default="")


class SlotForm(_Form):
    """The parcel lies somewhere else now."""

    slot = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)


class ShortageForm(_Form):
    """Pieces that cannot be found."""

    position = _number(0, required=True)
    quantity = _number(1, required=True)


class ConfirmedShortageForm(ShortageForm):
    """The same, read again with its amount."""

    key = _key()
    seen = fields.String(load_default="")


PIECE, COUNT, FINISH, SLOT = PieceForm(), CountForm(), FinishForm(), SlotForm()
SHORTAGE, CONFIRMED_SHORTAGE = ShortageForm(), ConfirmedShortageForm()


def packer() -> Packer:
    """Who packs on this device."""
    return Packer.with_device(known_device())


def number_of(text: str) -> str:
    """The order that a label's scan, or a typed number, means. Raises NotALabel."""
    scanned = scan_box.what_is(text, settings().secret_key, clock.now().date())
    if isinstance(scanned, ParcelLabel):
        return scanned.order_number
    if isinstance(scanned, PickupCodeTyped) and scan_box.NUMBER.fullmatch(scanned.code):
        return scanned.code  # ten letters are written alike, whether they are a pickup code or an order number
    raise NotALabel(fields={"code": ["not_a_label"]})


def label_in(text: str) -> str | None:
    """The order whose label was scanned where a product was expected."""
    scanned = scan_box.what_is(text, settings().secret_key, clock.now().date())
    return scanned.order_number if isinstance(scanned, ParcelLabel) else None


def checked_number(number: str) -> str:
    """The order number in an address. Raises NoSuchOrder for what cannot be one."""
    plain = number.strip().upper()
    if not scan_box.NUMBER.fullmatch(plain):
        raise NoSuchOrder
    return plain


def ean_of(text: str) -> str:
    """An article's number without what a scanner puts around it."""
    return re.sub(scan_box.AIM_BEFORE, "", re.sub(scan_box.NOT_TEXT, "", text))
