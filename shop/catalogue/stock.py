"""Stock is claimed by the database, not by arithmetic in Python: two buyers, one bottle.

The functions take the caller's session and never commit. Those that end in `_parts` give changes for a chain
(`shop.base.onego`) whose `source` has the column `id`: the reference (an order's key).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, FromClause, bindparam, column, func, insert, literal, select, true, update, values
from sqlalchemy.orm import Session

from shop.base.db import UtcDateTime
from shop.base.errors import Kind, ShopError
from shop.base.onego import Part
from shop.catalogue import ledger
from shop.catalogue.models import Stock, StockHold
from shop.catalogue.states import HoldState, MovementReason

STOCK: Any = Stock.__table__
HOLDS: Any = StockHold.__table__
COUNTER = {HoldState.HELD: STOCK.c.held, HoldState.ALLOCATED: STOCK.c.allocated}


class OutOfStock(ShopError):
    """There is not enough left of at least one product."""

    kind, code = Kind.CONFLICT, "out_of_stock"


@cache
def wanted_rows(products: int) -> FromClause:
    """`products` rows of bound parameters `p_product_0, p_quantity_0, …` as a table (product_id, quantity)."""
    # VALUES, and not a UNION of SELECTs: PostgreSQL checks an UPDATE again after waiting for a lock, and in that second
    # look a UNION in the FROM list does not find its row any more (seen as "out of stock" with hundreds left).
    rows = [
        (bindparam(f"p_product_{n}", type_=BigInteger), bindparam(f"p_quantity_{n}", type_=BigInteger))
        for n in range(products)
    ]
    return (
        values(column("product_id", BigInteger), column("quantity", BigInteger), name="wanted").data(rows).cte("wanted")
    )


def wanted_values(wanted: Mapping[int, int]) -> dict[str, int]:
    """The values for `wanted_rows`, in the order of product keys."""
    said: dict[str, int] = {}
    for n, (product_id, quantity) in enumerate(sorted(wanted.items())):
        said |= {f"p_product_{n}": product_id, f"p_quantity_{n}": quantity}
    return said


def hold_parts(source: FromClause, products: int) -> list[Part]:
    """Hold what `wanted_values` say. The count of part `held` must be `products`, or there was not enough."""
    wanted = wanted_rows(products)
    # Locked in one order by all who lock several products, so that two baskets never wait for each other.
    in_turn = (
        select(wanted.c.product_id, wanted.c.quantity)
        .join(STOCK, STOCK.c.product_id == wanted.c.product_id)
        .order_by(wanted.c.product_id)
        .with_for_update(of=STOCK)
        .subquery("in_turn")
    )
    written = insert(HOLDS).from_select(
        ["reference", "product_id", "quantity", "state", "changed_at"],
        select(
            source.c.id,
            wanted.c.product_id,
            wanted.c.quantity,
            literal(HoldState.HELD.value),
            bindparam("p_now", type_=UtcDateTime),
        ).select_from(source.join(wanted, true())),
    )
    held = (
        update(STOCK)
        .where(
            STOCK.c.product_id == in_turn.c.product_id,
            STOCK.c.on_hand - STOCK.c.held - STOCK.c.allocated >= in_turn.c.quantity,
        )
        .values(held=STOCK.c.held + in_turn.c.quantity)
    )
    return [("holds", written), ("held", held)]  # the shared rows last: they are locked until the commit


def move_parts(source: FromClause, start: HoldState, end: HoldState) -> list[Part]:
    """Move every claim of the reference from `start` to `end`, and the numbers of stock along."""
    claims = (  # locked in one order for all, so that two orders never wait for each other
        select(HOLDS.c.product_id, HOLDS.c.quantity)
        .join(STOCK, STOCK.c.product_id == HOLDS.c.product_id)
        .where(HOLDS.c.reference.in_(select(source.c.id)), HOLDS.c.state == start.value)
        .order_by(HOLDS.c.product_id)
        .with_for_update(of=STOCK)
        .subquery("claims")
    )
    stock = (
        update(STOCK)
        .where(STOCK.c.product_id == claims.c.product_id)
        .values(_new_numbers(start, end, claims.c.quantity))
    )
    moved = (
        update(HOLDS)
        .where(HOLDS.c.reference.in_(select(source.c.id)), HOLDS.c.state == start.value)
        .values(state=end.value, changed_at=bindparam("p_now", type_=UtcDateTime))
    )
    return [("stock", stock), ("claims_moved", moved)]


def _new_numbers(start: HoldState, end: HoldState, quantity: Any) -> dict[Any, Any]:
    numbers: dict[Any, Any] = {}
    if start in COUNTER:
        numbers[COUNTER[start]] = COUNTER[start] - quantity
    if end in COUNTER:
        numbers[COUNTER[end]] = COUNTER[end] + quantity
    if end is HoldState.HANDED_OVER:
        numbers |= {STOCK.c.handed_over: STOCK.c.handed_over + quantity, STOCK.c.on_hand: STOCK.c.on_hand - quantity}
    if start is HoldState.HANDED_OVER:  # undone: it is back on the shelf
        numbers |= {STOCK.c.handed_over: STOCK.c.handed_over - quantity, STOCK.c.on_hand: STOCK.c.on_hand + quantity}
    return numbers


@cache
def _mover(start: HoldState, end: HoldState) -> list[Part]:
    source = select(bindparam("p_reference", type_=BigInteger).label("id")).subquery("source")
    return move_parts(source, start, end)


def move(session: Session, reference: int, start: HoldState, end: HoldState, now: datetime) -> int:
    """Move the reference's claims from `start` to `end`; answers how many there were."""
    counts = {
        name: session.connection().execute(change, {"p_reference": reference, "p_now": now}).rowcount
        for name, change in _mover(start, end)
    }
    return counts["claims_moved"]


