"""A bad day: by chance, by seed, counted."""
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shop.sandbox.badday import BadDay, kind_of

Wait = Callable[[Callable[[], Any]], Any]


def fates(merchant: Any, calls: int) -> list[str]:
    """What became of so many queries."""
    found = []
    for _ in range(calls):
        try:
            answer = merchant.query("abcdef")
        except requests.ConnectionError:
            found.append("dropped")
            continue
        good = merchant.accepts(answer.headers, answer.content)
        found.append(f"{answer.status_code}{'' if good else ' not signed'}")
    return found


def test_the_same_seed_gives_the_same_day_to_the_calls(merchant: Any, box: Any) -> None:
    box.control.bad_day(seed=7, strength=0.6)
    first = fates(merchant, 40)
    box.control.bad_day(seed=7, strength=0.6)
    second = fates(merchant, 40)
    box.control.bad_day(seed=8, strength=0.6)
    other = fates(merchant, 40)

    assert first == second
    assert first != other
    assert {"dropped", "404", "429", "500"} <= set(first)


def test_what_went_wrong_is_counted_and_ends_when_told(merchant: Any, box: Any) -> None:
    box.control.bad_day(seed=7, strength=0.5)
    fates(merchant, 30)

    counts = box.control.end_bad_day()

    seen = f"GET {merchant.base}/out-trade-no/…"
    assert counts["seen"] == {seen: 30}
    assert 8 <= sum(counts["done"].values()) <= 22
    assert fates(merchant, 20) == ["404"] * 20
    assert box.control.bad_day_counts() == {"on": False, "forged_accepted": 0}


def test_a_fault_that_was_ordered_comes_before_chance(merchant: Any, box: Any) -> None:
    box.control.bad_day(seed=7, strength=1)
    box.control.fault("status", path="/v3/", status=503)

    assert merchant.query("abcdef").status_code == 503


def test_every_notice_that_is_not_lost_for_good_arrives_in_the_end(
    merchant: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    box.control.speed(0.001)
    shop.judge = lambda one: 204 if merchant.accepts(one.headers, one.body) else 401
    numbers = [merchant.opened(notify_url=shop.url)[0] for _ in range(25)]
    box.control.bad_day(seed=3, strength=0.5)

    for one in numbers:
        box.control.pay(one)
    eventually(lambda: box.control.notices_waiting() == 0, 20)

    done = box.control.bad_day_counts()["done"]
    genuine = [one for one in shop.got if merchant.accepts(one.headers, one.body)]
    arrived = {merchant.content(one)["out_trade_no"] for one in genuine}
    lost = {one["out_trade_no"] for one in box.control.notices() if one["try"] == 0 and one["error"]}
    assert set(numbers) - arrived == lost
    assert len(lost) == done["notice: lost for good"]
    assert {"notice: doubled", "notice: late", "notice: overtaken", "notice: first deliveries lost",
            "notice: forged copy beside it"} <= set(done)
    assert len(genuine) > len(arrived)
    assert len(genuine) < len(shop.got)
    assert all(merchant.content(one)["amount"]["total"] == 1750 for one in genuine)
    assert box.control.bad_day_counts()["forged_accepted"] == 0


def test_forged_notices_that_the_shop_accepts_are_counted(
    crossborder: Any, box: Any, shop: Any, eventually: Wait
) -> None:
    out_trade_no, _ = crossborder.opened(notify_url=shop.url)
    box.control.next_notice(forged=2, forgery="unknown_serial")

    box.control.pay(out_trade_no)
    eventually(lambda: len(shop.got) == 3 and box.control.notices_waiting() == 0)

    assert box.control.bad_day_counts()["forged_accepted"] == 2


def test_refund_notices_have_bad_days_too(merchant: Any, box: Any, shop: Any, eventually: Wait) -> None:
    box.control.behaviour(refund_seconds=60, refund_gap_seconds=0)
    box.control.speed(0.001)
    out_trade_no, _ = merchant.opened()
    box.control.pay(out_trade_no, notify=False)
    bodies = [merchant.refund_body(out_trade_no, 10, notify_url=shop.url) for _ in range(15)]
    assert {merchant.refund(body).status_code for body in bodies} == {200}
    box.control.bad_day(seed=5, strength=0.5)

    for body in bodies:
        box.control.end_refund(body["out_refund_no"])
    eventually(lambda: box.control.notices_waiting() == 0, 20)

    counts = box.control.bad_day_counts()
    told = {merchant.content(one)["out_refund_no"] for one in shop.got if merchant.accepts(one.headers, one.body)}
    assert counts["seen"] == {"notice refund": 15}
    assert sum(counts["done"].values()) > 10
    assert 0 < len(told) < 15


def test_a_held_notice_does_not_wait_for_ever(crossborder: Any, box: Any, shop: Any, eventually: Wait) -> None:
    out_trade_no, _ = crossborder.opened(notify_url=shop.url)
    box.control.next_notice(hold=5, hold_seconds=0.2)

    box.control.pay(out_trade_no)

    assert box.control.notices_waiting() == 1
    eventually(lambda: shop.got)
    eventually(lambda: box.control.notices_waiting() == 0)


def test_decisions_depend_on_the_kind_of_call_alone() -> None:
    one, other = BadDay(7, 0.5), BadDay(7, 0.5)
    path = "/v3/pay/transactions/out-trade-no/{}"

    first = [one.for_call("GET", path.format(place)) for place in range(50)]
    second = []
    for place in range(50):
        other.for_call("POST", "/v3/refund/domestic/refunds")
        second.append(other.for_call("GET", path.format(f"another-{place}")))

    assert first == second


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v3/pay/transactions/out-trade-no/T1/close", "/v3/pay/transactions/out-trade-no/…/close"),
        ("/v3/global/transactions/id/4200", "/v3/global/transactions/id/…"),
        ("/v3/refund/domestic/refunds", "/v3/refund/domestic/refunds"),
        ("/v3/refund/domestic/refunds/R1", "/v3/refund/domestic/refunds/…"),
        ("/v3/refund/domestic/refunds/50/apply-abnormal-refund", "/v3/refund/domestic/refunds/…/apply-abnormal-refund"),
        ("/v3/global/refunds/out-refund-no/R1", "/v3/global/refunds/out-refund-no/…"),
    ],
)
def test_a_kind_of_call_is_the_same_for_all_orders_and_refunds(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize("wish", [{"seed": "x"}, {"strength": 0}, {"strength": 2}, {"strength": "much"}, {"colour": 1}])
def test_a_bad_day_that_makes_no_sense_is_refused(box: Any, wish: dict[str, Any]) -> None:
    assert requests.post(f"{box.url}/__control__/bad-day", json=wish, timeout=5).status_code == 400
    assert box.control.bad_day_counts()["on"] is False
