"""Misbehaviour on demand: what shall go wrong, where, how often."""
import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from threading import Lock
from typing import Any, get_args, get_type_hints

KINDS = {"status", "errcode", "slow", "drop_before", "drop_after", "sign", "notice"}
SIGNATURES = {"unknown_serial", "bad_signature", "signtest", "missing_headers", "stale"}
EVENTS = {"payment", "refund", "any"}


class WrongFault(ValueError):
    """The wish for a fault makes no sense; the text says why."""


def check_types(one: Any) -> None:
    """Every field of a dataclass that was filled from JSON holds what it promises. Raises WrongFault."""
    for name, hint in get_type_hints(type(one)).items():
        allowed = get_args(hint) or (hint,)
        if float in allowed:
            allowed = (*allowed, int)
        value = getattr(one, name)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise WrongFault(f"{name} must not be {value!r}")


@dataclass(kw_only=True)
class NoticeOptions:
    """How a notice differs from an honest one. The defaults are an honest one."""

    copies: int = 1
    together: bool = False  # all copies at once instead of one after the other
    new_ids: bool = False  # every copy is a notice of its own
    delay: float = 0.0  # seconds, real ones
    lose: bool = False
    lose_tries: int = 0  # so many first tries never arrive; then it comes by the timetable
    hold: int = 0  # keep back until that many are held, then send the last one first
    hold_seconds: float = 0.0  # ... but no longer than that; 0: for ever
    forged: int = 0  # so many copies by somebody else beside it: another amount, and a signature as `forgery` says
    forgery: str = "bad_signature"  # one of SIGNATURES
    retry: bool = True
    amount: int | None = None  # amount.total in the content
    refund: int | None = None  # amount.refund in the content of a refund notice
    currency: str | None = None
    mchid: str | None = None  # another merchant's number (cross-border: in sub_mchid)
    trade_state: str | None = None  # of a refund notice: refund_status
    signature: str = ""  # one of SIGNATURES
    tamper: bool = False  # one byte of the ciphertext changed, signed all the same
    wrong_key: bool = False  # sealed with another API v3 key
    spoil_tries: int = 1  # how many tries `signature`, `tamper` and `wrong_key` spoil; then comes the real one

    def __post_init__(self) -> None:
        check_types(self)
        if self.signature and self.signature not in SIGNATURES:
            raise WrongFault(f"signature must be one of {sorted(SIGNATURES)}")
        if self.forgery not in SIGNATURES:
            raise WrongFault(f"forgery must be one of {sorted(SIGNATURES)}")
        if not 1 <= self.copies <= 100:
            raise WrongFault("copies must be between 1 and 100")
        if not 0 <= self.forged <= 100:
            raise WrongFault("forged must be between 0 and 100")
        if self.delay < 0 or self.hold_seconds < 0 or self.lose_tries < 0:
            raise WrongFault("delay, hold_seconds and lose_tries must not be negative")

    @classmethod
    def read(cls, wish: dict[str, Any]) -> "NoticeOptions":
        """From JSON. Raises WrongFault."""
        unknown = set(wish) - {one.name for one in fields(cls)}
        if unknown:
            raise WrongFault(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**wish)


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong `count` times (0: always) for requests whose path begins with `path`."""

    kind: str
    path: str = "/"
    method: str = ""  # empty: any
    count: int = 1
    seconds: float = 0.0  # first wait that long, whatever the kind
    status: int = 500
    code: str = ""
    message: str = ""
    after: bool = False  # status: refuse although the change is already made; slow: wait when it is made, before the answer
    errcode: int = -1  # errcode: the Service Account's way to refuse
    signature: str = ""  # sign: one of SIGNATURES
    notice: NoticeOptions | None = None  # notice: how the next notices differ
    out_trade_no: str = ""  # notice: only for this order
    out_refund_no: str = ""  # notice: only for this refund
    event: str = "payment"  # notice: of a payment, of a refund, or any
    id: int = field(default=0)

    def __post_init__(self) -> None:
        check_types(self)
        if self.kind not in KINDS:
            raise WrongFault(f"kind must be one of {sorted(KINDS)}")
        if self.kind == "sign" and self.signature not in SIGNATURES:
            raise WrongFault(f"signature must be one of {sorted(SIGNATURES)}")
        if self.event not in EVENTS:
            raise WrongFault(f"event must be one of {sorted(EVENTS)}")
        if not 400 <= self.status <= 599:
            raise WrongFault("status must be between 400 and 599")
        if self.count < 0 or self.seconds < 0:
            raise WrongFault("count and seconds must not be negative")

    @classmethod
    def read(cls, wish: dict[str, Any]) -> "Fault":
        """From JSON. Raises WrongFault."""
        unknown = set(wish) - ({one.name for one in fields(cls)} - {"id"})
        if unknown:
            raise WrongFault(f"unknown: {', '.join(sorted(unknown))}")
        if "kind" not in wish:
            raise WrongFault("kind is missing")
        options = wish.get("notice")
        return cls(**{**wish, "notice": NoticeOptions.read(options) if isinstance(options, dict) else options})

    @property
    def answers_late(self) -> bool:
        """The change is made and logged at once; only the answer waits."""
        return self.kind == "slow" and self.after

    def shown(self) -> dict[str, Any]:
        return asdict(self)


class FaultBook:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            fault.id = next(self._numbers)
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def for_request(self, method: str, path: str) -> Fault | None:
        """The fault this request meets, used up by one."""
        return self._take(
            lambda one: one.kind != "notice" and path.startswith(one.path) and one.method in {"", method}
        )

    def for_notice(self, out_trade_no: str, out_refund_no: str = "") -> NoticeOptions | None:
        """How the notice of this payment (or of this refund of it) shall differ, used up by one."""
        event = "refund" if out_refund_no else "payment"
        found = self._take(
            lambda one: one.kind == "notice"
            and one.event in {event, "any"}
            and one.out_trade_no in {"", out_trade_no}
            and one.out_refund_no in {"", out_refund_no}
        )
        return (found.notice or NoticeOptions()) if found else None

    def _take(self, fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fits(fault):
                    if fault.count == 1:
                        self._waiting.remove(fault)
                    elif fault.count > 1:
                        fault.count -= 1
                    return fault
        return None
