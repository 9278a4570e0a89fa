"""Questions about conversations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select

from shop.base.db import reading
from shop.chat.models import ChatEntry
from shop.chat.states import Outcome, Way
from shop.people import following
from shop.people.follower_models import Follower
from shop.people.following import FollowerView

ENTRIES: Any = ChatEntry.__table__
MOST = 200  # lines of a conversation on a page, and conversations in the list


class Entry(Struct, frozen=True):
    id: int
    way: Way
    kind: str
    event: str
    key: str
    text: str | None
    at: datetime
    topic: str
    outcome: Outcome | None
    said: str | None


class Conversation(Struct, frozen=True):
    """`entries` are the newest MOST, oldest first; `count` is of all there are."""

    follower: FollowerView
    count: int
    entries: tuple[Entry, ...]


class Listed(Struct, frozen=True):
    """A conversation in the list: the last line of theirs, and how many there are."""

    follower: FollowerView
    count: int
    last: Entry


_COLUMNS = [ENTRIES.c[name] for name in Entry.__struct_fields__]


def _entry(row: Any) -> Entry:
    outcome = Outcome(row.outcome) if row.outcome else None
    return Entry(row.id, Way(row.way), row.kind, row.event, row.key, row.text, row.at, row.topic, outcome, row.said)


def conversation(follower_id: int, limit: int = MOST) -> Conversation:
    """One conversation, in three statements. Raises NoSuchFollower."""
    follower = following.follower(follower_id)
    mine = ENTRIES.c.follower_id == follower_id
    with reading() as session:
        count = session.scalar(select(func.count()).select_from(ENTRIES).where(mine)) or 0
        rows = session.execute(select(*_COLUMNS).where(mine).order_by(ENTRIES.c.id.desc()).limit(limit)).all()
    return Conversation(follower, count, tuple(_entry(row) for row in reversed(rows)))


def conversations(limit: int = 50, before: int | None = None) -> list[Listed]:
    """The conversations in which somebody wrote or tapped something, the newest first, in two statements."""
    found = (
        select(ENTRIES.c.follower_id, func.max(ENTRIES.c.id).label("last"), func.count().label("count"))
        .where(ENTRIES.c.way == Way.IN.value, (ENTRIES.c.kind != "event") | (ENTRIES.c.event == "CLICK"))
        .group_by(ENTRIES.c.follower_id)
        .subquery()
    )
    wanted = select(*_COLUMNS, found.c.follower_id, found.c.count).join(found, found.c.last == ENTRIES.c.id)
    if before is not None:
        wanted = wanted.where(ENTRIES.c.id < before)
    with reading() as session:
        rows: Sequence[Any] = session.execute(wanted.order_by(ENTRIES.c.id.desc()).limit(limit)).all()
    people = following.followers([row.follower_id for row in rows])
    return [Listed(people[row.follower_id], row.count, _entry(row)) for row in rows]


def answers_since(app_id: str, openid: str, since: datetime) -> list[datetime]:
    """When answers of the chat went out to somebody, or may have: WeChat counts them with other customer-service messages."""
    went = (Outcome.SENT.value, Outcome.UNCERTAIN.value, Outcome.SENDING.value)
    wanted = (
        select(ENTRIES.c.at)
        .join(Follower, Follower.id == ENTRIES.c.follower_id)
        .where(Follower.app_id == app_id, Follower.openid == openid)
        .where(ENTRIES.c.way == Way.OUT.value, ENTRIES.c.outcome.in_(went), ENTRIES.c.at >= since)
    )
    with reading() as session:
        return list(session.scalars(wanted))
