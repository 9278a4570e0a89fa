"""Refunds as the shop meets them: what is accepted, what is refused, how they end, and what the notices say."""
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from shop.sandbox import ControlRefused

EMOJI = "\N{SMILING FACE WITH SUNGLASSES}"
Wait = Callable[[Callable[[], Any]], Any]


@pytest.fixture(autouse=True)
def quick(box: Any) -> None:
    """Refunds that end only when somebody says so, and follow each other at once."""
    box.control.behaviour(refund_seconds=60, refund_gap_seconds=0)


def paid(merchant: Any, coupon: int = 0, **more: Any) -> str:
    out_trade_no, _ = merchant.opened(**more)
    merchant.box.control.pay(out_trade_no, notify=False, coupon=coupon)
    return str(out_trade_no)


def accepted(merchant: Any, out_trade_no: str, amount: int = 1750, **changes: Any) -> str:
    """A refund under way: its number."""
    body = merchant.refund_body(out_trade_no, amount, **changes)
    answer = merchant.refund(body)
    assert answer.status_code == 200, answer.text
    return str(body["out_refund_no"])


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- the good way --------------------------------------------------------------------------------------------------


def test_a_refund_is_taken_on_processed_and_arrives(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)

    no = accepted(merchant, out_trade_no)
    under_way = merchant.find_refund(no).json()
    box.control.end_refund(no)
    done = merchant.find_refund(no).json()

    assert under_way["status"] == "PROCESSING"
    assert "success_time" not in under_way
    assert done["status"] == "SUCCESS"
    assert done["success_time"]
    assert done["out_trade_no"] == out_trade_no
    assert merchant.query(out_trade_no).json()["trade_state"] == "REFUND"
    assert merchant.accepts(merchant.find_refund(no).headers, merchant.find_refund(no).content)


def test_the_mainland_answer_has_its_own_names_and_splits_the_amount(mainland: Any, box: Any) -> None:
    out_trade_no = paid(mainland, coupon=50)

    answer = mainland.refund(mainland.refund_body(out_trade_no, 1000)).json()

    assert answer["refund_id"].startswith("50")
    assert answer["user_received_account"]
    assert answer["status"] == "PROCESSING"
    assert answer["amount"] == {
        "total": 1750, "refund": 1000, "payer_total": 1700, "payer_refund": 971, "settlement_refund": 1000,
        "settlement_total": 1750, "discount_refund": 29, "currency": "CNY", "refund_fee": 0,
    }


def test_the_crossborder_answer_says_no_state_and_the_query_does(crossborder: Any, box: Any) -> None:
    out_trade_no = paid(crossborder)

    body = crossborder.refund_body(out_trade_no, 1750)
    answer = crossborder.refund(body).json()
    found = crossborder.find_refund(body["out_refund_no"]).json()
    by_id = crossborder.call("GET", f"/v3/global/refunds/id/{answer['id']}?{crossborder.owner_query}").json()

    assert set(answer) == {"id", "out_refund_no", "create_time", "amount"}
    assert answer["amount"]["payer_refund"] == 13738
    assert answer["amount"]["payer_currency"] == "CNY"
    assert answer["amount"]["exchange_rate"]["rate"] == 785_000_000
    assert found["recv_account"]
    assert found == by_id
    assert "refund_id" not in found


def test_the_shares_of_the_traveller_add_up_to_what_they_paid(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant, amount={"total": 1000, "currency": "CNY"}, coupon=1)

    for part in (333, 333, 334):
        accepted(merchant, out_trade_no, part, total=1000, currency="CNY")

    assert sum(one["payer_refund"] for one in box.control.refunds(out_trade_no)) == 999


def test_a_refund_ends_by_itself_after_its_time(merchant: Any, box: Any, eventually: Wait) -> None:
    box.control.behaviour(refund_seconds=0.1)
    no = accepted(merchant, paid(merchant))

    eventually(lambda: box.control.refund(no)["status"] == "SUCCESS")


