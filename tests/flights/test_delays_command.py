"""`python -m shop delays import FILE`."""

from pathlib import Path

import builders
import pytest
from flask import Flask

from shop import __main__ as shell
from shop.orders.queries import order_by_number


@pytest.fixture
def file(tmp_path: Path, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of delays; the shell works on the tests' own shop."""
    monkeypatch.setattr(shell, "_app", lambda: app)
    return tmp_path / "delays.csv"


def test_a_file_is_imported_and_what_came_of_it_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = builders.a_paid_order()
    file.write_text("flight;date;departs\nCA932;2026-11-26;15:05\n", encoding="utf-8-sig")

    assert shell.main(["delays", "import", str(file)]) == 0

    assert "CA932 2026-11-26: leaves 2026-11-26 14:05 UTC, 1 orders follow" in capsys.readouterr().out
    assert order_by_number(order.number).departs_at.hour == 14


def test_a_wrong_file_is_reported_line_by_line_and_changes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builders.a_paid_order()
    before = builders.everything()
    file.write_text("CA932,2026-11-26,15:05\nXX1,2026-11-26,15:05\n")

    assert shell.main(["delays", "import", str(file)]) == 1

    said = capsys.readouterr().err
    assert "line 2: no_such_flight" in said
    assert "nothing was changed" in said
    assert builders.everything() == before
