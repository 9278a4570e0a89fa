"""`python -m shop hand-over-rules POINT`."""

import builders
import pytest
from flask import Flask

from shop import __main__ as shell
from shop.pickup.checks import Asks
from shop.pickup.queries import PointRules, rules_of


@pytest.fixture(autouse=True)
def here(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell works on the tests' own shop."""
    monkeypatch.setattr(shell, "_app", lambda: app)
    builders.a_timetable()


def run(*words: str) -> int:
    return shell.main(["hand-over-rules", *words])


def test_what_a_point_asks_and_keeps_is_set_as_a_whole_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    said = [
        run(builders.POINT, "--identity", "--age", "--keep", "residence", "--keep", "document_number", "--big-pieces", "8"),
        run(builders.POINT),
    ]

    assert said == [0, 0]
    keeps = frozenset({"residence", "document_number"})
    assert rules_of(builders.POINT) == PointRules(Asks(age=True, identity=True, keeps=keeps), None, 8)
    assert capsys.readouterr().out.count("keeps: document_number, residence\n") == 2
    assert rules_of(builders.OTHER_POINT) == PointRules(Asks(), None, None)


def test_asking_for_nothing_has_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    run(builders.POINT, "--boarding-pass", "--big-amount", "100000")
    run(builders.POINT)
    before = rules_of(builders.POINT)

    run(builders.POINT, "--nothing")

    assert before == PointRules(Asks(boarding_pass=True), 1000_00, None)
    assert rules_of(builders.POINT) == PointRules(Asks(), None, None)
    assert "asks for: nothing" in capsys.readouterr().out


def test_a_field_that_nobody_is_asked_for_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(builders.POINT, "--age", "--keep", "residence") == 1
    assert "residence can be kept only with --identity" in capsys.readouterr().err
    assert rules_of(builders.POINT) == PointRules(Asks(), None, None)


@pytest.mark.parametrize("words", [["T9-X99", "--age"], ["T9-X99"]])
def test_a_point_that_is_not_there_is_said(words: list[str]) -> None:
    assert run(*words) == 1


@pytest.mark.parametrize("words", [["--keep", "raw_pass"], ["--big-pieces", "0"], ["--big-pieces", "-3"], ["--big-amount", "9" * 30]])
def test_words_that_make_no_sense_change_nothing(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        run(builders.POINT, "--age", *words)
    assert rules_of(builders.POINT) == PointRules(Asks(), None, None)