def test_the_same_request_again_is_the_same_refund(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)
    body = merchant.refund_body(out_trade_no, 500)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: merchant.refund(body), range(4)))

    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert len(box.control.refunds(out_trade_no)) == 1


def test_another_request_under_the_same_number_is_refused(merchant: Any) -> None:
    out_trade_no = paid(merchant)
    body = merchant.refund_body(out_trade_no, 500)
    merchant.refund(body)

    answer = merchant.refund(body | {"reason": "another"})

    expected = (400, "PARAM_ERROR") if merchant.dialect == "mainland" else (403, "OUT_REFUND_NO_USED")
    assert code_of(answer) == expected


def test_an_order_can_be_named_by_wechats_number_and_by_both_if_they_agree(merchant: Any, box: Any) -> None:
    first, second = paid(merchant), paid(merchant)
    number = box.control.order(first)["transaction_id"]

    alone = merchant.refund(merchant.refund_body(None, 100, transaction_id=number))
    both = merchant.refund(merchant.refund_body(first, 100, transaction_id=number))
    torn = merchant.refund(merchant.refund_body(second, 100, transaction_id=number))

    assert (alone.status_code, both.status_code) == (200, 200)
    assert code_of(torn) == (400, "PARAM_ERROR")


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"reason": None},
        {"reason": "x" * 81},
        {"reason": EMOJI},
        {"out_refund_no": "a b"},
        {"out_refund_no": "R" * 65},
        {"out_refund_no": ""},
        {"out_trade_no": 7},
        {"notify_url": "http://127.0.0.1:9/x?y=1"},
        {"amount": {"refund": 1, "total": 1750}},
        {"amount": {"refund": 0, "total": 1750, "currency": "CNY"}},
        {"amount": {"refund": 1.5, "total": 1750, "currency": "CNY"}},
        {"amount": {"refund": 1, "total": 1750, "currency": "USD"}},
    ],
)
def test_a_request_that_is_not_as_documented_is_refused(merchant: Any, change: dict[str, Any]) -> None:
    body = merchant.refund_body(paid(merchant), 100) | change

    assert code_of(merchant.refund(body)) == (400, "PARAM_ERROR")


def test_a_mainland_refund_names_no_merchant_and_a_crossborder_one_both(mainland: Any, crossborder: Any) -> None:
    body = mainland.refund_body("T123456", 1) | {"mchid": mainland.mchid}
    foreign = crossborder.refund_body("T123456", 1) | {"sub_mchid": "1230000109"}
    nameless = crossborder.refund_body("T123456", 1)
    del nameless["sp_mchid"]

    assert code_of(mainland.refund(body)) == (400, "PARAM_ERROR")
    assert code_of(crossborder.refund(foreign)) == (400, "MCH_NOT_EXISTS")
    assert code_of(crossborder.refund(nameless)) == (400, "PARAM_ERROR")
    assert code_of(crossborder.refund({**crossborder.refund_body(None, 1)})) == (400, "PARAM_ERROR")


def test_the_amounts_must_fit_the_order(merchant: Any) -> None:
    out_trade_no = paid(merchant)
    other = "EUR" if merchant.dialect == "mainland" else "CNY"

    wrong_total = merchant.refund(merchant.refund_body(out_trade_no, 100, total=1751))
    wrong_currency = merchant.refund(merchant.refund_body(out_trade_no, 100, currency=other))
    accepted(merchant, out_trade_no, 1700)
    too_much = merchant.refund(merchant.refund_body(out_trade_no, 51))
    rest = merchant.refund(merchant.refund_body(out_trade_no, 50))

    assert code_of(wrong_total) == (400, "INVALID_REQUEST")
    assert code_of(wrong_currency) == (400, "PARAM_ERROR")
    assert code_of(too_much) == (400, "INVALID_REQUEST")
    assert too_much.json()["detail"]["issue"] == "refund exceeds what is left"
    assert rest.status_code == 200


