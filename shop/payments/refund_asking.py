"""A refund that a person asks for: said beforehand exactly as it will happen, then asked for once, however often it is sent."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState
from shop.payments import refund_rules, refunding
from shop.payments.models import Refund, Taken
from shop.payments.refund_key_models import RefundKey
from shop.payments.refund_rules import CurrencyNotOurs, NothingToRefund, OrderedLine, What
from shop.payments.refunding import SETTLED, Why
from shop.payments.states import Cause


class KeyReused(ShopError):
    """The same key came with something else than before."""

    kind, code = Kind.REFUSED, "idempotency_key_reused"


class RefundChanged(ShopError):
    """What would happen is no longer what the person saw: something was refunded or handed over meanwhile."""

    kind, code = Kind.CONFLICT, "refund_changed"


class Left(Struct, frozen=True):
    """What of an order's payment may still go back. Amounts are minor units of `currency`; `parts` were asked for so far."""

    order_id: int
    state: OrderState
    currency: str
    came_in: int
    minor: int
    paid_at: datetime
    parts: int
    lines: tuple[OrderedLine, ...]


class Seen(Struct, frozen=True):
    """What a person agreed to: how much goes back of how much that is left, and whether the order ends."""

    minor: int
    left: int
    ends: bool


class Plan(Struct, frozen=True):
    """What a refund will do: `minor` goes back, for `pieces` (position → quantity); `ends`: the order is cancelled by it."""

    minor: int
    currency: str
    pieces: Mapping[int, int]
    ends: bool
    left: int

    @property
    def seen(self) -> Seen:
        return Seen(self.minor, self.left, self.ends)


class Once(Struct, frozen=True):
    """A key that `by` made up for this wish; `wish` is what was asked, as text that is the same for the same wish."""

    by: str
    key: str
    wish: str

    @property
    def name(self) -> str:
        """The key as it is stored: its owner and at most 80 characters."""
        return f"{self.by} {self.key[:80]}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.wish.encode()).hexdigest()


_PARTS = select(func.count(Refund.id)).where(Refund.payment_id == Taken.id).scalar_subquery()
_PAID: Any = (
    select(
        Order.id, Order.number, Order.state, Taken.amount_currency, Taken.amount_minor, Taken.refunded_minor, Taken.paid_at,
        _PARTS.label("parts"),
    )
    .join(Taken, Taken.order_id == Order.id)
    .where(Taken.verdict.in_(SETTLED))
)  # fmt: skip


def left_of(number: str) -> Left | None:
    """What may still go back for this order; None when no payment has settled it. Two statements."""
    with reading() as session:
        return _left(session, _number(number))


def _number(text: str) -> str:
    return text.strip().upper()


def _left(session: Session, number: str) -> Left | None:
    row = session.execute(_PAID.where(Order.number == number)).first()
    if row is None:
        return None
    return Left(
        row.id, OrderState(row.state), row.amount_currency, row.amount_minor, row.amount_minor - row.refunded_minor,
        row.paid_at, int(row.parts), tuple(refunding.lines_of(session, row.id)),
    )  # fmt: skip


def plan(left: Left | None, what: What, now: datetime) -> Plan:
    """What asking for it would do. Raises NothingToRefund, RefundTooLarge, WrongRefund, TooManyRefunds, TooOldToRefund,
    CurrencyNotOurs."""
    if left is None:
        raise NothingToRefund
    if left.currency not in list(Currency):
        raise CurrencyNotOurs(currency=left.currency)
    does = refund_rules.effect_of(what, left.lines, left.minor, left.state)
    refund_rules.check_limits(left.paid_at, left.parts, now)
    return Plan(does.minor, left.currency, does.pieces, does.ends, left.minor)


def ask_once(number: str, what: What, why: Why, once: Once, now: datetime, *, seen: Seen | None = None) -> int:
    """Ask for a refund of an order's payment; answers its key. The same `once` again answers the first one's.

    With `seen` it is refused when it would no longer do what the person saw. Raises NoSuchOrder, KeyReused, RefundChanged
    and what `plan` raises.
    """
    try:
        return _ask_once(_number(number), what, why, once, now, seen)
    except IntegrityError:  # the same key for another order, at the same moment
        with reading() as session:
            refund_id = known(session, once)
        if refund_id is None:
            raise
        return refund_id


def _ask_once(number: str, what: What, why: Why, once: Once, now: datetime, seen: Seen | None) -> int:
    with transaction() as session:
        order = session.scalar(select(Order).where(Order.number == number).with_for_update())
        if order is None:
            raise NoSuchOrder
        if (earlier := known(session, once)) is not None:
            return earlier
        will = plan(_left(session, number), what, now)
        if seen is not None and will.seen != seen:
            raise RefundChanged
        refund_id = refunding.ask(session, order, what, why, now)
        session.execute(insert(RefundKey).values(key=once.name, request_hash=once.digest, refund_id=refund_id))
        refunding.write_deed(session, why, f"order:{number}", refund_id, will.minor, will.currency, now)
        return refund_id


def known(session: Session, once: Once) -> int | None:
    """The refund that this key asked for before, or None. Raises KeyReused."""
    row = session.execute(select(RefundKey.request_hash, RefundKey.refund_id).where(RefundKey.key == once.name)).first()
    if row is None:
        return None
    if row.request_hash != once.digest:
        raise KeyReused
    return int(row.refund_id)


def worth(left: Left, pieces: Mapping[int, int]) -> int:
    """What goes back for pieces that are not given at a hand-over, in minor units: their price, as far as it is still here."""
    return _worth(left.lines, pieces, left.minor)


def _worth(lines: Iterable[OrderedLine], pieces: Mapping[int, int], left_minor: int) -> int:
    price = {line.position: line.unit_price_minor for line in lines}
    return max(min(sum(price[position] * quantity for position, quantity in pieces.items()), left_minor), 0)


def refund_missing(order_id: int, facts: Mapping[str, Any], now: datetime) -> None:
    """The reaction to a hand-over in part: what the pieces cost that were not given goes back. Harmless twice.

    The pieces are marked in the order's lines and on sale again since the hand-over; here is only the money.
    """
    once = Once("pickup", str(facts["scan_id"]), str(facts["missing"]))
    pieces = {int(position): int(quantity) for position, quantity in facts["missing"]}
    with transaction() as session:
        order = session.scalar(select(Order).where(Order.id == order_id).with_for_update())
        if order is None or known(session, once) is not None:
            return
        taken = session.scalar(select(Taken).where(Taken.order_id == order_id, Taken.verdict.in_(SETTLED)).with_for_update())
        lines = refunding.lines_of(session, order_id)
        minor = _worth(lines, pieces, taken.amount_minor - taken.refunded_minor) if taken else 0
        if taken is None or minor == 0:
            return  # everything has gone back already
        why = Why(Cause.COUNTER, str(facts["by"]), "not handed over")
        refund_id = refunding.write(session, taken, order_id, minor, why, now, pieces)
        session.execute(insert(RefundKey).values(key=once.name, request_hash=once.digest, refund_id=refund_id))
