"""What staff choose to refund, read from the form and counted out."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from shop.base.ids import OrderNumber
from shop.base.money import Currency, Money
from shop.orders.queries import LineView, OrderView
from shop.payments import refund_asking
from shop.payments.refund_asking import RefundChanged, Seen
from shop.payments.refund_rules import Lines, What, Whole, WrongRefund

EVERYTHING = "everything"
MOST_DIGITS = 9  # of a number that our own page wrote


class Chosen(Struct, frozen=True):
    """`pieces` are line and quantity; `ends`: nothing remains to be handed over; `seen`: what the page says will happen."""

    what: What
    pieces: tuple[tuple[LineView, int], ...]
    amount: Money
    ends: bool
    seen: str

    @property
    def is_everything(self) -> bool:
        return isinstance(self.what, Whole)


def choose(order: OrderView, said: Mapping[str, str], now: datetime) -> Chosen:
    """What the form would do. Raises WrongRefund, RefundTooLarge, NothingToRefund, TooManyRefunds, TooOldToRefund."""
    what = what_of(order, said)
    will = refund_asking.plan(refund_asking.left_of(order.number), what, now)
    return Chosen(
        what=what,
        pieces=tuple((line, will.pieces[line.position]) for line in order.lines if line.position in will.pieces),
        amount=Money(will.minor, Currency(will.currency)),
        ends=will.ends,
        seen=f"{will.seen.minor}-{will.seen.left}-{int(will.seen.ends)}",
    )


def what_of(order: OrderView, said: Mapping[str, str]) -> What:
    """Everything, or by line what its field says; an empty field is none of it. Raises WrongRefund."""
    if said.get("what") == EVERYTHING:
        return Whole()
    wanted = {}
    for line in order.lines:
        text = said.get(f"pieces-{line.sku}", "").strip() or "0"
        if not _is_number(text, 4):
            raise WrongRefund(fields={"lines": ["wrong_refund"]})
        wanted[line.position] = int(text)
    return Lines(wanted)


def seen(text: str) -> Seen:
    """What the page that was confirmed said would happen. Raises RefundChanged when no page of ours can have said that."""
    parts = text.split("-")
    if len(parts) != 3 or not all(_is_number(part, MOST_DIGITS) for part in parts):
        raise RefundChanged
    minor, left, ends = map(int, parts)
    return Seen(minor, left, bool(ends))


def wish(number: OrderNumber, said: Mapping[str, str]) -> str:
    """The wish as text, the same for the same form."""
    chosen = sorted((name, text) for name, text in said.items() if name in ("what", "seen") or name.startswith("pieces-"))
    return repr((number, chosen))


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= most
