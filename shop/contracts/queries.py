"""Questions about withdrawals and letters."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, func, select

from shop.base.db import reading
from shop.contracts.models import Letter, Withdrawal
from shop.contracts.rules import NoSuchWithdrawal
from shop.contracts.states import Course, Proof
from shop.orders.models import Order
from shop.orders.states import OrderState, RefundState

WITHDRAWALS: Any = Withdrawal.__table__
LETTERS: Any = Letter.__table__
PAGE = 50


class WithdrawalView(Struct, frozen=True):
    """One declaration; `number_of_order` is None when it fits no order. `state` and `refund_state` are the order's of today."""

    id: int
    token: str
    received_at: datetime
    language: str
    order_number: str
    name: str | None
    email: str | None
    wish: str | None
    order_id: int | None
    proof: Proof
    course: Course
    order_state: OrderState | None
    may_until: datetime | None
    refund_id: int | None
    told_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
    handled_note: str | None
    state: OrderState | None
    refund_state: RefundState | None

    @property
    def in_time(self) -> bool | None:
        """None: it fits no order."""
        if self.order_id is None:
            return None
        return self.may_until is None or self.received_at < self.may_until

    @property
    def is_open(self) -> bool:
        return self.course is Course.FOR_A_PERSON and self.handled_at is None


class LetterView(Struct, frozen=True):
    id: int
    order_id: int
    email: str | None
    language: str
    asked_at: datetime
    sent_at: datetime | None


_ALL: Any = select(WITHDRAWALS, Order.state.label("now_state"), Order.refund_state.label("now_refund")).outerjoin(
    Order, Order.id == WITHDRAWALS.c.order_id
)


def _view(row: Any) -> WithdrawalView:
    return WithdrawalView(
        row.id, row.token, row.received_at, row.language, row.order_number, row.name, row.email, row.wish, row.order_id,
        Proof(row.proof), Course(row.course), OrderState(row.order_state) if row.order_state else None, row.may_until, row.refund_id,
        row.told_at, row.handled_at, row.handled_by, row.handled_note, OrderState(row.now_state) if row.now_state else None,
        RefundState(row.now_refund) if row.now_refund else None,
    )  # fmt: skip


def _one(condition: Any) -> WithdrawalView:
    with reading() as session:
        row = session.execute(_ALL.where(condition)).first()
    if row is None:
        raise NoSuchWithdrawal
    return _view(row)


def by_token(token: str) -> WithdrawalView:
    """The declaration of an acknowledgement's address. Raises NoSuchWithdrawal."""
    return _one(WITHDRAWALS.c.token == token)


def by_id(withdrawal_id: int) -> WithdrawalView:
    """One declaration, for staff and the worker. Raises NoSuchWithdrawal."""
    return _one(WITHDRAWALS.c.id == withdrawal_id)


_OPEN = and_(WITHDRAWALS.c.course == Course.FOR_A_PERSON.value, WITHDRAWALS.c.handled_at.is_(None))


def listed(*, only_open: bool, before: int | None = None) -> list[WithdrawalView]:
    """A page of declarations, the last one first; with `before`, those that are older than this key. One statement."""
    wanted = _ALL.where(_OPEN) if only_open else _ALL
    if before is not None:
        wanted = wanted.where(WITHDRAWALS.c.id < before)
    with reading() as session:
        return [_view(row) for row in session.execute(wanted.order_by(WITHDRAWALS.c.id.desc()).limit(PAGE)).all()]


def of_order(order_id: int) -> list[WithdrawalView]:
    """What was declared about an order, oldest first."""
    with reading() as session:
        return [_view(row) for row in session.execute(_ALL.where(WITHDRAWALS.c.order_id == order_id).order_by(WITHDRAWALS.c.id)).all()]


def open_count() -> int:
    """How many declarations wait for a person."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(WITHDRAWALS).where(_OPEN)) or 0


def letter(letter_id: int) -> LetterView | None:
    """One letter, for the worker."""
    with reading() as session:
        row = session.execute(select(LETTERS).where(LETTERS.c.id == letter_id)).first()
    return LetterView(row.id, row.order_id, row.email, row.language, row.asked_at, row.sent_at) if row else None
