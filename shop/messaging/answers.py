"""What WeChat's refusals and later words mean for a message."""

from shop.gateways.official_account import (
    AccountError,
    Blocked,
    CountUsedUp,
    FieldInvalid,
    NotFollowing,
    NotGranted,
    OutsideWindow,
    UnknownTemplate,
    UnknownUser,
)
from shop.messaging.states import MessageState, Reason

REASONS: tuple[tuple[type[AccountError], Reason], ...] = (
    (NotFollowing, Reason.NOT_FOLLOWING), (UnknownUser, Reason.NOT_FOLLOWING), (Blocked, Reason.BLOCKED),
    (OutsideWindow, Reason.WINDOW_CLOSED), (CountUsedUp, Reason.COUNT_USED_UP), (UnknownTemplate, Reason.UNKNOWN_TEMPLATE),
    (FieldInvalid, Reason.WRONG_FIELDS), (NotGranted, Reason.NOT_ALLOWED),
)  # fmt: skip


def reason_of(refused: AccountError) -> Reason:
    """Why a message was refused."""
    return next((reason for kind, reason in REASONS if isinstance(refused, kind)), Reason.SYSTEM)


def outcome_of(status: str) -> tuple[MessageState, Reason | None]:
    """What TEMPLATESENDJOBFINISH says: `success`, `failed:user block`, `failed: system failed`; WeChat's spacing varies."""
    plain = "".join(status.lower().split())
    if plain == "success":
        return MessageState.DELIVERED, None
    return MessageState.FAILED, Reason.BLOCKED if "userblock" in plain else Reason.SYSTEM
