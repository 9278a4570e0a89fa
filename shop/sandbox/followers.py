"""Who follows the Service Account, what they did last, and what has arrived on their phones."""
import secrets
from dataclasses import dataclass, field
from typing import Any

MESSAGE, MENU, FOLLOW, SCAN, PAYMENT = "message", "menu", "follow", "scan", "payment"
# Customer-service messages: seconds after a doing, and how many; None is any number.
WINDOWS: dict[str, tuple[float, int | None]] = {
    MESSAGE: (48 * 3600, 5), MENU: (60, 3), FOLLOW: (60, 3), SCAN: (60, 3), PAYMENT: (48 * 3600, None),
}
FOLLOWING = ("wang", "li", "zhang")  # of the ready-made travellers
REMEMBERED = 600.0  # seconds a client_msg_id is kept


@dataclass(kw_only=True)
class Doing:
    """The last time somebody did a thing of this kind, and how many messages were sent to them since."""

    at: float
    sent: int = 0


@dataclass(kw_only=True)
class Follower:
    """One traveller as the account's backstage knows them."""

    id: str
    follows: bool = False
    blocked: bool = False  # they have switched the account's notifications off
    did: dict[str, Doing] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, tuple[float, str]] = field(default_factory=dict)  # client_msg_id → when, and the msgid it got

    def shown(self, now: float) -> dict[str, Any]:
        return {
            "id": self.id, "follows": self.follows, "blocked": self.blocked, "messages": len(self.inbox),
            "did": {kind: {"seconds_ago": now - one.at, "sent": one.sent} for kind, one in self.did.items()},
        }


class Followers:
    """All of them, by the id of the traveller. Take the world's lock around a change."""

    def __init__(self) -> None:
        self._all: dict[str, Follower] = {}

    def of(self, traveller_id: str) -> Follower:
        return self._all.setdefault(traveller_id, Follower(id=traveller_id, follows=traveller_id in FOLLOWING))

    def did(self, traveller_id: str, kind: str, at: float) -> None:
        """They did something, which opens a window."""
        if kind not in WINDOWS:
            raise ValueError(f"kind must be one of {sorted(WINDOWS)}")
        self.of(traveller_id).did[kind] = Doing(at=at)

    def follow(self, traveller_id: str, at: float) -> None:
        one = self.of(traveller_id)
        one.follows, one.blocked = True, False
        self.did(traveller_id, FOLLOW, at)

    def unfollow(self, traveller_id: str) -> None:
        """Everything that could be written to them ends with it."""
        one = self.of(traveller_id)
        one.follows = False
        one.did.clear()

    def grow_older(self, seconds: float) -> None:
        for one in self._all.values():
            for doing in one.did.values():
                doing.at -= seconds
            one.known = {own: (at - seconds, msgid) for own, (at, msgid) in one.known.items()}


def may_write(one: Follower, now: float) -> Doing | int | None:
    """The doing that a customer-service message counts against (None: any number is allowed), or the errcode."""
    if not one.follows:
        return 45015
    is_open = [(one.did[kind], most) for kind, (lasts, most) in WINDOWS.items() if kind in one.did and now < one.did[kind].at + lasts]
    if not is_open:
        return 45015
    if any(most is None for _, most in is_open):
        return None
    return next((doing for doing, most in is_open if most is not None and doing.sent < most), 45047)


def new_msgid() -> str:
    """Longer than 32 bits, as WeChat's are."""
    return str(3_000_000_000_000_000_000 + secrets.randbelow(10**18))
