"""LibreOffice opens our workbooks as they are, and finds in them what we wrote. It refuses a file that needs a repair when nobody
can be asked; a cut-off file shows that. Runs where LibreOffice is installed."""

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import builders
import openpyxl
import pytest
from flask import Flask

from shop.exchange import exporting
from shop.reports import files, xlsx_writer
from shop.reports.asked import Asked, Day, Header, Who
from shop.reports.period import Period

from .conftest import EVER

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# Text of every sheet as UTF-8, each in a file of its own: the last value of the options.
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
ODD = "=1+1 <&>\"' 茅台 🛍 _x0041_ \u202e"


def converted(folder: Path, books: list[Path]) -> dict[str, list[list[str]]]:
    """The cells of each sheet as LibreOffice shows them, by `file-sheet`."""
    assert OFFICE is not None
    out = folder / "out"
    subprocess.run(
        [OFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--convert-to", ALL_SHEETS, "--outdir",
         str(out), *map(str, books)],
        check=True, capture_output=True, timeout=240, env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    return {file.stem: list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""))) for file in sorted(out.glob("*.csv"))}


def plain(text: str) -> str:
    """What a cell says; openpyxl leaves the escape of an underscore in it."""
    return text.replace("_x005F_", "_")


@pytest.mark.postgresql  # which writes the cells itself; that SQLite writes the same bytes is shown in test_same_bytes
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed here")
@pytest.mark.usefixtures("app")
def test_libreoffice_opens_every_kind_of_workbook_without_a_repair(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = builders.a_product(name={"zh": ODD, "en": ODD, "de": ODD}, price=1_299_50, brand="0012")
    orders = [builders.a_paid_order({product: 2}) for _ in range(2)]
    who = Who("Anna", builders.NOW)
    lines, days, goods = (tmp_path / f"{name}.xlsx" for name in ("lines", "days", "goods"))
    monkeypatch.setattr(xlsx_writer, "MOST_ROWS", 1)  # a sheet that is full goes on in the next one
    files.write_report(lines, "xlsx", Asked("orders", Period(*EVER), "zh", Day.ORDERED, {}, Header.BOTH), who)
    files.write_report(days, "xlsx", Asked("by_day", Period(*EVER), "de"), who)
    exporting.save_catalogue(goods, "xlsx", "zh", builders.NOW, lambda _rows: None)
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(lines.read_bytes()[:-400])

    found = converted(tmp_path, [lines, days, goods, cut])

    assert not [name for name in found if name.startswith("cut")], "a control: what is broken is not opened"
    for file in (lines, days, goods):
        book = openpyxl.load_workbook(file)
        for sheet in book:
            mine = next(cells for name, cells in found.items() if name == f"{file.stem}-{sheet.title}")
            assert len(mine) >= sheet.max_row - 1, (file.name, sheet.title)
            for cells, row in zip(mine, sheet.iter_rows(values_only=True), strict=False):
                texts = [(shown, plain(value)) for shown, value in zip(cells, row, strict=False) if isinstance(value, str)]
                assert not [pair for pair in texts if pair[0] != pair[1]], (file.name, sheet.title)
    shown = [cell for name, cells in found.items() if name.startswith("lines-") for row in cells for cell in row]
    assert {str(order.number) for order in orders} <= set(shown)
    assert {ODD, "0012", "2599"} <= set(shown), "text is text, an amount is a number"
    assert "2026-11-24" in {cell[:10] for name, cells in found.items() if name.startswith("days-") for row in cells for cell in row}

