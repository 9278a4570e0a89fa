"""Reconciliation: fetch WeChat's bill of a day, keep it, compare it with our books and the orders, say what disagrees.

Everything here may run twice, be killed and run again: a bill is one row for its day and kind, a difference one row for
what it is about. WeChat is asked outside any transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import func, or_, select, update

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency
from shop.gateways.pay import BillKind, BillNotReady, PaymentState, RefundState, WeChatPay
from shop.payments import bill_files, comparing, hearing, reconcile_queries, refund_by_hand, refund_sending
from shop.payments.bill_models import Bill, OpenItem
from shop.payments.comparing import MATCHED_KINDS, OPEN
from shop.payments.matching import A_DAY, BEIJING, Action, Amount, ItemKind, beijing_day
from shop.payments.models import Attempt
from shop.payments.reconcile_queries import BillState, BillView, ItemView, Totals

LOG = structlog.get_logger("shop.reconciling")
READY_AT = time(10)  # WeChat Pay, bills: yesterday's is there from 10:00 in Beijing
AGAIN = timedelta(minutes=30)  # WeChat Pay, bills: STATEMENT_CREATING
LOOK_BACK = 14  # days
MOST_DAYS_AT_ONCE = 3
MOST_QUESTIONS_AT_ONCE = 20
CLAIMED_FOR = timedelta(minutes=10)


class NoSuchItem(ShopError):
    """There is no such open item."""

    kind, code = Kind.NOT_FOUND, "no_such_item"


class DayNotOver(ShopError):
    """The day is not over in Beijing: there is no bill of it yet."""

    kind, code = Kind.INVALID, "day_not_over"


class BeingReconciled(ShopError):
    """Somebody else is working on this bill right now."""

    kind, code = Kind.CONFLICT, "being_reconciled"


class Result(Struct, frozen=True):
    """What a run found. `settled` counts open items, of any day, that it explained."""

    day: date
    bills: tuple[BillView, ...]
    totals: Totals
    settled: int

    @property
    def matched(self) -> bool:
        """Whether there was a bill (or word that there is none) to compare with."""
        return any(bill.kind in MATCHED_KINDS and bill.matched_at is not None for bill in self.bills)


def reconcile(
    day: date, pay: WeChatPay, folder: Path, now: datetime, *, currency: Currency, fee_rate: Decimal | None = None
) -> Result:
    """Fetch what WeChat says of a day in Beijing and compare. The second time changes nothing, unless the bill did.

    When WeChat cannot be asked and the bill is here already, that one is compared; else the answer says why there is
    none, and `daily` asks again. Raises DayNotOver, BeingReconciled.
    """
    if day >= beijing_day(now):
        raise DayNotOver(day=day.isoformat())
    return _reconcile(
        day, pay.bill_kinds(), lambda kind: bill_files.fetch(pay, kind, day, folder), pay, folder, now, currency, fee_rate
    )


def reconcile_file(
    day: date, source: Path, pay: WeChatPay, folder: Path, now: datetime, *, currency: Currency,
    fee_rate: Decimal | None = None,
) -> Result:  # fmt: skip
    """As `reconcile`, with the day's list of payments and refunds from a file that somebody downloaded (plain or gzip)."""
    kinds = [kind for kind in pay.bill_kinds() if kind.value in MATCHED_KINDS]
    return _reconcile(
        day, kinds, lambda kind: bill_files.take_in(source, kind, day, folder), pay, folder, now, currency, fee_rate
    )


def _reconcile(
    day: date, kinds: Sequence[BillKind], get: Callable[[BillKind], bill_files.KeptFile | None], pay: WeChatPay,
    folder: Path, now: datetime, currency: Currency, fee_rate: Decimal | None,
) -> Result:  # fmt: skip
    settled = 0
    for kind in kinds:
        with _claimed(day, kind, now) as bill_id:
            _get(bill_id, lambda kind=kind: get(kind), now)  # type: ignore[misc]
            here = _stage_if_new(bill_id, kind, pay, folder, currency, now)
            if here and kind.value in MATCHED_KINDS:
                settled += _match(bill_id, day, now, fee_rate)
            if here:
                _write(bill_id, matched_at=now)
    bills = tuple(bill for bill in reconcile_queries.bills_of(day) if bill.kind in {kind.value for kind in kinds})
    result = Result(day, bills, reconcile_queries.totals(day, currency), settled)
    LOG.info("reconciled", day=day.isoformat(), matched=result.matched, open=result.totals.open, settled=settled)
    return result


@contextmanager
def _claimed(day: date, kind: BillKind, now: datetime) -> Iterator[int]:
    """The row of this bill, for us alone until the end (or for ten minutes, should we be killed). Raises BeingReconciled."""
    with transaction() as session:
        bill = session.scalar(select(Bill).where(Bill.day == day, Bill.kind == kind.value).with_for_update())
        if bill is None:
            bill = Bill(day=day, kind=kind.value, state=BillState.NOT_READY.value)
            session.add(bill)
        elif bill.claimed_until is not None and bill.claimed_until > now:
            raise BeingReconciled(day=day.isoformat())
        bill.claimed_until = now + CLAIMED_FOR
        session.flush()
        bill_id = bill.id
    try:
        yield bill_id
    finally:
        _write(bill_id, claimed_until=None)


