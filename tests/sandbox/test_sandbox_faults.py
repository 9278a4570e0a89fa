"""Misbehaviour on demand, and the control API that orders it."""
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from shop.sandbox import ControlRefused


@pytest.mark.parametrize(
    ("status", "wish", "code"),
    [(429, {}, "FREQUENCY_LIMITED"), (500, {}, "SYSTEM_ERROR"), (500, {"code": "SYSTEMERROR"}, "SYSTEMERROR")],
)
def test_a_status_can_be_ordered_for_a_path_so_many_times(
    merchant: Any, box: Any, status: int, wish: dict[str, str], code: str
) -> None:
    box.control.fault("status", path=merchant.base, status=status, count=2, **wish)

    answers = [merchant.query("abcdef") for _ in range(3)]

    assert [one.status_code for one in answers] == [status, status, 404]
    assert answers[0].json()["code"] == code
    assert merchant.accepts(answers[0].headers, answers[0].content)


def test_a_bad_gateway_is_an_unsigned_page(merchant: Any, box: Any) -> None:
    box.control.fault("status", path="/v3/", status=502)

    answer = merchant.prepay()

    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Wechatpay-Signature" not in answer.headers


def test_an_error_after_the_change_hides_that_it_was_made(merchant: Any, box: Any) -> None:
    box.control.fault("status", path=f"{merchant.base}/jsapi", status=500, after=True)
    order = merchant.order()

    answer = merchant.prepay(order)

    assert (answer.status_code, answer.json()["code"]) == (500, "SYSTEM_ERROR")
    assert merchant.accepts(answer.headers, answer.content)
    assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "NOTPAY"


@pytest.mark.parametrize(("kind", "found"), [("drop_before", 404), ("drop_after", 200)])
def test_a_connection_is_dropped_before_or_after_the_change(merchant: Any, box: Any, kind: str, found: int) -> None:
    box.control.fault(kind, path=f"{merchant.base}/jsapi", method="POST")
    order = merchant.order()

    with pytest.raises(requests.ConnectionError):
        merchant.prepay(order)

    assert merchant.query(order["out_trade_no"]).status_code == found
    assert box.control.requests(merchant.base)[0]["status"] == 0


def test_an_answer_can_be_slow(merchant: Any, box: Any) -> None:
    box.control.fault("slow", path="/v3/", seconds=0.2)

    started = time.monotonic()
    merchant.query("abcdef")

    assert time.monotonic() - started >= 0.2


def test_an_answer_can_be_slow_when_the_change_is_made_already(merchant: Any, box: Any) -> None:
    box.control.fault("slow", path=f"{merchant.base}/jsapi", method="POST", seconds=0.5, after=True)
    order = merchant.order()

    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(merchant.prepay, order)
        while not box.control.requests(merchant.base):
            time.sleep(0.01)
        assert not answer.done()
        assert merchant.query(order["out_trade_no"]).json()["trade_state"] == "NOTPAY"
        assert answer.result(10).status_code == 200


@pytest.mark.parametrize("how", ["unknown_serial", "bad_signature", "signtest", "missing_headers", "stale"])
def test_an_answer_can_be_signed_wrongly_once(merchant: Any, box: Any, how: str) -> None:
    box.control.fault("sign", path="/v3/", signature=how)

    spoiled, honest = merchant.prepay(), merchant.prepay()

    assert spoiled.status_code == 200
    assert not merchant.accepts(spoiled.headers, spoiled.content)
    assert merchant.accepts(honest.headers, honest.content)
    assert spoiled.headers.get("Wechatpay-Signature", "").startswith("WECHATPAY/SIGNTEST/") == (how == "signtest")


def test_the_service_account_can_refuse_in_its_own_way(box: Any) -> None:
    box.control.fault("errcode", path="/cgi-bin/", errcode=45009, message="reach max api daily quota limit")

    answer = requests.get(f"{box.url}/cgi-bin/token", timeout=5)

    assert (answer.status_code, answer.json()["errcode"]) == (200, 45009)


def test_faults_are_listed_and_cleared(merchant: Any, box: Any) -> None:
    box.control.fault("status", path="/v3/", status=503, count=0)

    assert [merchant.query("abcdef").status_code for _ in range(3)] == [503, 503, 503]
    assert [one["kind"] for one in box.control.faults()] == ["status"]
    box.control.clear_faults()

    assert box.control.faults() == []
    assert merchant.query("abcdef").status_code == 404


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "explode"},
        {"kind": "status", "status": 200},
        {"kind": "sign"},
        {"kind": "status", "colour": "red"},
        {"kind": "status", "count": "two"},
        {"kind": "status", "count": True},
        {"kind": "slow", "seconds": -1},
        {"kind": "notice", "notice": {"delay": "soon"}},
        {"kind": "notice", "notice": 7},
        {"kind": "notice", "notice": {"copies": 0}},
        {"kind": "notice", "notice": {"colour": "red"}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(box: Any, wish: dict[str, Any]) -> None:
    with pytest.raises(ControlRefused, match="400"):
        box.control.fault(**wish)


def test_the_log_keeps_requests_but_no_secrets(merchant: Any, box: Any) -> None:
    order = merchant.order()
    merchant.prepay(order)
    merchant.prepay(order)
    numbers = merchant.numbers
    requests.get(
        f"{box.url}/cgi-bin/token",
        params={"grant_type": "client_credential", "appid": numbers.app_id, "secret": numbers.app_secret},
        timeout=5,
    )

    first, second = box.control.requests(f"{merchant.base}/jsapi")
    token = box.control.requests("/cgi-bin/token")[0]

    assert first["body_sha256"] == second["body_sha256"]
    assert first["nonce"] != second["nonce"]
    assert order["out_trade_no"] in first["body"]
    assert numbers.app_secret not in str(box.control.requests())
    assert "secret=***" in token["query"]
    assert '"access_token":"***"' in token["answer"]


def test_the_start_page_lists_orders(merchant: Any, box: Any) -> None:
    out_trade_no, prepay_id = merchant.opened()

    page = requests.get(box.url, timeout=5).text

    assert out_trade_no in page
    assert f"/phone/pay/{prepay_id}" in page


def test_reset_forgets_orders_faults_and_choices(merchant: Any, box: Any) -> None:
    merchant.opened()
    box.control.fault("status", count=0)
    box.control.behaviour(answers="certificate")

    box.control.reset()

    assert box.control.orders() == box.control.faults() == box.control.requests() == []
    assert box.control.behaviour()["answers"] == "public_key"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/speed", {"factor": "fast"}),
        ("/speed", {"factor": -1}),
        ("/clock", {}),
        ("/shop", {"url": "nowhere"}),
        ("/silent", {"traveller": "nobody"}),
        ("/behaviour", {"answers": "rubber stamp"}),
        ("/pay/none", {}),
        ("/travellers", {"name": "x"}),
        ("/faults", [1]),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(box: Any, path: str, body: Any) -> None:
    answer = requests.post(f"{box.url}/__control__{path}", json=body, timeout=5)

    assert answer.status_code in {400, 404}
    assert answer.json()["error"]
