"""All that the shop keeps of a traveller, as plain values with labels in three languages (Art. 15 and 20 GDPR, PIPL Art. 45)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.catalogue.models import Product
from shop.catalogue.wish_models import Wish
from shop.contracts.models import Letter, Withdrawal
from shop.flights.models import PickupPoint
from shop.messaging.models import MailAddress, Message
from shop.orders.models import Order, OrderChange, OrderLine, TripChange
from shop.payments.models import Attempt, Refund, Taken
from shop.people.models import SignIn, Traveller
from shop.pickup.evidence import deletion_date
from shop.pickup.models import Pickup, Scan
from shop.privacy import came, rules, talked
from shop.privacy.words import LABELS
from shop.trips.models import SavedTrip

FORM = 1  # of the file
ME = ("openid", "unionid", "language", "first_seen_at", "last_seen_at")
VISIT = ("started_at", "finished_at")
ORDER = (
    "number", "state", "refund_state", "placed_at", "paid_at", "collected_at", "traveller_name", "residence", "birth_date",
    "adult_confirmed_at", "language",
    "flight_number", "flight_date", "departs_at", "origin", "destination", "final_destination", "collect_from", "collect_until",
    "campaign", "treatment",
)  # fmt: skip
SAVED_TRIP = ("flight", "day", "origin", "destination", "final_destination", "residence", "terminal", "departs_local", "saved_at")
TRIP = ("at", "why", "old_flight", "new_flight", "old_departs_at", "new_departs_at", "old_final_destination", "new_final_destination")


def tell(traveller_id: int, evidence_years: int, now: datetime) -> dict[str, Any]:
    """The file of a traveller: who, orders with all that hangs on them, until when, and what each name means.

    Nineteen statements, however many orders there are. Raises NoSuchTraveller.
    """
    with reading() as session:
        me = session.execute(
            select(Traveller.__table__).where(Traveller.id == traveller_id, Traveller.erased_at.is_(None))
        ).first()
        if me is None:
            raise rules.NoSuchTraveller
        found = session.execute(
            select(Order.__table__, PickupPoint.code.label("pickup_point"))
            .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
            .where(Order.traveller_id == traveller_id)
            .order_by(Order.id)
        ).all()
        mine = select(Order.id).where(Order.traveller_id == traveller_id)
        hanging = {
            model: session.execute(select(model.__table__).where(model.order_id.in_(mine)).order_by(*model.__table__.primary_key)).all()
            for model in (OrderLine, OrderChange, TripChange, Taken, Refund, Pickup, Scan, Withdrawal, Letter, Message)
        }
        wishes = session.execute(
            select(Product.sku, Wish.made_at, Wish.told_at)
            .join(Wish, Wish.product_id == Product.id)
            .where(Wish.traveller_id == traveller_id)
            .order_by(Wish.id)
        ).all()
        mail = session.execute(select(MailAddress.__table__).where(MailAddress.traveller_id == traveller_id)).first()
        visits = session.execute(select(SignIn.__table__).where(SignIn.traveller_id == traveller_id).order_by(SignIn.id)).all()
        said = talked.told(session, traveller_id)
        touched = came.told(session, traveller_id)
        paid_for_others = session.execute(
            select(Taken.__table__)
            .join(Attempt, Attempt.id == Taken.attempt_id)
            .where(Attempt.payer_id == traveller_id)
            .order_by(Taken.id)
        ).all()
        trips = session.execute(select(SavedTrip.__table__).where(SavedTrip.traveller_id == traveller_id).order_by(SavedTrip.id)).all()
    by_order = {model: _grouped(rows) for model, rows in hanging.items()}
    return {
        "form": FORM, "made_at": _plain(now), "traveller": _some(me, ME), "sign_ins": [_some(row, VISIT) for row in visits],
        "mail": _some(mail, ("address", "given_at", "confirmed_at")) if mail else None,
        "orders": [_order(row, {model: rows.get(row.id, []) for model, rows in by_order.items()}, evidence_years) for row in found],
        "paid_for_others": [_payment(one) for one in paid_for_others],
        "wishes": [{"sku": row.sku, "waits_since": _plain(row.made_at), "told_at": _plain(row.told_at)} for row in wishes],
        "saved_trips": [_some(row, SAVED_TRIP) for row in trips], "chat": [_some(row, talked.SAID) for row in said],
        "campaigns": [_some(row, came.SAID) for row in touched], "labels": LABELS,
    }  # fmt: skip


def _grouped(rows: Sequence[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def _order(row: Any, hanging: Mapping[Any, list[Any]], years: int) -> dict[str, Any]:
    named_until = rules.forgets_on(row.departs_at, paid=row.paid_at is not None)
    return {
        **_some(row, ORDER), "pickup_point": row.pickup_point, "total": _money(row.total_minor, row.total_currency),
        "name_deleted_on": None if row.forgotten_at else _plain(named_until),
        "lines": [
            {"sku": one.sku, "name": {lang: getattr(one, f"name_{lang}") for lang in ("zh", "en", "de")}, "quantity": one.quantity,
             "unit_price": _money(one.unit_price_minor, row.total_currency)}
            for one in hanging[OrderLine]
        ],
        "history": [_some(one, ("new_state", "at")) for one in hanging[OrderChange]],
        "trip_changes": [_some(one, TRIP) for one in hanging[TripChange]],
        "payments": [_payment(one) for one in hanging[Taken]],
        "refunds": [
            {**_some(one, ("cause", "state", "requested_at", "done_at")), "amount": _money(one.amount_minor, one.amount_currency)}
            for one in hanging[Refund]
        ],
        "pickup": [_some(one, ("code", "issued_at", "revoked_at", "collected_at")) for one in hanging[Pickup]],
        "withdrawals": [_some(one, ("received_at", "name", "email", "wish", "told_at")) for one in hanging[Withdrawal]],
        "letters": [_some(one, ("email", "asked_at", "sent_at")) for one in hanging[Letter]],
        "scans": [_scan(one, years) for one in hanging[Scan]],
        "messages": [_message(one) for one in hanging[Message]],
    }  # fmt: skip


def _payment(row: Any) -> dict[str, Any]:
    return {**_some(row, ("transaction_id", "paid_at")), "amount": _money(row.amount_minor, row.amount_currency)}


def _message(row: Any) -> dict[str, Any]:
    until = _plain((row.planned_at + rules.TOLD).date()) if row.text else None
    return {**_some(row, ("moment", "channel", "sent_at", "text")), "text_deleted_on": until}


def _scan(row: Any, years: int) -> dict[str, Any]:
    evidence = (row.details or {}).get("checks")
    until = {"evidence": evidence, "evidence_deleted_on": _plain(deletion_date(row.received_at, years))} if evidence else {}
    return {**_some(row, ("received_at", "outcome")), **until}


def _some(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _money(minor: int, currency: str) -> dict[str, Any]:
    """As in the API: minor units. A currency that is not ours is one of WeChat's that came by mistake."""
    known = Money(minor, Currency(currency)) if currency in set(Currency) else None
    return {"amount": known.minor if known else minor, "currency": currency}
