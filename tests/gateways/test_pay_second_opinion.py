"""An independent implementation of API v3 (wechatpayv3, tests only) must agree with ours in both directions."""
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from shop.gateways.pay import PayNotice, PrepayId, WeChatPay
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
