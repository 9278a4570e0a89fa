"""The tables of pickup codes and scans."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Pickup(Model):
    """One order's code. The row is the prize of a hand-over: whoever sets `collected_at` has handed over."""

    __tablename__ = "pickups"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    collected_by: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    scan_id: Mapped[str | None] = mapped_column(String(64), index=True)  # of the scan that collected it


class Scan(Model):
    """The audit of a scan: what was asked, by which device, when, and what it was told. The text scanned is not kept."""

    __tablename__ = "scans"
    __table_args__ = (Index("ix_scans_order_id", "order_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scan_id: Mapped[str] = mapped_column(String(64), unique=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    outcome: Mapped[str] = mapped_column(String(20))
    details: Mapped[dict | None] = mapped_column(JSON)
    scanned_at: Mapped[datetime]  # the device's clock
    received_at: Mapped[datetime]  # ours
