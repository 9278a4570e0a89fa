"""Verbs about saved trips: keep one, take one out."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.db import changed, transaction
from shop.base.ids import TravellerId
from shop.trips.models import SavedTrip
from shop.trips.queries import MOST_KEPT
from shop.trips.rules import NoSuchTrip, Trip

SAVED: Any = SavedTrip.__table__


def save(traveller_id: TravellerId, trip: Trip, departs_at: datetime, now: datetime) -> None:
    """Keep a trip, instead of what was said before of this flight on this day. Harmless twice, and at the same moment."""
    try:
        _write(traveller_id, trip, departs_at, now)
    except IntegrityError:  # somebody does so just now; whose traveller is gone meets it again
        _write(traveller_id, trip, departs_at, now)


def _write(traveller_id: TravellerId, trip: Trip, departs_at: datetime, now: datetime) -> None:
    values = {
        "origin": trip.origin, "destination": trip.destination, "final_destination": trip.final_destination,
        "residence": trip.residence, "terminal": trip.terminal, "departs_local": trip.departs_local, "departs_at": departs_at,
        "saved_at": now,
    }  # fmt: skip
    here = (SAVED.c.traveller_id == traveller_id, SAVED.c.flight == trip.flight, SAVED.c.day == trip.day)
    with transaction() as session:
        if changed(session.execute(update(SAVED).where(*here).values(**values))):
            return
        session.execute(insert(SAVED).values(traveller_id=traveller_id, flight=trip.flight, day=trip.day, **values))
        _keep_few(session, traveller_id)


def _keep_few(session: Session, traveller_id: TravellerId) -> None:
    latest = select(SAVED.c.id).where(SAVED.c.traveller_id == traveller_id).order_by(SAVED.c.departs_at.desc(), SAVED.c.id.desc())
    kept = session.scalars(latest.limit(MOST_KEPT)).all()
    session.execute(delete(SAVED).where(SAVED.c.traveller_id == traveller_id, SAVED.c.id.not_in(kept)))


def remove(traveller_id: TravellerId, trip_id: int) -> None:
    """Take out one of the traveller's own. Raises NoSuchTrip."""
    with transaction() as session:
        gone = session.execute(delete(SAVED).where(SAVED.c.id == trip_id, SAVED.c.traveller_id == traveller_id))
        if not changed(gone):
            raise NoSuchTrip
