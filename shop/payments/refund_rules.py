"""How much may go back, when it is tried again, and where a refund may go. Only answers.

WeChat Pay, refunds: within a year of the payment, at most 50 parts of one payment, at least a minute between two of
them; the same number until WeChat has closed it. Cross-border refunds are paid from the money of the same day, so
that "not enough" is a state and not a fault.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.orders.states import OrderState
from shop.payments.states import REFUND_MOVES, RefundStage

UNCOLLECTED = frozenset({OrderState.PAID, OrderState.PACKING, OrderState.READY})
MOST_PARTS = 50
LATEST = timedelta(days=365)
APART = timedelta(seconds=61)
MOST_NUMBERS = 3  # as often as WeChat may close a refund before a person looks
STUCK_AFTER = 5  # tries that were refused outright


def _ladder(*seconds: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=s) for s in seconds)


ASK_AFTER = _ladder(10, 60, 300, 1800, 2 * 3600, 6 * 3600, 24 * 3600)
SEND_AGAIN_AFTER = _ladder(5, 15, 60, 300, 900, 1800, 3600)  # no answer: the same number, the same bytes
FUNDS_AGAIN_AFTER = _ladder(600, 1800, 3600)  # usually there within 12 to 48 hours


class NothingToRefund(ShopError):
    """No payment has come in for this order, or all of it is on its way back already."""

    kind, code = Kind.CONFLICT, "nothing_to_refund"


class RefundTooLarge(ShopError):
    """More than is left of what came in."""

    kind, code = Kind.REFUSED, "refund_too_large"


class WrongRefund(ShopError):
    """Lines that the order does not have (any more), or no amount at all."""

    kind, code = Kind.INVALID, "wrong_refund"


class TooManyRefunds(ShopError):
    """WeChat Pay takes 50 refunds of one payment at most."""

    kind, code = Kind.REFUSED, "too_many_refunds"


class TooOldToRefund(ShopError):
    """WeChat Pay refunds within a year of the payment."""

    kind, code = Kind.REFUSED, "too_old_to_refund"


class CurrencyNotOurs(ShopError):
    """Money in a currency the shop does not settle in: it goes back on WeChat's merchant platform, by hand."""

    kind, code = Kind.REFUSED, "currency_not_ours"


class Whole(Struct, frozen=True):
    """Everything that is left."""


class Lines(Struct, frozen=True):
    """Pieces of lines of the order: position → quantity."""

    wanted: Mapping[int, int]


class Amount(Struct, frozen=True):
    """A sum in minor units, of no line in particular."""

    minor: int


What = Whole | Lines | Amount


class OrderedLine(Struct, frozen=True):
    position: int
    product_id: int
    quantity: int
    refunded: int
    unit_price_minor: int

    @property
    def left(self) -> int:
        return self.quantity - self.refunded


def amount_of(what: What, lines: Sequence[OrderedLine], left_minor: int) -> tuple[int, dict[int, int]]:
    """The minor units that go back, and the pieces by position. Raises NothingToRefund, RefundTooLarge, WrongRefund."""
    if left_minor <= 0:
        raise NothingToRefund
    if isinstance(what, Whole):
        return left_minor, {line.position: line.left for line in lines if line.left}
    if isinstance(what, Amount):
        if what.minor < 1:
            raise WrongRefund(fields={"amount": ["wrong_refund"]})
        if what.minor > left_minor:
            raise RefundTooLarge(left=left_minor, fields={"amount": ["refund_too_large"]})
        return what.minor, {}
    known = {line.position: line for line in lines}
    pieces = {position: quantity for position, quantity in what.wanted.items() if quantity}
    if not pieces or any(
        position not in known or not 0 < quantity <= known[position].left for position, quantity in pieces.items()
    ):
        raise WrongRefund(fields={"lines": ["wrong_refund"]})
    minor = sum(known[position].unit_price_minor * quantity for position, quantity in pieces.items())
    if minor > left_minor:
        raise RefundTooLarge(left=left_minor, fields={"lines": ["refund_too_large"]})
    if minor == 0:
        raise WrongRefund(fields={"lines": ["wrong_refund"]})
    return minor, pieces


class Effect(Struct, frozen=True):
    """What a refund does: `minor` units go back, for `pieces` (position → quantity); `ends`: the order is over by it."""

    minor: int
    pieces: Mapping[int, int]
    ends: bool


def effect_of(what: What, lines: Sequence[OrderedLine], left_minor: int, state: OrderState) -> Effect:
    """What a refund of `what` does to an order in this state. Raises NothingToRefund, RefundTooLarge, WrongRefund.

    An order that nobody has collected ends with the last of its money or the last of its pieces, and all that is left of
    it goes with it: pieces whose money went back as a sum earlier, too.
    """
    minor, pieces = amount_of(what, lines, left_minor)
    left = {line.position: line.left for line in lines if line.left}
    last_pieces = bool(pieces) and pieces == left  # a sum takes no pieces, not even where there are none
    ends = state in UNCOLLECTED and (minor == left_minor or last_pieces)
    return Effect(minor, left if ends else pieces, ends)


def check_limits(paid_at: datetime, parts: int, now: datetime) -> None:
    """Raises TooOldToRefund, TooManyRefunds."""
    if now > paid_at + LATEST:
        raise TooOldToRefund
    if parts >= MOST_PARTS:
        raise TooManyRefunds


def step(ladder: Sequence[timedelta], done: int) -> timedelta:
    """The pause before the next try, after `done` of them; the last step repeats."""
    return ladder[min(max(done, 1), len(ladder)) - 1]


def may_follow(present: RefundStage, told: RefundStage) -> bool:
    """Whether WeChat's word moves the refund on; a repeat or a word that came out of order does not."""
    return told in REFUND_MOVES[present]


def contradicts(present: RefundStage, told: RefundStage) -> bool:
    """Whether WeChat has paid, or will, what a person has settled in another way: the traveller would have it twice."""
    return present is RefundStage.BY_HAND and told in (RefundStage.SUCCESS, RefundStage.PROCESSING)
