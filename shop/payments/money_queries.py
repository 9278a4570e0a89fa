"""Questions of the money page and of monitoring: a day's takings, payments in doubt, and what should not be."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Integer, and_, case, exists, func, literal, null, or_, select, text, union_all
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import matching, refund_queries, refund_rules, rules
from shop.payments.bill_models import Bill, OpenItem
from shop.payments.models import Attempt, PaymentNotice, Refund, Taken
from shop.payments.refund_key_models import NOT_OVER, ODD, STRANGE
from shop.payments.refund_queries import RefundView, TakenView
from shop.payments.states import BY_A_PERSON, GONE_BACK, OPEN, TO_SEND, AttemptState, RefundStage, Verdict

OVERDUE = timedelta(days=2)  # a bill that is not here by then will not come by itself
LATE = timedelta(minutes=15)  # after the time to pay is over, the last question has been asked long ago


class Takings(Struct, frozen=True):
    """What WeChat took and paid back in one currency in a day, in minor units."""

    currency: str
    payments: int = 0
    came_in: int = 0
    refunds: int = 0
    went_back: int = 0

    @property
    def net(self) -> int:
        return self.came_in - self.went_back


def takings(edges: Sequence[datetime]) -> list[list[Takings]]:
    """For each stretch of time between two `edges` what came in and what went back, by currency. One statement."""

    def sums(at: Any, currency: Any, minor: Any, kind: str, *conditions: Any) -> Any:
        number = case(
            *((at < edge, n) for n, edge in enumerate(edges[1:-1])), else_=literal(len(edges) - 2, Integer)
        ).label("stretch")
        return (
            select(
                literal(kind).label("kind"), number, currency.label("currency"), func.count().label("many"),
                func.sum(minor).label("minor"),
            )
            .where(at >= edges[0], at < edges[-1], *conditions)
            .group_by("stretch", "currency")
        )  # fmt: skip

    paid = sums(Taken.paid_at, Taken.amount_currency, Taken.amount_minor, "in")
    back = sums(Refund.done_at, Refund.amount_currency, Refund.amount_minor, "back", Refund.state.in_([s.value for s in GONE_BACK]))
    with reading() as session:
        rows = session.execute(union_all(paid, back)).all()
    found: list[dict[str, dict[str, int]]] = [{} for _ in edges[1:]]
    for kind, stretch, currency, many, minor in rows:
        mine = found[int(stretch)].setdefault(currency, {})
        mine |= {"payments": many, "came_in": int(minor)} if kind == "in" else {"refunds": many, "went_back": int(minor)}
    return [[Takings(currency, **values) for currency, values in sorted(each.items())] for each in found]


class Doubt(Struct, frozen=True):
    """An attempt of which nobody knows how it ended."""

    order_number: str
    out_trade_no: str
    state: AttemptState
    amount_minor: int
    currency: str
    created_at: datetime
    time_expire: datetime
    checks: int
    checked_at: datetime | None
    next_check_at: datetime | None


def _in_doubt(now: datetime) -> tuple[Any, ...]:
    """Two conditions, for two indexes: still being asked about, or of an order that should have ended."""
    is_open = Attempt.state.in_([state.value for state in OPEN])
    long_over = Attempt.time_expire < now - LATE
    asked_in_vain = and_(Attempt.next_check_at.is_not(None), or_(long_over, Attempt.checks > len(rules.ASK_AFTER)))
    forgotten = and_(Order.state == OrderState.AWAITING_PAYMENT.value, Order.pay_before < now - LATE, long_over)
    return and_(is_open, asked_in_vain), and_(is_open, forgotten)


def in_doubt(now: datetime, limit: int = 100) -> list[Doubt]:
    """Attempts that should have ended by now, or that WeChat was asked about in vain, oldest first."""
    columns = (
        Order.number, Attempt.out_trade_no, Attempt.state, Attempt.amount_minor, Attempt.amount_currency, Attempt.created_at,
        Attempt.time_expire, Attempt.checks, Attempt.checked_at, Attempt.next_check_at,
    )  # fmt: skip
    asked, forgotten = (select(*columns).join(Order).where(condition) for condition in _in_doubt(now))
    both = asked.union(forgotten).subquery()
    with reading() as session:
        rows = session.execute(select(both).order_by(both.c.created_at).limit(limit)).all()
    return [Doubt(row[0], row[1], AttemptState(row[2]), *row[3:]) for row in rows]


def _given_up() -> Any:
    """WeChat has closed the refund, no other number followed, and the money is still here."""
    later, paid = aliased(Refund), aliased(Taken)
    still_here = exists().where(paid.id == Refund.payment_id, paid.refunded_minor + Refund.amount_minor <= paid.amount_minor)
    return and_(Refund.state == RefundStage.CLOSED.value, ~exists().where(later.replaces_id == Refund.id), still_here)


def given_up(limit: int = 100) -> list[RefundView]:
    """Refunds that WeChat closed again and again: only a new one, asked for by a person, sends the money."""
    return refund_queries.refunds_where(_given_up(), limit)


class Standing(Struct, frozen=True):
    """What should not stay as it is, counted: refunds by state, odd payments and strange notices by verdict, open items by kind."""

    refunds: Mapping[RefundStage, int]
    for_a_person: int
    odd: Mapping[Verdict, int]
    notices: Mapping[Verdict, int]
    items: Mapping[str, int]
    bills_failed: int
    in_doubt: int


def standing(now: datetime) -> Standing:
    """Everything that monitoring wants to know of the money, in one statement."""
    named: dict[str, dict[str, int]] = {what: {} for what in ("refund", "person", "given_up", "odd", "notice", "item", "bill", "doubt")}
    with reading() as session:
        for what, name, count in session.execute(_everything(now)):
            named[what][name or ""] = int(count)
    return Standing(
        {RefundStage(state): count for state, count in named["refund"].items()},
        named["person"].get("", 0) + named["given_up"].get("", 0),
        {Verdict(verdict): count for verdict, count in named["odd"].items()},
        {Verdict(verdict): count for verdict, count in named["notice"].items()}, named["item"], named["bill"].get("", 0),
        named["doubt"].get("", 0),
    )  # fmt: skip


def _everything(now: datetime) -> Any:
    def counted(what: str, name: Any, *conditions: Any) -> Any:
        found = select(literal(what).label("what"), name.label("name"), func.count().label("many")).where(*conditions)
        return found if isinstance(name, type(null())) else found.group_by(name)

    none = null()
    stuck = and_(
        Refund.state.in_([s.value for s in TO_SEND]), Refund.state != RefundStage.WAITING_FUNDS.value,
        Refund.tries >= refund_rules.STUCK_AFTER,
    )  # fmt: skip
    asked, forgotten = (select(Attempt.id).join(Order).where(condition) for condition in _in_doubt(now))
    doubts = asked.union(forgotten).subquery()
    return union_all(
        counted("refund", Refund.state, text(f"refunds.{NOT_OVER}")),
        counted("person", none, text(f"refunds.{NOT_OVER}"), or_(Refund.state.in_([s.value for s in BY_A_PERSON]), stuck)),
        counted("given_up", none, _given_up()),
        counted("notice", PaymentNotice.verdict, text(STRANGE)),
        counted("odd", Taken.verdict, text(f"payments.{ODD}"), Taken.refunded_minor < Taken.amount_minor),
        counted("item", OpenItem.kind, text("open_items.state = 'open'"), OpenItem.action != "wait_a_day"),
        counted("bill", none, or_(Bill.state == "failed", and_(Bill.matched_at.is_(None), Bill.day < matching.beijing_day(now) - OVERDUE))),
        select(literal("doubt"), none, func.count()).select_from(doubts),
    )  # fmt: skip


def payment(payment_id: int) -> TakenView | None:
    """One payment that WeChat took, or None."""
    with reading() as session:
        row = session.execute(
            select(Taken, Order.number).outerjoin(Order, Order.id == Taken.order_id).where(Taken.id == payment_id)
        ).first()
    if row is None:
        return None
    taken, number = row
    return TakenView(
        taken.id, taken.transaction_id, taken.out_trade_no, number, taken.amount_minor, taken.amount_currency,
        taken.refunded_minor, taken.paid_at, taken.heard_at, Verdict(taken.verdict), taken.payer_minor, taken.payer_currency,
        taken.exchange_rate,
    )  # fmt: skip
