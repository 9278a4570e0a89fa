"""WeChat's lines beside our rows: asked of the database a thousand at a time, judged by `matching`, kept as open items.

The lines stand in a table of ours, so that the database does the joining: the memory needed is that of one batch, and the
number of statements for a batch is the same whether everything agrees or nothing does.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.audit import Deed
from shop.base.db import is_postgresql, reading, transaction
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments import matching
from shop.payments.bill_models import Bill, BillRow, OpenItem
from shop.payments.matching import Amount, Finding, ItemKind, Line, OurPayment, OurRefund
from shop.payments.models import Attempt, Refund, Taken
from shop.payments.states import RefundStage, Verdict

BATCH = 1000
SYSTEM = "system"
OPEN, SETTLED = "open", "settled"
COMPLETE = ("fetched", "no_trades")
MATCHED_KINDS = ("trades", "statement")  # the bills that list payments and refunds

_items: Any = OpenItem.__table__
_rows: Any = BillRow.__table__
_taken: Any = Taken.__table__
_refunds: Any = Refund.__table__
_attempts: Any = Attempt.__table__
_orders: Any = Order.__table__
_bills: Any = Bill.__table__


# --- lines of a bill --------------------------------------------------------------------------------------------------


def _compared(part: Any) -> Select[Any]:
    """The lines in `part`, each beside what we know of it: one row for each line."""
    earlier: Any = _rows.alias("earlier")
    before = and_(
        earlier.c.kind == part.c.kind,
        or_(
            earlier.c.bill_id < part.c.bill_id,
            and_(earlier.c.bill_id == part.c.bill_id, earlier.c.number < part.c.number),
        ),
    )
    repeated = case(
        (part.c.kind == "payment", exists().where(earlier.c.transaction_id == part.c.transaction_id, before)),
        else_=exists().where(earlier.c.out_refund_no == part.c.out_refund_no, before),
    )
    return (
        select(
            part, _bills.c.day, repeated.label("repeated"),
            _taken.c.id.label("payment_id"), _taken.c.order_id.label("payment_order"),
            _taken.c.amount_minor.label("payment_minor"), _taken.c.amount_currency.label("payment_currency"),
            _taken.c.verdict, _taken.c.refunded_minor, _attempts.c.order_id.label("attempt_order"),
            _refunds.c.id.label("our_refund"), _refunds.c.payment_id.label("refund_payment"),
            _refunds.c.order_id.label("refund_order"), _refunds.c.amount_minor.label("refund_minor"),
            _refunds.c.amount_currency.label("refund_currency"), _refunds.c.state.label("refund_state"),
        )
        .select_from(part)
        .join(_bills, _bills.c.id == part.c.bill_id)
        .outerjoin(_taken, _taken.c.transaction_id == part.c.transaction_id)
        .outerjoin(_attempts, _attempts.c.out_trade_no == part.c.out_trade_no)
        .outerjoin(_refunds, _refunds.c.out_refund_no == part.c.out_refund_no)
    )  # fmt: skip


def _judge(row: Any, fee_rate: Decimal | None) -> list[Finding]:
    line = Line(
        row.bill_id, row.number, row.day, row.kind, row.transaction_id, row.out_trade_no, row.refund_id,
        row.out_refund_no, Amount(row.amount_minor, row.amount_currency), row.fee_minor, bool(row.repeated),
    )  # fmt: skip
    payment = None
    if row.payment_id is not None:
        amount = Amount(row.payment_minor, row.payment_currency)
        payment = OurPayment(row.payment_id, row.payment_order, amount, Verdict(row.verdict), row.refunded_minor)
    if row.kind == "payment":
        return matching.judge_payment_line(line, payment, row.attempt_order, fee_rate)
    if row.kind != "refund":
        return []
    refund = None
    if row.our_refund is not None:
        amount = Amount(row.refund_minor, row.refund_currency)
        refund = OurRefund(row.our_refund, row.refund_payment, row.refund_order, amount, RefundStage(row.refund_state))
    return matching.judge_refund_line(line, refund, payment, fee_rate)


def compare_lines(bill_id: int, fee_rate: Decimal | None = None) -> Iterator[list[Finding]]:
    """What is wrong with the lines of a bill, in batches."""
    last = -1
    while True:
        part = (
            select(_rows).where(_rows.c.bill_id == bill_id, _rows.c.number > last).order_by(_rows.c.number).limit(BATCH)
        ).subquery("part")
        with reading() as session:
            rows = session.execute(_compared(part).order_by(part.c.number)).all()
        if not rows:
            return
        last = rows[-1].number
        yield [finding for row in rows for finding in _judge(row, fee_rate)]


# --- what no bill has -------------------------------------------------------------------------------------------------


def complete_days(session: Session) -> set[date]:
    """The days whose payments and refunds WeChat has listed to us, or said that there were none."""
    return set(
        session.scalars(
            select(_bills.c.day).where(
                _bills.c.kind.in_(MATCHED_KINDS),
                or_(_bills.c.state == "no_trades", and_(_bills.c.state == "fetched", _bills.c.lines.is_not(None))),
            )
        )
    )


_unlisted_payment = not_(exists().where(_rows.c.transaction_id == _taken.c.transaction_id, _rows.c.kind == "payment"))
_unlisted_refund = not_(exists().where(_rows.c.out_refund_no == _refunds.c.out_refund_no, _rows.c.kind == "refund"))
_MISSING_PAYMENTS: Any = (
    select(_taken, _orders.c.state.label("order_state"))
    .outerjoin(_orders, _orders.c.id == _taken.c.order_id)
    .where(_unlisted_payment)
    .limit(BATCH)
)
_MISSING_REFUNDS: Any = select(_refunds).where(_unlisted_refund).limit(BATCH)


def _missing_payment(row: Any, complete: set[date]) -> list[Finding]:
    payment = OurPayment(
        row.id, row.order_id, Amount(row.amount_minor, row.amount_currency), Verdict(row.verdict), row.refunded_minor
    )
    state = OrderState(row.order_state) if row.order_state else None
    return matching.judge_missing_payment(
        payment, row.paid_at, row.transaction_id, row.out_trade_no, state, complete
    )


def _missing_refund(row: Any, complete: set[date]) -> list[Finding]:
    stage = RefundStage(row.state)
    refund = OurRefund(row.id, row.payment_id, row.order_id, Amount(row.amount_minor, row.amount_currency), stage)
    accepted = matching.accepted_at(stage, row.sent_at, row.done_at, row.refund_id)
    return matching.judge_missing_refund(refund, accepted, row.out_refund_no, complete)


def compare_ours(day: date) -> Iterator[list[Finding]]:
    """Payments and refunds of ours around `day` that no bill has, in batches."""
    since, until = matching.day_span(day)
    paid_then = and_(_taken.c.paid_at >= since - matching.EDGE, _taken.c.paid_at < until + matching.EDGE)
    # A refund of the day before counts as missing only now that this day is complete.
    accepted = func.coalesce(_refunds.c.done_at, _refunds.c.sent_at)
    refunded_then = and_(accepted >= since - timedelta(days=1), accepted < until)
    for question, table, condition, judge in (
        (_MISSING_PAYMENTS, _taken, paid_then, _missing_payment),
        (_MISSING_REFUNDS, _refunds, refunded_then, _missing_refund),
    ):
        last = 0
        while True:
            with reading() as session:
                complete = complete_days(session)
                rows = session.execute(question.where(condition, table.c.id > last).order_by(table.c.id)).all()
            if not rows:
                break
            last = rows[-1].id
            yield [finding for row in rows for finding in judge(row, complete)]


# --- orders -----------------------------------------------------------------------------------------------------------

_kept = func.coalesce(func.sum(_taken.c.amount_minor - _taken.c.refunded_minor), 0).label("kept")
_UNPAID_ORDERS: Any = (
    select(_orders.c.id, _orders.c.number, _orders.c.collected_at, _orders.c.total_minor, _orders.c.total_currency, _kept)
    .outerjoin(
        _taken,
        and_(_taken.c.order_id == _orders.c.id, _taken.c.verdict.in_([v.value for v in matching.PAYS_FOR_AN_ORDER])),
    )
    .where(_orders.c.state.in_([s.value for s in matching.HANDED_OVER]), _orders.c.collected_at.is_not(None))
    .group_by(_orders.c.id)
    .having(_kept <= 0)
    .limit(BATCH)
)  # fmt: skip


def _unpaid_order(row: Any) -> list[Finding]:
    owed = Amount(row.total_minor, row.total_currency)
    return matching.judge_order(row.id, row.number, row.collected_at, owed, row.kept)


def compare_orders(day: date) -> Iterator[list[Finding]]:
    """Orders handed over, or paid back, on `day` whose goods are gone and whose money is not there, in batches."""
    since, until = matching.day_span(day)
    paid_back = select(_refunds.c.order_id).where(_refunds.c.requested_at >= since, _refunds.c.requested_at < until)
    that_day = or_(
        and_(_orders.c.collected_at >= since, _orders.c.collected_at < until),
        _orders.c.id.in_(paid_back.where(_refunds.c.order_id.is_not(None))),
    )
    last = 0
    while True:
        with reading() as session:
            rows = session.execute(_UNPAID_ORDERS.where(that_day, _orders.c.id > last).order_by(_orders.c.id)).all()
        if not rows:
            return
        last = rows[-1].id
        yield [finding for row in rows for finding in _unpaid_order(row)]


# --- open items -------------------------------------------------------------------------------------------------------


def keep(findings: Sequence[Finding], seen_on: date) -> None:
    """Write findings down as open items, in one transaction. What is known already only learns that it is still there."""
    if not findings:
        return
    values = [
        {
            "kind": f.kind.value, "key": f.key, "day": f.day, "action": f.action.value, "order_id": f.order_id,
            "payment_id": f.payment_id, "refund_id": f.refund_id, "bill_id": f.bill_id, "line_number": f.line_number,
            "transaction_id": f.transaction_id, "out_trade_no": f.out_trade_no, "out_refund_no": f.out_refund_no,
            "ours_minor": f.ours.minor if f.ours else None, "ours_currency": f.ours.currency if f.ours else None,
            "theirs_minor": f.theirs.minor if f.theirs else None, "theirs_currency": f.theirs.currency if f.theirs else None,
            "first_seen_day": seen_on, "last_seen_day": seen_on, "state": OPEN,
        }
        for f in findings
    ]  # fmt: skip
    with transaction() as session:
        session.execute(_upsert(session), values)


def _upsert(session: Session) -> Any:
    new: Any = postgresql.insert(_items) if is_postgresql(session) else sqlite.insert(_items)
    told: Any = new.excluded
    settled_by_a_person = and_(
        _items.c.state == SETTLED,
        _items.c.settled_by != SYSTEM,
        _items.c.ours_minor.is_not_distinct_from(told.ours_minor),
        _items.c.theirs_minor.is_not_distinct_from(told.theirs_minor),
    )
    facts = (
        "day", "action", "order_id", "payment_id", "refund_id", "bill_id", "line_number", "transaction_id", "out_trade_no",
        "out_refund_no", "ours_minor", "ours_currency", "theirs_minor", "theirs_currency", "state",
    )  # fmt: skip
    earliest = case((told.first_seen_day < _items.c.first_seen_day, told.first_seen_day), else_=_items.c.first_seen_day)
    latest = case((told.last_seen_day > _items.c.last_seen_day, told.last_seen_day), else_=_items.c.last_seen_day)
    return new.on_conflict_do_update(
        index_elements=["kind", "key"],
        set_={
            **{name: told[name] for name in facts}, "first_seen_day": earliest, "last_seen_day": latest,
            "settled_at": None, "settled_by": None, "settled_how": None,
        },
        where=not_(settled_by_a_person),
    )  # fmt: skip


def look_again(seen_on: date | None, now: datetime, only: int | None = None) -> int:
    """Judge every open item (or the one with the key `only`) anew: settle what is explained; answers how many were.

    Those that are still there are carried to the day `seen_on` (None: to no other day than before).
    """
    settled, last = 0, 0
    while True:
        mine = and_(_items.c.state == OPEN, _items.c.id > last, *([_items.c.id == only] if only is not None else []))
        with reading() as session:
            items = session.execute(select(_items).where(mine).order_by(_items.c.id).limit(BATCH)).all()
            if not items:
                return settled
            last = items[-1].id
            findings = _found_again(session, items)
        there = {(finding.kind.value, finding.key): finding for finding in findings}
        for day in {seen_on or item.last_seen_day for item in items}:
            keep([there[at] for item in items if (at := (item.kind, item.key)) in there
                  and (seen_on or item.last_seen_day) == day], day)  # fmt: skip
        keep([f for at, f in there.items() if at not in {(i.kind, i.key) for i in items}], seen_on or items[0].last_seen_day)
        gone = [item for item in items if (item.kind, item.key) not in there]
        settled += settle([(item.id, _explanation(item, findings)) for item in gone], SYSTEM, now)


def _found_again(session: Session, items: Sequence[Any]) -> list[Finding]:
    """What the judges say today of everything these items are about."""
    ids = [item.id for item in items]
    findings: list[Finding] = []
    if any(item.line_number is not None for item in items):
        part = (
            select(_rows)
            .distinct()
            .join(_items, and_(_items.c.bill_id == _rows.c.bill_id, _items.c.line_number == _rows.c.number))
            .where(_items.c.id.in_(ids))
        ).subquery("part")
        findings += [f for row in session.execute(_compared(part)) for f in _judge(row, None)]
        # A fee is judged by the rate its run was given; here it stays what it was.
        findings += [_fee_as_it_was(item) for item in items if item.kind == ItemKind.FEE_DIFFERS.value]
    without_line = [item for item in items if item.line_number is None]
    complete = complete_days(session)
    if payments := [item.payment_id for item in without_line if item.payment_id and not item.refund_id]:
        found = session.execute(_MISSING_PAYMENTS.where(_taken.c.id.in_(payments)))
        findings += [f for row in found for f in _missing_payment(row, complete)]
    if refunds := [item.refund_id for item in without_line if item.refund_id]:
        found = session.execute(_MISSING_REFUNDS.where(_refunds.c.id.in_(refunds)))
        findings += [f for row in found for f in _missing_refund(row, complete)]
    if orders := [item.order_id for item in without_line if item.order_id and not item.payment_id]:
        findings += [f for row in session.execute(_UNPAID_ORDERS.where(_orders.c.id.in_(orders))) for f in _unpaid_order(row)]
    return findings


def _fee_as_it_was(item: Any) -> Finding:
    return Finding(
        kind=ItemKind.FEE_DIFFERS, key=item.key, day=item.day, action=matching.Action(item.action), order_id=item.order_id,
        payment_id=item.payment_id, refund_id=item.refund_id, bill_id=item.bill_id, line_number=item.line_number,
        transaction_id=item.transaction_id, out_trade_no=item.out_trade_no, out_refund_no=item.out_refund_no,
        ours=Amount(item.ours_minor, item.ours_currency), theirs=Amount(item.theirs_minor, item.theirs_currency),
    )  # fmt: skip


def _explanation(item: Any, findings: Iterable[Finding]) -> str:
    for finding in findings:
        same_money = item.payment_id is not None and finding.payment_id == item.payment_id
        if same_money and item.kind == ItemKind.MISSING_THERE and finding.kind is ItemKind.HANDED_OVER_UNPAID:
            return f"handed over by now: see {finding.kind.value} {finding.key}"
    return matching.EXPLAINED[ItemKind(item.kind)]


def settle(items: Sequence[tuple[int, str]], by: str, now: datetime) -> int:
    """Close open items, each with how it was explained; answers how many were still open."""
    count = 0
    if items:
        hows: dict[str, list[int]] = {}
        for item_id, how in items:
            hows.setdefault(how[:200], []).append(item_id)
        with transaction() as session:
            deeds: list[Deed] = []
            for how, ids in hows.items():
                closed = session.execute(
                    update(_items)
                    .where(_items.c.id.in_(ids), _items.c.state == OPEN)
                    .values(state=SETTLED, settled_at=now, settled_by=by[:60], settled_how=how)
                    .returning(_items.c.id)
                )
                gone = [row.id for row in closed]
                count += len(gone)
                deeds += [Deed(by[:60], "money.item_settled", f"item:{item_id}") for item_id in gone]
            if by.startswith("staff:"):
                audit.record_all(session, now, deeds)
    return count
