"""A day's bill against our books and the orders: what agrees is silent, what does not is found once and explained."""
import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest
from bank import Bank, Entry, an_entry, back, book, csv_of, noon
from builders import a_product, an_attempt, an_order
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select

from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.gateways.pay import BillDamaged, BillKind, BillNotReady, PaymentState, PayUnavailable
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.payments import reconcile_queries, reconciling
from shop.payments.bill_models import BillRow
from shop.payments.matching import Action, Amount, ItemKind
from shop.payments.models import Refund, Taken
from shop.payments.reconcile_queries import BillState, ItemView
from shop.payments.reconciling import BeingReconciled, DayNotOver, NoSuchItem, Result
from shop.payments.states import RefundStage

DAY = date(2026, 11, 23)
NEXT = DAY + timedelta(days=1)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 11:00 in Beijing: the bill of the 23rd is there
TOMORROW = NOW + timedelta(days=1)
NOON = noon(DAY)
MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # between DAY and NEXT in Beijing
K = ItemKind


@pytest.fixture
def bank(app: Flask) -> Bank:
    return Bank()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def run(bank: Bank, folder: Path, day: date = DAY, now: datetime = NOW, **more: Any) -> Result:
    return reconciling.reconcile(day, bank, folder, now, currency=Currency.EUR, **more)  # type: ignore[arg-type]


def repair(item: ItemView, bank: Bank, by: str = "staff:1", now: datetime = NOW) -> ItemView:
    return reconciling.repair(item.id, bank, by, now)  # type: ignore[arg-type]


def found() -> list[tuple[ItemKind, str]]:
    return [(item.kind, item.key) for item in reconcile_queries.open_items()]


def the_item() -> ItemView:
    [item] = reconcile_queries.open_items()
    return item


def an_order_paid_there(bank: Bank, at: datetime = NOON) -> tuple[OrderView, Entry]:
    """An order that waits for its payment here, and the payment that WeChat has taken for it."""
    order = an_order({a_product(): 1}, now=at - timedelta(minutes=5))
    paid = an_entry(at, order.total.minor, out_trade_no=an_attempt(order, at - timedelta(minutes=4)))
    bank.lists(paid)
    bank.knows(paid)
    return order, paid


# --- what agrees ------------------------------------------------------------------------------------------------------


def test_a_day_that_agrees_has_no_open_items_and_equal_sums(bank: Bank, folder: Path) -> None:
    paid, also = an_entry(NOON, 50_00, fee=30), an_entry(NOON + timedelta(hours=3), 20_00, fee=12)
    refund = back(also, NOON + timedelta(hours=4), 5_00)
    bank.lists(paid, also, refund)
    book([paid, also, refund])

    result = run(bank, folder)

    [bill] = result.bills
    assert (bill.state, bill.lines, bill.matched_at) == (BillState.FETCHED, 3, NOW)
    assert (result.totals.open, result.totals.waiting, found()) == (0, 0, [])
    assert result.totals.takings_there == result.totals.takings_here == Money(70_00, Currency.EUR)
    assert result.totals.refunds_there == result.totals.refunds_here == Money(5_00, Currency.EUR)
    assert result.totals.fees == Money(42, Currency.EUR)


def test_the_day_of_the_bank_is_said_in_frankfurts_time(bank: Bank, folder: Path) -> None:
    totals = run(bank, folder).totals

    assert f"{totals.since:%d. %H:%M} {totals.until:%d. %H:%M}" == "22. 17:00 23. 17:00"


def test_a_day_without_trades_is_normal(bank: Bank, folder: Path) -> None:
    result = run(bank, folder)

    assert [(bill.state, bill.lines) for bill in result.bills] == [(BillState.NO_TRADES, 0)]
    assert (result.matched, result.totals.open, found()) == (True, 0, [])
    assert result.totals.takings_there == Money(0, Currency.EUR)


def test_the_second_run_changes_nothing(bank: Bank, folder: Path) -> None:
    bank.lists(an_entry(NOON), an_entry(NOON))
    book([an_entry(NOON), an_entry(MIDNIGHT - timedelta(minutes=2))])
    first = run(bank, folder)
    before = builders.everything()

    again = run(bank, folder)

    assert again == first
    assert builders.everything() == before
    assert len(list(folder.iterdir())) == 1


