"""Money adds up, never mixes, never becomes a fraction."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.base.money import Currency, MixedCurrencies, Money, none_of

CURRENCIES = st.sampled_from(Currency)
AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)


@given(AMOUNTS, AMOUNTS, CURRENCIES)
def test_what_is_added_can_be_taken_away_again(a: int, b: int, currency: Currency) -> None:
    start, more = Money(a, currency), Money(b, currency)

    assert start + more - more == start
    assert start + more == more + start
    assert start + none_of(currency) == start


@given(AMOUNTS, st.integers(0, 50), CURRENCIES)
def test_a_count_of_money_is_that_many_additions(a: int, count: int, currency: Currency) -> None:
    total = none_of(currency)
    for _ in range(count):
        total = total + Money(a, currency)

    assert Money(a, currency) * count == total


@given(AMOUNTS, AMOUNTS, CURRENCIES)
def test_money_is_ordered_as_its_minor_units_are(a: int, b: int, currency: Currency) -> None:
    left, right = Money(a, currency), Money(b, currency)

    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)


@pytest.mark.parametrize("does", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_euros_and_yuan_never_meet(does: str) -> None:
    with pytest.raises(MixedCurrencies):
        getattr(Money(1, Currency.EUR), does)(Money(1, Currency.CNY))


def test_the_same_number_of_euros_and_yuan_is_not_the_same_money() -> None:
    assert Money(100, Currency.EUR) != Money(100, Currency.CNY)


@pytest.mark.parametrize("minor", [1.0, "1", True, None])
def test_only_whole_numbers_are_money(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, Currency.EUR)  # type: ignore[arg-type]


def test_money_cannot_be_multiplied_by_a_fraction_or_divided() -> None:
    with pytest.raises(TypeError):
        Money(100, Currency.EUR) * 0.5  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(100, Currency.EUR) / 2  # type: ignore[operator]


@pytest.mark.parametrize(
    ("minor", "said"),
    [(0, "0.00 EUR"), (5, "0.05 EUR"), (-5, "-0.05 EUR"), (1299_50, "1299.50 EUR"), (-100, "-1.00 EUR")],
)
def test_money_is_written_with_two_decimals(minor: int, said: str) -> None:
    assert str(Money(minor, Currency.EUR)) == said
