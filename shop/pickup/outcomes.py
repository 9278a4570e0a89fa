"""What a scan can mean. All of these are ordinary answers at the counter."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from shop.base.money import Money
from shop.orders.states import OrderState


class Name(StrEnum):
    """The stable names of the outcomes, for the API, the screens and the audit."""

    COLLECTED = "collected"
    ALREADY_COLLECTED = "already_collected"
    NOT_READY = "not_ready"
    NOT_PAID = "not_paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    OTHER_POINT = "other_point"
    WRONG_DAY = "wrong_day"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    NEEDS_CHECK = "needs_check"


class FoundBy(StrEnum):
    """What led to a parcel."""

    CODE = "pickup_code"
    LABEL = "parcel_label"
    PASS = "boarding_pass"  # noqa: S105 - a travel document


class CheckKind(StrEnum):
    """What staff look at before goods leave."""

    BOARDING_PASS = "boarding_pass"  # noqa: S105 - the name of a check
    AGE = "age"
    SEALED_BAG = "sealed_bag"
    IDENTITY = "identity"


class Check(Struct, frozen=True):
    """One thing to look at. `hints` are words for staff: of an age `adult`, `minor` (nothing can be done) or `age_unknown`, by
    the birth date of the order; of an identity the fields to write down, because the point keeps them; of a boarding pass what
    differs: `flight`, `date`, `destination`, `name`; or `not_scanned`: only the label led here, and neither a pickup code nor a
    pass of this traveller was shown yet."""

    kind: CheckKind
    hints: tuple[str, ...] = ()


class ParcelLine(Struct, frozen=True):
    sku: str
    name: dict[str, str]
    picture: str | None
    quantity: int
    position: int = 0


class Parcel(Struct, frozen=True):
    """What counter staff see of an order: enough to find and check the bag, no more of the traveller than the name.

    `slot` is where it lies on the shelf, while it lies there; `big` says that the point wants a second look at so large
    an order; `connection` that the journey goes on from the flight's destination; `total` what is left in it is worth.
    `proven`: a pickup code was shown (`by_code`), or a boarding pass that fits; without either, the parcel is only found.
    `on_pass` is what a pass says, in the words of `shop.pickup.checks`: it is sent back with the hand-over.
    """

    number: str
    code: str
    traveller_name: str
    flight_number: str
    departs_at: datetime
    tz: str
    final_destination: str
    total: Money
    point: str
    lines: tuple[ParcelLine, ...] = ()
    slot: str | None = None
    big: bool = False
    connection: bool = False
    proven: bool = True
    by_code: bool = True
    on_pass: Mapping[str, str] | None = None


class Collected(Struct, frozen=True):
    """Handed over by this scan (or, after `look`, it would be).

    `missing` are pieces that were not given and are refunded: (position, quantity). `undone_at`: the hand-over was taken
    back since; the parcel waits again.
    """

    parcel: Parcel
    at: datetime
    missing: tuple[tuple[int, int], ...] = ()
    undone_at: datetime | None = None
    name: ClassVar[Name] = Name.COLLECTED


class AlreadyCollected(Struct, frozen=True):
    """Gone, `at` this moment, `by` this device; `scan_id` of the scan that gave it, which may be taken back for a while."""

    parcel: Parcel
    at: datetime
    by: str
    scan_id: str | None = None
    name: ClassVar[Name] = Name.ALREADY_COLLECTED


class NotReady(Struct, frozen=True):
    """Paid, but still being packed."""

    parcel: Parcel
    name: ClassVar[Name] = Name.NOT_READY


class NotPaid(Struct, frozen=True):
    parcel: Parcel
    name: ClassVar[Name] = Name.NOT_PAID


class Cancelled(Struct, frozen=True):
    parcel: Parcel
    name: ClassVar[Name] = Name.CANCELLED


class Refunded(Struct, frozen=True):
    """Money is going back or has gone back: nothing may be handed over."""

    parcel: Parcel
    name: ClassVar[Name] = Name.REFUNDED


class OtherPoint(Struct, frozen=True):
    """The parcel lies at another counter."""

    parcel: Parcel
    name: ClassVar[Name] = Name.OTHER_POINT


class WrongDay(Struct, frozen=True):
    """Too early: the order is for a later departure."""

    parcel: Parcel
    collect_from: datetime
    name: ClassVar[Name] = Name.WRONG_DAY


class Unknown(Struct, frozen=True):
    """No such code, or a token that we did not make (`forged`). `looked_for`: what it was, when it was no code."""

    forged: bool = False
    looked_for: FoundBy | None = None
    name: ClassVar[Name] = Name.UNKNOWN


class Revoked(Struct, frozen=True):
    name: ClassVar[Name] = Name.REVOKED


class NeedsCheck(Struct, frozen=True):
    """Everything else is as it should be; these are still to be looked at, and the scan sent again (with an id of its own)."""

    parcel: Parcel
    checks: tuple[Check, ...]
    name: ClassVar[Name] = Name.NEEDS_CHECK


class Candidate(Struct, frozen=True):
    """One of several parcels that a boarding pass may be for. `on_pass` as in Parcel."""

    number: str
    initials: str
    slot: str | None
    state: OrderState
    point: str
    on_pass: Mapping[str, str]


class Several(Struct, frozen=True):
    """A boarding pass that fits more than one parcel: somebody has to say which."""

    parcels: tuple[Candidate, ...]
    name: ClassVar[Name] = Name.NEEDS_CHECK


Outcome = (
    Collected | AlreadyCollected | NotReady | NotPaid | Cancelled | Refunded | OtherPoint | WrongDay | Unknown | Revoked
    | NeedsCheck | Several
)  # fmt: skip
