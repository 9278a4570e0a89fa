"""Questions about people."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import DeviceId, StaffId, TravellerId
from shop.people.models import Device, Staff, Traveller
from shop.people.states import DeviceKind


class NotSignedIn(ShopError):
    kind, code = Kind.UNAUTHENTIC, "not_signed_in"


class WrongToken(ShopError):
    kind, code = Kind.UNAUTHENTIC, "wrong_token"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that showed a valid token. `pickup_point_id` None means it serves every point."""

    id: DeviceId
    name: str
    kind: DeviceKind
    pickup_point_id: int | None


@dataclass(frozen=True, slots=True)
class KnownStaff:
    id: StaffId
    name: str
    role: str
    session_epoch: int


def digest(secret: str) -> str:
    """SHA-256 in hex: what is kept of a random secret of 128 bits or more."""
    return hashlib.sha256(secret.encode()).hexdigest()


_devices = Device.__table__.c
_DEVICE = Question(
    select(_devices.id, _devices.name, _devices.kind, _devices.pickup_point_id).where(
        _devices.token_hash == bindparam("p_hash"), _devices.revoked_at.is_(None)
    )
)


def device_by_token(token: str) -> KnownDevice:
    """The device of this bearer token. Raises WrongToken: unknown or revoked."""
    with reading() as session:
        row = _DEVICE.row(session, {"p_hash": digest(token)})
    if row is None:
        raise WrongToken
    return KnownDevice(DeviceId(row.id), row.name, DeviceKind(row.kind), row.pickup_point_id)


def openid_of(session: Session, traveller_id: TravellerId) -> str:
    """The traveller's openid at the Service Account, needed to pay."""
    openid = session.scalar(select(Traveller.openid).where(Traveller.id == traveller_id))
    if openid is None:
        raise NotSignedIn
    return openid


def staff_by_id(staff_id: int) -> KnownStaff | None:
    """A member of staff who may still work here, or None."""
    with reading() as session:
        row = session.execute(
            select(Staff.id, Staff.name, Staff.role, Staff.session_epoch).where(Staff.id == staff_id, Staff.active)
        ).first()
    return KnownStaff(StaffId(row.id), row.name, row.role, row.session_epoch) if row else None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    id: int
    name: str
    kind: str
    pickup_point_id: int | None
    created_at: datetime
    revoked_at: datetime | None


def devices() -> list[DeviceRow]:
    """Every device, newest first, the revoked ones too."""
    with reading() as session:
        rows = session.execute(
            select(Device.id, Device.name, Device.kind, Device.pickup_point_id, Device.created_at, Device.revoked_at)
            .order_by(Device.id.desc())
            .limit(200)
        ).all()
    return [DeviceRow(*row) for row in rows]
