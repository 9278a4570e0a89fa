"""The tables of those who work here: what they may do, where they are signed in, how they get in."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class StaffRole(Model):
    """A role at a pickup point; None: at every point. (A number of `flights`, which is no room beneath this one.)"""

    __tablename__ = "staff_roles"
    __table_args__ = (UniqueConstraint("staff_id", "role", "pickup_point_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[str] = mapped_column(String(16))
    pickup_point_id: Mapped[int | None]


class StaffSession(Model):
    """One browser on which somebody is signed in. `passed_at` is set once the second factor was shown, or none is needed."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_staff_id", "staff_id"), Index("ix_staff_sessions_seen_at", "seen_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(45))


class RecoveryCode(Model):
    """Stands in once for the second factor when the phone is lost."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_staff_id", "staff_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Invitation(Model):
    """A link with which a password is chosen, once: by a new colleague, who gets `grants` (pairs of role and pickup point), or by
    one who has forgotten theirs (`for_staff_id`)."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    grants: Mapped[list] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    for_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who has used it


class SignInTries(Model):
    """How often something was tried lately: `name:…`, `address:…`, `browser:…`, `second:…`. Wrong ones count; locked is locked for all."""

    __tablename__ = "sign_in_tries"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
