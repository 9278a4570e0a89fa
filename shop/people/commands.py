"""Verbs about people: sign a traveller in, sign staff in, make and revoke device tokens."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import DeviceId, StaffId, TravellerId, random_name
from shop.people import rules
from shop.people.models import Device, SignIn, Staff, Traveller
from shop.people.queries import KnownStaff, digest
from shop.people.states import DeviceKind

HASHER = PasswordHasher()


class SignInExpired(ShopError):
    """The state is unknown, too old, or of another browser: start again."""

    kind, code = Kind.REFUSED, "sign_in_expired"


class SnapshotVisitor(ShopError):
    """WeChat showed a snapshot page: the visitor is a made-up user, who must not become a customer."""

    kind, code = Kind.FORBIDDEN, "snapshot_visitor"


class WrongPassword(ShopError):
    kind, code = Kind.UNAUTHENTIC, "wrong_password"


class TooManyTries(ShopError):
    kind, code = Kind.TOO_OFTEN, "too_many_tries"


class NameTaken(ShopError):
    kind, code = Kind.CONFLICT, "name_taken"


class WeakPassword(ShopError):
    kind, code = Kind.INVALID, "weak_password"


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


@dataclass(frozen=True, slots=True)
class SignedIn:
    traveller_id: TravellerId
    return_path: str


@dataclass(frozen=True, slots=True)
class StillSigningIn:
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


def create_manager(name: str, password: str, now: datetime) -> StaffId:
    """Make a manager. Raises NameTaken, WeakPassword (fewer than 10 characters)."""
    if len(password) < 10:
        raise WeakPassword(fields={"password": ["too_short"]})
    try:
        with transaction() as session:
            staff = Staff(name=name.strip(), role="manager", password_hash=HASHER.hash(password), created_at=now)
            session.add(staff)
            session.flush()
            return StaffId(staff.id)
    except IntegrityError:
        raise NameTaken(name=name) from None


def sign_staff_in(name: str, password: str, now: datetime) -> KnownStaff:
    """Who this is, by password. Raises WrongPassword, TooManyTries (five wrong ones lock the name for 15 minutes)."""
    with transaction() as session:
        staff = session.scalar(select(Staff).where(Staff.name == name.strip(), Staff.active).with_for_update())
        failures = staff.failures if staff else 0
        until = rules.locked_until(failures, staff.last_failure_at if staff else None)
        if until is not None and now < until:
            raise TooManyTries
        right = _matches(staff.password_hash if staff else _nobody(), password) and staff is not None
        if staff is not None:
            staff.failures = 0 if right else (1 if until is not None else failures + 1)
            staff.last_failure_at = staff.last_failure_at if right else now
        known = KnownStaff(StaffId(staff.id), staff.name, staff.role, staff.session_epoch) if staff and right else None
    if known is None:
        raise WrongPassword
    return known


@cache
def _nobody() -> str:
    """A hash to try a password against when there is no such name, so that it takes as long as a wrong password."""
    return HASHER.hash("nobody's password")


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def create_device(
    name: str, kind: DeviceKind, pickup_point_id: int | None, created_by: StaffId | None, now: datetime
) -> str:
    """Make a device and answer its bearer token, which is shown once and never again."""
    token = kind.value[0].upper() + random_name(40)  # 194 bits, and typed right by a scanner under any layout
    with transaction() as session:
        session.execute(
            insert(Device).values(
                {
                    "name": name.strip(),
                    "kind": kind.value,
                    "token_hash": digest(token),
                    "pickup_point_id": pickup_point_id,
                    "created_by": created_by,
                    "created_at": now,
                }
            )
        )
    return token


def revoke_device(device_id: DeviceId, now: datetime) -> None:
    """From this moment the device's token opens nothing. Harmless twice."""
    with transaction() as session:
        session.execute(
            update(Device).where(Device.id == device_id, Device.revoked_at.is_(None)).values(revoked_at=now)
        )


def forget_old_sign_ins(now: datetime) -> int:
    """Delete sign-ins that are over; answers how many."""
    with transaction() as session:
        gone = session.execute(delete(SignIn).where(SignIn.started_at < now - 6 * rules.SIGN_IN_LASTS))
        return changed(gone)
