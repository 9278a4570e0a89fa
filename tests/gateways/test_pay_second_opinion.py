"""An independent implementation of API v3 (wechatpayv3, tests only) must agree with ours in both directions."""
import gzip
import hashlib
import io
import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from shop.gateways.pay import BillKind, PayNotice, PrepayId, WeChatPay
from shop.settings import PaySettings

from .peer import (
    API_V3_KEY,
    APP_ID,
    MAINLAND_ORDERS,
    MERCHANT_SERIAL,
    NOW,
    NUMBER,
    PUB_KEY_ID,
    URL,
    WeChat,
    attributes,
    check_signature,
    mainland_payment,
    pem_of,
    public_pem_of,
)
from .test_pay_refunds import MAINLAND_REFUNDS, REFUND_NO, in_yuan, mainland_refund

theirs = pytest.importorskip("wechatpayv3")
their_utils = pytest.importorskip("wechatpayv3.utils")


@pytest.fixture
def second(wechat: WeChat) -> Any:
    other = theirs.WeChatPay(
        wechatpay_type=theirs.WeChatPayType.JSAPI, mchid="1900000001", private_key=pem_of(wechat.merchant_key).decode(),
        cert_serial_no=MERCHANT_SERIAL, appid=APP_ID, apiv3_key=API_V3_KEY, timeout=(1, 1),
        public_key=public_pem_of(wechat.key).decode(), public_key_id=PUB_KEY_ID,
    )
    other._core._gate_way = URL  # it has no setting for the host
    return other


def test_both_sign_a_request_alike(mainland: WeChatPay, wechat: WeChat, wire: responses.RequestsMock) -> None:
    wechat.answers("GET", MAINLAND_ORDERS, mainland_payment())
    mainland.find(NUMBER)
    request = wire.calls[0].request
    ours = attributes(request)

    message = f'GET\n{request.path_url}\n{ours["timestamp"]}\n{ours["nonce_str"]}\n\n'

    assert their_utils.rsa_sign(wechat.merchant_key, message) == ours["signature"]


def test_it_accepts_what_our_kind_of_signature_says(mainland: WeChatPay, wechat: WeChat, second: Any) -> None:
    said = mainland.jsapi_parameters(PrepayId("wx1"), NOW)

    again = second.sign([APP_ID, said["timeStamp"], said["nonceStr"], said["package"]])

    assert again == said["paySign"]


def test_we_believe_the_signatures_it_makes(mainland_settings: PaySettings, wechat: WeChat) -> None:
    now = datetime.now(UTC)
    pay = WeChatPay(mainland_settings, APP_ID, clock=lambda: now, threads=4)
    body, stamp = wechat.notice(mainland_payment()), str(int(now.timestamp()))
    signature = their_utils.rsa_sign(wechat.key, f"{stamp}\nabc\n{body.decode()}\n")

    notice = pay.read_notice({"Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": "abc", "Wechatpay-Serial": PUB_KEY_ID,
                              "Wechatpay-Signature": signature}, body)

    assert isinstance(notice, PayNotice)


def test_both_read_the_same_notice_alike(mainland: WeChatPay, wechat: WeChat, second: Any) -> None:
    body = wechat.notice(mainland_payment())
    headers = wechat.signed(body)

    read, other = mainland.read_notice(headers, body), second.callback(headers, body)

    assert isinstance(read, PayNotice)
    assert other["id"] == read.id
    assert other["resource"]["out_trade_no"] == read.payment.out_trade_no
    assert other["resource"]["amount"]["total"] == 99900
    assert second.callback(headers, body + b" ") is None


def test_a_request_it_makes_and_one_of_ours_differ_only_in_time_and_nonce(
    mainland: WeChatPay, wechat: WeChat, second: Any, wire: responses.RequestsMock
) -> None:
    body = b'{"mchid": "1900000001"}'
    wire.post(f"{MAINLAND_ORDERS}/close", status=204, headers=wechat.signed(b""))
    wechat.answers("POST", f"{MAINLAND_ORDERS}/close", None, status=204)

    second.close(out_trade_no=NUMBER)
    mainland.close(NUMBER)

    other, ours = (call.request for call in wire.calls)
    assert (other.method, other.path_url) == (ours.method, ours.path_url)
    assert other.body == body
    assert ours.body == body.replace(b" ", b"")
    for name in ("Accept", "Content-Type", "Wechatpay-Serial"):
        assert other.headers[name] == ours.headers[name]
    for request in (other, ours):
        check_signature(wechat, request)


def test_it_reads_the_refund_answers_that_we_read_and_asks_as_we_do(
    mainland: WeChatPay, wechat: WeChat, second: Any, wire: responses.RequestsMock
) -> None:
    answer = mainland_refund(user_received_account="CMB 0403")  # it guesses the coding of an answer
    wechat.answers("POST", MAINLAND_REFUNDS, answer)
    wechat.answers("GET", f"{MAINLAND_REFUNDS}/{REFUND_NO}", answer)
    body = mainland.prepare_refund(in_yuan(reason="Out of stock"))

    refund = mainland.refund(body)
    found = mainland.find_refund(REFUND_NO)
    status, said = second.refund(
        out_refund_no=REFUND_NO, transaction_id="4200001234202611211234567890", reason="Out of stock",
        amount={"refund": 900, "total": 12900, "currency": "CNY"},
        notify_url="https://shop.example/callbacks/wechat-pay/refund")
    again, told = second.query_refund(REFUND_NO)

    assert refund == found
    assert (status, again) == (200, 200)  # it checked the signature of both answers
    assert json.loads(said)["refund_id"] == json.loads(told)["refund_id"] == refund.refund_id
    ours, asked, theirs, theirs_asked = (call.request for call in wire.calls)
    assert json.loads(theirs.body or b"") == json.loads(ours.body or b"")
    assert (theirs.path_url, theirs_asked.path_url) == (ours.path_url, asked.path_url)
    for call in wire.calls:
        check_signature(wechat, call.request)


def test_it_asks_for_bills_as_we_do(
    mainland: WeChatPay, wechat: WeChat, second: Any, wire: responses.RequestsMock
) -> None:
    text = "交易时间\n".encode()
    download = f"{URL}/v3/billdownload/file?token=abc&tartype=gzip"
    said = {"hash_type": "SHA1", "hash_value": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
            "download_url": download}
    for kind, path in ((BillKind.TRADES, "tradebill"), (BillKind.FUND_FLOW, "fundflowbill")):
        wechat.answers("GET", f"{URL}/v3/bill/{path}", said)
        wire.get(download, body=gzip.compress(text))
        mainland.fetch_bill(kind, date(2026, 11, 20), io.BytesIO())
    second.trade_bill("2026-11-20", bill_type="ALL", tar_type="GZIP")
    second.fundflow_bill("2026-11-20", account_type="BASIC", tar_type="GZIP")
    status, _ = second.download_bill(download)

    trades, trades_file, flow, _, their_trades, their_flow, their_file = (call.request for call in wire.calls)
    assert status == 200
    for theirs, ours in ((their_trades, trades), (their_flow, flow)):
        assert parse_qs(urlsplit(str(theirs.url)).query) == parse_qs(urlsplit(str(ours.url)).query)
    assert their_file.path_url == trades_file.path_url
    for call in wire.calls:
        check_signature(wechat, call.request)
