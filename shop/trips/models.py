"""The table of trips that travellers keep."""

from datetime import date, datetime, time

from sqlalchemy import Date, ForeignKey, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class SavedTrip(Model):
    """A trip that a signed-in traveller has stated. `departs_at` is what was known of it then; it goes a while after that."""

    __tablename__ = "saved_trips"
    __table_args__ = (UniqueConstraint("traveller_id", "flight", "day"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    traveller_id: Mapped[int] = mapped_column(ForeignKey("travellers.id"))
    flight: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column(Date)
    origin: Mapped[str] = mapped_column(String(3))
    destination: Mapped[str] = mapped_column(String(3))
    final_destination: Mapped[str] = mapped_column(String(3))
    residence: Mapped[str] = mapped_column(String(2))
    terminal: Mapped[str] = mapped_column(String(4))
    departs_local: Mapped[time | None] = mapped_column(Time)
    departs_at: Mapped[datetime] = mapped_column(index=True)
    saved_at: Mapped[datetime]
