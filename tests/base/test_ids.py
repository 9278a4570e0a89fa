"""Names that people see are random and made of letters that nobody confuses."""
import re

import pytest

from shop.base import ids


@pytest.mark.parametrize("letter", list("01OILYZ"))
def test_letters_that_are_confused_or_moved_by_a_keyboard_layout_are_not_used(letter: str) -> None:
    assert letter not in ids.LETTERS


def test_order_numbers_and_attempt_numbers_have_their_shape() -> None:
    letters = f"[{ids.LETTERS}]"

    assert re.fullmatch(f"D{letters}{{9}}", ids.new_order_number())
    assert re.fullmatch(f"T{letters}{{23}}", ids.new_out_trade_no())
    assert re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", ids.new_out_trade_no()), "WeChat Pay: out_trade_no"


def test_no_name_is_made_twice() -> None:
    assert len({ids.new_order_number() for _ in range(2000)}) == 2000