# --- what does not agree ----------------------------------------------------------------------------------------------


def test_a_payment_we_never_heard_of_is_found_with_the_order_it_was_for(bank: Bank, folder: Path) -> None:
    order, paid = an_order_paid_there(bank)

    run(bank, folder)

    item = the_item()
    assert (item.kind, item.key, item.action) == (K.UNKNOWN_HERE, paid.transaction_id, Action.ASK_WECHAT)
    assert (item.order_number, item.ours, item.theirs) == (order.number, None, Amount(order.total.minor, "EUR"))


def test_one_click_asks_wechat_and_the_order_is_paid(bank: Bank, folder: Path) -> None:
    order, _paid = an_order_paid_there(bank)
    run(bank, folder)

    item = repair(the_item(), bank)

    assert order_by_number(order.number).state is OrderState.PAID
    assert (item.state, item.settled_by, item.said) == ("settled", "system", f"SUCCESS {order.total}")
    assert item.settled_how == "the payment is known here by now"
    assert found() == []


def test_money_for_a_number_that_is_not_ours_becomes_a_payment_to_be_refunded(bank: Bank, folder: Path) -> None:
    stranger = an_entry(NOON)
    bank.lists(stranger)
    bank.knows(stranger)
    run(bank, folder)

    repair(the_item(), bank)

    item = the_item()
    assert (item.kind, item.key, item.action) == (K.PAID_NO_ORDER, stranger.transaction_id, Action.REFUND)
    assert item.payment_id is not None


def test_nothing_changes_when_wechat_gives_no_answer(bank: Bank, folder: Path) -> None:
    an_order_paid_there(bank)
    run(bank, folder)
    before = builders.everything()
    bank.refuses = PayUnavailable("timeout")

    with pytest.raises(PayUnavailable):
        repair(the_item(), bank)

    assert builders.everything() == before


