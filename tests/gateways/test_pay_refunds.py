"""Refunds: the exact request, what is read of the answer, and what each refusal means for the money."""
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.base.ids import OutRefundNo
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    NotOffered,
    PaymentNotFound,
    PayRefused,
    PayUnavailable,
    PlainAmount,
    RefundImpossible,
    RefundNoFunds,
    RefundNotice,
    RefundRequest,
    RefundState,
    RefundTooSoon,
    WeChatPay,
)

from .peer import APP_ID, NOW, NUMBER, URL, WeChat, check_signature

Wire = responses.RequestsMock

REFUND_NO = OutRefundNo("R23456789ABCDEFGHJKMNPQR")
MAINLAND_REFUNDS = f"{URL}/v3/refund/domestic/refunds"
GLOBAL_REFUNDS = f"{URL}/v3/global/refunds"
TRANSACTION = "4200001234202611211234567890"


def asked(**changed: Any) -> RefundRequest:
    values: dict[str, Any] = {
        "out_refund_no": REFUND_NO, "out_trade_no": NUMBER, "transaction_id": TRANSACTION,
        "refund": Money(900, Currency.EUR), "total": Money(12900, Currency.EUR), "reason": "缺货 Out of stock",
        "notify_url": "https://shop.example/callbacks/wechat-pay/refund", **changed,
    }
    return RefundRequest(**values)


def in_yuan(**changed: Any) -> RefundRequest:
    return asked(**{"refund": Money(900, Currency.CNY), "total": Money(12900, Currency.CNY), **changed})


def mainland_refund(**changed: Any) -> dict[str, Any]:
    return {
        "refund_id": "50000000382019052709732678859", "out_refund_no": REFUND_NO, "transaction_id": TRANSACTION,
        "out_trade_no": NUMBER, "channel": "ORIGINAL", "user_received_account": "招商银行信用卡0403",
        "success_time": "2026-11-21T19:59:57+08:00", "create_time": "2026-11-21T19:59:50+08:00", "status": "SUCCESS",
        "amount": {"total": 12900, "refund": 900, "payer_total": 12900, "payer_refund": 890, "currency": "CNY"},
        **changed,
    }


def global_refund(**changed: Any) -> dict[str, Any]:
    return {
        "id": "50000000382019052709732678859", "out_refund_no": REFUND_NO, "transaction_id": TRANSACTION,
        "out_trade_no": NUMBER, "recv_account": "零钱", "create_time": "2026-11-21T19:59:50+08:00",
        "status": "PROCESSING", "amount": {
            "refund": 900, "currency": "EUR", "payer_refund": 7065, "payer_currency": "CNY",
            "exchange_rate": {"type": "SETTLEMENT_RATE", "rate": 785000000}}, **changed,
    }


def test_a_mainland_refund_names_neither_merchant_nor_app(mainland: WeChatPay) -> None:
    assert json.loads(mainland.prepare_refund(in_yuan())) == {
        "transaction_id": TRANSACTION, "out_refund_no": REFUND_NO, "reason": "缺货 Out of stock",
        "notify_url": "https://shop.example/callbacks/wechat-pay/refund",
        "amount": {"refund": 900, "total": 12900, "currency": "CNY"},
    }


def test_a_crossborder_refund_names_institution_and_shop(crossborder: WeChatPay) -> None:
    body = json.loads(crossborder.prepare_refund(asked(transaction_id=None)))

    assert {name: body[name] for name in ("sp_mchid", "sp_appid", "sub_mchid", "sub_appid")} == {
        "sp_mchid": "1900000100", "sp_appid": "wx9999999999999999", "sub_mchid": "1900000109", "sub_appid": APP_ID}
    assert body["out_trade_no"] == NUMBER
    assert "transaction_id" not in body
    assert body["amount"] == {"refund": 900, "total": 12900, "currency": "EUR"}


def test_the_reason_loses_what_wechat_does_not_take_and_is_cut(crossborder: WeChatPay) -> None:
    body = json.loads(crossborder.prepare_refund(asked(reason="  no 🍷 left\n" + "x" * 200)))

    assert body["reason"].startswith("no left xxx")
    assert len(body["reason"]) == 80
    assert "reason" not in json.loads(crossborder.prepare_refund(asked(reason="🍷")))


