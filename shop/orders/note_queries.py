"""Questions about notes."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import OrderId
from shop.orders.models import OrderNote


class NoteView(Struct, frozen=True):
    """`text` is None when the law had it erased."""

    at: datetime
    who: str
    text: str | None


def notes_of(order_id: OrderId) -> list[NoteView]:
    """The order's notes, the newest first, in one statement."""
    with reading() as session:
        rows = session.execute(
            select(OrderNote.at, OrderNote.who, OrderNote.text).where(OrderNote.order_id == order_id).order_by(OrderNote.id.desc())
        ).all()
    return [NoteView(*row) for row in rows]
