"""Questions about people."""

import hashlib
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import DeviceId, StaffId, TravellerId
from shop.people import rights
from shop.people.models import Device, Traveller
from shop.people.rights import Grant, Right
from shop.people.states import DeviceKind


class NotSignedIn(ShopError):
    kind, code = Kind.UNAUTHENTIC, "not_signed_in"


class WrongToken(ShopError):
    kind, code = Kind.UNAUTHENTIC, "wrong_token"


class KnownDevice(Struct, frozen=True):
    """A device that showed a valid token. `pickup_point_id` None means it serves every point."""

    id: DeviceId
    name: str
    kind: DeviceKind
    pickup_point_id: int | None


class KnownStaff(Struct, frozen=True):
    """Somebody signed in on a browser. `passed`: the second factor was shown, or none is needed; until then nothing opens."""

    id: StaffId
    name: str
    grants: frozenset[Grant]
    session_id: int
    enrolled: bool
    passed: bool

    def may(self, right: Right, point: int | None = None) -> bool:
        """Whether they have the right at this pickup point; with None, whether they have it anywhere."""
        return rights.may(self.grants, right, point)

    def points(self, right: Right) -> frozenset[int] | None:
        """The pickup points at which they have it; None: all of them."""
        return rights.points_of(self.grants, right)


def lock_traveller(session: Session, traveller_id: TravellerId) -> None:
    """Until the caller's transaction ends nobody else orders as this traveller who asks here first. Raises NotSignedIn."""
    if session.scalar(select(Traveller.id).where(Traveller.id == traveller_id).with_for_update()) is None:
        raise NotSignedIn


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


class DeviceRow(Struct, frozen=True):
    id: int
    name: str
    kind: str
    pickup_point_id: int | None
    created_at: datetime
    revoked_at: datetime | None


def devices(points: frozenset[int] | None = None) -> list[DeviceRow]:
    """Every device (of these pickup points), newest first, the revoked ones too."""
    wanted = select(Device.id, Device.name, Device.kind, Device.pickup_point_id, Device.created_at, Device.revoked_at)
    if points is not None:
        wanted = wanted.where(Device.pickup_point_id.in_(points))
    with reading() as session:
        rows = session.execute(wanted.order_by(Device.id.desc()).limit(200)).all()
    return [DeviceRow(*row) for row in rows]
