"""Which values settings may have, and what the shop comes with fits its own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.customs.first_values import ALLOWANCES, TERRITORY
from shop.policies import rules
from shop.policies.first_values import PRICES, TEXTS
from shop.policies.rules import EXAMPLES, MESSAGES, THING, WrongSetting


def test_what_the_shop_comes_with_passes_its_own_checks() -> None:
    for key, value in TEXTS.items():
        rules.check_message(key.split(".")[0], value)
    for value in ALLOWANCES.values():
        rules.check_allowance(value)
    rules.check_territory(TERRITORY)
    rules.check_prices(PRICES)
    assert set(TEXTS) == {f"{kind}.{language}" for kind in MESSAGES for language in rules.LANGUAGES}
    assert all(names <= set(EXAMPLES) for names in MESSAGES.values())


@given(st.sampled_from(sorted(MESSAGES)), st.text(max_size=60), st.text(max_size=60))
def test_any_text_that_passes_can_be_filled_in_and_fits(kind: str, thing: str, body: str) -> None:
    try:
        rules.check_message(kind, {"thing": thing, "body": body})
    except WrongSetting:
        return

    shown = rules.filled(thing, EXAMPLES)
    assert len(shown.strip()) > 0
    assert len(shown) <= THING
    assert "\n" not in shown
    assert "{" not in rules.filled(body, EXAMPLES)


@pytest.mark.parametrize(("minor", "yuan"), [(100_00, 743), (0, 0), (1, 0), (672_71, 5000), (6_72, 50)])
def test_yuan_beside_euros_are_rounded_to_whole_ones(minor: int, yuan: int) -> None:
    assert rules.in_cny(minor, "7.4326") == yuan
