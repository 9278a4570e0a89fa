"""The tables of packing: shelf slots, parcels with what lies in them, and waves."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.orders.models import Order

# Written out, because a database uses a partial index only where a question says the very same.
OPEN_WAVE = "closed_at IS NULL"
TO_PACK = "state IN ('paid', 'packing')"


class ShelfSlot(Model):
    """A place on the shelf of a pickup point, and how many parcels it takes. What lies there is counted, not kept:
    a parcel that is handed over leaves its slot by itself, and nothing can drift apart."""

    __tablename__ = "shelf_slots"
    __table_args__ = (
        UniqueConstraint("pickup_point_id", "code"),
        CheckConstraint("capacity > 0", name="takes_something"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    pickup_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"))
    code: Mapped[str] = mapped_column(String(8))
    capacity: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)  # False: nothing more is put there


class PackedParcel(Model):
    """The packed order: one for each order from the moment it is in a wave or somebody begins to pack it.

    Whoever changes it has the order's row locked, so that two packers, a refund and a hand-over take turns.
    """

    __tablename__ = "parcels"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("shelf_slots.id"), index=True)
    recent_scans: Mapped[list] = mapped_column(JSON)  # ids of the latest scans of pieces: one that is sent again counts once
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    packed_at: Mapped[datetime | None]
    packed_by: Mapped[str | None] = mapped_column(String(60))  # `device:7`, `staff:3`
    told_at: Mapped[datetime | None]  # when it was announced as ready, the first time


class PackedLine(Model):
    """How many pieces of a line of the order lie in the parcel."""

    __tablename__ = "parcel_lines"
    __table_args__ = (CheckConstraint("packed >= 0", name="not_below_zero"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("parcels.order_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    packed: Mapped[int] = mapped_column(default=0)


class Wave(Model):
    """Orders of one pickup point that are packed in one go: those of a flight bank."""

    __tablename__ = "waves"
    __table_args__ = (
        Index("ix_waves_open", "pickup_point_id", postgresql_where=text(OPEN_WAVE), sqlite_where=text(OPEN_WAVE)),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    pickup_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"))
    departs_from: Mapped[datetime]  # the first departure of the bank
    departs_to: Mapped[datetime]  # the last
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(60))
    closed_at: Mapped[datetime | None]


class WaveOrder(Model):
    """An order is in one wave at most; when its flight changes it moves along."""

    __tablename__ = "wave_orders"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), index=True)


Index(  # what is still to be packed at a point, by departure: the board asks for it every few seconds
    "ix_orders_to_pack", Order.pickup_point_id, Order.departs_at, postgresql_where=text(TO_PACK), sqlite_where=text(TO_PACK)
)
