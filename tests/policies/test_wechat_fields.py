"""What a field of a template can hold: made to fit, or refused with a reason."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.base.money import Currency, Money
from shop.policies import wechat_fields
from shop.policies.wechat_fields import SORTS, UnfitField


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("thing1", "可以提货", "可以提货"), ("thing1", "一" * 20, "一" * 20), ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing2", "two\nlines\t here", "two lines here"), ("thing2", "bottle 🍾🎉", "bottle"),
        ("thing2", "gin 🍾 here", "gin here"), ("car_number11", "0\r\x1b\r0", "0 0"),
        ("character_string3", "D7K3M9PQ2X", "D7K3M9PQ2X"), ("number4", "12.5", "12.5"), ("letter5", "abc", "abc"), ("symbol6", "!?", "!?"),
        ("time7", "15:01", "15:01"), ("time7", "2026年11月26日 14:05", "2026年11月26日 14:05"), ("time7", "10:05~14:05", "10:05~14:05"),
        ("date8", "2026年11月26日", "2026年11月26日"), ("amount9", "€129.50", "€129.50"),
        ("amount9", "¥1234567890.12元", "¥1234567890.12元"),
        ("phone_number10", "+49 69 690-0", "+49 69 690-0"), ("car_number11", "京A12345", "京A12345"), ("name12", "王小明", "王小明"),
        ("name12", "WANG XIAOMING", "WANG XIAOMING"), ("phrase13", "待提货", "待提货"), ("const14", "已付款", "已付款"),
    ],
)  # fmt: skip
def test_what_fits_goes_to_wechat(field: str, text: str, expected: str) -> None:
    assert wechat_fields.fitted(field, text) == expected


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("thing1", "", "empty"), ("thing1", " \n ", "empty"), ("thing1", "🎉", "empty"), ("character_string1", "订单", "wrong_letters"),
        ("character_string1", "x" * 33, "too_long"), ("number1", "1,5", "wrong_letters"), ("letter1", "a1", "wrong_letters"),
        ("symbol1", "!!!!!!", "too_long"), ("time1", "11-26 14:05", "wrong_letters"), ("time1", "25:00", "wrong_letters"),
        ("date1", "26.11.2026", "wrong_letters"), ("amount1", "EUR 129.50", "wrong_letters"), ("amount1", "€12345678901", "wrong_letters"),
        ("amount1", "€1,299.50", "wrong_letters"), ("phone_number1", "0" * 18, "too_long"), ("car_number1", "京A12345678", "too_long"),
        ("name1", "王" * 11, "wrong_letters"), ("phrase1", "一二三四五六", "too_long"), ("phrase1", "ready", "wrong_letters"),
        ("keyword1", "x", "unknown_field"), ("thing", "x", "unknown_field"),
        ("first", "x", "unknown_field"), ("thing1.DATA", "x", "unknown_field"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_reason(field: str, text: str, why: str) -> None:
    with pytest.raises(UnfitField) as refused:
        wechat_fields.fitted(field, text)

    assert refused.value.facts == {"field": field, "why": why}


@given(st.sampled_from(sorted(SORTS)), st.text(max_size=80))
def test_whatever_is_typed_fits_or_is_refused(name: str, text: str) -> None:
    try:
        value = wechat_fields.fitted(f"{name}1", text)
    except UnfitField:
        return

    assert 0 < len(value) <= SORTS[name].most
    assert "\n" not in value
    assert wechat_fields.fitted(f"{name}1", value) == value, "what fits stays as it is"


def test_moments_and_money_take_the_shape_of_their_field() -> None:
    at, zone = datetime(2026, 11, 26, 13, 5, tzinfo=UTC), ZoneInfo("Europe/Berlin")
    amount = Money(1299_50, Currency.EUR)

    assert wechat_fields.moment_text("time3", at, zone) == "2026年11月26日 14:05"
    assert wechat_fields.moment_text("thing1", at, zone) is None
    assert wechat_fields.amount_text("amount2", amount) == "€1299.50"
    assert wechat_fields.fitted("amount2", "€1299.50") == "€1299.50"
    assert wechat_fields.amount_text("thing1", amount) is None
