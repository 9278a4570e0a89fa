"""What a scan means, from the facts of the order and the counter. Only answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.orders.states import OrderState, RefundState
from shop.pickup.outcomes import Name

CANCELLED = {OrderState.CANCELLED, OrderState.EXPIRED, OrderState.NO_SHOW}
GIVEN = frozenset({OrderState.COLLECTED, OrderState.PARTLY_COLLECTED})
UNDO_WITHIN = timedelta(minutes=15)
OFFLINE_AT_MOST = timedelta(days=3)  # an older time of a device is not believed


class WrongLines(ShopError):
    """Pieces that the parcel does not hold, or none at all."""

    kind, code = Kind.INVALID, "wrong_lines"


class NotYourHandOver(ShopError):
    """Another device handed over: it, or a supervisor's, undoes that."""

    kind, code = Kind.FORBIDDEN, "not_your_hand_over"


class TooLateToUndo(ShopError):
    """15 minutes have passed; for a supervisor, the day."""

    kind, code = Kind.REFUSED, "too_late_to_undo"


class Facts(Struct, frozen=True):
    """`here` is False when the device serves another point; `unpacked` and `early` say what the point allows.

    `unchecked`: something that this hand-over needs has not been looked at. `by_code`: the pickup code was shown; without it
    `pass_fits` says whether a boarding pass of this flight and traveller was (`checks.proves`).
    """

    state: OrderState
    refund_state: RefundState
    revoked: bool
    collected: bool
    here: bool
    unpacked: bool
    early: bool
    collect_from: datetime
    unchecked: bool = False
    by_code: bool = True
    pass_fits: bool = False


def meaning(facts: Facts, now: datetime) -> Name:
    """The outcome a hand-over of this parcel has at this counter now; COLLECTED means it may be handed over.

    The order of the questions is the order in which a person at the counter needs the answers: gone already, money
    going back, void, unpaid, elsewhere, not yet. A label only finds a parcel: it never hands one over.
    """
    if facts.collected or facts.state in GIVEN:
        return Name.ALREADY_COLLECTED
    if facts.refund_state is RefundState.REFUNDED or (facts.state in CANCELLED and facts.refund_state is not RefundState.NONE):
        return Name.REFUNDED
    if facts.state in CANCELLED:
        return Name.CANCELLED
    if facts.revoked:
        return Name.REVOKED
    if facts.state is OrderState.AWAITING_PAYMENT:
        return Name.NOT_PAID
    if not facts.here:
        return Name.OTHER_POINT
    if facts.state is not OrderState.READY and not (facts.state is OrderState.PAID and facts.unpacked):
        return Name.NOT_READY
    if now < facts.collect_from and not facts.early:
        return Name.WRONG_DAY
    if facts.unchecked or not (facts.by_code or facts.pass_fits):
        return Name.NEEDS_CHECK
    return Name.COLLECTED


def happened_at(scanned_at: datetime, now: datetime, *, offline: bool) -> datetime:
    """When the goods left: now, or for a scan made without network the device's time, as far as that can be."""
    if offline and now - OFFLINE_AT_MOST < scanned_at < now:
        return scanned_at
    return now


def pieces_given(left: Mapping[int, int], wanted: Mapping[int, int]) -> dict[int, int]:
    """The pieces of each position that are handed over, of those that are `left`. Raises WrongLines."""
    given = {position: quantity for position, quantity in wanted.items() if quantity}
    if not given or any(not 0 < quantity <= left.get(position, 0) for position, quantity in given.items()):
        raise WrongLines(fields={"lines": ["wrong_lines"]})
    return given


def check_undo(*, own: bool, supervisor: bool, done_at: datetime, now: datetime, zone: tzinfo) -> None:
    """Who handed over may take it back for 15 minutes, a supervisor on the same day of the airport. Raises
    NotYourHandOver, TooLateToUndo."""
    same_day = now.astimezone(zone).date() == done_at.astimezone(zone).date()
    if (own and now - done_at <= UNDO_WITHIN) or (supervisor and same_day):
        return
    if not own and not supervisor:
        raise NotYourHandOver
    raise TooLateToUndo
