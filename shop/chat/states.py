"""The lines of a conversation, what they are about, and what became of an answer."""

from enum import StrEnum


class Way(StrEnum):
    IN = "in"  # from them to us
    OUT = "out"


class Topic(StrEnum):
    """What an entry is about. The order is the order of preference when keywords of two are found alike."""

    PERSON = "person"
    CHANGE = "change"
    CANCEL = "cancel"
    ALLOWANCE = "allowance"
    ORDERS = "orders"
    COUNTER = "counter"
    HOURS = "hours"
    HELP = "help"
    OWN = "own"  # an answer that marketing keeps
    WELCOME = "welcome"
    UNKNOWN = "unknown"
    NONE = "none"  # nothing to answer: events, pictures, and what one of us answers


BUILT_IN = tuple(topic for topic in Topic if topic not in (Topic.OWN, Topic.WELCOME, Topic.UNKNOWN, Topic.NONE))


class Outcome(StrEnum):
    """What became of an answer; of an entry of theirs, why there was none."""

    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"  # WeChat did not answer: it may have arrived, and is not sent again
    REFUSED = "refused"
    LATE = "late"
    LIMITED = "limited"
    HANDED_OVER = "handed_over"
    WITH_PERSON = "with_person"
