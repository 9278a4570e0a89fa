"""What the figures' words mean, as conditions on orders. The list of orders filters by the very same."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select

from shop.orders.models import MONEY_GOES_BACK as MONEY_GOES_BACK
from shop.orders.models import Order
from shop.orders.states import OrderState, RefundState
from shop.pickup.packing_models import PackedParcel

GIVEN = (OrderState.COLLECTED.value, OrderState.PARTLY_COLLECTED.value)
PAID: Any = Order.paid_at.is_not(None)
NO_SHOW: Any = Order.state == OrderState.NO_SHOW.value
REFUNDED: Any = Order.refund_state != RefundState.NONE.value
_DUE: Any = and_(PAID, Order.state != OrderState.CANCELLED.value)


def on_time(told_at: Any) -> ColumnElement[bool]:
    """Packed before the traveller was promised it could be collected; or handed over from the store without packing.

    `told_at` is when the order's parcel was said to be ready the first time.
    """
    return and_(_DUE, or_(told_at <= Order.collect_from, and_(told_at.is_(None), Order.state.in_(GIVEN))))


def late(told_at: Any, now: datetime) -> ColumnElement[bool]:
    """The moment from which it could be collected went by, and it was not ready; a cancelled order is neither."""
    packed_late, never_packed = told_at > Order.collect_from, and_(told_at.is_(None), not_(Order.state.in_(GIVEN)))
    return and_(_DUE, Order.collect_from < now, or_(packed_late, never_packed))


def first_told() -> Any:
    """When an order's parcel was first said to be ready, as a question beside the order."""
    return select(PackedParcel.told_at).where(PackedParcel.order_id == Order.id).scalar_subquery()
