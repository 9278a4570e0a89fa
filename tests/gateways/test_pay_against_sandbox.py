"""The gateway against the sandbox, which was written from the documents without it: do both read them alike?"""
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shop.base.ids import OutTradeNo, new_out_refund_no, new_out_trade_no
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    BillDamaged,
    BillKind,
    BillLine,
    BillNotReady,
    BillUnreadable,
    FlowLine,
    PaymentNotFound,
    PaymentState,
    PrepayRequest,
    RefundNoFunds,
    RefundRequest,
    RefundState,
    RefundTooSoon,
    WeChatPay,
)
from shop.gateways.pay.dialect import BEIJING
from shop.sandbox import Sandbox
from shop.settings import Dialect, Settings

CURRENCIES = {Dialect.MAINLAND: Currency.CNY, Dialect.CROSSBORDER: Currency.EUR}
KINDS = {Dialect.MAINLAND: BillKind.TRADES, Dialect.CROSSBORDER: BillKind.STATEMENT}


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
def pay(box: Sandbox, dialect: Dialect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeChatPay:
    for name, value in box.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SHOP_ENV", "demo")
    monkeypatch.setenv("SHOP_CURRENCY", CURRENCIES[dialect].value)
    monkeypatch.setenv("WECHAT_PAY_CERTIFICATE_FOLDER", str(tmp_path / "certificates"))
    settings = Settings.from_env(read_dot_env=False)
    assert settings.pay.standby_url == ""
    return WeChatPay(settings.pay, settings.account.app_id, clock=lambda: datetime.now(UTC), threads=8)


def paid(pay: WeChatPay, box: Sandbox, currency: Currency, minor: int = 12900) -> OutTradeNo:
    """One payment, as a traveller makes it."""
    number = new_out_trade_no()
    pay.open_jsapi(pay.prepare(PrepayRequest(
        out_trade_no=number, description="免税预订, D23456789", amount=Money(minor, currency), openid="oLi",
        notify_url="http://127.0.0.1:9/callbacks/wechat-pay", time_expire=datetime.now(UTC) + timedelta(minutes=30))))
    box.control.pay(number, notify=False)
    return number


def refund_of(number: OutTradeNo, currency: Currency, minor: int = 900) -> RefundRequest:
    return RefundRequest(
        out_refund_no=new_out_refund_no(), out_trade_no=number, transaction_id=None, refund=Money(minor, currency),
        total=Money(12900, currency), reason="缺货 Out of stock", notify_url="http://127.0.0.1:9/callbacks/wechat-pay")


def today() -> date:
    return datetime.now(BEIJING).date()


def lines_of(pay: WeChatPay, kind: BillKind, currency: Currency) -> list[BillLine | FlowLine]:
    into = io.BytesIO()
    assert pay.fetch_bill(kind, today(), into) is not None
    into.seek(0)
    return list(pay.read_bill(into, kind, currency))


def test_a_refund_goes_its_way(pay: WeChatPay, box: Sandbox, dialect: Dialect) -> None:
    currency = CURRENCIES[dialect]
    number = paid(pay, box, currency)
    asked = refund_of(number, currency)
    body = pay.prepare_refund(asked)
    assert pay.find_refund(asked.out_refund_no) is None

    first, again = pay.refund(body), pay.refund(body)

    assert first.refund_id == again.refund_id
    assert first.state is RefundState.PROCESSING
    assert (first.refunded, first.out_refund_no) == (Money(900, currency), asked.out_refund_no)
    assert first.payer_refund is not None
    assert first.payer_refund.currency == "CNY"
    with pytest.raises(RefundTooSoon):
        pay.refund(pay.prepare_refund(refund_of(number, currency)))
    box.control.end_refund(asked.out_refund_no, "CLOSED", notify=False)
    found, order = pay.find_refund(asked.out_refund_no), pay.find(number)
    assert found is not None
    assert found.state is RefundState.CLOSED
    assert order is not None
    assert order.state in (PaymentState.REFUND, PaymentState.SUCCESS)


def test_a_refund_waits_for_funds_and_passes_under_the_same_number(
    pay: WeChatPay, box: Sandbox, dialect: Dialect
) -> None:
    currency = CURRENCIES[dialect]
    number = paid(pay, box, currency)
    box.control.behaviour(funds=0)
    body = pay.prepare_refund(refund_of(number, currency))

    with pytest.raises(RefundNoFunds):
        pay.refund(body)
    box.control.top_up(100_000)

    assert pay.refund(body).state is RefundState.PROCESSING
    with pytest.raises(PaymentNotFound):
        pay.refund(pay.prepare_refund(refund_of(new_out_trade_no(), currency)))


def test_the_day_s_bill_has_the_payment_and_the_refund(pay: WeChatPay, box: Sandbox, dialect: Dialect) -> None:
    currency, kind = CURRENCIES[dialect], KINDS[dialect]
    number = paid(pay, box, currency)
    asked = refund_of(number, currency)
    pay.refund(pay.prepare_refund(asked))

    payment, refund = lines_of(pay, kind, currency)

    assert isinstance(payment, BillLine)
    assert isinstance(refund, BillLine)
    assert (payment.kind, payment.out_trade_no, payment.amount) == ("payment", number, Money(12900, currency))
    assert (refund.kind, refund.out_refund_no, refund.amount) == ("refund", asked.out_refund_no, Money(900, currency))
    assert payment.fee == Money(77, currency)
    assert payment.at is not None
    assert abs(payment.at - datetime.now(UTC)) < timedelta(minutes=2)
    if dialect is Dialect.MAINLAND:
        flow = [line for line in lines_of(pay, BillKind.FUND_FLOW, currency) if isinstance(line, FlowLine)]
        assert [(line.direction, line.amount.minor) for line in flow][:2] == [("in", 12900), ("out", 77)]


def test_a_bill_with_faults_is_refused(pay: WeChatPay, box: Sandbox, dialect: Dialect) -> None:
    currency, kind = CURRENCIES[dialect], KINDS[dialect]
    yesterday = today() - timedelta(days=1)
    assert pay.fetch_bill(kind, yesterday - timedelta(days=1), io.BytesIO()) is None
    paid(pay, box, currency)

    for fault, refusal in (
        ("wrong_hash", BillDamaged), ("truncated", BillDamaged), ("wrong_summary", BillUnreadable),
        ("not_ready", BillNotReady),
    ):
        box.control.bill_fault(fault)
        with pytest.raises(refusal):
            lines_of(pay, kind, currency)
        box.control.clear_bill_faults()
    box.control.behaviour(bill_ready="at_ten")
    with pytest.raises(BillNotReady):
        pay.fetch_bill(kind, today(), io.BytesIO())


def test_the_certificate_changes_under_way(pay: WeChatPay, box: Sandbox, dialect: Dialect) -> None:
    currency = CURRENCIES[dialect]
    box.control.behaviour(answers="certificate")
    number = paid(pay, box, currency)
    box.control.keys(certificates="both")

    assert pay.refresh_certificates() == 1

    box.control.keys(certificates="new")  # from now on only the new one signs
    found = pay.find(number)
    assert found is not None
    assert found.state is PaymentState.SUCCESS
    assert pay.last_skew is not None
    assert abs(pay.last_skew) < 5
