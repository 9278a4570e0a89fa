"""Verbs for staff: send a message again."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.messaging import planning
from shop.messaging.models import Message
from shop.messaging.queries import NoSuchMessage
from shop.messaging.states import OPEN, MessageState
from shop.orders.models import Order

MESSAGES: Any = Message.__table__
LONGEST_OCCASION = 64


class StillOnItsWay(ShopError):
    """The message has not ended yet: it is sent by itself."""

    kind, code = Kind.CONFLICT, "message_on_its_way"


def send_again(number: str, message_id: int, key: str, *, by: str, now: datetime) -> bool:
    """Tell the order's traveller the same once more, with what is true now; False when this `key` has asked for it before.

    Nobody is told what is not so any more: that is decided when it is sent. Raises NoSuchMessage, StillOnItsWay.
    """
    with transaction() as session:
        row = session.execute(
            select(MESSAGES).join(Order, Order.id == MESSAGES.c.order_id).where(MESSAGES.c.id == message_id, Order.number == number)
        ).first()
        if row is None:
            raise NoSuchMessage
        if MessageState(row.state) in OPEN:
            raise StillOnItsWay
        occasion = f"again {message_id} {key}"[:LONGEST_OCCASION]
        made = planning.write_again(session, row, occasion, by, now)
        if made:
            audit.record(session, by, "message.sent_again", f"order:{number}", now, after={"message": message_id, "moment": row.moment})
    return bool(made)
