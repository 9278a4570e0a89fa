"""The one verb about notes: somebody of the staff writes beside an order what the next one should know."""

from datetime import datetime

from sqlalchemy import insert, select

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.orders.models import Order, OrderNote
from shop.orders.queries import NoSuchOrder


class NoteKeyReused(ShopError):
    """The same page has already written another note."""

    kind, code = Kind.REFUSED, "note_key_reused"


def add_note(number: str, text: str, who: str, key: str, now: datetime) -> bool:
    """Write a note beside the order; False when this `key` has written the very same before (harmless twice).

    Raises NoSuchOrder, NoteKeyReused.
    """
    with transaction() as session:
        # Locked, so that the same form sent twice at one moment takes turns.
        order_id = session.scalar(select(Order.id).where(Order.number == number.strip().upper()).with_for_update())
        if order_id is None:
            raise NoSuchOrder
        before = session.execute(
            select(OrderNote.text, OrderNote.who).where(OrderNote.order_id == order_id, OrderNote.key == key)
        ).first()
        if before is not None:
            if (before.text, before.who) != (text, who):
                raise NoteKeyReused
            return False
        session.execute(insert(OrderNote).values(order_id=order_id, key=key, at=now, who=who, text=text))
        audit.record(session, who, "order.note_added", f"order:{number.strip().upper()}", now, after={"letters": len(text)})
    return True
