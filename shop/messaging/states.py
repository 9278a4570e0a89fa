"""The words of messages: moments, channels, the life of a message and why one was not sent."""

from collections.abc import Mapping
from enum import StrEnum


class Moment(StrEnum):
    """What there is to tell. The texts and templates of each are settings of the same name (`shop.policies`)."""

    PAID = "paid"
    READY = "ready"
    REMINDER = "reminder"  # before the traveller leaves for the airport
    CLOSING = "closing"  # before the counter closes for their flight
    SHORTAGE = "shortage"
    REFUND_STARTED = "refund_started"
    REFUND = "refund"  # it has been paid back
    MOVED = "moved"  # another flight
    DELAYED = "delayed"
    NO_SHOW = "no_show"
    BACK_IN_STOCK = "back_in_stock"


class Channel(StrEnum):
    CUSTOMER_SERVICE = "customer_service"
    TEMPLATE = "template"
    MAIL = "mail"


class MessageState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"  # written down before the call; whoever finds it later knows that it may have gone out
    ACCEPTED = "accepted"  # the peer has taken it
    DELIVERED = "delivered"  # WeChat said so
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have gone out, and nobody can tell: not sent again by itself
    NOT_SENT = "not_sent"  # no channel, or no longer true


M = MessageState
MOVES: Mapping[MessageState, frozenset[MessageState]] = {
    M.PLANNED: frozenset({M.SENDING, M.NOT_SENT}),
    M.SENDING: frozenset({M.PLANNED, M.SENDING, M.ACCEPTED, M.FAILED, M.UNKNOWN, M.NOT_SENT}),
    M.ACCEPTED: frozenset({M.DELIVERED, M.FAILED}),
    M.DELIVERED: frozenset(),
    M.FAILED: frozenset(),
    M.UNKNOWN: frozenset(),
    M.NOT_SENT: frozenset(),
}
OPEN = frozenset({M.PLANNED, M.SENDING})
TERMINAL = frozenset({M.DELIVERED, M.FAILED, M.UNKNOWN, M.NOT_SENT})


class Reason(StrEnum):
    """Why a message was not sent, or failed."""

    NOT_FOLLOWING = "not_following"
    BLOCKED = "blocked"  # the traveller does not want our messages
    WINDOW_CLOSED = "window_closed"
    COUNT_USED_UP = "count_used_up"
    NO_TEMPLATE = "no_template"  # none is set for the moment
    UNKNOWN_TEMPLATE = "unknown_template"  # it is not there any more on the platform
    WRONG_FIELDS = "wrong_fields"
    QUOTA = "quota"
    SYSTEM = "system"  # WeChat could not deliver it
    OVERTAKEN = "overtaken"  # it is not true, or no use, any more
    FORGOTTEN = "forgotten"  # the traveller was erased
    CRASHED = "crashed"  # we stopped between sending and writing down
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"  # the peer did not take it for hours
    NOT_ALLOWED = "not_allowed"  # WeChat gives our account no right to this call
    MAIL_REFUSED = "mail_refused"
