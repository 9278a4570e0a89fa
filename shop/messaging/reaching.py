"""Whether, and how, a traveller can be reached: do they follow, may we write, is there an address."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import reading, transaction
from shop.base.ids import TravellerId
from shop.chat.models import ChatEntry
from shop.chat.states import Outcome, Way
from shop.messaging import windows
from shop.messaging.models import MailAddress, Message
from shop.messaging.rules import Follower
from shop.messaging.states import Channel, MessageState, Reason
from shop.messaging.windows import Contact, Happened, Window
from shop.orders.models import Order
from shop.people import following
from shop.people.follower_models import Follower as FollowerRow
from shop.people.models import Traveller

MESSAGES: Any = Message.__table__
ADDRESSES: Any = MailAddress.__table__
ORDERS: Any = Order.__table__
TRAVELLERS: Any = Traveller.__table__
FOLLOWERS: Any = FollowerRow.__table__
ENTRIES: Any = ChatEntry.__table__
LONGEST = timedelta(hours=48)
REMEMBERED = timedelta(days=7)  # that somebody does not want our notices
M = MessageState
WENT_OUT = tuple(state.value for state in (M.ACCEPTED, M.DELIVERED, M.UNKNOWN, M.SENDING))


class Person(Struct, frozen=True):
    """A traveller as somebody to write to. `erased`: there is nobody any more."""

    openid: str
    erased: bool
    follower: Follower
    window: Window
    email: str | None = None


def person(traveller_id: int, now: datetime) -> Person | None:
    """What is known of them now, in three statements."""
    with reading() as session:
        row = session.execute(
            select(TRAVELLERS, _last_payment(traveller_id, now), ADDRESSES.c.address, *_FOLLOWS, _refused_at(traveller_id, now))
            .outerjoin(ADDRESSES, _CONFIRMED)
            .outerjoin(FOLLOWERS, and_(FOLLOWERS.c.app_id == TRAVELLERS.c.app_id, FOLLOWERS.c.openid == TRAVELLERS.c.openid))
            .where(TRAVELLERS.c.id == traveller_id)
        ).first()
        if row is None:
            return None
        contacts = _contacts(row, now)
        since = min((at for _, at in contacts), default=now)
        sent = _sent(session, traveller_id, row.follower_id, since) if contacts else []
    happened = [Happened(contact, at, sum(one >= at for one in sent)) for contact, at in contacts]
    return Person(row.openid, row.erased_at is not None, _follower(row), windows.window(happened, now), row.address)


def _follower(row: Any) -> Follower:
    if row.follower_id is None:
        return Follower.UNKNOWN
    if not row.follows:
        return Follower.NO
    refused: datetime | None = row.refused_at
    return Follower.BLOCKS if refused is not None and refused > row.changed_at else Follower.YES


_CONFIRMED = and_(ADDRESSES.c.traveller_id == TRAVELLERS.c.id, ADDRESSES.c.confirmed_at.is_not(None), ADDRESSES.c.address != "")
_MOMENTS = {"message_at": Contact.MESSAGE, "menu_at": Contact.MENU, "scan_at": Contact.SCAN, "followed_at": Contact.FOLLOW}
_FOLLOWS = (FOLLOWERS.c.id.label("follower_id"), FOLLOWERS.c.follows, FOLLOWERS.c.changed_at, *(FOLLOWERS.c[name] for name in _MOMENTS))


def _refused_at(traveller_id: int, now: datetime) -> Any:
    """When WeChat last said that they do not want our notices, if no notice has arrived since; after a week it is tried again."""
    return (
        select(case((MESSAGES.c.reason == Reason.BLOCKED.value, MESSAGES.c.done_at)))
        .where(
            MESSAGES.c.traveller_id == traveller_id, MESSAGES.c.channel == Channel.TEMPLATE.value, MESSAGES.c.done_at > now - REMEMBERED,
            MESSAGES.c.state.in_((M.DELIVERED.value, M.FAILED.value)),
        )
        .order_by(MESSAGES.c.done_at.desc(), MESSAGES.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("refused_at")
    )  # fmt: skip


def _last_payment(traveller_id: int, now: datetime) -> Any:
    """Their last payment to this account's merchant, which lets us write for two days."""
    return (
        select(func.max(ORDERS.c.paid_at))
        .where(ORDERS.c.traveller_id == traveller_id, ORDERS.c.paid_at > now - LONGEST)
        .scalar_subquery()
        .label("last_paid_at")
    )


def _contacts(row: Any, now: datetime) -> list[tuple[Contact, datetime]]:
    found = [(contact, getattr(row, name)) for name, contact in _MOMENTS.items()] + [(Contact.PAYMENT, row.last_paid_at)]
    return [(contact, at) for contact, at in found if at is not None and at > now - LONGEST]


def _sent(session: Session, traveller_id: int, follower_id: int | None, since: datetime) -> list[datetime]:
    """When we wrote into their chat, or may have: messages, and answers."""
    at = func.coalesce(MESSAGES.c.sent_at, MESSAGES.c.planned_at)
    told = select(at).where(
        MESSAGES.c.traveller_id == traveller_id, MESSAGES.c.channel == Channel.CUSTOMER_SERVICE.value, MESSAGES.c.state.in_(WENT_OUT),
        at >= since,
    )  # fmt: skip
    answered = select(ENTRIES.c.at).where(
        ENTRIES.c.follower_id == follower_id, ENTRIES.c.way == Way.OUT.value, ENTRIES.c.outcome != Outcome.REFUSED.value,
        ENTRIES.c.at >= since,
    )  # fmt: skip
    return [*session.scalars(told), *(session.scalars(answered) if follower_id is not None else ())]


def has_mail(session: Session, traveller_id: int) -> bool:
    """Whether they have confirmed an address for mail."""
    mine = (ADDRESSES.c.traveller_id == traveller_id, ADDRESSES.c.confirmed_at.is_not(None), ADDRESSES.c.address != "")
    return session.scalar(select(ADDRESSES.c.traveller_id).where(*mine)) is not None


def note_leaving(traveller_id: int, now: datetime) -> None:
    """WeChat said that they do not follow, which we had not heard."""
    with suppress(IntegrityError), transaction() as session:  # somebody else hears of them at this very moment
        row = session.execute(select(TRAVELLERS.c.app_id, TRAVELLERS.c.openid).where(TRAVELLERS.c.id == traveller_id)).first()
        if row is not None:
            following.heard(session, row.app_id, row.openid, following.Contact.LEAVE, now)


def follows(traveller_id: TravellerId) -> bool:
    """Whether we know that they follow the account: who does not is asked to."""
    found = following.follower_of(traveller_id)
    return found is not None and found.follows
