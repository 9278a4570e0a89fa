"""Reconciliation against the sandbox's bills, over HTTP and in both dialects; and as a command from a shell."""
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank import Entry, an_entry, book, csv_of, noon
from flask import Flask

from shop.base.ids import OutTradeNo, new_out_refund_no, new_out_trade_no
from shop.base.money import Currency, Money
from shop.gateways.pay import Payment, PrepayRequest, RefundRequest, WeChatPay
from shop.payments import reconcile_queries, reconciling
from shop.payments.matching import Action, ItemKind, beijing_day
from shop.payments.reconcile_queries import BillState
from shop.payments.reconciling import Result
from shop.sandbox import Sandbox
from shop.settings import Dialect, Settings

CURRENCIES = {Dialect.MAINLAND: Currency.CNY, Dialect.CROSSBORDER: Currency.EUR}
LONG_AGO = datetime(2026, 1, 15, tzinfo=UTC).date()
ROOT = Path(__file__).parents[2]
K = ItemKind


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox-keys")


@pytest.fixture(params=list(Dialect))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return Dialect(request.param)


@pytest.fixture
def box(dialect: Dialect, keys: Path) -> Iterator[Sandbox]:
    with Sandbox.start(keys_dir=keys, dialect=dialect.value) as running:
        yield running


@pytest.fixture
def environment(box: Sandbox, dialect: Dialect, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "SHOP_ENV": "demo", "SHOP_CURRENCY": CURRENCIES[dialect].value, "SHOP_DATABASE_URL": settings.database_url,
        "SHOP_BILL_FOLDER": str(tmp_path / "bills"), "WECHAT_PAY_CERTIFICATE_FOLDER": str(tmp_path / "certificates"),
    }  # fmt: skip
    for name, value in (box.env | own).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)  # no `.env` of whoever runs the tests


class Day:
    """One day at the sandbox: two payments and a refund, which our books have too."""

    def __init__(self, box: Sandbox, folder: Path, currency: Currency) -> None:
        self.box, self.folder, self.currency = box, folder, currency
        settings = Settings.from_env(read_dot_env=False)
        self.pay = WeChatPay(settings.pay, settings.account.app_id, clock=lambda: datetime.now(UTC), threads=8)
        first, second = self.paid(5000), self.paid(7000)
        asked = RefundRequest(
            out_refund_no=new_out_refund_no(), out_trade_no=second.out_trade_no, transaction_id=second.transaction_id,
            refund=Money(900, currency), total=Money(7000, currency), reason="缺货", notify_url="http://127.0.0.1:9/r",
        )  # fmt: skip
        refund = self.pay.refund(self.pay.prepare_refund(asked))
        self.first, self.second = (self._entry(one) for one in (first, second))
        self.refund = Entry(
            datetime.now(UTC), self.second.transaction_id, self.second.out_trade_no, 900, currency.value,
            str(refund.refund_id), asked.out_refund_no,
        )  # fmt: skip
        book([self.first, self.second, self.refund])
        self.now = datetime.now(UTC) + timedelta(days=2)

    def paid(self, minor: int) -> Payment:
        number: OutTradeNo = new_out_trade_no()
        asked = PrepayRequest(
            out_trade_no=number, description="免税预订", amount=Money(minor, self.currency), openid="oLi",
            notify_url="http://127.0.0.1:9/n", time_expire=datetime.now(UTC) + timedelta(minutes=30),
        )  # fmt: skip
        self.pay.open_jsapi(self.pay.prepare(asked))
        self.box.control.pay(number, notify=False)
        found = self.pay.find(number)
        assert found is not None
        return found

    def _entry(self, payment: Payment) -> Entry:
        assert payment.amount is not None
        assert payment.success_time is not None
        return Entry(
            payment.success_time, str(payment.transaction_id), payment.out_trade_no, payment.amount.minor, self.currency.value
        )

    def reconcile(self, **more: Any) -> Result:
        day = beijing_day(self.first.at)
        return reconciling.reconcile(day, self.pay, self.folder, self.now, currency=self.currency, **more)


@pytest.fixture
def day(app: Flask, environment: None, box: Sandbox, dialect: Dialect, tmp_path: Path) -> Day:
    return Day(box, tmp_path / "bills", CURRENCIES[dialect])


def found() -> dict[ItemKind, str]:
    """What is open and does not merely wait: the books of one day only are here, and it may be close to midnight."""
    return {item.kind: item.key for item in reconcile_queries.open_items() if item.action is not Action.WAIT_A_DAY}


def test_both_dialects_bills_agree_with_our_books(day: Day, dialect: Dialect) -> None:
    result = day.reconcile()

    kinds = {bill.kind: (bill.state, bill.lines) for bill in result.bills}
    assert found() == {}
    assert (result.totals.takings_there, result.totals.refunds_there) == (Money(12000, day.currency), Money(900, day.currency))
    if dialect is Dialect.CROSSBORDER:
        assert kinds == {"statement": (BillState.FETCHED, 3)}
    else:
        assert kinds["trades"] == (BillState.FETCHED, 3)
        assert kinds["fund_flow"][0] is BillState.FETCHED
    assert len(list(day.folder.iterdir())) == len(kinds)


