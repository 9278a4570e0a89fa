"""The people tables."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Traveller(Model):
    """One person at one Service Account. `openid` belongs to `app_id`; `unionid` is the same in all accounts of an owner."""

    __tablename__ = "travellers"
    __table_args__ = (UniqueConstraint("app_id", "openid"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    app_id: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str] = mapped_column(String(128))
    unionid: Mapped[str | None] = mapped_column(String(128), index=True)
    language: Mapped[str | None] = mapped_column(String(8))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]  # a made-up traveller, in place of one who was erased: see `shop.privacy`


class SignIn(Model):
    """One trip to WeChat and back. `state` and `browser` are stored as SHA-256, so that the table opens no session."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    return_path: Mapped[str] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None]
    code_hash: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[datetime | None]
    traveller_id: Mapped[int | None] = mapped_column(ForeignKey("travellers.id"))


class Staff(Model):
    """Somebody who works here. `password_hash` is Argon2id.

    The second factor's secret is derived from `totp_salt` and the shop's secret key, so the table alone opens nothing;
    `totp_since` is when it was confirmed, `totp_step` the last time step whose code was taken.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    totp_salt: Mapped[str | None] = mapped_column(String(32))
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    # The release before this one reads these four; they go with the next.
    role: Mapped[str] = mapped_column(String(16), default="manager")
    session_epoch: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime | None]


class Device(Model):
    """A counter device or program with a bearer token, of which only the SHA-256 is kept."""

    __tablename__ = "devices"
    __table_args__ = (Index("ix_devices_pickup_point_id", "pickup_point_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    pickup_point_id: Mapped[int | None]  # None: every point; a number of `flights`, which is no room beneath this one
    created_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
