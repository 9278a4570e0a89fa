"""Through which campaign an order came, as far as orders know it; for the rooms above."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.base.ids import OrderId
from shop.orders.models import Order


def came_through(session: Session, order_id: OrderId, mark: str) -> None:
    """Write the campaign's mark on the order, in the caller's transaction."""
    session.execute(update(Order).where(Order.id == order_id, Order.campaign.is_distinct_from(mark)).values(campaign=mark))
