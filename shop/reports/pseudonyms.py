"""A number for a traveller that is the same in every report, and neither their key nor anything WeChat knows.

`T` and 48 bits of SHA-256 over the key, with a word before it so that it equals no other hash in the house; the database
and Python come to the same. It is a pseudonym, not a secret: whoever can read the database can tell whose it is.
"""

import hashlib
from typing import Any

from sqlalchemy import Text, cast, func, literal

WORD = "report traveller "
DIGITS = 12


def traveller_no(traveller_id: int) -> str:
    """The pseudonym of a traveller's key."""
    return "T" + hashlib.sha256(f"{WORD}{traveller_id}".encode()).hexdigest()[:DIGITS].upper()


def traveller_no_in_sql(key: Any) -> Any:
    """The same, as PostgreSQL works it out."""
    hashed = func.encode(func.sha256(func.convert_to(func.concat(literal(WORD), cast(key, Text)), "UTF8")), "hex")
    return literal("T").op("||")(func.upper(func.substr(hashed, 1, DIGITS)))
