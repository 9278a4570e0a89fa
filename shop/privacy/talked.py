"""What people say in the chat, and who follows the accounts: until when it is kept, and how it goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, not_, select
from sqlalchemy.orm import Session

from shop.chat import rules as chat_rules
from shop.chat.models import ChatEntry
from shop.people.follower_models import Follower
from shop.people.models import Traveller
from shop.privacy import rules

ENTRIES: Any = ChatEntry.__table__
FOLLOWERS: Any = Follower.__table__
TRAVELLERS: Any = Traveller.__table__
SAID = ("at", "way", "kind", "event", "key", "text", "outcome")


def entries_due(now: datetime, _years: int) -> Any:
    """Lines of conversations that are half a year old."""
    return ENTRIES.c.at < now - chat_rules.KEPT


def followers_due(now: datetime, _years: int) -> Any:
    """Followers who have done nothing for as long as a traveller is kept, and are no traveller: those go with the traveller."""
    same = and_(TRAVELLERS.c.app_id == FOLLOWERS.c.app_id, TRAVELLERS.c.openid == FOLLOWERS.c.openid)
    return and_(FOLLOWERS.c.last_at < now - rules.IDLE, not_(select(TRAVELLERS.c.id).where(same).exists()))


def forget_entries(session: Session, keys: Sequence[int], _now: datetime) -> None:
    """These lines go, in the caller's transaction."""
    session.execute(delete(ENTRIES).where(ENTRIES.c.id.in_(keys)))


def forget_followers(session: Session, keys: Sequence[int], _now: datetime | None = None) -> None:
    """These followers go, with what they said, in the caller's transaction."""
    session.execute(delete(ENTRIES).where(ENTRIES.c.follower_id.in_(keys)))
    session.execute(delete(FOLLOWERS).where(FOLLOWERS.c.id.in_(keys)))


def forget_traveller(session: Session, traveller_id: int) -> None:
    """What the account knows of a traveller who is erased, in the caller's transaction. WeChat still tells us when they write."""
    forget_followers(session, session.scalars(_of(traveller_id)).all())


def told(session: Session, traveller_id: int) -> Sequence[Any]:
    """What they said and were answered, oldest first."""
    mine = _of(traveller_id).scalar_subquery()
    return session.execute(select(*(ENTRIES.c[name] for name in SAID)).where(ENTRIES.c.follower_id == mine).order_by(ENTRIES.c.id)).all()


def _of(traveller_id: int) -> Any:
    return (
        select(FOLLOWERS.c.id)
        .join(TRAVELLERS, and_(TRAVELLERS.c.app_id == FOLLOWERS.c.app_id, TRAVELLERS.c.openid == FOLLOWERS.c.openid))
        .where(TRAVELLERS.c.id == traveller_id)
    )
