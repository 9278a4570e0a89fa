"""What was announced of an order, in this room and those above: what messages follow from."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, func, select

from shop.base.db import reading
from shop.base.ids import OrderId
from shop.base.outbox import Announcement, Delivery


class Told(Struct, frozen=True):
    """Something that was announced of the order. `waiting` reactions are still to come; `given_up` ones never will."""

    name: str
    at: datetime
    why: str | None
    waiting: int
    given_up: int


def _deliveries(*conditions: Any) -> Any:
    return select(func.count(Delivery.id)).where(Delivery.announcement_id == Announcement.id, *conditions).scalar_subquery()


_OPEN = and_(Delivery.done_at.is_(None), Delivery.given_up_at.is_(None))
_TOLD: Any = select(
    Announcement.name, Announcement.at, Announcement.facts, _deliveries(_OPEN).label("waiting"),
    _deliveries(Delivery.given_up_at.is_not(None)).label("given_up"),
).order_by(Announcement.id)  # fmt: skip


def announced_of(order_id: OrderId) -> list[Told]:
    """All of it that is still kept, oldest first, in one statement."""
    with reading() as session:
        rows = session.execute(_TOLD.where(Announcement.subject == order_id)).all()
    return [_said(row) for row in rows]


def _said(row: Any) -> Told:
    why = (row.facts or {}).get("verdict")
    return Told(row.name, row.at, str(why) if why else None, int(row.waiting), int(row.given_up))
