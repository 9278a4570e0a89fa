"""WeChat Pay as the shop meets it: what is accepted, what is refused, what is answered."""
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from cryptography import x509

EMOJI = "\N{SMILING FACE WITH SUNGLASSES}"


def test_an_order_is_opened_queried_paid_and_queried_again(merchant: Any, box: Any) -> None:
    out_trade_no, prepay_id = merchant.opened(attach="order 7")

    open_order = merchant.query(out_trade_no).json()
    box.control.pay(out_trade_no, notify=False)
    paid = merchant.query(out_trade_no).json()

    assert prepay_id.startswith("wx")
    assert open_order["trade_state"] == "NOTPAY"
    assert "payer" not in open_order
    assert "attach" not in open_order
    assert paid["trade_state"] == "SUCCESS"
    assert paid["attach"] == "order 7"
    assert paid["amount"]["total"] == 1750
    assert datetime.fromisoformat(paid["success_time"]).utcoffset() == timedelta(hours=8)


def test_a_mainland_payment_is_in_yuan_and_has_a_transaction_id_of_28_digits(mainland: Any, box: Any) -> None:
    out_trade_no, _ = mainland.opened()

    box.control.pay(out_trade_no, notify=False, coupon=50)
    paid = mainland.query(out_trade_no).json()

    assert paid["mchid"] == mainland.numbers.mch_id
    assert paid["payer"] == {"openid": mainland.openid}
    assert paid["amount"] == {"total": 1750, "currency": "CNY", "payer_total": 1700, "payer_currency": "CNY"}
    assert len(paid["transaction_id"]) == 28
    assert paid["transaction_id"].startswith("4200")
    found = mainland.call("GET", f"{mainland.base}/id/{paid['transaction_id']}?{mainland.owner_query}")
    assert found.json() == paid


def test_a_crossborder_payment_names_both_merchants_and_what_the_traveller_paid(crossborder: Any, box: Any) -> None:
    out_trade_no, _ = crossborder.opened()

    box.control.pay(out_trade_no, notify=False)
    paid = crossborder.query(out_trade_no).json()
    box.control.behaviour(number_field="transaction_id")
    renamed = crossborder.query(out_trade_no).json()

    assert paid["sp_mchid"] == crossborder.numbers.sp_mch_id
    assert paid["sub_mchid"] == crossborder.numbers.sub_mch_id
    assert paid["payer"] == {"sub_openid": crossborder.openid}
    assert paid["amount"] == {
        "total": 1750,
        "currency": "EUR",
        "payer_total": 13738,
        "payer_currency": "CNY",
        "exchange_rate": {"type": "USERPAYMENT_RATE", "rate": 785_000_000},
    }
    assert renamed["transaction_id"] == paid["id"]
    assert "id" not in renamed


def test_a_crossborder_order_may_be_in_yuan(crossborder: Any) -> None:
    assert crossborder.prepay(amount={"total": 100, "currency": "CNY"}).status_code == 200


def test_every_answer_is_signed_by_the_key_that_was_chosen(merchant: Any, box: Any) -> None:
    first = merchant.prepay()
    box.control.behaviour(answers="certificate")
    second = merchant.query("unknown1")
    third = merchant.close("unknown1")

    assert first.headers["Wechatpay-Serial"] == merchant.key_id
    assert second.headers["Wechatpay-Serial"] == third.headers["Wechatpay-Serial"] == merchant.certificate_serial
    assert all(merchant.accepts(one.headers, one.content) for one in (first, second, third))
    assert third.content == b""
    assert all(one.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048" for one in (first, second, third))
    assert all("-" in one.headers["Request-ID"] for one in (first, second, third))


# --- who asks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": str(int(time.time()) - 4000)},
        {"timestamp": str(int(time.time()) + 4000)},
        {"timestamp": "yesterday"},
        {"serial_no": "5F1C72E2A8931B72A2E13AF8DEE92471EB397115"},
        {"mchid": "1230000109"},
        {"signature": "AAAA"},
        {"signature": "not base64!"},
        {"nonce_str": ""},
        {"extra": "1"},
    ],
)
def test_a_wrong_authorization_is_a_signature_error(merchant: Any, change: dict[str, str]) -> None:
    path = f"{merchant.base}/out-trade-no/abcdef?{merchant.owner_query}"

    answer = merchant.call("GET", path, headers={"Authorization": merchant.authorization("GET", path, b"", **change)})

    assert answer.status_code == 401
    assert answer.json()["code"] == "SIGN_ERROR"
    assert "Wechatpay-Signature" not in answer.headers


