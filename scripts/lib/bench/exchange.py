"""How long a catalogue of N products takes: out, in again, in with every price changed, in with three faults; and the memory."""

import io
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.exchange import applying, checking, commands, exporting, queries
from shop.exchange.states import Outcome
from shop.sheets.writing import Form, Head, csv_chunks, write_xlsx

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TEXT = "Ein langer Text über diesen Artikel, 口感醇厚，回味悠长。\n- aus Frankfurt\n- 40 % vol" * 4


def products(count: int) -> Any:
    for n in range(count):
        yield catalogue.NewProduct(
            sku=f"BN-{n:06}", ean=f"40{n:011}", category="bench", brand=f"Brand {n % 200}", name=_all(f"Artikel {n}"), text=_all(TEXT),
            price=Money(1000 + n % 5000, Currency.EUR), on_hand=n % 90, rank=n, volume_ml=700, alcohol_permille=400, location="A-1",
        )  # fmt: skip


def _all(words: str) -> dict[str, str]:
    return {"zh": words, "en": words, "de": words}


def fill(count: int) -> None:
    """A catalogue of so many products."""
    catalogue.put_categories([catalogue.NewCategory(code="bench", name=_all("Bench"), rank=1)])
    catalogue.put_products(products(count), Currency.EUR, NOW)


def timed(what: str, act: Callable[[], Any], say: Callable[[str], None]) -> Any:
    begun, worked = time.perf_counter(), time.process_time()
    done = act()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{what:58} {time.perf_counter() - begun:6.1f} s  ({time.process_time() - worked:5.1f} s of this CPU)  peak {peak:4.0f} MB")
    return done


def _checked(path: Path) -> Any:
    with path.open("rb") as file:
        kept = commands.take_in(file, path.name, Currency.EUR, "system", NOW, worker=False)
    checking.check(kept, {}, NOW)
    return queries.one(kept)


def _applied(path: Path) -> Any:
    found = _checked(path)
    commands.confirm(found.id, found.run, "system", NOW, worker=False)
    applying.apply(found.id, {}, NOW)
    return queries.one(found.id)


def run(app: Flask, folder: Path, count: int, say: Callable[[str], None]) -> None:
    """All of it, on the application's database; what it says are seconds and this process's peak."""
    with app.app_context():
        timed(f"{count} products made, one by one", lambda: fill(count), say)
        for kind in ("csv", "xlsx"):
            path = folder / f"all.{kind}"
            timed(f"export {kind}", lambda kind=kind, path=path: exporting.save_catalogue(path, kind, "zh", NOW), say)
            found = timed(f"import {kind}, {path.stat().st_size >> 10} KB, nothing changed", lambda path=path: _checked(path), say)
            assert (found.state, found.unchanged) == ("checked", count), found
        prices = folder / "prices.csv"
        prices.write_text("sku,price\n" + "".join(f"BN-{n:06},{20 + n % 50}.5\n" for n in range(count)))
        done = timed("import csv: check and apply, every price changed", lambda: _applied(prices), say)
        assert done.state == "applied", done
        full = folder / "new.csv"
        new = (folder / "all.csv").read_text(encoding="utf-8-sig").replace("BN-", "BX-").replace("\t40", "\t41")
        full.write_text(new, encoding="utf-8-sig")
        done = timed("import csv: check and apply, every product new", lambda: _applied(full), say)
        assert (done.state, done.new) == ("applied", count), (done.state, done.new, done.faulty, done.notes)
        out = io.BytesIO()
        timed("export xlsx, twice as many", lambda: exporting.write_catalogue(out, "xlsx", "zh", NOW), say)


def faults(app: Flask, folder: Path, count: int, say: Callable[[str], None]) -> None:
    """A file of so many new products with three faults, as CSV and XLSX, in an almost empty catalogue."""
    wrong = {count // 7: "1.234", count // 2: "free", count - 1: "-5"}
    heads = [Head(name, name, Form.TEXT) for name in ("sku", "ean", "category", "brand", "name_zh", "price")]

    def rows() -> Any:
        for n in range(count):
            yield [f"BN-{n:06}", f"40{n:011}", "bench", f"Brand {n % 200}", f"Artikel {n}", wrong.get(n, f"{n % 90 + 1}.50")]

    with app.app_context():
        fill(10)
        csv, xlsx = folder / "faults.csv", folder / "faults.xlsx"
        csv.write_bytes(b"".join(csv_chunks(heads, rows(), "en")))
        with xlsx.open("wb") as file:
            write_xlsx(file, "x", heads, rows())
        timed("nothing yet", lambda: None, say)
        for path in (csv, xlsx):
            found = timed(f"check {path.suffix[1:]}, {count} lines, three faults", lambda path=path: _checked(path), say)
            lines = [line.line for line in queries.lines(found.id, Outcome.FAULT).items]
            assert (found.state, lines) == ("faulty", [n + 3 for n in wrong]), (found.state, lines)
