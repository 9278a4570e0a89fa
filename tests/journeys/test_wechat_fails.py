"""WeChat Pay answers 500, late or not at all while a payment is being opened: the same number, the same bytes, one payment."""
from typing import Any

import pytest
from journeys.people import NotYet, Traveller, eventually
from journeys.running import Shop

pytestmark = pytest.mark.journey
PREPAY = "/v3/global/transactions/jsapi"


def opened(shop: Shop, body_part: str) -> list[dict[str, Any]]:
    """Every request to open a payment that carried this text, an order's number."""
    return [one for one in shop.wechat.requests(PREPAY) if body_part in one["body"]]


def press_until_it_opens(shop: Shop, traveller: Traveller, number: str) -> None:
    """The traveller presses again and again; then pays."""
    parameters = eventually(lambda: traveller.open_payment(number) or {})
    assert shop.wechat.launch(parameters)["err_msg"].endswith(":ok")
    eventually(lambda: traveller.state(number) == "paid")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500, "code": "SYSTEM_ERROR"},
        {"kind": "status", "status": 500, "code": "SYSTEM_ERROR", "after": True},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 429, "code": "FREQUENCY_LIMITED"},
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "sign", "signature": "bad_signature"},
        {"kind": "slow", "seconds": 1.5},
    ],
    ids=["500", "500 after it was done", "502", "429", "cut before", "cut after it was done", "forged answer", "slow"],
)
def test_a_payment_opens_under_one_number_and_is_paid_once_although_wechat_fails(
    shop: Shop, traveller: Traveller, fault: dict[str, Any]
) -> None:
    order = traveller.place({"JOURNEY-2": 1})
    shop.wechat.fault(**fault, path=PREPAY, method="POST", count=2)

    press_until_it_opens(shop, traveller, order["number"])

    asked = opened(shop, order["number"])
    assert len({one["body_sha256"] for one in asked}) == 1
    nonces = [one["nonce"] for one in asked if one["nonce"]]  # empty: refused before it was looked at
    assert len(set(nonces)) == len(nonces) >= 1
    mine = [one for one in shop.wechat.orders() if order["number"] in str(one["asked"]["description"])]
    assert [one["trade_state"] for one in mine] == ["SUCCESS"]


def test_a_wechat_that_stays_away_is_told_to_the_traveller_and_the_order_waits(shop: Shop, traveller: Traveller) -> None:
    order = traveller.place({"JOURNEY-2": 1})
    shop.wechat.fault("status", path=PREPAY, status=503, count=0)

    with pytest.raises(NotYet, match="502.*pay_unavailable"):
        traveller.open_payment(order["number"])
    assert traveller.state(order["number"]) == "awaiting_payment"

    shop.wechat.clear_faults()
    press_until_it_opens(shop, traveller, order["number"])


def test_an_order_is_not_cancelled_while_wechat_cannot_say_whether_it_is_paid(shop: Shop, traveller: Traveller) -> None:
    order = traveller.place({"JOURNEY-2": 1})
    assert traveller.open_payment(order["number"])
    shop.wechat.fault("status", path="/v3/global/transactions/out-trade-no", status=503, count=0)

    with pytest.raises(NotYet, match="502.*pay_unavailable"):
        traveller.call("POST", f"/orders/{order['number']}/cancel")
    assert traveller.state(order["number"]) == "awaiting_payment"

    shop.wechat.clear_faults()
    assert traveller.call("POST", f"/orders/{order['number']}/cancel").json()["state"] == "cancelled"