def test_refunds_at_the_same_moment_never_exceed_the_payment(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)

    def ask(_: int) -> int:
        return int(merchant.refund(merchant.refund_body(out_trade_no, 500)).status_code)

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(ask, range(6)))

    assert statuses == [200, 200, 200, 400, 400, 400]
    assert sum(one["amount"] for one in box.control.refunds(out_trade_no)) == 1500


def test_what_is_unknown_or_unpaid_cannot_be_refunded(merchant: Any) -> None:
    open_order, _ = merchant.opened()

    assert code_of(merchant.refund(merchant.refund_body("never-seen", 1))) == (404, "RESOURCE_NOT_EXISTS")
    assert code_of(merchant.refund(merchant.refund_body(open_order, 1))) == (400, "INVALID_REQUEST")
    assert code_of(merchant.find_refund("never-seen")) == (404, "RESOURCE_NOT_EXISTS")


def test_between_two_refunds_of_an_order_a_minute_must_pass(merchant: Any, box: Any) -> None:
    box.control.behaviour(refund_gap_seconds=60)
    out_trade_no = paid(merchant)
    accepted(merchant, out_trade_no, 100)
    second = merchant.refund_body(out_trade_no, 100)

    too_soon = merchant.refund(second)
    box.control.behaviour(refund_too_soon="BIZERR_NEED_RETRY")
    other_code = merchant.refund(second)
    box.control.age(60)

    assert code_of(too_soon) == (429, "FREQUENCY_LIMITED")
    assert code_of(other_code) == (400, "BIZERR_NEED_RETRY")
    assert merchant.refund(second).status_code == 200


def test_an_order_is_refunded_in_fifty_parts_at_most(crossborder: Any) -> None:
    out_trade_no = paid(crossborder)

    statuses = [crossborder.refund(crossborder.refund_body(out_trade_no, 1)).status_code for _ in range(51)]

    assert statuses == [200] * 50 + [400]


def test_after_a_year_nothing_is_refunded(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)

    box.control.age(365 * 86400 + 5)
    answer = merchant.refund(merchant.refund_body(out_trade_no, 100))

    expected = (400, "INVALID_REQUEST") if merchant.dialect == "mainland" else (403, "TRADE_OVERDUE")
    assert code_of(answer) == expected


# --- funds ---------------------------------------------------------------------------------------------------------


def test_crossborder_only_what_came_in_today_pays_refunds(crossborder: Any, box: Any) -> None:
    box.control.behaviour(funds="same_day")
    yesterdays = paid(crossborder)
    box.control.age(86400)
    body = crossborder.refund_body(yesterdays, 1750)

    empty = crossborder.refund(body)
    paid(crossborder, amount={"total": 1000, "currency": "EUR"})
    too_little = crossborder.refund(body)
    box.control.top_up(750)
    enough = crossborder.refund(body)

    assert code_of(empty) == code_of(too_little) == (403, "NOT_ENOUGH")
    assert enough.status_code == 200
    assert box.control.funds()["of_today"] == -750


def test_a_refusal_for_want_of_funds_leaves_nothing_behind(crossborder: Any, box: Any) -> None:
    box.control.behaviour(funds=0)
    out_trade_no = paid(crossborder)
    body = crossborder.refund_body(out_trade_no, 100)

    crossborder.refund(body)

    assert crossborder.find_refund(body["out_refund_no"]).status_code == 404
    assert crossborder.query(out_trade_no).json()["trade_state"] == "SUCCESS"


def test_a_purse_of_so_much_empties_and_a_closed_refund_fills_it_again(merchant: Any, box: Any) -> None:
    box.control.behaviour(funds=1750)
    out_trade_no = paid(merchant)
    no = accepted(merchant, out_trade_no)

    other = merchant.refund_body(paid(merchant), 1)
    refused = merchant.refund(other)
    box.control.end_refund(no, "CLOSED")

    assert code_of(refused) == (403, "NOT_ENOUGH")
    assert box.control.funds()["funds"] == 1750
    assert merchant.refund(other).status_code == 200


# --- other ends ----------------------------------------------------------------------------------------------------