def _write(bill_id: int, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(Bill).where(Bill.id == bill_id).values(**values))


def _get(bill_id: int, get: Callable[[], bill_files.KeptFile | None], now: datetime) -> None:
    """Have the file, and note its name, or why there is none. What was here before stays until something better comes."""
    with reading() as session:
        before = session.execute(select(Bill.state, Bill.sha1, Bill.lines).where(Bill.id == bill_id)).one()
    try:
        kept = get()
    except ShopError as why:
        LOG.warning("no bill", bill=bill_id, reason=why.code)
        failed: dict[str, Any] = {"asked_at": now, "next_try_at": now + AGAIN, "said": f"{why.code}: {why}"[:200]}
        if before.state not in comparing.COMPLETE:
            failed["state"] = (BillState.NOT_READY if isinstance(why, BillNotReady) else BillState.FAILED).value
        _write(bill_id, **failed)
        return
    fetched: dict[str, Any] = {"asked_at": now, "next_try_at": None, "said": None}
    if kept is None:
        if before.lines:  # WeChat had listed something, and says by now that there was nothing
            bill_files.forget_lines(bill_id)
        zero = {"lines": 0, "paid_sum_minor": 0, "refund_sum_minor": 0, "fee_sum_minor": 0}
        fetched |= {"state": BillState.NO_TRADES.value, "sha1": None, "size": None, "file_name": None, **zero}
    elif kept.sha1 != before.sha1 or before.state != BillState.FETCHED.value:
        fetched |= {
            "state": BillState.FETCHED.value, "sha1": kept.sha1, "size": kept.size, "file_name": kept.name,
            "fetched_at": now, "lines": None,
        }  # fmt: skip
    _write(bill_id, **fetched)


def _stage_if_new(
    bill_id: int, kind: BillKind, pay: WeChatPay, folder: Path, currency: Currency, now: datetime
) -> bool:
    """Whether the bill is there to be compared with, all its lines in the table."""
    with reading() as session:
        bill = session.execute(select(Bill.state, Bill.lines, Bill.file_name).where(Bill.id == bill_id)).one()
    if bill.state != BillState.FETCHED.value or bill.lines is not None:
        return bill.state in comparing.COMPLETE
    try:
        bill_files.stage(bill_id, folder / str(bill.file_name), kind, currency, pay)
    except (ShopError, OSError, EOFError) as unreadable:
        LOG.exception("bill cannot be read", bill=bill_id)
        said = f"{getattr(unreadable, 'code', 'unreadable')}: {unreadable}"[:200]
        _write(bill_id, state=BillState.FAILED.value, said=said, next_try_at=now + AGAIN)
        return False
    return True


def _match(bill_id: int, day: date, now: datetime, fee_rate: Decimal | None) -> int:
    for findings in comparing.compare_lines(bill_id, fee_rate):
        comparing.keep(findings, day)
    for findings in comparing.compare_ours(day):
        comparing.keep(findings, day)
    for findings in comparing.compare_orders(day):
        comparing.keep(findings, day)
    return comparing.look_again(day, now)


# --- every day --------------------------------------------------------------------------------------------------------


def due_days(kinds: Sequence[BillKind], now: datetime) -> list[date]:
    """The days of the last two weeks whose bills should be here by now and are not, oldest first. One or two questions.

    None before the first attempt at a payment: WeChat Pay asks not to be called for days without trades.
    """
    latest = beijing_day(now - timedelta(hours=READY_AT.hour)) - A_DAY
    with reading() as session:
        days = [latest - timedelta(days=n) for n in reversed(range(LOOK_BACK))]
        rows = session.execute(
            select(Bill.day, Bill.kind, Bill.matched_at, Bill.next_try_at, Bill.claimed_until).where(Bill.day >= days[0])
        ).all()
        done = {
            (row.day, row.kind)
            for row in rows
            if (row.matched_at is not None and row.next_try_at is None)
            or (row.next_try_at is not None and row.next_try_at > now)
            or (row.claimed_until is not None and row.claimed_until > now)
        }
        waiting = [day for day in days if any((day, kind.value) not in done for kind in kinds)]
        if not waiting:
            return []
        first = session.scalar(select(func.min(Attempt.id)))
        began = session.scalar(select(Attempt.created_at).where(Attempt.id == first)) if first is not None else None
    return [day for day in waiting if began is not None and day >= beijing_day(began)]


def daily(
    pay: WeChatPay, folder: Path, now: datetime, *, currency: Currency, fee_rate: Decimal | None = None
) -> list[Result]:
    """Reconcile what is due, and ask WeChat about what a question may explain. Cheap when nothing is: call it every minute."""
    results = []
    for day in due_days(pay.bill_kinds(), now)[:MOST_DAYS_AT_ONCE]:
        try:
            results.append(reconcile(day, pay, folder, now, currency=currency, fee_rate=fee_rate))
        except BeingReconciled:
            LOG.info("somebody else reconciles", day=day.isoformat())
    if any(result.matched for result in results):
        for item_id in _never_asked():
            try:
                repair(item_id, pay, comparing.SYSTEM, now)
            except ShopError as no_answer:
                LOG.warning("open item without answer", item=item_id, reason=no_answer.code)
    return results


