"""What a traveller is told of money that goes back, and of money that came in otherwise than it should."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shop.base.money import Currency, Money
from shop.orders.queries import OrderView
from shop.payments import refund_queries
from shop.payments.refund_queries import RefundView, TakenView
from shop.payments.states import GOES_BACK, Cause, RefundStage, Verdict

SETTLED = (Verdict.SETTLES, Verdict.REVIVES)
ODD = frozenset({*GOES_BACK, Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY})


class Back(Struct, frozen=True):
    """One refund. `received` is what the traveller gets in their own money, when WeChat has said it; `pieces` are name and
    quantity, empty when the refund is for the whole order or for no goods in particular."""

    amount: Money
    received: Money | None
    cause: Cause
    stage: RefundStage
    requested_at: datetime
    done_at: datetime | None
    by_hand_at: datetime | None
    pieces: tuple[tuple[dict[str, str], int], ...]


class Odd(Struct, frozen=True):
    """A payment that did not pay the order. `amount` is None in a currency the shop cannot write; `goes_back`: all of it."""

    verdict: Verdict
    amount: Money | None
    currency: str
    goes_back: bool


class OrderMoney(Struct, frozen=True):
    """The money of one order, as its page tells of it. `left` is what a cancellation would pay back; `by_companion`: somebody else
    has paid, and gets back what goes back."""

    backs: tuple[Back, ...]
    odd: tuple[Odd, ...]
    left: Money | None
    by_companion: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether a payment came in that nobody has decided on yet: to pay once more would make it worse."""
        return any(not payment.goes_back for payment in self.odd)


def of(order: OrderView) -> OrderMoney:
    """Asks once when nothing was paid, twice when something was, three times when money goes back."""
    taken = refund_queries.payments_of(order.id)
    refunds = refund_queries.refunds_of(order.id) if taken else []
    return OrderMoney(
        backs=tuple(_back(refund, order) for refund in without_replaced(refunds) if refund.currency in list(Currency)),
        odd=tuple(_odd(payment) for payment in taken if payment.verdict in ODD),
        left=next((_money(p.left_minor, p.currency) for p in taken if p.verdict in SETTLED and p.left_minor), None),
        by_companion=any(p.by_companion for p in taken if p.verdict in SETTLED),
    )


def without_replaced(refunds: Sequence[RefundView]) -> list[RefundView]:
    """Without those that WeChat closed and that were asked for again under a new number: the traveller has one refund."""
    shown: list[RefundView] = []
    for refund in refunds:  # oldest first: whatever replaces a refund comes after it and is for the same
        same = (refund.amount_minor, refund.cause, refund.asked_by, refund.lines)
        earlier = next(
            (
                one
                for one in shown
                if one.state is RefundStage.CLOSED and (one.amount_minor, one.cause, one.asked_by, one.lines) == same
            ),
            None,
        )
        if earlier is not None:
            shown.remove(earlier)
        shown.append(refund)
    return shown


def _back(refund: RefundView, order: OrderView) -> Back:
    names = {line.position: line.name for line in order.lines}
    ordered = sum(line.quantity for line in order.lines)
    is_whole = sum(quantity for _, quantity in refund.lines) == ordered
    received = _money(refund.payer_minor, refund.payer_currency)
    amount = Money(refund.amount_minor, Currency(refund.currency))
    return Back(
        amount=amount,
        received=received if received is not None and received.currency != amount.currency else None,
        cause=refund.cause,
        stage=refund.state,
        requested_at=refund.requested_at,
        done_at=refund.done_at,
        by_hand_at=refund.handled_at,
        pieces=() if is_whole else tuple((names[p], quantity) for p, quantity in refund.lines if p in names),
    )


def _odd(payment: TakenView) -> Odd:
    goes_back = payment.verdict in GOES_BACK or payment.left_minor == 0
    return Odd(payment.verdict, _money(payment.amount_minor, payment.currency), payment.currency, goes_back)


def _money(minor: int | None, currency: str | None) -> Money | None:
    return Money(minor, Currency(currency)) if minor is not None and currency in list(Currency) else None