def test_every_fault_of_a_bill_is_found_and_gone_when_the_bill_is_right(day: Day) -> None:
    control = day.box.control
    control.bill_fault("missing_payment", number=day.first.out_trade_no)
    control.bill_fault("other_amount", number=day.second.out_trade_no, by=-5)
    control.bill_fault("other_refund_amount", number=day.refund.out_refund_no)
    control.bill_fault("unknown_payment", number="X123456")
    day.reconcile()
    wrong = found()
    control.clear_bill_faults()

    result = day.reconcile()

    close_to_midnight = K.MISSING_THERE not in wrong
    assert set(wrong) - {K.MISSING_THERE} == {K.AMOUNT_DIFFERS, K.REFUND_AMOUNT_DIFFERS, K.UNKNOWN_HERE}
    assert close_to_midnight or wrong[K.MISSING_THERE] == day.first.transaction_id
    assert (wrong[K.AMOUNT_DIFFERS], wrong[K.REFUND_AMOUNT_DIFFERS]) == (day.second.transaction_id, day.refund.out_refund_no)
    assert (found(), result.settled) == ({}, 4)


@pytest.mark.parametrize(
    ("fault", "wish", "kind"),
    [
        ("other_currency", {"currency": "USD"}, K.CURRENCY_DIFFERS), ("other_fee", {"by": 5}, K.FEE_DIFFERS),
        ("payment_twice", {}, K.DUPLICATE_LINE),
    ],
)  # fmt: skip
def test_a_line_of_another_currency_or_fee_or_twice_is_found(day: Day, fault: str, wish: dict[str, Any], kind: ItemKind) -> None:
    day.box.control.bill_fault(fault, number=day.first.out_trade_no, **wish)

    day.reconcile(fee_rate=Decimal(str(day.box.control.behaviour()["fee_percent"])) / 100)

    assert found() == {kind: day.first.transaction_id}


@pytest.mark.parametrize(
    ("fault", "state"), [("wrong_hash", BillState.FAILED), ("truncated", BillState.FAILED), ("wrong_summary", BillState.FAILED),
                         ("not_ready", BillState.NOT_READY)],
)  # fmt: skip
def test_a_bill_that_cannot_be_believed_is_not_compared(day: Day, dialect: Dialect, fault: str, state: BillState) -> None:
    if dialect is Dialect.CROSSBORDER and fault in ("truncated", "wrong_summary"):
        day.box.control.behaviour(statement_summary="yes")
    day.box.control.bill_fault(fault)

    result = day.reconcile()

    assert {bill.state for bill in result.bills} == {state}
    assert (result.matched, found(), result.totals.takings_there) == (False, {}, None)
    assert all(bill.next_try_at == day.now + timedelta(minutes=30) for bill in result.bills)


def reconcile(*words: str) -> tuple[int, str, str]:
    """The command in the present environment and folder: its exit status, what it says, what it complains of."""
    done = subprocess.run(
        [sys.executable, "-m", "shop", "reconcile", *words], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_command_says_that_there_were_no_trades(app: Flask, environment: None) -> None:
    day = beijing_day(datetime.now(UTC)) - timedelta(days=3)

    ended, said, complaint = reconcile("--date", day.isoformat(), "--strict")

    assert ended == 0, complaint
    assert f"{day} in Beijing; in Frankfurt from" in said
    assert "no trades that day" in said
    assert "everything agrees" in said


@pytest.fixture
def shell(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a shell, without WeChat."""
    for name in [name for name in os.environ if name.startswith(("SHOP_SECRET", "WECHAT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHOP_ENV", "demo")
    monkeypatch.setenv("SHOP_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SHOP_BILL_FOLDER", str(tmp_path / "bills"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_reads_a_file_and_says_in_plain_words_what_is_wrong(app: Flask, shell: Path) -> None:
    known, unknown = an_entry(noon(LONG_AGO), 5000, fee=99), an_entry(noon(LONG_AGO), 1234, fee=7)
    book([known])
    (shell / "bill.csv").write_bytes(b"".join(csv_of([known, unknown])))
    words = ["--date", LONG_AGO.isoformat(), "--file", "bill.csv"]

    ended, said, _ = reconcile(*words)
    strictly, more, _ = reconcile(*words, "--strict", "--fee-rate", "0.6%")

    fee = f"the fee is not what the rate says: {known.transaction_id} (no order); here 0.30 EUR, WeChat 0.99 EUR"
    assert (ended, strictly) == (0, 1)
    assert f"paid at WeChat, unknown here: {unknown.transaction_id} (no order); here nothing, WeChat 12.34 EUR" in said
    assert "2 lines, kept as" in said
    assert "62.34 EUR" in said
    assert (fee in said, fee in more) == (False, True)


@pytest.mark.parametrize(
    ("words", "ended"),
    [
        (["--fee-rate", "much"], 2), (["--fee-rate", "nan"], 2), (["--fee-rate", "100"], 2), (["--days", "0"], 2),
        (["--date", "2026-01-15", "--days", "2"], 2), (["--days", "2", "--file", "x"], 1), (["--date", "23.11.2026"], 1),
        (["--date", "2126-11-23"], 1),
    ],
)  # fmt: skip
def test_words_that_make_no_sense_are_refused_without_a_trace(app: Flask, shell: Path, words: list[str], ended: int) -> None:
    status, said, complaint = reconcile(*words)

    assert (status, said) == (ended, "")
    assert complaint
    assert "Traceback" not in complaint
