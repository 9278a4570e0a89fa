"""What an Official Account may answer instead of what was asked, sorted by what the caller can do about it.

Official Account, global return codes: nearly every refusal is HTTP 200 with `errcode`. A number that is not listed here is
AccountRefused, which keeps it.
"""

import re
from collections.abc import Mapping

from shop.base.errors import Kind, ShopError

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
ADDRESS = re.compile(r"invalid ip ([0-9A-Fa-f.:]{3,45})")
FIELD = re.compile(r"data\.([A-Za-z_]+[0-9]*)(?:\.|\s|$)")


class AccountError(ShopError):
    """`errcode` is WeChat's number (0: there was none), `said` its words without line breaks, at most 200 characters."""

    kind, code = Kind.UPSTREAM, "wechat_refused"

    def __init__(self, errcode: int = 0, said: str = "", **facts: str) -> None:
        super().__init__(fields=None, errcode=errcode, **facts)
        self.errcode = errcode
        self.said = UNPRINTABLE.sub(" ", said)[:200]


class AccountRefused(AccountError):
    """WeChat refuses, and would again."""


class AccountUnavailable(AccountError):
    """No answer that can be used. `reason`: timeout, connection, server_error, unreadable, busy, token_busy.

    `maybe_done`: the request may have reached WeChat and taken effect. False: it certainly has not.
    """

    code = "wechat_unavailable"

    def __init__(self, reason: str, *, maybe_done: bool, errcode: int = 0, said: str = "") -> None:
        super().__init__(errcode, said, reason=reason)
        self.reason, self.maybe_done = reason, maybe_done


class TokenRejected(AccountError):
    """Our token is refused even after a new one was fetched: somebody has to look at the account."""

    code = "wechat_token_rejected"


class IpNotAllowed(AccountError):
    """This machine's address is not in the account's allowlist. `ip` as WeChat sees it, empty when it does not say.

    40164: add it. 89503: an administrator has to confirm it. 89506 and 89507: they have refused it, for a day or an hour.
    """

    code = "wechat_ip_not_allowed"

    def __init__(self, errcode: int = 0, said: str = "") -> None:
        found = ADDRESS.search(said)
        self.ip = found[1] if found else ""
        super().__init__(errcode, said, ip=self.ip)


class AccountMisconfigured(AccountError):
    """App id or secret are wrong, the secret is frozen, or the account is."""

    code = "wechat_misconfigured"


class NotGranted(AccountError):
    """This account has no right to this call: not verified, another kind of account, or the right was withdrawn."""

    code = "wechat_not_granted"


class QuotaUsedUp(AccountError):
    """As many calls as a day (or a minute) allows were made. Nothing was done; nobody asks again for a while."""

    code = "wechat_quota_used_up"


class UnknownUser(AccountError):
    """No such openid at this account."""

    kind, code = Kind.NOT_FOUND, "wechat_unknown_user"


class NotFollowing(AccountError):
    """They do not follow the account: no message reaches them."""

    kind, code = Kind.REFUSED, "wechat_not_following"


class Blocked(AccountError):
    """They refuse messages of the account."""

    kind, code = Kind.REFUSED, "wechat_blocked"


class OutsideWindow(AccountError):
    """Customer-service messages: the last time they did something is too long ago, or they no longer follow."""

    kind, code = Kind.REFUSED, "wechat_outside_window"


class CountUsedUp(AccountError):
    """Customer-service messages: as many as their last doing allows were sent."""

    kind, code = Kind.REFUSED, "wechat_count_used_up"


class UnknownTemplate(AccountError):
    """The template does not exist (any more): deleted by hand, or with the account's category."""

    code = "wechat_unknown_template"


class FieldInvalid(AccountError):
    """A field of the message is not as the template wants it. `field` is its key, empty when WeChat does not say."""

    code = "wechat_field_invalid"

    def __init__(self, errcode: int = 0, said: str = "") -> None:
        found = FIELD.search(said)
        self.field = found[1] if found else ""
        super().__init__(errcode, said, field=self.field)


class ContentRefused(AccountError):
    """WeChat finds the content risky or wrong."""

    kind, code = Kind.REFUSED, "wechat_content_refused"


class NotThere(AccountError):
    """What was asked for does not exist: a menu, a picture, a draft."""

    kind, code = Kind.NOT_FOUND, "wechat_not_there"


class AlreadyThere(AccountError):
    """It was done before under the same id or name."""

    kind, code = Kind.CONFLICT, "wechat_already_there"


TOKEN_REJECTED = frozenset({40001, 40014, 41001, 42001})
BUSY = frozenset({-1})
MINUTE_QUOTA = frozenset({45011, 45066})
_NUMBERS: Mapping[type[AccountError], tuple[int, ...]] = {
    TokenRejected: tuple(TOKEN_REJECTED),
    IpNotAllowed: (40164, 61004, 89503, 89506, 89507),
    AccountMisconfigured: (40002, 40013, 40125, 40243, 41002, 41004, 48017, 50004, 50007),
    NotGranted: (48001, 48002, 48003, 48004, 48005, 50001, 50002),
    QuotaUsedUp: (45009, 45011, 45028, 45066, 48006),
    UnknownUser: (40003, 40031, 40032, 46004, 49003),
    NotFollowing: (43004,),
    Blocked: (43101,),
    OutsideWindow: (45015,),
    CountUsedUp: (45047,),
    UnknownTemplate: (40037,),
    FieldInvalid: (47003,),
    ContentRefused: (87009, 87014, 45166, 53503),
    NotThere: (40007, 46001, 46002, 46003, 45159, 53402),
    AlreadyThere: (45065, 45157),
}
BY_ERRCODE: Mapping[int, type[AccountError]] = {number: kind for kind, numbers in _NUMBERS.items() for number in numbers}


def refusal(errcode: int, said: str) -> AccountError:
    """The error that a number and its words stand for."""
    if errcode in BUSY:
        return AccountUnavailable("busy", maybe_done=False, errcode=errcode, said=said)
    return BY_ERRCODE.get(errcode, AccountRefused)(errcode, said)
