"""What can go wrong on purpose, in the shop's words rather than HTTP's."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    INVALID = "invalid"  # the request makes no sense
    UNAUTHENTIC = "unauthentic"  # nobody we know, or not what it claims to be
    FORBIDDEN = "forbidden"  # it makes sense, but not from you
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # a rule of the shop says no
    CONFLICT = "conflict"  # someone else got there first
    UPSTREAM = "upstream"  # a peer did not answer properly
    BUSY = "busy"  # too much at once: try again shortly
    TOO_OFTEN = "too_often"  # from you, in this time


class ShopError(Exception):
    """A refusal that a person may read.

    `code` is stable and belongs to the API; the words a visitor reads are in the templates.
    `facts` are plain values that make the words precise (a SKU, a count), never secrets.
    `fields` names the form or body fields at fault: `{"quantity": ["not_a_number"]}`.
    """

    kind: Kind = Kind.REFUSED
    code: str = "refused"

    def __init__(self, *args: object, fields: Mapping[str, list[str]] | None = None, **facts: object) -> None:
        super().__init__(*(args or ([self.code] if not facts else [self.code, facts])))
        self.facts = facts
        self.fields: dict[str, list[str]] = dict(fields or {})
