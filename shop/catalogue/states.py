"""The life of a hold, as a table; the kinds of prices and pictures, and the reasons for which stock moves."""

from collections.abc import Mapping
from enum import StrEnum


class HoldState(StrEnum):
    """Which of the four numbers of stock a claim counts in."""

    HELD = "held"  # for an unpaid order
    ALLOCATED = "allocated"  # for a paid order
    HANDED_OVER = "handed_over"  # gone with the traveller
    RELEASED = "released"  # free again


H = HoldState
MOVES: Mapping[HoldState, frozenset[HoldState]] = {
    H.HELD: frozenset({H.ALLOCATED, H.RELEASED}),
    H.ALLOCATED: frozenset({H.HANDED_OVER, H.RELEASED}),
    H.HANDED_OVER: frozenset({H.ALLOCATED}),  # a hand-over that is undone
    H.RELEASED: frozenset({H.HELD}),  # a late payment revives the order when the stock is still there
}


class PriceKind(StrEnum):
    """For whom a price is: who leaves the EU buys duty free, others with duty and VAT paid."""

    DUTY_FREE = "duty_free"
    DUTY_PAID = "duty_paid"


class MovementReason(StrEnum):
    """Why the pieces on hand changed. The first two are written by the shop itself."""

    OPENING = "opening"  # what stood here when the ledger, or the product, began
    SHORTAGE = "shortage"  # found missing while an order was packed
    DELIVERY = "delivery"
    COUNT = "count"  # counted: the number on hand becomes what was counted
    DAMAGE = "damage"
    THEFT = "theft"
    SAMPLE = "sample"  # opened as a tester or given away
    CUSTOMER_RETURN = "customer_return"
    SUPPLIER_RETURN = "supplier_return"
    CORRECTION = "correction"


R = MovementReason
MORE = frozenset({R.DELIVERY, R.CUSTOMER_RETURN})  # what is booked is added
LESS = frozenset({R.DAMAGE, R.THEFT, R.SAMPLE, R.SUPPLIER_RETURN})  # what is booked is taken away
BY_PEOPLE = (R.DELIVERY, R.COUNT, R.DAMAGE, R.THEFT, R.SAMPLE, R.CUSTOMER_RETURN, R.SUPPLIER_RETURN, R.CORRECTION)


class PictureKind(StrEnum):
    """Which files there are of a picture, beside its stem."""

    WEBP = "webp"  # -360.webp and -720.webp: drawn for the example shop
    ORIGINAL = "original"  # .jpg: uploaded, its sizes are not made yet
    SIZES = "sizes"  # the original, and every width as AVIF, WebP and JPEG
