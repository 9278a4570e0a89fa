"""What somebody is answered in the chat: looked up here, worded at the door, sent at most once.

An answer is claimed before it is sent. When WeChat does not say whether it arrived it is not sent again: a lost answer is asked
for once more, a doubled one looks broken.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.base.db import reading, transaction
from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.chat import keeping, rules
from shop.chat.models import ChatEntry
from shop.chat.states import Outcome, Topic, Way
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.gateways.official_account import AccountError, AccountUnavailable
from shop.orders import queries as orders
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.people import following
from shop.people.following import FollowerView
from shop.pickup import queries as pickup

LOG = structlog.get_logger("shop.chat")
ENTRIES: Any = ChatEntry.__table__
LIVING = (OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.PACKING, OrderState.READY)
SHOWN = 3  # orders in one answer
NEVER_ANSWERED = frozenset({Topic.NONE})
AT_ONCE = frozenset({Outcome.HANDED_OVER, Outcome.WITH_PERSON})


class Told(Struct, frozen=True):
    """One of the traveller's own orders, with the code to collect it by, once there is one."""

    order: OrderView
    code: str | None


class Reply(Struct, frozen=True):
    """What to say; the words are the door's. `number`: an order they asked for by its number and that is theirs or nobody's.

    `known`: they have signed in to the shop. `person`: one of us reads along now; `hours`: when somebody does.
    """

    topic: Topic
    known: bool
    orders: tuple[Told, ...] = ()
    points: tuple[Point, ...] = ()
    number: str = ""
    person: bool = False
    hours: Mapping[str, Any] | None = None
    texts: Mapping[str, str] | None = None


Say = Callable[[Reply, str, datetime], str]
Send = Callable[[str, str, str], None]  # app id, openid, text


def answer(entry_id: int, say: Say, send: Send, now: datetime) -> Outcome | None:
    """Answer an entry of theirs, once; None when there is nothing to answer.

    Raises AccountUnavailable when nothing was sent and it may be tried again.
    """
    with reading() as session:
        entry = session.execute(select(ENTRIES).where(ENTRIES.c.id == entry_id, ENTRIES.c.way == Way.IN.value)).first()
    if entry is None or Topic(entry.topic) in NEVER_ANSWERED or entry.outcome in AT_ONCE:
        return None
    if now > entry.at + rules.TOO_LATE:
        return _note(entry_id, Outcome.LATE)
    follower = following.follower(entry.follower_id)
    if _answered_lately(entry.follower_id, now) >= rules.ANSWERS_AN_HOUR:
        LOG.warning("chat limited", follower=entry.follower_id)
        return _note(entry_id, Outcome.LIMITED)
    language = rules.language_of(entry.text or "", follower.language)
    text = rules.cut(say(_reply(entry, follower, now), language, now).strip())
    claimed = _claim(entry, text, now) if text else None
    return _send(claimed, follower, text, send) if claimed is not None else None


def _reply(entry: Any, follower: FollowerView, now: datetime) -> Reply:
    topic, hours = Topic(entry.topic), keeping.hours_now()
    known, person = follower.traveller_id is not None, rules.open_at(hours, now)
    if topic is Topic.OWN:
        return Reply(topic, known, person=person, hours=hours, texts=keeping.answer(entry.answer_id).texts)
    number = entry.key if rules.NUMBER.fullmatch(entry.key) else ""
    told = _told(follower.traveller_id, number, now) if topic in _ABOUT_ORDERS else ()
    points = tuple(flights.points()) if topic in (Topic.HOURS, Topic.COUNTER) and not told else ()
    return Reply(topic, known, told, points, number, person, hours)


_ABOUT_ORDERS = frozenset({Topic.ORDERS, Topic.COUNTER, Topic.CHANGE, Topic.CANCEL, Topic.ALLOWANCE})


def _told(traveller_id: TravellerId | None, number: str, now: datetime) -> tuple[Told, ...]:
    """Their own orders, never anybody else's: the one they named, else those that are not over, else the last one."""
    if traveller_id is None:
        return ()
    if number:
        try:
            found = [orders.order_of(number, traveller_id)]
        except orders.NoSuchOrder:
            return ()
    else:
        living = [one for one in orders.orders_of(traveller_id, limit=SHOWN * 2, states=LIVING).items if one.state_at(now) in LIVING]
        found = living[:SHOWN] or orders.orders_of(traveller_id, limit=1).items
    return tuple(Told(one, _code(one)) for one in found)


def _code(order: OrderView) -> str | None:
    if order.state not in (OrderState.PAID, OrderState.PACKING, OrderState.READY):
        return None
    try:
        return pickup.ticket_of(order.id).code
    except pickup.NoPickupCode:
        return None


def _answered_lately(follower_id: int, now: datetime) -> int:
    recent = (ENTRIES.c.follower_id == follower_id, ENTRIES.c.way == Way.OUT.value, ENTRIES.c.at > now - rules.AN_HOUR)
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ENTRIES).where(*recent)) or 0


def _claim(entry: Any, text: str, now: datetime) -> int | None:
    """Take the answer of this entry; None: it is taken, by now or by another worker."""
    row = {
        "follower_id": entry.follower_id, "mark": f"answer:{entry.id}", "way": Way.OUT.value, "kind": "text", "event": "", "key": "",
        "text": text, "at": now, "topic": entry.topic, "answer_id": entry.answer_id, "outcome": Outcome.SENDING.value,
    }  # fmt: skip
    try:
        with transaction() as session:
            claimed: int = session.execute(insert(ENTRIES).values(row).returning(ENTRIES.c.id)).scalar_one()
    except IntegrityError:
        return None
    return claimed


def _send(claimed: int, follower: FollowerView, text: str, send: Send) -> Outcome:
    try:
        send(follower.app_id, follower.openid, text)
    except AccountUnavailable as fault:
        if not fault.maybe_done:
            with transaction() as session:
                session.execute(delete(ENTRIES).where(ENTRIES.c.id == claimed))
            raise
        return _note(claimed, Outcome.UNCERTAIN, fault)
    except AccountError as refused:
        return _note(claimed, Outcome.REFUSED, refused)
    return _note(claimed, Outcome.SENT)


def _note(entry_id: int, outcome: Outcome, refused: ShopError | None = None) -> Outcome:
    with transaction() as session:
        values = {"outcome": outcome.value, "said": refused.code if refused else None}
        session.execute(update(ENTRIES).where(ENTRIES.c.id == entry_id).values(values))
    return outcome
