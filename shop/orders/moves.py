"""The one way an order changes its state: a guarded update and a line in its history, together."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FromClause, String, bindparam, insert, literal, select, update
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime
from shop.base.onego import Part
from shop.base.outbox import announce
from shop.catalogue import stock
from shop.catalogue.states import HoldState
from shop.orders import events
from shop.orders.models import Order, OrderChange
from shop.orders.states import NoSuchMove, OrderState, RefundState, check_move, may_become

ORDERS: Any = Order.__table__
HISTORY: Any = OrderChange.__table__
NOW = bindparam("p_now", type_=UtcDateTime)


def parts(source: FromClause, wanted: OrderState, start: frozenset[OrderState] | None = None, **also: Any) -> list[Part]:
    """Changes for a chain (`shop.base.onego`): move the order `source.id` to `wanted`.

    Values: `p_now`, `p_who`, `p_why`. `start` narrows the states from which it may go; `also` are further columns of
    the order to set. The count of part `moved` is 1 when the order went, 0 when its state did not allow it; then the
    caller rolls back.
    """
    allowed = [state.value for state in may_become(wanted) if start is None or state in start]
    here = (ORDERS.c.id.in_(select(source.c.id)), ORDERS.c.state.in_(allowed))
    # Locked before it is read: a neighbour's move that is being written is waited for, and becomes the old state here.
    history = insert(HISTORY).from_select(
        ["order_id", "old_state", "new_state", "at", "who", "why"],
        select(
            ORDERS.c.id,
            ORDERS.c.state,
            literal(wanted.value),
            NOW,
            bindparam("p_who", type_=String),
            bindparam("p_why", type_=String),
        ).where(*here).with_for_update(of=ORDERS),
    )
    moved = update(ORDERS).where(*here).values(state=wanted.value, changed_at=NOW, **also)
    return [("history", history), ("moved", moved)]


def born_parts(source: FromClause) -> list[Part]:
    """The first line of the history of a new order."""
    history = insert(HISTORY).from_select(
        ["order_id", "old_state", "new_state", "at", "who", "why"],
        select(
            source.c.id,
            literal(None, String),
            literal(OrderState.AWAITING_PAYMENT.value),
            NOW,
            bindparam("p_who", type_=String),
            bindparam("p_why", type_=String),
        ),
    )
    return [("history", history)]


UNPAID = frozenset({OrderState.AWAITING_PAYMENT})
_ONE: dict[tuple[OrderState, frozenset[OrderState] | None], list[Part]] = {}


def move(
    session: Session, order_id: int, wanted: OrderState, now: datetime, *, who: str, why: str,
    start: frozenset[OrderState] | None = None,
) -> None:
    """Move one order, in the caller's transaction. Raises NoSuchMove when its state does not allow it.

    `start` narrows the states from which it may go: the table also has moves that another verb is meant for.
    """
    if (wanted, start) not in _ONE:
        source = select(bindparam("p_order_id", type_=BigInteger).label("id")).subquery("source")
        times = {OrderState.PAID: {"paid_at": NOW}, OrderState.COLLECTED: {"collected_at": NOW}}
        _ONE[wanted, start] = parts(source, wanted, start, **times.get(wanted, {}))
    values = {"p_order_id": order_id, "p_now": now, "p_who": who, "p_why": why}
    counts = {name: session.connection().execute(change, values).rowcount for name, change in _ONE[wanted, start]}
    if counts["moved"] != 1:
        present = session.scalar(select(Order.state).where(Order.id == order_id))
        check_move(OrderState(str(present)), wanted)
        raise NoSuchMove(state=str(present), wanted=wanted.value)


def let_go(session: Session, order_id: int, state: OrderState, now: datetime, *, who: str, why: str) -> None:
    """End an unpaid order (EXPIRED or CANCELLED) and free its stock, in the caller's transaction. Raises NoSuchMove."""
    move(session, order_id, state, now, who=who, why=why, start=UNPAID)  # it may have been paid a moment ago
    stock.move(session, order_id, HoldState.HELD, HoldState.RELEASED, now)
    announce(session, events.EXPIRED if state is OrderState.EXPIRED else events.CANCELLED, now, order_id)


def mark_refund_due(session: Session, order_id: int, now: datetime) -> None:
    """Money came in that the order cannot use: it has to go back. In the caller's transaction."""
    session.execute(
        update(ORDERS).where(ORDERS.c.id == order_id).values(refund_state=RefundState.REQUESTED.value, changed_at=now)
    )