def _never_asked() -> list[int]:
    with reading() as session:
        return list(
            session.scalars(
                select(OpenItem.id)
                .where(
                    OpenItem.state == OPEN,
                    OpenItem.action == Action.ASK_WECHAT.value,
                    OpenItem.asked_at.is_(None),
                    or_(OpenItem.out_trade_no.is_not(None), OpenItem.out_refund_no.is_not(None)),
                )
                .order_by(OpenItem.id)
                .limit(MOST_QUESTIONS_AT_ONCE)
            )
        )


# --- repairs ----------------------------------------------------------------------------------------------------------


def repair(item_id: int, pay: WeChatPay, by: str, now: datetime) -> ItemView:
    """Ask WeChat about an open item, let our books follow its answer, and judge the item again; `by` is who wanted it.

    Money that WeChat confirms and only the bill lacks is settled with its words. Raises NoSuchItem, and what the gateway
    raises when there is no answer: nothing is changed then.
    """
    item = _item(item_id)
    if item.state != OPEN:
        return item
    about_refund = item.out_refund_no is not None
    said, agrees = _ask_refund(item, pay, by, now) if about_refund else _ask_payment(item, pay, now)
    with transaction() as session:
        session.execute(update(OpenItem).where(OpenItem.id == item_id).values(asked_at=now, said=said[:200]))
        if by.startswith("staff:"):
            audit.record(session, by, "money.item_asked_about", f"item:{item_id}", now)
    comparing.look_again(None, now, only=item_id)
    confirmed = agrees and item.kind in (ItemKind.MISSING_THERE, ItemKind.REFUND_MISSING_THERE, ItemKind.HANDED_OVER_UNPAID)
    if confirmed and item.payment_id is not None and item.action is Action.ASK_WECHAT:
        who = "wechat" if by == comparing.SYSTEM else by
        comparing.settle([(item_id, f"WeChat confirms it, only the bill lacks it: {said}")], who, now)
    return _item(item_id)


def _ask_payment(item: ItemView, pay: WeChatPay, now: datetime) -> tuple[str, bool]:
    """What WeChat says of the payment, and whether it is what our books say. They follow: it is heard like a notice."""
    if item.out_trade_no is None:
        return "there is no number to ask about", False
    payment = pay.find(OutTradeNo(item.out_trade_no))
    if payment is None:
        return "WeChat knows no such payment", False
    said = f"{payment.state_said} {_in_words(payment.amount_said)}"
    if payment.state not in (PaymentState.SUCCESS, PaymentState.REFUND):
        return said, False
    number = payment.transaction_id or payment.out_trade_no
    hearing.hear(payment, f"query:{number}", hearing.QUERY, now)
    theirs = Amount(payment.amount_said.minor, payment.amount_said.currency) if payment.amount_said else None
    return said, theirs == item.ours and item.transaction_id in (None, payment.transaction_id)


def _ask_refund(item: ItemView, pay: WeChatPay, by: str, now: datetime) -> tuple[str, bool]:
    """As `_ask_payment`. One that was made on WeChat's own pages is written down when a person wants to know of it."""
    refund = pay.find_refund(OutRefundNo(str(item.out_refund_no)))
    if refund is None:
        return "WeChat knows no such refund", False
    if not refund_sending.apply(refund, now) and item.payment_id is not None and by != comparing.SYSTEM:
        refund_by_hand.book(item.payment_id, refund, by, now)
    said = f"{refund.state_said} {refund.refunded or ''}".strip()
    theirs = Amount(refund.refunded.minor, refund.refunded.currency.value) if refund.refunded else None
    under_way = refund.state in (RefundState.SUCCESS, RefundState.PROCESSING, RefundState.ABNORMAL)
    return said, under_way and theirs == item.ours


def _in_words(amount: Any) -> str:
    return f"{amount.minor // 100}.{amount.minor % 100:02} {amount.currency}" if amount else "without an amount"


def settle_by_hand(item_id: int, how: str, by: str, now: datetime) -> ItemView:
    """A person has explained an item: it stays settled while its amounts stay what they are. Raises NoSuchItem."""
    _item(item_id)
    comparing.settle([(item_id, how.strip()[:200] or "settled")], by, now)
    return _item(item_id)


def _item(item_id: int) -> ItemView:
    found = reconcile_queries.item(item_id)
    if found is None:
        raise NoSuchItem
    return found


def last_days(count: int, now: datetime) -> list[date]:
    """The last days whose bills should be there by now, oldest first."""
    latest = now.astimezone(BEIJING) - timedelta(hours=READY_AT.hour)
    return [latest.date() - timedelta(days=n) for n in range(count, 0, -1)]
