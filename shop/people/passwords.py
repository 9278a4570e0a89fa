"""Passwords of staff: how they are kept, and which are refused."""

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.base.errors import Kind, ShopError

HASHER = PasswordHasher()
SHORTEST, LONGEST = 10, 1000
# The stems of the passwords that are tried first. What is left of a password without its digits and signs, and without
# the usual stand-ins for letters, must be more than one of these, however often it is repeated.
COMMONEST = frozenset(
    """
    password passwort passwd pass kennwort geheim mima qwerty qwertyuiop qwertz qwertzuiop qwert asdf asdfgh asdfghjkl asd
    yxcvbn yxcvbnm zxcvbn zxcvbnm qaz wsx qazwsx qazwsxedc qweasd qweasdzxc abc abcd abcde abcdef abcdefg abcdefgh
    abcdefghij abcdefghijk admin administrator root user login welcome willkommen hallo hello letmein master monkey dragon
    football baseball soccer fussball superman batman princess prinzessin sunshine iloveyou ilove love woaini aini woaiwojia
    shadow michael jordan harley ranger hunter trustno trustnoone freedom whatever secret changeme changeit default test
    testing guest demo manager supervisor packer counter accountant marketing shop dutyfree frankfurt airport flughafen
    wechat weixin china zhongguo deutschland germany schatz berlin passwordpassword adminadmin summer sommer winter
    spring herbst autumn fruehling january januar computer internet starwars pokemon
    """.split()  # noqa: SIM905 - a list of words
)
STAND_INS = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
ROWS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class WeakPassword(ShopError):
    """Too short (`too_short`), too long, or among the first that anybody would try (`too_common`)."""

    kind, code = Kind.INVALID, "weak_password"


def hashed(password: str, *about: str) -> str:
    """Argon2id of a new password. Raises WeakPassword; `about` are words it must not be, like the name of its owner."""
    if len(password) < SHORTEST:
        raise WeakPassword(fields={"password": ["too_short"]})
    if len(password) > LONGEST:
        raise WeakPassword(fields={"password": ["too_long"]})
    if is_common(password, *about):
        raise WeakPassword(fields={"password": ["too_common"]})
    return HASHER.hash(password)


def is_common(password: str, *about: str) -> bool:
    """Whether it is one of the first that would be tried."""
    plain = password.casefold().strip()
    if len(set(plain)) < 4 or any(plain in row or plain[:10] in row for row in ROWS):
        return True
    words = COMMONEST | {_letters(word) for word in about if len(_letters(word)) > 1}
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    stems = {_letters(plain), _letters(inner.translate(STAND_INS))}
    return any(len(stem) < 2 or _once(stem) in words for stem in stems)


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text.casefold())


def _once(stem: str) -> str:
    """`abcabc` is `abc`."""
    repeated = re.fullmatch(r"(.+?)\1+", stem)
    return repeated[1] if repeated else stem


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is this password. Without a hash it takes as long as a wrong password does, and is wrong."""
    try:
        return HASHER.verify(password_hash or nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobody() -> str:
    """A hash to try a password against when there is no such name."""
    return HASHER.hash("nobody's password")
