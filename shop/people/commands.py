"""Verbs about people: sign a traveller in, make and revoke device tokens. Those for staff are in modules of their own."""

import hmac
import secrets
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.base import audit
from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import DeviceId, StaffId, TravellerId, random_name
from shop.people import rules
from shop.people.models import Device, SignIn, Staff, Traveller
from shop.people.queries import digest
from shop.people.staff_models import SignInTries, StaffSession
from shop.people.states import DeviceKind


class SignInExpired(ShopError):
    """The state is unknown, too old, or of another browser: start again."""

    kind, code = Kind.REFUSED, "sign_in_expired"


class NotStaffAnyMore(ShopError):
    """Somebody who has left makes no token."""

    kind, code = Kind.FORBIDDEN, "may_not"


class SnapshotVisitor(ShopError):
    """WeChat showed a snapshot page: the visitor is a made-up user, who must not become a customer."""

    kind, code = Kind.FORBIDDEN, "snapshot_visitor"


def by(staff_id: StaffId | None) -> str:
    """Who did it, as the books say it."""
    return "system" if staff_id is None else f"staff:{staff_id}"


class SignedInAtWeChat(Protocol):
    """What the Official Account says of a visitor after the code was exchanged."""

    @property
    def openid(self) -> str: ...
    @property
    def unionid(self) -> str | None: ...
    @property
    def snapshot(self) -> bool: ...


class Account(Protocol):
    """The part of the Official Account that a sign-in needs."""

    def exchange(self, code: str) -> SignedInAtWeChat: ...


class SignedIn(Struct, frozen=True):
    traveller_id: TravellerId
    return_path: str


class StillSigningIn(Struct, frozen=True):
    """The same return is being worked on by another request of the same browser: look again shortly."""

    return_path: str


def start_sign_in(browser: str, return_path: str | None, now: datetime) -> str:
    """Remember a sign-in for `browser` (a secret in its cookie) and answer the `state` that goes to WeChat."""
    state = secrets.token_hex(24)
    with transaction() as session:
        session.execute(
            insert(SignIn).values(
                {
                    "state_hash": digest(state),
                    "browser_hash": digest(browser),
                    "return_path": rules.safe_return_path(return_path),
                    "started_at": now,
                }
            )
        )
    return state


def finish_sign_in(
    state: str, code: str, browser: str, app_id: str, account: Account, now: datetime
) -> SignedIn | StillSigningIn:
    """Exchange `code` once and answer who the traveller is.

    The return address may be loaded twice (a back button, an impatient browser, WeChat itself): only one of the loads
    claims the sign-in and exchanges the code; the other finds its result. Raises SignInExpired, SnapshotVisitor and
    what the account's `exchange` raises.
    """
    with transaction() as session:
        won = changed(
            session.execute(
                update(SignIn)
                .where(
                    SignIn.state_hash == digest(state),
                    SignIn.browser_hash == digest(browser),
                    SignIn.claimed_at.is_(None),
                    SignIn.started_at > now - rules.SIGN_IN_LASTS,
                )
                .values(claimed_at=now, code_hash=digest(code))
            )
        )
        seen = session.execute(
            select(
                SignIn.id,
                SignIn.browser_hash,
                SignIn.code_hash,
                SignIn.return_path,
                SignIn.traveller_id,
                SignIn.started_at,
            ).where(SignIn.state_hash == digest(state))
        ).first()
    if seen is None or not hmac.compare_digest(seen.browser_hash, digest(browser)):
        raise SignInExpired
    if not won:
        if seen.code_hash != digest(code) or seen.started_at <= now - rules.SIGN_IN_LASTS:
            raise SignInExpired
        if seen.traveller_id is None:
            return StillSigningIn(seen.return_path)
        return SignedIn(TravellerId(seen.traveller_id), seen.return_path)
    visitor = account.exchange(code)
    if visitor.snapshot:
        raise SnapshotVisitor
    return SignedIn(_remember(seen.id, app_id, visitor, now), seen.return_path)


def _remember(sign_in_id: int, app_id: str, visitor: SignedInAtWeChat, now: datetime) -> TravellerId:
    for last_try in (False, True):
        try:
            with transaction() as session:
                found = session.execute(
                    select(Traveller.id, Traveller.unionid).where(
                        Traveller.app_id == app_id, Traveller.openid == visitor.openid
                    )
                ).first()
                if found is None:
                    traveller = Traveller(
                        app_id=app_id,
                        openid=visitor.openid,
                        unionid=visitor.unionid,
                        first_seen_at=now,
                        last_seen_at=now,
                    )
                    session.add(traveller)
                    session.flush()
                    key = traveller.id
                else:
                    key = found.id
                    session.execute(
                        update(Traveller)
                        .where(Traveller.id == key)
                        .values(last_seen_at=now, unionid=visitor.unionid or found.unionid)
                    )
                session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(finished_at=now, traveller_id=key))
            return TravellerId(key)
        except IntegrityError:  # two first visits of one traveller at once: the other one wrote the row
            if last_try:
                raise
    raise AssertionError("unreachable")


def create_device(
    name: str, kind: DeviceKind, pickup_point_id: int | None, created_by: StaffId | None, now: datetime
) -> str:
    """Make a device and answer its bearer token, which is shown once and never again. `created_by` None: from a shell.

    Raises NotStaffAnyMore for somebody who was deactivated meanwhile.
    """
    token = kind.value[0].upper() + random_name(40)  # 194 bits, and typed right by a scanner under any layout
    with transaction() as session:
        if created_by is not None:  # whoever deactivates them waits, or was first
            active = session.scalar(select(Staff.active).where(Staff.id == created_by).with_for_update(read=True))
            if not active:
                raise NotStaffAnyMore
        device = Device(
            name=name.strip(), kind=kind.value, token_hash=digest(token), pickup_point_id=pickup_point_id,
            created_by=created_by, created_at=now,
        )  # fmt: skip
        session.add(device)
        session.flush()
        made = {"name": device.name, "kind": kind.value, "point": pickup_point_id}
        audit.record(session, by(created_by), "device.made", f"device:{device.id}", now, after=made)
    return token


def revoke_device(
    device_id: DeviceId, now: datetime, *, revoked_by: StaffId | None = None, points: frozenset[int] | None = None
) -> bool:
    """From this moment the device's token opens nothing. Harmless twice. False: there is no such device (at these `points`)."""
    mine = [Device.id == device_id] if points is None else [Device.id == device_id, Device.pickup_point_id.in_(points)]
    with transaction() as session:
        gone = session.execute(update(Device).where(*mine, Device.revoked_at.is_(None)).values(revoked_at=now))
        if changed(gone):
            audit.record(session, by(revoked_by), "device.revoked", f"device:{device_id}", now)
            return True
        return session.scalar(select(Device.id).where(*mine)) is not None


def forget_old_sign_ins(now: datetime) -> int:
    """Delete sign-ins that are over, of travellers and of staff; answers how many of travellers."""
    with transaction() as session:
        session.execute(delete(SignInTries).where(SignInTries.last_at < now - rules.TRIES_KEPT))
        session.execute(delete(StaffSession).where(StaffSession.seen_at < now - rules.SESSIONS_KEPT))
        gone = session.execute(delete(SignIn).where(SignIn.started_at < now - 6 * rules.SIGN_IN_LASTS))
        return changed(gone)
