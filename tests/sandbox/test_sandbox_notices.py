"""Payment notices: sealed, signed, repeated by the timetable, and wrong on demand."""
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from shop.sandbox import ControlRefused
from shop.sandbox.notices import WAITS

Wait = Callable[[Callable[[], Any]], Any]


def paid(merchant: Any, shop: Any, **more: Any) -> str:
    """A paid order whose notices come to `shop`; none has been sent."""
    out_trade_no, _ = merchant.opened(notify_url=f"{shop.url}/notice", **more)
    merchant.box.control.pay(out_trade_no, notify=False)
    return str(out_trade_no)


def test_paying_sends_a_signed_notice_that_only_the_merchant_can_read(
    merchant: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    out_trade_no, _ = merchant.opened(notify_url=f"{shop.url}/notice", attach="a")

    box.control.pay(out_trade_no)
    notice = eventually(lambda: shop.got)[0]

    body = json.loads(notice.body)
    assert notice.path == "/notice"
    assert merchant.accepts(notice.headers, notice.body)
    assert notice.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
    assert body["event_type"] == "TRANSACTION.SUCCESS"
    assert body["resource_type"] == "encrypt-resource"
    assert len(body["id"]) <= 36
    assert len(body["resource"]["nonce"]) == 12
    assert body["resource"]["nonce"] != notice.headers["Wechatpay-Nonce"]
    assert merchant.content(notice) == merchant.query(out_trade_no).json()


def test_the_key_that_signs_notices_can_change_between_two(crossborder: Any, box: Any, shop: Any) -> None:
    out_trade_no = paid(crossborder, shop)

    box.control.send_notice(out_trade_no)
    box.control.behaviour(notices="certificate")
    box.control.send_notice(out_trade_no)

    serials = [one.headers["Wechatpay-Serial"] for one in shop.got]
    assert serials == [crossborder.key_id, crossborder.certificate_serial]
    assert all(crossborder.accepts(one.headers, one.body) for one in shop.got)


def test_a_refused_notice_comes_again_with_the_same_id_and_a_new_signature(
    crossborder: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    shop.statuses = [500, 401, 200]
    box.control.speed(0.001)
    out_trade_no, _ = crossborder.opened(notify_url=shop.url)

    box.control.pay(out_trade_no)
    eventually(lambda: [one for one in box.control.notices(out_trade_no) if one["accepted"]])

    assert [one["status"] for one in box.control.notices(out_trade_no)] == [500, 401, 200]
    assert len({json.loads(one.body)["id"] for one in shop.got}) == 1
    assert len({one.headers["Wechatpay-Nonce"] for one in shop.got}) == 3
    assert box.control.notices_waiting() == 0


def test_a_notice_is_tried_sixteen_times_by_the_timetable_and_then_given_up(
    crossborder: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    shop.statuses = [503] * 20
    box.control.speed(0.00001)
    out_trade_no, _ = crossborder.opened(notify_url=shop.url)

    box.control.pay(out_trade_no)
    eventually(lambda: len(shop.got) == 16 and box.control.notices_waiting() == 0)

    waited = [later.at - earlier.at for earlier, later in zip(shop.got[:-1], shop.got[1:], strict=True)]
    assert all(real >= planned * 0.00001 for real, planned in zip(waited, WAITS, strict=True))
    assert sum(WAITS) == 24 * 3600 + 4 * 60


def test_a_redirect_or_another_2xx_does_not_count_as_accepted(crossborder: Any, box: Any, shop: Any) -> None:
    shop.statuses = [302, 201]
    out_trade_no = paid(crossborder, shop)

    box.control.send_notice(out_trade_no, copies=2)

    assert [one["accepted"] for one in box.control.notices(out_trade_no)] == [False, False]


def test_a_shop_that_cannot_be_reached_is_logged(crossborder: Any, box: Any) -> None:
    out_trade_no, _ = crossborder.opened(notify_url="http://127.0.0.1:9/notice")
    box.control.pay(out_trade_no, notify=False)

    assert box.control.send_notice(out_trade_no) == [None]
    assert box.control.notices(out_trade_no)[0]["error"] == "ConnectionError"


def test_an_answer_that_comes_too_late_does_not_count(crossborder: Any, box: Any, shop: Any) -> None:
    shop.wait = 0.4
    out_trade_no = paid(crossborder, shop)
    box.control.speed(0.01, patience=0.2)

    assert box.control.send_notice(out_trade_no) == [None]
    assert box.control.notices(out_trade_no)[0]["error"] == "ReadTimeout"


def test_copies_can_come_all_at_once(crossborder: Any, box: Any, shop: Any) -> None:
    shop.wait = 0.2
    out_trade_no = paid(crossborder, shop)

    started = time.monotonic()
    statuses = box.control.send_notice(out_trade_no, copies=10, together=True)

    assert statuses == [204] * 10
    assert time.monotonic() - started < 1.5
    assert len({json.loads(one.body)["id"] for one in shop.got}) == 1


def test_copies_can_be_notices_of_their_own(crossborder: Any, box: Any, shop: Any) -> None:
    box.control.send_notice(paid(crossborder, shop), copies=3, new_ids=True)

    assert len({json.loads(one.body)["id"] for one in shop.got}) == 3


def test_the_next_notice_can_be_doubled_lost_or_late(crossborder: Any, box: Any, shop: Any, eventually: Wait) -> None:
    doubled, lost, late = (crossborder.opened(notify_url=shop.url)[0] for _ in range(3))
    box.control.next_notice(out_trade_no=doubled, copies=2)
    box.control.next_notice(out_trade_no=lost, lose=True)
    box.control.next_notice(out_trade_no=late, delay=0.3)

    started = time.monotonic()
    for one in (doubled, lost, late):
        box.control.pay(one)
    eventually(lambda: len(shop.got) == 3)

    assert [crossborder.content(one)["out_trade_no"] for one in shop.got] == [doubled, doubled, late]
    assert shop.got[-1].at - started >= 0.3
    assert box.control.notices(lost)[0]["error"] == "lost on purpose"


def test_notices_can_come_in_the_wrong_order(crossborder: Any, box: Any, shop: Any, eventually: Wait) -> None:
    first, second = (crossborder.opened(notify_url=shop.url)[0] for _ in range(2))
    box.control.next_notice(count=2, hold=2)

    box.control.pay(first)
    held = box.control.notices_waiting()
    box.control.pay(second)
    eventually(lambda: len(shop.got) == 2)

    assert held == 1
    assert [crossborder.content(one)["out_trade_no"] for one in shop.got] == [second, first]


def test_held_notices_can_be_let_go(crossborder: Any, box: Any, shop: Any, eventually: Wait) -> None:
    box.control.next_notice(hold=5)
    box.control.pay(crossborder.opened(notify_url=shop.url)[0])

    assert box.control.release_notices() == 1
    eventually(lambda: shop.got)


@pytest.mark.parametrize(
    ("wrong", "path", "value"),
    [
        ({"amount": 1}, ("amount", "total"), 1),
        ({"currency": "USD"}, ("amount", "currency"), "USD"),
        ({"mchid": "1230000109"}, ("mchid",), "1230000109"),
        ({"trade_state": "NOTPAY"}, ("trade_state",), "NOTPAY"),
    ],
)
def test_the_content_can_be_wrong_under_a_good_signature(
    merchant: Any, box: Any, shop: Any, wrong: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    box.control.send_notice(paid(merchant, shop), **wrong)

    content = merchant.content(shop.got[0])
    if path == ("mchid",) and merchant.dialect == "crossborder":
        path = ("sub_mchid",)
    for name in path:
        content = content[name]
    assert content == value
    assert merchant.accepts(shop.got[0].headers, shop.got[0].body)


@pytest.mark.parametrize("how", ["unknown_serial", "bad_signature", "signtest", "missing_headers", "stale"])
def test_a_notice_can_be_signed_wrongly(crossborder: Any, box: Any, shop: Any, how: str) -> None:
    box.control.send_notice(paid(crossborder, shop), signature=how)

    assert not crossborder.accepts(shop.got[0].headers, shop.got[0].body)


@pytest.mark.parametrize("how", ["tamper", "wrong_key"])
def test_a_notice_can_be_unreadable_under_a_good_signature(crossborder: Any, box: Any, shop: Any, how: str) -> None:
    box.control.send_notice(paid(crossborder, shop), **{how: True})

    assert crossborder.accepts(shop.got[0].headers, shop.got[0].body)
    with pytest.raises(InvalidTag):
        crossborder.content(shop.got[0])


def test_after_a_probe_the_real_notice_follows(crossborder: Any, box: Any, shop: Any, eventually: Wait) -> None:
    shop.statuses = [401]
    box.control.speed(0.001)
    box.control.next_notice(signature="signtest")

    box.control.pay(crossborder.opened(notify_url=shop.url)[0])
    eventually(lambda: len(shop.got) == 2)

    assert [crossborder.accepts(one.headers, one.body) for one in shop.got] == [False, True]


def test_there_is_no_notice_of_an_order_that_is_not_paid(crossborder: Any, box: Any) -> None:
    out_trade_no, _ = crossborder.opened()

    with pytest.raises(ControlRefused, match="409"):
        box.control.send_notice(out_trade_no)
    box.control.pay(out_trade_no, notify=False)
    with pytest.raises(ControlRefused, match="409"):
        box.control.pay(out_trade_no)
