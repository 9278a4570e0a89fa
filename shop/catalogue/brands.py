"""Verbs about brands."""

import re
import unicodedata
from collections.abc import Collection, MutableMapping

from sqlalchemy.orm import Session

from shop.catalogue.models import Brand

LONGEST_CODE = 50


def named(session: Session, known: MutableMapping[str, Brand], name: str) -> Brand:
    """The brand of this name among `known`, or a new one, in the caller's transaction."""
    if name not in known:
        brand = Brand(code=code_for(name, {brand.code for brand in known.values()}), name=name, rank=0, hidden=False)
        session.add(brand)
        session.flush()
        known[name] = brand
    return known[name]


def code_for(name: str, taken: Collection[str]) -> str:
    """`Domaine Müller-Thurgau` → `domaine-muller-thurgau`, with a number when that is taken; "brand" without a Latin letter."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_CODE] or "brand"
    free, number = code, 2
    while free in taken:
        free, number = f"{code}-{number}", number + 1
    return free
