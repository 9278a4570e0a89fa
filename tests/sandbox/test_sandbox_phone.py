"""The phone: what it demands of the six JSAPI parameters, and what the traveller may do."""
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

OK = {"err_msg": "get_brand_wcpay_request:ok"}
CANCEL = {"err_msg": "get_brand_wcpay_request:cancel"}
FAIL = "get_brand_wcpay_request:fail"


def test_paying_on_the_phone_settles_the_order_and_tells_the_shop(
    merchant: Any, box: Any, shop: Any, eventually: Any
) -> None:
    out_trade_no, prepay_id = merchant.opened(notify_url=shop.url)

    assert box.control.launch(merchant.jsapi(prepay_id), openid=merchant.openid) == OK

    assert box.control.order(out_trade_no)["trade_state"] == "SUCCESS"
    assert merchant.content(eventually(lambda: shop.got)[0])["out_trade_no"] == out_trade_no


@pytest.mark.parametrize(("decision", "heard"), [("cancel", CANCEL), ("ok_without_payment", OK)])
def test_cancelling_and_lying_change_nothing(
    merchant: Any, box: Any, shop: Any, decision: str, heard: dict[str, str]
) -> None:
    out_trade_no, prepay_id = merchant.opened(notify_url=shop.url)

    assert box.control.launch(merchant.jsapi(prepay_id), decision) == heard

    assert box.control.order(out_trade_no)["trade_state"] == "NOTPAY"
    assert box.control.notices_waiting() == 0
    assert shop.got == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"paySign": "AAAA"},
        {"signType": "MD5"},
        {"timeStamp": str(int(time.time() * 1000))},
        {"timeStamp": int(time.time())},
        {"package": "wx123"},
        {"package": "prepay_id=wx123"},
        {"nonceStr": ""},
        {"nonceStr": "x" * 33},
        {"appId": None},
    ],
)
def test_parameters_that_are_wrong_fail_and_say_why(crossborder: Any, box: Any, wrong: dict[str, Any]) -> None:
    _, prepay_id = crossborder.opened()

    heard = box.control.launch({**crossborder.jsapi(prepay_id), **wrong})

    assert heard["err_msg"] == FAIL
    assert heard["err_desc"]


def test_the_app_id_must_be_the_one_that_yielded_the_openid(crossborder: Any, box: Any) -> None:
    _, prepay_id = crossborder.opened()

    assert box.control.launch(crossborder.jsapi(prepay_id, appId=crossborder.numbers.sp_app_id))["err_msg"] == FAIL


def test_only_the_traveller_who_ordered_can_pay(crossborder: Any, box: Any) -> None:
    _, prepay_id = crossborder.opened()

    assert box.control.launch(crossborder.jsapi(prepay_id), openid="oSomebodyElse")["err_msg"] == FAIL


def test_an_order_is_paid_once(crossborder: Any, box: Any) -> None:
    order = crossborder.order()
    first, second = (crossborder.prepay(order).json()["prepay_id"] for _ in range(2))

    assert box.control.launch(crossborder.jsapi(first)) == OK
    assert box.control.launch(crossborder.jsapi(second))["err_desc"] == "该订单已支付"


def test_a_closed_order_cannot_be_paid(crossborder: Any, box: Any) -> None:
    out_trade_no, prepay_id = crossborder.opened()
    crossborder.close(out_trade_no)

    assert box.control.launch(crossborder.jsapi(prepay_id))["err_desc"] == "该订单已关闭"


def test_a_prepay_id_lives_two_hours_and_the_same_request_gives_a_new_one(crossborder: Any, box: Any) -> None:
    order = crossborder.order()
    old = crossborder.prepay(order).json()["prepay_id"]

    box.control.age(2 * 3600 + 1)

    assert box.control.launch(crossborder.jsapi(old))["err_desc"] == "prepay_id已过期"
    assert box.control.launch(crossborder.jsapi(crossborder.prepay(order).json()["prepay_id"])) == OK


def test_after_its_time_an_order_cannot_be_paid_but_is_not_closed(crossborder: Any, box: Any) -> None:
    beijing = timezone(timedelta(hours=8))
    until = (datetime.now(beijing) + timedelta(minutes=10)).isoformat(timespec="seconds")
    out_trade_no, prepay_id = crossborder.opened(time_expire=until)

    box.control.age(601)

    assert box.control.launch(crossborder.jsapi(prepay_id))["err_msg"] == FAIL
    assert crossborder.query(out_trade_no).json()["trade_state"] == "NOTPAY"


def test_rubbish_on_the_phone_is_refused(box: Any) -> None:
    assert requests.post(f"{box.url}/phone/pay", data=b"{", timeout=5).status_code == 400
    assert requests.post(f"{box.url}/phone/pay", json={"decision": "steal"}, timeout=5).status_code == 400


def test_the_payment_page_shows_merchant_and_amount_and_takes_the_decision(crossborder: Any, box: Any) -> None:
    out_trade_no, prepay_id = crossborder.opened(description="<b>免税</b>")
    address = f"{box.url}/phone/pay/{prepay_id}"

    page = requests.get(address, timeout=5).text
    cancelled = requests.post(address, data={"decision": "cancel"}, timeout=5).text
    paid = requests.post(address, data={"decision": "pay"}, timeout=5).text

    assert "法兰克福机场免税店" in page
    assert "¥137.38" in page
    assert "€17.50" in page
    assert "<b>免税" not in page
    assert "已取消支付" in cancelled
    assert "支付成功" in paid
    assert box.control.order(out_trade_no)["trade_state"] == "SUCCESS"
    assert requests.get(address, timeout=5).status_code == 409
    assert requests.get(f"{box.url}/phone/pay/wx0", timeout=5).status_code == 404
