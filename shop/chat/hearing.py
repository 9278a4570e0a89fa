"""A push is written down, once, and announced; the rest is done by whoever hears it."""

import threading
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import is_postgresql, reading, transaction
from shop.base.outbox import announce
from shop.chat import events, rules
from shop.chat.keeping import keyworded, service_hours
from shop.chat.models import ChatEntry
from shop.chat.rules import About
from shop.chat.states import Outcome, Topic, Way
from shop.people import following
from shop.people.follower_models import Follower
from shop.people.following import Contact

ENTRIES: Any = ChatEntry.__table__
FOLLOWERS: Any = Follower.__table__
# SQLite lets one write at a time and has no queue for it: of many threads that try, one may wait for seconds.
_TURN = threading.Lock()
LONGEST_KEPT = 2000  # characters of what somebody writes

CONTACTS: Mapping[str, Contact] = {
    "subscribe": Contact.FOLLOW, "unsubscribe": Contact.LEAVE, "SCAN": Contact.SCAN, "CLICK": Contact.MENU, "VIEW": Contact.MENU,
    "kf_create_session": Contact.PERSON, "kf_switch_session": Contact.PERSON, "kf_close_session": Contact.PERSON_LEFT,
}  # fmt: skip


class Heard(Protocol):
    """What the account's gateway reads out of a push."""

    @property
    def app_id(self) -> str: ...
    @property
    def openid(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def scene(self) -> str: ...
    @property
    def mark(self) -> str: ...
    @property
    def sent_at(self) -> datetime: ...
    @property
    def more(self) -> Mapping[str, str]: ...


class Taken(Struct, frozen=True):
    """`new` False: it was written down before, and nothing was done. `hand_over`: answer that a person takes it."""

    new: bool
    hand_over: bool = False


def accept(push: Heard, now: datetime) -> Taken:
    """Write a push down and announce it, in one transaction; one that was sent again changes nothing, and locks nothing."""
    with reading() as session:
        before, turn = _before(session, push), nullcontext() if is_postgresql(session) else _TURN
    if before is not None:
        return before
    for last_try in (False, True):
        try:
            with turn, transaction() as session:
                return _accept(session, push, now)
        except IntegrityError:  # the same push, or the first one of this person, by another process at the same moment
            if last_try:
                raise
    raise AssertionError("unreachable")


def _before(session: Session, push: Heard) -> Taken | None:
    """What was answered to this very push before."""
    row = session.execute(select(ENTRIES.c.outcome).where(ENTRIES.c.mark == push.mark)).first()
    return None if row is None else Taken(new=False, hand_over=row.outcome == Outcome.HANDED_OVER)


def _accept(session: Session, push: Heard, now: datetime) -> Taken:
    if (before := _before(session, push)) is not None:
        return before
    contact = CONTACTS.get(push.event, Contact.OTHER) if push.kind == "event" else Contact.MESSAGE
    follower = following.heard(session, push.app_id, push.openid, contact, push.sent_at, scene=push.scene)
    about, outcome = _judge(session, push, follower, now)
    row = {
        "follower_id": follower, "mark": push.mark, "way": Way.IN.value, "kind": push.kind, "event": push.event, "at": push.sent_at,
        "key": (push.more.get("MsgID") or push.more.get("PublishEventInfo.publish_id") or about.number or push.key)[:200],
        "text": push.text[:LONGEST_KEPT] or None, "topic": about.topic.value, "answer_id": about.answer_id,
        "outcome": outcome.value if outcome else None,
    }  # fmt: skip
    entry: int = session.execute(insert(ENTRIES).values(row).returning(ENTRIES.c.id)).scalar_one()
    _announce(session, push, follower, entry, now)
    return Taken(new=True, hand_over=outcome is Outcome.HANDED_OVER)


def _judge(session: Session, push: Heard, follower: int, now: datetime) -> tuple[About, Outcome | None]:
    """What it is about, and whether one of us has it or gets it."""
    if push.kind == "event":
        topic = rules.of_key(push.key) if push.event == "CLICK" else Topic.WELCOME if push.event == "subscribe" else Topic.NONE
        return About(topic), None
    about = rules.about(push.text, keyworded(session)) if push.kind == "text" else About(Topic.NONE)
    since = session.execute(select(FOLLOWERS.c.with_person_at).where(FOLLOWERS.c.id == follower)).scalar()
    if rules.with_person(since, _handed_over_at(session, follower), now):
        return About(Topic.NONE, about.number), Outcome.WITH_PERSON
    if about.topic is Topic.PERSON and rules.open_at(service_hours(session), now):
        return about, Outcome.HANDED_OVER
    return about, None


def _handed_over_at(session: Session, follower: int) -> datetime | None:
    found: datetime | None = session.execute(
        select(ENTRIES.c.at)
        .where(ENTRIES.c.follower_id == follower, ENTRIES.c.outcome == Outcome.HANDED_OVER.value)
        .order_by(ENTRIES.c.id.desc())
        .limit(1)
    ).scalar()
    return found


def _announce(session: Session, push: Heard, follower: int, entry: int, now: datetime) -> None:
    facts: dict[str, Any] = {"entry": entry}
    name: str | None = None
    if push.kind != "event":
        name, facts["kind"] = events.MESSAGE_ARRIVED, push.kind
    elif push.event == "subscribe":
        name, facts["scene"] = events.FOLLOWED, push.scene
    elif push.event == "unsubscribe":
        name = events.UNFOLLOWED
    elif push.event == "SCAN":
        name, facts["scene"] = events.SCANNED, push.scene
    elif push.event == "CLICK":
        name, facts["key"] = events.CLICKED, push.key
    elif push.event == "VIEW":
        name, facts["url"] = events.VIEWED, push.key
    elif push.event == "TEMPLATESENDJOBFINISH":
        name, facts["msg_id"], facts["status"] = events.TEMPLATE_FINISHED, push.more.get("MsgID", ""), push.more.get("Status", "")
    elif push.event == "MASSSENDJOBFINISH":
        name = events.MASS_SEND_FINISHED
        facts |= {ours: push.more.get(theirs, "") for ours, theirs in _MASS_SENT.items()}
    elif push.event == "PUBLISHJOBFINISH":
        name = events.PUBLISH_FINISHED
        facts |= {ours: push.more.get(f"PublishEventInfo.{theirs}", "") for ours, theirs in _PUBLISHED.items()}
    if name is not None:
        announce(session, name, now, follower, **facts)


_MASS_SENT = {"msg_id": "MsgID", "status": "Status", "total": "TotalCount", "sent": "SentCount"}
_PUBLISHED = {
    "publish_id": "publish_id", "status": "publish_status", "article_id": "article_id", "url": "article_detail.item.article_url",
}  # fmt: skip
