"""`python -m shop catalogue export` and `import`, as an operator types them."""

from pathlib import Path

import builders
import pytest
from exchange.conftest import shelves
from flask import Flask

from shop import __main__ as shell


@pytest.fixture
def here(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shell, "_app", lambda: app)
    return tmp_path


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_was_exported_is_imported_without_a_change(here: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    builders.a_product()
    file = here / f"all.{kind}"
    assert shell.main(["catalogue", "export", "--format", kind, "--output", str(file)]) == 0
    before = shelves()

    assert shell.main(["catalogue", "import", str(file)]) == 0

    assert "0 new, 0 changed, 1 unchanged, 0 with faults" in capsys.readouterr().out
    assert shelves() == before


def test_a_dry_run_says_what_an_import_then_does(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sku = builders.a_product(price=50_00)
    file = here / "prices.csv"
    file.write_text(f"sku,price\n{sku},45\n")
    before = shelves()

    assert shell.main(["catalogue", "import", str(file), "--dry-run"]) == 0
    assert f"line 2 {sku}: price: 50.00 -> 45.00" in capsys.readouterr().out
    assert shelves() == before
    assert shell.main(["catalogue", "import", str(file)]) == 0

    assert capsys.readouterr().out.endswith("applied\n")
    assert shelves() != before


def test_faults_are_named_and_nothing_is_done(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "wrong.csv"
    file.write_text(f"sku,price\n{builders.a_product()},1.234\n")
    before = shelves()

    assert shell.main(["catalogue", "import", str(file)]) == 1

    assert "price: unclear_number (1.234)" in capsys.readouterr().out
    assert shelves() == before
    assert not list(here.glob("*.part"))
