"""What is over is forgotten, in portions that each stand for themselves: whoever is interrupted goes on where it stopped."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import Select, and_, delete, func, not_, or_, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.campaigns import rules as campaign_rules
from shop.campaigns.models import FollowerTouch
from shop.contracts.models import Letter, Withdrawal
from shop.messaging.models import Message
from shop.orders.models import Order, OrderNote
from shop.orders.states import OrderState, RefundState
from shop.payments.models import Attempt, Refund
from shop.people.models import Traveller
from shop.pickup import evidence
from shop.pickup.models import Conflict, Scan
from shop.privacy import rules, talked
from shop.privacy.erasing import erase_row, open_orders
from shop.trips.models import SavedTrip

LOG = structlog.get_logger("shop.privacy")
AT_A_TIME = 200
COUNTED_UP_TO = 100_000
ORDERS: Any = Order.__table__
NOTES: Any = OrderNote.__table__
MESSAGES: Any = Message.__table__
SCANS: Any = Scan.__table__
ATTEMPTS: Any = Attempt.__table__
REFUNDS: Any = Refund.__table__
CONFLICTS: Any = Conflict.__table__
FOLLOWER_TOUCHES: Any = FollowerTouch.__table__
TRAVELLERS: Any = Traveller.__table__
TRIPS: Any = SavedTrip.__table__
WITHDRAWALS: Any = Withdrawal.__table__
LETTERS: Any = Letter.__table__
OPEN = tuple(s.value for s in (OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.PACKING, OrderState.READY))
NEVER_PAID = tuple(s.value for s in (OrderState.CANCELLED, OrderState.EXPIRED))
FORGOTTEN = "privacy.forgotten"  # the audit's word for a portion


class Rule(Struct, frozen=True):
    """`due` is what is over at a moment (a condition on `table`), `forget` does it to some rows by their keys."""

    name: str
    table: Any
    due: Callable[[datetime, int], Any]
    forget: Callable[[Session, Sequence[int], datetime], None]


def _unpaid(now: datetime, _years: int) -> Any:
    return and_(
        ORDERS.c.forgotten_at.is_(None), ORDERS.c.departs_at < now - rules.UNPAID, ORDERS.c.state.in_(NEVER_PAID),
        ORDERS.c.paid_at.is_(None), ORDERS.c.refund_state == RefundState.NONE.value,
    )  # fmt: skip


def _flown(now: datetime, _years: int) -> Any:
    return and_(
        ORDERS.c.forgotten_at.is_(None), ORDERS.c.departs_at < now - rules.FLOWN, not_(ORDERS.c.state.in_(OPEN)),
        ORDERS.c.refund_state != RefundState.REQUESTED.value,
    )  # fmt: skip


def _requests(now: datetime, _years: int) -> Any:
    old = (ATTEMPTS.c.created_at < now - rules.REFUNDABLE, ATTEMPTS.c.next_check_at.is_(None), ATTEMPTS.c.request != "{}")
    return and_(*old)


def _refund_notes(now: datetime, _years: int) -> Any:
    written = or_(REFUNDS.c.note.is_not(None), REFUNDS.c.handled_note.is_not(None))
    return and_(REFUNDS.c.requested_at < rules.before_years(rules.BOOK_YEARS, now), written)


def _order_notes(_now: datetime, _years: int) -> Any:
    forgotten = select(ORDERS.c.id).where(ORDERS.c.forgotten_at.is_not(None))
    return and_(NOTES.c.text.is_not(None), NOTES.c.order_id.in_(forgotten))


def _message_texts(now: datetime, _years: int) -> Any:
    return and_(MESSAGES.c.text.is_not(None), MESSAGES.c.planned_at < now - rules.TOLD, MESSAGES.c.state.not_in(("planned", "sending")))


def _conflict_notes(now: datetime, _years: int) -> Any:
    return and_(CONFLICTS.c.found_at < rules.before_years(rules.BOOK_YEARS, now), CONFLICTS.c.resolution.is_not(None))


def _scan_staff(now: datetime, years: int) -> Any:
    return and_(SCANS.c.received_at < rules.before_years(years, now), SCANS.c.staff.is_not(None))


def _evidence(now: datetime, years: int) -> Any:
    return and_(SCANS.c.received_at < rules.before_years(years, now), evidence.IS_THERE)


def _saved_trips(now: datetime, _years: int) -> Any:
    return TRIPS.c.departs_at < now - rules.UNPAID
def _withdrawals(now: datetime, _years: int) -> Any:
    return and_(WITHDRAWALS.c.received_at < rules.before_years(rules.BOOK_YEARS, now), WITHDRAWALS.c.name.is_not(None))


def _withdrawal_contacts(now: datetime, _years: int) -> Any:
    return and_(WITHDRAWALS.c.received_at < now - rules.ANSWERED, WITHDRAWALS.c.email.is_not(None))


def _letters(now: datetime, _years: int) -> Any:
    return and_(LETTERS.c.asked_at < now - rules.ANSWERED, LETTERS.c.email.is_not(None))


def _touched(now: datetime, _years: int) -> Any:
    return FOLLOWER_TOUCHES.c.last_at < now - campaign_rules.KEPT


def _delete_touches(session: Session, keys: Sequence[int], _now: datetime) -> None:
    session.execute(delete(FOLLOWER_TOUCHES).where(FOLLOWER_TOUCHES.c.id.in_(keys)))


def _idle(now: datetime, _years: int) -> Any:
    return and_(TRAVELLERS.c.erased_at.is_(None), TRAVELLERS.c.last_seen_at < now - rules.IDLE, not_(open_orders(TRAVELLERS.c.id).exists()))


def forget_orders(session: Session, keys: Sequence[int], now: datetime) -> None:
    """Names and birth dates of these orders go, in the caller's transaction. What the tax office wants to see of the buyer goes
    into the evidence of the hand-over, where there is one, and stays as long as that."""
    named = session.execute(select(ORDERS.c.id, ORDERS.c.traveller_name, ORDERS.c.residence).where(ORDERS.c.id.in_(keys))).all()
    evidence.keep_buyer(session, {row.id: (row.traveller_name, row.residence) for row in named if row.traveller_name != rules.NOBODY})
    gone = {"traveller_name": rules.NOBODY, "birth_date": None, "request_hash": "", "adult_confirmed_at": None, "forgotten_at": now}
    session.execute(update(ORDERS).where(ORDERS.c.id.in_(keys)).values(gone))


def forget_requests(session: Session, keys: Sequence[int], _now: datetime) -> None:
    """What was asked of WeChat Pay names the payer: of these attempts only number and amount stay."""
    session.execute(update(ATTEMPTS).where(ATTEMPTS.c.id.in_(keys)).values(request="{}", prepay_id=None))


def forget_notes(session: Session, orders: Sequence[int]) -> None:
    """What staff wrote beside these orders goes, in the caller's transaction."""
    session.execute(update(NOTES).where(NOTES.c.order_id.in_(orders)).values(text=None))


