"""What becomes of messages later: WeChat's word on a template message, and somebody who begins to follow the account."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.base.db import transaction
from shop.messaging import answers, planning, reaching
from shop.messaging.models import Message
from shop.messaging.states import Channel, MessageState, Moment, Reason
from shop.orders.models import Order
from shop.people.follower_models import Follower
from shop.people.models import Traveller

LOG = structlog.get_logger("shop.messaging")
MESSAGES: Any = Message.__table__
ORDERS: Any = Order.__table__
TRAVELLERS: Any = Traveller.__table__
FOLLOWERS: Any = Follower.__table__
M = MessageState
RECENT = timedelta(days=7)
# What a new follower is glad to be told after all, if it was not said because they did not follow.
WORTH_TELLING = (Moment.PAID.value, Moment.READY.value, Moment.MOVED.value, Moment.DELAYED.value, Moment.SHORTAGE.value)
MOST_AT_ONCE = 3  # WeChat's count after following


class ResultTooEarly(Exception):
    """WeChat tells what became of a message whose number is not written down yet: once more in a moment."""


def take_result(_follower_id: int, facts: planning.Known, now: datetime) -> None:
    """What WeChat says of a template message. Harmless twice. Raises ResultTooEarly."""
    msgid, status = str(facts["msg_id"]), str(facts["status"])
    with transaction() as session:
        row = session.execute(select(MESSAGES).where(MESSAGES.c.msgid == msgid)).first() if msgid else None
        if row is None:
            if _one_is_being_sent(session):
                raise ResultTooEarly(msgid)
            LOG.info("result of a message that is not ours", msgid=msgid)
            return
        state, reason = answers.outcome_of(status)
        if MessageState(row.state) is not M.ACCEPTED:
            return
        values = {"state": state.value, "reason": reason.value if reason else None, "done_at": now}
        session.execute(update(MESSAGES).where(MESSAGES.c.id == row.id, MESSAGES.c.state == M.ACCEPTED.value).values(values))
        if state is M.FAILED and reaching.has_mail(session, row.traveller_id):
            planning.write_again(session, row, f"mail {row.id}", "system", now, only=Channel.MAIL)


def _one_is_being_sent(session: Session) -> bool:
    open_one = (MESSAGES.c.state == M.SENDING.value, MESSAGES.c.channel == Channel.TEMPLATE.value)
    return session.scalar(select(MESSAGES.c.id).where(*open_one).limit(1)) is not None


def tell_after_all(follower_id: int, _facts: planning.Known, now: datetime) -> None:
    """Somebody follows now: what they were not told for that reason goes out, as far as it is still true. Harmless twice."""
    with transaction() as session:
        rows = session.execute(
            select(MESSAGES)
            .join(TRAVELLERS, TRAVELLERS.c.id == MESSAGES.c.traveller_id)
            .join(FOLLOWERS, (FOLLOWERS.c.app_id == TRAVELLERS.c.app_id) & (FOLLOWERS.c.openid == TRAVELLERS.c.openid))
            .join(ORDERS, ORDERS.c.id == MESSAGES.c.order_id)
            .where(
                FOLLOWERS.c.id == follower_id, FOLLOWERS.c.follows, MESSAGES.c.state == M.NOT_SENT.value,
                MESSAGES.c.reason == Reason.NOT_FOLLOWING.value, MESSAGES.c.moment.in_(WORTH_TELLING),
                MESSAGES.c.planned_at > now - RECENT, ORDERS.c.departs_at > now, ORDERS.c.state.in_(planning.TO_COME),
            )
            .order_by(MESSAGES.c.id.desc())
        ).all()  # fmt: skip
        for row in list({row.order_id: row for row in reversed(rows)}.values())[-MOST_AT_ONCE:]:  # the last one of each order
            planning.write_again(session, row, f"followed {row.id}", "system", now)
