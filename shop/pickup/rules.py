"""What a scan means, from the facts of the order and the counter. Only answers."""

from dataclasses import dataclass
from datetime import datetime

from shop.orders.states import OrderState, RefundState
from shop.pickup.outcomes import Name

CANCELLED = {OrderState.CANCELLED, OrderState.EXPIRED, OrderState.NO_SHOW}
GIVEN = {OrderState.COLLECTED, OrderState.PARTLY_COLLECTED}


@dataclass(frozen=True, slots=True)
class Facts:
    """`here` is False when the device serves another point; `unpacked` and `early` say what the point allows."""

    state: OrderState
    refund_state: RefundState
    revoked: bool
    collected: bool
    here: bool
    unpacked: bool
    early: bool
    collect_from: datetime


def meaning(facts: Facts, now: datetime) -> Name:
    """The outcome a hand-over of this parcel has at this counter now; COLLECTED means it may be handed over.

    The order of the questions is the order in which a person at the counter needs the answers: gone already, money
    going back, void, unpaid, elsewhere, not yet.
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
    return Name.COLLECTED
