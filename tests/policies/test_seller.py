"""Who sells: what must be there, and that `check-config` says what is missing."""

import pytest
from builders import NOW
from flask import Flask

from shop import checking
from shop.base.versions import day_of
from shop.policies import commands, queries, seller
from shop.policies.first_values import SELLER
from shop.policies.rules import WrongSetting
from shop.settings import Settings

FULL = {**SELLER, **dict.fromkeys(seller.NEEDED, "x"), "email": "a@example.com"}


def test_what_the_shop_comes_with_can_be_kept_and_is_incomplete() -> None:
    seller.check(SELLER)
    assert seller.missing(SELLER) == list(seller.NEEDED)
    assert seller.missing(FULL) == []


@pytest.mark.parametrize(
    ("field", "value"), [("email", "a"), ("chat_url", "http://x"), ("withdrawal_days", 13), ("withdrawal_days", 400)]
)
def test_what_cannot_be_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(WrongSetting) as refused:
        seller.check({**FULL, field: value})

    assert set(refused.value.fields) == {field}


def test_check_config_says_what_is_missing_until_it_is_there(app: Flask, settings: Settings) -> None:
    state, words = checking._imprint(settings)
    assert (state, "represented_by" in words) == ("MISSING", True)

    commands.change("seller", "all", FULL, seen=None, by="staff:1", now=NOW)

    assert queries.seller(day_of(NOW))["name"] == "x"
    assert checking._imprint(settings) == ("ok", "complete")
