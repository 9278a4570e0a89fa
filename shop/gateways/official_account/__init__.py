"""The Service Account and the content account: signing in through WeChat, and their API."""

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import (
    AccountError,
    AccountMisconfigured,
    AccountRefused,
    AccountUnavailable,
    AlreadyThere,
    Blocked,
    ContentRefused,
    CountUsedUp,
    FieldInvalid,
    IpNotAllowed,
    NotFollowing,
    NotGranted,
    NotThere,
    OutsideWindow,
    QuotaUsedUp,
    TokenRejected,
    UnknownTemplate,
    UnknownUser,
)
from shop.gateways.official_account.sign_in import SignedIn, SignInRefused, SignInUnavailable

__all__ = [
    "AccountError",
    "AccountMisconfigured",
    "AccountRefused",
    "AccountUnavailable",
    "AlreadyThere",
    "Blocked",
    "ContentRefused",
    "CountUsedUp",
    "FieldInvalid",
    "IpNotAllowed",
    "NotFollowing",
    "NotGranted",
    "NotThere",
    "OfficialAccount",
    "OutsideWindow",
    "QuotaUsedUp",
    "SignInRefused",
    "SignInUnavailable",
    "SignedIn",
    "TokenRejected",
    "UnknownTemplate",
    "UnknownUser",
]
