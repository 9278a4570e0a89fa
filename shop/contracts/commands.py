"""Verbs about contracts: take a withdrawal in, say that a person has seen to one, ask for a confirmation by mail."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.base.outbox import announce
from shop.contracts import events, rules
from shop.contracts.models import Letter, Withdrawal
from shop.contracts.rules import (
    AlreadyHandled,
    NoSuchWithdrawal,
    TooManyDeclarations,
    TooManyLetters,
    WrongDeclaration,
    WrongMail,
)
from shop.contracts.states import Course, Proof
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_rules import Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import codes
from shop.pickup.models import Pickup

LOG = structlog.get_logger("shop.contracts")
WITHDRAWALS: Any = Withdrawal.__table__
LETTERS: Any = Letter.__table__


class Declaration(Struct, frozen=True, kw_only=True):
    """What somebody declares. `number` and `name` are what the law asks for; `email` is where the acknowledgement goes, if
    given; `code` the pickup code, if at hand; `wish` names goods when not all are meant. `traveller` is who is signed in."""

    key: str
    number: str
    name: str
    email: str = ""
    code: str = ""
    wish: str = ""
    language: str = "zh"
    traveller: TravellerId | None = None

    def checked(self) -> "Declaration":
        """The same, tidied. Raises WrongDeclaration with `fields`."""
        errors: dict[str, list[str]] = {}
        number, email = rules.clean_number(self.number), self.email.strip()
        for field, missing in (("number", not number), ("name", not self.name.strip())):
            if missing:
                errors[field] = ["missing" if not getattr(self, field).strip() else "wrong_number"]
        for field, text, most in (("name", self.name, rules.LONGEST_NAME), ("wish", self.wish, rules.LONGEST_WISH)):
            if len(text) > most:
                errors[field] = ["too_long"]
        if email:
            try:
                email = rules.clean_mail(email)
            except WrongMail as wrong:
                errors |= wrong.fields
        if errors:
            raise WrongDeclaration(fields=errors)
        return Declaration(
            key=self.key, number=number, name=self.name.strip(), email=email, code=self.code.strip()[:40], wish=self.wish.strip(),
            language=self.language, traveller=self.traveller,
        )  # fmt: skip


def withdraw(said: Declaration, days: int, now: datetime) -> str:
    """Take a declaration in, whatever it names; answers the token of its acknowledgement.

    It is kept even when it fits no order: whether it holds is not this form's to say, and nobody learns from it which orders
    there are. `days` is how long one may withdraw after the hand-over. What becomes of it is `rules.course`: the refund of an
    order that nobody has collected starts here, in the same transaction. The same form sent twice is one declaration. Raises
    WrongDeclaration, TooManyDeclarations.
    """
    said = said.checked()
    try:
        with transaction() as session:
            return _withdraw(session, said, days, now)
    except IntegrityError:  # the same form, at the same moment
        with reading() as session:
            earlier = session.scalar(select(Withdrawal.token).where(Withdrawal.key == said.key))
        if earlier is None:
            raise
        return earlier


def _withdraw(session: Session, said: Declaration, days: int, now: datetime) -> str:
    earlier = session.scalar(select(Withdrawal.token).where(Withdrawal.key == said.key))
    if earlier is not None:
        return earlier
    today = select(func.count()).where(WITHDRAWALS.c.order_number == said.number, WITHDRAWALS.c.received_at > now - timedelta(days=1))
    if (session.scalar(today) or 0) >= rules.MOST_A_DAY:
        raise TooManyDeclarations
    order = session.scalar(select(Order).where(Order.number == said.number).with_for_update())
    proof = _proof(session, order, said)
    if proof is Proof.NONE:
        order = None
    state = OrderState(order.state) if order is not None else None
    wanted = rules.course(proof, state, order.departs_at if order is not None else None, now, partly=bool(said.wish))
    token, refund_id = secrets.token_urlsafe(24), None
    if wanted is Course.REFUNDED and order is not None:
        refund_id = _give_back(session, order, token, now)
        wanted = Course.REFUNDED if refund_id is not None else Course.FOR_A_PERSON
    withdrawal_id = session.execute(
        insert(WITHDRAWALS)
        .values(
            token=token, key=said.key, received_at=now, language=said.language, order_number=said.number, name=said.name,
            email=said.email or None, wish=said.wish or None, order_id=order.id if order is not None else None, proof=proof.value,
            course=wanted.value, order_state=state.value if state else None, refund_id=refund_id,
            may_until=rules.may_until(order.collected_at, days) if order is not None else None,
        )
        .returning(WITHDRAWALS.c.id)
    ).scalar_one()  # fmt: skip
    announce(session, events.WITHDRAWN, now, withdrawal_id)
    LOG.info("withdrawal received", withdrawal=withdrawal_id, proof=proof.value, course=wanted.value)
    return token


def _proof(session: Session, order: Order | None, said: Declaration) -> Proof:
    if order is None:
        return Proof.NONE
    if said.traveller is not None and order.traveller_id == said.traveller:
        return Proof.OWNED
    read = codes.read(said.code, "") if said.code else None
    own = session.scalar(select(Pickup.code).where(Pickup.order_id == order.id)) if read is not None and not read.forged else None
    if own is not None and read is not None and secrets.compare_digest(own, read.code):
        return Proof.OWNED
    return Proof.NAMED if rules.same_name(said.name, order.traveller_name) else Proof.NONE


def _give_back(session: Session, order: Order, token: str, now: datetime) -> int | None:
    """Start the refund; None when the payment cannot be refunded like that (too old, nothing left): a person sees to it."""
    try:
        with session.begin_nested():
            return refunding.ask(session, order, Whole(), Why(Cause.CANCELLED, "traveller", f"withdrawal {token[:8]}"), now)
    except ShopError as refused:
        LOG.warning("a withdrawal was not refunded by itself", order=order.number, reason=refused.code)
        session.refresh(order)
        return None


def handle(withdrawal_id: int, note: str, *, by: str, now: datetime) -> None:
    """Somebody has seen to a declaration. Raises NoSuchWithdrawal, AlreadyHandled."""
    with transaction() as session:
        row = session.execute(select(WITHDRAWALS.c.id, WITHDRAWALS.c.order_number).where(WITHDRAWALS.c.id == withdrawal_id)).first()
        if row is None:
            raise NoSuchWithdrawal
        open_one = update(WITHDRAWALS).where(
            WITHDRAWALS.c.id == withdrawal_id, WITHDRAWALS.c.course == Course.FOR_A_PERSON.value, WITHDRAWALS.c.handled_at.is_(None)
        )
        if not changed(session.execute(open_one.values(handled_at=now, handled_by=by, handled_note=note.strip()[:500] or None))):
            raise AlreadyHandled
        audit.record(session, by, "withdrawal.handled", f"withdrawal:{withdrawal_id}", now, after={"order": row.order_number})


def ask_letter(number: str, traveller: TravellerId, email: str, language: str, now: datetime) -> None:
    """Have the confirmation of the traveller's own order sent by mail. Raises NoSuchOrder, WrongMail, TooManyLetters."""
    address = rules.clean_mail(email)
    with transaction() as session:
        order_id = session.scalar(
            select(Order.id).where(Order.number == number.upper(), Order.traveller_id == traveller).with_for_update()
        )
        if order_id is None:
            raise NoSuchOrder
        if (session.scalar(select(func.count()).where(LETTERS.c.order_id == order_id)) or 0) >= rules.MOST_LETTERS:
            raise TooManyLetters
        letter_id = session.execute(
            insert(LETTERS).values(order_id=order_id, email=address, language=language, asked_at=now).returning(LETTERS.c.id)
        ).scalar_one()
        announce(session, events.LETTER_ASKED, now, letter_id)
