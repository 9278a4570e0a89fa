"""What may be wrong with a bill: a fault stays until it is taken back, so that a bill asked for twice is the same."""
import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any

from shop.sandbox.faults import WrongFault, check_types

LINE_KINDS = {
    "missing_payment",
    "missing_refund",
    "unknown_payment",
    "unknown_refund",
    "other_amount",
    "other_refund_amount",
    "other_currency",
    "other_fee",
    "payment_twice",
}
FILE_KINDS = {"wrong_hash", "truncated", "wrong_summary"}
ANSWER_KINDS = {"not_ready", "no_trades"}
KINDS = LINE_KINDS | FILE_KINDS | ANSWER_KINDS
BILLS = {"", "trades", "fund_flow", "statement"}


@dataclass(kw_only=True)
class BillFault:
    """One thing that is wrong. Empty fields do not narrow it; without `number` a line fault hits one line, the first.

    `number` is an out_trade_no or an out_refund_no, `by` the minor units by which an amount or a fee differs, `amount` what
    an unknown line is about, and `currency` what stands there instead of the right one.
    """

    kind: str
    number: str = ""
    day: str = ""  # yyyy-mm-dd, Beijing
    bill: str = ""  # trades, fund_flow or statement
    by: int = 1
    amount: int = 1234
    currency: str = "USD"
    id: int = 0

    def __post_init__(self) -> None:
        check_types(self)
        if self.kind not in KINDS:
            raise WrongFault(f"kind must be one of {sorted(KINDS)}")
        if self.bill not in BILLS:
            raise WrongFault("bill must be trades, fund_flow or statement")
        if self.amount < 1:
            raise WrongFault("amount must be 1 or more")

    @classmethod
    def read(cls, wish: dict[str, Any], id: int) -> "BillFault":
        """From JSON. Raises WrongFault."""
        unknown = set(wish) - ({one.name for one in fields(cls)} - {"id"})
        if unknown or "kind" not in wish:
            raise WrongFault(f"unknown: {', '.join(sorted(unknown))}" if unknown else "kind is missing")
        return cls(**wish, id=id)

    def strikes(self, bill: str, day: str) -> bool:
        return self.bill in {"", bill} and self.day in {"", day}

    def invented(self, day: str, length: int) -> str:
        """Digits of a number that nobody has, the same each time the bill is made."""
        return str(int(hashlib.sha256(f"{self.id}/{self.number}/{day}".encode()).hexdigest(), 16))[:length]

    def shown(self) -> dict[str, Any]:
        return asdict(self)