@pytest.mark.parametrize("header", [None, "Bearer abc", "WECHATPAY2-SHA256-RSA2048 rubbish"])
def test_a_missing_or_unreadable_authorization_is_a_signature_error(merchant: Any, header: str | None) -> None:
    assert merchant.call("GET", f"{merchant.base}/id/1", headers={"Authorization": header}).status_code == 401


def test_the_signature_covers_the_exact_bytes_and_says_what_was_signed(merchant: Any) -> None:
    path = f"{merchant.base}/jsapi"
    body = json.dumps(merchant.order()).encode()
    other_spelling = merchant.authorization("POST", path, body.replace(b": ", b":"))

    answer = merchant.call("POST", path, body, headers={"Authorization": other_spelling})

    assert answer.status_code == 401
    assert answer.json()["detail"]["sign_information"]["method"] == "POST"
    assert answer.json()["detail"]["sign_information"]["url"] == path


def test_a_merchant_of_the_other_world_is_refused(mainland: Any, crossborder: Any) -> None:
    path = f"{crossborder.base}/jsapi"
    body = json.dumps(crossborder.order()).encode()

    answer = crossborder.call("POST", path, body, headers={"Authorization": mainland.authorization("POST", path, body)})

    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": None},
        {"Accept": "text/html"},
        {"User-Agent": ""},
        {"Content-Type": "text/plain"},
        {"Wechatpay-Serial": None},
        {"Wechatpay-Serial": "PUB_KEY_ID_1"},
    ],
)
def test_required_headers_are_required(merchant: Any, headers: dict[str, Any]) -> None:
    answer = merchant.call("POST", f"{merchant.base}/jsapi", merchant.order(), headers=headers)

    assert answer.status_code == 400
    assert answer.json()["code"] == "PARAM_ERROR"
    assert answer.json()["detail"]["field"] == next(iter(headers))


def test_with_certificates_the_serial_header_is_not_required(merchant: Any, box: Any) -> None:
    box.control.behaviour(answers="certificate")

    answer = merchant.call("POST", f"{merchant.base}/jsapi", merchant.order(), headers={"Wechatpay-Serial": None})

    assert answer.status_code == 200


