"""The second factor: six digits from an app (TOTP, RFC 6238), and recovery codes for the day the phone is lost."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
from msgspec import Struct
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import StaffId, random_name
from shop.people import sessions, tries
from shop.people.models import Staff
from shop.people.queries import KnownStaff, digest
from shop.people.staff_models import RecoveryCode, StaffSession

STEP = 30  # seconds
CODES, CODE_LENGTH = 10, 16


class WrongCode(ShopError):
    """Wrong, too old, or used before."""

    kind, code = Kind.UNAUTHENTIC, "wrong_one_time_code"


class AlreadyEnrolled(ShopError):
    """There is a second factor; it can be set up anew with a code of it."""

    kind, code = Kind.CONFLICT, "already_enrolled"


class SetUpElsewhere(ShopError):
    """Another browser of theirs is in all the way: who has shown less here does not take the account over from it."""

    kind, code = Kind.CONFLICT, "set_up_elsewhere"


class Enrolment(Struct, frozen=True):
    """What goes into the app: `uri` as a QR code, `secret` to type."""

    secret: str
    uri: str


def begin(me: KnownStaff, shop_secret: str, issuer: str) -> Enrolment:
    """A secret for the app; the same for this browser until it is confirmed, and another one for every other browser: who saw it
    there has nothing once it is confirmed here. Raises AlreadyEnrolled."""
    with transaction() as session:
        session.execute(
            update(Staff).where(Staff.id == me.id, Staff.totp_salt.is_(None)).values(totp_salt=secrets.token_hex(16))
        )
        row = session.execute(select(Staff.totp_salt, Staff.totp_since).where(Staff.id == me.id)).one()
    if row.totp_since is not None:
        raise AlreadyEnrolled
    secret = secret_of(shop_secret, _salt_here(me, row.totp_salt, shop_secret))
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=me.name, issuer_name=issuer))


def confirm(me: KnownStaff, code: str, shop_secret: str, now: datetime) -> list[str]:
    """The app works: from now on its codes are asked for. Answers the recovery codes, which are shown once.

    Whoever is signed in elsewhere with the password alone is signed out there. Raises WrongCode, AlreadyEnrolled, SetUpElsewhere,
    TooManyTries.
    """
    tries.take(f"second:{me.id}", now)
    codes = [_new_code() for _ in range(CODES)]
    with transaction() as session:
        row = session.execute(select(Staff.totp_salt, Staff.totp_since).where(Staff.id == me.id).with_for_update(key_share=True)).one()
        if row.totp_since is not None:
            raise AlreadyEnrolled
        if not me.passed and sessions.is_in_elsewhere(session, me, now):
            raise SetUpElsewhere
        salt = _salt_here(me, row.totp_salt or "", shop_secret)
        if not _take_step(session, me.id, code, secret_of(shop_secret, salt), now):
            raise WrongCode
        session.execute(update(Staff).where(Staff.id == me.id).values(totp_salt=salt, totp_since=now))
        session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == me.id))
        session.execute(insert(RecoveryCode), [{"staff_id": me.id, "code_hash": digest(code)} for code in codes])
        _let_in(session, me, now)
        session.execute(
            update(StaffSession)
            .where(StaffSession.staff_id == me.id, StaffSession.id != me.session_id, StaffSession.ended_at.is_(None))
            .values(ended_at=now)
        )
        audit.record(session, f"staff:{me.id}", "staff.second_factor_set_up", f"staff:{me.id}", now)
    tries.forget(f"second:{me.id}")
    return [shown(code) for code in codes]


def show(me: KnownStaff, code: str, shop_secret: str, now: datetime) -> None:
    """Let this browser in with a code of the app, or with a recovery code, which is used up. Raises WrongCode, TooManyTries."""
    tries.take(f"second:{me.id}", now)
    with transaction() as session:
        how = _prove(session, me, code, shop_secret, now)
        _let_in(session, me, now)
        audit.record(session, f"staff:{me.id}", "staff.signed_in", f"staff:{me.id}", now, after={"with": how})
    tries.forget(f"second:{me.id}")


def start_anew(me: KnownStaff, code: str, shop_secret: str, now: datetime) -> None:
    """Another phone: with a code of the old one, or a recovery code. Raises WrongCode, TooManyTries."""
    tries.take(f"second:{me.id}", now)
    with transaction() as session:
        _prove(session, me, code, shop_secret, now)
        take_away(session, me.id)
        audit.record(session, f"staff:{me.id}", "staff.second_factor_taken_away", f"staff:{me.id}", now)
    tries.forget(f"second:{me.id}")


def take_away(session: Session, staff_id: int) -> bool:
    """The next sign-in asks for no code. In the caller's transaction, which writes down why. False: there was none."""
    had = changed(
        session.execute(
            update(Staff)
            .where(Staff.id == staff_id, Staff.totp_salt.is_not(None))
            .values(totp_salt=None, totp_since=None, totp_step=None)
        )
    )
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    return bool(had)


def _prove(session: Session, me: KnownStaff, code: str, shop_secret: str, now: datetime) -> str:
    """`app` or `recovery`. Raises WrongCode."""
    wanted = select(Staff.totp_salt).where(Staff.id == me.id, Staff.totp_since.is_not(None))
    salt = session.execute(wanted.with_for_update(key_share=True)).scalar()  # before its recovery codes, as whoever takes both away does
    if salt and _take_step(session, me.id, code, secret_of(shop_secret, salt), now):
        return "app"
    used = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.staff_id == me.id, RecoveryCode.code_hash == digest(_typed(code)), RecoveryCode.used_at.is_(None))
        .values(used_at=now)
    )
    if changed(used) != 1:
        raise WrongCode
    return "recovery"


def _take_step(session: Session, staff_id: int, code: str, secret: str, now: datetime) -> bool:
    """Whether it is the code of this half minute or of one beside it, and of a later one than was taken before."""
    app, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    typed = code.replace(" ", "").encode(errors="replace")
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), typed):
            later = or_(Staff.totp_step.is_(None), Staff.totp_step < step)
            return changed(session.execute(update(Staff).where(Staff.id == staff_id, later).values(totp_step=step))) == 1
    return False


def _let_in(session: Session, me: KnownStaff, now: datetime) -> None:
    session.execute(update(StaffSession).where(StaffSession.id == me.session_id).values(passed_at=now))


def _salt_here(me: KnownStaff, salt: str, shop_secret: str) -> str:
    """The salt that this browser sets a second factor up with: made of the one that waits."""
    said = f"staff second factor of a browser\n{salt}\n{me.session_id}".encode()
    return hmac.new(shop_secret.encode(), said, hashlib.sha256).hexdigest()[:32]


def secret_of(shop_secret: str, salt: str) -> str:
    """Made of the shop's secret and the row's salt: who reads the database alone has no secret, nor who has the key alone."""
    made = hmac.new(shop_secret.encode(), f"staff second factor\n{salt}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:20]).decode()


def _new_code() -> str:
    return random_name(CODE_LENGTH)


def shown(code: str) -> str:
    """`ABCD-EFGH-…`: four at a time."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _typed(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())


def left(staff_id: StaffId) -> int:
    """How many recovery codes are not used."""
    with reading() as session:
        found = session.execute(select(RecoveryCode.id).where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)))
        return len(found.all())
