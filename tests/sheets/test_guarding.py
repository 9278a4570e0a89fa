"""Text that a spreadsheet would run is guarded in files, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.sheets.cells import plain
from shop.sheets.guarding import guarded, guarded_id, quoted, unguarded

DANGEROUS = st.text(alphabet=st.sampled_from(list("=+-@＝＋－＠'\",;\t\n\r ab酒")), max_size=12)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "Gin;=1", "Gin\n-1", "'=1", "''@x", "\t=1"])
def test_what_a_spreadsheet_would_run_does_not_begin_a_cell(text: str) -> None:
    written = guarded(text)

    for start in written.replace(";", "\n").replace("\t", "\n").split("\n"):
        assert not start.startswith(tuple("=+-@＝＋－＠"))


@given(st.one_of(st.text(max_size=40), DANGEROUS))
def test_a_guard_is_undone_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert unguarded(quoted(text)) == text


@given(DANGEROUS)
def test_a_guarded_text_has_no_cell_that_begins_with_a_formula(text: str) -> None:
    assert not guarded(text).startswith(tuple("=+-@＝＋－＠"))


@pytest.mark.parametrize(("text", "written"), [("a", "a"), ("- a\n- b", "- a\n- b"), ("=1", "=1"), ("-", "'-"), ("'-", "''-")])
def test_in_a_workbook_only_what_would_be_misread_is_changed(text: str, written: str) -> None:
    assert quoted(text) == written


def test_an_identifier_of_digits_gets_a_tab() -> None:
    assert (guarded_id("4006381333931"), guarded_id("SP-1"), guarded_id("-5")) == ("\t4006381333931", "SP-1", "'-5")


@given(st.text(max_size=60))
def test_a_text_is_plain_once_it_was_made_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)