def test_a_payment_that_only_the_bill_lacks_is_settled_with_wechats_word(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    book([paid])
    bank.lists(an_entry(NOON + timedelta(hours=1)))
    bank.knows(paid)
    run(bank, folder)
    missing = next(i for i in reconcile_queries.open_items(kinds=[K.MISSING_THERE]))

    settled = repair(missing, bank)
    run(bank, folder)

    assert (missing.key, missing.action) == (paid.transaction_id, Action.ASK_WECHAT)
    assert (settled.state, settled.settled_by) == ("settled", "staff:1")
    assert settled.settled_how == "WeChat confirms it, only the bill lacks it: SUCCESS 50.00 EUR"
    assert K.MISSING_THERE not in dict(found()), "what a person has settled stays settled"


def test_a_payment_that_wechat_does_not_know_either_stays_open(bank: Bank, folder: Path) -> None:
    book([an_entry(NOON)])
    run(bank, folder)

    item = repair(the_item(), bank)

    assert (item.state, item.kind, item.said) == ("open", K.MISSING_THERE, "WeChat knows no such payment")


def test_amounts_and_currencies_that_differ_are_found_with_both_sides(bank: Bank, folder: Path) -> None:
    less, other = an_entry(NOON, 50_00), an_entry(NOON, 60_00)
    book([less, other])
    bank.lists(Entry(NOON, less.transaction_id, less.out_trade_no, 49_99), Entry(NOON, other.transaction_id, "T", 60_00, "CNY"))

    run(bank, folder)

    items = {item.kind: (item.ours, item.theirs) for item in reconcile_queries.open_items()}
    assert items == {
        K.AMOUNT_DIFFERS: (Amount(50_00, "EUR"), Amount(49_99, "EUR")),
        K.CURRENCY_DIFFERS: (Amount(60_00, "EUR"), Amount(60_00, "CNY")),
    }


def test_a_line_that_stands_twice_is_found_once(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    refund = back(paid, NOON)
    book([paid, refund])
    bank.lists(paid, refund, paid, refund)

    run(bank, folder)

    assert sorted(found()) == sorted([(K.DUPLICATE_LINE, paid.transaction_id), (K.DUPLICATE_LINE, refund.out_refund_no)])


def test_a_payment_in_two_days_bills_is_a_repeated_line(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    book([paid])
    bank.lists(paid)
    bank.lists(paid, day=NEXT)
    run(bank, folder)

    run(bank, folder, NEXT, TOMORROW)

    assert (found(), the_item().day) == ([(K.DUPLICATE_LINE, paid.transaction_id)], NEXT)


def test_refunds_are_compared_in_both_directions(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    stranger, differs, missing = (back(paid, NOON, minor) for minor in (1_00, 2_00, 3_00))
    book([paid, differs, missing])
    bank.lists(paid, stranger, replace(differs, minor=2_50))
    run(bank, folder)
    on_the_day = {item.kind: item.action for item in reconcile_queries.open_items()}

    run(bank, folder, NEXT, TOMORROW)

    assert on_the_day[K.REFUND_MISSING_THERE] is Action.WAIT_A_DAY
    assert sorted(found()) == sorted(
        [(K.REFUND_UNKNOWN_HERE, stranger.out_refund_no), (K.REFUND_AMOUNT_DIFFERS, differs.out_refund_no),
         (K.REFUND_MISSING_THERE, missing.out_refund_no)]
    )  # fmt: skip
    assert {i.kind: i.action for i in reconcile_queries.open_items()}[K.REFUND_MISSING_THERE] is Action.ASK_WECHAT


def test_a_refund_that_worked_without_our_knowing_is_repaired_by_a_question(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    refund = back(paid, NOON)
    book([paid])
    book([refund], state="requested")
    bank.lists(paid, refund)
    bank.knows(refund)
    run(bank, folder)
    item = the_item()

    settled = repair(item, bank)

    assert (item.kind, item.action) == (K.REFUND_UNKNOWN_HERE, Action.ASK_WECHAT)
    assert (settled.state, settled.settled_how) == ("settled", "the refund is known here by now")
    with reading() as session:
        assert session.scalars(select(Refund.state)).all() == [RefundStage.SUCCESS.value]


def test_a_refund_made_on_wechats_own_pages_is_booked_when_a_person_asks_for_it(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    stranger = back(paid, NOON, 1_00)
    book([paid])
    bank.lists(paid, stranger)
    bank.knows(stranger)
    run(bank, folder)
    item = the_item()
    assert (item.kind, item.action) == (K.REFUND_UNKNOWN_HERE, Action.LOOK)
    assert reconciling.repair(item.id, bank, "system", NOW).state == "open", "nobody asked for it"  # type: ignore[arg-type]

    settled = repair(item, bank)

    assert (settled.state, settled.settled_how) == ("settled", "the refund is known here by now")
    with reading() as session:
        [refund] = session.scalars(select(Refund)).all()
        [taken] = session.scalars(select(Taken)).all()
    assert (refund.out_refund_no, refund.state, taken.refunded_minor) == (stranger.out_refund_no, RefundStage.SUCCESS.value, 1_00)


def test_a_line_in_a_foreign_currency_is_named_and_the_others_are_compared(bank: Bank, folder: Path) -> None:
    known, foreign = an_entry(NOON), an_entry(NOON)
    book([known])
    bank.lists(known, replace(foreign, currency="USD"))

    run(bank, folder)

    assert found() == [(K.UNKNOWN_HERE, foreign.transaction_id)]
    assert the_item().theirs == Amount(foreign.minor, "USD")


def test_goods_that_are_gone_while_the_payment_is_missing_are_red(bank: Bank, folder: Path) -> None:
    order = builders.a_paid_order(now=NOON)
    builders.set_order(order.number, state="collected", collected_at=NOON)
    with reading() as session:
        taken = session.scalars(select(Taken)).one()
    moved = taken.paid_at - NOON  # the builder's payments are of another moment
    result = run(bank, folder, (NOON + moved).date(), NOW + timedelta(days=2))

    [item] = reconcile_queries.open_items(kinds=[K.HANDED_OVER_UNPAID])
    assert (item.key, item.order_number, item.action) == (taken.transaction_id, order.number, Action.ASK_WECHAT)
    assert result.totals.differences == {K.HANDED_OVER_UNPAID: 1}


def test_goods_that_are_gone_and_refunded_are_red_until_a_person_says_why(bank: Bank, folder: Path) -> None:
    order = an_order({a_product(): 1})
    builders.set_order(order.number, state="collected", collected_at=NOON)
    paid = an_entry(NOON, order.total.minor)
    refund = back(paid, NOON + timedelta(hours=1))
    book([paid, refund], order_id=order.id)
    bank.lists(paid, refund)
    run(bank, folder)
    item = the_item()

    settled = reconciling.settle_by_hand(item.id, "goods were broken, seen by the shift leader", "staff:2", NOW)
    run(bank, folder)

    assert (item.kind, item.key, item.order_number) == (K.HANDED_OVER_UNPAID, order.number, order.number)
    assert (settled.state, settled.settled_by) == ("settled", "staff:2")
    assert found() == []


def test_a_payment_without_an_order_wants_to_be_refunded_and_is_explained_by_the_refund(bank: Bank, folder: Path) -> None:
    late = an_entry(NOON)
    book([late], verdict="too_late")
    bank.lists(late)
    run(bank, folder)
    before = the_item()

    book([back(late, NOON + timedelta(hours=1))], state="processing")
    run(bank, folder)

    assert (before.kind, before.action) == (K.PAID_NO_ORDER, Action.REFUND)
    assert reconcile_queries.settled_items()[0].settled_how == "the money is on its way back, or pays for an order by now"
    assert [kind for kind, _ in found()] == [K.REFUND_MISSING_THERE]


def test_a_fee_is_an_open_item_only_when_a_rate_is_given_and_it_fails(bank: Bank, folder: Path) -> None:
    right, wrong = an_entry(NOON, fee=30), an_entry(NOON, fee=50)
    book([right, wrong])
    bank.lists(right, wrong)

    run(bank, folder)
    without_rate = found()
    run(bank, folder, fee_rate=Decimal("0.006"))

    assert (without_rate, found()) == ([], [(K.FEE_DIFFERS, wrong.transaction_id)])
    assert (the_item().ours, the_item().theirs) == (Amount(30, "EUR"), Amount(50, "EUR"))


# --- the edge of the day, and what later days explain -----------------------------------------------------------------


def test_a_payment_at_midnight_waits_for_tomorrows_bill_and_is_explained_by_it(bank: Bank, folder: Path) -> None:
    paid = an_entry(MIDNIGHT - timedelta(seconds=1))
    book([paid])
    bank.lists(paid, day=NEXT)
    today = run(bank, folder)
    waiting = the_item()

    result = run(bank, folder, NEXT, TOMORROW)

    assert (today.totals.open, today.totals.waiting, waiting.action) == (0, 1, Action.WAIT_A_DAY)
    assert (result.settled, found()) == (1, [])
    explained = reconcile_queries.item(waiting.id)
    assert explained is not None
    assert (explained.settled_by, explained.settled_how) == ("system", "a bill has the payment by now")


def test_a_payment_at_midnight_counts_when_tomorrows_bill_lacks_it_too(bank: Bank, folder: Path) -> None:
    book([an_entry(MIDNIGHT - timedelta(seconds=1))])
    run(bank, folder)

    run(bank, folder, NEXT, TOMORROW)

    item = the_item()
    assert (item.kind, item.action) == (K.MISSING_THERE, Action.ASK_WECHAT)
    assert (item.day, item.first_seen_day, item.last_seen_day) == (DAY, DAY, NEXT), "it is carried to the next day"


def test_running_an_older_day_again_does_not_carry_items_back(bank: Bank, folder: Path) -> None:
    bank.lists(an_entry(NOON))
    run(bank, folder)
    run(bank, folder, NEXT, TOMORROW)

    run(bank, folder, DAY, TOMORROW)

    assert (the_item().first_seen_day, the_item().last_seen_day) == (DAY, NEXT)


def test_a_difference_that_comes_back_opens_its_item_again(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    book([paid])
    run(bank, folder)
    bank.lists(paid)
    run(bank, folder)
    explained = found()
    bank.bills.clear()

    run(bank, folder)

    assert (explained, found()) == ([], [(K.MISSING_THERE, paid.transaction_id)])
    assert the_item().settled_at is None


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_original_file_is_kept_and_never_overwritten(bank: Bank, folder: Path) -> None:
    paid, more = an_entry(NOON), an_entry(NOON)
    book([paid, more])
    bank.lists(paid)
    run(bank, folder)
    [first] = folder.iterdir()
    bank.lists(more)

    run(bank, folder)

    [bill] = reconcile_queries.bills_of(DAY)
    assert {path.name for path in folder.iterdir()} == {first.name, bill.file_name}
    assert gzip.decompress(first.read_bytes()) == b"".join(csv_of([paid]))
    assert (bill.lines, bill.sha1 in str(bill.file_name), found()) == (2, True, [])


def test_a_file_downloaded_by_hand_is_read_like_a_fetched_one(bank: Bank, folder: Path, tmp_path: Path) -> None:
    paid, unknown = an_entry(NOON), an_entry(NOON)
    book([paid])
    content = b"".join(csv_of([paid, unknown]))
    plain, packed = tmp_path / "bill.csv", tmp_path / "bill.csv.gz"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))

    for source in (plain, packed):
        reconciling.reconcile_file(DAY, source, bank, folder, NOW, currency=Currency.EUR)  # type: ignore[arg-type]

    assert (found(), bank.asked, len(list(folder.iterdir()))) == ([(K.UNKNOWN_HERE, unknown.transaction_id)], [], 1)


@pytest.mark.parametrize(
    ("refusal", "state"), [(BillNotReady(), BillState.NOT_READY), (PayUnavailable("timeout"), BillState.FAILED),
                           (BillDamaged("sha1"), BillState.FAILED)],
)  # fmt: skip
def test_without_a_bill_nothing_is_compared_and_it_is_asked_for_again(
    bank: Bank, folder: Path, refusal: Exception, state: BillState
) -> None:
    book([an_entry(NOON)])
    bank.refuses = refusal

    result = run(bank, folder)

    [bill] = result.bills
    assert (bill.state, bill.next_try_at, result.matched) == (state, NOW + timedelta(minutes=30), False)
    assert (found(), result.totals.takings_there) == ([], None)


def test_a_bill_that_is_here_already_is_compared_when_wechat_is_away(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    bank.lists(paid)
    run(bank, folder)
    book([paid])
    bank.refuses = PayUnavailable("timeout")

    result = run(bank, folder)

    assert (result.matched, result.bills[0].state, found()) == (True, BillState.FETCHED, [])


def test_a_file_that_cannot_be_read_leaves_no_lines_and_is_said(bank: Bank, folder: Path, tmp_path: Path) -> None:
    book([an_entry(NOON)])
    lines = list(csv_of([an_entry(NOON) for _ in range(3)]))
    source = tmp_path / "bill.csv"
    source.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b"`3,", b"`4,")]))

    result = reconciling.reconcile_file(DAY, source, bank, folder, NOW, currency=Currency.EUR)  # type: ignore[arg-type]

    with reading() as session:
        assert session.scalars(select(BillRow.number)).all() == []
    assert (result.bills[0].state, result.matched, found()) == (BillState.FAILED, False, [])
    assert "bill_unreadable" in str(result.bills[0].said)


def test_a_day_that_is_not_over_has_no_bill(bank: Bank, folder: Path) -> None:
    with pytest.raises(DayNotOver):
        run(bank, folder, NEXT)

    assert (bank.asked, reconcile_queries.bills()) == ([], [])


def test_two_runs_do_not_work_on_one_bill(bank: Bank, folder: Path) -> None:
    bank.lists(an_entry(NOON))
    fetch = bank.fetch_bill

    def meanwhile(*arguments: Any) -> Any:
        bank.fetch_bill = fetch  # type: ignore[method-assign]
        with pytest.raises(BeingReconciled):
            run(bank, folder)
        return fetch(*arguments)

    bank.fetch_bill = meanwhile  # type: ignore[method-assign]

    run(bank, folder)

    assert len(found()) == 1


def test_a_bill_that_names_only_our_numbers_is_matched_by_them(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    refund = back(paid, NOON)
    book([paid, refund])
    bank.lists(Entry(NOON, "", paid.out_trade_no, 50_00), Entry(NOON, "", paid.out_trade_no, 50_00, refund_id=refund.refund_id))

    run(bank, folder)

    assert found() == []


def test_an_order_shows_its_lines_of_the_bill(bank: Bank, folder: Path) -> None:
    order = an_order({a_product(): 1})
    paid = an_entry(NOON, order.total.minor)
    refund = back(paid, NOON + timedelta(hours=1), 10_00)
    book([paid, refund], order_id=order.id)
    bank.lists(paid, an_entry(NOON), refund)
    run(bank, folder)

    lines = reconcile_queries.bill_lines_of(order.id)

    assert [(line.day, line.kind, line.amount.minor) for line in lines] == [(DAY, "payment", order.total.minor), (DAY, "refund", 10_00)]
    assert [line.number for line in lines] == [2, 4]


# --- mainland ---------------------------------------------------------------------------------------------------------


def test_the_fund_flow_of_the_mainland_is_fetched_kept_and_summed(bank: Bank, folder: Path) -> None:
    bank.kinds = (BillKind.TRADES, BillKind.FUND_FLOW)

    result = run(bank, folder)

    assert [(bill.kind, bill.state) for bill in result.bills] == [("fund_flow", BillState.NO_TRADES), ("trades", BillState.NO_TRADES)]
    assert result.matched


# --- every day --------------------------------------------------------------------------------------------------------


def daily(bank: Bank, folder: Path, now: datetime) -> list[date]:
    return [result.day for result in reconciling.daily(bank, folder, now, currency=Currency.EUR)]  # type: ignore[arg-type]


def test_yesterday_is_due_after_ten_in_beijing_and_only_once(bank: Bank, folder: Path) -> None:
    an_attempt(an_order({a_product(): 1}, now=NOON), NOON)
    ten = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    runs = [daily(bank, folder, ten + timedelta(minutes=minutes)) for minutes in (-1, 0, 1, 60)]

    assert runs == [[], [DAY], [], []]


def test_nothing_is_due_before_the_first_attempt_at_a_payment(bank: Bank, folder: Path) -> None:
    assert (daily(bank, folder, NOW), bank.asked) == ([], [])


def test_days_that_were_missed_are_made_up_for_oldest_first(bank: Bank, folder: Path) -> None:
    an_attempt(an_order({a_product(): 1}, now=NOON - timedelta(days=4)), NOON - timedelta(days=4))

    first, second, third = (daily(bank, folder, NOW) for _ in range(3))

    assert [*first, *second, *third] == [DAY - timedelta(days=n) for n in (4, 3, 2, 1, 0)]
    assert len(first) == reconciling.MOST_DAYS_AT_ONCE


def test_a_bill_that_is_not_ready_is_asked_for_every_half_hour(bank: Bank, folder: Path) -> None:
    an_attempt(an_order({a_product(): 1}, now=NOON), NOON)
    bank.refuses = BillNotReady()

    runs = [daily(bank, folder, NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 29, 30)]

    assert (runs, len(bank.asked)) == ([[DAY], [], [], [DAY]], 2)


def test_the_daily_run_asks_wechat_by_itself_once(bank: Bank, folder: Path) -> None:
    order, paid = an_order_paid_there(bank)
    lost = an_entry(NOON)
    book([lost])

    daily(bank, folder, NOW)
    questions = [what for what in bank.asked if not what.startswith("statement")]
    daily(bank, folder, NOW + timedelta(minutes=1))

    assert order_by_number(order.number).state is OrderState.PAID
    assert sorted(questions) == sorted([paid.out_trade_no, lost.out_trade_no])
    assert found() == [(K.MISSING_THERE, lost.transaction_id)]
    assert len(bank.asked) == 3


def test_an_unpaid_payment_is_told_as_wechat_tells_it(bank: Bank, folder: Path) -> None:
    paid = an_entry(NOON)
    book([paid])
    bank.knows(paid, state=PaymentState.NOTPAY, state_said="NOTPAY")
    run(bank, folder)

    item = repair(the_item(), bank)

    assert (item.state, item.said) == ("open", "NOTPAY 50.00 EUR")


def test_an_item_that_is_not_there_cannot_be_repaired(bank: Bank) -> None:
    with pytest.raises(NoSuchItem):
        reconciling.repair(4711, bank, "staff:1", NOW)  # type: ignore[arg-type]


# --- cost -------------------------------------------------------------------------------------------------------------


def test_a_thousand_lines_cost_no_more_statements_than_ten(
    bank: Bank, folder: Path, statements: list[str]
) -> None:
    costs = []
    for day, count in ((DAY, 10), (NEXT, 990)):
        paid = [an_entry(noon(day)) for _ in range(count)]
        book(paid)
        bank.lists(*paid)
        statements.clear()
        run(bank, folder, day, TOMORROW)
        costs.append(len(statements))

    assert costs[0] == costs[1] <= 40, statements
