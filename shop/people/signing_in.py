"""How staff sign in: name and password first, then, where it is asked for, the second factor."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select, update

from shop.base import audit
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.people import passwords, rights, rules, sessions, tries
from shop.people.models import Staff
from shop.people.queries import KnownStaff
from shop.people.rights import Grant, Role
from shop.people.sessions import Visit
from shop.people.staff_models import StaffRole


class WrongPassword(ShopError):
    kind, code = Kind.UNAUTHENTIC, "wrong_password"


class SignedIn(Struct, frozen=True):
    """`token` goes into the browser's cookie. `passed`: nothing more is asked for; `enrolled`: there is a second factor."""

    token: str
    passed: bool
    enrolled: bool


def sign_in(name: str, password: str, visit: Visit, now: datetime, *, second_factor: bool = True) -> SignedIn:
    """Let somebody in by password; with `second_factor`, those whose roles ask for one are only half in.

    Raises WrongPassword, alike and after the same time for a name that does not exist, and TooManyTries: five wrong ones lock
    the name, forty the address, for a quarter of an hour; a browser on which they were in before has a count of its own, so
    that nobody can keep them out by trying. The password is looked at without a connection to the database.
    """
    theirs, here = tries.name_key(name), tries.address_key(visit.address)
    if visit.before and sessions.is_known_browser(visit.before, name):
        theirs = here = tries.browser_key(visit.before)
    else:
        tries.take(here, now, rules.TRIES_AT_ONE_ADDRESS)
    tries.take(theirs, now)
    wanted = select(Staff.id, Staff.password_hash, Staff.totp_since).where(Staff.name == name.strip(), Staff.active)
    with reading() as session:
        row = session.execute(wanted).first()
    right = passwords.matches(row.password_hash if row else None, password)
    if row is None or not right:
        raise WrongPassword
    tries.forget(theirs)
    tries.give_back(here)
    with transaction() as session:
        # Between the look and now: deactivated, another password. Held, so that what comes next finds the new session.
        if session.execute(wanted.with_for_update(key_share=True)).first() != row:
            raise WrongPassword
        if passwords.HASHER.check_needs_rehash(row.password_hash):
            stronger = passwords.HASHER.hash(password)
            session.execute(update(Staff).where(Staff.id == row.id).values(password_hash=stronger))
        found = session.execute(select(StaffRole.role).where(StaffRole.staff_id == row.id)).scalars()
        needs = second_factor and rights.needs_second_factor(Grant(Role(role)) for role in found)
        enrolled = row.totp_since is not None
        passed = not enrolled and not needs
        token = sessions.start(session, row.id, passed, visit, now)
        if passed:
            audit.record(session, f"staff:{row.id}", "staff.signed_in", f"staff:{row.id}", now, after={"with": "password"})
    return SignedIn(token, passed, enrolled)


def change_password(me: KnownStaff, old: str, new: str, now: datetime) -> None:
    """Another password; every other browser is signed out. Raises WrongPassword, WeakPassword, TooManyTries."""
    key = f"password:{me.id}"
    tries.take(key, now)
    with reading() as session:
        kept = session.scalar(select(Staff.password_hash).where(Staff.id == me.id, Staff.active))
    if not passwords.matches(kept, old):
        raise WrongPassword(fields={"old": ["wrong_password"]})
    tries.forget(key)
    made = passwords.hashed(new, me.name)
    with transaction() as session:
        as_it_was = (Staff.id == me.id, Staff.password_hash == kept, Staff.active)
        if changed(session.execute(update(Staff).where(*as_it_was).values(password_hash=made))) != 1:
            raise WrongPassword(fields={"old": ["wrong_password"]})  # somebody was faster: it is the old one no more
        sessions.end_all(session, me.id, now, but=me.session_id)
        audit.record(session, f"staff:{me.id}", "staff.password_changed", f"staff:{me.id}", now)
