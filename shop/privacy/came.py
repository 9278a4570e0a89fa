"""Through which campaigns a traveller came, for their own file."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, aliased

from shop.campaigns.models import Campaign, FollowerTouch, OrderTouch
from shop.orders.models import Order
from shop.people.models import Traveller

SAID = ("first_campaign", "first_came_at", "last_campaign", "last_came_at")


def told(session: Session, traveller_id: int) -> Sequence[Any]:
    """What stands on their orders, and what they have scanned in WeChat lately; one statement."""
    first, last = aliased(Campaign), aliased(Campaign)

    def touches(table: Any) -> Any:
        return (
            select(
                first.mark.label("first_campaign"), table.first_at.label("first_came_at"), last.mark.label("last_campaign"),
                table.last_at.label("last_came_at"),
            )
            .join(first, first.id == table.first_id)
            .join(last, last.id == table.last_id)
        )  # fmt: skip

    ordered = touches(OrderTouch).join(Order, Order.id == OrderTouch.order_id).where(Order.traveller_id == traveller_id)
    me = (Traveller.openid == FollowerTouch.openid) & (Traveller.app_id == FollowerTouch.app_id)
    scanned = touches(FollowerTouch).join(Traveller, me).where(Traveller.id == traveller_id)
    found = union_all(ordered, scanned).subquery()
    return session.execute(select(found).order_by(found.c.last_came_at)).all()