def test_a_closed_refund_frees_the_amount_and_only_a_new_number_helps(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)
    body = merchant.refund_body(out_trade_no, 1750)
    merchant.refund(body)

    box.control.end_refund(body["out_refund_no"], "CLOSED")
    found = merchant.find_refund(body["out_refund_no"]).json()["status"]
    box.control.behaviour(refund_closed="CLOSED")
    renamed = merchant.find_refund(body["out_refund_no"]).json()["status"]
    again = merchant.refund(body)
    accepted(merchant, out_trade_no)

    assert found == ("CLOSED" if merchant.dialect == "mainland" else "REFUNDCLOSE")
    assert renamed == "CLOSED"
    assert again.status_code == 200
    assert [one["status"] for one in box.control.refunds(out_trade_no)] == ["CLOSED", "PROCESSING"]


def test_the_end_of_the_next_refund_can_be_planned(merchant: Any, box: Any) -> None:
    box.control.behaviour(refund_seconds=0)
    box.control.next_refund("ABNORMAL", out_refund_no="R-abnormal-1")
    box.control.next_refund("CLOSED")
    out_trade_no = paid(merchant)

    ends = [
        box.control.refund(accepted(merchant, out_trade_no, 10, out_refund_no=no))["status"]
        for no in ("R-plain-closed", "R-abnormal-1", "R-plain-again")
    ]

    assert ends == ["CLOSED", "ABNORMAL", "SUCCESS"]


def test_an_abnormal_refund_can_be_sent_to_the_merchants_own_account(mainland: Any, box: Any) -> None:
    no = accepted(mainland, paid(mainland))
    refund_id = mainland.find_refund(no).json()["refund_id"]
    path = f"/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund"
    body = {"out_refund_no": no, "type": "MERCHANT_BANK_CARD"}

    too_soon = mainland.call("POST", path, body)
    box.control.end_refund(no, "ABNORMAL")
    incomplete = mainland.call("POST", path, {**body, "type": "USER_BANK_CARD"})
    unknown = mainland.call("POST", path, {**body, "out_refund_no": "other"})
    taken = mainland.call("POST", path, body)
    again = mainland.call("POST", path, body)

    assert code_of(too_soon) == (400, "INVALID_REQUEST")
    assert code_of(incomplete) == (400, "PARAM_ERROR")
    assert code_of(unknown) == (404, "RESOURCE_NOT_EXISTS")
    assert taken.json()["status"] == "PROCESSING"
    assert again.json() == taken.json()


# --- faults --------------------------------------------------------------------------------------------------------


def refund_path(merchant: Any) -> str:
    return "/v3/refund/domestic/refunds" if merchant.dialect == "mainland" else "/v3/global/refunds"


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        ({"kind": "drop_before"}, False),
        ({"kind": "drop_after"}, True),
        ({"kind": "status", "status": 429}, False),
        ({"kind": "status", "status": 500, "after": True}, True),
        ({"kind": "status", "status": 502}, False),
        ({"kind": "sign", "signature": "signtest"}, True),
    ],
)
def test_a_refund_call_can_fail_with_or_without_the_refund_being_made(
    merchant: Any, box: Any, fault: dict[str, Any], made: bool
) -> None:
    box.control.fault(**fault, path=refund_path(merchant), method="POST")
    body = merchant.refund_body(paid(merchant), 100)

    try:
        first = merchant.refund(body)
    except requests.ConnectionError:
        first = None
    found = merchant.find_refund(body["out_refund_no"])

    assert (found.status_code == 200) is made
    assert first is None or first.status_code != 200 or not merchant.accepts(first.headers, first.content)
    assert merchant.refund(body).status_code == 200
    assert len(box.control.refunds()) == 1


def test_the_travellers_account_may_be_gone(merchant: Any, box: Any) -> None:
    box.control.fault("status", path=refund_path(merchant), status=403, code="USER_ACCOUNT_ABNORMAL")

    assert code_of(merchant.refund(merchant.refund_body(paid(merchant), 1))) == (403, "USER_ACCOUNT_ABNORMAL")


