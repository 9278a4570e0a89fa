"""Questions about saved trips."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.ids import TravellerId
from shop.trips.models import SavedTrip
from shop.trips.rules import NoSuchTrip, Trip

SAVED: Any = SavedTrip.__table__
MOST_KEPT = 20  # for one traveller; of more the first to leave go


class Saved(Struct, frozen=True):
    id: int
    trip: Trip
    departs_at: datetime


def _saved(row: Any) -> Saved:
    trip = Trip(
        row.flight, row.day, row.origin, row.destination, row.final_destination, row.residence, row.terminal, row.departs_local
    )
    return Saved(row.id, trip, row.departs_at)


def saved_of(traveller_id: TravellerId, now: datetime) -> list[Saved]:
    """The traveller's trips that lie ahead, the next one first."""
    with reading() as session:
        rows = session.execute(
            select(SAVED)
            .where(SAVED.c.traveller_id == traveller_id, SAVED.c.departs_at > now)
            .order_by(SAVED.c.departs_at, SAVED.c.id)
            .limit(MOST_KEPT)
        ).all()
    return [_saved(row) for row in rows]


def saved(traveller_id: TravellerId, trip_id: int) -> Saved:
    """One of the traveller's own. Raises NoSuchTrip."""
    with reading() as session:
        row = session.execute(select(SAVED).where(SAVED.c.id == trip_id, SAVED.c.traveller_id == traveller_id)).first()
    if row is None:
        raise NoSuchTrip
    return _saved(row)
