"""Verbs about privacy: erase a traveller, note that somebody was told their data, forget what is over."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import or_, select

from shop.base import audit
from shop.base.db import transaction
from shop.base.ids import TravellerId
from shop.payments.models import Attempt
from shop.privacy import erasing, forgetting

LOG = structlog.get_logger("shop.privacy")
ATTEMPTS: Any = Attempt.__table__


def erase(traveller_id: TravellerId, *, by: str, now: datetime) -> int:
    """Forget a traveller at once and for good; answers how many orders stay without a name.

    What was kept as evidence for the tax office stays until its own date. Raises NoSuchTraveller (or erased already),
    OrdersOpen.
    """
    with transaction() as session:
        erasing.lock(session, traveller_id)
        orders = erasing.orders_of(session, traveller_id)
        erasing.check(session, traveller_id)
        if orders:
            forgetting.forget_orders(session, orders, now)
            forgetting.forget_notes(session, orders)
        asked = or_(ATTEMPTS.c.order_id.in_(orders), ATTEMPTS.c.payer_id == traveller_id)  # paid for others, too
        if attempts := session.scalars(select(ATTEMPTS.c.id).where(asked)).all():
            forgetting.forget_requests(session, attempts, now)
        nobody = erasing.erase_row(session, traveller_id, now)
        audit.record(session, by, "traveller.erased", f"traveller:{nobody}", now, after={"orders": len(orders)})
    LOG.info("traveller erased", orders=len(orders), by=by)
    return len(orders)


def note_telling(traveller_id: TravellerId, *, by: str, now: datetime) -> None:
    """Write down that somebody else than the traveller was given the traveller's data."""
    with transaction() as session:
        audit.record(session, by, "traveller.exported", f"traveller:{traveller_id}", now)


def forget_due(now: datetime, evidence_years: int) -> dict[str, int]:
    """Forget all that is over, in portions; answers how much of what. Harmless twice."""
    return forgetting.forget_due(now, evidence_years)
