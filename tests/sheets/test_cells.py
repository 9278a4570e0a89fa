"""What stands in a cell is taken right, or refused with a word that says why; never guessed."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.sheets import cells
from shop.sheets.cells import Bad, BadCell

local = datetime.fromisoformat


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("12", 1200), ("12.5", 1250), ("12,50", 1250), ("0,05", 5), ("0.500", 50), ("1,234.50", 123450), ("1.234,50", 123450),
        ("1 234,50", 123450), ("1\u202f234,50", 123450), ("1’234.50", 123450), ("1,234,567", 123456700), ("1.234.567,8", 123456780),
        ("1234.500", 123450), ("１２．５０", 1250), (" 12.50 ", 1250), (12, 1200), (12.5, 1250), (0.1 + 0.2, 30), (1e3, 100000), ("0", 0),
    ],
)  # fmt: skip
def test_a_price_is_read_as_it_was_meant(cell: Any, minor: int) -> None:
    assert cells.decimal(cell, 2) == minor


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.234", "unclear_number"), ("1,234", "unclear_number"), ("123.456", "unclear_number"), ("12.345,6,7", "not_a_number"),
        ("1,23,456", "not_a_number"), ("12.345", "unclear_number"), ("0.125", "too_many_decimals"), (12.345, "too_many_decimals"),
        ("-5", "below_zero"), (-5, "below_zero"), ("abc", "not_a_number"), ("12 €", "not_a_number"), ("1.2E+10", "digits_lost"),
        (True, "not_a_number"), (None, "not_a_number"), (local("2026-01-12"), "not_a_number"), (Bad("formula"), "formula"),
        ("9" * 40, "not_a_number"), (float("nan"), "not_a_number"), (1e300, "not_a_number"), ("", "not_a_number"),
    ],
)  # fmt: skip
def test_a_price_that_could_be_another_one_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        cells.decimal(cell, 2)

    assert refused.value.code == code


@given(st.integers(0, 10**11), st.sampled_from(["{w}.{p:02}", "{w},{p:02}", "{g},{p:02}", "{c}.{p:02}"]))
def test_every_usual_way_to_write_an_amount_gives_the_same(minor: int, form: str) -> None:
    whole, part = divmod(minor, 100)
    grouped = f"{whole:,}"

    assert cells.decimal(form.format(w=whole, p=part, g=grouped.replace(",", "."), c=grouped), 2) == minor
    assert cells.decimal(minor / 100, 2) == minor


@pytest.mark.parametrize(("cell", "code"), [("0,7", "not_whole"), (0.7, "not_whole"), ("1.000", "unclear_number")])
def test_pieces_are_whole(cell: Any, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        cells.decimal(cell, 0)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "text"),
    [(4006381333931, "4006381333931"), (4006381333931.0, "4006381333931"), ("\t0012345678905", "0012345678905"), ("0012", "0012"),
     (" SP-1 ", "SP-1"), ("'-5", "-5"), (12.5, "12.5")],
)  # fmt: skip
def test_an_identifier_keeps_every_digit(cell: Any, text: str) -> None:
    assert cells.identifier(cell) == text


@pytest.mark.parametrize(
    ("cell", "code"),
    [("4.00638E+12", "digits_lost"), (4.2e27, "digits_lost"), (10**15, "digits_lost"), (True, "wrong_value"),
     ("a\x00b", "control_characters")],
)
def test_an_identifier_that_lost_digits_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        cells.identifier(cell)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "cell",
    ["2026-12-01", "2026/12/1", "2026.12.01", "2026年12月1日", "1.12.2026", "01.12.2026 00:00", "2026-12-01T00:00:00",
     local("2026-12-01"),
     date(2026, 12, 1), "２０２６－１２－０１"],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_way(cell: Any) -> None:
    assert cells.moment(cell) == local("2026-12-01")


@pytest.mark.parametrize(
    ("cell", "code"),
    [("03/04/2026", "unclear_date"), ("2026-02-30", "not_a_date"), ("tomorrow", "not_a_date"), (46000, "not_a_date"), (None, "not_a_date"),
     ("2026-12-01 25:00", "not_a_date"), ("31/31/2026", "not_a_date"), (True, "not_a_date")],
)  # fmt: skip
def test_a_day_that_could_be_another_one_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        cells.moment(cell)

    assert refused.value.code == code


def test_a_slashed_day_that_can_be_only_one_is_read() -> None:
    assert cells.moment("24/12/2026") == cells.moment("12/24/2026") == local("2026-12-24")
    assert cells.moment("3/3/2026 08:30") == local("2026-03-03 08:30")


@pytest.mark.parametrize(
    ("cell", "yes"), [("Ja", True), ("是", True), (1, True), (False, False), ("FALSCH", False), ("no", False), ("０", False)]
)
def test_yes_and_no_are_read_in_three_languages(cell: Any, yes: bool) -> None:
    assert cells.yes_or_no(cell) is yes


@given(st.one_of(st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.just(Bad("cell_error"))))
def test_any_rubbish_is_a_value_or_a_refusal(cell: Any) -> None:
    for read in (cells.text, cells.identifier, cells.yes_or_no, cells.moment, lambda c: cells.decimal(c, 2)):
        with suppress(BadCell):
            assert read(cell) is not None
