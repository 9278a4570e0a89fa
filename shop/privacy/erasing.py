"""A traveller is erased: nobody can tell any more whose orders these were. Books and evidence stay as the law wants them."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from shop.base.ids import OrderNumber
from shop.campaigns.models import FollowerTouch
from shop.catalogue.wish_models import Wish
from shop.contracts.models import Letter, Withdrawal
from shop.messaging.models import MailAddress, Message
from shop.orders.models import Order
from shop.orders.states import OrderState, RefundState
from shop.payments.models import Attempt
from shop.people.models import SignIn, Traveller
from shop.privacy import rules, talked
from shop.trips.models import SavedTrip

ORDERS: Any = Order.__table__
ATTEMPTS: Any = Attempt.__table__
MESSAGES: Any = Message.__table__
MAIL_ADDRESSES: Any = MailAddress.__table__
TRAVELLERS: Any = Traveller.__table__
SIGN_INS: Any = SignIn.__table__
WITHDRAWALS: Any = Withdrawal.__table__
LETTERS: Any = Letter.__table__
TOUCHES: Any = FollowerTouch.__table__
TRIPS: Any = SavedTrip.__table__
WISHES: Any = Wish.__table__
OPEN = tuple(s.value for s in (OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.PACKING, OrderState.READY))
ERASED = "erased:"  # what the openid of somebody who was erased begins with; WeChat's own never do
# Tables whose rows point to a traveller; a test compares it with the foreign keys there are.
POINTING = frozenset(
    {
        "attempts.payer_id", "mail_addresses.traveller_id", "messages.traveller_id", "orders.traveller_id", "saved_trips.traveller_id",
        "sign_ins.traveller_id", "wishes.traveller_id",
    }
)  # fmt: skip


def open_orders(traveller_id: Any) -> Select[Any]:
    """Orders that stand against erasing: not at their end, money on its way back, or a payment that WeChat may still report."""
    in_doubt = select(ATTEMPTS.c.id).where(ATTEMPTS.c.order_id == ORDERS.c.id, ATTEMPTS.c.next_check_at.is_not(None)).exists()
    return select(ORDERS.c.number).where(
        ORDERS.c.traveller_id == traveller_id,
        or_(ORDERS.c.state.in_(OPEN), ORDERS.c.refund_state == RefundState.REQUESTED.value, in_doubt),
    )


def lock(session: Session, traveller_id: int) -> None:
    """Nobody can order as this traveller until the transaction ends. Raises NoSuchTraveller."""
    found = session.execute(
        select(TRAVELLERS.c.id).where(TRAVELLERS.c.id == traveller_id, TRAVELLERS.c.erased_at.is_(None)).with_for_update()
    ).first()
    if found is None:
        raise rules.NoSuchTraveller


def check(session: Session, traveller_id: int) -> None:
    """Raises OrdersOpen, with their numbers in `facts["orders"]`."""
    paying_for = (
        select(ORDERS.c.number)
        .join(ATTEMPTS, ATTEMPTS.c.order_id == ORDERS.c.id)
        .where(ATTEMPTS.c.payer_id == traveller_id, ATTEMPTS.c.next_check_at.is_not(None))
    )
    mine = session.scalars(open_orders(traveller_id).order_by(ORDERS.c.id)).all()
    numbers: Sequence[OrderNumber] = [*mine, *session.scalars(paying_for.order_by(ORDERS.c.id)).all()]
    if numbers:
        raise rules.OrdersOpen(orders=", ".join(numbers[:10]))


def orders_of(session: Session, traveller_id: int) -> Sequence[int]:
    """The keys of the traveller's orders, locked."""
    return session.scalars(select(ORDERS.c.id).where(ORDERS.c.traveller_id == traveller_id).order_by(ORDERS.c.id).with_for_update()).all()


def erase_row(session: Session, traveller_id: int, now: datetime) -> int:
    """Put a made-up traveller in place of this one, and take this one out; answers the made-up one's key.

    Old sessions of other browsers lead nowhere then, and a later visit of the same person is a new traveller's.
    """
    app_id = session.scalar(select(TRAVELLERS.c.app_id).where(TRAVELLERS.c.id == traveller_id))
    row = {"app_id": app_id, "openid": f"{ERASED}{secrets.token_hex(16)}", "first_seen_at": now, "last_seen_at": now, "erased_at": now}
    nobody: int = session.execute(insert(TRAVELLERS).values(row).returning(TRAVELLERS.c.id)).scalar_one()
    session.execute(update(ORDERS).where(ORDERS.c.traveller_id == traveller_id).values(traveller_id=nobody))
    session.execute(update(ATTEMPTS).where(ATTEMPTS.c.payer_id == traveller_id).values(payer_id=nobody))
    withdrawn = select(ORDERS.c.id).where(ORDERS.c.traveller_id == nobody)
    session.execute(update(WITHDRAWALS).where(WITHDRAWALS.c.order_id.in_(withdrawn)).values(email=None))
    session.execute(update(LETTERS).where(LETTERS.c.order_id.in_(withdrawn)).values(email=None))
    mine = MESSAGES.c.traveller_id == traveller_id
    session.execute(update(MESSAGES).where(mine).values(text=None, facts=None, traveller_id=nobody))
    session.execute(update(MESSAGES).where(MESSAGES.c.about == f"traveller:{traveller_id}").values(about=f"nobody:{nobody}"))
    session.execute(delete(MAIL_ADDRESSES).where(MAIL_ADDRESSES.c.traveller_id == traveller_id))
    who = select(TRAVELLERS.c.app_id, TRAVELLERS.c.openid).where(TRAVELLERS.c.id == traveller_id)
    session.execute(delete(TOUCHES).where(tuple_(TOUCHES.c.app_id, TOUCHES.c.openid).in_(who)))
    talked.forget_traveller(session, traveller_id)
    session.execute(delete(SIGN_INS).where(SIGN_INS.c.traveller_id == traveller_id))
    session.execute(delete(TRIPS).where(TRIPS.c.traveller_id == traveller_id))
    session.execute(delete(WISHES).where(WISHES.c.traveller_id == traveller_id))
    session.execute(delete(TRAVELLERS).where(TRAVELLERS.c.id == traveller_id))
    return nobody
