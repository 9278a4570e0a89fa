"""A bad day: a seeded chooser of what goes wrong, for every call to WeChat Pay and every notice.

The nth call of a kind meets the same fate on every run with the same seed, whatever the calls of other kinds do in
between; which order that call is about depends on who came first.
"""
import re
from collections import Counter
from random import Random
from threading import Lock
from typing import Any

from shop.sandbox.faults import Fault, NoticeOptions, WrongFault

LATE = (0.2, 3.0)  # seconds a delayed notice is late, from and to
SLOW = (0.05, 0.8)  # seconds a slow answer takes
HELD = 2.0  # seconds a notice waits at most for others to overtake it
FORGERIES = ("bad_signature", "unknown_serial", "missing_headers", "stale")
# What happens to a call, and how often against each other.
CALLS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("429", 3, {"kind": "status", "status": 429}),
    ("500", 3, {"kind": "status", "status": 500}),
    ("500 after the change", 2, {"kind": "status", "status": 500, "after": True}),
    ("502", 1, {"kind": "status", "status": 502}),
    ("dropped before", 3, {"kind": "drop_before"}),
    ("dropped after the change", 3, {"kind": "drop_after"}),
    ("slow", 2, {"kind": "slow"}),
    ("unsigned", 1, {"kind": "sign", "signature": "missing_headers"}),
    ("signed wrongly", 1, {"kind": "sign", "signature": "bad_signature"}),
    ("signature probe", 1, {"kind": "sign", "signature": "signtest"}),
)


class BadDay:
    """`strength`: how likely each call and each trait of a notice is to go wrong, from 0 to 1."""

    def __init__(self, seed: int, strength: float) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise WrongFault("seed must be a whole number")
        if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength <= 1:
            raise WrongFault("strength must be a number from 0 to 1")
        self.seed, self.strength = seed, strength
        self._lock = Lock()
        self._seen: Counter[str] = Counter()
        self._done: Counter[str] = Counter()

    def shown(self) -> dict[str, Any]:
        with self._lock:
            return {"seed": self.seed, "strength": self.strength, "seen": dict(self._seen), "done": dict(self._done)}

    def for_call(self, method: str, path: str) -> Fault | None:
        """What this call to WeChat Pay meets."""
        chance = self._chance(f"{method} {kind_of(path)}")
        if chance.random() >= self.strength:
            return None
        name, _, wish = chance.choices(CALLS, [weight for _, weight, _ in CALLS])[0]
        self._count(f"call: {name}")
        seconds = chance.uniform(*SLOW) if name == "slow" else 0.0
        return Fault(**{**wish, "seconds": seconds})

    def for_notice(self, event: str) -> NoticeOptions:
        """How this notice differs. `event`: payment or refund."""
        chance = self._chance(f"notice {event}")
        forged = chance.randint(1, 2) if self._strikes(chance, "forged copy beside it") else 0
        if self._strikes(chance, "lost for good", 0.5):
            return NoticeOptions(lose=True, forged=forged, forgery=chance.choice(FORGERIES))
        held = self._strikes(chance, "overtaken", 0.5)
        doubled = self._strikes(chance, "doubled")
        late = self._strikes(chance, "late")
        return NoticeOptions(
            forged=forged,
            forgery=chance.choice(FORGERIES),
            lose_tries=chance.randint(1, 2) if self._strikes(chance, "first deliveries lost") else 0,
            hold=chance.randint(2, 3) if held else 0,
            hold_seconds=HELD if held else 0.0,
            copies=chance.randint(2, 4) if doubled else 1,
            new_ids=doubled and chance.random() < 0.3,
            delay=chance.uniform(*LATE) if late else 0.0,
            signature="signtest" if self._strikes(chance, "signature probe", 0.25) else "",
        )

    def _strikes(self, chance: Random, name: str, factor: float = 1.0) -> bool:
        if chance.random() >= self.strength * factor:
            return False
        self._count(f"notice: {name}")
        return True

    def _chance(self, kind: str) -> Random:
        with self._lock:
            self._seen[kind] += 1
            return Random(f"{self.seed}/{kind}/{self._seen[kind]}")

    def _count(self, name: str) -> None:
        with self._lock:
            self._done[name] += 1


def kind_of(path: str) -> str:
    """The path without the numbers in it: one kind for all orders."""
    return re.sub(r"/(out-trade-no|out-refund-no|id|domestic/refunds)/[^/]+", r"/\1/…", path)
