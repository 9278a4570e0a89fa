"""The tables of pickup codes, scans, what a point asks for, and conflicts."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.orders.models import Order

UNRESOLVED = "resolved_at IS NULL"


class Pickup(Model):
    """One order's code. The row is the prize of a hand-over: whoever sets `collected_at` has handed over."""

    __tablename__ = "pickups"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]  # when the goods left; for a scan made offline, the device's time
    collected_by: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    scan_id: Mapped[str | None] = mapped_column(String(64), index=True)  # of the scan that collected it


class Scan(Model):
    """The audit of a scan: what was asked, by which device and whom, when, and what it was told. The text scanned is not kept.

    A row is never deleted and its answer never changes; a hand-over that is undone is marked so. `details` may hold
    `checks` (the evidence), `open` (checks that were missing), `missing` (pieces that were not given), `found_by`,
    `looked_at` (by the device's clock) or `shown_at` (by ours), `offline`, `look` (nothing was to be handed over yet), `told`
    (what the device said without network), `forged`.
    """

    __tablename__ = "scans"
    __table_args__ = (Index("ix_scans_order_id", "order_id"), Index("ix_scans_received_at", "received_at", postgresql_using="brin"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scan_id: Mapped[str] = mapped_column(String(64), unique=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    staff: Mapped[str | None] = mapped_column(String(40))  # `shifts.short_name` of who was at the counter, if they said
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    outcome: Mapped[str] = mapped_column(String(20))
    details: Mapped[dict | None] = mapped_column(JSON)
    scanned_at: Mapped[datetime]  # the device's clock
    received_at: Mapped[datetime]  # ours
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))


class HandOverRules(Model):
    """What a pickup point asks for at the hand-over. A point without a row asks for nothing.

    `keeps` lists the fields of the evidence that are kept (`shop.pickup.checks.EVIDENCE`). An order is big from
    `big_minor` of money or `big_pieces` on.
    """

    __tablename__ = "hand_over_rules"

    pickup_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"), primary_key=True, autoincrement=False)
    asks_boarding_pass: Mapped[bool] = mapped_column(default=False)
    asks_age: Mapped[bool] = mapped_column(default=False)
    asks_sealed_bag: Mapped[bool] = mapped_column(default=False)
    asks_identity: Mapped[bool] = mapped_column(default=False)
    keeps: Mapped[list] = mapped_column(JSON, default=list)
    big_minor: Mapped[int | None]
    big_pieces: Mapped[int | None]


class Conflict(Model):
    """Goods that left a counter without network although the shop says otherwise: somebody has to look into it."""

    __tablename__ = "conflicts"
    __table_args__ = (
        Index("ix_conflicts_open", "id", postgresql_where=text(UNRESOLVED), sqlite_where=text(UNRESOLVED)),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scan_id: Mapped[str] = mapped_column(ForeignKey("scans.scan_id"), unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    found_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(60))
    resolution: Mapped[str | None] = mapped_column(String(200))


Index("ix_orders_collecting", Order.pickup_point_id, Order.collect_until)  # the parcels of a day at a point