# --- notices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_the_end_of_a_refund_is_told_in_a_sealed_notice(
    merchant: Any, box: Any, shop: Any, eventually: Wait, status: str
) -> None:
    no = accepted(merchant, paid(merchant), 700, notify_url=f"{shop.url}/refunds")

    box.control.end_refund(no, status)
    notice = eventually(lambda: shop.got)[0]

    body = json.loads(notice.body)
    content = merchant.content(notice)
    assert notice.path == "/refunds"
    assert merchant.accepts(notice.headers, notice.body)
    assert body["event_type"] == f"REFUND.{status}"
    assert body["resource"]["original_type"] == "refund"
    assert content["out_refund_no"] == no
    assert content["refund_id"]
    assert content["amount"]["refund"] == 700
    assert ("sub_mchid" in content) == (merchant.dialect == "crossborder")
    closed = "CLOSED" if merchant.dialect == "mainland" else "REFUNDCLOSE"
    assert content["refund_status"] == (closed if status == "CLOSED" else status)


def test_a_refund_without_an_address_is_told_to_nobody(merchant: Any, box: Any) -> None:
    no = accepted(merchant, paid(merchant))

    box.control.end_refund(no)

    assert box.control.notices() == []
    with pytest.raises(ControlRefused, match="409"):
        box.control.send_refund_notice(no)


