"""What a spreadsheet makes of text in a CSV file: never a formula, never a rounded number."""

import pytest

from shop.orders.states import OrderState, RefundState
from shop.reports import words
from shop.reports.columns import COLUMNS, LANGUAGES, LINES, ORDERS
from shop.reports.text_cells import decimal, harmless, identifier


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("＝1＋1", "'＝1＋1"),
        ("Gin;=1+1", "Gin;'=1+1"),       # a German Excel that opens a file with commas starts a new cell here
        ("Gin,@SUM(1)", "Gin,'@SUM(1)"),
        ("Gin\n=1", "Gin\n'=1"),
        ('Gin;"=1', "Gin;\"'=1"),
        ("Whisky 40 % - 0,7 l", "Whisky 40 % - 0,7 l"),
        ("茅台 = 飞天", "茅台 = 飞天"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_never_becomes_a_formula(text: str, written: str) -> None:
    assert harmless(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("4200001234202611241234567890", "\t4200001234202611241234567890"),
        ("0012345678905", "\t0012345678905"),
        ("12E5", "\t12E5"),
        ("3/4", "\t3/4"),
        ("D2E5FGH89K", "D2E5FGH89K"),
        ("CA932", "CA932"),
        ("=1", "'=1"),
        ("-5", "'-5"),
    ],
)
def test_an_identifier_never_becomes_a_number(text: str, written: str) -> None:
    assert identifier(text) == written


@pytest.mark.parametrize(
    ("scaled", "places", "point", "written"),
    [
        (123456, 2, ".", "1234.56"),
        (5, 2, ",", "0,05"),
        (0, 2, ".", "0.00"),
        (-5, 2, ".", "-0.05"),
        (743_000_000, 8, ".", "7.43000000"),
    ],
)
def test_amounts_keep_every_digit(scaled: int, places: int, point: str, written: str) -> None:
    assert decimal(scaled, places, point) == written


def test_every_state_has_words_in_every_language() -> None:
    for state_words in (*map(words.STATES.__getitem__, OrderState), *map(words.REFUNDS.__getitem__, RefundState)):
        assert all(state_words[language] for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_of_a_sheet_differ_from_each_other(language: str) -> None:
    for sheet in (LINES, ORDERS):
        labels = [column.label(language) for column in sheet.columns]

        assert len(set(labels)) == len(labels)
        assert 0 < len(sheet.title(language)) <= 31


def test_technical_names_are_unique() -> None:
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
