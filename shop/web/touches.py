"""Through which campaigns a visitor came: what their browser keeps of it, and what of it an order remembers. For all doors.

The cookie holds two marks and two times: nobody can be recognised by it.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from flask import request

from shop.base import clock
from shop.base.ids import OrderId
from shop.campaigns import commands, queries, rules
from shop.campaigns.rules import KEPT, MARK, Came, Touches
from shop.web.wiring import settings

LOG = structlog.get_logger("shop.campaigns")


def cookie_name() -> str:
    return "__Host-shop-from" if settings().https else "shop-from"


def touches() -> Touches | None:
    """Through which campaigns this browser came."""
    text = request.cookies.get(cookie_name(), "")
    found = rules.read_touches(text) if text else None
    return None if found is None else found.within(KEPT, clock.now())


def known_touches() -> Touches | None:
    """The same, of marks that we have given out. Asks the database only when the browser has kept something."""
    found = touches()
    if found is None:
        return None
    known = queries.known([found.first.mark, found.last.mark])
    if found.last.mark not in known:
        return Touches(found.first, found.first) if found.first.mark in known else None
    return found if found.first.mark in known else Touches(found.last, found.last)


def with_said(mark: str | None, now: datetime) -> Touches | None:
    """What the browser has kept, and `mark`, which the caller of the API says is the last. A mark that nobody has given out is the
    caller's own word: it stays on the order, and nothing is counted for it. Asks the database only when something is said or kept."""
    if not mark:
        return known_touches()
    if len(mark) > 32 or not MARK.fullmatch(mark) or not queries.known([mark]):
        return None
    came, before = Came(mark, now), known_touches()
    return before.then(came) if before is not None else Touches(came, came)


def credit(order_id: OrderId, found: Touches | None) -> None:
    """Remember through which campaigns an order came that was just placed. It is placed all the same when this fails."""
    _credit(order_id, lambda: found)


def credit_said(order_id: OrderId, mark: str | None, now: datetime) -> None:
    """The same, by what the browser has kept and by `mark`, which the caller of the API says: see `with_said`."""
    _credit(order_id, lambda: with_said(mark, now))


def _credit(order_id: OrderId, ask: Callable[[], Touches | None]) -> None:
    try:
        if (found := ask()) is not None:
            commands.credit(order_id, found, clock.now())
    except Exception:  # the mark of the last touch stands on the order
        LOG.exception("order not credited", order=order_id)
