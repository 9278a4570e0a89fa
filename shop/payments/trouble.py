"""Which orders have money that a person has to see to."""

from typing import Any

from sqlalchemy import and_, or_, select, text

from shop.payments import refund_rules
from shop.payments.models import Refund, Taken
from shop.payments.refund_key_models import NOT_OVER, ODD
from shop.payments.states import GOES_BACK, TO_SEND, RefundStage


def orders_with_trouble() -> tuple[Any, ...]:
    """Keys of their orders, as questions to be used within another: refunds that WeChat cannot deliver or keeps refusing, and
    money that no rule can settle and that has not gone back."""
    stuck = and_(
        Refund.state.in_([stage.value for stage in TO_SEND]), Refund.state != RefundStage.WAITING_FUNDS.value,
        Refund.tries >= refund_rules.STUCK_AFTER,
    )  # fmt: skip
    refunds = select(Refund.order_id).where(
        text(f"refunds.{NOT_OVER}"), Refund.handled_at.is_(None), Refund.order_id.is_not(None),
        or_(Refund.state == RefundStage.ABNORMAL.value, stuck),
    )  # fmt: skip
    odd = select(Taken.order_id).where(
        text(f"payments.{ODD}"), Taken.order_id.is_not(None), Taken.refunded_minor < Taken.amount_minor,
        Taken.verdict.not_in([verdict.value for verdict in GOES_BACK]),
    )  # fmt: skip
    return refunds, odd
