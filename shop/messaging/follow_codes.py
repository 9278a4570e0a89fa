"""A code on an order's page that leads to the account: whoever scans it follows, and is told of this order from then on."""

import hmac
import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from shop.base import seals
from shop.base.db import reading, transaction
from shop.base.ids import OrderId, OrderNumber
from shop.gateways import official_account
from shop.gateways.official_account import OfficialAccount
from shop.messaging.models import FollowCode

CODES: Any = FollowCode.__table__
PURPOSE = "follow code 1"
LASTS = timedelta(days=30)
FRESH = timedelta(days=1)  # a code that ends sooner is made anew
SCENE = re.compile(r"order\.([0-9A-Z]{6,16})\.([0-9a-f]{16})")


def scene_of(number: OrderNumber, secret: str) -> str:
    """The scene of an order's code. Anybody can scan it and anybody could make one up, so it carries a seal."""
    return f"order.{number}.{seals.seal(secret, PURPOSE, number.encode()).hex()[:16]}"


def order_in(scene: str, secret: str) -> OrderNumber | None:
    """The order whose code was scanned; None: it is none of these codes, or not ours."""
    found = SCENE.fullmatch(scene)
    if found is None or not hmac.compare_digest(scene_of(OrderNumber(found[1]), secret), scene):
        return None
    return OrderNumber(found[1])


def content(order_id: OrderId, number: OrderNumber, account: OfficialAccount, secret: str, now: datetime) -> str:
    """What the code says; WeChat is asked once for each order and month. Raises AccountError."""
    with reading() as session:
        kept: str | None = session.scalar(select(CODES.c.content).where(CODES.c.order_id == order_id, CODES.c.ends_at > now + FRESH))
    if kept is not None:
        return kept
    made = official_account.scene_code(account, scene_of(number, secret), int(LASTS.total_seconds()))
    with suppress(IntegrityError), transaction() as session:  # another page of the order at the same moment: both codes work
        session.execute(delete(CODES).where(CODES.c.order_id == order_id))
        session.execute(insert(CODES).values(order_id=order_id, content=made, ends_at=now + LASTS))
    return made
