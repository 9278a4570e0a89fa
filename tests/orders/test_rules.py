"""What may be in a basket, who may buy, and until when it can be paid."""
from datetime import date, datetime, timedelta

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from shop.base.errors import ShopError
from shop.base.money import Currency, MixedCurrencies, Money
from shop.orders import rules
from shop.orders.rules import EmptyBasket, TooYoung, Wanted, WrongName, WrongQuantity

EUR = Currency.EUR


@pytest.mark.parametrize(
    ("lines", "together"),
    [
        ([("A", 1)],               {"A": 1}),
        ([("A", 9)],               {"A": 9}),
        ([("A", 4), ("A", 5)],     {"A": 9}),
        ([("A", 1), ("B", 2)],     {"A": 1, "B": 2}),
        ([(str(n), 1) for n in range(20)], {str(n): 1 for n in range(20)}),
    ],
)  # fmt: skip
def test_lines_of_one_product_are_added_up(lines: list[tuple[str, int]], together: dict[str, int]) -> None:
    assert rules.check_lines(Wanted(*line) for line in lines) == together


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([],                             EmptyBasket),
        ([("A", 0)],                     WrongQuantity),
        ([("A", -1)],                    WrongQuantity),
        ([("A", 2), ("A", -1)],          WrongQuantity),
        ([("A", 10)],                    WrongQuantity),
        ([("A", 5), ("A", 5)],           WrongQuantity),
        ([(str(n), 1) for n in range(21)], WrongQuantity),
    ],
)  # fmt: skip
def test_a_basket_that_makes_no_sense_is_refused(lines: list[tuple[str, int]], refusal: type[ShopError]) -> None:
    with pytest.raises(refusal):
        rules.check_lines(Wanted(*line) for line in lines)


@pytest.mark.parametrize(
    ("born", "alcohol", "flies", "sold"),
    [
        (None,              True,  date(2026, 11, 26), True),    # asked at the counter
        (date(2008, 11, 26), True,  date(2026, 11, 26), True),   # eighteen that day
        (date(2008, 11, 27), True,  date(2026, 11, 26), False),  # tomorrow
        (date(2008, 11, 27), False, date(2026, 11, 26), True),
        (date(2008, 2, 29), True,  date(2026, 2, 28), False),    # has the birthday on 1 March
        (date(2008, 2, 29), True,  date(2026, 3, 1), True),
        (date(1950, 1, 1),  True,  date(2026, 11, 26), True),
        (date(2030, 1, 1),  True,  date(2026, 11, 26), False),
    ],
)  # fmt: skip
def test_alcohol_is_for_adults(born: date | None, alcohol: bool, flies: date, sold: bool) -> None:
    if sold:
        rules.check_age(born, alcohol, flies)
    else:
        with pytest.raises(TooYoung):
            rules.check_age(born, alcohol, flies)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("WANG XIAOMING",       "WANG XIAOMING"),
        ("  Wang \t Xiaoming ", "Wang Xiaoming"),
        ("王小明",               "王小明"),
        ("ＷＡＮＧ",              "WANG"),
        ("O'Brien-Müller",      "O'Brien-Müller"),
        ("买买提·阿不都",         "买买提·阿不都"),
        ("WANG/XIAOMING MR",    "WANG/XIAOMING MR"),
        ("Jr. Lee, D.",         "Jr. Lee, D."),
        ("A" * 60,              "A" * 60),
    ],
)  # fmt: skip
def test_a_name_is_kept_as_in_the_passport(typed: str, name: str) -> None:
    assert rules.clean_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "1234", "Wang 3", "WANG1", "王２", "A" * 61, "<b>Wang</b>", "-Wang", "_x", "W_ang", "Wang\x00", "Wang; DROP", "😀",
        "Wang 😀", "=1+1", "@x",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(WrongName):
        rules.clean_name(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused_and_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        name = rules.clean_name(text)
    except WrongName:
        return
    assert rules.clean_name(name) == name
    assert 1 <= len(name) <= 60
    assert not any(letter.isdecimal() for letter in name)


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 10**6), st.integers(1, 9)), max_size=20))
def test_a_total_is_the_sum_of_its_lines(lines: dict[str, tuple[int, int]]) -> None:
    total = rules.total({sku: Money(price, EUR) for sku, (price, _) in lines.items()}, {sku: n for sku, (_, n) in lines.items()}, EUR)

    assert total == Money(sum(price * count for price, count in lines.values()), EUR)


def test_a_price_in_another_currency_never_gets_into_a_total() -> None:
    with pytest.raises(MixedCurrencies):
        rules.total({"A": Money(1, Currency.CNY)}, {"A": 1}, EUR)


def _in(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("within", "cut_off_in", "pay_in"),
    [
        (30, 600, 30),
        (30, 20,  20),    # never after the cut-off …
        (30, 2,   5),     # … but five minutes to pay are always left
        (30, -10, 5),
        (3,  600, 3),
    ],
)  # fmt: skip
def test_an_order_is_paid_soon_and_before_the_cut_off(within: int, cut_off_in: int, pay_in: int) -> None:
    assert rules.pay_before(NOW, timedelta(minutes=within), _in(cut_off_in)) == _in(pay_in)
