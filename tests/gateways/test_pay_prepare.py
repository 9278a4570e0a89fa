"""The body of a prepay: what is in it, in both dialects, and that it never changes by itself."""
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.base.ids import OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay import WeChatPay
from shop.gateways.pay.dialect import description

from .peer import APP_ID, NOW, NUMBER, a_request


def test_mainland_asks_with_one_merchant_in_fen(mainland: WeChatPay) -> None:
    body = json.loads(mainland.prepare(a_request(amount=Money(99900, Currency.CNY), attach="D123")))

    assert body == {
        "mchid": "1900000001", "appid": APP_ID, "description": "法兰克福机场免税预订", "out_trade_no": NUMBER,
        "time_expire": "2026-11-21T20:30:00+08:00", "notify_url": "https://shop.example/callbacks/wechat-pay/payment",
        "amount": {"total": 99900, "currency": "CNY"}, "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "attach": "D123",
    }


def test_crossborder_asks_for_the_sub_merchant_with_trade_type_and_category(crossborder: WeChatPay) -> None:
    body = json.loads(crossborder.prepare(a_request()))

    assert body == {
        "sp_mchid": "1900000100", "sub_mchid": "1900000109", "sub_appid": APP_ID, "sp_appid": "wx9999999999999999",
        "merchant_category_code": "5309", "trade_type": "JSAPI", "description": "法兰克福机场免税预订",
        "out_trade_no": NUMBER, "time_expire": "2026-11-21T20:30:00+08:00",
        "notify_url": "https://shop.example/callbacks/wechat-pay/payment",
        "amount": {"total": 12900, "currency": "EUR"}, "payer": {"sub_openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    }


def test_the_same_request_gives_the_same_compact_utf8_bytes(crossborder: WeChatPay) -> None:
    body = crossborder.prepare(a_request())

    assert body == crossborder.prepare(a_request())
    assert "法兰克福机场免税预订".encode() in body
    assert b'": ' not in body
    assert b"null" not in body


def test_the_expiry_is_written_in_beijing_time_whatever_zone_it_came_in(crossborder: WeChatPay) -> None:
    frankfurt = datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=1)))

    body = json.loads(crossborder.prepare(a_request(time_expire=frankfurt)))

    assert body["time_expire"] == "2026-11-22T06:59:59+08:00"


@pytest.mark.parametrize(("said", "sent"), [
    ("酒 🍷 Riesling", "酒 Riesling"),
    ("two\nlines\tand\x00more", "two lines andmore"),
    ("x" * 200, "x" * 127),
    ("\ud83c half", "half"),
])
def test_the_description_loses_what_wechat_does_not_take(said: str, sent: str) -> None:
    assert description(said) == sent


def test_a_description_of_nothing_but_emoji_becomes_the_number(crossborder: WeChatPay) -> None:
    assert json.loads(crossborder.prepare(a_request(description="🍷🍷")))["description"] == NUMBER


@given(st.text(max_size=300))
def test_any_description_ends_within_the_rules(said: str) -> None:
    sent = description(said)

    assert len(sent) <= 127
    assert all(len(sign.encode()) <= 3 for sign in sent)


@pytest.mark.parametrize("changed", [
    {"out_trade_no": OutTradeNo("short")},
    {"out_trade_no": OutTradeNo("with space in it")},
    {"amount": Money(0, Currency.EUR)},
    {"notify_url": "https://shop.example/notice?order=1"},
    {"notify_url": "https://shop.example/" + "x" * 255},
    {"openid": ""},
    {"time_expire": NOW.replace(tzinfo=None)},
    {"attach": "x" * 128},
    {"attach": "🍷"},
])
def test_what_wechat_could_only_refuse_is_not_sent(crossborder: WeChatPay, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        crossborder.prepare(a_request(**changed))


def test_mainland_takes_no_euros(mainland: WeChatPay) -> None:
    with pytest.raises(ValueError, match="CNY"):
        mainland.prepare(a_request())
