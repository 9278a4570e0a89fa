"""What becomes of a withdrawal, and how sure we are who declared it."""

from enum import StrEnum


class Proof(StrEnum):
    """How a declaration is tied to its order. Everybody may declare; only OWNED lets money move without a person."""

    OWNED = "owned"  # signed in as its traveller, or with its pickup code
    NAMED = "named"  # with the name that the order has
    NONE = "none"  # fits no order


class Course(StrEnum):
    """What happens with a declaration."""

    REFUNDED = "refunded"  # by rule, at once: nothing was handed over, and the declarer is sure
    FOR_A_PERSON = "for_a_person"
    OVER = "over"  # the order had ended before: nothing is left to do