# --- what is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": None}, "/description"),
        ({"description": "x" * 128}, "/description"),
        ({"description": "nice " + EMOJI}, "/description"),
        ({"description": 7}, "/description"),
        ({"description": ""}, "/description"),
        ({"out_trade_no": None}, "/out_trade_no"),
        ({"out_trade_no": "order 1"}, "/out_trade_no"),
        ({"out_trade_no": "x" * 33}, "/out_trade_no"),
        ({"notify_url": None}, "/notify_url"),
        ({"notify_url": "https://shop.example/n?x=1"}, "/notify_url"),
        ({"notify_url": " https://shop.example/n"}, "/notify_url"),
        ({"notify_url": "shop.example/n"}, "/notify_url"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": 17.5}}, "/amount/total"),
        ({"amount": {"total": "1750"}}, "/amount/total"),
        ({"amount": {"total": True}}, "/amount/total"),
        ({"amount": {}}, "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/amount/currency"),
        ({"amount": {"total": 1, "cents": 1}}, "/amount/cents"),
        ({"amount": None}, "/amount"),
        ({"payer": None}, "/payer"),
        ({"payer": "o123"}, "/payer"),
        ({"time_expire": "2026-11-23 10:00:00"}, "/time_expire"),
        ({"time_expire": "2026-11-23T10:00:00Z"}, "/time_expire"),
        ({"time_expire": "2026-02-31T10:00:00+08:00"}, "/time_expire"),
        ({"attach": "x" * 129}, "/attach"),
        ({"attach": ""}, "/attach"),
        ({"colour": "red"}, "/colour"),
        ({"scene_info": {"store_info": {"name": "x"}, "payer_client_ip": "::1"}}, "/scene_info/store_info/id"),
    ],
)
def test_a_field_that_is_wrong_is_named(merchant: Any, change: dict[str, Any], field: str) -> None:
    answer = merchant.prepay(**change)

    assert answer.status_code == 400
    assert answer.json()["code"] == "PARAM_ERROR"
    assert answer.json()["detail"]["field"] == field
    assert merchant.accepts(answer.headers, answer.content)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff\xfe", b'{"a": 1, "a": 1}', b'{"a": NaN}', b"[" * 5000])
def test_a_body_that_is_no_json_object_is_refused(merchant: Any, raw: bytes) -> None:
    assert merchant.prepay(raw).json()["code"] == "PARAM_ERROR"


def test_null_is_refused_at_any_depth(merchant: Any) -> None:
    assert merchant.prepay(merchant.order() | {"attach": None}).json()["detail"]["field"] == "/attach"
    deep = merchant.order(scene_info={"payer_client_ip": "1.2.3.4", "device_id": None})
    assert merchant.prepay(deep).json()["detail"]["field"] == "/scene_info/device_id"


def test_the_dialects_have_their_own_fields(mainland: Any, crossborder: Any) -> None:
    assert mainland.prepay(trade_type="JSAPI").json()["detail"]["field"] == "/trade_type"
    assert mainland.prepay(amount={"total": 1, "currency": "EUR"}).status_code == 400
    assert mainland.prepay(out_trade_no="short").status_code == 400
    assert crossborder.prepay(out_trade_no="s" + secrets.token_hex(1)).status_code == 200
    assert crossborder.prepay(trade_type=None).json()["detail"]["field"] == "/trade_type"
    assert crossborder.prepay(merchant_category_code="1234").json()["detail"]["field"] == "/merchant_category_code"
    assert crossborder.prepay(attach="x" * 128).status_code == 400
    assert crossborder.prepay(payer={"openid": "o1"}).status_code == 400
    assert crossborder.prepay(sub_appid=None).json()["detail"]["field"] == "/sub_appid"


def test_foreign_numbers_are_refused(mainland: Any, crossborder: Any) -> None:
    assert mainland.prepay(mchid="1230000109").json()["code"] == "MCH_NOT_EXISTS"
    assert mainland.prepay(appid="wx0000000000000000").json()["code"] == "APPID_MCHID_NOT_MATCH"
    assert crossborder.prepay(sub_mchid="1230000109").json()["code"] == "MCH_NOT_EXISTS"
    wrong = f"{mainland.base}/out-trade-no/abcdef?mchid=1230000109"
    assert mainland.call("GET", wrong).json()["code"] == "MCH_NOT_EXISTS"


def test_an_openid_of_another_account_is_a_mismatch(crossborder: Any, box: Any) -> None:
    foreign = box.world.travellers["wang"].openid(crossborder.numbers.sp_app_id)

    answer = crossborder.prepay(payer={"sub_openid": foreign})
    box.control.behaviour(unknown_openid="refuse")
    stranger = crossborder.prepay(payer={"sub_openid": "oStranger"})

    assert (answer.status_code, answer.json()["code"]) == (500, "OPENID_MISMATCH")
    assert stranger.json()["code"] == "PARAM_ERROR"


@pytest.mark.parametrize("query", ["colour=red", "mchid=1&mchid=2", "{owner}&lang=zh"])
def test_a_query_names_its_merchant_and_nothing_else(merchant: Any, query: str) -> None:
    path = f"{merchant.base}/out-trade-no/abcdef?{query.format(owner=merchant.owner_query)}"
    assert merchant.call("GET", path).json()["code"] == "PARAM_ERROR"


# --- an order's life -----------------------------------------------------------------------------------------------


def test_the_same_request_again_gives_another_prepay_id(merchant: Any) -> None:
    order = merchant.order()

    first, second = merchant.prepay(order).json(), merchant.prepay(order).json()

    assert first["prepay_id"] != second["prepay_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"description": "something else"},
        {"amount": {"total": 1751}},
        {"notify_url": "http://127.0.0.1:9/elsewhere"},
        {"time_expire": "2036-01-01T00:00:00+08:00"},
    ],
)
def test_a_changed_request_under_the_same_number_is_refused(merchant: Any, box: Any, change: dict[str, Any]) -> None:
    order = merchant.order()
    merchant.prepay(order)

    answer = merchant.prepay(order | change)
    box.control.behaviour(reentry_code="OUT_TRADE_NO_USED")
    other_code = merchant.prepay(order | change)

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert answer.headers["Request-ID"].endswith("-268498688")
    assert (other_code.status_code, other_code.json()["code"]) == (403, "OUT_TRADE_NO_USED")


