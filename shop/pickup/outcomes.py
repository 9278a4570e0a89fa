"""What a scan can mean. All of these are ordinary answers at the counter."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shop.base.money import Money


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


@dataclass(frozen=True, slots=True)
class ParcelLine:
    sku: str
    name: dict[str, str]
    picture: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """What counter staff see of an order: enough to find and check the bag, no more of the traveller than the name."""

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


@dataclass(frozen=True, slots=True)
class Collected:
    """Handed over by this scan (or, after `look`, it would be)."""

    parcel: Parcel
    at: datetime
    name: Name = field(default=Name.COLLECTED, init=False)


@dataclass(frozen=True, slots=True)
class AlreadyCollected:
    parcel: Parcel
    at: datetime
    by: str
    name: Name = field(default=Name.ALREADY_COLLECTED, init=False)


@dataclass(frozen=True, slots=True)
class NotReady:
    """Paid, but still being packed."""

    parcel: Parcel
    name: Name = field(default=Name.NOT_READY, init=False)


@dataclass(frozen=True, slots=True)
class NotPaid:
    parcel: Parcel
    name: Name = field(default=Name.NOT_PAID, init=False)


@dataclass(frozen=True, slots=True)
class Cancelled:
    parcel: Parcel
    name: Name = field(default=Name.CANCELLED, init=False)


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money is going back or has gone back: nothing may be handed over."""

    parcel: Parcel
    name: Name = field(default=Name.REFUNDED, init=False)


@dataclass(frozen=True, slots=True)
class OtherPoint:
    """The parcel lies at another counter."""

    parcel: Parcel
    name: Name = field(default=Name.OTHER_POINT, init=False)


@dataclass(frozen=True, slots=True)
class WrongDay:
    """Too early: the order is for a later departure."""

    parcel: Parcel
    collect_from: datetime
    name: Name = field(default=Name.WRONG_DAY, init=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such code, or a token that we did not make (`forged`)."""

    forged: bool = False
    name: Name = field(default=Name.UNKNOWN, init=False)


@dataclass(frozen=True, slots=True)
class Revoked:
    name: Name = field(default=Name.REVOKED, init=False)


Outcome = (
    Collected | AlreadyCollected | NotReady | NotPaid | Cancelled | Refunded | OtherPoint | WrongDay | Unknown | Revoked
)
