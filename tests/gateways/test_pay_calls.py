"""Calls to WeChat Pay: what is sent, what is believed, and what every fault at the edge becomes."""
import base64
import json
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text
from structlog.testing import capture_logs

from shop.base.db import db
from shop.base.errors import Kind
from shop.base.http import NetworkInsideTransaction
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    AlreadyPaid,
    OrderClosed,
    PayBusy,
    PaymentNotFound,
    PaymentState,
    PayRefused,
    PayUnavailable,
    PlainAmount,
    PrepayId,
    WeChatPay,
)
from shop.settings import PaySettings

from .peer import (
    APP_ID,
    GLOBAL_ORDERS,
    GLOBAL_PREPAY,
    MAINLAND_ORDERS,
    MAINLAND_PREPAY,
    MERCHANT_SERIAL,
    NOW,
    NUMBER,
    PUB_KEY_ID,
    WeChat,
    a_request,
    attributes,
    check_signature,
    global_payment,
    mainland_payment,
)

Wire = responses.RequestsMock


def test_opening_sends_the_prepared_bytes_signed_and_gives_the_prepay_id(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wechat.answers("POST", GLOBAL_PREPAY, {"prepay_id": "wx21120000"})
    body = crossborder.prepare(a_request())

    assert crossborder.open_jsapi(body) == "wx21120000"

    sent = wire.calls[0].request
    assert sent.body == body
    assert sent.headers["Wechatpay-Serial"] == PUB_KEY_ID
    assert sent.headers["Accept"] == "application/json"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["User-Agent"]
    assert attributes(sent)["mchid"] == "1900000100"
    assert attributes(sent)["serial_no"] == MERCHANT_SERIAL
    check_signature(wechat, sent)


def test_finding_in_mainland_gives_the_whole_payment(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment())

    found = mainland.find(NUMBER)

    assert found is not None
    assert found.state is PaymentState.SUCCESS
    assert found.amount == Money(99900, Currency.CNY)
    assert found.payer_total == PlainAmount(minor=98900, currency="CNY")
    assert found.transaction_id == "4200001234202611211234567890"
    assert found.success_time == NOW - timedelta(seconds=3)
    assert (found.sender, found.merchant, found.app_id, found.ours) == ("1900000001", "1900000001", APP_ID, True)
    assert wire.calls[0].request.path_url.endswith("?mchid=1900000001")
    check_signature(wechat, wire.calls[0].request)


@pytest.mark.parametrize("name", ["id", "transaction_id"])
def test_finding_across_borders_reads_either_name_of_the_number(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, name: str
) -> None:
    said = global_payment()
    said[name] = said.pop("id")
    wechat.answers("GET", GLOBAL_ORDERS, said)

    found = crossborder.find(NUMBER)

    assert found is not None
    assert found.transaction_id == "4200001234202611211234567890"
    assert found.amount == Money(12900, Currency.EUR)
    assert found.payer_total == PlainAmount(minor=101234, currency="CNY")
    assert found.exchange_rate == 784760000
    assert found.openid == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    assert found.ours
    assert wire.calls[0].request.path_url.endswith("?sp_mchid=1900000100&sub_mchid=1900000109")


def test_an_unpaid_order_has_no_amount_and_no_time(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, {
        "appid": APP_ID, "mchid": "1900000001", "out_trade_no": NUMBER, "trade_state": "NOTPAY",
        "amount": {"total": 5}})

    found = mainland.find(NUMBER)

    assert found is not None
    assert (found.state, found.transaction_id, found.success_time) == (PaymentState.NOTPAY, None, None)
    assert found.amount == Money(5, Currency.CNY)


@pytest.mark.parametrize("amount", [{"total": 12900, "currency": "USD"}, {"total": 12900}, {"total": "12900"}, None])
def test_an_amount_that_is_not_ours_to_know_is_kept_and_does_not_crash(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, amount: object
) -> None:
    wechat.answers("GET", GLOBAL_ORDERS, global_payment(amount=amount))

    found = crossborder.find(NUMBER)

    assert found is not None
    assert found.amount is None
    if amount == {"total": 12900, "currency": "USD"}:
        assert found.amount_said == PlainAmount(minor=12900, currency="USD")


def test_a_state_invented_since_is_unknown_and_kept(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment(trade_state="DREAMING"))

    found = mainland.find(NUMBER)

    assert found is not None
    assert (found.state, found.state_said) == (PaymentState.UNKNOWN, "DREAMING")


@pytest.mark.parametrize("changed", [{"sub_mchid": "1900000999"}, {"sp_mchid": "1"}, {"sub_appid": "wx0"}])
def test_a_payment_to_somebody_else_is_not_ours(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, changed: dict[str, str]
) -> None:
    wechat.answers("GET", GLOBAL_ORDERS, global_payment(**changed))

    found = crossborder.find(NUMBER)

    assert found is not None
    assert not found.ours


@pytest.mark.parametrize("code", ["ORDER_NOT_EXIST", "ORDERNOTEXIST"])
def test_an_order_wechat_does_not_know_is_none_to_find_and_a_refusal_to_close(
    mainland: WeChatPay, wire: Wire, code: str
) -> None:
    wire.get(MAINLAND_ORDERS, json={"code": code, "message": "订单不存在"}, status=404)
    wire.post(f"{MAINLAND_ORDERS}/close", json={"code": code}, status=404)

    assert mainland.find(NUMBER) is None
    with pytest.raises(PaymentNotFound):
        mainland.close(NUMBER)


def test_closing_takes_a_signed_204_without_a_body(crossborder: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("POST", f"{GLOBAL_ORDERS}/close", None, status=204)

    crossborder.close(NUMBER)

    assert wire.calls[0].request.body == b'{"sp_mchid":"1900000100","sub_mchid":"1900000109"}'
    check_signature(wechat, wire.calls[0].request)


def test_closing_while_the_traveller_pays_is_unknown_and_is_not_repeated(
    mainland: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wechat.answers("POST", f"{MAINLAND_ORDERS}/close", {"code": "USER_PAYING"}, status=202)

    with pytest.raises(PayUnavailable) as unknown:
        mainland.close(NUMBER)

    assert unknown.value.reason == "not_finished"


def test_a_fault_while_closing_is_left_to_the_caller_who_must_ask_first(mainland: WeChatPay, wire: Wire) -> None:
    wire.post(f"{MAINLAND_ORDERS}/close", json={"code": "SYSTEM_ERROR"}, status=500)

    with pytest.raises(PayUnavailable):
        mainland.close(NUMBER)

    assert len(wire.calls) == 1


@pytest.mark.parametrize("code", ["SYSTEM_ERROR", "SYSTEMERROR", "System_Error"])
def test_after_a_500_the_same_bytes_go_again_with_a_new_nonce_and_signature(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, pauses: list[float], code: str
) -> None:
    wire.post(GLOBAL_PREPAY, json={"code": code, "message": "系统错误"}, status=500)
    wechat.answers("POST", GLOBAL_PREPAY, {"prepay_id": "wx1"})
    body = crossborder.prepare(a_request())

    assert crossborder.open_jsapi(body) == "wx1"

    first, second = (call.request for call in wire.calls)
    assert first.body == second.body == body
    assert attributes(first)["nonce_str"] != attributes(second)["nonce_str"]
    assert attributes(first)["signature"] != attributes(second)["signature"]
    check_signature(wechat, second)
    assert len(pauses) == 1
    assert 0.1 < pauses[0] < 0.5


@pytest.mark.parametrize(("status", "reason"), [(429, "busy_there"), (502, "server_error"), (503, "server_error")])
def test_three_tries_and_no_more(
    mainland: WeChatPay, wire: Wire, pauses: list[float], status: int, reason: str
) -> None:
    wire.get(MAINLAND_ORDERS, json={"code": "FREQUENCY_LIMITED"} if status == 429 else "<html>", status=status)

    with pytest.raises(PayUnavailable) as unknown:
        mainland.find(NUMBER)

    assert unknown.value.reason == reason
    assert unknown.value.kind is Kind.UPSTREAM
    assert len(wire.calls) == 3
    assert pauses == sorted(pauses)
    assert len(pauses) == 2


@pytest.mark.parametrize(("fault", "reason"), [
    (requests.ConnectTimeout("https://secret"), "timeout"),
    (requests.ReadTimeout("https://secret"), "timeout"),
    (requests.ConnectionError("https://secret"), "connection"),
    (requests.exceptions.ChunkedEncodingError("https://secret"), "connection"),
])
def test_no_answer_is_unknown_not_failed_and_leaks_nothing(
    mainland: WeChatPay, wire: Wire, fault: Exception, reason: str
) -> None:
    wire.get(MAINLAND_ORDERS, body=fault)

    with capture_logs() as logs, pytest.raises(PayUnavailable) as unknown:
        mainland.find(NUMBER)

    assert unknown.value.reason == reason
    assert unknown.value.__cause__ is None
    assert "secret" not in str(logs) + str(unknown.value)


def test_a_slow_answer_is_not_tried_again_when_patience_is_over(
    mainland: WeChatPay, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = iter(range(0, 1000, 8))
    monkeypatch.setattr("shop.gateways.pay.transport.time.monotonic", lambda: next(passed))
    wire.get(MAINLAND_ORDERS, body=requests.ReadTimeout())

    with pytest.raises(PayUnavailable):
        mainland.find(NUMBER)

    assert len(wire.calls) == 1


@pytest.mark.parametrize("changed", [
    {"signature": ""},
    {"timestamp": ""},
    {"signature": "WECHATPAY/SIGNTEST/abc"},
    {"signature": "not base64!"},
    {"serial": "7777777777"},
    {"signature_type": "WECHATPAY2-SM2-WITH-SM3"},
    {"nonce": "another"},
])
def test_a_200_that_wechat_did_not_sign_is_tried_again_and_never_believed(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, changed: dict[str, Any]
) -> None:
    body = json.dumps(mainland_payment()).encode()
    wire.get(MAINLAND_ORDERS, body=body, headers=wechat.signed(body, **changed))

    with pytest.raises(PayUnavailable) as unknown:
        mainland.find(NUMBER)

    assert unknown.value.reason == "answer_not_authentic"
    assert len(wire.calls) == 3


def test_a_signature_probe_is_followed_by_the_real_answer(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment(), signature="WECHATPAY/SIGNTEST/x")
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment())

    found = mainland.find(NUMBER)

    assert found is not None
    assert len(wire.calls) == 2


def test_a_stale_answer_is_not_believed(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    body = json.dumps(mainland_payment()).encode()
    wire.get(MAINLAND_ORDERS, body=body, headers=wechat.signed(body, at=NOW - timedelta(seconds=300)))

    with pytest.raises(PayUnavailable):
        mainland.find(NUMBER)


def test_an_answer_signed_with_a_certificate_is_believed_too(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    body = json.dumps(mainland_payment()).encode()
    wire.get(MAINLAND_ORDERS, body=body, headers=wechat.signed(body, serial=wechat.certificate_serial))

    assert mainland.find(NUMBER) is not None


@pytest.mark.parametrize("said", [b"{", b"[]", b"", b'{"prepay_id": 5}', b'{"prepay_id": ""}', b"\xff", b"[" * 100_000])
def test_a_signed_answer_that_makes_no_sense_is_unknown(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, said: bytes
) -> None:
    wire.post(MAINLAND_PREPAY, body=said, headers=wechat.signed(said))
    wire.get(MAINLAND_ORDERS, body=said, headers=wechat.signed(said))

    with pytest.raises(PayUnavailable) as unknown:
        mainland.open_jsapi(b"{}")
    assert unknown.value.reason == "answer_unreadable"
    with pytest.raises(PayUnavailable):
        mainland.find(NUMBER)


def test_an_answer_about_another_order_is_not_taken(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment(out_trade_no="T00000000000000000000001"))

    with pytest.raises(PayUnavailable):
        mainland.find(NUMBER)


@pytest.mark.parametrize(("said", "status", "request_id", "expected"), [
    ({"code": "ORDERPAID"}, 400, "", AlreadyPaid),
    ({"code": "ORDER_PAID"}, 403, "", AlreadyPaid),
    ({"code": "INVALID_REQUEST"}, 400, "08F-268498689", AlreadyPaid),
    ({"code": "ORDER_CLOSED"}, 400, "", OrderClosed),
    ({"code": "orderclosed"}, 400, "", OrderClosed),
    ({"code": "INVALID_REQUEST"}, 400, "08F-268447914", OrderClosed),
    ({"code": "PARAM_ERROR", "detail": {"field": "/amount"}}, 400, "", PayRefused),
    ({"code": "SIGN_ERROR"}, 401, "", PayRefused),
    ({"code": "OPENID_MISMATCH"}, 500, "", PayRefused),
    ({"code": "OUT_TRADE_NO_USED"}, 403, "", PayRefused),
])
def test_a_refusal_is_sorted_by_its_code_and_not_repeated(
    mainland: WeChatPay, wire: Wire, said: dict[str, object], status: int, request_id: str, expected: type[Exception]
) -> None:
    wire.post(MAINLAND_PREPAY, json=said, status=status, headers={"Request-ID": request_id})

    with pytest.raises(expected) as refused:
        mainland.open_jsapi(b"{}")

    assert type(refused.value) is expected
    assert len(wire.calls) == 1


@pytest.mark.parametrize(("body", "status"), [
    (b"<html>forbidden", 403), (b'{"code": 5}', 400), (b"", 404), (b"", 302), (b'{"code":"MOVED"}', 301),
    (b'{"code":"BRAND_NEW"}', 500),
])
def test_what_wechat_did_not_say_in_its_own_words_is_unknown(
    mainland: WeChatPay, wire: Wire, body: bytes, status: int
) -> None:
    wire.get(MAINLAND_ORDERS, body=body, status=status, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(PayUnavailable):
        mainland.find(NUMBER)

    assert {call.request.path_url.partition("?")[0] for call in wire.calls} == {urlsplit(MAINLAND_ORDERS).path}


def test_the_log_names_the_call_and_wechat_s_request_id_but_nobody_and_no_secret(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wire.post(GLOBAL_PREPAY, json={"code": "PARAM_ERROR\n", "message": "oUpF8uMuAJO"}, status=400,
              headers={"Request-ID": "08B1-268435456"})

    with capture_logs() as logs, pytest.raises(PayRefused) as refused:
        crossborder.open_jsapi(crossborder.prepare(a_request()))

    entry = logs[-1]
    assert entry["request_id"] == "08B1-268435456"
    assert entry["path"] == "/v3/global/transactions/jsapi"
    assert refused.value.pay_code == entry["pay_code"] == "PARAM_ERROR"
    assert entry["log_level"] == "error"
    for secret in ("oUpF8uMuAJO", "WECHATPAY2", "signature", "0123456789abcdef"):
        assert secret not in str(logs)


def test_the_bulkhead_refuses_in_a_few_milliseconds_and_opens_again(
    build: Callable[[PaySettings], WeChatPay], mainland_settings: PaySettings, wechat: WeChat, wire: Wire
) -> None:
    inside, release = threading.Semaphore(0), threading.Event()
    body = json.dumps(mainland_payment()).encode()

    def slow(_request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        inside.release()
        release.wait(10)
        return 200, wechat.signed(body), body

    wire.add_callback("GET", MAINLAND_ORDERS, callback=slow)
    pay = build(mainland_settings)  # 16 threads: four places
    waiting = [threading.Thread(target=copy_context().run, args=(pay.find, NUMBER)) for _ in range(4)]
    for thread in waiting:
        thread.start()
    for _ in waiting:
        assert inside.acquire(timeout=10)

    began = time.perf_counter()
    with pytest.raises(PayBusy) as busy:
        pay.find(NUMBER)
    took = time.perf_counter() - began
    release.set()
    for thread in waiting:
        thread.join()

    assert busy.value.kind is Kind.BUSY
    assert took < 0.1  # 5 ms of waiting, and a busy machine
    assert pay.find(NUMBER) is not None


def test_no_call_is_made_while_a_database_connection_is_held(mainland: WeChatPay, wire: Wire) -> None:
    db.session.execute(text("SELECT 1"))
    try:
        with pytest.raises(NetworkInsideTransaction):
            mainland.find(NUMBER)
    finally:
        db.session.remove()

    assert len(wire.calls) == 0


def test_the_page_gets_six_strings_that_the_merchant_signed(crossborder: WeChatPay, wechat: WeChat) -> None:
    said = crossborder.jsapi_parameters(PrepayId("wx21120000"), NOW)

    assert said.keys() == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert all(isinstance(value, str) for value in said.values())
    assert (said["appId"], said["signType"], said["package"]) == (APP_ID, "RSA", "prepay_id=wx21120000")
    assert said["timeStamp"] == str(int(NOW.timestamp()))
    assert len(said["nonceStr"]) <= 32
    message = f'{APP_ID}\n{said["timeStamp"]}\n{said["nonceStr"]}\nprepay_id=wx21120000\n'.encode()
    wechat.merchant_key.public_key().verify(base64.b64decode(said["paySign"]), message, PKCS1v15(), SHA256())
