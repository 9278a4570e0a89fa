"""What comes to the notice address over real HTTP: the genuine settles, the odd is stored, the forged gets 401 and is counted."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from journeys.people import Traveller, eventually
from journeys.running import Shop

pytestmark = pytest.mark.journey
REFUSED, HEARD = 'shop_notices_refused_total{reason="%s"}', 'shop_notices_total{verdict="%s"}'


@pytest.fixture(scope="module")
def _nobody_asks(_running: Shop) -> Iterator[None]:
    """No worker: only notices settle anything here."""
    _running.whole()
    with _running.without_worker():
        yield


@pytest.fixture
def shop(_running: Shop, _nobody_asks: None) -> Iterator[Shop]:
    yield _running
    _running.wechat.clear_faults()


@pytest.fixture
def paid_untold(shop: Shop, traveller: Traveller) -> tuple[str, str]:
    """An order that was paid and whose notice has not gone out: order number, `out_trade_no`."""
    number = traveller.place({"JOURNEY-3": 1})["number"]
    shop.wechat.next_notice(lose=True)
    traveller.pay(number)
    [no] = [one["out_trade_no"] for one in shop.wechat.orders() if number in str(one["asked"]["description"])]
    return number, no


@pytest.fixture
def rises(shop: Shop) -> Iterator[Callable[[str, int], None]]:
    """`rises(name, 1)`: at the end of the test this counter stands so much higher than at its start."""
    before, expected = shop.counted(), dict[str, int]()

    def expect(name: str, by: int) -> None:
        expected[name] = by

    yield expect
    after = shop.counted()
    assert {name: after.get(name, 0) - before.get(name, 0) for name in expected} == expected


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"signature": "bad_signature"}, "bad_signature"),
        ({"signature": "signtest"}, "signature_test"),
        ({"signature": "stale"}, "stale"),
        ({"signature": "unknown_serial"}, "unknown_serial"),
        ({"signature": "missing_headers"}, "missing_header"),
        ({"tamper": True}, "wrong_key"),
        ({"wrong_key": True}, "wrong_key"),
    ],
)
def test_a_notice_that_is_not_wechats_word_gets_401_and_is_counted(
    shop: Shop, traveller: Traveller, paid_untold: tuple[str, str], rises: Callable[[str, int], None],
    how: dict[str, Any], reason: str,
) -> None:
    number, no = paid_untold
    rises(REFUSED % reason, 1)

    assert shop.wechat.send_notice(no, **how) == [401]

    assert traveller.state(number) == "awaiting_payment"


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        ({"amount": 1}, "wrong_amount"),
        ({"currency": "USD"}, "wrong_currency"),
        ({"mchid": "1900000999"}, "foreign_merchant"),
        ({"trade_state": "PAYERROR"}, "not_a_success"),
    ],
)
def test_a_genuine_notice_that_is_odd_is_stored_counted_and_moves_nothing(
    shop: Shop, traveller: Traveller, paid_untold: tuple[str, str], rises: Callable[[str, int], None],
    how: dict[str, Any], verdict: str,
) -> None:
    number, no = paid_untold
    rises(HEARD % verdict, 1)

    assert shop.wechat.send_notice(no, **how) == [200]

    assert traveller.state(number) == "awaiting_payment"


def test_after_all_that_the_honest_notice_settles_and_its_repeats_change_nothing(
    shop: Shop, traveller: Traveller, paid_untold: tuple[str, str], rises: Callable[[str, int], None]
) -> None:
    number, no = paid_untold
    rises(HEARD % "settles", 10)  # ten copies of one notice: ten times the verdict of the first
    rises(HEARD % "repeat", 5)

    assert shop.wechat.send_notice(no, amount=1) == [200]
    assert shop.wechat.send_notice(no, copies=10, together=True) == [200] * 10
    assert shop.wechat.send_notice(no, copies=5, new_ids=True, together=True) == [200] * 5

    assert traveller.state(number) == "paid"


def test_a_spoiled_first_try_is_followed_by_a_good_one_by_wechats_own_timetable(shop: Shop, traveller: Traveller) -> None:
    number = traveller.place({"JOURNEY-3": 1})["number"]
    shop.wechat.next_notice(signature="bad_signature", spoil_tries=2)

    traveller.pay(number)

    eventually(lambda: traveller.state(number) == "paid")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "missing_header"), (b"{}", "missing_header"), (b"\xff" * 200, "missing_header"), (b"x" * 70_000, "too_large")],
    ids=["empty", "json", "bytes", "large"],
)
def test_rubbish_at_the_notice_address_gets_401_and_a_word(
    shop: Shop, rises: Callable[[str, int], None], body: bytes, reason: str
) -> None:
    rises(REFUSED % reason, 1)

    answer = requests.post(f"{shop.origin}/callbacks/wechat-pay/payment", data=body, timeout=10)

    assert (answer.status_code, answer.json()) == (401, {"code": "FAIL", "message": reason})
