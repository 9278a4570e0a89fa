"""Questions about messages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import func, or_, select

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.messaging.models import Message
from shop.messaging.states import OPEN, Channel, MessageState, Moment, Reason
from shop.orders.models import Order

MESSAGES: Any = Message.__table__
M = MessageState
NEEDS_A_LOOK = (M.FAILED.value, M.UNKNOWN.value, M.NOT_SENT.value)
NOBODY_S_FAULT = (Reason.OVERTAKEN.value, Reason.FORGOTTEN.value)


class NoSuchMessage(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_message"


class Waiting(Struct, frozen=True):
    """A message that is to be sent, or is being sent."""

    id: int
    moment: Moment
    traveller_id: int
    order_id: int | None
    language: str
    facts: Mapping[str, Any]
    state: MessageState
    channel: Channel | None
    reason: Reason | None
    tried: Mapping[Channel, Reason]
    only: Channel | None
    planned_at: datetime
    due_at: datetime
    tries: int
    first_sent_at: datetime | None


def waiting(message_id: int) -> Waiting | None:
    """None: it has ended, or never was."""
    with reading() as session:
        row = session.execute(select(MESSAGES).where(MESSAGES.c.id == message_id)).first()
    if row is None or MessageState(row.state) not in OPEN:
        return None
    return Waiting(
        row.id, Moment(row.moment), row.traveller_id, row.order_id, row.language, row.facts or {}, MessageState(row.state),
        Channel(row.channel) if row.channel else None, Reason(row.reason) if row.reason else None,
        {Channel(channel): Reason(why) for channel, why in (row.tried or {}).items()}, Channel(row.only) if row.only else None,
        row.planned_at, row.due_at, row.tries, row.first_sent_at,
    )  # fmt: skip


class MessageView(Struct, frozen=True):
    """One message as staff see it. `text` is what was said, or None when it is over or forgotten."""

    id: int
    moment: Moment
    order_number: str | None
    language: str
    state: MessageState
    channel: Channel | None
    reason: Reason | None
    asked_by: str
    planned_at: datetime
    due_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    tries: int
    text: Mapping[str, Any] | None

    @property
    def can_be_repeated(self) -> bool:
        """Whether staff may send it again: it has ended, and is about an order."""
        return self.state not in OPEN and self.order_number is not None


_VIEW: Any = select(MESSAGES, Order.number).outerjoin(Order, Order.id == MESSAGES.c.order_id)


def _seen(row: Any) -> MessageView:
    return MessageView(
        row.id, Moment(row.moment), row.number, row.language, MessageState(row.state), Channel(row.channel) if row.channel else None,
        Reason(row.reason) if row.reason else None, row.asked_by, row.planned_at, row.due_at, row.sent_at, row.done_at, row.tries, row.text,
    )  # fmt: skip


def messages_of(order_id: int) -> list[MessageView]:
    """What the order's traveller was told, or is to be, oldest first, in one statement."""
    with reading() as session:
        return [_seen(row) for row in session.execute(_VIEW.where(MESSAGES.c.order_id == order_id).order_by(MESSAGES.c.id))]


def for_a_person(now: datetime, points: frozenset[int] | None = None, days: int = 7, limit: int = 100) -> list[MessageView]:
    """Messages of the last days that did not arrive, newest first; of orders at these pickup points only, when some are given.
    What was overtaken is nobody's business."""
    wanted = _VIEW.where(
        MESSAGES.c.state.in_(NEEDS_A_LOOK), MESSAGES.c.planned_at > now - timedelta(days=days),
        or_(MESSAGES.c.reason.is_(None), MESSAGES.c.reason.not_in(NOBODY_S_FAULT)),
    )  # fmt: skip
    if points is not None:
        wanted = wanted.where(Order.pickup_point_id.in_(points))
    with reading() as session:
        return [_seen(row) for row in session.execute(wanted.order_by(MESSAGES.c.id.desc()).limit(limit))]


class Standing(Struct, frozen=True):
    """How messages go. `planned`: those of the last day, by channel (`none`: no way was found, or not yet) and what became of them;
    `late`: how many should have been sent by now; `waited`: seconds since the first of these should have been."""

    planned: Mapping[tuple[str, str], int]
    late: int
    waited: float


def standing(now: datetime) -> Standing:
    """For monitoring, in two statements that look at one day and at what waits."""
    with reading() as session:
        rows = session.execute(
            select(MESSAGES.c.channel, MESSAGES.c.state, func.count())
            .where(MESSAGES.c.planned_at > now - timedelta(days=1))
            .group_by(MESSAGES.c.channel, MESSAGES.c.state)
        ).all()
        late, first = session.execute(
            select(func.count(), func.min(MESSAGES.c.due_at)).where(MESSAGES.c.state.in_(_OPEN), MESSAGES.c.due_at <= now)
        ).one()
    planned = {(channel or "none", state): int(count) for channel, state, count in rows}
    return Standing(planned, int(late), (now - first).total_seconds() if first is not None else 0.0)


_OPEN = tuple(sorted(state.value for state in OPEN))
