"""Whether, and how, a traveller can be reached: do they follow, may we write, is there an address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.messaging import windows
from shop.messaging.models import Message
from shop.messaging.rules import Follower
from shop.messaging.states import Channel, MessageState
from shop.messaging.windows import Contact, Happened, Window
from shop.orders.models import Order
from shop.people.models import Traveller

MESSAGES: Any = Message.__table__
ORDERS: Any = Order.__table__
TRAVELLERS: Any = Traveller.__table__
LONGEST = timedelta(hours=48)
M = MessageState
WENT_OUT = tuple(state.value for state in (M.ACCEPTED, M.DELIVERED, M.UNKNOWN, M.SENDING))


@dataclass(frozen=True, slots=True)
class Person:
    """A traveller as somebody to write to. `erased`: there is nobody any more."""

    openid: str
    erased: bool
    follower: Follower
    window: Window
    email: str | None = None


def person(traveller_id: int, now: datetime) -> Person | None:
    """What is known of them now, in two statements."""
    with reading() as session:
        row = session.execute(
            select(TRAVELLERS, _last_payment(traveller_id, now)).where(TRAVELLERS.c.id == traveller_id)
        ).first()
        if row is None:
            return None
        contacts = _contacts(row)
        sent = _sent(session, traveller_id, min((at for _, at in contacts), default=now))
    happened = [Happened(contact, at, sum(one >= at for one in sent)) for contact, at in contacts]
    return Person(row.openid, row.erased_at is not None, Follower.UNKNOWN, windows.window(happened, now))


def _last_payment(traveller_id: int, now: datetime) -> Any:
    """Their last payment to this account's merchant, which lets us write for two days."""
    return (
        select(func.max(ORDERS.c.paid_at))
        .where(ORDERS.c.traveller_id == traveller_id, ORDERS.c.paid_at > now - LONGEST)
        .scalar_subquery()
        .label("last_paid_at")
    )


def _contacts(row: Any) -> list[tuple[Contact, datetime]]:
    return [(Contact.PAYMENT, row.last_paid_at)] if row.last_paid_at else []


def _sent(session: Session, traveller_id: int, since: datetime) -> list[datetime]:
    """When customer-service messages went out to them, or may have."""
    at = func.coalesce(MESSAGES.c.sent_at, MESSAGES.c.planned_at)
    rows = session.scalars(
        select(at).where(
            MESSAGES.c.traveller_id == traveller_id, MESSAGES.c.channel == Channel.CUSTOMER_SERVICE.value,
            MESSAGES.c.state.in_(WENT_OUT), MESSAGES.c.planned_at > since - LONGEST,
        )
    )  # fmt: skip
    return list(rows)
