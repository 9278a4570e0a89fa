"""Notices: what is believed, what is refused and why, and that nothing a stranger posts becomes a crash."""
import base64
import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.base.errors import Kind
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    NotAuthentic,
    PaymentState,
    PayNotice,
    PlainAmount,
    Reason,
    RefundNotice,
    RefundState,
    WeChatPay,
)
from shop.settings import Dialect, PaySettings

from .peer import API_V3_KEY, NOW, NUMBER, WeChat, global_payment, mainland_payment, settings_in

OTHER_KEY = "another-key-of-thirty-two-bytes!"


def reason_of(pay: WeChatPay, headers: dict[str, str], body: bytes) -> Reason:
    with pytest.raises(NotAuthentic) as refused:
        pay.read_notice(headers, body)
    assert refused.value.kind is Kind.UNAUTHENTIC
    return refused.value.reason


def test_a_mainland_notice_is_read(mainland: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(mainland_payment())

    notice = mainland.read_notice(wechat.signed(body), body)

    assert isinstance(notice, PayNotice)
    assert (notice.id, notice.event_type) == ("EV-2018022511223320873", "TRANSACTION.SUCCESS")
    assert (notice.created, notice.received) == (NOW - timedelta(seconds=2), NOW)
    assert notice.ours
    assert notice.payment.out_trade_no == NUMBER
    assert notice.payment.state is PaymentState.SUCCESS
    assert notice.payment.amount == Money(99900, Currency.CNY)


def test_a_crossborder_notice_is_read(crossborder: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(global_payment())

    notice = crossborder.read_notice(wechat.signed(body, serial=wechat.certificate_serial), body)

    assert isinstance(notice, PayNotice)
    assert notice.ours
    assert notice.payment.amount == Money(12900, Currency.EUR)
    assert notice.payment.payer_total == PlainAmount(minor=101234, currency="CNY")


def test_a_notice_for_a_foreign_merchant_is_genuine_and_says_so(crossborder: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(global_payment(sub_mchid="1900000666"))

    notice = crossborder.read_notice(wechat.signed(body), body)

    assert not notice.ours
    assert isinstance(notice, PayNotice)
    assert notice.payment.merchant == "1900000666"


@pytest.mark.parametrize(("status", "state"), [
    ("SUCCESS", RefundState.SUCCESS), ("CLOSED", RefundState.CLOSED), ("REFUNDCLOSE", RefundState.CLOSED),
    ("ABNORMAL", RefundState.ABNORMAL), ("NEWLY", RefundState.UNKNOWN),
])
def test_a_refund_notice_is_read(mainland: WeChatPay, wechat: WeChat, status: str, state: RefundState) -> None:
    body = wechat.notice({
        "mchid": "1900000001", "transaction_id": "4200001234202611211234567890", "out_trade_no": NUMBER,
        "refund_id": "50000000382019052709732678859", "out_refund_no": "R1", "refund_status": status,
        "success_time": "2026-11-21T19:59:57+08:00", "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 99900, "refund": 900, "payer_total": 99900, "payer_refund": 900},
    }, event_type="REFUND.SUCCESS")

    notice = mainland.read_notice(wechat.signed(body), body)

    assert isinstance(notice, RefundNotice)
    assert notice.state is state
    assert notice.state_said == status
    assert (notice.out_refund_no, notice.out_trade_no) == ("R1", NUMBER)
    assert (notice.refunded, notice.total) == (Money(900, Currency.CNY), Money(99900, Currency.CNY))
    assert notice.ours


@pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Serial", "Signature"])
def test_each_of_the_four_headers_is_needed(mainland: WeChatPay, wechat: WeChat, name: str) -> None:
    body = wechat.notice(mainland_payment())
    headers = wechat.signed(body)
    del headers[f"Wechatpay-{name}"]

    assert reason_of(mainland, headers, body) is Reason.MISSING_HEADER


def test_headers_are_found_in_any_case_and_without_the_signature_type(mainland: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(mainland_payment())
    headers = {name.lower(): value for name, value in wechat.signed(body, signature_type="").items()}

    assert "wechatpay-signature-type" not in headers
    assert mainland.read_notice(headers, body).ours


@pytest.mark.parametrize(("changed", "reason"), [
    ({"signature_type": "WECHATPAY2-SM2-WITH-SM3"}, Reason.BAD_SIGNATURE),
    ({"serial": "7777777777"}, Reason.UNKNOWN_SERIAL),
    ({"signature": "WECHATPAY/SIGNTEST/WLCsaBCdEfGh"}, Reason.SIGNATURE_TEST),
    ({"signature": "b3RoZXI="}, Reason.BAD_SIGNATURE),
    ({"signature": "a"}, Reason.BAD_SIGNATURE),
    ({"signature": "ü" * 344}, Reason.BAD_SIGNATURE),
    ({"signature": "A" * 100_000}, Reason.BAD_SIGNATURE),
    ({"nonce": "another"}, Reason.BAD_SIGNATURE),
    ({"timestamp": "soon"}, Reason.STALE),
    ({"timestamp": "٣"}, Reason.STALE),
    ({"timestamp": "-1"}, Reason.STALE),
    ({"timestamp": "9" * 5000}, Reason.STALE),
])
def test_a_wrong_header_is_refused_for_its_reason(
    mainland: WeChatPay, wechat: WeChat, changed: dict[str, Any], reason: Reason
) -> None:
    body = wechat.notice(mainland_payment())

    assert reason_of(mainland, wechat.signed(body, **changed), body) is reason


@pytest.mark.parametrize(("seconds", "fresh"), [(-300, False), (-299, True), (299, True), (300, False)])
def test_five_minutes_either_way_is_too_far(mainland: WeChatPay, wechat: WeChat, seconds: int, fresh: bool) -> None:
    body = wechat.notice(mainland_payment())
    headers = wechat.signed(body, at=NOW + timedelta(seconds=seconds))

    if fresh:
        assert mainland.read_notice(headers, body).ours
    else:
        assert reason_of(mainland, headers, body) is Reason.STALE


def test_one_changed_byte_is_refused(mainland: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(mainland_payment())

    assert reason_of(mainland, wechat.signed(body), body.replace(b"EV-", b"ev-")) is Reason.BAD_SIGNATURE


def test_a_body_of_more_than_64_kib_is_refused_before_any_check(mainland: WeChatPay) -> None:
    assert reason_of(mainland, {}, b"x" * (64 * 1024 + 1)) is Reason.TOO_LARGE
    assert reason_of(mainland, {}, b"x" * (64 * 1024)) is Reason.MISSING_HEADER


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b"\xff", b"null", b'{"resource": 1}', b'{"resource": {"algorithm": "AEAD_AES_128_GCM"}}',
    b'{"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": 1}}',
    b'{"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "x", "ciphertext": "!"}}',
    b'{"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "x", "ciphertext": ""}}',
    b'{"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "\\ud800", "ciphertext": ""}}', b"[" * 60_000,
])
def test_a_signed_body_that_makes_no_sense_is_unreadable(mainland: WeChatPay, wechat: WeChat, body: bytes) -> None:
    assert reason_of(mainland, wechat.signed(body), body) is Reason.UNREADABLE


@pytest.mark.parametrize("content", [
    b"not JSON", [], {}, {"out_trade_no": NUMBER}, mainland_payment(out_trade_no=5),
    mainland_payment(out_trade_no="T\x00"), mainland_payment(out_trade_no="x" * 1000),
    mainland_payment(trade_state=None),
])
def test_sealed_content_that_makes_no_sense_is_unreadable(mainland: WeChatPay, wechat: WeChat, content: Any) -> None:
    body = wechat.notice(content)

    assert reason_of(mainland, wechat.signed(body), body) is Reason.UNREADABLE


def test_an_event_that_is_neither_payment_nor_refund_is_unreadable(mainland: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(mainland_payment(), event_type="PAYSCORE.USER_OPEN_SERVICE")

    assert reason_of(mainland, wechat.signed(body), body) is Reason.UNREADABLE


def test_a_notice_sealed_with_another_key_is_told_apart_from_a_forged_one(mainland: WeChatPay, wechat: WeChat) -> None:
    body = wechat.notice(mainland_payment(), key=OTHER_KEY)

    assert reason_of(mainland, wechat.signed(body), body) is Reason.WRONG_KEY


def test_while_the_key_changes_either_opens(
    build: Callable[[PaySettings], WeChatPay], mainland_settings: PaySettings, key_folder: Any, wechat: WeChat
) -> None:
    pay = build(settings_in(key_folder, Dialect.MAINLAND, api_v3_keys=(OTHER_KEY, API_V3_KEY)))

    for key in (API_V3_KEY, OTHER_KEY):
        body = wechat.notice(mainland_payment(), key=key)
        assert pay.read_notice(wechat.signed(body), body).ours


def test_associated_data_may_be_absent(mainland: WeChatPay, wechat: WeChat) -> None:
    sealed = AESGCM(API_V3_KEY.encode()).encrypt(b"fdasflkja484", json.dumps(mainland_payment()).encode(), b"")
    envelope = json.loads(wechat.notice({}, ciphertext=base64.b64encode(sealed).decode()))
    del envelope["resource"]["associated_data"]
    body = json.dumps(envelope).encode()

    assert mainland.read_notice(wechat.signed(body), body).ours


@pytest.mark.parametrize("made", ["oversized", "malformed", "forged", "stale", "unknown", "sealed", "deep"])
def test_refusing_a_bad_notice_costs_less_than_five_milliseconds(
    build: Callable[[PaySettings], WeChatPay], key_folder: Path, tmp_path: Path, wechat: WeChat, made: str
) -> None:
    pay = build(settings_in(key_folder, Dialect.MAINLAND, certificate_folder=str(tmp_path)))
    good, deep = wechat.notice(mainland_payment()), b"[" * 60_000
    sealed = wechat.notice(mainland_payment(), key=OTHER_KEY)
    body, headers = {
        "oversized": (b"x" * 10_000_000, wechat.signed(good)),
        "malformed": (b"\xff" * 64_000, wechat.signed(good)),
        "forged": (good, wechat.signed(good, signature="A" * 344)),
        "stale": (good, wechat.signed(good, at=NOW - timedelta(hours=1))),
        "unknown": (good, wechat.signed(good, serial="7777777777")),
        "sealed": (sealed, wechat.signed(sealed)),
        "deep": (deep, wechat.signed(deep)),
    }[made]
    reason_of(pay, headers, body)  # the first loads the keys
    spent = []
    for _ in range(21):
        began = time.thread_time()
        reason_of(pay, headers, body)
        spent.append(time.thread_time() - began)

    assert statistics.median(spent) < 0.005  # the median: the collector of rubbish may look at the whole suite meanwhile


NAMES = st.sampled_from(["Timestamp", "Nonce", "Serial", "Signature", "Signature-Type"]).map("Wechatpay-{}".format)
ANY_HEADERS = st.dictionaries(NAMES | st.text(max_size=20), st.text(max_size=400), max_size=8)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=12,
)
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@BOUNDED
@given(headers=ANY_HEADERS, body=st.binary(max_size=400))
def test_whatever_a_stranger_posts_is_not_authentic(
    mainland: WeChatPay, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(NotAuthentic):
        mainland.read_notice(headers, body)


@BOUNDED
@given(changed=st.dictionaries(
    st.sampled_from([*global_payment(), "transaction_id", "attach"]), ANY_JSON, max_size=6), amount=ANY_JSON)
def test_whatever_wechat_seals_becomes_a_notice_or_is_unreadable(
    crossborder: WeChatPay, wechat: WeChat, changed: dict[str, Any], amount: Any
) -> None:
    body = wechat.notice(global_payment(amount={"total": amount, "currency": amount, "exchange_rate": amount}, **{
        name: value for name, value in changed.items() if name != "amount"}))

    readable = all(isinstance(said, str) and 0 < len(said) <= 128 and "\x00" not in said for said in (
        changed.get("out_trade_no", NUMBER), changed.get("trade_state", "SUCCESS")))
    if readable:
        assert isinstance(crossborder.read_notice(wechat.signed(body), body), PayNotice)
    else:
        assert reason_of(crossborder, wechat.signed(body), body) is Reason.UNREADABLE


@BOUNDED
@given(envelope=ANY_JSON)
def test_whatever_wechat_signs_ends_in_a_value_or_a_refusal(
    mainland: WeChatPay, wechat: WeChat, envelope: Any
) -> None:
    body = json.dumps(envelope).encode()

    with pytest.raises(NotAuthentic) as refused:
        mainland.read_notice(wechat.signed(body), body)
    assert refused.value.reason is Reason.UNREADABLE