def test_a_paid_order_can_neither_be_opened_again_nor_closed(merchant: Any, box: Any) -> None:
    order = merchant.order()
    merchant.prepay(order)
    box.control.pay(order["out_trade_no"], notify=False)

    assert merchant.prepay(order).json()["code"] == "ORDERPAID"
    closing = merchant.close(order["out_trade_no"])
    assert (closing.status_code, closing.json()["code"]) == (400, "ORDERPAID")


def test_a_closed_order_stays_closed_and_closing_may_be_repeated(merchant: Any) -> None:
    order = merchant.order()
    merchant.prepay(order)

    assert [merchant.close(order["out_trade_no"]).status_code for _ in range(2)] == [204, 204]
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "CLOSED"
    assert merchant.prepay(order).json()["code"] == "ORDER_CLOSED"


def test_closing_an_unknown_number_is_204_and_querying_it_404(merchant: Any) -> None:
    assert merchant.close("never-seen").status_code == 204
    answer = merchant.query("never-seen")
    assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_EXIST")


def test_while_the_traveller_types_a_password_closing_is_put_off(merchant: Any, box: Any) -> None:
    out_trade_no, _ = merchant.opened()
    box.control.set_state(out_trade_no, "USERPAYING")

    answer = merchant.close(out_trade_no)

    assert (answer.status_code, answer.json()["code"]) == (202, "USER_PAYING")


def test_an_unpaid_order_is_closed_after_seven_days(merchant: Any, box: Any) -> None:
    out_trade_no, _ = merchant.opened()

    box.control.age(7 * 86400 + 1)

    assert merchant.query(out_trade_no).json()["trade_state"] == "CLOSED"


def test_a_time_to_pay_that_is_too_near_is_moved_not_refused(merchant: Any, box: Any) -> None:
    soon = (datetime.now(UTC).astimezone() + timedelta(seconds=5)).isoformat(timespec="seconds")

    out_trade_no, _ = merchant.opened(time_expire=soon)

    assert box.control.order(out_trade_no)["expires_at"] >= time.time() + 55


def test_the_platform_certificate_comes_sealed(merchant: Any) -> None:
    path = "/v3/certificates" if merchant.dialect == "mainland" else "/v3/global/certificates"

    listed = merchant.call("GET", path, headers={"Wechatpay-Serial": None}).json()["data"]

    certificate = x509.load_pem_x509_certificate(merchant.unseal(listed[0]["encrypt_certificate"]))
    assert listed[0]["serial_no"] == merchant.certificate_serial == f"{certificate.serial_number:X}"


def test_the_clock_of_wechat_can_be_put_forward(merchant: Any, box: Any) -> None:
    box.control.clock(3600)
    ahead = merchant.query("abcdef")
    assert ahead.status_code == 401
    assert parsedate_to_datetime(ahead.headers["Date"]).timestamp() == pytest.approx(time.time() + 3600, abs=5)
    box.control.clock(0)
    assert merchant.query("abcdef").status_code == 404