def test_notices_of_refunds_can_be_doubled_late_lost_and_come_again(
    merchant: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    shop.statuses = [500]
    box.control.speed(0.001)
    out_trade_no = paid(merchant)
    doubled, late, lost = (accepted(merchant, out_trade_no, 10, notify_url=shop.url) for _ in range(3))
    box.control.next_refund_notice(out_refund_no=doubled, copies=2)
    box.control.next_refund_notice(out_refund_no=late, delay=0.3, lose_tries=1)
    box.control.next_refund_notice(out_refund_no=lost, lose=True)

    for no in (doubled, late, lost):
        box.control.end_refund(no)
    eventually(lambda: len(shop.got) == 4 and box.control.notices_waiting() == 0)

    assert [merchant.content(one)["out_refund_no"] for one in shop.got].count(doubled) == 3
    log = {no: [one for one in box.control.notices(out_trade_no) if one["out_refund_no"] == no] for no in (late, lost)}
    assert [one["error"] for one in log[late]] == ["lost on purpose", ""]
    assert [one["error"] for one in log[lost]] == ["lost on purpose"]


def test_a_fault_for_payment_notices_leaves_refund_notices_alone(
    merchant: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    box.control.next_notice(lose=True)
    no = accepted(merchant, paid(merchant), notify_url=shop.url)

    box.control.end_refund(no)

    assert eventually(lambda: shop.got)
    assert [one["event"] for one in box.control.faults()] == ["payment"]


def test_a_notice_of_a_refund_can_be_wrong(merchant: Any, box: Any, shop: Any) -> None:
    no = accepted(merchant, paid(merchant), 700, notify_url=shop.url)
    box.control.end_refund(no, notify=False)

    box.control.send_refund_notice(no, refund=1, trade_state="ABNORMAL")
    box.control.send_refund_notice(no, signature="stale")

    assert merchant.content(shop.got[0])["amount"]["refund"] == 1
    assert merchant.content(shop.got[0])["refund_status"] == "ABNORMAL"
    assert not merchant.accepts(shop.got[1].headers, shop.got[1].body)


def test_forged_copies_come_beside_the_genuine_notice_and_are_not_repeated(
    merchant: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    shop.statuses = [401, 401, 204]
    box.control.speed(0.001)
    no = accepted(merchant, paid(merchant), 700, notify_url=shop.url)
    box.control.next_refund_notice(forged=2, forgery="bad_signature")

    box.control.end_refund(no)
    eventually(lambda: len(shop.got) >= 3 and box.control.notices_waiting() == 0)

    genuine = [one for one in shop.got if merchant.accepts(one.headers, one.body)]
    assert len(shop.got) - len(genuine) == 2
    assert all(merchant.content(one)["amount"]["total"] == 1750 for one in genuine)
    assert sum(one["forged"] for one in box.control.notices()) == 2


def test_a_late_notice_of_the_payment_still_tells_of_a_payment(merchant: Any, box: Any, shop: Any) -> None:
    out_trade_no = paid(merchant, notify_url=shop.url)
    accepted(merchant, out_trade_no)

    box.control.send_notice(out_trade_no)

    assert merchant.content(shop.got[0])["trade_state"] == "SUCCESS"


# --- what was taken and given back ---------------------------------------------------------------------------------


def test_the_money_list_says_what_was_paid_and_what_went_back(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)
    merchant.opened()
    done, under_way, closed = (accepted(merchant, out_trade_no, part) for part in (500, 300, 200))
    box.control.end_refund(done)
    box.control.end_refund(closed, "CLOSED")

    money = box.control.money()

    assert len(money["orders"]) == 1
    one = money["orders"][0]
    assert (one["paid"], one["refunded"], one["under_way"]) == (1750, 500, 300)
    assert [part["status"] for part in one["refunds"]] == ["SUCCESS", "PROCESSING", "CLOSED"]
    assert money["sums"][one["currency"]] == {"payments": 1, "paid": 1750, "refunded": 500, "under_way": 300}
    assert box.control.refund(under_way)["status"] == "PROCESSING"


def test_somebody_can_pay_for_a_number_that_nobody_opened(box: Any, shop: Any, eventually: Wait) -> None:
    strange = box.control.strange_payment(total=990, notify_url=shop.url)

    assert eventually(lambda: shop.got)
    assert box.control.money()["orders"][0]["out_trade_no"] == strange["out_trade_no"]
    with pytest.raises(ControlRefused, match="409"):
        box.control.strange_payment(out_trade_no=strange["out_trade_no"])


def test_two_thousand_orders_are_listed_and_found_at_once(crossborder: Any, box: Any) -> None:
    world = box.world
    order = world.find(box.control.strange_payment()["out_trade_no"])
    for place in range(2000):
        copy = type(order)(
            dialect=order.dialect, out_trade_no=f"M{place:06}", asked=order.asked, app_id=order.app_id,
            openid=order.openid, total=order.total, currency=order.currency, notify_url="",
            created_at=order.created_at, expires_at=order.expires_at,
        )
        world.orders[copy.dialect, copy.out_trade_no] = copy
        world.settle(copy)

    started = time.monotonic()
    listed = box.control.orders()
    money = box.control.money()
    number = money["orders"][1500]["transaction_id"]
    found = crossborder.call("GET", f"{crossborder.base}/id/{number}?{crossborder.owner_query}")
    taken = time.monotonic() - started

    assert len(listed) == len(money["orders"]) == 2001
    assert found.status_code == 200
    assert taken < 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/refunds", {"status": "PROCESSING"}),
        ("/refunds", {"status": "SUCCESS", "count": "two"}),
        ("/refunds/none", {"status": "SUCCESS"}),
        ("/funds", {"amount": -1}),
        ("/behaviour", {"funds": "unlimited"}),
        ("/behaviour", {"funds": True}),
        ("/behaviour", {"refund_seconds": -1}),
        ("/behaviour", {"refund_gap_seconds": "soon"}),
        ("/strange-payment", {"total": 0}),
        ("/strange-payment", {"traveller": "nobody"}),
        ("/faults", {"kind": "notice", "event": "wedding"}),
        ("/faults", {"kind": "notice", "notice": {"forged": -1}}),
    ],
)
def test_a_wish_about_money_that_cannot_be_met_is_refused(box: Any, path: str, body: Any) -> None:
    answer = requests.post(f"{box.url}/__control__{path}", json=body, timeout=5)

    assert answer.status_code in {400, 404}
    assert answer.json()["error"]


def test_the_start_page_lists_refunds(merchant: Any, box: Any) -> None:
    no = accepted(merchant, paid(merchant), 5, out_refund_no="R" + secrets.token_hex(8))

    assert no in requests.get(box.url, timeout=5).text