def claimed(session: Session, reference: int, state: HoldState) -> dict[int, int]:
    """What the reference claims in this state: pieces by product."""
    rows = session.execute(
        select(HOLDS.c.product_id, HOLDS.c.quantity).where(HOLDS.c.reference == reference, HOLDS.c.state == state.value)
    )
    return {row.product_id: row.quantity for row in rows}


def hold_again(session: Session, reference: int, now: datetime) -> None:
    """Claim again what was released (a late payment). Raises OutOfStock; the caller rolls back."""
    lock_in_turn(session, reference)
    claims = select(HOLDS.c.product_id, HOLDS.c.quantity).where(
        HOLDS.c.reference == reference, HOLDS.c.state == HoldState.RELEASED.value
    )
    wanted = session.execute(select(func.count()).select_from(claims.subquery())).scalar_one()
    source = claims.subquery("claims")
    taken = (
        session.connection()
        .execute(
            update(STOCK)
            .where(
                STOCK.c.product_id == source.c.product_id,
                STOCK.c.on_hand - STOCK.c.held - STOCK.c.allocated >= source.c.quantity,
            )
            .values(held=STOCK.c.held + source.c.quantity)
        )
        .rowcount
    )
    if taken != wanted:
        raise OutOfStock
    session.connection().execute(
        update(HOLDS)
        .where(HOLDS.c.reference == reference, HOLDS.c.state == HoldState.RELEASED.value)
        .values(state=HoldState.HELD.value, changed_at=now)
    )


def lock_in_turn(session: Session, reference: int) -> None:
    """Lock the stock of all that the reference claims, in the one order in which everybody does."""
    session.execute(
        select(STOCK.c.product_id)
        .where(STOCK.c.product_id.in_(select(HOLDS.c.product_id).where(HOLDS.c.reference == reference)))
        .order_by(STOCK.c.product_id)
        .with_for_update()
    ).all()


def give_back(session: Session, reference: int, product_id: int, quantity: int, now: datetime, *, missing: bool) -> None:
    """Take `quantity` pieces out of the reference's allocated claim: on sale again, or gone (`missing`).

    The caller knows that the claim is large enough and holds the reference's lock.
    """
    stock = session.execute(select(STOCK).where(STOCK.c.product_id == product_id).with_for_update()).one()
    claim = (
        HOLDS.c.reference == reference,
        HOLDS.c.product_id == product_id,
        HOLDS.c.state == HoldState.ALLOCATED.value,
    )
    gone = session.connection().execute(
        update(HOLDS).where(*claim, HOLDS.c.quantity == quantity).values(state=HoldState.RELEASED.value, changed_at=now)
    )
    if not gone.rowcount:
        less = session.connection().execute(
            update(HOLDS).where(*claim, HOLDS.c.quantity > quantity).values(quantity=HOLDS.c.quantity - quantity, changed_at=now)
        )
        if not less.rowcount:
            raise LookupError(f"order {reference} does not claim {quantity} of product {product_id}")
    numbers: dict[Any, Any] = {STOCK.c.allocated: STOCK.c.allocated - quantity}
    if missing:
        numbers[STOCK.c.on_hand] = STOCK.c.on_hand - quantity
        ledger.write(
            session, stock, MovementReason.SHORTAGE, -quantity, "system", now, reference=reference
        )
    session.execute(update(STOCK).where(STOCK.c.product_id == product_id).values(numbers))
