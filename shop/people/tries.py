"""How often something may be tried: counted in the database, so that it holds over several processes and machines."""

import hashlib
from datetime import datetime
from ipaddress import ip_address, ip_network

from sqlalchemy import bindparam, delete, text

from shop.base.db import UtcDateTime, transaction
from shop.base.errors import Kind, ShopError
from shop.people import rules
from shop.people.staff_models import SignInTries


class TooManyTries(ShopError):
    """Locked for a while, whatever is tried."""

    kind, code = Kind.TOO_OFTEN, "too_many_tries"


# A try is taken before it is looked at, so that many at the same moment are not more than allowed. No row: locked.
_TAKE = text(
    "INSERT INTO sign_in_tries (key, tries, last_at) VALUES (:key, 1, :now) ON CONFLICT (key) DO UPDATE SET "
    "tries = CASE WHEN sign_in_tries.last_at <= :over THEN 1 ELSE sign_in_tries.tries + 1 END, last_at = excluded.last_at "
    "WHERE sign_in_tries.tries < :most OR sign_in_tries.last_at <= :over RETURNING tries"
).bindparams(bindparam("now", type_=UtcDateTime), bindparam("over", type_=UtcDateTime))
_GIVE_BACK = text("UPDATE sign_in_tries SET tries = tries - 1 WHERE key = :key AND tries > 0")


def name_key(name: str) -> str:
    """The same for a name that exists and one that does not; hashed, because a password is sometimes typed there."""
    return f"name:{hashlib.sha256(name.strip().encode()).hexdigest()}"


def address_key(address: str) -> str:
    """Of IPv6 the network of a household, of which one machine has many addresses."""
    try:
        known = ip_address(address)
    except ValueError:
        return f"address:{address[:60]}"
    return f"address:{known if known.version == 4 else ip_network((known, 64), strict=False)}"


def browser_key(token: str) -> str:
    """Of a browser that has shown before who sits at it."""
    return f"browser:{hashlib.sha256(token.encode()).hexdigest()}"


def take(key: str, now: datetime, most: int = rules.TRIES) -> None:
    """One more try. Raises TooManyTries, for LOCKED_FOR after the last of `most`; what is refused does not make it longer."""
    with transaction() as session:
        values = {"key": key, "now": now, "over": now - rules.LOCKED_FOR, "most": most}
        if session.execute(_TAKE, values).first() is None:
            raise TooManyTries


def give_back(key: str) -> None:
    """It was a right one: it does not count."""
    with transaction() as session:
        session.execute(_GIVE_BACK, {"key": key})


def forget(key: str) -> None:
    """It was a right one, and the wrong ones before it are forgotten."""
    with transaction() as session:
        session.execute(delete(SignInTries).where(SignInTries.key == key))