@pytest.mark.parametrize("changed", [
    {"refund": Money(0, Currency.EUR)},
    {"refund": Money(12901, Currency.EUR)},
    {"refund": Money(900, Currency.CNY)},
    {"out_refund_no": OutRefundNo("with space")},
    {"out_refund_no": OutRefundNo("x" * 65)},
    {"notify_url": "https://shop.example/?order=1"},
])
def test_a_refund_that_cannot_be_right_is_not_sent(crossborder: WeChatPay, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        crossborder.prepare_refund(asked(**changed))


def test_mainland_refunds_no_euros(mainland: WeChatPay) -> None:
    with pytest.raises(ValueError, match="CNY"):
        mainland.prepare_refund(asked())


def test_the_prepared_bytes_are_sent_signed_and_the_answer_is_read(
    mainland: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wechat.answers("POST", MAINLAND_REFUNDS, mainland_refund())
    body = mainland.prepare_refund(in_yuan())

    refund = mainland.refund(body)

    assert wire.calls[0].request.body == body
    check_signature(wechat, wire.calls[0].request)
    assert (refund.out_refund_no, refund.refund_id) == (REFUND_NO, "50000000382019052709732678859")
    assert (refund.state, refund.state_said) == (RefundState.SUCCESS, "SUCCESS")
    assert (refund.refunded, refund.total) == (Money(900, Currency.CNY), Money(12900, Currency.CNY))
    assert refund.payer_refund == PlainAmount(minor=890, currency="CNY")
    assert refund.success_time == NOW - timedelta(seconds=3)
    assert refund.received_account == "招商银行信用卡0403"
    assert "招商" not in repr(refund)


def test_a_crossborder_refund_tells_the_yuan_and_the_rate(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wechat.answers("GET", f"{GLOBAL_REFUNDS}/out-refund-no/{REFUND_NO}", global_refund())

    refund = crossborder.find_refund(REFUND_NO)

    assert refund is not None
    assert refund.refund_id == "50000000382019052709732678859"
    assert (refund.refunded, refund.total) == (Money(900, Currency.EUR), None)
    assert (refund.payer_refund, refund.exchange_rate) == (PlainAmount(minor=7065, currency="CNY"), 785000000)
    assert refund.received_account == "零钱"
    assert wire.calls[0].request.path_url.endswith("?sp_mchid=1900000100&sub_mchid=1900000109")


def test_a_new_crossborder_refund_without_a_state_was_accepted(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    said = global_refund()
    del said["status"]
    wechat.answers("POST", GLOBAL_REFUNDS, said)

    assert crossborder.refund(crossborder.prepare_refund(asked())).state is RefundState.PROCESSING


@pytest.mark.parametrize(("said", "state"), [
    ("CLOSED", RefundState.CLOSED), ("REFUNDCLOSE", RefundState.CLOSED), ("ABNORMAL", RefundState.ABNORMAL),
    ("PROCESSING", RefundState.PROCESSING), ("DREAMING", RefundState.UNKNOWN),
])
def test_the_states_of_both_generations_are_known(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, said: str, state: RefundState
) -> None:
    wechat.answers("GET", f"{GLOBAL_REFUNDS}/out-refund-no/{REFUND_NO}", global_refund(status=said))

    refund = crossborder.find_refund(REFUND_NO)

    assert refund is not None
    assert (refund.state, refund.state_said) == (state, said)


@pytest.mark.parametrize(("code", "status", "expected"), [
    ("NOT_ENOUGH", 403, RefundNoFunds),
    ("NOTENOUGH", 403, RefundNoFunds),
    ("FREQUENCY_LIMITED", 429, RefundTooSoon),
    ("RATELIMIT_EXCEEDED", 429, RefundTooSoon),
    ("RATE_LIMITED", 403, RefundTooSoon),
    ("BIZERR_NEED_RETRY", 400, RefundTooSoon),
    ("INVALID_REQUEST", 429, RefundTooSoon),
    ("USER_ACCOUNT_ABNORMAL", 403, RefundImpossible),
    ("TRADE_OVERDUE", 403, RefundImpossible),
    ("RESOURCE_NOT_EXISTS", 404, PaymentNotFound),
    ("ORDERNOTEXIST", 404, PaymentNotFound),
    ("OUT_REFUND_NO_USED", 403, PayRefused),
    ("MCH_NOT_EXISTS", 404, PayRefused),
    ("SIGN_ERROR", 401, PayRefused),
    ("ORDER_CLOSED", 400, PayRefused),
])
def test_a_refusal_is_sorted_and_not_repeated_at_once(
    mainland: WeChatPay, wire: Wire, code: str, status: int, expected: type[Exception]
) -> None:
    wire.post(MAINLAND_REFUNDS, json={"code": code, "message": "x"}, status=status)

    with pytest.raises(expected) as refused:
        mainland.refund(mainland.prepare_refund(in_yuan()))

    assert type(refused.value) is expected
    assert len(wire.calls) == 1


@pytest.mark.parametrize("fault", [requests.ReadTimeout(), requests.ConnectionError()])
def test_a_refund_without_an_answer_is_unknown_and_was_only_ever_sent_as_the_same_bytes(
    mainland: WeChatPay, wire: Wire, fault: Exception
) -> None:
    wire.post(MAINLAND_REFUNDS, body=fault)
    body = mainland.prepare_refund(in_yuan())

    with pytest.raises(PayUnavailable):
        mainland.refund(body)

    assert {call.request.body for call in wire.calls} == {body}
    assert len(wire.calls) == 3


def test_a_refund_wechat_does_not_know_is_none(mainland: WeChatPay, wire: Wire) -> None:
    wire.get(f"{MAINLAND_REFUNDS}/{REFUND_NO}", json={"code": "RESOURCE_NOT_EXISTS"}, status=404)

    assert mainland.find_refund(REFUND_NO) is None


def test_an_answer_about_another_refund_is_not_taken(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    said = mainland_refund(out_refund_no="R0")
    wechat.answers("POST", MAINLAND_REFUNDS, said)
    wechat.answers("GET", f"{MAINLAND_REFUNDS}/{REFUND_NO}", said)

    with pytest.raises(PayUnavailable):
        mainland.refund(mainland.prepare_refund(in_yuan()))
    with pytest.raises(PayUnavailable):
        mainland.find_refund(REFUND_NO)


def test_an_unsigned_answer_to_a_refund_is_not_believed(mainland: WeChatPay, wire: Wire) -> None:
    wire.post(MAINLAND_REFUNDS, json=mainland_refund())

    with pytest.raises(PayUnavailable) as unknown:
        mainland.refund(mainland.prepare_refund(in_yuan()))

    assert unknown.value.reason == "answer_not_authentic"


def test_an_abnormal_refund_goes_to_the_merchant_s_card_in_mainland_only(
    mainland: WeChatPay, crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wechat.answers("POST", f"{MAINLAND_REFUNDS}/5000/apply-abnormal-refund", mainland_refund(status="PROCESSING"))

    assert mainland.refund_to_merchant_card("5000", REFUND_NO).state is RefundState.PROCESSING
    assert json.loads(wire.calls[0].request.body or b"") == {"out_refund_no": REFUND_NO, "type": "MERCHANT_BANK_CARD"}
    with pytest.raises(NotOffered):
        crossborder.refund_to_merchant_card("5000", REFUND_NO)


def test_a_refund_notice_tells_what_the_traveller_got_and_where(crossborder: WeChatPay, wechat: WeChat) -> None:
    content = global_refund(sp_mchid="1900000100", sub_mchid="1900000109", refund_status="REFUNDCLOSE")
    body = wechat.notice(content, event_type="REFUND.CLOSED")

    notice = crossborder.read_notice(wechat.signed(body), body)

    assert isinstance(notice, RefundNotice)
    assert notice.payer_refund == PlainAmount(minor=7065, currency="CNY")
    assert notice.received_account == "零钱"
    assert (notice.state, notice.ours) == (RefundState.CLOSED, True)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(st.sampled_from([*global_refund(), "refund_id", "success_time"]), ANY_JSON, max_size=5))
def test_whatever_wechat_answers_becomes_a_refund_or_unknown(
    crossborder: WeChatPay, wechat: WeChat, changed: dict[str, Any]
) -> None:
    said = {**global_refund(), **changed}
    body = json.dumps(said).encode()
    with responses.RequestsMock() as wire:
        wire.get(f"{GLOBAL_REFUNDS}/out-refund-no/{REFUND_NO}", body=body, headers=wechat.signed(body))
        if said["out_refund_no"] == REFUND_NO:
            found = crossborder.find_refund(REFUND_NO)
            assert found is not None
            assert found.out_refund_no == REFUND_NO
        else:
            with pytest.raises(PayUnavailable):
                crossborder.find_refund(REFUND_NO)