def _blank(table: Any, *columns: str) -> Callable[[Session, Sequence[int], datetime], None]:
    def forget(session: Session, keys: Sequence[int], _now: datetime) -> None:
        session.execute(update(table).where(table.c.id.in_(keys)).values(dict.fromkeys(columns)))

    return forget


def _forget_evidence(session: Session, keys: Sequence[int], _now: datetime) -> None:
    evidence.forget(session, keys)


def _drop_trips(session: Session, keys: Sequence[int], _now: datetime) -> None:
    session.execute(delete(TRIPS).where(TRIPS.c.id.in_(keys)))


def _erase(session: Session, keys: Sequence[int], now: datetime) -> None:
    for key in keys:
        erase_row(session, key, now)


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("orders_unpaid", ORDERS, _unpaid, forget_orders),
        Rule("orders_flown", ORDERS, _flown, forget_orders),
        Rule("order_notes", NOTES, _order_notes, _blank(NOTES, "text")),
        Rule("message_texts", MESSAGES, _message_texts, _blank(MESSAGES, "text")),
        Rule("payment_requests", ATTEMPTS, _requests, forget_requests),
        Rule("saved_trips", TRIPS, _saved_trips, _drop_trips),
        Rule("travellers_idle", TRAVELLERS, _idle, _erase),
        Rule("evidence", SCANS, _evidence, _forget_evidence),
        Rule("scan_staff", SCANS, _scan_staff, _blank(SCANS, "staff")),
        Rule("refund_notes", REFUNDS, _refund_notes, _blank(REFUNDS, "note", "handled_note")),
        Rule("withdrawals", WITHDRAWALS, _withdrawals, _blank(WITHDRAWALS, "name", "wish")),
        Rule("withdrawal_contacts", WITHDRAWALS, _withdrawal_contacts, _blank(WITHDRAWALS, "email")),
        Rule("letters", LETTERS, _letters, _blank(LETTERS, "email")),
        Rule("follower_touches", FOLLOWER_TOUCHES, _touched, _delete_touches),
        Rule("chat", talked.ENTRIES, talked.entries_due, talked.forget_entries),
        Rule("followers_idle", talked.FOLLOWERS, talked.followers_due, talked.forget_followers),
        Rule("conflict_notes", CONFLICTS, _conflict_notes, _blank(CONFLICTS, "resolution")),
    )
}


def due(now: datetime, years: int) -> dict[str, int]:
    """How many rows each rule would forget now (`years` is how long evidence is kept), counted no further than 100,000."""
    with reading() as session:
        return {rule.name: session.execute(_count(rule, now, years)).scalar_one() for rule in RULES.values()}


def _count(rule: Rule, now: datetime, years: int) -> Select[Any]:
    some = select(rule.table.c.id).where(rule.due(now, years)).limit(COUNTED_UP_TO).subquery()
    return select(func.count()).select_from(some)


def forget_due(now: datetime, years: int) -> dict[str, int]:
    """Forget all that is over; answers how much of what. Harmless twice, and at the same moment."""
    return {rule.name: forget_by(rule, now, years) for rule in RULES.values()}


def forget_by(rule: Rule, now: datetime, years: int) -> int:
    """Forget all that is over by one rule; answers how much."""
    count = 0
    while portion := _portion(rule, now, years):
        count += portion
    if count:
        LOG.info("forgotten", rule=rule.name, rows=count, years=years)
    return count


def _portion(rule: Rule, now: datetime, years: int) -> int:
    with transaction() as session:
        wanted = select(rule.table.c.id).where(rule.due(now, years)).order_by(rule.table.c.id).limit(AT_A_TIME)
        keys = session.scalars(wanted.with_for_update(skip_locked=True, of=rule.table)).all()
        if keys:
            rule.forget(session, keys, now)
            audit.record(session, "system", FORGOTTEN, f"privacy:{rule.name}", now, after={"rows": len(keys)})
        return len(keys)
