"""The money page: takings, alarms, what does not agree, and the buttons that deal with it."""
import html
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from shop.base import clock
from shop.base.db import reading, transaction
from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.metrics import NOTICES_REFUSED, counted
from shop.base.money import Currency, Money
from shop.gateways.pay import Payment, PayUnavailable, Refund, RefundState
from shop.payments import commands as payments
from shop.payments import refund_queries, refunding
from shop.payments.bill_models import Bill, BillRow, OpenItem
from shop.payments.matching import ItemKind
from shop.payments.models import Attempt, Taken
from shop.payments.refund_rules import Amount
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage
from shop.people.rights import Grant, Role
from shop.settings import Dialect

MONEY = "/manage/money/"
NOW, DAY = builders.NOW, date(2026, 11, 23)


@dataclass
class Bank:
    """WeChat Pay as far as this page needs it."""

    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    silent: bool = False
    last_skew: float | None = None
    ending: list[tuple[str, datetime]] = field(default_factory=list)
    to_card: list[str] = field(default_factory=list)

    def find(self, no: OutTradeNo) -> Payment | None:
        self._answers()
        return self.payments.get(no)

    def find_refund(self, no: OutRefundNo) -> Refund | None:
        self._answers()
        return self.refunds.get(no)

    def refund_to_merchant_card(self, refund_id: str, out_refund_no: OutRefundNo) -> Refund:
        self._answers()
        self.to_card.append(refund_id)
        return self.refunds[out_refund_no]

    def keys_ending(self, now: datetime) -> list[tuple[str, datetime]]:
        return self.ending

    def _answers(self) -> None:
        if self.silent:
            raise PayUnavailable("timeout")


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def bank(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = Bank()
    wiring = app.extensions["shop"]
    pay = replace(wiring.settings.pay, dialect=Dialect.MAINLAND)
    monkeypatch.setitem(app.extensions, "shop", replace(wiring, get_pay=lambda: made, settings=replace(wiring.settings, pay=pay)))
    return made


def told(number: str, state: RefundState = RefundState.PROCESSING, minor: int = 5_00) -> Refund:
    return Refund(
        out_refund_no=OutRefundNo(number), refund_id="5030", out_trade_no=None, transaction_id=None, state=state, state_said=state.value,
        refunded=Money(minor, Currency.EUR), total=None, payer_refund=None, exchange_rate=None, success_time=NOW, received_account=None,
    )  # fmt: skip


def text_of(page: str, section: str) -> str:
    found = re.search(rf'<section [^>]*id="{section}">(.*?)</section>', page, re.DOTALL)
    assert found, section
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def alarms(page: str) -> set[str]:
    return set(re.findall(r'data-alarm="(\w+)"', page)) - {"signatures", "notices_refused"}  # counted as long as the process lives


def a_refund(stage: RefundStage = RefundStage.REQUESTED, **values: Any) -> refund_queries.RefundView:
    order = builders.a_paid_order({builders.a_product(price=20_00): 2})
    key = refunding.ask_refund(order.number, Amount(5_00), Why(Cause.GOODWILL, "staff:1", "<b>note</b>"), NOW)
    set_refund(key, state=stage.value, **values)
    found = refund_queries.refund_by_id(key)
    assert found
    return found


def set_refund(key: int, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(refunding.Refund).where(refunding.Refund.id == key).values(**values))


def an_item(kind: ItemKind = ItemKind.MISSING_THERE, action: str = "ask_wechat", **values: Any) -> int:
    with transaction() as session:
        return session.execute(
            insert(OpenItem)
            .values(
                kind=kind.value, key=values.pop("key", "4200<b>1</b>"), day=DAY, action=action, ours_minor=50_00, ours_currency="EUR",
                first_seen_day=DAY, last_seen_day=DAY, state="open", **values,
            )
            .returning(OpenItem.id)
        ).scalar_one()  # fmt: skip


def item(key: int) -> OpenItem:
    with reading() as session:
        return session.scalars(select(OpenItem).where(OpenItem.id == key)).one()


def an_odd_payment() -> int:
    order = builders.an_order()
    payments.accept(builders.a_notice(builders.a_payment(builders.an_attempt(order), order.total * 2)), NOW)
    with reading() as session:
        return session.scalars(select(Taken.id).order_by(Taken.id.desc())).first() or 0


def test_a_quiet_shop_has_a_page_too(office: FlaskClient) -> None:
    page = office.get(MONEY)

    assert page.status_code == 200
    assert alarms(page.text) == set()
    for section, words in (
        ("takings", "Today 0 0.00 EUR 0 0.00 EUR 0.00 EUR Yesterday 0"), ("items", "agree"), ("refunds", "No refund waits"),
        ("odd", "Nothing waits"), ("doubts", "Every attempt to pay has an answer"), ("days", "No bill has been fetched"),
    ):  # fmt: skip
        assert words in text_of(page.text, section)
    assert f'href="{MONEY}"' in office.get("/manage/").text


def test_takings_are_of_the_day_in_frankfurt_by_currency(office: FlaskClient) -> None:
    for _ in range(2):
        builders.a_paid_order({builders.a_product(price=10_00): 1})
    a_refund(RefundStage.SUCCESS, done_at=NOW)
    a_refund(RefundStage.PROCESSING)
    with transaction() as session:  # 23:30 in Frankfurt, the day before
        first = session.scalars(select(Taken).order_by(Taken.id)).first()
        assert first
        first.paid_at = datetime.combine(NOW.date() - timedelta(days=1), NOW.time(), NOW.tzinfo).replace(hour=22, minute=30)

    said = text_of(office.get(MONEY).text, "takings")

    assert "Today 3 90.00 EUR 1 5.00 EUR 85.00 EUR" in said
    assert "Yesterday 1 10.00 EUR 0 0.00 EUR 10.00 EUR" in said


def test_refunds_are_listed_by_what_they_wait_for_and_nothing_is_taken_for_markup(office: FlaskClient, bank: Bank) -> None:
    waiting = a_refund(RefundStage.WAITING_FUNDS, next_try_at=NOW + timedelta(minutes=10))
    abnormal = a_refund(RefundStage.ABNORMAL, refund_id="5030", last_said="<script>")
    closed = a_refund(RefundStage.CLOSED, done_at=NOW)
    fine = a_refund(RefundStage.PROCESSING)

    page = office.get(MONEY).text
    said = text_of(page, "refunds")

    for refund in (waiting, abnormal, closed):
        assert refund.out_refund_no in said
    assert fine.out_refund_no not in said
    assert "<b>note</b>" not in page
    assert "<script>" not in page
    assert f"/refunds/{abnormal.id}/card" in page
    assert f"/refunds/{waiting.id}/card" not in page
    assert f"/manage/orders/{closed.order_number}/refund" in page
    assert alarms(page) == {"refunds_for_a_person"}


def test_trying_now_makes_a_refund_due(office: FlaskClient, bank: Bank) -> None:
    refund = a_refund(RefundStage.WAITING_FUNDS, next_try_at=NOW + timedelta(hours=1))

    answer = office.post(f"{MONEY}refunds/{refund.id}/try")

    assert answer.status_code == 303
    assert "tried within seconds" in office.get(answer.location).text
    assert refund_queries.due([RefundStage.WAITING_FUNDS], NOW) == [refund.id]


def test_what_is_over_is_not_tried_again(office: FlaskClient) -> None:
    refund = a_refund(RefundStage.SUCCESS, done_at=NOW)

    for verb, typed in (("try", {}), ("card", {}), ("settle", {"note": "in cash"})):
        answer = office.post(f"{MONEY}refunds/{refund.id}/{verb}", data=typed)

        assert answer.status_code == 409, verb
        assert 'data-code="refund_moved_on"' in answer.text


def test_an_undeliverable_refund_is_sent_to_the_shops_account(office: FlaskClient, bank: Bank) -> None:
    refund = a_refund(RefundStage.ABNORMAL, refund_id="5030")
    bank.refunds[refund.out_refund_no] = told(refund.out_refund_no)

    answer = office.post(f"{MONEY}refunds/{refund.id}/card")

    assert answer.status_code == 303
    assert bank.to_card == ["5030"]
    now = refund_queries.refund_by_id(refund.id)
    assert now
    assert now.state is RefundStage.PROCESSING


def test_without_an_answer_an_undeliverable_refund_stays_where_it_is(office: FlaskClient, bank: Bank) -> None:
    refund, bank.silent = a_refund(RefundStage.ABNORMAL, refund_id="5030"), True

    answer = office.post(f"{MONEY}refunds/{refund.id}/card")

    assert answer.status_code == 502
    assert "WeChat Pay does not answer" in answer.text


def test_a_refund_settled_by_hand_needs_a_note_and_leaves_the_list(office: FlaskClient) -> None:
    refund = a_refund(RefundStage.ABNORMAL, refund_id="5030")
    where = f"{MONEY}refunds/{refund.id}/settle"

    too_long = office.post(where, data={"note": "x" * 201})
    empty = office.post(where, data={"note": "  "})

    assert (too_long.status_code, empty.status_code) == (400, 400)
    assert "x" * 201 in too_long.text, "nothing typed is lost"
    assert office.post(where, data={"note": "bank transfer on Monday"}).status_code == 303
    now = refund_queries.refund_by_id(refund.id)
    assert now
    assert now.handled_note == "bank transfer on Monday"
    assert refund.out_refund_no not in office.get(MONEY).text
    assert "bank transfer on Monday" in office.get(f"/manage/orders/{refund.order_number}").text


def test_money_that_no_rule_can_settle_is_sent_back_once(office: FlaskClient) -> None:
    key = an_odd_payment()
    page = office.get(MONEY).text
    assert "wrong amount" in text_of(page, "odd")
    assert alarms(page) == {"odd_payments"}

    first, again = (office.post(f"{MONEY}payments/{key}/refund") for _ in range(2))

    assert (first.status_code, again.status_code) == (303, 409)
    (refund,) = refund_queries.under_way()
    assert (refund.amount_minor, refund.cause) == (100_00, Cause.WRONG_AMOUNT)
    assert "Nothing waits" in text_of(office.get(MONEY).text, "odd")


def test_money_of_an_order_goes_back_only_through_its_own_form(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    (taken,) = refund_queries.payments_of(order.id)

    answer = office.post(f"{MONEY}payments/{taken.id}/refund")

    assert answer.location == f"/manage/orders/{order.number}/refund"
    assert refund_queries.refunds_of(order.id) == []


def test_an_open_item_is_asked_about_and_its_answer_shown(office: FlaskClient, bank: Bank) -> None:
    order = builders.an_order()
    number = builders.an_attempt(order)
    bank.payments[number] = builders.a_payment(number, order.total, transaction_id="4200001")
    with transaction() as session:
        made = session.execute(insert(Bill).values(day=DAY, kind="trades", state="fetched", lines=1).returning(Bill.id))
        bill = made.scalar_one()
        session.execute(
            insert(BillRow).values(
                bill_id=bill, number=2, kind="payment", at=NOW, transaction_id="4200001", out_trade_no=number,
                amount_minor=order.total.minor, amount_currency="EUR",
            )
        )  # fmt: skip
    key = an_item(
        ItemKind.UNKNOWN_HERE, key="4200001", transaction_id="4200001", out_trade_no=number, theirs_minor=50_00, theirs_currency="EUR",
        bill_id=bill, line_number=2, order_id=order.id,
    )  # fmt: skip
    page = office.get(MONEY).text
    assert "WeChat took money that we do not know" in text_of(page, "items")
    assert alarms(page) == {"differences"}

    answer = office.post(f"{MONEY}items/{key}/ask")

    assert answer.status_code == 303
    assert item(key).state == "settled"
    assert "the difference is explained" in office.get(answer.location).text
    shown = office.get(f"/manage/orders/{order.number}").text
    assert "On WeChat’s bill of" in shown
    assert "state--paid" in shown


def test_an_open_item_without_an_answer_stays_open(office: FlaskClient, bank: Bank) -> None:
    key, bank.silent = an_item(out_trade_no="T2345"), True

    answer = office.post(f"{MONEY}items/{key}/ask")

    assert answer.status_code == 502
    assert item(key).state == "open"


def test_an_open_item_is_settled_by_hand_with_a_note(office: FlaskClient) -> None:
    key = an_item(ItemKind.HANDED_OVER_UNPAID, "look")
    assert "handed over and not paid" in text_of(office.get(MONEY).text, "items")

    assert office.post(f"{MONEY}items/{key}/settle", data={"note": ""}).status_code == 400
    assert office.post(f"{MONEY}items/{key}/settle", data={"note": "paid in cash"}).status_code == 303

    assert (item(key).state, item(key).settled_how) == ("settled", "paid in cash")
    assert str(item(key).settled_by).startswith("staff:")


@pytest.mark.parametrize("kind", list(ItemKind))
@pytest.mark.parametrize("action", ["ask_wechat", "refund", "wait_a_day", "look"])
def test_every_kind_of_difference_can_be_shown(office: FlaskClient, kind: ItemKind, action: str) -> None:
    an_item(kind, action, out_trade_no="T1")

    page = office.get(MONEY)

    assert page.status_code == 200
    assert "<b>1</b>" not in page.text


def test_an_attempt_without_an_answer_is_in_doubt_until_wechat_is_asked(office: FlaskClient, bank: Bank) -> None:
    fresh, old = builders.an_order(), builders.an_order(now=NOW - timedelta(hours=3))
    builders.an_attempt(fresh)
    number = builders.an_attempt(old, NOW - timedelta(hours=3))
    page = office.get(MONEY).text
    assert number in text_of(page, "doubts")
    assert fresh.number not in text_of(page, "doubts")
    assert alarms(page) == {"in_doubt"}
    bank.payments[number] = builders.a_payment(number, old.total)

    answer = office.post(f"{MONEY}orders/{old.number}/ask")

    assert answer.status_code == 303
    assert number not in text_of(office.get(answer.location).text, "doubts")


def test_an_attempt_that_was_asked_about_in_vain_is_in_doubt(office: FlaskClient) -> None:
    number = builders.an_attempt(builders.an_order())
    with transaction() as session:
        session.execute(update(Attempt).values(checks=12, next_check_at=NOW))

    assert number in text_of(office.get(MONEY).text, "doubts")


def test_refused_notices_are_counted_by_reason(office: FlaskClient) -> None:
    before = counted(NOTICES_REFUSED).get("bad_signature", 0)
    NOTICES_REFUSED.labels("bad_signature").inc()

    page = office.get(MONEY).text

    assert f"wrong signature {before + 1}" in text_of(page, "notices")
    assert 'data-alarm="signatures"' in page


def test_a_wrong_clock_and_an_old_key_ring(office: FlaskClient, bank: Bank) -> None:
    bank.last_skew, bank.ending = -75.2, [("WECHAT_PAY_VERIFY_KEYS 5C1", NOW + timedelta(days=3))]

    page = office.get(MONEY).text

    assert alarms(page) == {"clock", "keys_ending"}
    assert "-75 seconds off" in page
    assert "WECHAT_PAY_VERIFY_KEYS 5C1" in page


def test_reconciled_days_show_both_calendars(office: FlaskClient) -> None:
    for n, state in enumerate(["fetched", "no_trades", "not_ready", "failed"]):
        with transaction() as session:
            session.execute(
                insert(Bill).values(
                    day=date(2026, 11, 20) + timedelta(days=n), kind="statement", state=state, lines=12, currency="EUR",
                    paid_sum_minor=123_45, refund_sum_minor=3_45, fee_sum_minor=60, matched_at=NOW, said="<b>why</b>",
                )
            )  # fmt: skip

    page = office.get(MONEY).text
    said = text_of(page, "days")

    assert "Fri, 20 Nov Thu, 19 Nov 17:00 – Fri, 20 Nov 17:00 Statement compared" in said
    assert "12 123.45 EUR 3.45 EUR 0.60 EUR" in said
    for words in ("no trades that day", "not ready yet", "failed"):
        assert words in said
    assert "<b>why</b>" not in page
    assert alarms(page) == {"bills_failed"}


def test_the_page_asks_as_often_however_much_there_is(office: FlaskClient, bank: Bank, statements: list[str]) -> None:
    office.get(MONEY)
    statements.clear()
    office.get(MONEY)
    empty = len(statements)
    for n in range(3):
        a_refund(RefundStage.ABNORMAL)
        a_refund(RefundStage.WAITING_FUNDS)
        an_item(key=str(n))
        an_odd_payment()
    statements.clear()

    office.get(MONEY)

    assert len(statements) == empty <= 11


def test_whoever_is_no_manager_looks_and_touches_nothing(office: FlaskClient, bank: Bank) -> None:
    refund, odd, one = a_refund(RefundStage.ABNORMAL, refund_id="5030"), an_odd_payment(), an_item(out_trade_no="T1")
    builders.give_staff(Grant(Role.ACCOUNTANT))

    page = office.get(MONEY)
    answers = [
        office.post(MONEY + action, data={"note": "mine"})
        for action in (
            f"refunds/{refund.id}/try", f"refunds/{refund.id}/card", f"refunds/{refund.id}/settle", f"payments/{odd}/refund",
            f"items/{one}/ask", f"items/{one}/settle",
        )
    ]  # fmt: skip

    assert page.status_code == 200
    assert "Try now" not in page.text
    assert {answer.status_code for answer in answers} == {403}
    assert refund_queries.refund_by_id(refund.id) == refund


@pytest.mark.parametrize(
    "path",
    ["refunds/999/try", "refunds/999/card", "payments/999/refund", "items/999/ask", "refunds/99999999999/try", "items/x/ask"],
)
def test_what_does_not_exist_is_refused(office: FlaskClient, bank: Bank, path: str) -> None:
    assert office.post(MONEY + path).status_code in (404, 409)


def test_an_address_made_up_says_nothing(office: FlaskClient) -> None:
    page = office.get(f"{MONEY}?said=<script>").text

    assert "&lt;script" not in text_of(page, "alarms")
    assert 'role="status"' not in page


# --- monitoring -------------------------------------------------------------------------------------------------------


def test_monitoring_reads_the_same_as_gauges_in_few_statements(client: FlaskClient, bank: Bank, statements: list[str]) -> None:
    a_refund(RefundStage.ABNORMAL)
    a_refund(RefundStage.WAITING_FUNDS)
    an_odd_payment()
    an_item()
    an_item(ItemKind.AMOUNT_DIFFERS, "wait_a_day")
    bank.last_skew, bank.ending = 1.5, [("own", NOW + timedelta(days=1))]
    statements.clear()

    said = client.get("/metrics").text

    assert len(statements) <= 5, "one for these, one for what the worker has to do, one for the accounts, two for messages"
    for line in (
        'shop_refunds_under_way{state="abnormal"} 1.0', 'shop_refunds_under_way{state="waiting_funds"} 1.0',
        'shop_refunds_under_way{state="processing"} 0.0', "shop_refunds_for_a_person 1.0",
        'shop_payments_odd{verdict="wrong_amount"} 1.0', 'shop_payments_odd{verdict="unknown_number"} 0.0',
        'shop_reconciliation_differences{kind="missing_there"} 1.0', 'shop_reconciliation_differences{kind="amount_differs"} 0.0',
        "shop_clock_skew_seconds 1.5", "shop_certificates_ending 1.0", "shop_certificate_seconds_left 86400.0",
        "shop_attempts_in_doubt 0.0", "shop_bills_failed 0.0",
    ):  # fmt: skip
        assert line in said.splitlines(), line
